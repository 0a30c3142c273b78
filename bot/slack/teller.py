"""Floor 2: sends the Slack messages of a plan, one after the other, and says what became of each.

What it guarantees
- Words of the issue are redacted right before they are sent, never kept.
- A refusal is an outcome (`Sent.refused`), not an error: one channel that is gone stops nothing else.
- What may pass is raised as `SlackDown` after what was sent before it was reported to `record`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.rules.inbox import customer_labels
from bot.rules.slack_message import Message, hand_off, note
from bot.slack.client import SlackClient, SlackRefused
from bot.slack.directory import Directory
from bot.slack.redactor import Redact
from bot.told import Note, Sent, SlackAction, SlackPost, Telling, Told, Withheld, Workspace

Record = Callable[[Sent], Awaitable[None]]
"""Keeps what was sent, before anything else can fail."""


@dataclass(frozen=True)
class Teller:
    client: SlackClient
    directory: Directory
    redact: Redact
    now: Callable[[], datetime]

    async def workspace(self) -> Workspace | None:
        """See `Directory.get`."""
        return await self.directory.get()

    async def send(
        self, snapshot: Snapshot, policy: Policy, actions: Sequence[SlackAction], record: Record
    ) -> None:
        """Send all, recording each. Raises SlackDown at the first that may pass; and what `record` raises."""
        workspace = await self.directory.get() or Workspace()
        for action in actions:
            message, withheld = await self._message(snapshot, policy, action.content)
            await record(await self._one(snapshot, workspace, action, message, withheld))

    async def farewell(self, issue: str, told: Sequence[Told]) -> None:
        """The issue is gone: say so where it was told of. Raises SlackDown; a refusal changes nothing."""
        message = hand_off(Telling("gone", issue, "", ""), "", "")
        for one in told:
            try:
                if one.ts:
                    await self.client.update(one.channel, one.ts, message)
            except SlackRefused as error:
                structlog.get_logger("slack").error("refused", issue=issue, error=str(error))

    async def _one(
        self,
        snapshot: Snapshot,
        workspace: Workspace,
        action: SlackAction,
        message: Message,
        withheld: Withheld,
    ) -> Sent:
        shown = action.content.digest if isinstance(action.content, Telling) else ""
        channel, refused = action.channel, ""
        ts = "" if isinstance(action, SlackPost) else action.ts
        try:
            if isinstance(action, SlackPost):
                channel, ts = await self.client.post(action.channel, message, action.thread)
            else:
                await self.client.update(action.channel, action.ts, message)
        except SlackRefused as error:
            refused = error.code
            structlog.get_logger("slack").error("refused", issue=str(snapshot.key), error=str(error))
        link = workspace.link(channel, ts) if ts else ""
        return Sent(action.key, self._at(), channel, ts, shown, link, withheld, refused)

    def _at(self) -> datetime:
        return self.now().replace(microsecond=0)

    async def _message(
        self, snapshot: Snapshot, policy: Policy, content: Telling | Note
    ) -> tuple[Message, Withheld]:
        if isinstance(content, Note):
            return note(content), ""
        words = (content.need, content.timeline)
        if content.as_written or content.status != "open":
            return hand_off(content, *words), ""
        prefix = policy.labels.customer_prefix
        every = sorted(label.name for label in customer_labels(snapshot.catalogue.labels, prefix))
        own = [label.name for label in snapshot.issue.labels if label.name in every]
        safe, withheld = await self.redact(policy, words, every, own)
        return hand_off(content, *(safe if not withheld else ("", ""))), withheld
