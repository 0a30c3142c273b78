"""Invariant 6: what cannot be taken back happens once, also across a crash between it and its record."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.sandbox.faults import Fault, Once

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
URGENT = complete(What="Please help.", Steps="look", Priority="p1")
FAULTS: list[Fault] = ["before", "after", "reset", "reset-after", "timeout", "graphql-200"]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("on", ["addComment", "updateIssueComment"], ids=["the alert", "the card"])
async def test_the_alert_is_made_once(fault: Fault, on: str) -> None:
    """The alert goes first, the card with the record after it; either may fail, done or not."""
    async with World() as w:
        issue = w.file("Something is odd", complete(What="Please help.", Steps="look"))
        await w.settle()
        w.github.faults.once += [Once(fault, on=on)]
        w.github.world.edit_issue(issue, "sam", body=URGENT)
        await w.settle(120)
        alerts = [body for body in w.replies(issue) if "urgent and has no team" in body]
        assert 1 == len(alerts)
        assert "cs/p1" in w.labels(issue)
        assert [] == w.github.faults.once
        await w.assert_settled(issue)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("on", ["addComment", "updateIssueComment", "addReaction"])
async def test_a_reply_is_made_once_and_the_command_is_not_lost(fault: Fault, on: str) -> None:
    """`/route` and a question in one comment: the reply may be out before the route is on record."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.faults.once += [Once(fault, on=on)]
        await w.say(issue, "/route delivery\n/why", by="erin")
        await w.settle(120)
        assert [] == w.github.faults.once
        assert 1 == len(w.replies(issue))
        assert "team/delivery" in w.labels(issue)
        assert "team/search-core" not in w.labels(issue)
        assert "`/route` by erin" in w.card(issue)
        await w.assert_settled(issue)


async def test_the_ledger_is_rebuilt_from_the_keys_in_comments() -> None:
    """Card and database are gone: the alert's own comment says that it was made."""
    async with World() as w:
        issue = w.file("Something is odd", URGENT)
        await w.settle()
        assert 1 == len(w.replies(issue))
        w.github.world.delete_comment(w.cards(issue)[0], "max")
        await w.lose_database()
        await w.settle()
        assert 1 == len(w.cards(issue))
        assert 1 == len(w.replies(issue))
        await w.assert_settled(issue)


async def test_an_alert_is_not_repeated_when_its_comment_is_deleted() -> None:
    """Somebody tidied up: the memory knows that it was said."""
    async with World() as w:
        issue = w.file("Something is odd", URGENT)
        await w.settle()
        (alert,) = [c for c in w.comments(issue) if "urgent and has no team" in c.body]
        w.github.world.delete_comment(alert, "max")
        await w.say(issue, "on it")
        assert [] == w.replies(issue)
        await w.assert_settled(issue)


async def test_a_hidden_key_written_by_a_person_is_no_record() -> None:
    async with World() as w:
        issue = w.file("Something is odd", complete(What="Please help.", Steps="look"))
        await w.settle()
        await w.say(issue, "<!-- rfh-bot:effect alert:urgent-unrouted -->", by="olu")
        w.github.world.edit_issue(issue, "sam", body=URGENT)
        await w.settle()
        assert 1 == len(w.replies(issue))


async def test_a_command_is_not_marked_as_answered_by_a_person() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        number = w.comments(issue)[-1].id + 2
        w.comment(issue, f"<!-- rfh-bot:effect reply:{number} -->", by="olu")
        await w.say(issue, "/why", by="erin")
        assert 1 == len(w.replies(issue))
