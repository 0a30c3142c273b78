"""Numbers and times as the pages write them. Times are UTC and absolute: a page left open stays true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from bot.figure_words import NONE, day, days, goal, hours, of, percent, quantile, side, target


def moment(at: datetime | None) -> Markup | str:
    """A point in time that machines read too."""
    if at is None:
        return NONE
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(utc.isoformat(), f"{utc.day} {utc:%b, %H:%M} UTC")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "percent": percent,
    "goal": goal,
    "of": of,
    "hours": hours,
    "days": days,
    "quantile": quantile,
    "wall": lambda found: quantile(found, days),
    "day": day,
    "moment": moment,
    "side": side,
    "target": target,
}
