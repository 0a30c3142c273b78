"""Floor 3: the keys of the watch: one per public issue, and a round that makes lost events harmless.

The round names what was updated in the public tracker since the last one, and was not read yet: after events
that arrived it costs one call. The first round after a database was lost also reads our open private issues,
so that what was known is known again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import Forbidden
from bot.github.lookup import issues_updated_since
from bot.github.watched import listed
from bot.guard import Guard
from bot.model import AtLeast, IssueKey
from bot.queue import Claim, Queue
from bot.rules.watch_marker import WatchSeal
from bot.watch import READ, Watch
from bot.worker import Done

WATCH, ROUND = "watch", "public"  # kinds of keys: watch:owner/public#7, public:owner/private
EVERY = timedelta(minutes=10)
OVERLAP = timedelta(minutes=2)
FIRST_REACH = timedelta(days=3)
NOT_NOW = timedelta(hours=1)  # until we look again whether the App may read the public tracker


def watch_key(public: IssueKey) -> str:
    return f"{WATCH}:{public}"


def round_key(private: str) -> str:
    return f"{ROUND}:{private}"


@dataclass(frozen=True)
class PublicRounds:
    """`guard` gives what is asked before each write of a claim's run."""

    queue: Queue
    watch: Watch
    repositories: Callable[[], Sequence[str]]
    guard: Callable[[Claim, IssueKey], Guard]
    now: Callable[[], datetime]

    @property
    def names(self) -> Mapping[str, str]:
        """The public trackers: case-folded name → name. For the door."""
        return {folded: name for folded, (name, _) in self._trackers.items()}

    @property
    def _trackers(self) -> Mapping[str, tuple[str, str]]:
        return self.watch.trackers(self.repositories())

    async def one(self, claim: Claim) -> Done:
        """Look at the public issue that a key names."""
        public = IssueKey.parse(claim.key.partition(":")[2])
        found = self._trackers.get(public.full_name.casefold())
        if found is None:
            return Done("not watched", end=True)
        owner, repo = found[1].split("/")
        guard = self.guard(claim, IssueKey(owner, repo, public.number))
        ended = await self.watch.run(public, found[1], at_least=claim.at_least, guard=guard)
        return Done(ended.word, ended.look_again, end=ended.over)

    async def round(self, claim: Claim) -> Done:
        """Name what was updated in public and not read; only a round that got to the end counts."""
        private = claim.key.partition(":")[2]
        owner, repo = private.split("/")
        began, store = self.now(), self.watch.store
        gh = await self.watch.clients.client(owner, repo)
        policy = (await self.watch.rulebooks.get(gh, owner, repo)).policy
        public = policy.tracker.public
        if self.watch.off(policy, private) or public is None:
            return Done("watch off", began + NOT_NOW)
        mark = f"{ROUND}:{public}"
        since = await store.caught_up(mark)
        try:
            if since is None:
                await self._recover(private, public, policy.privacy.watch.label)
            count = await self._name(public, since - OVERLAP if since else began - FIRST_REACH)
        except Forbidden as error:
            structlog.get_logger("watch").warning("not watched", repository=public, error=str(error))
            return Done("not allowed", began + NOT_NOW)
        await store.set_caught_up(mark, began)
        structlog.get_logger("watch").info("caught up", repository=public, issues=count)
        return Done("caught up", began + EVERY)

    async def _name(self, public: str, since: datetime) -> int:
        """Name the issues that were updated since then and not read yet."""
        owner, repo = public.split("/")
        gh = await self.watch.clients.client(owner, repo, READ)
        count = 0
        async for number, updated_at in issues_updated_since(gh, owner, repo, since):
            key = IssueKey(owner, repo, number)
            seen = (await self.watch.records.get(key)).seen
            if seen is None or seen < updated_at:
                await self.queue.accept(watch_key(key), AtLeast(updated_at))
                count += 1
        return count

    async def _recover(self, private: str, public: str, label: str) -> None:
        """Learn from our open private issues what a lost database knew, and look at the public ones."""
        owner, repo = private.split("/")
        gh = await self.watch.clients.client(owner, repo)
        seal = WatchSeal(self.watch.key)
        async for one in listed(gh, owner, repo, {"state": "open", "labels": label}):
            dossier = seal.read(one.body)
            if dossier is None or not dossier.public.casefold().startswith(f"{public.casefold()}#"):
                continue
            key = IssueKey.parse(dossier.public)
            if await self.watch.records.learn(key, IssueKey(owner, repo, one.number), seal.mark(dossier)):
                await self.queue.accept(watch_key(key))
