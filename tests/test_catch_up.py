"""Lost events are made up for: filed while down, dropped webhooks, GitHub away for an hour."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.sandbox.faults import Faults

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
LABELS = {"rfh", "team/search-core", "customer/northmere", "cs/p2"}


async def test_what_was_filed_while_the_bot_was_down_is_handled_at_start() -> None:
    """It has no label yet: any state, any label."""
    async with World() as w:
        await w.settle()
        await w.stop()
        issues = [w.file(TITLE, COMPLETE) for _ in range(3)]
        await w.settle(2 * 3600)
        await w.start()
        await w.settle()
        assert [LABELS] * 3 == [w.labels(issue) for issue in issues]
        for issue in issues:
            await w.assert_settled(issue)


async def test_lost_webhooks_are_made_up_for_within_ten_minutes() -> None:
    async with World() as w:
        await w.settle()
        w.delivering = False
        issue = w.file(TITLE, COMPLETE)
        await w.settle(610)
        assert LABELS == w.labels(issue)
        comment = w.comment(issue, "/route delivery", by="erin")
        await w.settle(610)
        assert {"THUMBS_UP"} == w.reactions(comment)
        w.github.world.edit_issue(issue, "sam", body=complete(Zendesk=""))
        await w.settle(610)
        assert "needs-info" in w.labels(issue)


async def test_a_catch_up_reads_a_page_and_then_only_what_changed() -> None:
    async with World() as w:
        for _ in range(5):
            w.file("Lunch?", "Who is in?")
        await w.settle(1300)
        w.github.calls.clear()
        await w.settle(600)
        read = [call for call in w.github.calls.calls if call.template.endswith("/issues")]
        listed = [call for call in read if "contents" in call.permissions]  # the public tracker's has less
        assert 1 == len(listed)
        assert [] == [call for call in w.github.calls.calls if call.operation == "LoadIssue"]


@pytest.mark.parametrize("fault", ["5xx:1", "reset:1", "timeout:1", "graphql-200:1", "secondary:1"])
async def test_github_away_for_an_hour_and_back(fault: str) -> None:
    """Nothing dies of it, and all is done soon after."""
    async with World() as w:
        await w.settle()
        first = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        bad = Faults.parse(fault)
        w.github.faults.odds.update(bad.odds)
        second = w.file(TITLE, COMPLETE)
        comment = w.comment(first, "/route delivery", by="erin")
        await w.settle(3600)
        w.github.faults.odds.clear()
        await w.settle(3600)
        assert LABELS == w.labels(second)
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert "team/delivery" in w.labels(first)
        assert 0 == (await w.bot.queue.stats()).dead
        for issue in (first, second):
            assert 1 == len(w.cards(issue))
            await w.assert_settled(issue)


async def test_the_sweep_looks_at_everything_once_more() -> None:
    """A label that came without an event (nobody touched the issue) is found within the hour."""
    async with World() as w:
        w.github.world.delete_label(w.repo, "team/search-core")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "team/search-core" not in w.labels(issue)
        w.github.world.create_label(w.repo, "team/search-core")
        await w.settle(3700)
        assert "team/search-core" in w.labels(issue)
        await w.assert_settled(issue)


async def test_many_issues_at_once_are_spread_over_the_budget() -> None:
    """More than GitHub's 80 writes a minute: nothing is refused, nothing is lost."""
    async with World() as w:
        await w.stop()
        issues = [w.file(TITLE, COMPLETE) for _ in range(90)]
        await w.start()
        await w.settle(600)
        assert all(LABELS == w.labels(issue) for issue in issues)
        assert [] == [call for call in w.github.calls.calls if call.status in (403, 429)]
        assert 0 == (await w.bot.queue.stats()).dead


async def test_the_case_of_a_watched_repository_does_not_matter() -> None:
    """As set by the operator and as GitHub spells it: one key for each issue, or two runs at a time."""
    async with World(repos=("Sourcegraph/Customer",)) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle(1300)
        assert LABELS == w.labels(issue)
        assert 1 == len(w.cards(issue))
        keys = [
            await w.bot.queue.get(f"{name}#1") for name in ("Sourcegraph/Customer", "sourcegraph/customer")
        ]
        assert 1 == sum(key is not None for key in keys)
