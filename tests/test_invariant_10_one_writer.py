"""Invariant 10: one writer per repository; pause and shadow write nothing, and nothing is lost by them."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.events import POLICY_PATH
from bot.model import IssueKey
from bot.store import EVERYTHING

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
KEY = IssueKey("sourcegraph", "customer", 1)


def writes(w: World) -> list[str]:
    return [call.operation or call.template for call in w.github.calls.writes]


async def test_the_app_is_silent_where_the_action_writes_and_says_who_does() -> None:
    async with World() as w:
        w.github.world.put_file(w.repo, POLICY_PATH, "writer: action\n", "max")
        await w.settle()
        w.github.calls.clear()
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert [] == writes(w)
        assert set() == w.labels(issue)
        result = await w.bot.reconciler.reconcile(KEY)
        assert "the action is the writer here" == result.word


async def test_the_app_takes_over_when_the_policy_says_so() -> None:
    async with World() as w:
        w.github.world.put_file(w.repo, POLICY_PATH, "writer: action\n", "max")
        await w.settle()
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.delete_file(w.repo, POLICY_PATH, "max")
        await w.say(issue, "is anybody there?")
        assert "team/search-core" in w.labels(issue)
        await w.assert_settled(issue)


@pytest.mark.parametrize("scope", [EVERYTHING, "sourcegraph/customer", "Sourcegraph/Customer"])
async def test_a_pause_writes_nothing_and_its_end_makes_up_for_it(scope: str) -> None:
    """Names of repositories are the same in any case."""
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        await w.bot.store.pause(scope, reason="clean-up", by="max")
        w.github.calls.clear()
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        comment = await w.say(issue, "/route delivery", by="erin")
        await w.settle(3600)
        assert [] == writes(w)
        assert set() == w.reactions(comment)
        assert await w.bot.store.unpause(scope)
        await w.settle(90)
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert "team/delivery" in w.labels(issue)
        assert "needs-info" not in w.labels(issue)
        await w.assert_settled(issue)


async def test_a_pause_of_another_repository_is_none() -> None:
    async with World() as w:
        await w.bot.store.pause("sourcegraph/other", reason="", by="max")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "rfh" in w.labels(issue)


async def test_shadow_plans_and_writes_nothing() -> None:
    async with World(shadow=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.say(issue, "/route delivery", by="erin")
        assert [] == writes(w)
        plan = await w.bot.store.last_plan(KEY)
        assert plan is not None
        assert "AddLabels" in plan.plan
        result = await w.bot.reconciler.reconcile(KEY)
        assert "shadow" == result.word
        assert result.plan


async def test_shadow_by_policy_ends_with_it() -> None:
    async with World() as w:
        w.github.world.put_file(w.repo, POLICY_PATH, "shadow: true\n", "max")
        await w.settle()
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert set() == w.labels(issue)
        w.github.world.put_file(w.repo, POLICY_PATH, "shadow: false\n", "max")
        await w.say(issue, "hello?")
        assert "team/search-core" in w.labels(issue)


async def test_a_dry_run_looks_also_in_a_pause() -> None:
    async with World() as w:
        await w.bot.store.pause(EVERYTHING, reason="", by="max")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        result = await w.bot.reconciler.reconcile(KEY, dry_run=True)
        assert result.plan
        assert set() == w.labels(issue)
