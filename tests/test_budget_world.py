"""The write budget, in the world: a plan that has begun is finished, what has not begun waits."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE

from bot.budget import Budget, Window

pytestmark = pytest.mark.looptime


async def test_a_plan_that_has_begun_is_finished_though_the_budget_is_used_up() -> None:
    """The card and the reaction are two requests; a stop between them would lose the acknowledgement."""
    async with World() as w:
        issue = w.file("zoekt-indexserver runs out of memory", COMPLETE)
        await w.settle()
        w.bot.pace.budget = Budget(w.db, (Window(2, 3600.0, 0),))  # the first card took one
        comment = await w.say(issue, "/route delivery", by="erin")
        assert "team/delivery" in w.labels(issue)
        assert {"THUMBS_UP"} == w.reactions(comment)


async def test_what_is_over_the_budget_waits_and_is_not_lost() -> None:
    async with World() as w:
        w.bot.pace.budget = Budget(w.db, (Window(1, 120.0, 0),))
        issues = [w.file("zoekt-indexserver runs out of memory", COMPLETE) for _ in range(3)]
        await w.settle(60)
        assert 1 == sum(bool(w.cards(issue)) for issue in issues)
        await w.settle(300)
        assert [1, 1, 1] == [len(w.cards(issue)) for issue in issues]
