"""Floor 1: spans of time that figures are asked for: from `since` on, up to and without `until`, in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

WEEK = timedelta(days=7)
_QUARTER = re.compile(r"([0-9]{4})-?[Qq]([1-4])")


@dataclass(frozen=True, slots=True)
class Period:
    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ValueError("a period must begin before it ends")

    def __contains__(self, at: datetime) -> bool:
        return self.since <= at < self.until

    @property
    def days(self) -> float:
        return (self.until - self.since) / timedelta(days=1)

    @property
    def before(self) -> Period:
        """The period of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since)

    def weeks(self) -> Iterator[Period]:
        """The weeks, Monday to Monday, that touch the period, oldest first; none is cut."""
        start = _monday(self.since)
        while start < self.until:
            yield Period(start, start + WEEK)
            start += WEEK

    @classmethod
    def last(cls, days: int, now: datetime) -> Period:
        """So many days up to now."""
        return cls(now - timedelta(days=days), now)

    @classmethod
    def quarter(cls, text: str) -> Period:
        """``2026Q3``: a quarter of a calendar year. Raises ValueError."""
        found = _QUARTER.fullmatch(text.strip())
        if found is None:
            raise ValueError("write a quarter as 2026Q3")
        year, number = int(found[1]), int(found[2])
        if not 1970 <= year <= 9000:
            raise ValueError("not a year that this knows")
        start, month = date(year, 3 * number - 2, 1), 3 * number + 1
        end = date(year + month // 13, month % 12, 1)
        return cls(_midnight(start), _midnight(end))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _monday(at: datetime) -> datetime:
    day = at.astimezone(UTC).date()
    return _midnight(day - timedelta(days=day.weekday()))
