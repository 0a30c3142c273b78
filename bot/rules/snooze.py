"""Floor 1: `/snooze 3d` and `/snooze until DATE`: until when reminders wait."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal

import re2

from bot.policy.durations import Duration, duration, wall, working_days
from bot.rules.durations import Calendar

_SPAN = re2.compile(
    r"(?i)^(?:for\s+)?([0-9]{1,5})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?|wd|working\s+days?)(?:[\s,:;.-].*)?$"
)
_DATE = re2.compile(r"(?i)^(?:until|till)?\s*([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[\s,:;.-].*)?$")


def wish(text: str) -> str | None:
    """What a person asks for, without their reason: ``3d``, ``2wd``, ``2026-11-20``; None: not understood."""
    span = _SPAN.match(text.strip())
    if span is not None:
        unit = span[2].casefold()
        return f"{int(span[1])}{'wd' if unit.startswith('w') and 'd' in unit else unit[0]}"
    found = _DATE.match(text.strip())
    try:
        return date.fromisoformat(found[1]).isoformat() if found is not None else None
    except ValueError:  # 2026-02-30
        return None


def ends(
    asked: str, at: datetime, calendar: Calendar, longest: str
) -> datetime | Literal["past", "too-long"]:
    """When a `wish` of the moment `at` ends; a date: when work begins on it. `longest` is the policy's."""
    if "-" in asked:
        until = calendar.opening_of(date.fromisoformat(asked))
        if until <= at:
            return "past"
    else:
        try:
            span = _duration(asked)
        except ValueError:
            return "past" if asked.startswith("0") else "too-long"
        until = calendar.add(at, span)
    return "too-long" if until > at + duration(longest).wall else until


def _duration(asked: str) -> Duration:
    """The length of a wish; raises ValueError for nothing and for over 400 days."""
    if asked.endswith("wd"):
        return working_days(int(asked[:-2]))
    return wall(int(asked[:-1]), asked[-1])


def written(until: datetime) -> str:
    """As the memory keeps it."""
    return until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(value: str) -> datetime:
    return datetime.fromisoformat(value)
