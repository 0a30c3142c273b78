"""Floor 2: publishing within one run of one issue: claim on record → effect → done, round by round.

A claim counts as fresh in the run that wrote it, until something was sent; in any other run its outcome is
unknown (bot/rules/publish.py). That is why it lives here, in the run, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.decide import Desired
from bot.github.apply import reread_comment
from bot.github.client import GitHub
from bot.guard import Guard, unguarded
from bot.memory import Memory
from bot.model import Plan, Snapshot
from bot.publisher import Publisher
from bot.rules.inbox import Pending
from bot.rules.publish_text import drafts
from bot.rules.rulebook import Rulebook


@dataclass
class Publishing:
    """`publisher` None: only a plain token is there, publishing is off."""

    publisher: Publisher | None
    fresh: int = 0
    refused: bool = False

    async def seen(
        self, gh: GitHub, snapshot: Snapshot, memory: Memory, waiting: Sequence[Pending], book: Rulebook
    ) -> Snapshot:
        """The snapshot with the evidence that this round needs. Raises Transient, Forbidden."""
        if self.publisher is None:
            return replace(snapshot, app=False)
        return await self.publisher.gather(
            gh, snapshot, memory, waiting, book, fresh=self.fresh, refused=self.refused
        )

    async def foreseen(self, snapshot: Snapshot, memory: Memory, book: Rulebook) -> Snapshot | None:
        """The same when it costs no call; None: it does."""
        if self.publisher is None:
            return replace(snapshot, app=False)
        return await self.publisher.known(snapshot, memory, book.policy)

    async def go_on(
        self,
        gh: GitHub,
        snapshot: Snapshot,
        before: Memory,
        desired: Desired,
        planned: Plan,
        guard: Guard | None,
    ) -> bool:
        """After the plan's writes: do the effect, if there is one. True: the run needs another round."""
        if self.publisher is None:
            return False
        if planned.publish is not None:
            if await self._as_read(gh, snapshot):
                self.fresh = 0
                outcome = await self.publisher.create(snapshot.key, planned.publish, guard or unguarded)
                self.refused = outcome == "refused"
            return True
        self.refused = False
        claim = desired.memory.publication.claim
        known = before.publication.claim
        if claim is not None and (known is None or known.asked != claim.asked):
            self.fresh = claim.asked
            return True
        return False

    async def _as_read(self, gh: GitHub, snapshot: Snapshot) -> bool:
        """Is the draft still what was scanned? Scanning takes a while; GitHub has no compare-and-swap."""
        for draft in drafts(snapshot)[:1]:
            now = await reread_comment(gh, draft.node_id)
            return now is not None and now.body == draft.body
        return False
