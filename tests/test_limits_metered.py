"""GitHub's limits, kept: a sandbox that meters and refuses, 2,000 events, hours of virtual time.

The minute's limit (80 content writes) and the concurrency (100) are GitHub's own; the hour's is lowered on
both sides, so that the test comes to it and past it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from harness import World
from issues import COMPLETE

from bot.budget import GITHUB_WINDOWS, Budget

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
ISSUES, EDITS = 80, 16
HOUR = 150
WINDOWS = (*GITHUB_WINDOWS[:2], replace(GITHUB_WINDOWS[2], limit=HOUR, reserve=25))


def refused(w: World) -> list[tuple[str, int]]:
    return [(c.operation or c.template, c.status) for c in w.github.calls.calls if c.status in (403, 429)]


def reads(w: World) -> int:
    return sum(call.operation == "LoadIssue" for call in w.github.calls.calls)


async def test_two_thousand_events_none_refused_none_lost_urgent_first(tmp_path: Path) -> None:
    """A backlog from an outage, each issue with a command, while people go on working."""
    policy = tmp_path / "policy.yml"
    policy.write_text("limits: {writes_per_hour: null}\n")
    async with World(policy=policy) as w:
        await w.settle()
        await w.stop()
        issues = [w.file(TITLE, COMPLETE) for _ in range(ISSUES)]
        commands = [w.comment(issue, "/route delivery", by="erin") for issue in issues]
        w.github.limits.content_per_hour = HOUR
        await w.start()
        w.bot.pace.budget = Budget(w.db, WINDOWS)
        w.github.calls.clear()

        await w.settle(60)
        assert 60 <= len(w.github.calls.writes) <= 80, "paced, and no slower than GitHub asks"
        await w.settle(1200)
        answered = sum(bool(w.reactions(one)) for one in commands)
        assert 0 < answered < ISSUES
        before = reads(w)

        # The hour is used up; who waits for an answer gets it all the same.
        fresh = [w.file(TITLE, COMPLETE) for _ in range(5)]
        await w.settle(15)
        assert [1] * 5 == [len(w.cards(one)) for one in fresh]
        assert answered == sum(bool(w.reactions(one)) for one in commands)
        await w.settle(1200)
        for issue in issues:
            for number in range(EDITS):
                w.github.world.edit_issue(issue, "sam", title=f"{TITLE} {number}")
        await w.settle(600)
        assert reads(w) - before <= 30, "what may not be written is not read again and again"

        await w.settle(2 * 3600)
        assert [] == refused(w)
        assert [{"THUMBS_UP"}] * ISSUES == [w.reactions(one) for one in commands]
        assert [1] * ISSUES == [len(w.cards(one)) for one in issues]
        stats = await w.bot.queue.stats()
        assert (0, 0) == (stats.due, stats.dead)
        assert w.github.limits.peak <= 100
        again = sum(call.template.endswith("/attempts") for call in w.github.calls.calls)
        assert reads(w) <= 4 * ISSUES + again, "a redelivery costs a read, its issue is as it should be"
        assert 2000 <= len(w.github.hooks.deliveries)
        await w.assert_settled(issues[0])


async def test_a_secondary_limit_is_obeyed_to_its_end() -> None:
    """403 with `retry-after: 60`: no request of the installation before that, then all is done."""
    async with World() as w:
        await w.settle()
        w.github.faults.odds["secondary"] = 1.0
        issues = [w.file(TITLE, COMPLETE) for _ in range(20)]
        await w.settle(5)
        w.github.faults.odds.clear()
        first = len(refused(w))
        assert 1 <= first
        w.github.calls.clear()
        await w.settle(50)
        assert [] == [call for call in w.github.calls.calls if call.template == "/graphql"]
        await w.settle(120)
        assert [1] * 20 == [len(w.cards(issue)) for issue in issues]
        assert [] == refused(w)
