"""Floor 2: reads texts that are public already, for what should not be.

Without kingfisher, or when it fails, our own patterns go on watching: here silence is no promise, and a look
that waited for it would come too late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from bot import kingfisher
from bot.kingfisher import ScannerUnavailable
from bot.policy.schema import Policy
from bot.rules.privacy import Context, External, Finding, Scanner
from bot.scanner import scanner

Findings = tuple[Finding, ...]


class Examine(Protocol):
    async def __call__(
        self, policy: Policy, texts: Sequence[str], customers: Sequence[str], /
    ) -> Sequence[Findings]:
        """The findings in each text. `customers`: all labels of customers."""


class Examiner:
    """Scans in a thread, one batch at a time: kingfisher is a process that takes all it gets."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._scanner: tuple[Policy, Scanner] | None = None

    async def __call__(
        self, policy: Policy, texts: Sequence[str], customers: Sequence[str], /
    ) -> Sequence[Findings]:
        async with self._lock:
            if self._scanner is None or self._scanner[0] is not policy:
                self._scanner = policy, await asyncio.to_thread(scanner, policy)
            context = Context("watch", (), tuple(customers))
            return await asyncio.to_thread(_examined, self._scanner[1], texts, context)


def _examined(scan: Scanner, texts: Sequence[str], context: Context) -> Sequence[Findings]:
    return [scan.scan(text, context, external) for text, external in zip(texts, _seen(texts), strict=True)]


def _seen(texts: Sequence[str]) -> Sequence[tuple[External, ...]]:
    """What kingfisher sees in each text; nothing where it cannot be asked."""
    if kingfisher.binary() is not None:
        try:
            return kingfisher.find_secrets(texts)
        except ScannerUnavailable as error:
            structlog.get_logger("watch").warning("own patterns only", error=str(error))
    return [()] * len(texts)
