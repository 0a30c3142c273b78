"""Reports for pages, kept for a minute: at 10,000 issues one takes longer to measure than a page may take.

One that is older is still shown, for ten minutes at most, while the next is made; the page says as of when it
is. Many askers at once cause one measurement. A failed one is tried again by the next asker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import cachetools

from bot.rules.figures.period import Period
from bot.rules.figures.report import Report

FRESH = timedelta(minutes=1)
USABLE = timedelta(minutes=10)
SPANS = (30, 90, 365)  # days that can be asked for; the first is the default
_KEPT = 64

Measure = Callable[[str, Period, str | None], Awaitable[Report]]
"""Measures one repository over a period, of all teams or one."""


@dataclass(frozen=True, slots=True)
class Asked:
    repository: str
    days: int
    team: str | None


class Reports:
    """`get` gives a report, measured by `measure` or lately."""

    def __init__(self, measure: Measure, now: Callable[[], datetime]) -> None:
        self._measure = measure
        self._now = now
        self._known: cachetools.LRUCache[Asked, Report] = cachetools.LRUCache(_KEPT)
        self._making: dict[Asked, asyncio.Task[Report]] = {}

    async def get(self, repository: str, days: int = SPANS[0], team: str | None = None) -> Report:
        """The report of the days up to now. Raises what measuring raises."""
        asked = Asked(repository, days, team)
        known = self._known.get(asked)
        age = self._now() - known.now if known is not None else USABLE
        if known is not None and age < FRESH:
            return known
        making = self._make(asked)
        if known is not None and age < USABLE:
            return known
        return await asyncio.shield(making)

    def _make(self, asked: Asked) -> asyncio.Task[Report]:
        task = self._making.get(asked)
        if task is None:
            period = Period.last(asked.days, self._now())
            task = asyncio.ensure_future(self._measure(asked.repository, period, asked.team))
            self._making[asked] = task
            task.add_done_callback(lambda done: self._made(asked, done))
        return task

    def _made(self, asked: Asked, task: asyncio.Task[Report]) -> None:
        del self._making[asked]
        if not task.cancelled() and task.exception() is None:
            self._known[asked] = task.result()
