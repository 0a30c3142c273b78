"""Floor 2: load → decide → plan → apply, for one issue, whoever named it.

The App, the Action, the command line and the tests run this very code. What it guarantees:
- An issue that already is as desired costs one read and no write.
- Nothing is planned on a snapshot older than what the event proved to exist (reads lag behind writes): look
  again after 0.5, 1, 2, 4, 8 s, then go on and count it.
- Before each write the claim on the key still holds. When the read is older than five seconds by then, the
  card is read again: if somebody changed it meanwhile, the run starts over. (GitHub has no compare-and-swap:
  what happens inside one call is not seen; the next event finds it.)
- What Slack is told comes after the labels and before the card, which records it (bot/slack/side.py). A Slack
  that is down does not hold up the card: the run goes on, says so (`Result.trouble`), and is tried again.
- A second card is never made because the first is not readable yet: the mirror names the card, and it must
  be missing twice, some seconds apart, or be known deleted. A key inherited from a worker that died, and may
  have written a card that the mirror missed, waits ten seconds and reads again before it creates one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from cachetools import LRUCache

from bot.breath import Breath
from bot.conclude import conclude
from bot.decide import Desired
from bot.errors import Gone, RfhError, ServiceDown
from bot.figures_note import note
from bot.github import lookup
from bot.github.apply import Rejected, Unfinished, apply, reread_comment
from bot.github.auth import Clients
from bot.github.client import GitHub
from bot.github.load import Glimpse, fresh_enough, load
from bot.github.roster import Rosters
from bot.guard import Guard, unguarded
from bot.memory import Seal, is_card, marker_of
from bot.meter import SILENT, Meter
from bot.model import (
    AtLeast,
    CreateComment,
    CreateLabel,
    IssueKey,
    MirroredCard,
    Plan,
    Snapshot,
    UpdateComment,
    Written,
)
from bot.pager import Pager
from bot.plan import CARD, plan
from bot.publisher import Publisher
from bot.publisher_run import Publishing
from bot.recall import Recall, recall
from bot.reconciler_note import Run, keep, look, stand, unseen
from bot.rulebooks import Rulebooks
from bot.rules import inbox
from bot.rules.rulebook import Rulebook
from bot.rules.slack import noted
from bot.slack.side import SlackSide
from bot.slack.teller import Teller
from bot.store import Store
from bot.told import Sent

LAG = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between looks while a read is behind the event
UNSEEN_CARD = 3.0  # seconds before a card that the mirror knows is believed to be gone
INHERITED = 10.0  # seconds before an inherited key may create a comment
STALE = timedelta(seconds=5)
TWINS = timedelta(minutes=1)  # after a card that may have a twin which no read has shown yet, look again
ROUNDS = 6  # within one run: labels to create, a card edited under our hands, a claim and its effect
PAUSED = timedelta(minutes=1)
SHADOWED = timedelta(hours=1)  # between looks at what is due and must not be written
NOTHING = AtLeast()


class Sleep(Protocol):
    async def __call__(self, seconds: float, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended. `word` is for figures and logs; only the plan's bodies hold issue text."""

    word: str
    plan: Plan = field(default_factory=Plan)
    desired: Desired | None = None
    look_again: datetime | None = None
    lagging: bool = False
    viewer_id: int | None = None  # who we are to GitHub
    trouble: ServiceDown | None = None  # GitHub is as desired, Slack or the pager is not: try again


class Restart(RfhError):
    """The world changed under our hands: read again before writing."""


@dataclass(frozen=True, slots=True)
class _Read:
    snapshot: Snapshot
    recall: Recall
    at: datetime
    lagging: bool
    sent: bool = False  # is there something on record that the card may lack?
    down: ServiceDown | None = None  # Slack, or the paging service, did not answer


@dataclass(frozen=True)
class Reconciler:
    """Everything a run needs; built once in app.py."""

    clients: Clients
    rulebooks: Rulebooks
    catalogues: lookup.Catalogues
    rosters: Rosters
    store: Store
    seal: Seal
    now: Callable[[], datetime]
    sleep: Sleep = asyncio.sleep
    writer: str = "app"
    shadow: bool = False
    teller: Teller | None = None  # None: no Slack
    pager: Pager | None = None  # None: no paging service
    publisher: Publisher | None = None  # None: no App's credentials
    meter: Meter = SILENT
    breathe: Breath = field(default_factory=Breath)
    looks: MutableMapping[IssueKey, object] = field(default_factory=partial(LRUCache, 4096))  # the last ones

    @property
    def slack(self) -> SlackSide:
        return SlackSide(self.store, self.teller, self.pager)

    async def reconcile(
        self,
        key: IssueKey,
        *,
        at_least: AtLeast = NOTHING,
        inherited: bool = False,
        retried: bool = False,
        guard: Guard | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Bring one issue to what is desired. Raises Gone, Forbidden, Transient, and what `guard` raises."""
        if not dry_run and await self.store.paused(key.full_name) is not None:
            return Result("paused", look_again=self.now() + PAUSED)
        gh = await self.clients.client(key.owner, key.repo)
        book = await self.rulebooks.get(gh, key.owner, key.repo)
        if not dry_run and book.policy.writer != self.writer:
            return Result(f"the {book.policy.writer} is the writer here")
        only_look = dry_run or self.shadow or book.policy.shadow
        may_create = not inherited
        publishing = Publishing(self.publisher)
        for _ in range(ROUNDS):
            read = await self._read(gh, key, at_least, book, publishing)
            await self.breathe()
            snapshot, desired = await conclude(self.rosters, key, read.snapshot, read.recall, book, self.now)
            read = replace(read, snapshot=snapshot)
            await self.breathe()
            planned = plan(read.snapshot, read.recall, desired, self.seal)
            seen = look(read.snapshot, desired, planned, book)
            if not dry_run and (seen is None or seen != self.looks.get(key)):
                run = Run(key, read.recall.state, not only_look and bool(planned), read.lagging)
                await keep(self.store, run, desired, planned)
                acts = planned.actions if run.written else ()
                await note(self.store, key, read.snapshot, read.recall, desired, acts, book, self.now())
                self.looks[key] = seen
            if only_look or not planned:
                word = desired.silence or ("shadow" if planned else "nothing to do")
                result = self._result(word, read, planned, desired)
                if not planned and not only_look:
                    await self.slack.settled(key, read.snapshot, sent=read.sent)
                if only_look and result.look_again is not None:  # what is due stays due: no need to hurry
                    result = replace(result, look_again=max(result.look_again, self.now() + SHADOWED))
                return result
            if _creates(planned) and not may_create:
                await self.sleep(INHERITED)
                may_create = True
                continue
            whole = planned
            try:
                read, planned = await self._tell(gh, key, read, book, planned, guard)
                written = await self._write(gh, read, planned, guard)
            except Restart:
                continue
            except (Unfinished, Rejected) as error:
                # What was edited is not known; what was created is, and must not be created again.
                await self._remember(key, planned, error.written, edited=False)
                self.catalogues.forget(key.owner, key.repo)
                raise
            await self._remember(key, planned, written)
            if any(isinstance(action, CreateLabel) for action in planned.actions):
                self.catalogues.forget(key.owner, key.repo)
                continue
            await self.slack.settled(key, read.snapshot, sent=read.sent)
            if read.snapshot.acts:  # they are comments now: read them as such
                newest = max(written.comment_ids.values(), default=0)
                at_least = at_least.merge(AtLeast(comment_id=newest))
                continue
            before = read.recall.memory
            if await publishing.go_on(gh, read.snapshot, before, desired, planned, guard):
                at_least = at_least.merge(AtLeast(written.issue_updated_at))
                continue
            result = replace(self._result("wrote", read, planned, desired), plan=whole)
            doubtful = inherited or retried or read.snapshot.mirror is not None
            if doubtful and _creates_card(planned):
                return replace(result, look_again=self.now() + TWINS)
            return result
        return Result("unsettled", look_again=self.now() + timedelta(seconds=10))

    @staticmethod
    def _result(word: str, read: _Read, planned: Plan, desired: Desired) -> Result:
        viewer = read.snapshot.viewer.id
        return Result(word, planned, desired, planned.look_again, read.lagging, viewer, read.down)

    async def foresee(self, gh: GitHub, key: IssueKey, book: Rulebook, seen: Glimpse) -> Plan | None:
        """The plan of an issue that a page has shown, without a call for it; None: only a run can tell.

        A sweep asks this of each issue, so that those that need nothing cost nothing.
        """
        mirror = await self.store.card(key)
        if mirror is not None and unseen(mirror, seen.snapshot):
            return None
        catalogue = await self.catalogues.get(gh, key.owner, key.repo)
        snapshot, _ = await self.slack.known(replace(seen.snapshot, catalogue=catalogue, mirror=mirror))
        found = recall(snapshot, self.seal, book.predecessors)
        if not seen.enough(found.memory.floor if found.state == "known" else None):
            return None
        if inbox.pending(snapshot, found.memory, book.policy, self.now()):
            return None
        known = await Publishing(self.publisher).foreseen(snapshot, found.memory, book)
        if known is None:
            return None
        snapshot, desired = await conclude(self.rosters, key, known, found, book, self.now)
        await stand(self.store, key, desired)
        return plan(snapshot, found, desired, self.seal)

    # ── load ────────────────────────────────────────────────────────────────────────────────

    async def _read(
        self, gh: GitHub, key: IssueKey, at_least: AtLeast, book: Rulebook, publishing: Publishing
    ) -> _Read:
        """The snapshot with all that `decide` needs; patient with reads that lag."""
        mirror = await self.store.card(key)

        def floor_of(snapshot: Snapshot) -> datetime | None:
            found = recall(snapshot, self.seal, book.predecessors)
            return found.memory.floor if found.state == "known" else None

        for delay in (*LAG, None):
            at = self.now()
            try:
                snapshot = await load(gh, key, mirror=mirror, floor_of=floor_of)
            except Gone as error:
                # An issue that an event told of a moment ago may not be readable yet.
                if delay is None or at_least.updated_at is None or error.why != "not-found":
                    raise
            else:
                fresh = fresh_enough(snapshot, at_least)
                if fresh or delay is None:
                    break
            self.meter.stale()
            await self.sleep(delay)
        if not fresh:
            self.meter.stale(gave_up=True)
        if mirror is not None and unseen(mirror, snapshot) and mirror.comment_id not in at_least.gone:
            await self.sleep(UNSEEN_CARD)
            at = self.now()
            snapshot = await load(gh, key, mirror=mirror, floor_of=floor_of)
        catalogue = await self.catalogues.get(gh, key.owner, key.repo)
        acts, sent = await self.slack.acts(key), await self.slack.sent(key)
        snapshot, down = await self.slack.known(replace(snapshot, catalogue=catalogue, acts=acts))
        found = recall(snapshot, self.seal, book.predecessors)
        found = replace(found, memory=noted(found.memory, sent))
        waiting = inbox.pending(snapshot, found.memory, book.policy, self.now())
        snapshot = await lookup.asked(gh, snapshot, waiting, book.policy)
        snapshot = await publishing.seen(gh, snapshot, found.memory, waiting, book)
        return _Read(snapshot, found, at, lagging=not fresh, sent=bool(sent), down=down)

    # ── Slack ───────────────────────────────────────────────────────────────────────────────

    async def _tell(
        self, gh: GitHub, key: IssueKey, read: _Read, book: Rulebook, planned: Plan, guard: Guard | None
    ) -> tuple[_Read, Plan]:
        """Write what comes before Slack, tell Slack, and plan the rest with what was sent on record."""
        if not planned.tell:
            return read, planned
        first = planned.actions[: planned.ahead]
        await self._write(gh, read, replace(planned, actions=first), guard)

        async def again(sent: Sequence[Sent]) -> Plan:
            nonlocal read
            found = replace(read.recall, memory=noted(read.recall.memory, sent))
            snapshot, desired = await conclude(self.rosters, key, read.snapshot, found, book, self.now)
            read = replace(read, snapshot=snapshot, recall=found, sent=True)
            return plan(snapshot, found, desired, self.seal)

        left, _, down = await self.slack.tell(read.snapshot, book.policy, planned, again, guard or unguarded)
        read = replace(read, down=down or read.down)
        return read, replace(left, actions=tuple(a for a in left.actions if a not in first))

    # ── apply ───────────────────────────────────────────────────────────────────────────────

    async def _write(self, gh: GitHub, read: _Read, planned: Plan, guard: Guard | None) -> Written:
        begun = read.sent

        async def before_write() -> None:
            nonlocal begun
            if guard is not None:
                await guard(begun)
            if self.now() - read.at > STALE:
                await self._unchanged(gh, planned, read)
            begun = True

        written = await apply(gh, read.snapshot, planned.actions, before_write=before_write)
        for action in planned.actions:
            self.meter.action(type(action).__name__)
        return written

    async def _unchanged(self, gh: GitHub, planned: Plan, read: _Read) -> None:
        """After a stall: is each comment that we edit still as we read it, or as we have just written it?"""
        known = {comment.id: comment.body for comment in read.snapshot.comments}
        for action in planned.actions:
            if isinstance(action, UpdateComment):
                now = await reread_comment(gh, action.node_id)
                if now is None or now.body not in {known.get(action.comment_id), action.body}:
                    raise Restart("a comment of ours changed while we worked")

    async def _remember(self, key: IssueKey, planned: Plan, written: Written, *, edited: bool = True) -> None:
        """Mirror the card right after the write: what a later read may not show yet is known here."""
        for action in planned.actions:
            if isinstance(action, CreateComment) and CARD == action.key in written.comment_ids:
                comment_id, node_id = written.comment_ids[CARD], written.comment_node_ids[CARD]
            elif isinstance(action, UpdateComment) and edited and is_card(action.body):
                comment_id, node_id = action.comment_id, action.node_id
            else:
                continue
            rev, marker = marker_of(action.body)
            await self.store.save_card(key, MirroredCard(comment_id, node_id, rev, marker))


def _creates(planned: Plan) -> bool:
    return any(isinstance(action, CreateComment) for action in planned.actions)


def _creates_card(planned: Plan) -> bool:
    return any(isinstance(a, CreateComment) and a.key == CARD for a in planned.actions)
