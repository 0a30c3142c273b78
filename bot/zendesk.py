"""Floor 2: support's tickets from Zendesk: how many, how fast they were answered, how customers rated that.

One export serves all: tickets by cursor, each with its metrics. It allows ten calls a minute, so that a first
read of a busy quarter takes minutes; a process that goes on then reads only what changed. Nothing of a ticket
is kept but its number, times, status, priority and rating, and no error tells more than a status.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from yarl import URL

from bot.errors import ServiceDown, UserError
from bot.policy.schema import Policy
from bot.rules.durations import Calendars
from bot.rules.figures.period import Period
from bot.rules.figures.ticket_sources import from_zendesk
from bot.rules.figures.tickets import Tickets

EXPORT = "/api/v2/incremental/tickets/cursor"
TIMEOUT = aiohttp.ClientTimeout(total=60)
TRIES = 5
PAUSE = 2.0  # seconds before the second try, doubled for each further one
LONGEST = 120.0  # seconds that a limit is waited for
FRESH = timedelta(minutes=15)  # what is younger needs no look
_KEPT = ("id", "created_at", "status", "priority", "satisfaction_rating", "metric_set")


@dataclass(frozen=True, slots=True)
class Access:
    """Where and as whom. With an address it is an API token, without one an OAuth token."""

    url: str
    token: str = field(repr=False)
    email: str = ""

    @property
    def headers(self) -> dict[str, str]:
        if self.email:
            basic = base64.b64encode(f"{self.email}/token:{self.token}".encode()).decode()
            return {"Authorization": f"Basic {basic}"}
        return {"Authorization": f"Bearer {self.token}"}


@dataclass
class Zendesk:
    """Reads tickets and keeps what it read; `sleep` waits for limits."""

    session: aiohttp.ClientSession
    access: Access
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _tickets: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _since: datetime | None = None
    _read_at: datetime | None = None
    _cursor: str = ""
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def tickets(self, since: datetime, policy: Policy) -> Tickets:
        """All tickets opened from `since` on.

        Raises UserError (the credentials are refused), ServiceDown (Zendesk does not answer, or not as it
        promises).
        """
        async with self._lock:
            if self._since is None or since < self._since:
                self._tickets, self._cursor, self._since, self._read_at = {}, "", since, None
            if self._read_at is None or self.now() - self._read_at > FRESH:
                began = self.now()
                await self._read()
                self._read_at = began
            # Up to now: the minutes since the last look are missing, and the source says when it was.
            cover = Period(self._since, max(self.now(), self._since + timedelta(seconds=1)))
            source = f"Zendesk ({URL(self.access.url).host}), read {self._read_at:%Y-%m-%d %H:%M} UTC"
            support = Calendars.of(policy.clocks).support()
            try:
                return from_zendesk(self._tickets.values(), source, cover, policy.goals, support)
            except (AttributeError, KeyError, TypeError, ValueError):
                raise ServiceDown("Zendesk: an unreadable answer") from None

    async def _read(self) -> None:
        """Take in all pages up to the newest; the cursor is kept after each, so a failure repeats none."""
        assert self._since is not None
        start = int(self._since.timestamp())
        while True:
            query: dict[str, str | int] = {"include": "metric_sets", "per_page": 1000}
            query |= {"cursor": self._cursor} if self._cursor else {"start_time": start}
            page = await self._page(query)
            try:
                metrics = {one["ticket_id"]: one for one in page.get("metric_sets") or ()}
                for ticket in page["tickets"]:
                    beside = {"metric_set": metrics[ticket["id"]]} if ticket["id"] in metrics else {}
                    kept = {name: ticket[name] for name in _KEPT if name in ticket}
                    self._tickets[int(ticket["id"])] = beside | kept
                self._cursor = page.get("after_cursor") or self._cursor
                last = bool(page["end_of_stream"]) or not page.get("after_cursor")
            except (AttributeError, KeyError, TypeError, ValueError):
                raise ServiceDown("Zendesk: an unreadable answer") from None
            if last:
                return

    async def _page(self, query: Mapping[str, str | int]) -> Mapping[str, Any]:
        """One page; limits are waited for, and what may pass is tried again."""
        why, wait = "", PAUSE
        for attempt in range(TRIES):
            try:
                async with self.session.get(
                    f"{self.access.url.rstrip('/')}{EXPORT}",
                    params=query,
                    headers=self.access.headers,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                ) as answer:
                    if answer.status == 200:
                        return json.loads(await answer.read())  # type: ignore[no-any-return]
                    if answer.status in (401, 403, 404):
                        raise UserError(
                            f"Zendesk: HTTP {answer.status}: check ZENDESK_URL, ZENDESK_EMAIL and"
                            " ZENDESK_TOKEN; the export needs an administrator's token"
                        )
                    why = f"HTTP {answer.status}"
                    after = answer.headers.get("Retry-After", "")
                    pause = float(after) if after.isdecimal() else wait
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                why, pause = type(error).__name__, wait
            if attempt + 1 < TRIES:
                await self.sleep(min(pause, LONGEST))
            wait *= 2
        raise ServiceDown(f"Zendesk: {why}")
