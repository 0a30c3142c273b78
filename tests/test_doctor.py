"""`rfh-bot doctor`: what can be wrong with an installation is found, with a remedy; nothing leaks."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import Cli, Live, command_line, live_github
from github_wire import Wire, github, reply
from slack_support import DoubleApi, slack_double

from bot.db import open_database
from bot.doctor import chat, host, identity
from bot.doctor.finding import Finding
from bot.github.auth import MEMBERS, RECONCILE, REPORT, App
from bot.github.client import GitHub
from bot.github.pool import Pool
from bot.model import AtLeast
from bot.policy.load import DEFAULT_NAME, default_text, load_default, load_layers
from bot.policy.schema import Policy
from bot.queue import Queue, Timing
from bot.sandbox.access import app_key
from bot.settings_file import IDENTITY
from bot.slack.client import SlackClient
from bot.store import EVERYTHING, Store

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
MANIFEST = json.loads((ROOT / "app-manifest.json").read_text("utf-8"))
OVERRIDE = ".github/rfh-bot.yml"
LISTS = """
support: {members: [sam]}
teams: {search-core: {members: [erin]}}
"""


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    with command_line(monkeypatch, capsys, tmp_path) as run:
        yield run


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("RFH_BOT_MEMORY_KEY", "k" * 64)
    with live_github(monkeypatch) as live:
        live.sandbox.world.put_file(live.demo.customer, OVERRIDE, LISTS, "max")
        yield live


def levels(out: str) -> dict[str, str]:
    """The worst level of each check in a JSON report."""
    order = ("ok", "warn", "fail")
    found: dict[str, str] = {}
    for each in json.loads(out)["findings"]:
        found[each["check"]] = max(each["level"], found.get(each["check"], "ok"), key=order.index)
    return found


def finding(out: str, check: str) -> dict[str, str]:
    """The finding of a check that is not ok."""
    bad = [each for each in json.loads(out)["findings"] if each["check"] == check and each["level"] != "ok"]
    assert 1 == len(bad), bad
    return bad[0]


# ── the whole ───────────────────────────────────────────────────────────────────────────────


def healthy(folder: Path) -> None:
    """A database as the server leaves it."""

    async def make() -> None:
        await open_database(f"sqlite:///{folder}/bot.sqlite3").close()

    asyncio.run(make())


def test_a_healthy_installation_fails_nowhere_and_makes_nothing(
    cli: Cli, world: Live, tmp_path: Path
) -> None:
    healthy(tmp_path)
    before = sorted(tmp_path.iterdir())
    world.sandbox.calls.clear()
    ran = cli("doctor", "--json")
    assert (0, "") == (ran.code, ran.err)
    found = levels(ran.out)
    assert {"slack": "warn"} == {check: level for check, level in found.items() if level != "ok"}
    assert json.loads(ran.out)["ok"] is True
    assert [] == world.sandbox.calls.writes
    assert 15 == len(world.sandbox.calls.calls)  # docs/operator.md says some fifteen
    assert before == sorted(tmp_path.iterdir())


def test_the_report_for_people_has_a_line_each_and_no_colours_in_a_pipe(cli: Cli, world: Live) -> None:
    ran = cli("doctor")
    assert "ok    credentials   GitHub knows the App rfh-bot\n" in ran.out
    assert re.search(r"→ In \.github/rfh-bot\.yml: teams\.TEAM\.slack", ran.out)
    assert re.search(r"\d+ ok, \d+ to look at, 0 failed\n\Z", ran.out)
    assert "\x1b" not in ran.out


def test_no_secret_and_no_word_of_an_issue_is_shown(cli: Cli, world: Live) -> None:
    repo = world.demo.customer
    issue = world.sandbox.world.file_issue(repo, "sam", "zebra title", "zebra body", ["rfh"])
    world.sandbox.world.comment(issue, "olu", "zebra comment")
    ran = cli("doctor", "--json")
    assert "zebra" not in ran.out
    assert world.sandbox.secret not in ran.out
    assert "PRIVATE KEY-----" not in ran.out
    assert "k" * 64 not in ran.out


def test_every_check_has_a_section_in_the_operator_s_page(cli: Cli, world: Live, tmp_path: Path) -> None:
    """In the order of the report."""
    healthy(tmp_path)
    checks = list(levels(cli("doctor", "--json").out))
    written = re.findall(r"^### `(\w+)`$", (ROOT / "docs/operator.md").read_text("utf-8"), re.MULTILINE)
    assert checks == written


# ── what goes wrong, over the wire ──────────────────────────────────────────────────────────

Break = Callable[[Live, pytest.MonkeyPatch], object]


def _put(live: Live, text: str) -> None:
    live.sandbox.world.put_file(live.demo.customer, OVERRIDE, text, "max")


def _repo(live: Live, **changes: Any) -> None:
    state, repo = live.sandbox.world.state, live.demo.customer
    state.repos[repo.id] = dataclasses.replace(state.repos[repo.id], **changes)


def _comment(live: Live) -> None:
    world, repo = live.sandbox.world, live.demo.customer
    issue = world.file_issue(repo, "sam", "t", "b", ["rfh"])
    for login in ("olu", "erin", "sam", live.sandbox.bot_login):
        world.comment(issue, login, "hello")


def _no_label(live: Live, _: object) -> None:
    live.sandbox.world.delete_label(live.demo.customer, "team/delivery", "max")


BROKEN: list[tuple[str, Break, str, str, str]] = [
    # what, how, check, level, a word of the finding or the remedy
    ("no webhook secret",
     lambda w, m: m.delenv("GITHUB_WEBHOOK_SECRET"), "settings", "fail", "WEBHOOK_SECRET"),
    ("no App at all",
     lambda w, m: [m.delenv(name) for name in IDENTITY], "settings", "fail", "rfh-bot serve prints a link"),
    ("no memory key", lambda w, m: m.delenv("RFH_BOT_MEMORY_KEY"), "settings", "warn", "openssl rand"),
    ("shadow", lambda w, m: m.setenv("RFH_BOT_SHADOW", "1"), "settings", "warn", "nothing is written"),
    ("no key", lambda w, m: m.setenv("GITHUB_PRIVATE_KEY", "x"), "settings", "fail", ".pem"),
    ("another App", lambda w, m: m.setenv("GITHUB_APP_ID", "7"), "credentials", "fail", "of one App"),
    ("unreachable",
     lambda w, m: m.setenv("GITHUB_API_URL", "http://127.0.0.1:9"), "credentials", "fail", "no answer"),
    ("not installed",
     lambda w, m: m.setenv("RFH_BOT_REPOS", "else/where"), "installation", "fail", "/installations"),
    ("suspended", lambda w, m: w.sandbox.suspend(w.demo.installation), "installation", "fail", "suspended"),
    ("no members",
     lambda w, m: w.demo.installation.permissions.pop("members"), "permissions", "warn", "accepts"),
    ("read only",
     lambda w, m: w.demo.installation.permissions.update(checks="read"), "permissions", "warn", "checks"),
    ("public", lambda w, m: _repo(w, private=False), "repository", "fail", "is public"),
    ("archived", lambda w, m: _repo(w, archived=True), "repository", "fail", "is archived"),
    ("broken policy", lambda w, m: _put(w, "nonsense: 1"), "policy", "fail", "rfh-bot.yml:1:1"),
    ("another tracker",
     lambda w, m: _put(w, LISTS + "tracker: {private: a/b}"), "policy", "warn", "tracker is a/b"),
    ("the Action's", lambda w, m: _put(w, LISTS + "writer: action"), "policy", "warn", "writer: app"),
    ("policy in shadow", lambda w, m: _put(w, LISTS + "shadow: true"), "policy", "warn", "shadow: false"),
    ("operator's policy", lambda w, m: m.setenv("RFH_BOT_POLICY", "none.yml"), "policy", "fail", "none.yml"),
    ("no label", _no_label, "labels", "fail", "rfh-bot labels sync sourcegraph/customer"),
    ("somebody in no list", lambda w, m: _comment(w), "people", "warn", "olu"),
    ("no lists", lambda w, m: _put(w, "{}"), "people", "warn", "names nobody"),
    ("no such team", lambda w, m: _put(w, "support: {github_team: a/b}"), "people", "warn", "no member"),
    ("no database", lambda w, m: None, "database", "warn", "no such file"),
    ("no URL", lambda w, m: m.setenv("RFH_BOT_DATABASE_URL", "x"), "database", "fail", "sqlite:///"),
    ("memory", lambda w, m: m.setenv("RFH_BOT_DATABASE_URL", "sqlite://"), "database", "warn", "in memory"),
    ("public not covered",
     lambda w, m: setattr(w.demo.installation, "repo_ids", frozenset({w.demo.customer.id})),
     "watch", "warn", "Install the App on sourcegraph/sourcegraph"),
    ("no slack", lambda w, m: m.setenv("SLACK_API_URL", "http://127.0.0.1:9/"), "slack", "fail", "no answer"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("damage", "check", "level", "said"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_what_is_wrong_is_found_with_its_remedy(
    cli: Cli,
    world: Live,
    monkeypatch: pytest.MonkeyPatch,
    damage: Break,
    check: str,
    level: str,
    said: str,
) -> None:
    if check == "slack":
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-no-such-token")
    damage(world, monkeypatch)
    ran = cli("doctor", "--json")
    assert level == levels(ran.out)[check], ran.out
    assert (1 if level == "fail" else 0) == ran.code
    bad = [f for f in json.loads(ran.out)["findings"] if f["check"] == check and f["level"] == level]
    assert any(said in each["what"] + each["remedy"] for each in bad), bad
    assert all(each["remedy"] for each in bad)
    assert "Traceback" not in ran.err


def test_who_is_in_a_list_filed_the_issue_or_is_a_bot_is_not_named(cli: Cli, world: Live) -> None:
    _comment(world)
    assert finding(cli("doctor", "--json").out, "people")["what"].endswith("change no turn: olu")


def test_fix_creates_the_missing_labels(cli: Cli, world: Live) -> None:
    _no_label(world, None)
    assert "fail" == levels(cli("doctor", "--json").out)["labels"]
    assert "created team/delivery" in cli("doctor", "--fix").out
    label = world.sandbox.world.state.label(world.demo.customer, "team/delivery")
    assert label is not None
    assert "Delivery" == label.description
    assert "ok" == levels(cli("doctor", "--json").out)["labels"]


def test_fix_creates_nothing_by_a_broken_policy(cli: Cli, world: Live) -> None:
    """It would be the shipped policy's labels, which nobody here asked for."""
    _no_label(world, None)
    _put(world, "nonsense: 1")
    ran = cli("doctor", "--fix", "--json")
    assert (1, False) == (ran.code, "labels" in levels(ran.out))
    assert world.sandbox.world.state.label(world.demo.customer, "team/delivery") is None


def test_a_plain_token_is_enough(cli: Cli, world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_APP_ID")
    monkeypatch.setenv("GITHUB_TOKEN", world.sandbox.token_for("max"))
    found = levels(cli("doctor", "--json").out)
    assert "ok" == found["credentials"] == found["labels"] == found["repository"]
    assert "webhook" not in found
    monkeypatch.setenv("RFH_BOT_REPOS", "else/where")
    found = levels(cli("doctor", "--json").out)
    assert ("ok", "fail", False) == (found["credentials"], found["repository"], "labels" in found)
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_refused")
    ran = cli("doctor", "--json")
    assert (1, "fail") == (ran.code, levels(ran.out)["credentials"])
    assert "ghp_refused" not in ran.out


# ── the App ─────────────────────────────────────────────────────────────────────────────────


def app_answering(answers: dict[str, Any], **headers: str) -> App:
    """An App whose GitHub gives these answers, by the end of the path."""

    def answer(request: Any) -> Any:
        path = request.url.partition("?")[0].removeprefix("https://api.github.com")
        found = answers[path]
        return reply(found, 404 if found is None else 200, **headers)

    def connect(tokens: Any, pool: Pool) -> GitHub:
        return github(Wire(answer), tokens, pool=pool, now=lambda: NOW)

    return App("1", app_key()[0], connect, now=lambda: NOW)


REGISTERED = identity.Registration(
    "rfh",
    "https://gh/settings/apps/rfh",
    MANIFEST["default_permissions"],
    frozenset(MANIFEST["default_events"]),
)
HOOK = {
    "url": "https://rfh.example/webhook",
    "content_type": "json",
    "insecure_ssl": "0",
    "secret": "********",
}


def seen(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.level, each.what) for each in findings]


def test_the_permissions_are_the_manifest_s() -> None:
    asked = {name: each.level for name, each in identity.PERMISSIONS.items()}
    assert MANIFEST["default_permissions"] == asked
    assert (RECONCILE | REPORT | MEMBERS).items() <= asked.items()


@pytest.mark.parametrize(
    ("ahead", "level", "said"),
    [
        (0, "ok", "within"),
        (-9, "ok", "within"),
        (30, "warn", "30 s ahead of"),
        (-59, "warn", "59 s behind"),
        (61, "fail", "61 s ahead of"),
        (-3600, "fail", "3600 s behind"),
    ],
)
async def test_the_clock_is_compared_with_github_s(ahead: int, level: str, said: str) -> None:
    """Also when the JWT was refused, which a wrong clock is a reason for."""
    date = (NOW - timedelta(seconds=ahead)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    app = app_answering({"/app": None}, date=date)
    findings, registered = await identity.credentials(app)
    assert ("fail", None) == (findings[0].level, registered)
    [found] = identity.clock(app.itself)
    assert (level, True) == (found.level, said in found.what)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 17 Nov 2026 15:00:00 -0000"])
async def test_an_unreadable_date_is_no_clock(date: str) -> None:
    app = app_answering({"/app": None}, date=date)
    await identity.credentials(app)
    assert [] == identity.clock(app.itself)


async def test_who_can_grant_what_is_missing_is_named() -> None:
    """What the App does not ask for is set in its settings; what it asks for is accepted by an owner."""
    permissions = {"metadata": "read", "issues": "read", "contents": "read", "checks": "write"}
    answer = {"id": 1, "html_url": "https://gh/i/1", "permissions": permissions, "events": ["issues", "push"]}
    app = app_answering({"/repos/o/r/installation": answer})
    narrow = dataclasses.replace(
        REGISTERED,
        permissions={**MANIFEST["default_permissions"], "members": "none"},
        events=frozenset(MANIFEST["default_events"]) - {"label"},
    )
    _, issues, members, events = await identity.installation(app, "o", "r", narrow)
    assert ("fail", "An owner of o accepts the new permissions: https://gh/i/1") == (
        issues.level,
        issues.remedy,
    )
    assert "issues: write" in issues.what
    assert ("warn", True) == (members.level, "Set members to read: https://gh/settings" in members.remedy)
    assert ("fail", True) == (events.level, "issue_comment, label" in events.what)
    assert events.remedy.endswith("(Subscribe to events: label)")


@pytest.mark.parametrize(
    ("change", "level", "said"),
    [
        ({}, "ok", "go to https://rfh.example/webhook"),
        ({"url": ""}, "fail", "no webhook URL"),
        ({"url": "https://rfh.example/"}, "warn", "answers at /webhook"),
        ({"url": "http://rfh.example/webhook"}, "warn", "without a verified TLS"),
        ({"insecure_ssl": "1"}, "warn", "without a verified TLS"),
        ({"content_type": "form"}, "fail", "415"),
        ({"secret": None}, "fail", "not signed"),
    ],
)
async def test_where_webhooks_go(change: dict[str, Any], level: str, said: str) -> None:
    [found] = await identity.webhook(app_answering({"/app/hook/config": HOOK | change}), REGISTERED)
    assert (level, True) == (found.level, said in found.what)


async def test_what_else_an_address_holds_is_not_shown() -> None:
    url = "https://user:hush@rfh.example/webhook?token=hush"
    [found] = await identity.webhook(app_answering({"/app/hook/config": HOOK | {"url": url}}), REGISTERED)
    assert "hush" not in str(found)


@pytest.mark.parametrize(
    ("statuses", "level", "said"),
    [
        ([], "warn", "no webhook"),
        ([202, 202], "ok", "last 2"),
        ([202, 401, 202, 202], "warn", "GITHUB_WEBHOOK_SECRET"),
        ([401, 202, 202, 202], "fail", "1 of the last 4 webhooks failed (25%)"),
        ([202, 404, 404], "fail", "/webhook"),
        ([202, 415, 202], "warn", "application/json"),
        ([202, 500, 202], "warn", "database"),
        ([202, 502, 202], "warn", "not reached"),
    ],
    ids=str,
)
async def test_how_webhooks_fared(statuses: list[int], level: str, said: str) -> None:
    """Newest first; that the newest failed is worse than that one did."""
    rows = [{"guid": str(number), "status_code": status} for number, status in enumerate(statuses)]
    [found] = await identity.deliveries(app_answering({"/app/hook/deliveries": rows}), REGISTERED)
    assert (level, True) == (found.level, said in found.what + found.remedy)


async def test_what_was_delivered_again_has_arrived() -> None:
    rows = [
        {"guid": "a", "status_code": 202},
        {"guid": "b", "status_code": 202},
        {"guid": "a", "status_code": 502},
    ]
    [found] = await identity.deliveries(app_answering({"/app/hook/deliveries": rows}), REGISTERED)
    assert ("ok", "the last 2 webhooks arrived") == (found.level, found.what)


# ── Slack ───────────────────────────────────────────────────────────────────────────────────


def policy(override: str) -> Policy:
    return load_layers([(DEFAULT_NAME, default_text()), ("o.yml", override)])


ONE_TEAM = {id_: team for id_, team in load_default().teams.items() if id_ == "search-core"}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "teams: {search-core: {slack: {channel: null}}}",
            "have no channel: the card carries the text to paste",
        ),
        ("teams: {search-core: {slack: {assumed: true}}}", "have a channel that the handbook does not name"),
        ("teams: {search-core: {slack: {handle: null}}}", "have no handle: the message pings nobody"),
    ],
)
def test_what_the_policy_does_not_say_about_slack(override: str, said: str) -> None:
    found = policy(override)
    one = found.model_copy(update={"teams": {"search-core": found.teams["search-core"]}})
    assert [("warn", f"1 teams {said}: search-core")] == seen(chat.named(one))
    whole = found.model_copy(update={"teams": ONE_TEAM})
    assert [("ok", "1 teams have a channel and a handle")] == seen(chat.named(whole))


async def test_what_slack_does_not_have() -> None:
    shipped = load_default()
    double = slack_double(shipped, lambda: NOW)
    client = SlackClient("", api=DoubleApi(double))
    assert ["ok"] == [each.level for each in await chat.asked(shipped, client, buttons=True)]
    missing = policy(
        "teams: {search-core: {slack: {channel: '#nowhere', handle: '@nobody'}}}\n"
        "support: {leads: {channel: '#leads', handle: '@leads'}}"
    )
    found = seen(await chat.asked(missing, client, buttons=False))
    assert [
        ("fail", "Slack shows the bot no channel #leads, #nowhere"),
        ("warn", "the handle is no user group: search-core (@nobody), support.leads (@leads)"),
        ("warn", "neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is set: messages have no buttons"),
    ] == found


async def test_what_the_weekly_picture_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scope and extra; nothing of it where no digest is written."""
    shipped = load_default()
    double = slack_double(shipped, lambda: NOW)
    double.scopes.discard("files:write")
    monkeypatch.setattr("bot.plots.available", lambda: False)
    client = SlackClient("", api=DoubleApi(double))
    assert [
        ("warn", "the token has no scope files:write: the weekly digest is posted without its picture"),
        ("warn", "the extra `report` is missing: the weekly digest is posted without its picture"),
    ] == seen(await chat.asked(shipped, client, buttons=True))
    off = policy("digest: {enabled: false}")
    assert ["ok"] == [each.level for each in await chat.asked(off, client, buttons=True)]


# ── the database ────────────────────────────────────────────────────────────────────────────


async def test_dead_keys_late_keys_and_pauses_are_found() -> None:
    now = NOW
    db = open_database("sqlite://", clock=lambda: now)
    keys, store = Queue(db, Timing(tries=1)), Store(db)
    assert ["ok"] == [each.level for each in await host.queue(keys)]
    assert ["ok"] == [each.level for each in await host.pauses(store)]
    await keys.accept("acme/customer#7", AtLeast())
    now += timedelta(minutes=11)
    [late] = await host.queue(keys)
    assert ("fail", "1 keys are due, the oldest for 11 min") == (late.level, late.what)
    claim = await keys.claim()
    assert claim is not None
    await keys.fail(claim, "Forbidden")
    [dead] = await host.queue(keys)
    assert ("fail", "rfh-bot queue retry acme/customer#7") == (dead.level, dead.remedy)
    assert "Forbidden" in dead.what
    await store.pause(EVERYTHING, reason="", by="max")
    await store.pause("acme/customer", reason="label clean-up", by="max")
    assert ["rfh-bot resume", "rfh-bot resume acme/customer"] == [p.remedy for p in await host.pauses(store)]
    assert [False, True] == [p.what.endswith("by max: label clean-up") for p in await host.pauses(store)]
    await db.close()


@pytest.mark.parametrize(
    ("version", "level", "said"),
    [
        pytest.param(None, "ok", "schema version", id="this one"),
        pytest.param(0, "warn", "up to date", id="older"),
        pytest.param(99, "fail", "newer", id="newer"),
    ],
)
async def test_the_schema_is_looked_at_and_left_alone(
    tmp_path: Path, version: int | None, level: str, said: str
) -> None:
    """A look must not migrate what an older server is using."""
    path = tmp_path / "with #1 space.sqlite3"
    await open_database(f"sqlite:///{path}").close()
    if version is not None:
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE schema_version SET version = ?", (version,))
        connection.close()
    [found], readable = host.peeked(f"sqlite:///{path}")
    assert (level, level == "ok") == (found.level, readable)
    assert said in found.what + found.remedy
    with sqlite3.connect(path) as connection:
        [(after,)] = connection.execute("SELECT version FROM schema_version")
    connection.close()
    assert version is None or version == after


def test_a_file_that_is_no_database_is_found_and_no_password_is_shown(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_text("no database at all, but some text of enough length " * 9)
    [found], readable = host.peeked(f"sqlite:///{tmp_path}/x.sqlite3")
    assert ("fail", False) == (found.level, readable)
    pytest.importorskip("psycopg")
    [found], readable = host.peeked("postgresql://bot:hush@127.0.0.1:9/rfh?password=hush")
    assert ("fail", False, False) == (found.level, readable, "hush" in str(found))


async def test_a_postgres_database_is_looked_at_and_left_alone(postgres_url: str) -> None:
    [found], readable = host.peeked(postgres_url)
    if found.level == "warn":  # nobody has used it yet
        assert ("schema version none" in found.what, readable) == (True, False)
        await open_database(postgres_url).close()
        [found], readable = host.peeked(postgres_url)
    assert ("ok", True) == (found.level, readable)
    assert "ok" == (await host.work(postgres_url))[-1].level


def test_the_privacy_extra_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host.kingfisher, "binary", lambda: None)
    monkeypatch.setattr(host.importlib.util, "find_spec", lambda name: None)
    [found] = host.privacy()
    assert ("warn", "pip install 'rfh-bot[privacy]'") == (found.level, found.remedy)
    assert "phonenumbers, tldextract, kingfisher" in found.what
