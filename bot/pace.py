"""Floor 2: how fast the App writes: GitHub's budget, and the policy's cap on what one repository may get.

What holds
- No write without a grant of the budget, which all replicas share; urgent ones have a part of their own.
- A run that has begun to write is finished; one that has not gives its key back when it would have to wait
  for more than `PATIENCE`. While the budget is tight, that is asked before GitHub is read.
- Keys that were given back come again spread over the time that the work before them takes, not all at the
  moment when one write is free: a backlog costs about two claims a write and hardly a read.
- The cap is a brake for a bot that runs wild (a fight with another bot, a policy that relabels everything).
  Over it nothing more is written to the repository: the bot pauses itself there, as `rfh-bot pause` would,
  tells the operators, and `rfh-bot resume` ends it and counts anew. It is a key in the queue: whoever is
  killed, the pause comes, and once across replicas.
- What the watch tells has a part of the cap of its own, over which it waits and nothing is paused: in the
  public tracker anybody may write what looks like a leak.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.budget import Budget
from bot.github.auth import App
from bot.guard import Guard
from bot.meter import SILENT, Meter
from bot.model import IssueKey
from bot.policy.limits import Limits
from bot.queue import Claim, Queue
from bot.reconciler import PAUSED, Reconciler
from bot.rules.slack_message import Message, escaped
from bot.slack.client import SlackRefused
from bot.store import Store
from bot.worker import Done, Lost, OutOfBudget

CAP = "cap"  # kind of the key that pauses a repository
BY = "rfh-bot"
PATIENCE = 5.0  # seconds that a write waits for the budget; for more, its key is given back
WATCH = "watch:"  # what the watch's keys begin with
PART = 4  # the watch may do a quarter of the writes that the cap allows
LATER = timedelta(minutes=5)  # before what the watch has to tell is tried again
TIGHT = 60.0  # seconds in which the budget is still asked before GitHub is read, after the last key has come
LONGEST_SPREAD = 3600.0  # seconds
CROWDING = 0.5  # of the time that a backlog takes, over which its keys come again: too early is asked twice


@dataclass
class Pace:
    """`chance` in [0, 1) spreads what has to wait."""

    clients: App
    queue: Queue
    store: Store
    reconciler: Reconciler
    budget: Budget
    now: Callable[[], datetime]
    meter: Meter = SILENT
    chance: Callable[[], float] = random.random
    _tight_until: dict[int, datetime] = field(default_factory=dict)  # by installation

    async def admit(self, claim: Claim, key: IssueKey) -> None:
        """Is it worth reading the issue? Raises OutOfBudget while what it may need could not be written."""
        installation = await self.clients.installation(key.owner, key.repo)
        if self.now() >= self._tight_until.get(installation, self.now()):
            return
        wait, _ = await self.budget.room(installation, urgent=claim.urgent)
        if wait > PATIENCE:
            raise await self._put_off(installation, urgent=claim.urgent)

    def guard(self, claim: Claim, key: IssueKey) -> Guard:
        """Before each write: the claim holds, the budget and the cap allow it."""

        async def guard(begun: bool = False, /) -> None:
            installation = await self.clients.installation(key.owner, key.repo)
            urgent = claim.urgent or begun
            while (wait := await self.budget.take(installation, urgent=urgent)) > 0:
                if wait > PATIENCE and begun:
                    self.meter.budget("overdrawn")
                    await self.budget.spend(installation)
                    break
                if wait > PATIENCE:
                    raise await self._put_off(installation, urgent=urgent)
                self.meter.budget("waited")
                await asyncio.sleep(wait)
            if not await self.queue.holds(claim):
                raise Lost
            limits, watching = await self._limits(key), claim.key.startswith(WATCH)
            number = await self.store.count_write(f"{WATCH}{key.full_name}" if watching else key.full_name)
            if watching and limits.over(PART * number) and not begun:
                raise OutOfBudget(self.now() + LATER)
            if limits.over(number) and not begun:
                await self.queue.accept(f"{CAP}:{key.full_name}", urgent=True)
                raise OutOfBudget(self.now() + PAUSED)

        return guard

    async def block(self, key: IssueKey, seconds: float) -> None:
        """GitHub asked for silence: nobody of the installation writes before that."""
        await self.budget.block(await self.clients.installation(key.owner, key.repo), seconds)

    async def brake(self, claim: Claim) -> Done:
        """The cap's key: pause the repository, once, and tell the operators. Raises SlackDown: again then."""
        name = claim.key.partition(":")[2]
        limits = await self._limits(IssueKey.parse(f"{name}#1"))
        if not limits.over(await self.store.writes_this_hour(name)):
            return Done("within the cap", end=True)  # somebody has resumed it meanwhile
        log = structlog.get_logger("pace")
        fresh = name.casefold() not in {pause.scope for pause in await self.store.pauses()}
        if fresh:
            why = f"more than {limits.writes_per_hour} writes within an hour (limits.writes_per_hour)"
            await self.store.pause(name, reason=why, by=BY)
            log.error("paused itself", repository=name, writes_per_hour=limits.writes_per_hour)
        try:
            if fresh or claim.attempts > 1:  # a try before this one may have ended before it was said
                await self._tell(name, limits)
        except SlackRefused as error:
            log.error("refused", error=str(error))
        return Done("paused itself", end=True)

    async def _tell(self, name: str, limits: Limits) -> None:
        """Say it in the operators' channel, when there is one. A repeated run may say it again."""
        teller = self.reconciler.teller
        if teller is None or limits.alert_channel is None:
            return
        workspace = await teller.workspace()
        channel = (workspace.channels if workspace else {}).get(limits.alert_channel.removeprefix("#"))
        if channel is None:
            structlog.get_logger("pace").error("no such channel", channel=limits.alert_channel)
            return
        text = (
            f":octagonal_sign: I have paused myself in {escaped(name)}: more than {limits.writes_per_hour} "
            f"writes within an hour. See what was written, then: `rfh-bot resume {escaped(name)}`"
        )
        section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
        await teller.client.post(channel, Message(text, (section,)))

    async def _limits(self, key: IssueKey) -> Limits:
        """The limits in force for a repository."""
        gh = await self.clients.client(key.owner, key.repo)
        return (await self.reconciler.rulebooks.get(gh, key.owner, key.repo)).policy.limits

    async def _put_off(self, installation: int, *, urgent: bool) -> OutOfBudget:
        """When a key that has to wait should come again."""
        self.meter.budget("put_off")
        wait, apart = await self.budget.room(installation, urgent=urgent)
        waiting = await self.queue.backlog(urgent=urgent)
        spread = min(LONGEST_SPREAD, CROWDING * waiting * apart)
        now = self.now()
        self._tight_until[installation] = now + timedelta(seconds=wait + spread + TIGHT)
        return OutOfBudget(now + timedelta(seconds=wait + spread * self.chance()))
