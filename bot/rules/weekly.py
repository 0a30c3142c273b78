"""Floor 1: when a week's digest is due, and which issue is the digest's own. Pure.

A digest belongs to a day of the calendar, the policy's day of the week: it is about the seven days before it,
in UTC. Its time comes on that day, or on the next one that an office of support works; `LATE` after that it
is left out, as the next one is near and has the same weeks in its table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.model import Snapshot
from bot.policy.clocks import DAYS, minute_of
from bot.policy.digest import Digest
from bot.rules.durations import Calendar
from bot.rules.figures.period import WEEK, Period
from bot.rules.slack_lists import AHEAD, time_on

LATE = timedelta(days=3)
MARKER = "<!-- rfh-bot:weekly v1 -->"
_DAY = timedelta(days=1)
_BACK = (AHEAD + LATE.days) // 7 + 1  # weeks in which a time that has just come may have begun


@dataclass(frozen=True, slots=True)
class Slot:
    """`day` names the digest, `at` is when its time came."""

    day: date
    at: datetime

    def days_before(self, days: int) -> Period:
        """So many whole days up to the digest's day."""
        end = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        return Period(end - timedelta(days=days), end)


def slots(policy: Digest, calendar: Calendar, now: datetime) -> tuple[Slot | None, datetime]:
    """The newest digest whose time has come and is not long past, and when the next one's comes."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=(today.weekday() - DAYS.index(policy.day)) % 7) - _BACK * WEEK
    due = None
    for number in range(2 * _BACK + 2):
        slot = _slot(first + number * WEEK, calendar, minute_of(policy.time))
        if slot is None:
            continue
        if slot.at > now:
            return due, slot.at
        due = slot if now < slot.at + LATE else None
    return due, now + WEEK


def _slot(day: date, calendar: Calendar, minute: int) -> Slot | None:
    """When the digest of a day is due; None: support is closed for weeks."""
    for ahead in range(AHEAD):
        at = time_on(day + ahead * _DAY, calendar, minute)
        if at is not None:
            return Slot(day, at)
    return None


def is_digest(snapshot: Snapshot) -> bool:
    """Is it the issue that holds our digest? Then it is no request, whatever stands or hangs on it."""
    return marked(snapshot.issue.body) and snapshot.viewer.same_as(snapshot.issue.author)


def marked(body: str) -> bool:
    """Does a body of ours hold a digest?"""
    return body.rstrip().endswith(MARKER)
