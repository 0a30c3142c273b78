"""Floor 2: what may be shown in Slack of somebody's words: redacted as strictly as what is published.

Without the extra `privacy`, or when a scanner fails, nothing is shown: the message then names the area and
leads to the issue, and the card says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import cachetools

from bot import kingfisher
from bot.kingfisher import ScannerUnavailable
from bot.policy.schema import Policy
from bot.rules.privacy import Context, Scanner, redact
from bot.scanner import missing, scanner
from bot.told import Withheld

KEPT = 256  # texts; a change of the due time must not scan the same words again


class Redact(Protocol):
    async def __call__(
        self, policy: Policy, texts: Sequence[str], customers: Sequence[str], own: Sequence[str], /
    ) -> tuple[tuple[str, ...], Withheld]:
        """The texts as they may be shown, or none with the reason. `customers`: all the tracker's labels."""


class Redactor:
    """Scans in a thread, one at a time: kingfisher is a process that takes all it gets."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._scanner: tuple[Policy, Scanner] | None = None
        self._seen: cachetools.LRUCache[object, tuple[str, ...]] = cachetools.LRUCache(KEPT)

    async def __call__(
        self, policy: Policy, texts: Sequence[str], customers: Sequence[str], own: Sequence[str], /
    ) -> tuple[tuple[str, ...], Withheld]:
        if not any(texts):
            return tuple(texts), ""
        if missing():
            return (), "no-extra"
        name = (id(policy), tuple(texts), tuple(customers), tuple(own))
        known = self._seen.get(name) if self._scanner is not None and self._scanner[0] is policy else None
        if known is None:
            context = Context("publish", tuple(own), tuple(customers))
            try:
                async with self._lock:
                    known = await asyncio.to_thread(self._redacted, policy, texts, context)
            except ScannerUnavailable:
                return (), "scanner"
            self._seen[name] = known
        return known, "" if any(map(_says_something, known)) else "nothing-left"

    def _redacted(self, policy: Policy, texts: Sequence[str], context: Context) -> tuple[str, ...]:
        if self._scanner is None or self._scanner[0] is not policy:
            self._scanner = policy, scanner(policy)
            self._seen.clear()
        found = kingfisher.find_secrets(texts)
        scan = self._scanner[1]
        return tuple(
            redact(scan, text, context, external).text for text, external in zip(texts, found, strict=True)
        )


def _says_something(text: str) -> bool:
    """Is there a word that is no placeholder?"""
    return any(word.isalpha() for word in text.split())
