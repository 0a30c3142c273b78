"""Floor 1: word lists are written as people write them: words with spaces between."""

from __future__ import annotations


def listed(words: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(words.split())
