"""Floor 1: figures as people read them: on pages, in reports and digests. Times are UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from bot.policy.durations import duration
from bot.rules.figures.report import Quantile, Share

NONE = "–"


def percent(value: float | None) -> str:
    """A share with one decimal where that says something."""
    if value is None:
        return NONE
    return f"{value * 100:.1f}".removesuffix(".0") + " %"


def goal(share: Share) -> str:
    """What the share is held against; empty without a goal."""
    if share.goal is None:
        return ""
    return f"goal: {'at most' if share.at_most else 'at least'} {percent(share.goal)}"


def of(share: Share) -> str:
    """What a share is made of: ``8 of 96``."""
    if share.whole is None:
        return f"{share.part}; of how many is not known"
    return f"{share.part} of {share.whole}" if share.whole else "none in this time"


def hours(seconds: float | None) -> str:
    """Business time. In hours, as a business day means something else to each office."""
    if seconds is None:
        return NONE
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return (
        f"{seconds / 3600:.1f}".removesuffix(".0") + " h" if seconds < 360_000 else f"{seconds / 3600:.0f} h"
    )


def days(seconds: float | None) -> str:
    """Wall time."""
    if seconds is None:
        return NONE
    return hours(seconds) if seconds < 172_800 else f"{seconds / 86_400:.1f}".removesuffix(".0") + " days"


def quantile(found: Quantile | None, write: Callable[[float | None], str] = hours) -> str:
    """A percentile; ``more than`` when too many still run."""
    if found is None:
        return NONE
    return f"more than {write(found.seconds)}" if found.at_least else write(found.seconds)


def day(at: datetime) -> str:
    """``22 Nov 2026``."""
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y}"


def target(text: str) -> str:
    """A duration of the policy, in words: ``1 working day``, ``2 business hours``, ``1 hour``."""
    found = duration(text)
    if found.unit == "wd":
        return _counted(found.amount, "working day")
    kind = "business " if found.unit == "business" else ""
    for unit, minutes in (("day", 1440), ("hour", 60)):
        if found.amount % minutes == 0 and not (kind and unit == "day"):
            return _counted(found.amount // minutes, kind + unit)
    return _counted(found.amount, f"{kind}minute")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def side(name: str | None) -> str:
    """Whom an issue waits for."""
    return name or "nobody"
