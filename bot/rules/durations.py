"""Floor 1: counting time as offices live it. Pure: holidays and time zones are tables, the moment is given.

What holds (property-tested), for every calendar, moment and duration:
- later starts never end earlier;
- what is counted in business time or working days ends while a covering office is open (business time may end
  at the moment of closing);
- a working day keeps the time of day across a change to summer time, and a start outside office hours counts
  from the next opening.

A side may be covered by several offices. Business minutes run while any of them is open. A working day ends
at the earliest moment at which it is over in one of them: asked on a Friday at 15:00 in London, an answer is
due on Monday at 15:00 in London, whatever California does.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.policy.clocks import DAYS, Clocks, minutes
from bot.policy.clocks import Office as OfficePolicy
from bot.policy.durations import Duration
from bot.policy.holiday_tables import public_holidays

_DAY = timedelta(days=1)
_FAR = 400  # days; an office is closed for less


@dataclass(frozen=True, slots=True)
class Office:
    """When one office is open."""

    zone: ZoneInfo
    weekdays: frozenset[int]  # Monday is 0
    opens: int  # minutes after midnight
    closes: int
    closed: Container[date] = field(default=(), repr=False)  # holidays

    @classmethod
    def of(cls, policy: OfficePolicy) -> Office:
        found = policy.holidays
        closed = public_holidays(found.country, found.subdiv) if found is not None else ()
        weekdays = frozenset(DAYS.index(day) for day in policy.days)
        return cls(ZoneInfo(policy.timezone), weekdays, *minutes(policy.hours), closed)

    def works(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.closed

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing on a working day, in UTC."""
        return instant(day, self.opens, self.zone), instant(day, self.closes, self.zone)

    def next_open(self, at: datetime) -> datetime:
        """`at` when the office is open then, else the next opening."""
        day = at.astimezone(self.zone).date()
        for _ in range(_FAR):
            if self.works(day):
                opens, closes = self.span(day)
                if at < closes:
                    return max(at, opens)
            day += _DAY
        raise AssertionError("an office that never opens")

    def closing(self, at: datetime) -> datetime | None:
        """When the office closes, if it is open at `at`."""
        day = at.astimezone(self.zone).date()
        if not self.works(day):
            return None
        opens, closes = self.span(day)
        return closes if opens <= at < closes else None

    def add_days(self, at: datetime, days: int) -> datetime:
        """The same time of day so many working days later; from the next opening when it is closed."""
        start = self.next_open(at).astimezone(self.zone)
        day = start.date()
        while days:
            day += _DAY
            days -= self.works(day)
        seconds = timedelta(seconds=start.second, microseconds=start.microsecond)
        return instant(day, start.hour * 60 + start.minute, self.zone) + seconds

    def opening_of(self, day: date) -> datetime:
        """When work begins on a local day, or on the first working day after it."""
        return self.next_open(instant(day, 0, self.zone))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours of all the offices that cover one side. Without offices it is always open."""

    offices: tuple[Office, ...] = ()

    def next_open(self, at: datetime) -> datetime:
        """`at` when any office is open then, else the next opening of one."""
        return min((office.next_open(at) for office in self.offices), default=at)

    def add(self, at: datetime, span: Duration) -> datetime:
        """`span` after `at`, in UTC. Working days and business time need an office (schema)."""
        if span.unit == "wall":
            return at + span.wall
        if span.unit == "wd":
            return min(office.add_days(at, span.amount) for office in self.offices)
        left = timedelta(minutes=span.amount)
        while True:
            at = self.next_open(at)
            closes = self._closing(at)
            if left <= closes - at:
                return at + left
            left -= closes - at
            at = closes

    def business(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time between was business time."""
        return sum((closes - opens for opens, closes in self.spans(start, end)), timedelta())

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The business time between, piece by piece: when it begins, when it ends."""
        if not self.offices:
            if start < end:
                yield start, end
            return
        at = self.next_open(start)
        while at < end:
            closes = min(self._closing(at), end)
            yield at, closes
            at = self.next_open(closes)

    def opening_of(self, day: date) -> datetime:
        """The first moment of work on a day as people write it: the earliest in any office."""
        if not self.offices:
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        return min(office.opening_of(day) for office in self.offices)

    def _closing(self, at: datetime) -> datetime:
        """When the last of the offices that open before another closes is closed; a day from `at` at most."""
        end = at
        while end < at + _DAY:
            later = max((c for office in self.offices if (c := office.closing(end)) is not None), default=end)
            if later == end:
                break
            end = later
        return end


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of a policy, built once."""

    offices: dict[str, Office]
    clocks: Clocks

    @classmethod
    def of(cls, clocks: Clocks) -> Calendars:
        return cls({id_: Office.of(office) for id_, office in clocks.offices.items()}, clocks)

    def team(self, id_: str) -> Calendar:
        return self._covering(self.clocks.teams.get(id_, ()))

    def support(self) -> Calendar:
        return self._covering(self.clocks.support)

    def everybody(self) -> Calendar:
        return self._covering(())

    def _covering(self, ids: Sequence[str]) -> Calendar:
        return Calendar(tuple(self.offices[id_] for id_ in ids or self.offices))


def instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A local time as UTC: of two (clocks set back) the first, of none (set forward) when they were set."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    at = local.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return at
    before, after = local.replace(fold=1).astimezone(UTC), at
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
