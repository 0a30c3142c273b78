"""Floor 1: spans of time that figures are asked for: from `since` on, up to and without `until`, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

WEEK = timedelta(days=7)


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
        year, _, number = text.strip().upper().replace("-", "").partition("Q")
        if not (
            len(year) == 4 and f"{year}{number}".isascii() and year.isdecimal() and number in tuple("1234")
        ):
            raise ValueError("write a quarter as 2026Q3")
        first, month = int(year), 3 * int(number) - 2
        start, end = date(first, month, 1), date(first + month // 10, (month + 2) % 12 + 1, 1)
        return cls(_midnight(start), _midnight(end))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _monday(at: datetime) -> datetime:
    day = at.astimezone(UTC).date()
    return _midnight(day - timedelta(days=day.weekday()))
