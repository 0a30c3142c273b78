"""What the database remembers of public issues, on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from databases import Machines

from bot.model import IssueKey
from bot.store_watch import Watched, WatchStore

PUBLIC, OTHER = IssueKey("sourcegraph", "sourcegraph", 7), IssueKey("sourcegraph", "sourcegraph", 8)
PRIVATE = IssueKey("sourcegraph", "customer", 3)
NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
WHOLE = Watched(NOW, PRIVATE, "<!-- marker -->", NOW + timedelta(seconds=1))


@pytest.fixture
def store(machines: Machines) -> WatchStore:
    return WatchStore(machines.open())


async def test_a_record_is_read_back_as_written_until_the_issue_ends(store: WatchStore) -> None:
    assert Watched() == await store.get(PUBLIC)
    await store.put(PUBLIC, Watched(seen=NOW))
    assert Watched(seen=NOW) == await store.get(PUBLIC)
    await store.put(PUBLIC, WHOLE)
    assert (WHOLE, Watched()) == (await store.get(PUBLIC), await store.get(OTHER))
    await store.forget(PUBLIC)
    assert Watched() == await store.get(PUBLIC)


async def test_what_a_lost_database_learns_again_undoes_nothing_newer(store: WatchStore) -> None:
    """Up to when texts were read stays; an issue that is known stays the known one."""
    await store.put(PUBLIC, Watched(seen=NOW))
    assert await store.learn(PUBLIC, PRIVATE, "marker")
    assert Watched(NOW, PRIVATE, "marker") == await store.get(PUBLIC)
    assert not await store.learn(PUBLIC, IssueKey("sourcegraph", "customer", 4), "other")
    assert Watched(NOW, PRIVATE, "marker") == await store.get(PUBLIC)
