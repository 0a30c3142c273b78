"""The set-up page: from no App at all to one that works, and nobody else gets through the door."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import json
import logging
import re
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from bot.errors import RfhError, Transient
from bot.pages import signin
from bot.settings import read_settings
from bot.settings_file import NAMES, complete, nameless, save
from bot.setup.manifest import CALLBACK, LONGEST_NAME, Choices, manifest, registration_url, shipped
from bot.setup.page import BACK, COOKIE, LIFE, Place, SetUp

START = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
GITHUB = "https://github.example"
ANSWER = {
    "id": 7,
    "slug": "rfh-bot-acme",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\npem-secret\n-----END RSA PRIVATE KEY-----\n",
    "webhook_secret": "hook-secret",
    "client_id": "Iv1.client",
    "client_secret": "client-secret",
    "html_url": f"{GITHUB}/apps/rfh-bot-acme",
}
CHOSEN = {
    "tracker": "acme/customer",
    "kind": "organisation",
    "url": "https://bot.acme.example/",
    "keep": "file",
}


@dataclass
class Clock:
    later: timedelta = timedelta()


@dataclass
class Visit:
    """A browser at the door, and what is behind it."""

    server: TestServer
    page: SetUp
    session: aiohttp.ClientSession
    clock: Clock
    codes: list[str] = field(default_factory=list)
    saved: list[Mapping[str, str]] = field(default_factory=list)
    answer: object = field(default_factory=lambda: dict(ANSWER))
    write: Exception | None = None

    @property
    def base(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.base + path) as response:
            self.headers = response.headers
            return response.status, await response.text()

    async def post(self, origin: str | None = None, **form: str) -> tuple[int, str]:
        headers = {"Origin": self.base if origin is None else origin}
        async with self.session.post(f"{self.base}/setup", data=form, headers=headers) as response:
            self.headers = response.headers
            return response.status, await response.text()

    async def open(self) -> tuple[int, str]:
        return await self.get(self.page.link("").removeprefix(self.base))

    async def sent_off(self, **chosen: str) -> str:
        """Choose, and return the state that the browser takes along."""
        await self.open()
        status, text = await self.post(**{**CHOSEN, **chosen})
        assert 200 == status
        found = re.search(r"\?state=([\w-]+)", text)
        assert found is not None
        return found[1]


@asynccontextmanager
async def visiting(*, memory_key: bool = False) -> AsyncIterator[Visit]:
    async def convert(code: str) -> Mapping[str, object]:
        visit.codes.append(code)
        if isinstance(visit.answer, Exception):
            raise visit.answer
        assert isinstance(visit.answer, dict)
        return visit.answer

    def keep(values: Mapping[str, str]) -> None:
        if visit.write is not None:
            raise visit.write
        visit.saved.append(values)

    clock = Clock()
    page = SetUp(Place(GITHUB, "rfh-bot.env", "", memory_key), convert, keep, lambda: START + clock.later)
    server = TestServer(page.application())
    await server.start_server(access_log=None)  # as `serve` does
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        visit = Visit(server, page, session, clock)
        yield visit
    await server.close()


# ── the whole way ───────────────────────────────────────────────────────────────────────────


async def test_from_the_link_to_the_settings() -> None:
    async with visiting() as v:
        status, text = await v.open()
        assert (200, True) == (status, "Set up rfh-bot" in text)
        status, text = await v.post(**CHOSEN)
        assert 200 == status
        action = re.search(r'<form method="post" action="([^"]+)"', text)
        assert action is not None
        assert action[1].startswith(f"{GITHUB}/organizations/acme/settings/apps/new?state=")
        sent = re.search(r'name="manifest" value="([^"]+)"', text)
        assert sent is not None
        asked = json.loads(html.unescape(sent[1]))
        assert shipped()["default_permissions"] == asked["default_permissions"]
        assert shipped()["default_events"] == asked["default_events"]
        assert "https://bot.acme.example/webhook" == asked["hook_attributes"]["url"]
        assert v.base + BACK == asked["redirect_url"]
        assert ["https://bot.acme.example/signin/callback"] == asked["callback_urls"]
        assert asked["public"] is False
        status, text = await v.get(f"{BACK}?code=abc123&state={action[1].partition('state=')[2]}")
        assert 200 == status
        assert f'href="{GITHUB}/apps/rfh-bot-acme/installations/new"' in text
        assert not any(secret in text for secret in ("pem-secret", "hook-secret", "client-secret"))
        values = v.page.done.result()
        assert [values] == v.saved
        assert ["abc123"] == v.codes
        assert ("7", "hook-secret", "acme/customer") == (
            values["GITHUB_APP_ID"],
            values["GITHUB_WEBHOOK_SECRET"],
            values["RFH_BOT_REPOS"],
        )
        assert read_settings(values).memory_key
        assert ("Iv1.client", "https://bot.acme.example") == (
            values["GITHUB_CLIENT_ID"],
            read_settings(values).url,
        )


async def test_a_memory_key_that_is_there_stays() -> None:
    async with visiting(memory_key=True) as v:
        state = await v.sent_off()
        await v.get(f"{BACK}?code=abc&state={state}")
        assert "RFH_BOT_MEMORY_KEY" not in v.page.done.result()


async def test_for_a_secret_store_the_values_are_shown_and_not_kept() -> None:
    async with visiting() as v:
        state = await v.sent_off(keep="show")
        _, text = await v.get(f"{BACK}?code=abc&state={state}")
        assert [] == v.saved
        for name, value in v.page.done.result().items():
            assert name in text
            assert html.escape(value) in text


async def test_what_cannot_be_written_is_shown_so_that_nothing_is_lost() -> None:
    async with visiting() as v:
        v.write = PermissionError("read-only")
        state = await v.sent_off()
        status, text = await v.get(f"{BACK}?code=abc&state={state}")
        assert 200 == status
        assert "rfh-bot.env cannot be written (PermissionError)." in text
        assert "pem-secret" in text
        assert v.page.done.done()


# ── who may ─────────────────────────────────────────────────────────────────────────────────


async def test_the_link_opens_once_and_for_one_browser() -> None:
    async with visiting() as v:
        link = v.page.link("")
        assert 200 == (await v.get(link))[0]
        assert 403 == (await v.get(link))[0]
        assert 200 == (await v.get("/setup"))[0]
        v.session.cookie_jar.clear()
        assert 403 == (await v.get("/setup"))[0]
        assert 403 == (await v.get(link))[0]


@pytest.mark.parametrize("path", ["/setup", "/setup?token=", "/setup?token=wrong", "/setup?token=None", BACK])
async def test_without_the_link_nothing_opens(path: str) -> None:
    async with visiting() as v:
        assert 403 == (await v.get(path))[0]
        assert 403 == (await v.post(**CHOSEN))[0]
        assert 200 == (await v.open())[0]


async def test_link_and_visit_end_after_an_hour() -> None:
    async with visiting() as v:
        v.clock.later = LIFE
        assert 403 == (await v.open())[0]
        v.clock.later = timedelta()
        assert 200 == (await v.open())[0]
        v.clock.later = LIFE
        assert 403 == (await v.get("/setup"))[0]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_a_form_of_another_page_counts_for_nothing(origin: str) -> None:
    async with visiting() as v:
        await v.open()
        assert 403 == (await v.post(origin, **CHOSEN))[0]


@pytest.mark.parametrize(
    "query",
    ["code=abc", "code=abc&state=", "code=abc&state=guess", "state={state}", "code=a%2Fb&state={state}"],
)
async def test_an_answer_that_was_not_asked_for_is_refused(query: str) -> None:
    async with visiting() as v:
        state = await v.sent_off()
        assert 400 == (await v.get(f"{BACK}?{query.format(state=state)}"))[0]
        assert [] == v.codes
        assert not v.page.done.done()


async def test_a_state_counts_once() -> None:
    async with visiting() as v:
        state = await v.sent_off()
        both = await asyncio.gather(*(v.get(f"{BACK}?code=abc&state={state}") for _ in range(2)))
        assert 1 == [status for status, _ in both].count(200)
        assert ["abc"] == v.codes


async def test_the_cookie_is_kept_from_scripts_and_other_sites() -> None:
    async with visiting() as v:
        async with v.session.get(v.base + v.page.link(""), allow_redirects=False) as response:
            cookie = response.cookies[COOKIE]
            assert (303, "/setup") == (response.status, response.headers["Location"])
        assert (True, "Lax", "/setup") == (cookie["httponly"], cookie["samesite"], cookie["path"])


async def test_the_page_runs_nothing_and_loads_nothing() -> None:
    """Its one style is named by hash; forms go here and to GitHub."""
    async with visiting() as v:
        _, text = await v.open()
        style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self' {GITHUB};"
            " base-uri 'none'; frame-ancestors 'none'"
        ) == v.headers["Content-Security-Policy"]
        assert ("no-store", "nosniff") == (v.headers["Cache-Control"], v.headers["X-Content-Type-Options"])
        assert not re.search(r"<script|style=|\son\w+=|<link|<img", text)


async def test_hostile_words_stay_words() -> None:
    async with visiting() as v:
        await v.open()
        status, text = await v.post(**CHOSEN | {"tracker": '"><script>alert(1)</script>'})
        assert (400, False) == (status, "<script>" in text)


async def test_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with visiting() as v:
        with capture_logs() as logged, caplog.at_level(logging.DEBUG):
            state = await v.sent_off()
            await v.get(f"{BACK}?code=abc123&state={state}")
        said = f"{logged}{caplog.text}{v.page!r}"
        assert [{"app": "7", "kept": True, "event": "set up", "log_level": "info"}] == logged
        for secret in ("pem-secret", "hook-secret", "client-secret", "abc123", state):
            assert secret not in said


# ── what can go wrong ───────────────────────────────────────────────────────────────────────


async def test_when_github_does_not_answer_a_reload_goes_on() -> None:
    async with visiting() as v:
        v.answer = Transient("down")
        state = await v.sent_off()
        status, text = await v.get(f"{BACK}?code=abc&state={state}")
        assert (502, True) == (status, "Reload this page." in text)
        v.answer = dict(ANSWER)
        assert 200 == (await v.get(f"{BACK}?code=abc&state={state}"))[0]


@pytest.mark.parametrize(
    "answer",
    [RfhError("404"), {}, {**ANSWER, "pem": None}, {**ANSWER, "webhook_secret": None}, {**ANSWER, "id": "x"}],
    ids=["refused", "empty", "no key", "no secret", "no id"],
)
async def test_an_answer_without_credentials_sets_nothing_up(answer: object) -> None:
    async with visiting() as v:
        v.answer = answer
        state = await v.sent_off()
        status, text = await v.get(f"{BACK}?code=abc&state={state}")
        assert 502 == status
        assert not v.page.done.done()
        assert "Begin again" in text
        assert 200 == (await v.get("/setup"))[0]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("tracker", "", "Write OWNER/REPOSITORY."),
        ("tracker", "acme", "Write OWNER/REPOSITORY."),
        ("tracker", "acme/a/b", "Write OWNER/REPOSITORY."),
        ("kind", "team", "Choose one."),
        ("url", "bot.acme.example", "Write an address such as"),
        ("url", "ftp://bot.acme.example", "Write an address such as"),
        ("url", "https://bot.acme.example/?a=b", "Write an address such as"),
        ("url", "http://bot.acme.example", "it must be https"),
        ("url", "https://bot.acme.example/below", "Write an address such as"),
        ("url", "https://[", "Write an address such as"),
    ],
)
async def test_what_cannot_work_is_said_at_its_field(name: str, value: str, told: str) -> None:
    async with visiting() as v:
        await v.open()
        status, text = await v.post(**CHOSEN | {name: value})
        assert (400, True) == (status, told in html.unescape(text))


async def test_monitors_see_a_process_that_lives_and_is_not_ready() -> None:
    async with visiting() as v:
        assert 200 == (await v.get("/healthz"))[0]
        assert 503 == (await v.get("/readyz"))[0]
        assert 404 == (await v.get("/webhook"))[0]


# ── the manifest ────────────────────────────────────────────────────────────────────────────


def test_people_come_back_to_where_the_pages_sign_them_in() -> None:
    assert signin.CALLBACK == CALLBACK


def test_an_account_registers_at_its_own_settings() -> None:
    own = Choices("ann/customer", "account", "https://bot.example")
    assert f"{GITHUB}/settings/apps/new?state=s" == registration_url(GITHUB, own, "s")


def test_the_name_fits() -> None:
    long = Choices(f"{'a' * 39}/customer", "organisation", "https://bot.example")
    assert LONGEST_NAME == len(json.loads(manifest(long, "https://bot.example/setup/created"))["name"])


# ── the file ────────────────────────────────────────────────────────────────────────────────

VALUES = {
    "GITHUB_APP_ID": "7",
    "GITHUB_PRIVATE_KEY": "-----BEGIN\nabc=\n-----END",
    "GITHUB_WEBHOOK_SECRET": "s",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_file_is_its_owners_and_read_at_the_next_start(folder: Path) -> None:
    save(folder / "rfh-bot.env", VALUES)
    assert 0o600 == stat.S_IMODE((folder / "rfh-bot.env").stat().st_mode)
    assert ["rfh-bot.env"] == [file.name for file in folder.iterdir()]
    found = complete({})
    assert not nameless(found)
    assert "-----BEGIN\\nabc=\\n-----END" == found["GITHUB_PRIVATE_KEY"]


def test_what_the_file_holds_already_stays(folder: Path) -> None:
    save(folder / "rfh-bot.env", {"RFH_BOT_MEMORY_KEY": "k" * 32})
    assert nameless(complete({}))
    save(folder / "rfh-bot.env", VALUES)
    assert {"RFH_BOT_MEMORY_KEY", *VALUES} == complete({}).keys()


def test_the_environment_goes_before_the_file(folder: Path) -> None:
    save(folder / "rfh-bot.env", VALUES)
    found = complete(
        {"GITHUB_APP_ID": "8", "GITHUB_WEBHOOK_SECRET": "", "GITHUB_PRIVATE_KEY_FILE": "key.pem"}
    )
    assert ("8", "s", False) == (
        found["GITHUB_APP_ID"],
        found["GITHUB_WEBHOOK_SECRET"],
        "GITHUB_PRIVATE_KEY" in found,
    )


def test_a_write_that_fails_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(folder / "rfh-bot.env", VALUES)
    before = (folder / "rfh-bot.env").read_text()

    def broken(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        save(folder / "rfh-bot.env", {"GITHUB_APP_ID": "9"})
    assert before == (folder / "rfh-bot.env").read_text()
    assert 1 == len(list(folder.iterdir()))


def test_a_file_that_others_can_read_is_refused_unless_it_was_named(folder: Path) -> None:
    save(folder / "rfh-bot.env", VALUES)
    (folder / "rfh-bot.env").chmod(0o644)
    with pytest.raises(RfhError, match="chmod 600"):
        complete({})
    assert "7" == complete({"RFH_BOT_ENV_FILE": "rfh-bot.env"})["GITHUB_APP_ID"]


def test_the_file_that_is_read_is_the_one_that_was_looked_at(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns the folder could put another in its place in between."""
    save(folder / "rfh-bot.env", VALUES)
    before = (folder / "rfh-bot.env").stat()
    (folder / "rfh-bot.env").chmod(0o644)
    monkeypatch.setattr(Path, "stat", lambda *_, **__: before)
    with pytest.raises(RfhError, match="chmod 600"):
        complete({})


@pytest.mark.parametrize("line", ["GITHUB_API_URL='https://evil.example'", "nonsense", "GITHUB_APP_ID='7"])
def test_only_what_set_up_writes_may_stand_in_the_file(folder: Path, line: str) -> None:
    """Found in somebody else's folder it must not lead a token to another host."""
    save(folder / "rfh-bot.env", VALUES)
    with (folder / "rfh-bot.env").open("a") as file:
        file.write(f"\n# a note\n{line}\n")
    with pytest.raises(RfhError, match=r"rfh-bot.env:6: write NAME='value'") as told:
        complete({})
    assert "evil" not in str(told.value)
    assert all(name in str(told.value) for name in NAMES)
