"""Floor 2: collect the facts of issues from GitHub's history.

- A run has read its issue already: its facts cost no call (`figures_note.py`).
- The history is read by pages of 50 issues, oldest update first, from where the last pass came to, which is
  kept after each page: a pass that is cut off goes on there. Issues whose threads are longer than a page
  shows get a read of their own.
Both give the same facts, so what a run missed, the next pass repairs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.errors import Gone
from bot.figures_note import save
from bot.github.client import GitHub
from bot.github.load import Glimpse, load
from bot.github.sweep import Selection, issue_pages
from bot.model import IssueKey, Snapshot
from bot.queue import Claim
from bot.recall import recall
from bot.reconciler import Reconciler
from bot.rules.figures.derive import card_writers, facts_of
from bot.rules.rulebook import Rulebook
from bot.rules.turns import SUPPORT
from bot.store_figures import FigureStore
from bot.sweep import Allowance
from bot.worker import Done

KIND = "figures"
SHARE = 0.3  # of what the hour still allows: reading history must not starve runs
AGAIN = timedelta(minutes=20)
NIGHT = timedelta(days=1)
OVERLAP = timedelta(minutes=2)  # reads lag behind writes

Progress = Callable[[int, int], None]
"""Told after each page: how many issues it had, and how many there are in all."""


def figures_key(repository: str) -> str:
    return f"{KIND}:{repository}"


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass over the history came to. `whole`: it came to the end."""

    read: int
    whole: bool


@dataclass(frozen=True)
class Collector:
    """Reads the history of repositories into the store."""

    reconciler: Reconciler
    store: FigureStore

    async def work(self, claim: Claim) -> Done:
        """Go on with the history; at the end, again in a day, as runs bring what happens meanwhile."""
        repository = claim.key.partition(":")[2]
        began = self.reconciler.now()
        done = await self.collect(repository, Allowance(share=SHARE))
        log = structlog.get_logger("figures")
        log.info("history", repository=repository, issues=done.read, whole=done.whole)
        return Done("figures", began + (NIGHT if done.whole else AGAIN))

    async def collect(
        self,
        repository: str,
        allowance: Allowance,
        progress: Progress = lambda _read, _total: None,
        *,
        not_before: datetime | None = None,
    ) -> Pass:
        """Read what was updated since the last pass.

        `not_before`, for a database that is thrown away: leave out what has not changed since then.

        Raises Gone (no such repository), Forbidden, Transient; then the next pass goes on where this one was.
        """
        owner, repo = repository.split("/")
        began = self.reconciler.now()
        gh = await self.reconciler.clients.client(owner, repo)
        book = await self.reconciler.rulebooks.get(gh, owner, repo)
        known = await self.store.read_until(repository)
        since = max(filter(None, (known - OVERLAP if known else None, not_before)), default=None)
        read = 0
        selection = Selection(since=since, oldest_first=True)
        async with aclosing(issue_pages(gh, owner, repo, selection)) as pages:
            async for page in pages:
                for seen in page.glimpses:
                    key = IssueKey(owner, repo, seen.snapshot.issue.number)
                    await self._take(gh, key, book, seen)
                    await asyncio.sleep(0)  # a page is a tenth of a second of work: let others go on
                for number in page.unreadable:
                    await self._read(gh, IssueKey(owner, repo, number), book)
                read += len(page.glimpses) + len(page.unreadable)
                progress(len(page.glimpses) + len(page.unreadable), page.total)
                if page.glimpses:
                    newest = max(seen.snapshot.issue.updated_at for seen in page.glimpses)
                    await self.store.set_read_until(repository, newest)
                if not allowance.left(gh.pool):
                    return Pass(read, False)
        for key in await self.store.unread(repository):
            if not allowance.left(gh.pool):
                return Pass(read, False)
            await self._read(gh, IssueKey(owner, repo, key.number), book)
            read += 1
        await self.store.set_read_until(repository, began)
        return Pass(read, True)

    async def _take(self, gh: GitHub, key: IssueKey, book: Rulebook, seen: Glimpse) -> None:
        """Keep the facts of an issue that a page has shown, whole or not."""
        if seen.gap is not None or seen.labels_after or seen.events_before:
            await self._read(gh, key, book)
        else:
            await self._keep(gh, key, book, seen.snapshot)

    async def _read(self, gh: GitHub, key: IssueKey, book: Rulebook) -> None:
        """Keep the facts of an issue that takes a read of its own."""
        try:
            snapshot = await load(gh, key, mirror=None, floor_of=lambda _: None)
        except Gone:
            await self.store.forget([key])
            return
        await self._keep(gh, key, book, snapshot)

    async def _keep(self, gh: GitHub, key: IssueKey, book: Rulebook, snapshot: Snapshot) -> None:
        rec = self.reconciler
        teams = [id_ for id_, team in book.policy.teams.items() if team.engineering]
        snapshot = replace(
            snapshot,
            catalogue=await rec.catalogues.get(gh, key.owner, key.repo),
            roster=await rec.rosters.of(key.owner, key.repo, book.policy, (*teams, SUPPORT)),
            mirror=await rec.store.card(key),
        )
        found = recall(snapshot, rec.seal, (*book.predecessors, *card_writers(snapshot)))
        await save(self.store, facts_of(snapshot, found, book, await self.store.get(key), key, rec.now()))
