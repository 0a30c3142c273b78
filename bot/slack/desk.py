"""Floor 2: the lists in Slack: looked at every few minutes, said once, across replicas.

What it guarantees
- One key a repository in the queue: one process looks at a time. Before each message the claim still holds.
- What was said is in the database right after Slack took it: a crash in between may repeat it, never lose it,
  as each look compares what holds with what was said, not with what happened.
- No digest speaks before a whole look at the tracker has ended, which is asked for here: a new database knows
  only what it has seen.

App only: the Action keeps nothing between two runs that could say what was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.policy.schema import Slack
from bot.queue import Claim, Queue
from bot.reconciler import Reconciler
from bot.rules.rulebook import Rulebook
from bot.rules.slack import channel_of, mention_of
from bot.rules.slack_lists import Say, caps, digests
from bot.rules.slack_message import Message
from bot.slack.client import SlackRefused
from bot.slack.teller import Teller
from bot.store_standing import Standings
from bot.told import Workspace
from bot.worker import Done, Lost

EVERY = timedelta(seconds=283)  # some five minutes, in no step with what else runs every few
KIND = "desk"


def desk_key(repository: str) -> str:
    return f"{KIND}:{repository}"


@dataclass(frozen=True)
class Desk:
    queue: Queue
    reconciler: Reconciler

    async def look(self, claim: Claim) -> Done:
        """Say what is to be said. Raises SlackDown, and what GitHub raises when the policy cannot be read."""
        repository = claim.key.partition(":")[2]
        rec = self.reconciler
        now = rec.now()
        if rec.teller is None:
            return Done("no Slack", end=True)
        if await rec.store.paused(repository) is not None:
            return Done("paused", now + EVERY)
        owner, name = repository.split("/")
        book = await rec.rulebooks.get(await rec.clients.client(owner, name), owner, name)
        if rec.shadow or book.policy.shadow or book.policy.writer != rec.writer:
            return Done("not the writer", now + EVERY)
        next_ = await self._say_all(claim, repository, book, rec.teller, now)
        return Done("looked", min(next_ or now + EVERY, now + EVERY))

    async def _say_all(
        self, claim: Claim, repository: str, book: Rulebook, teller: Teller, now: datetime
    ) -> datetime | None:
        """Caps, then digests; returns when the next digest is due."""
        standings = Standings(self.reconciler.store.db)
        requests, said = await standings.all(repository), await standings.said(repository)
        workspace = await teller.workspace() or Workspace()
        mention = mention_of(book.policy.support.leads, workspace, [])
        says, over = caps(requests, book.policy, said, mention)
        for what in over:
            await standings.unsay(repository, what)
        later: Sequence[Say] = ()
        next_ = None
        if await self.reconciler.store.caught_up(whole := f"sweep:{repository}") is None:
            await self.queue.accept(whole)
        else:
            later, next_ = digests(requests, book.policy, book.calendars, said, now)
        for one in (*says, *later):
            channel = channel_of(Slack(channel=one.channel), workspace, [])
            if not one.pages or (channel and await self._post(claim, teller, channel, one.pages)):
                await standings.say(repository, one.what, one.value)
        return next_

    async def _post(self, claim: Claim, teller: Teller, channel: str, pages: Sequence[Message]) -> bool:
        """Post, the first page into the channel, the rest below it; False: Slack refuses the first."""
        thread = ""
        for page in pages:
            if not await self.queue.holds(claim):
                raise Lost
            try:
                channel, ts = await teller.client.post(channel, page, thread)
            except SlackRefused as error:
                structlog.get_logger("slack").error("refused", list=claim.key, error=str(error))
                return bool(thread)
            thread = thread or ts
        return True
