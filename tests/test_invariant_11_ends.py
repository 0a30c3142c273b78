"""Invariant 11: ends are states. What ended is not retried for ever; what comes back is looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.model import IssueKey
from bot.sandbox.records import Issue

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
KEY = "sourcegraph/customer#1"


def delete(w: World, issue: Issue) -> None:
    w.github.world.delete_issue(issue, "max")


def transfer(w: World, issue: Issue) -> None:
    w.github.world.transfer(issue, w.github.world.create_repo("sourcegraph/other"), "max")


@pytest.mark.parametrize("end", [delete, transfer])
@pytest.mark.parametrize("told", [True, False], ids=["by event", "found out"])
async def test_what_is_gone_leaves_the_queue(end: Callable[[World, Issue], None], told: bool) -> None:
    """The event may be lost; then the next run finds out."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.delivering = told
        end(w, issue)
        await w.settle()
        w.delivering = True
        if not told:
            await w.bot.queue.accept(KEY)
        await w.settle(60)
        assert await w.bot.queue.get(KEY) is None
        assert await w.bot.store.card(IssueKey.parse(KEY)) is None
        w.github.calls.clear()
        await w.settle(3600)
        looks = [call for call in w.github.calls.calls if call.operation == "LoadIssue"]
        assert len(looks) <= (0 if told else 1)  # the lost webhook is redelivered, and leads to one look
        assert await w.bot.queue.get(KEY) is None


async def test_an_issue_converted_to_a_discussion_is_gone_without_a_word() -> None:
    """GitHub answers as for a deleted one."""
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        delete(w, issue)
        w.github.calls.clear()
        await w.settle(3600)
        assert [] == w.github.calls.writes
        assert await w.bot.queue.get(KEY) is None


async def test_a_locked_issue_is_left_alone_until_it_is_unlocked() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.world.lock(issue, "max")
        await w.settle()
        w.github.calls.clear()
        w.github.world.edit_issue(issue, "max", body=COMPLETE)
        comment = await w.say(issue, "/route delivery", by="max")
        await w.settle(1800)
        assert [] == w.github.calls.writes
        entry = await w.bot.queue.get(KEY)
        assert entry is not None
        assert (None, 0, False) == (entry.due_at, entry.attempts, entry.dead)
        w.github.world.unlock(issue, "max")
        await w.settle()
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert "team/delivery" in w.labels(issue)
        await w.assert_settled(issue)


async def test_an_archived_repository_is_left_alone() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.world.archive(w.repo)
        w.github.calls.clear()
        await w.bot.queue.accept(KEY)
        await w.settle(3600)
        assert [] == w.github.calls.writes
        entry = await w.bot.queue.get(KEY)
        assert entry is not None
        assert (None, 0, False) == (entry.due_at, entry.attempts, entry.dead)
        w.github.world.archive(w.repo, archived=False)
        await w.say(issue, "/route delivery")
        assert "team/delivery" in w.labels(issue)


async def test_a_closed_issue_is_said_to_be_closed_once_and_then_left_alone() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.close(issue, "sam")
        await w.settle()
        assert w.card(issue).startswith("### ☑️ Closed")
        w.github.calls.clear()
        w.github.world.edit_issue(issue, "sam", body=complete(Zendesk=""))
        await w.say(issue, "thanks all")
        assert [] == w.github.calls.writes
        w.github.world.reopen(issue, "sam")
        await w.settle()
        assert "1 thing missing" in w.card(issue)
        await w.assert_settled(issue)


async def test_commands_on_a_closed_issue_are_answered() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.close(issue, "sam")
        comment = await w.say(issue, "/why", by="erin")
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert 1 == len([text for text in w.replies(issue) if text.startswith("**Search Core")])
        await w.assert_settled(issue)


async def test_an_issue_closed_before_the_bot_knew_it_is_left_alone() -> None:
    async with World(deliver=False) as w:
        issue = w.file(TITLE, COMPLETE)
        w.github.world.close(issue, "sam")
        await w.settle(1200)
        assert [] == w.comments(issue)
        assert set() == w.labels(issue)


async def test_comments_on_pull_requests_are_dropped_at_the_door() -> None:
    async with World() as w:
        await w.settle()
        pull = w.github.world.file_issue(w.repo, "sam", "a change", "body", pull=True)
        w.github.calls.clear()
        await w.say(pull, "/route delivery", by="erin")
        assert [] == w.github.calls.calls
        assert await w.bot.queue.get(KEY) is None


async def test_an_uninstalled_app_stops_asking_and_catches_up_when_it_is_back() -> None:
    """Nobody tells a key of the schedule that the App is back, so it must not die of a refusal."""
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.suspend(w.demo.installation)
        await w.settle(8 * 3600)
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        await w.settle(3600)
        w.github.suspend(w.demo.installation, suspended=False)
        await w.settle(3600)
        assert "needs-info" not in w.labels(issue)
        await w.assert_settled(issue)
