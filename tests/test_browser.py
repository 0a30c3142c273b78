"""The pages as people use them: the whole App and the sandbox in Chromium, with mouse and keyboard."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
import secrets
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from benchmarks._facts import made_up
from bot import plots
from bot.app import running
from bot.db import utc_now
from bot.policy.load import load_default
from bot.sandbox import Sandbox
from bot.sandbox.seed import demo_world
from bot.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parent / "contracts/node_modules/axe-core/axe.min.js"
PAGES = ("/", "/requests", "/teams/delivery", "/playground", "/deliveries")


@dataclasses.dataclass(frozen=True)
class Town:
    """Where the sandbox and the App are."""

    github: str
    app: str


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Town]:
    """The sandbox GitHub and the whole App, joined over HTTP, with a few hundred made-up requests."""
    async with Sandbox() as github:
        demo_world(github, load_default())
        settings = Settings(
            app_id=str(github.app_id),
            private_key=github.private_key_pem,
            webhook_secrets=(github.secret.encode(),),
            api_url=github.api_url,
            database_url=f"sqlite:///{folder}/bot.sqlite3",
            memory_key=secrets.token_hex(32).encode(),
            client_id=github.access.app.client_id,
            client_secret=github.oauth.client_secret,
            port=0,
        )
        async with running(settings) as bot:
            await bot.facts.save(made_up(400, load_default(), utc_now()))
            github.use_webhook(f"{bot.url}/webhook")
            yield Town(github.url, bot.url)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    world = opened(tmp_path_factory.mktemp("browser"))
    yield asyncio.run_coroutine_threadsafe(world.__aenter__(), loop).result(20)
    asyncio.run_coroutine_threadsafe(world.__aexit__(None, None, None), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="no playwright here (pip install playwright)")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    with api.sync_playwright() as play:
        found = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(browser: Browser, town: Town) -> Iterator[Visit]:
    """Opens a browser window, signed in as somebody or not. What its console says at the end is nothing."""
    contexts, said, elsewhere = [], [], set()

    def asked(url: str) -> None:
        if urlsplit(url).hostname != "127.0.0.1":
            elsewhere.add(url)

    def window(login: str = "max", **more: object) -> Page:
        context = browser.new_context(**more)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(20_000)  # on a busy machine
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked(request.url))
        page.goto(town.app)
        if login:
            page.get_by_role("link", name="Sign in with GitHub").click()
            page.get_by_role("link", name=login, exact=True).click()
            page.wait_for_url(f"{town.app}/")
        return page

    yield window
    for context in contexts:
        context.close()
    assert [] == said  # a refused style or script would be told here
    assert set() == elsewhere


def test_signing_in_and_out(visit: Visit, town: Town) -> None:
    page = visit("", base_url=town.app)
    page.goto("/requests?priority=p1")
    assert "Sign in" in page.title()
    page.get_by_role("link", name="Sign in with GitHub").click()
    assert "Who signs in?" == page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="olu", exact=True).click()
    page.wait_for_url(f"{town.app}/requests?priority=p1")
    page.get_by_role("button", name="Sign out olu").click()
    page.wait_for_url(f"{town.app}/signin")
    page.goto("/deliveries")
    assert f"{town.app}/signin?back=/deliveries" == page.url


def test_the_overview_and_the_way_to_a_team(visit: Visit, town: Town) -> None:
    """Goals, pictures with words for who does not see them, and the numbers behind them."""
    page = visit()
    assert page.get_by_role("heading", name="Engineering answered in time").is_visible()
    if plots.available():
        picture = page.get_by_role("img", name=re.compile("Engineering answered in time"))
        assert picture.locator("svg").is_visible()
    weeks = page.get_by_role("region", name="Weeks")
    assert not weeks.is_visible()
    page.get_by_text("The numbers").press("Enter")
    assert weeks.is_visible()
    page.get_by_role("link", name="90 days").click()
    assert "90 days" == page.locator(".spans [aria-current]").inner_text()
    page.get_by_role("link", name="Delivery").first.click()
    assert (f"{town.app}/teams/delivery", "Delivery") == (page.url, page.locator("h1").inner_text())


def test_filters_by_keyboard_alone(visit: Visit, town: Town) -> None:
    """The skip link comes first, then the navigation; filters follow in reading order; Enter applies them."""
    page = visit(base_url=town.app)
    page.goto("/requests")
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert "Skip to the content" == names[0]
    assert ["Overview", "Requests", "Routing", "Deliveries", "Sign out max"] == names[1:6]
    assert ["team", "turn", "priority", "customer", "text", "Filter"] == names[6:12]
    page.get_by_label("Waits for").focus()
    page.keyboard.type("sup")
    page.get_by_label("Number, ticket or title").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("turn=support"))
    rows = page.get_by_role("row").all()[1:]
    assert rows
    assert all("support" in row.inner_text() for row in rows)
    assert "support" == page.get_by_label("Waits for").input_value()
    page.get_by_role("link", name="All", exact=True).click()
    assert len(page.get_by_role("row").all()) > len(rows) + 1


def test_the_playground_answers_where_the_reader_is(visit: Visit, town: Town) -> None:
    page = visit(base_url=town.app)
    page.goto("/playground")
    page.get_by_label("Title").fill("zoekt-indexserver runs out of memory on a monorepo")
    page.get_by_role("button", name="Route it").click()
    result = page.locator("#result")
    assert "Search Core: sure enough to set the label" == result.inner_text()
    assert page.url.endswith("/playground#result")
    assert "zoekt" in page.get_by_label("Title").input_value()


def test_an_issue_in_the_sandbox_gets_its_card_before_ones_eyes(visit: Visit, town: Town) -> None:
    """File it from the form and watch: label and card come without a reload."""
    page = visit(base_url=town.github)
    page.goto("/sourcegraph/customer/issues/new?template=cs_new_issue.yml")
    page.locator("input[name=title]").fill("zoekt-indexserver runs out of memory on a monorepo")
    page.get_by_label("Kind").select_option("Request for help")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/issues/\d+$"))
    page.locator(".from-bot .markdown").wait_for()
    page.locator(".side .label", has_text="team/search-core").wait_for()
    assert "Sourcegraph version" in page.locator(".from-bot .markdown").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_readable_by_day_and_by_night_and_on_a_phone(
    visit: Visit, town: Town, scheme: str
) -> None:
    """Nothing is wider than the window; axe finds neither pale words nor controls without a name."""
    page = visit(base_url=town.app, color_scheme=scheme, viewport={"width": 390, "height": 800})
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ("rgb(247, 248, 250)" == shade) == (scheme == "light")
    for path in PAGES:
        page.goto(path)
        assert 390 == page.evaluate("document.documentElement.scrollWidth"), path
        if AXE.is_file():
            page.evaluate(AXE.read_text("utf-8"))
            found = page.evaluate(
                "axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))"
            )
            assert [] == found, path
