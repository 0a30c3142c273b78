"""Paging: the line to paste on card and thread, and the service, asked once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from harness import World
from issues import complete

from bot.errors import PagerDown
from bot.pager import Pager, payload
from bot.sandbox.faults import Once
from bot.sandbox.records import Issue
from bot.told import REFUSED, Page, Sent

TITLE = "Northmere: zoekt-indexserver runs out of memory"
POLICY = "teams: {search-core: {members: [erin]}}\nsupport: {members: [sam], management: [max]}\n"
LINE = "/genie alert sourcegraph/customer#1: cs/p1, waiting for Search Core since 2026-11-17 15:00 UTC: "


@dataclass(frozen=True)
class FakePager(Pager):
    """Takes what it is asked for; `fails`: how often it is down, `refuses`: for good."""

    asked: list[Page] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    refuses: bool = False

    async def page(self, page: Page) -> Sent:
        self.asked.append(page)
        if self.fails:
            raise PagerDown(self.fails.pop())
        return Sent(page.key + (REFUSED if self.refuses else ""), self.now().replace(microsecond=0))


def world(tmp_path: Path, *, slack: bool = True, service: bool = True, **pager: Any) -> World:
    policy = tmp_path / "policy.yml"
    policy.write_text(POLICY)
    w = World(slack=slack, policy=policy)
    if service:
        w.pager = FakePager("https://pager.example", "key", w.now, **pager)
    return w


async def filed(w: World, hours: float = 9.0) -> Issue:
    """A p1 that nobody answers; its third reminder, after eight hours, calls the management."""
    issue = w.file(TITLE, complete(Priority="p1"))
    await w.later(hours * 3600)
    return issue


def asked(w: World) -> list[Page]:
    assert isinstance(w.pager, FakePager)
    return w.pager.asked


def thread(w: World) -> list[str]:
    assert w.slack is not None
    return [message.text for message in w.slack.messages if message.thread]


@pytest.mark.looptime
async def test_without_a_service_card_and_thread_have_the_line(tmp_path: Path) -> None:
    async with world(tmp_path, service=False) as w:
        issue = await filed(w)
        assert "**To page support's management, post in Slack:**" in w.card(issue)
        assert LINE in w.card(issue)
        assert "Support's management is called. To page them: `" + LINE in thread(w)[-1]
        assert LINE in w.replies(issue)[-1]
        assert "orthmere" not in "".join(thread(w))
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_the_service_pages_the_target_once(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        issue = await filed(w, 7.5)
        assert [] == asked(w)
        assert "To page" not in w.card(issue)
        await w.later(2 * 24 * 3600)
        (page,) = asked(w)
        assert "support-mgmt" == page.target
        assert page.alias.startswith("sourcegraph/customer#1:page:remind:p1:3:")
        assert "orthmere" not in page.text
        assert "**Paged support's management, 2026-11-1" in w.card(issue)
        assert "Support's management is paged. To page again: `/genie" in thread(w)[-1]
        await w.assert_settled(issue)
        await w.lose_database()
        await w.settle(3600)
        assert 1 == len(asked(w))


@pytest.mark.looptime
async def test_it_pages_without_slack_too(tmp_path: Path) -> None:
    async with world(tmp_path, slack=False) as w:
        await filed(w)
        assert ["support-mgmt"] == [page.target for page in asked(w)]


@pytest.mark.looptime
async def test_an_emergency_pages_the_policys_target(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        issue = await filed(w, 0.1)
        await w.say(issue, "/emergency", by="sam")
        (page,) = asked(w)
        assert "customer-support" == page.target
        assert "emergency, waiting for Search Core" in page.text
        assert "Paged support on call" in w.card(issue)
        assert "🚨 *Emergency.* Support on call is paged." in thread(w)[-1]
        await w.say(issue, "still down")
        assert 1 == len(asked(w))
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_a_service_that_is_down_is_tried_again_and_holds_up_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, fails=["HTTP 503"] * 5) as w:
        issue = await filed(w, 0.1)
        w.comment(issue, "/emergency", by="sam")
        await w.settle(3)
        assert "To page support on call, post in Slack" in w.card(issue)
        assert any("Emergency" in text for text in thread(w))
        await w.settle(900)
        assert 6 == len(asked(w))
        assert 1 == len({page.alias for page in asked(w)})
        assert "Paged support on call" in w.card(issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_slack_that_is_down_does_not_hold_up_a_page_and_hears_of_it_later(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        issue = await filed(w, 0.1)
        w.slack.faults += [("chat.postMessage", "5xx")]
        w.comment(issue, "/emergency", by="sam")
        await w.settle(3)
        assert 1 == len(asked(w))
        await w.settle(900)
        assert any("Emergency" in text for text in thread(w))
        assert 1 == len(asked(w))


@pytest.mark.looptime
async def test_a_refusal_is_on_the_card(tmp_path: Path) -> None:
    async with world(tmp_path, refuses=True) as w:
        issue = await filed(w, 0.1)
        await w.say(issue, "/emergency", by="sam")
        assert "The paging service refused to page support on call." in w.card(issue)
        await w.later(24 * 3600)
        assert ["customer-support"] == [p.target for p in asked(w) if "emergency" in p.key]
        await w.assert_settled(issue)


@pytest.mark.looptime
@pytest.mark.parametrize("fault", ["before", "after", "reset", "timeout"])
async def test_a_card_that_cannot_be_written_pages_nobody_twice(fault: Any, tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        issue = await filed(w, 0.1)
        w.github.faults.once += [Once(fault, on="updateIssueComment")] * 2
        w.comment(issue, "/emergency", by="sam")
        await w.settle(600)
        assert 1 == len(asked(w))
        assert "Paged support on call" in w.card(issue)


# ── the wire ────────────────────────────────────────────────────────────────────────────────

AT = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
PAGE = Page("page:emergency:7", "support-mgmt", "x" * 200, "o/r#7:page:emergency:7")


@pytest.fixture
async def service() -> AsyncIterator[tuple[TestServer, list[tuple[str, Any]], list[web.Response]]]:
    """A paging service: what it was asked, and what it answers."""
    got: list[tuple[str, Any]] = []
    answers: list[web.Response] = []

    async def take(request: web.Request) -> web.Response:
        got.append((request.headers["Authorization"], await request.json()))
        return answers.pop()

    app = web.Application()
    app.router.add_post("/v2/alerts", take)
    async with TestServer(app) as server:
        yield server, got, answers


async def test_the_payload_is_opsgenies(service: Any) -> None:
    server, got, answers = service
    answers.append(web.Response(status=202))
    pager = Pager(str(server.make_url("/v2/alerts")), "secret", lambda: AT)
    assert Sent(PAGE.key, AT) == await pager.page(PAGE)
    ((authorization, body),) = got
    assert "GenieKey secret" == authorization
    assert payload(PAGE) == body
    assert ("x" * 130, PAGE.alias) == (body["message"], body["alias"])
    assert [{"type": "team", "name": "support-mgmt"}] == body["responders"]
    assert "secret" not in repr(pager)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "30"}, 30.0),
        (500, {}, None),
        (503, {}, None),
        (429, {"Retry-After": "9" * 400}, 900.0),
    ],
)
async def test_what_may_pass_is_raised(
    service: Any, status: int, headers: dict[str, str], wait: float | None
) -> None:
    server, _, answers = service
    answers.append(web.Response(status=status, headers=headers))
    with pytest.raises(PagerDown) as raised:
        await Pager(str(server.make_url("/v2/alerts")), "k", lambda: AT).page(PAGE)
    assert wait == raised.value.retry_after


@pytest.mark.parametrize("status", [302, 401, 403, 422])
async def test_what_does_not_pass_is_a_refusal(service: Any, status: int) -> None:
    server, _, answers = service
    answers.append(web.Response(status=status))
    sent = await Pager(str(server.make_url("/v2/alerts")), "k", lambda: AT).page(PAGE)
    assert f"{PAGE.key}{REFUSED}" == sent.key


async def test_nobody_there_may_pass() -> None:
    with pytest.raises(PagerDown, match="ClientConnectorError"):
        await Pager("http://127.0.0.1:1/", "k", lambda: AT).page(PAGE)
