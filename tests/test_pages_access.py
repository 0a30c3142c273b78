"""Who may look: signing in, staying in, and everybody who stays outside, for every route there is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pages_support import House, house
from yarl import URL

from bot import plots
from bot.errors import UserError
from bot.github.client import GitHub
from bot.github.oauth import web_url
from bot.pages.guard import MACHINES, OPEN
from bot.pages.readers import KEPT, KEPT_NO
from bot.pages.seal import Seal
from bot.pages.signin import ASKING_LIFE, CALLBACK, SESSION_LIFE, SIGN_IN, SIGN_OUT, START, local
from bot.rules.rulebook import Rulebook
from bot.settings import read_settings

SESSION = "rfh-bot-session"


@pytest.fixture(autouse=True)
def no_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """What draws takes a while to load, and nothing here looks at plots."""
    monkeypatch.setattr(plots, "available", lambda: False)


@pytest.fixture
async def here() -> AsyncIterator[House]:
    async with house() as found:
        yield found


def cookie(here: House, name: str = SESSION) -> str:
    found = here.browser.cookie_jar.filter_cookies(URL(here.url)).get(name)
    return found.value if found is not None else ""


def with_cookie(here: House, value: str, name: str = SESSION) -> None:
    here.browser.cookie_jar.update_cookies({name: value}, URL(here.url))


# ── signing in ──────────────────────────────────────────────────────────────────────────────


async def test_who_reads_the_tracker_gets_in_and_to_where_they_wanted(here: House) -> None:
    """Also with no more than read; the way leads over the sign-in and back."""
    asked = await here.get("/requests?team=delivery")
    assert (302, "/signin?back=/requests?team%3Ddelivery") == (asked.status, asked.location)
    page = await here.get(asked.location)
    assert 'href="/signin/github?back=/requests?team%3Ddelivery"' in page.text
    done = await here.sign_in("olu", "/requests?team=delivery")
    assert (302, "/requests?team=delivery") == (done.status, done.location)
    shown = await here.get(done.location)
    assert 200 == shown.status
    assert "Sign out olu" in shown.text


async def test_signing_out_ends_it(here: House) -> None:
    await here.sign_in("sam")
    assert 200 == (await here.get("/")).status
    done = await here.post(SIGN_OUT)
    assert (303, SIGN_IN) == (done.status, done.location)
    assert "" == cookie(here)
    assert 302 == (await here.get("/")).status


async def test_a_session_ends_by_itself(here: House) -> None:
    await here.sign_in("sam")
    here.clock.forward(seconds=SESSION_LIFE.total_seconds() - 60)
    assert 200 == (await here.get("/")).status
    here.clock.forward(seconds=120)
    assert 302 == (await here.get("/")).status


async def test_nothing_of_githubs_token_is_kept(here: House) -> None:
    """The session holds who it is; the token is in no cookie, and the sandbox saw it used once."""
    await here.sign_in("sam")
    used = [call for call in here.github.calls.calls if call.caller == "sam"]
    assert ["/user"] == [call.template for call in used]
    seal = Seal(here.bot.settings.client_secret, "session", SESSION_LIFE, here.clock)
    assert {"id": here.demo.people["sam"].id, "login": "sam"} == seal.open(cookie(here))


async def test_a_code_is_worth_nothing_in_another_browser(here: House) -> None:
    """State is bound to the browser that began: nobody can be signed in as somebody else."""
    stolen = await here.choose("max")
    here.browser.cookie_jar.clear()
    refused = await here.get(stolen)
    assert 400 == refused.status
    assert "not begun here" in refused.text
    await here.choose("sam")  # the victim is on their own way
    refused = await here.get(stolen)
    assert (400, "") == (refused.status, cookie(here))


async def test_a_code_serves_once_and_for_ten_minutes(here: House) -> None:
    back = await here.choose("sam")
    asking = cookie(here, "rfh-bot-asking")
    assert 302 == (await here.get(back)).status
    here.browser.cookie_jar.clear()
    with_cookie(here, asking, "rfh-bot-asking")
    again = await here.get(back)
    assert (403, "") == (again.status, cookie(here))
    assert "did not accept" in again.text
    back = await here.choose("sam")
    here.clock.forward(seconds=ASKING_LIFE.total_seconds() + 61)
    assert 400 == (await here.get(back)).status


async def test_the_code_is_bound_to_the_verifier(here: House) -> None:
    """PKCE: a code that was read on its way is not redeemed by who did not ask for it."""
    back = await here.choose("sam")
    seal = Seal(here.bot.settings.client_secret, "asking", ASKING_LIFE, here.clock)
    asking = seal.open(cookie(here, "rfh-bot-asking"))
    assert asking is not None
    with_cookie(here, seal.close(asking | {"verifier": "guessed"}), "rfh-bot-asking")
    assert 403 == (await here.get(back)).status


async def test_cancelling_at_github_is_said(here: House) -> None:
    refused = await here.get(await here.choose(""))
    assert 403 == refused.status
    assert "cancelled" in refused.text


async def test_a_wrong_client_secret_lets_nobody_in(here: House) -> None:
    here.github.oauth.client_secret = "rotated"
    refused = await here.sign_in("sam")
    assert (403, "") == (refused.status, cookie(here))


async def test_no_answer_from_github_lets_nobody_in(here: House) -> None:
    back = await here.choose("sam")
    here.github.faults.odds["5xx"] = 1.0
    refused = await here.get(back)
    assert (503, "") == (refused.status, cookie(here))
    assert "does not answer" in refused.text


@pytest.mark.parametrize(
    "back",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "evil", "", "/" * 3000],
)
async def test_the_way_back_leads_nowhere_else(here: House, back: str) -> None:
    assert "/" == local(back)
    done = await here.sign_in("sam", back)
    assert (302, "/") == (done.status, done.location)


# ── staying outside ─────────────────────────────────────────────────────────────────────────


def addresses(here: House) -> list[tuple[str, str]]:
    """Every route of the App, with something in the place of its parameters."""
    found = []
    for route in here.app.router.routes():
        assert route.resource is not None
        found.append((route.method, re.sub(r"\{\w+\}", "delivery", route.resource.canonical)))
    return found


async def test_every_route_is_closed_that_is_not_open_on_purpose(here: House) -> None:
    """Pages lead to the sign-in, all else is 401. A new route is in this test by existing."""
    closed = [(method, path) for method, path in addresses(here) if path not in MACHINES | OPEN]
    assert {"/", "/requests", "/playground", "/deliveries", "/teams/delivery"} <= {path for _, path in closed}
    for method, path in closed:
        answer = await here.send(method, path, {"Origin": here.url})
        assert 401 == answer.status, path
        if method == "GET":
            page = await here.get(path)
            assert 302 == page.status, path
            assert page.location.startswith(SIGN_IN)
    assert 401 == (await here.send("GET", "/nothing/here", {})).status


def test_the_doors_of_machines_are_the_known_ones() -> None:
    """Each verifies its callers by itself, or tells numbers only. Think before adding one."""
    assert {"/webhook", "/slack/interactions", "/healthz", "/readyz"} == MACHINES
    assert {SIGN_IN, START, CALLBACK, SIGN_OUT, "/pages.css", "/pages.svg", "/setup"} == OPEN


async def test_machines_are_not_asked_to_sign_in(here: House) -> None:
    assert 200 == (await here.send("GET", "/readyz", {})).status
    headers = {"Content-Type": "application/json", "X-GitHub-Delivery": "1", "X-GitHub-Event": "ping"}
    refused = await here.send("POST", "/webhook", headers)
    assert (401, "") == (refused.status, refused.headers.get("Location", ""))


@pytest.mark.parametrize("path", ["/webhook/", "//webhook", "/readyz/../", "/Readyz", "/%72equests"])
async def test_a_spelling_opens_no_door(here: House, path: str) -> None:
    answer = await here.send("GET", path, {})
    assert answer.status in (401, 404)
    assert "requests" not in answer.text.lower()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda value: value[:-2] + ("AA" if value[-2:] != "AA" else "BB"), id="tampered"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "x" * 3000, id="nonsense"),
    ],
)
async def test_a_cookie_that_is_not_ours_opens_nothing(here: House, change: object) -> None:
    await here.sign_in("sam")
    assert callable(change)
    with_cookie(here, change(cookie(here)))
    assert 302 == (await here.get("/")).status


async def test_a_cookie_of_another_purpose_or_secret_opens_nothing(here: House) -> None:
    who = {"id": here.demo.people["sam"].id, "login": "sam"}
    for secret, purpose in ((here.bot.settings.client_secret, "asking"), ("another", "session")):
        with_cookie(here, Seal(secret, purpose, SESSION_LIFE, here.clock).close(who))
        assert 302 == (await here.get("/")).status


async def test_a_stranger_is_told_no_and_may_sign_out(here: House) -> None:
    here.github.world.add_user("mallory", "none")
    await here.sign_in("mallory")
    refused = await here.get("/")
    assert 403 == refused.status
    assert "Signed in as mallory" in refused.text
    assert "sourcegraph/customer" not in refused.text
    assert 303 == (await here.post(SIGN_OUT)).status


async def test_on_a_public_repository_nobody_gets_in(here: House) -> None:
    """There everybody has read; who was in is out when what was asked is five minutes old."""
    await here.sign_in("max")
    assert 200 == (await here.get("/")).status
    publish(here)
    assert 200 == (await here.get("/")).status  # asked a moment ago
    here.clock.forward(seconds=KEPT + 1)
    assert 403 == (await here.get("/")).status


def publish(here: House) -> None:
    state = here.github.world.state
    state.repos[here.demo.customer.id] = dataclasses.replace(here.demo.customer, private=False)
    here.github.world.changed()


async def test_who_loses_access_is_out_within_five_minutes(here: House) -> None:
    await here.sign_in("olu")
    assert 200 == (await here.get("/")).status
    here.github.world.set_role("olu", "none")
    here.clock.forward(seconds=KEPT + 1)
    assert 403 == (await here.get("/")).status
    here.github.world.set_role("olu", "read")
    here.clock.forward(seconds=KEPT_NO + 1)
    assert 200 == (await here.get("/")).status
    assert timedelta(minutes=5).total_seconds() >= KEPT


async def test_a_login_that_is_another_persons_by_now_opens_nothing(here: House) -> None:
    """The session's id must be the one that GitHub names."""
    seal = Seal(here.bot.settings.client_secret, "session", SESSION_LIFE, here.clock)
    with_cookie(here, seal.close({"id": 4711, "login": "max"}))
    assert 403 == (await here.get("/")).status


async def test_an_error_is_no_yes_and_is_not_kept(here: House) -> None:
    await here.sign_in("max")
    here.github.faults.odds["5xx"] = 1.0
    answer = await here.get("/")
    assert 503 == answer.status
    assert "nobody may" in answer.text
    here.github.faults.odds.clear()
    assert 200 == (await here.get("/")).status


async def test_an_app_that_is_not_installed_lets_nobody_in(here: House) -> None:
    await here.sign_in("max")
    here.github.uninstall(here.demo.installation)
    assert 403 == (await here.get("/")).status


async def test_github_is_asked_once_in_five_minutes(here: House) -> None:
    await here.sign_in("max")
    await here.get("/")
    here.github.calls.clear()
    for _ in range(3):
        await here.get("/deliveries")
    assert [] == [call for call in here.github.calls.calls if "permission" in call.template]


async def test_each_repository_is_for_its_own_readers() -> None:
    """Of two watched ones a person sees what they can read; the other does not exist for them."""
    async with house(repos=("sourcegraph/customer", "sourcegraph/second")) as here:
        second = here.github.world.create_repo("sourcegraph/second", private=True)
        here.github.world.set_role("sam", "none", second)
        await here.sign_in("sam")
        assert 404 == (await here.get("/?repo=sourcegraph/second")).status
        assert "sourcegraph/second" not in (await here.get("/")).text
        await here.sign_in("max")
        shown = await here.get("/?repo=sourcegraph/second")
        assert 200 == shown.status
        assert 'href="/requests?repo=sourcegraph/second"' in shown.text


@pytest.mark.parametrize(
    ("login", "query", "expected"),
    [("sam", "", "second"), ("max", "", "customer"), ("max", "?repo=sourcegraph/second", "second")],
)
async def test_the_playground_routes_by_a_policy_that_its_reader_may_read(
    login: str, query: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy stands in a private repository too: its people, customers' names and words."""
    async with house(repos=("sourcegraph/customer", "sourcegraph/second")) as here:
        second = here.github.world.create_repo("sourcegraph/second", private=True)
        here.github.world.set_role("sam", "none")
        here.github.world.set_role("sam", "read", second)
        await here.sign_in(login)
        page = await here.get(f"/playground{query}")
        assert f'action="/playground{query}#result"' in page.text
        asked: list[str] = []
        get = here.bot.reconciler.rulebooks.get

        async def noted(gh: GitHub, owner: str, repo: str) -> Rulebook:
            asked.append(repo)
            return await get(gh, owner, repo)

        monkeypatch.setattr(here.bot.reconciler.rulebooks, "get", noted)
        assert 200 == (await here.post(f"/playground{query}", title="x", text="search is slow")).status
        assert [expected] == asked


# ── forms and headers ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
async def test_a_form_from_elsewhere_is_refused(here: House, origin: str) -> None:
    await here.sign_in("max")
    for path in (SIGN_OUT, "/playground"):
        assert 403 == (await here.post(path, origin=origin, title="x")).status
    assert 200 == (await here.get("/")).status  # still signed in
    assert 403 == (await here.send("POST", SIGN_OUT, {})).status


async def test_every_answer_to_a_browser_is_locked_down(here: House) -> None:
    """No script, nothing inline, no frames, nothing kept: also on errors, redirects and refusals."""
    paths = ["/", "/nothing", SIGN_IN, START, f"{CALLBACK}?code=x", "/pages.css"]
    answers = [await here.get(path) for path in paths]
    await here.sign_in("max")
    answers += [await here.get(path) for path in ("/", "/requests", "/nothing", "/teams/none", "/playground")]
    answers.append(await here.post("/playground", origin="https://evil.example"))
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "no-store" == answer.headers["Cache-Control"]
        assert "nosniff" == answer.headers["X-Content-Type-Options"]
        text = re.sub(r'xmlns(:xlink)?="[^"]*"', "", answer.text)  # names of a language, not addresses
        assert not re.search(r"<script|\sstyle=|\son\w+=|https?://", text)


async def test_cookies_of_an_https_address_are_bound_to_the_host() -> None:
    async with house(url="https://rfh.example.com") as here:
        answer = await here.get(START)
        set_cookie = answer.headers["Set-Cookie"]
        assert set_cookie.startswith("__Host-rfh-bot-asking=")
        assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} <= set(set_cookie.split("; "))
        assert "Domain" not in set_cookie
        asked = URL(answer.location).query
        assert "https://rfh.example.com/signin/callback" == asked["redirect_uri"]
        assert "S256" == asked["code_challenge_method"]


# ── settings and hosts ──────────────────────────────────────────────────────────────────────

COMPLETE = {
    "GITHUB_CLIENT_ID": "Iv1.x",
    "GITHUB_CLIENT_SECRET": "s" * 40,
    "RFH_BOT_URL": "https://rfh.example.com",
}


def test_pages_are_served_only_where_they_are_set_up() -> None:
    assert "" == read_settings({}, app=False).client_id
    settings = read_settings(COMPLETE, app=False)
    assert ("Iv1.x", "https://rfh.example.com") == (settings.client_id, settings.url)
    assert "s" * 40 not in repr(settings)


@pytest.mark.parametrize("missing", COMPLETE)
def test_half_a_set_up_is_named(missing: str) -> None:
    if missing == "RFH_BOT_URL":
        given = {name: value for name, value in COMPLETE.items() if name != missing}
    else:
        given = COMPLETE | {missing: ""}
    with pytest.raises(UserError, match=f"{missing} is not set"):
        read_settings(given, app=False)


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://rfh.example.com/", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://rfh.example.com", False),
        ("http://localhost.example.com", False),
        ("https://rfh.example.com/pages", False),
        ("rfh.example.com", False),
    ],
)
def test_the_address_must_be_one_that_cookies_are_safe_on(url: str, good: bool) -> None:
    if good:
        assert url.rstrip("/") == read_settings(COMPLETE | {"RFH_BOT_URL": url}, app=False).url
    else:
        with pytest.raises(UserError, match="RFH_BOT_URL must be https://HOST"):
            read_settings(COMPLETE | {"RFH_BOT_URL": url}, app=False)


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("http://127.0.0.1:8300/api/v3", "http://127.0.0.1:8300"),
    ],
)
def test_people_sign_in_at_the_host_of_the_api(api: str, web: str) -> None:
    assert web == web_url(api)


async def test_failures_name_no_secret(here: House, caplog: pytest.LogCaptureFixture) -> None:
    assert here.bot.settings.client_secret not in repr(here.bot.settings)
    back = await here.choose("sam")
    here.github.faults.odds["5xx"] = 1.0
    await here.get(back)
    code = URL(back).query["code"]
    assert code not in caplog.text
    assert here.bot.settings.client_secret not in caplog.text
