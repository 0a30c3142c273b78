"""What the deliveries page shows: webhooks by what became of them, the queue, and what needs somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.queue import Entry, Queue, Stats
from bot.store import Pause, Store

SPAN = timedelta(days=3)  # as long as GitHub lists deliveries
_SHOWN = 50  # keys that are set aside


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Webhooks of one event; each is counted once, as it ended."""

    event: str
    handled: int
    ignored: int
    repaired: int
    missing: int

    @property
    def all(self) -> int:
        return self.handled + self.ignored + self.repaired + self.missing


@dataclass(frozen=True, slots=True)
class Health:
    since: datetime
    webhooks: tuple[Webhooks, ...]  # most first
    total: Webhooks
    stats: Stats
    dead: tuple[Entry, ...]
    pauses: tuple[Pause, ...]
    caught_up: Mapping[str, datetime | None]  # by repository


async def look(store: Store, queue: Queue, repositories: Sequence[str], now: datetime) -> Health:
    """As it is now, of the repositories that somebody may see; the queue's numbers are of all."""
    since = now - SPAN
    counted = await store.deliveries(since)
    events = sorted({event for event, _ in counted})
    rows = [_webhooks(event, counted) for event in events]
    rows.sort(key=lambda row: (-row.all, row.event))
    dead = [one for one in await queue.entries(dead=True, limit=_SHOWN) if _visible(one.key, repositories)]
    caught_up = {name: await store.caught_up(name) for name in repositories}
    pauses = [one for one in await store.pauses() if _visible(one.scope, repositories)]
    return Health(
        since, tuple(rows), _total(rows), await queue.stats(), tuple(dead), tuple(pauses), caught_up
    )


def _webhooks(event: str, counted: Mapping[tuple[str, str], int]) -> Webhooks:
    handled, ignored, repaired, seen = (
        counted.get((event, outcome), 0) for outcome in ("handled", "ignored", "repaired", "seen")
    )
    return Webhooks(event, handled, ignored, repaired, seen)


def _total(rows: Sequence[Webhooks]) -> Webhooks:
    return Webhooks(
        "all",
        sum(row.handled for row in rows),
        sum(row.ignored for row in rows),
        sum(row.repaired for row in rows),
        sum(row.missing for row in rows),
    )


def _visible(name: str, repositories: Sequence[str]) -> bool:
    """Is a key or a scope of one of these repositories, or of none at all?"""
    repository = name.rpartition(":")[2].partition("#")[0].partition("@")[0].casefold()
    return "/" not in repository or repository in map(str.casefold, repositories)
