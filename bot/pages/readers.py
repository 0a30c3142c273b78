"""Who may look: people who can read a watched repository while it is private. GitHub says so.

It fails closed. An error is no answer and is not kept; a repository that became public lets nobody in, as on
a public one everybody has read; and a person who lost access is out within five minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import cachetools

from bot.errors import Forbidden
from bot.github.auth import METADATA, Clients
from bot.github.people import reads_while_private
from bot.model import Actor

KEPT = 300.0  # seconds that a yes is kept
KEPT_NO = 30.0  # seconds that a no is kept: who was just let in should not wait


def _until(_: object, readable: tuple[str, ...], now: float) -> float:
    return now + (KEPT if readable else KEPT_NO)


class Readers:
    """`readable` tells which of the watched repositories a person may see."""

    def __init__(
        self, clients: Clients, repositories: Callable[[], tuple[str, ...]], now: Callable[[], datetime]
    ) -> None:
        self._clients = clients
        self._repositories = repositories
        self._known: cachetools.TLRUCache[Actor, tuple[str, ...]] = cachetools.TLRUCache(
            4096, ttu=_until, timer=lambda: now().timestamp()
        )

    async def readable(self, person: Actor) -> tuple[str, ...]:
        """The repositories, in the order they are watched in. Raises Transient, Refused: nobody may look."""
        known = self._known.get(person)
        if known is None:
            known = tuple([name for name in self._repositories() if await self._may(name, person)])
            self._known[person] = known
        return known

    async def _may(self, name: str, person: Actor) -> bool:
        owner, repo = name.split("/")
        try:
            gh = await self._clients.client(owner, repo, METADATA)
            return await reads_while_private(gh, owner, repo, person)
        except Forbidden:  # not installed there, or not any more
            return False
