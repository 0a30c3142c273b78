"""Floor 1: how long something takes, when part of it still runs: Kaplan-Meier's estimate, and business time.

Leaving out what has no end yet makes a slow team look fast; counting it as ended does too. Kaplan and Meier
(1958) count each running one among those that could still end, for as long as it has run. Without running
ones the estimate is the plain percentile: the smallest value that so many of all do not exceed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime

from bot.rules.durations import Calendar
from bot.rules.figures.report import Quantile, Spread

_EPSILON = 1e-9  # what is left of a product of fractions that should be exact


def spread(ended: Iterable[float], running: Iterable[float]) -> Spread:
    """Median and 90th percentile of durations in seconds; `running`: how long those without an end ran."""
    sorted_ended, sorted_running = sorted(ended), sorted(running)
    return Spread(
        len(sorted_ended),
        len(sorted_running),
        _quantile(sorted_ended, sorted_running, 0.5),
        _quantile(sorted_ended, sorted_running, 0.9),
    )


def _quantile(ended: list[float], running: list[float], share: float) -> Quantile | None:
    """The smallest duration by which `share` of all have ended, as estimated."""
    if not ended and not running:
        return None
    total, left, gone = len(ended) + len(running), 1.0, 0
    at = 0
    while at < len(ended):
        value = ended[at]
        same = bisect_right(ended, value) - at
        while gone < len(running) and running[gone] < value:  # those that ran as long are still at risk
            gone += 1
        left *= 1 - same / (total - at - gone)
        if left <= 1 - share + _EPSILON:
            return Quantile(value)
        at += same
    return Quantile(max(ended[-1:] + running[-1:]), at_least=True)


class Meter:
    """Business seconds between two moments, for many pairs: the open hours are laid out once, then counted
    in logarithmic time. Between `since` and `until` alone; what is outside counts nothing."""

    def __init__(self, calendar: Calendar, since: datetime, until: datetime) -> None:
        self._opens: list[float] = []
        self._closes: list[float] = []
        self._before: list[float] = []  # open seconds before each span
        total = 0.0
        for opens, closes in calendar.spans(since, until):
            self._opens.append(opens.timestamp())
            self._closes.append(closes.timestamp())
            self._before.append(total)
            total += self._closes[-1] - self._opens[-1]

    def between(self, start: datetime, end: datetime) -> float:
        """Business seconds from `start` to `end`; none when they are in the wrong order."""
        return max(0.0, self._until(end.timestamp()) - self._until(start.timestamp()))

    def _until(self, at: float) -> float:
        found = bisect_right(self._opens, at) - 1
        if found < 0:
            return 0.0
        return self._before[found] + min(at, self._closes[found]) - self._opens[found]
