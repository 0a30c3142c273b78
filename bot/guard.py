"""Floor 2: what is asked before each write: is the right to write still ours, and is there budget for it."""

from __future__ import annotations

from typing import Protocol


class Guard(Protocol):
    """Awaited before each write; raises when the right to write is lost.

    `begun`: an earlier write of the same plan was done. Then a used-up budget stops nothing any more: a plan
    that is cut off between the card and its reactions would leave commands without their acknowledgement.
    """

    async def __call__(self, begun: bool = False, /) -> None: ...


async def unguarded(begun: bool = False, /) -> None:
    """Nobody else works on the issue."""
