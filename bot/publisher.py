"""Floor 2: the publisher: the only part that holds a token to write in the public tracker.

It finds out what `rules.publish.wants` asks for, before `decide`, and does the one effect, after the card has
recorded that it will be done. What it guarantees
- The token is narrowed to the public repository and to issues.
- Whatever is missing or fails is said as such (`Evidence.trouble`), and then nothing is published.
- `create` sends one request, right after it asked whether the right to write still holds. GitHub's refusal is
  told apart from an answer that was lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bot import scanner
from bot.commands import MAX_PER_COMMENT
from bot.errors import Forbidden, Transient
from bot.github.auth import PUBLISH, Clients
from bot.github.client import GitHub, Refused
from bot.github.lookup import Catalogues
from bot.github.public import all_comments, create_issue, own_issues, state_of
from bot.guard import Guard
from bot.kingfisher import ScannerUnavailable
from bot.memory import Memory
from bot.model import IssueKey, Snapshot
from bot.policy.schema import Policy
from bot.publication import OPEN, Claim, Draft, Evidence, PublicIssue, PublicState
from bot.publisher_texts import Texts
from bot.rules import publish
from bot.rules import publish_text as text
from bot.rules.inbox import Pending
from bot.rules.rulebook import Rulebook
from bot.store_published import Known, PublishedStore

EVERY = {True: timedelta(hours=6), False: timedelta(days=1)}  # between looks at a public issue: open, closed
LAG = (0.5, 1.0, 2.0, 4.0)  # seconds between reads of a public issue that are older than its event
SKEW = timedelta(minutes=2)  # between a comment's time and an issue's
_UNREACHABLE = frozenset({"off", "no-public", "not-installed"})

Outcome = Literal["created", "refused", "unknown"]


class Sleep(Protocol):
    async def __call__(self, seconds: float, /) -> None: ...


@dataclass
class Publisher:
    """Built once in app.py. `missing`: what of the extra `privacy` is not installed."""

    clients: Clients
    catalogues: Catalogues
    records: PublishedStore
    texts: Texts
    now: Callable[[], datetime]
    sleep: Sleep = asyncio.sleep
    missing: Callable[[], tuple[str, ...]] = scanner.missing

    # ── what a run finds out ────────────────────────────────────────────────────────────────

    def wants(
        self, snapshot: Snapshot, memory: Memory, waiting: Sequence[Pending], policy: Policy, fresh: int = 0
    ) -> publish.Wants:
        """What this run has to find out: nothing, mostly."""
        draft = memory.publication.draft
        signature = self.texts.signature(snapshot, draft.asked) if draft is not None else ""
        calls = [(item.comment, call) for item in waiting for call in item.calls[:MAX_PER_COMMENT]]
        return publish.wants(snapshot, memory, calls, policy, signature, fresh, self.now())

    async def known(self, snapshot: Snapshot, memory: Memory, policy: Policy) -> Snapshot | None:
        """The snapshot with its evidence when that costs no call; None: it does."""
        wanted = self.wants(snapshot, memory, (), policy)
        if not wanted:
            return snapshot
        public = memory.publication.public
        if wanted != publish.Wants(state=True) or public is None:
            return None
        state = _state(await self.records.get(snapshot.key), public.issue, self.now())
        return None if state is None else replace(snapshot, evidence=Evidence(public=state))

    async def gather(
        self,
        gh: GitHub,
        snapshot: Snapshot,
        memory: Memory,
        waiting: Sequence[Pending],
        book: Rulebook,
        *,
        fresh: int = 0,
        refused: bool = False,
    ) -> Snapshot:
        """The snapshot with what it takes to decide about publishing. Raises Transient, Forbidden.

        `fresh`: the claim that this run put on record, with nothing sent since.
        """
        wanted = self.wants(snapshot, memory, waiting, book.policy, fresh)
        if not wanted and not refused:
            return snapshot
        draft = memory.publication.draft
        if _out_of_sight(snapshot, wanted, draft):
            snapshot = await all_comments(gh, snapshot)
        trouble = self._trouble(snapshot, wanted, book.policy)
        evidence = Evidence(
            trouble=trouble, marker=self.texts.marker(snapshot), fresh=fresh, refused=refused, looked=refused
        )
        if trouble not in _UNREACHABLE and (wanted.tracker or wanted.state) and not refused:
            evidence = await self._tracker(evidence, snapshot, memory, wanted, book.policy)
        if not evidence.trouble:
            try:
                evidence = await self.texts.checked(evidence, snapshot, memory, wanted, book)
            except ScannerUnavailable:
                evidence = replace(evidence, trouble="scanner", present=None, made={})
        return replace(snapshot, evidence=evidence)

    def _trouble(self, snapshot: Snapshot, wanted: publish.Wants, policy: Policy) -> str:
        if not policy.publish.enabled:
            return "off"
        if policy.tracker.public is None:
            return "no-public"
        if (wanted.make or wanted.check) and self.missing():
            return "no-extra"
        return "" if snapshot.comments_complete else "partial"

    # ── the public tracker ──────────────────────────────────────────────────────────────────

    async def _client(self, repository: str) -> GitHub:
        owner, repo = repository.split("/")
        return await self.clients.client(owner, repo, PUBLISH)

    async def _tracker(
        self, evidence: Evidence, snapshot: Snapshot, memory: Memory, wanted: publish.Wants, policy: Policy
    ) -> Evidence:
        """The public tracker's labels, our issue there if it exists, and how it stands."""
        repository = policy.tracker.public or ""
        owner, repo = repository.split("/")
        public, claim = memory.publication.public, memory.publication.claim
        try:
            if wanted.state and public is not None:
                state = await self._public_state(snapshot.key, public.issue)
                return replace(evidence, public=state)
            gh = await self._client(repository)
            self.catalogues.forget(owner, repo)  # a label that is gone would be created anew
            labels = await self.catalogues.get(gh, owner, repo)
            found = await self._find(gh, repository, snapshot, claim, evidence.marker)
            state = await self._public_state(snapshot.key, found) if found else None
        except Forbidden:
            return replace(evidence, trouble="not-installed")
        return replace(evidence, labels=frozenset(labels.labels), looked=True, found=found, public=state)

    async def _find(
        self, gh: GitHub, repository: str, snapshot: Snapshot, claim: Claim | None, marker: str
    ) -> str:
        """Our public issue with the marker, if it is there. Without a claim it may be of a memory that was
        lost, and as old as the private one."""
        known = await self.records.get(snapshot.key)
        if known is not None:
            return known.issue
        since = snapshot.issue.created_at if claim is None else claim.at - SKEW
        owner, repo = repository.split("/")
        async for one in own_issues(gh, owner, repo, snapshot.viewer, since):
            if text.marker_in(one.body) == marker:
                return f"{repository}#{one.number}"
        return ""

    async def _public_state(self, key: IssueKey, issue: str) -> PublicState | None:
        """How the public issue stands: as last read, unless long ago, or an event told of a change."""
        known = await self.records.get(key)
        state = _state(known, issue, self.now())
        if state is not None:
            return state
        public = IssueKey.parse(issue)
        gh = await self._client(public.full_name)
        for delay in (*LAG, None):
            read = await state_of(gh, public)
            wanted = known.wanted_at if known is not None else None
            if delay is None or wanted is None or read.updated_at is None or read.updated_at >= wanted:
                break
            await self.sleep(delay)
        known = Known(issue, read.word, self.now())
        await self.records.put(key, known)
        return _state(known, issue, self.now())

    async def create(self, key: IssueKey, effect: PublicIssue, guard: Guard) -> Outcome:
        """The one effect. What `guard` raises comes before anything is sent."""
        try:
            gh = await self._client(effect.repository)
        except Forbidden:
            return "refused"
        owner, repo = effect.repository.split("/")
        await guard(True)
        try:
            number = await create_issue(gh, owner, repo, effect.title, effect.body, effect.labels)
        except (Refused, Forbidden):
            return "refused"
        except Transient:
            return "unknown"
        await self.records.put(key, Known(f"{effect.repository}#{number}", OPEN, self.now()))
        return "created"


def _out_of_sight(snapshot: Snapshot, wanted: publish.Wants, draft: Draft | None) -> bool:
    """Is a comment needed that one read of a long issue does not show?"""
    if len(snapshot.comments) >= snapshot.comments_total:
        return False
    chosen = {id_ for ids in wanted.make.values() for id_ in ids}
    needs_draft = (wanted.check or wanted.make) and draft is not None and not text.drafts(snapshot)
    return bool(needs_draft) or not chosen <= {comment.id for comment in snapshot.comments}


def _state(known: Known | None, issue: str, now: datetime) -> PublicState | None:
    """What is known, while it is fresh and no event told of a change."""
    if known is None or known.issue != issue or known.wanted_at is not None:
        return None
    due = known.read_at + EVERY[known.state == OPEN]
    return PublicState(issue, known.state, due) if due > now else None
