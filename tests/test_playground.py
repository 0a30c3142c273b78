"""The routing playground: what it shows, that it shows it safely, and that it keeps nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from harness import World
from hypothesis import given
from hypothesis import strategies as st
from issues import COMPLETE

from bot.errors import Transient
from bot.pages.playground import MAX_TEXT, PATH, alone
from bot.pages.playground_view import Piece, look
from bot.pages.render import STYLE
from bot.policy.load import DEFAULT_NAME, default_text
from bot.rulebooks import compiled
from bot.rules.rulebook import Rulebook
from bot.sandbox.server import Sandbox

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
SECRET = "Kestrelheim"  # stands for a customer's words


def book() -> Rulebook:
    return compiled(((DEFAULT_NAME, default_text()),))


async def books() -> Rulebook:
    return book()


@pytest.fixture
async def page() -> AsyncIterator[TestClient]:
    app = web.Application()
    alone(books, back="/")(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def ask(page: TestClient, title: str, text: str = "") -> str:
    response = await page.post(PATH, data={"title": title, "text": text})
    assert 200 == response.status
    return await response.text()


def bare(html: str) -> str:
    """What a reader sees, without tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


# ── what it shows ───────────────────────────────────────────────────────────────────────────


async def test_the_page_begins_with_an_empty_form(page: TestClient) -> None:
    """Every field has its label; the form is posted, so that no text gets into an address."""
    html = await (await page.get(PATH)).text()
    fields = set(re.findall(r'<(?:input|textarea) id="(\w+)"', html))
    assert {"title", "text"} == fields == set(re.findall(r'<label for="(\w+)"', html))
    assert f'<form method="post" action="{PATH}#result" class="paste">' in html
    assert "result" not in re.findall(r'id="(\w+)"', html)


async def test_an_answer_names_team_label_candidates_areas_and_words(page: TestClient) -> None:
    html = await ask(page, TITLE, "Batch changes are fine.")
    text = bare(html)
    assert "Search Core: sure enough to set the label" in text
    assert "team/search-core" in text
    assert "/route search-core" in text
    assert "/route batch-changes" in text
    assert re.search(r"<mark[^>]*>zoekt-indexserver<sup>1</sup></mark>", html)
    assert f'value="{TITLE}"' in html


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        pytest.param(
            "The weather is nice", "", "No team: nothing speaks clearly enough for one", id="nothing"
        ),
        pytest.param(
            "Our Perforce depots are not synced", "", "Exception of the process: perforce.", id="exception"
        ),
        pytest.param(
            "An alert", "frontend: page_load_latency", "page_load_latency has this owner.", id="alert"
        ),
        pytest.param("Cody completions are slow", "", "which nobody listed owns.", id="nobodys"),
        pytest.param("The license key expired", "", "/route ce", id="outside-engineering"),
        pytest.param("", "   ", "Nothing is stored.", id="empty"),
    ],
)
async def test_what_decided_is_said_in_words(page: TestClient, title: str, text: str, expected: str) -> None:
    assert expected in bare(await ask(page, title, text))


def test_a_verdict_is_the_one_of_an_issue_with_this_text() -> None:
    """Of a filled template the router reads the topic alone, and the page says so."""
    rulebook = book()
    view = look(rulebook, TITLE, COMPLETE)
    read = rulebook.intake.parse(COMPLETE).routing_text
    route = rulebook.router.route(TITLE, read)
    assert view.from_template
    assert read == "".join(piece.text for piece in view.text)
    assert (route.decision, round(100 * route.score)) == (view.decision, view.percent)


WORDS = st.sampled_from(
    ["zoekt", "Batch", "Changes", "GitHub", "repo:x", "\n", "```", "# ", "é", "İ", "<b>", "🙂", "-"]
)


@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=80))
def test_the_marked_text_is_the_text(text: str) -> None:
    """Nothing is lost or doubled between the marks, and each mark belongs to an area that is listed."""
    view = look(book(), text, text)
    numbers = {area.number for area in view.areas}
    assert text == "".join(piece.text for piece in view.title)
    if not view.from_template:
        assert text == "".join(piece.text for piece in view.text)
    pieces: tuple[Piece, ...] = (*view.title, *view.text)
    assert {number for piece in pieces for number in piece.areas} <= numbers


# ── safely ──────────────────────────────────────────────────────────────────────────────────


async def test_what_is_pasted_is_text_and_never_markup(page: TestClient) -> None:
    html = await ask(page, '"><img src=x>', "</textarea><script>alert(1)</script>{{ 7*7 }} zoekt<b>zoekt</b>")
    assert "<img" not in html
    assert "<script" not in html
    assert "<b>" not in html
    assert 1 == html.count("</textarea>")
    assert "{{ 7*7 }}" in html


async def test_no_script_and_no_inline_style_is_used_or_allowed(page: TestClient) -> None:
    for response in (
        await page.get(PATH),
        await page.post(PATH, data={"title": TITLE}),
        await page.get(STYLE),
    ):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'" in policy
        assert ("no-store", "nosniff") == (
            response.headers["Cache-Control"],
            response.headers["X-Content-Type-Options"],
        )
        html = await response.text()
        assert "style=" not in html
        assert "<script" not in html


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(urlencode({"text": "x" * (MAX_TEXT + 1)}), None, 413, id="a-byte-too-long"),
        pytest.param(urlencode({"text": "é" * MAX_TEXT}), None, 413, id="bytes-count-not-characters"),
        pytest.param("text=" + "x" * (5 * MAX_TEXT), None, 413, id="a-form-too-long"),
        pytest.param(urlencode({"text": "é" * (MAX_TEXT // 2)}), None, 200, id="just-short-enough"),
        pytest.param("&".join(f"a{n}=1" for n in range(50)), None, 400, id="too-many-fields"),
        pytest.param(b"text=\xff", None, 400, id="not-a-form's-bytes"),
        pytest.param("{}", "application/json", 400, id="no-form"),
    ],
)
async def test_size_and_form_are_limited(
    page: TestClient, body: str | bytes, kind: str | None, status: int
) -> None:
    headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
    response = await page.post(PATH, data=body, headers=headers)
    assert status == response.status
    assert ('role="alert"' in await response.text()) == (status != 200)


async def test_nothing_pasted_is_logged(page: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await ask(page, f"{SECRET} cannot search", f"{SECRET} " * 50)
    await page.post(PATH, data={"text": SECRET * MAX_TEXT})
    assert SECRET not in caplog.text


# ── where it is ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.looptime
async def test_the_app_uses_the_policy_in_force_in_the_repository() -> None:
    """Its override too; without GitHub's answer, the base."""
    async with World() as w:
        w.github.world.put_file(w.repo, ".github/rfh-bot.yml", "teams: {delivery: {name: Shipping}}\n", "max")
        await w.settle()
        assert "Shipping" == (await w.bot.book()).policy.teams["delivery"].name

        async def down(*_: object) -> Rulebook:
            raise Transient("down")

        w.bot.reconciler.rulebooks.get = down  # type: ignore[method-assign]
        assert "Delivery" == (await w.bot.book()).policy.teams["delivery"].name


async def test_the_sandbox_links_to_it() -> None:
    sandbox = Sandbox()
    sandbox.world.create_repo("acme/customer", private=True)
    sandbox.world.add_user("sam", "triage")
    sandbox.add_page(PATH, "Routing", alone(books, back="/"))
    async with sandbox, TestClient(TestServer(web.Application())) as client:
        session = client.session
        async with session.get(f"{sandbox.url}/acme/customer/issues") as response:
            assert f'<a href="{PATH}">Routing</a>' in await response.text()
        headers = {"Origin": sandbox.url}
        async with session.post(f"{sandbox.url}{PATH}", data={"title": TITLE}, headers=headers) as response:
            assert "Search Core" in await response.text()
