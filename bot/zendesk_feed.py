"""Floor 2: tickets for whoever must not wait for Zendesk: a page shows those of the last look.

A first look at a year takes minutes, as Zendesk allows ten calls a minute; until it is through, and while
Zendesk refuses or fails before it ever answered, there are no tickets and shares of them are not known. Later
failures leave the tickets that are there; the source says of when they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.errors import RfhError
from bot.policy.schema import Policy
from bot.rules.figures.period import Period
from bot.rules.figures.tickets import NONE, Tickets
from bot.zendesk import Zendesk

EVERY = timedelta(minutes=20)
REACH = timedelta(days=500)  # a year, its first window, and the weeks before it


@dataclass
class TicketFeed:
    """`run` looks again and again; `tickets` gives what there is."""

    zendesk: Zendesk
    policy: Callable[[], Awaitable[Policy]]
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _known: Tickets = field(default=NONE)

    def tickets(self) -> Tickets:
        """All up to now, but for the minutes since the last look."""
        if self._known.cover is None:
            return NONE
        return replace(self._known, cover=Period(self._known.cover.since, self.now()))

    async def run(self) -> None:
        """Never ends by itself. The start stays where it was, so that only what changed is read."""
        since = self.now() - REACH
        while True:
            try:
                self._known = await self.zendesk.tickets(since, await self.policy())
            except RfhError as error:
                structlog.get_logger("tickets").warning("not read", why=str(error))
            await self.sleep(EVERY.total_seconds())
