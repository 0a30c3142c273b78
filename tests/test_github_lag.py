"""GitHub's reads lag behind its writes: an issue that an event told of may not be there yet."""

from __future__ import annotations

import asyncio

import pytest
from harness import World
from issues import COMPLETE

from bot.sandbox.faults import Faults

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize("seed", range(3))
async def test_a_new_issue_that_no_read_shows_yet_is_waited_for(seed: int) -> None:
    """Neither GraphQL nor REST knows it at first: its event is not lost, and it is handed over in seconds."""
    async with World(faults=Faults(seed=seed)) as w:
        await asyncio.sleep(30)  # the App is installed, and no read is that old
        w.github.set_lag(4)
        w.failures += [("/issues/1", 404)] * 3
        issue = w.file("zoekt-indexserver runs out of memory on a monorepo", COMPLETE)
        await asyncio.sleep(60)  # the catch-up, which would find it, is minutes away
        assert {"rfh", "team/search-core", "customer/northmere", "cs/p2"} == w.labels(issue)
        assert 1 == len(w.comments(issue))


async def test_a_deleted_issue_is_not_waited_for() -> None:
    """GitHub says 410: the key ends at once."""
    async with World() as w:
        issue = w.file("zoekt-indexserver runs out of memory on a monorepo", COMPLETE)
        await w.settle(5)
        w.github.world.delete_issue(issue, "sam")
        await w.settle(5)
        keys = [entry.key for entry in await w.bot.queue.entries()]
        assert [] == [key for key in keys if key.startswith(w.repo.full_name)]
