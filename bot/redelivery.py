"""Floor 2: webhooks that GitHub sent and we did not get: counted, and asked for again.

GitHub repeats no delivery by itself, but lists those of three days and sends one again when told to
(https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks). The catch-up
has found most of what they tell by then; a changed label list, a push to the policy and a deleted comment
are told by nobody else. A repeated delivery is harmless: it names a key.

What holds
- Only events that the App reads are looked at. Attempts are grouped by GUID, which a redelivery keeps. One
  that got a 2xx, or that our database knows (GitHub gave up waiting, we did not), has arrived.
- What did not arrive is asked for once a pass, and again only when as long has passed since the last attempt
  as lies between the first and the last: some seven times. With the first attempt it leaves GitHub's list,
  and with that ends.
- A pass asks for `PER_PASS` at most, a second apart, newest first: old ones the catch-up has long made good.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog

from bot.events import EVENTS
from bot.github import parse
from bot.github.auth import App
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import LIST_DELIVERIES, REDELIVER
from bot.queue import Claim
from bot.store import Store
from bot.worker import Done

KEY = "deliveries:app"
EVERY = timedelta(hours=1)
SOON = timedelta(minutes=10)  # the next pass, when this one could not ask for all
LISTED = timedelta(days=3)
PER_PAGE = 100
PAGES = 60  # a pass reads 6,000 attempts at most
PER_PASS = 100
PAUSE = 1.0  # seconds between two requests that make GitHub do something
UNDER_WAY = timedelta(minutes=1)  # an attempt ends after ten seconds; what is younger may still arrive


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of GitHub's to deliver a webhook. `id` names the try, `guid` the webhook."""

    id: int
    guid: str
    event: str
    at: datetime
    redelivery: bool
    ok: bool


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the webhooks that GitHub lists; `again` are those to be asked for, newest first."""

    seen: int
    arrived: int
    repaired: int
    missed: tuple[Attempt, ...] = ()
    again: tuple[Attempt, ...] = ()


def account(attempts: Iterable[Attempt], known: AbstractSet[str], now: datetime) -> Account:
    """Judge a list of attempts; `known` are the GUIDs in our own records. Pure."""
    webhooks: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in sorted(attempts, key=lambda one: (one.at, one.id)):
        if attempt.event in EVENTS:  # nobody misses the others
            webhooks[attempt.guid].append(attempt)
    missed, again, repaired = [], [], 0
    for guid, tries in webhooks.items():
        if guid in known or any(one.ok for one in tries):
            repaired += not tries[0].ok and any(one.redelivery for one in tries)
            continue
        first, last = tries[0], tries[-1]
        missed.append(last)
        patience = max(UNDER_WAY, last.at - first.at)
        if not first.redelivery and now - last.at >= patience:
            again.append(last)
    again.sort(key=lambda one: one.id, reverse=True)
    return Account(len(webhooks), len(webhooks) - len(missed), repaired, tuple(missed), tuple(again))


async def listed(gh: GitHub, since: datetime) -> AsyncIterator[Attempt]:
    """The attempts that GitHub lists, newest first, back to `since`. Raises Forbidden, Transient."""
    values: dict[str, str | int] = {"per_page": PER_PAGE}
    for _ in range(PAGES):
        rows, following = await gh.page(LIST_DELIVERIES, None, **values)
        for attempt in parse.readable(LIST_DELIVERIES.path, partial(_attempts, rows)):
            if attempt.at < since:
                return
            yield attempt
        cursor = parse_qs(urlsplit(following or "").query).get("cursor")
        if not cursor:
            return
        values["cursor"] = cursor[0]


def _attempts(rows: list[dict[str, Any]]) -> list[Attempt]:
    return [
        Attempt(
            int(row["id"]),
            str(row["guid"]),
            str(row["event"]),
            datetime.fromisoformat(row["delivered_at"]).astimezone(UTC),
            bool(row["redelivery"]),
            200 <= int(row["status_code"]) < 300,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Redelivery:
    """The pass, as a key of the schedule: once across replicas."""

    app: App
    store: Store
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def work(self, claim: Claim) -> Done:
        """List, count, note what is missing, ask for it again."""
        began = self.now()
        since = began - LISTED
        attempts = [attempt async for attempt in listed(self.app.itself, since)]
        found = account(attempts, await self.store.known_guids(since), began)
        await self.store.record_missed({one.guid: one.event for one in found.missed})
        asked = 0
        for attempt in found.again[:PER_PASS]:
            if asked:
                await self.sleep(PAUSE)
            asked += await self._ask(attempt)
        structlog.get_logger("deliveries").info(
            "deliveries",
            seen=found.seen,
            arrived=found.arrived,
            repaired=found.repaired,
            missed=len(found.missed),
            asked_again=asked,
        )
        return Done("deliveries", began + (SOON if len(found.again) > PER_PASS else EVERY))

    async def _ask(self, attempt: Attempt) -> bool:
        """Have one delivered again; False: GitHub no longer has it."""
        try:
            await self.app.itself.rest(REDELIVER, delivery_id=attempt.id)
        except UnexpectedStatus:
            return False
        return True
