"""Floor 2: the weekly digest: one issue a repository, written anew each week, and one post in Slack.

What it guarantees
- One key a repository in the queue: once across replicas. Before each write the claim still holds.
- What was done is in the database right after it was done, the issue and the post apart: a crash in between
  repeats an edit that changes nothing, or a post in Slack; neither is ever lost, and no second issue is made
  (`weekly_issue.py`).
- It begins with the first digest whose time comes after the first look: a new installation, or a lost
  database, repeats none that was told before.
- It speaks once the history was read, else its figures would be too small; and without ticket counts rather
  than never, when Zendesk keeps failing. Both hold for the picture too.

App only: the Action keeps nothing between two runs that could say what was said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot import figure_digest, plots
from bot.errors import Forbidden, ServiceDown, UserError
from bot.figure_digest import SET_UP, Measured
from bot.figures import figures_key
from bot.github import parse
from bot.github.auth import App
from bot.github.documents import GET_REPOSITORY
from bot.guard import Guard
from bot.model import IssueKey
from bot.policy.schema import Policy, Slack
from bot.queue import Claim, Queue
from bot.reconciler import Reconciler
from bot.rules.figures.tickets import NONE, Tickets
from bot.rules.rulebook import Rulebook
from bot.rules.slack import channel_of
from bot.rules.weekly import Slot, slots
from bot.slack.client import SlackRefused
from bot.slack.teller import Teller
from bot.store_figures import FigureStore
from bot.store_standing import Standings
from bot.told import Workspace
from bot.weekly_issue import Filed, WeeklyIssue
from bot.worker import Done, Lost
from bot.zendesk import Zendesk

KIND = "weekly"
FROM, ISSUE, SLACK = "weekly:from", "weekly:issue", "weekly:slack"  # what the database knows
EVERY = timedelta(hours=1)  # a policy that changed, a channel that is there now
SOON = timedelta(minutes=10)
READ = timedelta(days=2)  # since then the history must have been read; a pass comes each day
TRIES = 3  # after so many the digest does without what fails: Zendesk, or the picture


def weekly_key(repository: str) -> str:
    return f"{KIND}:{repository}"


@dataclass(frozen=True)
class Weekly:
    """`guard` is asked before a content write; `zendesk` None: nobody tells how many tickets there were."""

    queue: Queue
    clients: App
    reconciler: Reconciler
    facts: FigureStore
    zendesk: Zendesk | None
    guard: Callable[[Claim, IssueKey], Guard]

    async def work(self, claim: Claim) -> Done:
        """Write the digest whose time has come. Raises Transient, OutOfBudget, Lost: then again."""
        repository = claim.key.partition(":")[2]
        rec, now = self.reconciler, self.reconciler.now()
        if await rec.store.paused(repository) is not None:
            return Done("paused", now + EVERY)
        owner, name = repository.split("/")
        book = await rec.rulebooks.get(await rec.clients.client(owner, name), owner, name)
        if rec.shadow or book.policy.shadow or book.policy.writer != rec.writer:
            return Done("not the writer", now + EVERY)
        if not book.policy.digest.enabled:
            return Done("off", now + EVERY)
        standings = Standings(rec.store.db)
        said = await standings.said(repository)
        if FROM not in said:
            await standings.say(repository, FROM, now.isoformat())
            said = await standings.said(repository)
        slot, next_ = slots(book.policy.digest, book.calendars.support(), now)
        later = min(next_, now + EVERY)
        if slot is None or slot.at < datetime.fromisoformat(said[FROM]):
            return Done("not due", later)
        filed, posted = Filed.loaded(said.get(ISSUE)), said.get(SLACK) == slot.day.isoformat()
        if filed.day == slot.day.isoformat() and (posted or rec.teller is None):
            return Done("said", later)
        read_until = await self.facts.read_until(repository)
        if read_until is None or now - read_until > READ:
            await self.queue.accept(figures_key(repository))
            return Done("history not read", min(later, now + SOON))
        await self._say(claim, repository, book, slot, filed, posted)
        return Done("digest", later)

    async def _say(
        self, claim: Claim, repository: str, book: Rulebook, slot: Slot, filed: Filed, posted: bool
    ) -> None:
        """The issue first, as the post leads to it; then Slack."""
        policy, standings = book.policy, Standings(self.reconciler.store.db)
        tickets, no_tickets = await self._tickets(claim, slot, policy)
        facts = await self.facts.load(repository)
        now = self.reconciler.now()
        found = await asyncio.to_thread(figure_digest.measured, facts, tickets, slot, policy, now, repository)
        if filed.day != slot.day.isoformat():
            filed = await self._issue(claim, repository, policy, found, filed, no_tickets)
        teller = self.reconciler.teller
        if teller is not None and not posted and await self._post(claim, teller, policy, found, filed.url):
            await standings.say(repository, SLACK, slot.day.isoformat())

    # ── figures ─────────────────────────────────────────────────────────────────────────────

    async def _tickets(self, claim: Claim, slot: Slot, policy: Policy) -> tuple[Tickets, str]:
        """What is known of tickets, or what to do about it. Raises ServiceDown while that may pass."""
        if self.zendesk is None:
            return NONE, SET_UP
        since = slot.days_before(7 * policy.digest.weeks + policy.goals.window + 7).since
        try:
            return await self.zendesk.tickets(since, policy), SET_UP
        except UserError as error:
            structlog.get_logger("weekly").error("no tickets", why=str(error))
            return NONE, "Zendesk refuses the token; `rfh-bot report` says why"
        except ServiceDown as error:
            if claim.attempts < TRIES:
                raise
            structlog.get_logger("weekly").error("no tickets", why=str(error))
            return NONE, "Zendesk did not answer"

    # ── the issue ───────────────────────────────────────────────────────────────────────────

    async def _issue(
        self,
        claim: Claim,
        repository: str,
        policy: Policy,
        found: Measured,
        filed: Filed,
        no_tickets: str,
    ) -> Filed:
        """Write it. What GitHub refuses is tried again at the next look, and holds up no post."""
        owner, repo = repository.split("/")
        rec = self.reconciler
        issue = WeeklyIssue(
            self.clients,
            rec.catalogues,
            repository,
            guard=self.guard(claim, IssueKey(owner, repo, filed.number or 1)),
            keep=lambda one: Standings(rec.store.db).say(repository, ISSUE, one.dumped()),
            now=rec.now,
        )
        try:
            customers = policy.digest.customers and await self._private(owner, repo)
            text = figure_digest.body(found, policy, customers=customers, no_tickets=no_tickets)
            return await issue.write(replace(filed, day=found.slot.day.isoformat()), text, policy.digest)
        except Forbidden as error:
            structlog.get_logger("weekly").error("refused", why=str(error))
            return Filed()

    async def _private(self, owner: str, repo: str) -> bool:
        """Is the tracker private at this moment? Else no customer is named."""
        gh = await self.clients.client(owner, repo)
        answer = await gh.rest(GET_REPOSITORY, owner=owner, repo=repo)
        return parse.readable(GET_REPOSITORY.path, lambda: answer["private"] is True)

    # ── Slack ───────────────────────────────────────────────────────────────────────────────

    async def _post(self, claim: Claim, teller: Teller, policy: Policy, found: Measured, url: str) -> bool:
        """Post; False: Slack refuses, or shows us no such channel. Raises SlackDown."""
        log = structlog.get_logger("weekly")
        name = policy.digest.channel or policy.support.channel
        channel = channel_of(Slack(channel=name), await teller.workspace() or Workspace(), [])
        if not channel:
            log.error("no channel", channel=name)
            return False
        message = figure_digest.post(found, policy, url)
        picture = figure_digest.picture(found, policy) if plots.available() else None
        if picture is not None and claim.attempts < TRIES:
            drawn = await asyncio.to_thread(plots.png, picture.spec)
            text = str(message.blocks[0]["text"]["text"])
            await self._hold(claim)
            try:
                await teller.client.picture(channel, text, "digest.png", drawn, picture.alt)
            except SlackRefused as error:
                log.warning("no picture", why=str(error))
            else:
                return True
        await self._hold(claim)
        try:
            await teller.client.post(channel, message)
        except SlackRefused as error:
            log.error("refused", why=str(error))
            return False
        return True

    async def _hold(self, claim: Claim) -> None:
        if not await self.queue.holds(claim):
            raise Lost
