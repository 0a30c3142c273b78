"""Floor 2: the watch of the public tracker: what is said there and looks private is told on the private side.

One key per public issue (``watch:owner/repo#7``), in the same queue. A run reads the issue and what changed
in it, scans, and brings one issue in the private tracker, and Slack, to what is known. What it guarantees
- Nothing private leaves: what is written holds kinds, places and links. In public nothing is written but the
  policy's own sentence, once, if it has one. Reading takes a token that can only read.
- An event costs one read where nothing is found, and one more where something was. A second run right after a
  run writes nothing, and no value is told twice (`bot/rules/watch.py`).
- The private side hears of it first (`bot/watch_private.py`); what fails there is tried again.
- Somebody who closes the private issue, or deletes it, has dealt with what it lists.

What is awkward: this cannot unpublish anything. It can only be quick, and say what helps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.errors import Gone
from bot.github.auth import Clients
from bot.github.lookup import Catalogues
from bot.github.watched import Thread, load_thread
from bot.guard import Guard, unguarded
from bot.model import AtLeast, Catalogue, IssueKey
from bot.policy.schema import Policy
from bot.reconciler import LAG, PAUSED, Sleep
from bot.rulebooks import Rulebooks
from bot.rules.inbox import customer_labels
from bot.rules.watch import Dossier, Look, Text, sightings
from bot.rules.watch_marker import WatchSeal
from bot.scanner_watch import Examine
from bot.slack.teller import Teller
from bot.store import Store
from bot.store_watch import Watched, WatchStore
from bot.watch_private import Case, PrivateSide

READ: Mapping[str, str] = {"issues": "read"}  # what the public tracker is read with
OVERLAP = timedelta(minutes=2)  # texts this much older than what was seen are read again: reads lag
NOTHING = AtLeast()
_END: Mapping[str, Literal["issue-deleted", "issue-moved"]] = {"transferred": "issue-moved"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `word` is for figures and logs; `over`: the key is of no further use."""

    word: str
    look_again: datetime | None = None
    over: bool = False


@dataclass(frozen=True)
class Watch:
    """Everything a run needs; built once in app.py. `key` names values by HMAC and signs the marker."""

    clients: Clients
    rulebooks: Rulebooks
    catalogues: Catalogues
    store: Store
    key: bytes = field(repr=False)
    examine: Examine
    now: Callable[[], datetime]
    teller: Teller | None = None
    sleep: Sleep = asyncio.sleep
    writer: str = "app"
    shadow: bool = False

    @property
    def records(self) -> WatchStore:
        return WatchStore(self.store.db)

    def trackers(self, repositories: Iterable[str]) -> Mapping[str, tuple[str, str]]:
        """Public trackers to watch: case-folded name → (name, the private tracker that is told)."""
        found: dict[str, tuple[str, str]] = {}
        for private in repositories:
            policy = self.rulebooks.in_force(private).policy
            if not self.off(policy, private) and policy.tracker.public is not None:
                found.setdefault(policy.tracker.public.casefold(), (policy.tracker.public, private))
        return found

    def off(self, policy: Policy, private: str) -> str:
        """Why nothing is watched for a private tracker; empty when it is."""
        if not policy.privacy.watch.enabled or policy.tracker.public is None:
            return "off by policy"
        if policy.tracker.private.casefold() != private.casefold():
            return "the policy's tracker is another"
        return "" if policy.writer == self.writer else f"the {policy.writer} is the writer here"

    async def run(
        self,
        public: IssueKey,
        private: str,
        *,
        at_least: AtLeast = NOTHING,
        guard: Guard = unguarded,
    ) -> Ended:
        """Look at one public issue and tell the private tracker. Raises Gone, Forbidden, Transient (SlackDown
        when GitHub is as it should be), and what `guard` raises."""
        if await self.store.paused(private) is not None:
            return Ended("paused", look_again=self.now() + PAUSED)
        owner, repo = private.split("/")
        gh = await self.clients.client(owner, repo)
        policy = (await self.rulebooks.get(gh, owner, repo)).policy
        off = self.off(policy, private)
        if off or (policy.tracker.public or "").casefold() != public.full_name.casefold():
            return Ended(off or "not watched", over=True)
        known = await self.records.get(public)
        seal = WatchSeal(self.key)
        dossier = seal.read(known.marker) or Dossier(str(public))
        catalogue = await self.catalogues.get(gh, owner, repo)
        thread: Thread | None
        try:
            thread = await self._read(public, known, dossier, at_least)
        except Gone as error:
            if known.private is None:
                await self.records.forget(public)
                raise
            thread, look = None, Look(self.now(), end=_END.get(error.why, "issue-deleted"))
        else:
            if thread.private:
                return Ended("not public", over=True)
            look = await self._look(public, thread, known, dossier, policy, catalogue)
        if thread is not None and known.private is None and not look.sightings:
            await self.records.put(public, replace(known, seen=thread.seen))
            return Ended("nothing found")
        case = Case(public, gh, owner, repo, policy, catalogue, thread, look)
        only_look = self.shadow or policy.shadow
        word = await self._private_side(seal, guard).bring_up(case, known, only_look=only_look)
        if thread is None and not only_look:
            await self.records.forget(public)
        return Ended(word, over=thread is None)

    def _private_side(self, seal: WatchSeal, guard: Guard) -> PrivateSide:
        return PrivateSide(
            self.clients, self.store, self.records, seal, self.teller, self.now, self.sleep, guard
        )

    async def _read(self, public: IssueKey, known: Watched, dossier: Dossier, at_least: AtLeast) -> Thread:
        """The thread, patient with reads that lag behind the event."""
        gh = await self.clients.client(public.owner, public.repo, READ)
        since = _since(known)
        for delay in LAG:
            try:
                thread = await load_thread(gh, public, since=since, known=dossier.nodes)
            except Gone as error:
                # An issue that an event told of a moment ago may not be readable yet.
                if at_least.updated_at is None or error.why != "not-found":
                    raise
            else:
                if thread.shows(at_least):
                    return thread
            await self.sleep(delay)
        return await load_thread(gh, public, since=since, known=dossier.nodes)

    async def _look(
        self,
        public: IssueKey,
        thread: Thread,
        known: Watched,
        dossier: Dossier,
        policy: Policy,
        catalogue: Catalogue,
    ) -> Look:
        """Scan what may have changed since the last run, and where leaks are known to stand."""
        since = _since(known)
        remarks = [
            one
            for one in thread.remarks
            if since is None or one.updated_at >= since or one.id in dossier.nodes
        ]
        texts = [*thread.own(), *(Text(one.id, one.body) for one in remarks)]
        customers = [label.name for label in customer_labels(catalogue.labels, policy.labels.customer_prefix)]
        found = await self.examine(policy, [text.text for text in texts], sorted(customers))
        return Look(
            at=self.now(),
            read=frozenset(text.where for text in texts),
            missing=thread.missing,
            sightings=sightings(texts, found, policy.privacy.watch, self.key, str(public)),
            nodes={one.id: one.node_id for one in remarks},
        )


def _since(known: Watched) -> datetime | None:
    return None if known.seen is None else known.seen - OVERLAP
