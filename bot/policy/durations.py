"""Floor 0: lengths of time as policy and people write them, each with its unit.

    90m business    minutes or hours (`2h business`) in which a covering office is open
    4h wall         minutes, hours or days (`3d wall`) on the clock on the wall
    1wd             working days of an office: the same time of day, so many working days later

`bot.rules.durations` counts them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

MAX_DAYS = 400
_POLICY = re.compile(r"(?:([0-9]{1,6})wd|([0-9]{1,6})(m|h) business|([0-9]{1,6})(m|h|d) wall)")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
ALLOWED = "1wd, 90m business, 2h business, 30m wall, 4h wall or 3d wall"


@dataclass(frozen=True, slots=True)
class Duration:
    """`amount` is working days for the unit ``wd``, else minutes."""

    amount: int
    unit: Literal["wd", "business", "wall"]

    @property
    def wall(self) -> timedelta:
        """As time on the wall; only for that unit."""
        assert self.unit == "wall"
        return timedelta(minutes=self.amount)

    def __str__(self) -> str:
        if self.unit == "wd":
            return f"{self.amount}wd"
        for unit in ("d", "h") if self.unit == "wall" else ("h",):
            if self.amount % _MINUTES[unit] == 0:
                return f"{self.amount // _MINUTES[unit]}{unit} {self.unit}"
        return f"{self.amount}m {self.unit}"


def duration(text: str) -> Duration:
    """Read a duration of the policy. Raises ValueError on what has no unit, is zero or over 400 days."""
    found = _POLICY.fullmatch(" ".join(text.split()))
    if found is None:
        raise ValueError(f"not a duration; write {ALLOWED}")
    days, business, business_unit, wall, wall_unit = found.groups()
    if days is not None:
        return _checked(Duration(int(days), "wd"))
    if business is not None:
        return _checked(Duration(int(business) * _MINUTES[business_unit], "business"))
    return _checked(Duration(int(wall) * _MINUTES[wall_unit], "wall"))


def wall(amount: int, unit: str) -> Duration:
    """So many minutes, hours, days or weeks (m, h, d, w) on the wall; raises as `duration` does."""
    return _checked(Duration(amount * _MINUTES[unit], "wall"))


def working_days(amount: int) -> Duration:
    """So many working days. Raises ValueError as `duration` does."""
    return _checked(Duration(amount, "wd"))


def _checked(found: Duration) -> Duration:
    limit = MAX_DAYS if found.unit == "wd" else MAX_DAYS * _MINUTES["d"]
    if not 0 < found.amount <= limit:
        raise ValueError(f"must be more than nothing and at most {MAX_DAYS} days")
    return found
