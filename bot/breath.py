"""Floor 2: a breath between thoughts, so that the doors are served while many issues are worked on.

Deciding takes milliseconds, and nothing else runs meanwhile. GitHub's answers come in bursts: without this,
ten runs would think one after the other while a webhook waits for its 202.
"""

from __future__ import annotations

import asyncio


class Breath:
    """Awaited before a long thought: one at a time, and whatever else is ready comes in between."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def __call__(self) -> None:
        async with self._one:
            await asyncio.sleep(0)
