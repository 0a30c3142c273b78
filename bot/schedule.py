"""Floor 3: periodic work, as keys in the same queue: once across replicas, and resumed after a crash.

The catch-up makes every lost event harmless: it names all issues (any label, any state) that were updated
since the last completed pass, with an overlap for clocks that disagree and for reads that lag. Each hour the
sweep looks at every open request for help as well, many with one call, and names those that need something.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import redelivery
from bot.errors import Transient
from bot.figures import figures_key
from bot.github.auth import Clients
from bot.github.lookup import issues_updated_since
from bot.model import AtLeast, IssueKey
from bot.overrides import NOTICE
from bot.queue import Claim, Queue
from bot.reconciler import Reconciler
from bot.schedule_public import round_key
from bot.slack.desk import desk_key
from bot.store import Store
from bot.store_standing import Standings
from bot.sweep import Allowance, find
from bot.weekly import ISSUE, weekly_key
from bot.weekly_issue import Filed
from bot.worker import Done

EVERY = timedelta(minutes=10)
OVERLAP = timedelta(minutes=2)
FIRST_REACH = timedelta(days=3)  # with no completed pass on record: as long as GitHub lists failed deliveries
SWEEP = timedelta(hours=1)
HISTORY = timedelta(minutes=5)  # after the start; what is urgent comes first
SWEEP_REACH = timedelta(days=30)  # of the first one on record
KEEP_DELIVERIES = timedelta(days=90)


def catch_up_key(repository: str) -> str:
    return f"catchup:{repository}"


def sweep_key(repository: str) -> str:
    return f"sweep:{repository}"


def first_sweep(repository: str) -> timedelta:
    """How long after a start: within the hour, each repository at another minute."""
    return SWEEP / 2 + timedelta(seconds=zlib.crc32(repository.casefold().encode()) % 1800)


@dataclass(frozen=True)
class Schedule:
    queue: Queue
    clients: Clients
    store: Store
    now: Callable[[], datetime]
    reconciler: Reconciler

    async def start(self, repositories: Sequence[str]) -> None:
        """Catch up now, look what was not delivered, and plan the first sweep."""
        await self.queue.accept(redelivery.KEY)
        for name in repositories:
            await self.queue.accept(catch_up_key(name))
            await self.queue.accept(round_key(name))
            await self.queue.schedule(sweep_key(name), self.now() + first_sweep(name))
            await self.queue.schedule(figures_key(name), self.now() + HISTORY)
            await self.queue.schedule(weekly_key(name), self.now() + 2 * HISTORY)
            if self.reconciler.teller is not None:
                await self.queue.accept(desk_key(name))

    async def catch_up(self, claim: Claim) -> Done:
        """Name what changed since the last completed pass; only a pass that got to the end counts."""
        repository = claim.key.partition(":")[2]
        began = self.now()
        since = await self.store.caught_up(repository)
        count = await self._name_all(repository, since - OVERLAP if since else began - FIRST_REACH)
        await self.queue.accept(f"{NOTICE}:{repository}")
        await self.store.set_caught_up(repository, began)
        structlog.get_logger("schedule").info("caught up", repository=repository, issues=count)
        return Done("caught up", began + EVERY)

    async def sweep(self, claim: Claim) -> Done:
        """Look at what changed since the last completed sweep and at all that is open; name what is not as it
        should be.

        A due time that a lost database held is set again.
        """
        repository = claim.key.partition(":")[2]
        began = self.now()
        owner, repo = repository.split("/")
        last = await self.store.caught_up(claim.key)
        since = last - OVERLAP if last else began - SWEEP_REACH
        found = await find(self.reconciler, owner, repo, since, Allowance())
        for key in found.work:
            await self.queue.accept(str(key))
        for key, due in found.later:
            await self.queue.schedule(str(key), due)
        log = structlog.get_logger("schedule")
        log.info("swept", repository=repository, looked_at=found.looked_at, named=len(found.work))
        if found.problems:
            raise Transient(found.problems[0].text)
        await self.store.set_caught_up(claim.key, began)
        await self.store.prune_deliveries(KEEP_DELIVERIES)
        return Done("swept", began + SWEEP)

    async def _name_all(self, repository: str, since: datetime) -> int:
        owner, repo = repository.split("/")
        gh = await self.clients.client(owner, repo)
        said = await Standings(self.store.db).said(repository)
        digest = Filed.loaded(said.get(ISSUE)).number  # ours, and nobody's request
        count = 0
        async for number, updated_at in issues_updated_since(gh, owner, repo, since):
            if number != digest:
                await self.queue.accept(str(IssueKey(owner, repo, number)), AtLeast(updated_at))
                count += 1
        return count
