"""Invariant 1: a second run right after a run plans nothing; an event costs one read and few writes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.sandbox.records import Issue

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
LICENCE = complete(What="The customer wants to renew their license.", Steps="none")
VAGUE = complete(What="Please help.", Steps="look")
URGENT = complete(What="Please help.", Steps="look", Priority="p1")

Then = Callable[[World, Issue], Awaitable[object]]


def say(body: str, by: str = "erin") -> Then:
    return lambda w, issue: w.say(issue, body, by=by)


async def nothing(w: World, issue: Issue) -> None:
    """Only the filing."""


async def closed(w: World, issue: Issue) -> None:
    w.github.world.close(issue, "sam")


async def closed_and_opened(w: World, issue: Issue) -> None:
    w.github.world.close(issue, "sam")
    await w.settle()
    w.github.world.reopen(issue, "sam")


async def lost(w: World, issue: Issue) -> None:
    """The database is gone and a person edited the unsigned card."""
    await w.stop()
    w.github.world.edit_comment(w.cards(issue)[0], "erin", "<!-- rfh-bot:card v1 e30. -->")
    await w.lose_database()


@pytest.mark.parametrize(
    ("title", "body", "labels", "then"),
    [
        pytest.param(TITLE, COMPLETE, (), nothing, id="complete"),
        pytest.param(TITLE, complete(Zendesk="", Priority=""), (), nothing, id="incomplete"),
        pytest.param(TITLE, complete(Kind="Defect"), (), nothing, id="defect"),
        pytest.param(TITLE, complete(Kind="Feature request", Priority="p1"), (), nothing, id="p1 feature"),
        pytest.param(TITLE, complete(Kind="something"), (), nothing, id="unknown kind"),
        pytest.param("Licence renewal", LICENCE, (), nothing, id="owner outside engineering"),
        pytest.param("Something is odd", VAGUE, (), nothing, id="nobody fits"),
        pytest.param(
            "Something is odd", complete(What="?", Priority="p1", Steps="-"), (), nothing, id="alerted"
        ),
        pytest.param(
            TITLE, COMPLETE, ("team/delivery", "team/code-insights"), nothing, id="two teams by people"
        ),
        pytest.param("Lunch?", "Who is in?", ("rfh",), nothing, id="labelled rfh, no template"),
        pytest.param("Lunch?", "Who is in?", (), nothing, id="not ours"),
        pytest.param("Lunch?", "Who is in?", (), say("/help"), id="not ours until asked"),
        pytest.param(TITLE, COMPLETE, (), closed, id="closed"),
        pytest.param(TITLE, COMPLETE, (), closed_and_opened, id="opened again"),
        pytest.param("Something is odd", VAGUE, (), lost, id="memory lost and held"),
        pytest.param(TITLE, COMPLETE, (), say("/route delivery"), id="after route"),
        pytest.param(TITLE, complete(Zendesk=""), (), say("/handoff now"), id="after handoff"),
        pytest.param(TITLE, COMPLETE, (), say("/priority p1"), id="after priority"),
        pytest.param(TITLE, COMPLETE, (), say("/customer Quandel"), id="after customer"),
        pytest.param(TITLE, COMPLETE, (), say("/customer Brightwater --new"), id="after a new customer"),
        pytest.param(TITLE, COMPLETE, (), say("/kind feature"), id="after kind"),
        pytest.param(TITLE, COMPLETE, (), say("/owner @max"), id="after owner"),
        pytest.param(TITLE, COMPLETE, (), say("/check\n/why\n/help"), id="after questions"),
        pytest.param(TITLE, COMPLETE, (), say("/route nobody\n/undo\n/resume"), id="after refusals"),
        pytest.param(TITLE, COMPLETE, (), say("/route ce"), id="after route to CE"),
        pytest.param(TITLE, COMPLETE, (), say("/route delivery", "olu"), id="after a command without rights"),
    ],
)
async def test_a_second_run_plans_nothing(title: str, body: str, labels: tuple[str, ...], then: Then) -> None:
    async with World() as w:
        issue = w.file(title, body, labels=labels)
        await w.settle()
        await then(w, issue)
        await w.assert_settled(issue)
        await w.settle(3600)  # nor does time alone give reason to write
        await w.assert_settled(issue)


# ── what an event costs ─────────────────────────────────────────────────────────────────────


async def warm(w: World) -> None:
    """Token, policy and labels are known, as they are nearly always."""
    w.file("Lunch?", "Who is in?")
    await w.settle()
    w.github.calls.clear()


def made(w: World) -> list[str]:
    return [call.operation or call.template for call in w.github.calls.calls]


async def test_a_new_complete_issue_costs_one_read_and_one_write() -> None:
    """Labels and card are one mutation document."""
    async with World() as w:
        await warm(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle(1)
        assert w.cards(issue)
        assert ["LoadIssue"] == made(w)[:1]
        assert 1 == len(w.github.calls.writes)
        assert 2 == len(w.github.calls.calls), made(w)


async def test_an_edit_that_changes_nothing_costs_one_read() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.calls.clear()
        w.github.world.edit_issue(issue, "sam", body=COMPLETE + "\n\nSmall talk.\n")
        await w.settle()
        assert ["LoadIssue"] == made(w)


async def test_a_chat_of_people_costs_one_read_for_a_burst_and_no_write() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.calls.clear()
        for number in range(20):
            w.comment(issue, f"line {number}", by="olu")
        await w.settle()
        assert {"LoadIssue"} == set(made(w))
        assert len(made(w)) <= 2


async def test_a_command_costs_a_read_its_role_and_two_writes() -> None:
    """The card and labels, then the reaction: it must not be there before what it acknowledges."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.calls.clear()
        await w.say(issue, "/route delivery", by="erin")
        assert 2 == len(w.github.calls.writes)
        assert 4 == len(w.github.calls.calls), made(w)


async def test_own_writes_cause_no_reads() -> None:
    """One call causes several events; all are dropped at the door."""
    async with World() as w:
        await warm(w)
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        await w.say(issue, "/route delivery")
        assert 2 == made(w).count("LoadIssue"), made(w)


async def test_an_edited_body_updates_the_card_within_a_second() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        await w.settle(1)
        assert "Zendesk" not in w.card(issue)
        assert w.card(issue).startswith("### ✅ Handed to Search Core")


async def test_hours_of_chatter_do_not_make_a_look_dearer() -> None:
    """Far more comments than one page: what is settled is not read again and again."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        for hour in range(6):
            for number in range(45):
                w.comment(issue, f"note {hour}.{number}", by="erin")
            await w.settle(3600)
        await w.assert_settled(issue)
        w.github.calls.clear()
        await w.say(issue, "one more", by="erin")
        assert ["LoadIssue"] == made(w)


async def test_the_card_shows_absolute_times_only() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "2026-11-17 15:00" in w.card(issue)
        for hours in range(0, 20, 5):
            before = w.card(issue)
            await w.settle(3600 * hours)
            assert before == w.card(issue)
        assert not re.search(r"\b(ago|yesterday|today|tomorrow|in \d+ (minutes|hours|days))\b", w.card(issue))
