"""Floor 1: what is known of support's tickets in a period, whoever told: Zendesk, a CSV file, a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.rules.figures.period import Period


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket. `first_reply`: seconds until support's first reply, as Zendesk counted them; `in_time`: was
    that within the policy's target (None: no reply yet and not late, or not known); `good`: the customer's
    rating, None when there is none."""

    id: int
    created_at: datetime
    first_reply: float | None = None
    in_time: bool | None = None
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Tickets:
    """`source` is named wherever a figure rests on it. Either `listed` with the period they `cover`, or a
    bare `number` for the very period that is measured, or neither: shares of tickets are unknown then."""

    source: str = ""
    listed: tuple[Ticket, ...] = ()
    cover: Period | None = None
    number: int | None = None
    rated: bool = False  # do they tell support's first reply and ratings?

    def within(self, period: Period) -> int | None:
        """How many were opened in a period that is covered; None: not known."""
        if self.cover is None or period.since < self.cover.since or period.until > self.cover.until:
            return None
        return sum(ticket.created_at in period for ticket in self.listed)


NONE = Tickets()
