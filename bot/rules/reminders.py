"""Floor 1: which reminder comes next, and when. Pure; `plan` puts the comment before the card that records
it.

What holds
- One ladder of levels per silence. A silence is one side's turn: a new turn starts a new ladder.
- One reminder at a time: however long nothing ran (a bot that was down, a snooze, a night), the next level
  comes first, and each further one after the distance that policy puts between them.
- A level never comes twice in one silence: its key names the priority, the level and the silence's start, and
  stands in the comment and in the memory.
- Reminders wait while snoozed, and outside office hours unless nobody may wait: a customer with support
  around the clock, or an `/emergency`.
- An old issue that the bot meets for the first time is not nagged about the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.memory import Clock, Handed
from bot.policy.clocks import Target
from bot.policy.durations import Duration, duration
from bot.rules.durations import Calendar

PREFIX = "remind:"  # what the effect keys of reminders start with
OLD = timedelta(days=7)  # a silence that was older than this when the bot first saw it


@dataclass(frozen=True, slots=True)
class Reminder:
    """The next reminder of a silence: `at` is when it may go out."""

    key: str
    level: int  # from 1
    at: datetime
    mention: str  # of the policy's level: turn, or whom it pages


def key(priority: str, level: int, clock: Clock) -> str:
    return f"{PREFIX}{priority}:{level}:{int(clock.since.timestamp())}"


def upcoming(
    clock: Clock,
    handed: Handed,
    target: Target,
    sent: Mapping[str, datetime],
    calendar: Calendar,
    *,
    snoozed_until: datetime | None = None,
    any_hour: bool = False,
) -> Reminder | None:
    """The next reminder, due or not; None when the ladder is at its end, or the turn is the customer's.

    `sent`: effect key → when. `calendar`: of the side whose turn it is.
    """
    if clock.turn == "customer" or handed.at - clock.since > OLD:
        return None
    levels = [duration(level.after) for level in target.reminders]
    done = [n for n in range(1, len(levels) + 1) if key(clock.priority, n, clock) in sent]
    next_ = max(done, default=0) + 1
    if next_ > len(levels):
        return None
    at = calendar.add(clock.base, levels[next_ - 1])
    if done:
        last = sent[key(clock.priority, next_ - 1, clock)]
        at = max(at, calendar.add(last, _between(levels[next_ - 2], levels[next_ - 1])))
    if snoozed_until is not None:
        at = max(at, snoozed_until)
    if target.quiet_hours and not any_hour:
        at = calendar.next_open(at)
    return Reminder(key(clock.priority, next_, clock), next_, at, target.reminders[next_ - 1].mention)


def _between(earlier: Duration, later: Duration) -> Duration:
    """The distance of two levels; the policy's schema gives them one unit."""
    return Duration(later.amount - earlier.amount, later.unit)
