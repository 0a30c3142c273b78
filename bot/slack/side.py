"""Floor 2: what a reconcile does with Slack: what was done there, before; what is told there, in between. And
with the paging service, which is told first, and which a Slack that is down does not hold up, nor it Slack.

Several rounds of telling: what was posted may have to be pointed to. Each message is in the database as soon
as Slack named it, so that a card that cannot be written repeats nothing. A Slack that is down ends the
rounds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from bot.errors import ServiceDown, SlackDown
from bot.memory import unsealed
from bot.model import IssueKey, Plan, Snapshot
from bot.pager import Pager
from bot.policy.schema import Policy
from bot.rules.heard import heard
from bot.slack.teller import Record, Teller
from bot.store import Store
from bot.told import Act, Page, Sent, Tell, Workspace

ROUNDS = 4

Again = Callable[[Sequence[Sent]], Awaitable[Plan]]
"""Plans anew, with what was sent on record."""
BeforeRound = Callable[[], Awaitable[None]]
"""Raises when the right to write is lost."""


@dataclass(frozen=True, slots=True)
class SlackSide:
    """`teller` None: no Slack. `pager` None: no paging service."""

    store: Store
    teller: Teller | None
    pager: Pager | None = None

    async def known(self, snapshot: Snapshot) -> tuple[Snapshot, SlackDown | None]:
        """The snapshot with what exists in Slack, and with what people did there as their comments."""
        workspace: Workspace | None = None
        down: SlackDown | None = None
        try:
            workspace = await self.teller.workspace() if self.teller is not None else None
        except SlackDown as error:
            down = error
        found = heard(replace(snapshot, workspace=workspace, pager=self.pager is not None))
        there = {act.id for act in snapshot.acts} - {act.id for act in found.acts}
        if there:
            await self.store.forget_acts(there)
        return found, down

    async def acts(self, key: IssueKey) -> tuple[Act, ...]:
        """What people did in Slack and may be no comment yet."""
        return await self.store.acts(key) if self.teller is not None else ()

    async def sent(self, key: IssueKey) -> tuple[Sent, ...]:
        """What Slack, or the paging service, was told and the card may lack."""
        return await self.store.sent(key) if self.teller is not None or self.pager is not None else ()

    async def tell(
        self, snapshot: Snapshot, policy: Policy, planned: Plan, again: Again, before: BeforeRound
    ) -> tuple[Plan, tuple[Sent, ...], ServiceDown | None]:
        """Tell until nothing is left to tell; returns the plan that is left, and what was sent."""
        sent: list[Sent] = []

        async def record(one: Sent) -> None:
            sent.append(one)
            await self.store.save_sent(snapshot.key, one)

        for _ in range(ROUNDS):
            if not planned.tell:
                break
            await before()
            down = await self._tell(snapshot, policy, planned.tell, record)
            planned = await again(sent)
            if down is not None:
                return planned, tuple(sent), down
        return planned, tuple(sent), None

    async def _tell(
        self, snapshot: Snapshot, policy: Policy, tell: Sequence[Tell], record: Record
    ) -> ServiceDown | None:
        """One round; returns what may pass."""
        down: ServiceDown | None = None
        try:
            for page in tell:
                if isinstance(page, Page) and self.pager is not None:
                    await record(await self.pager.page(page))
        except ServiceDown as error:
            down = error
        actions = [action for action in tell if not isinstance(action, Page)]
        try:
            if actions and self.teller is not None:
                await self.teller.send(snapshot, policy, actions, record)
        except ServiceDown as error:
            down = error
        return down

    async def farewell(self, key: IssueKey) -> None:
        """The issue is gone; its memory is in the database alone. Raises SlackDown."""
        card = await self.store.card(key)
        memory = unsealed(card.marker) if card is not None else None
        if self.teller is not None and memory is not None:
            await self.teller.farewell(str(key), memory.told)

    async def settled(self, key: IssueKey, snapshot: Snapshot, *, sent: bool) -> None:
        """The card has what was sent, and acts are comments now."""
        if sent:
            await self.store.forget_sent(key)
        if snapshot.acts:
            await self.store.forget_acts(act.id for act in snapshot.acts)
