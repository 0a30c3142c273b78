"""What the deliveries page shows: webhooks by what became of them, the queue, and what needs somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.queue import Entry, Queue, Stats
from bot.store import Pause, Store

SPAN = timedelta(days=3)  # as long as GitHub lists deliveries
DAYS = 14  # of the plot
_LATE = ("seen", "repaired")
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
    days: Mapping[str, Sequence[tuple[datetime, int]]]  # name → how many arrived, how many did not, each day
    stats: Stats
    dead: tuple[Entry, ...]
    pauses: tuple[Pause, ...]
    caught_up: Mapping[str, datetime | None]  # by repository


async def look(store: Store, queue: Queue, repositories: Sequence[str], now: datetime) -> Health:
    """As it is now, of the repositories that somebody may see; the queue's numbers are of all."""
    since = now - SPAN
    counted = await store.deliveries(since)
    first = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    daily = await store.deliveries_by_day(first)
    events = sorted({event for event, _ in counted})
    rows = [_webhooks(event, counted) for event in events]
    rows.sort(key=lambda row: (-row.all, row.event))
    dead = [one for one in await queue.entries(dead=True, limit=_SHOWN) if _visible(one.key, repositories)]
    caught_up = {name: await store.caught_up(name) for name in repositories}
    pauses = [one for one in await store.pauses() if _visible(one.scope, repositories)]
    days = _days(daily, first)
    total, stats = _total(rows), await queue.stats()
    return Health(since, tuple(rows), total, days, stats, tuple(dead), tuple(pauses), caught_up)


def _days(
    daily: Mapping[tuple[datetime, str], int], first: datetime
) -> dict[str, list[tuple[datetime, int]]]:
    """Every day, also those on which nothing came."""
    days = [first + timedelta(days=number) for number in range(DAYS)]
    at_once, late = Counter[datetime](), Counter[datetime]()
    for (day, outcome), number in daily.items():
        (late if outcome in _LATE else at_once)[day] += number
    return {
        "arrived": [(day, at_once[day]) for day in days],
        "did not arrive at first": [(day, late[day]) for day in days],
    }


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
