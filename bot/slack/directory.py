"""Floor 2: which channels and user groups exist in Slack, kept for some minutes.

A Slack that cannot be asked leaves the last answer in force; one that was never answered means: no Slack in
this run, the card carries the text to paste, and the next run asks again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.errors import SlackDown
from bot.slack.client import SlackClient, SlackRefused
from bot.told import Workspace

KEEP = timedelta(minutes=15)


class Directory:
    """`buttons`: the signing secret is configured, so buttons can be answered."""

    def __init__(self, client: SlackClient, now: Callable[[], datetime], *, buttons: bool) -> None:
        self._client = client
        self._now = now
        self._buttons = buttons
        self._known: Workspace | None = None
        self._asked_at: datetime | None = None
        self._lock = asyncio.Lock()
        self._log = structlog.get_logger("slack")

    async def get(self) -> Workspace | None:
        """What exists; None when Slack refuses our token. Raises SlackDown while nothing is known yet."""
        async with self._lock:
            if self._asked_at is None or self._now() - self._asked_at >= KEEP:
                await self._ask()
            return self._known

    async def _ask(self) -> None:
        try:
            url = await self._client.home()
            self._known = Workspace(url, await self._client.channels(), await self._groups(), self._buttons)
        except SlackDown:
            if self._known is None:
                raise
        except SlackRefused as error:
            self._log.error("refused", error=str(error))
            self._known = None
        self._asked_at = self._now()

    async def _groups(self) -> dict[str, str]:
        """User groups; without the permission to list them handles are plain text, and the card says so."""
        try:
            return await self._client.groups()
        except SlackRefused as error:
            self._log.error("refused", error=str(error))
            return {}
