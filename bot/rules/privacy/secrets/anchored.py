"""Floor 1: rules that are tried only where their keyword stands: one Aho-Corasick pass finds the places for
all.

A pattern is matched at a place, never searched for, and its length is bounded; so the whole scan is linear,
however many providers the tables name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick_rs

from bot.rules.privacy.normalise import View

#: (view, place of the keyword) → the value's range, or None
Try = Callable[[View, int], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Anchored:
    """One rule: its id, the keywords (lower case) it is tried at, and the trial."""

    id: str
    keywords: tuple[str, ...]
    attempt: Try


class Anchors:
    """All anchored rules behind one automaton."""

    def __init__(self, rules: Sequence[Anchored]) -> None:
        places: dict[str, list[Anchored]] = {}
        for rule in rules:
            for keyword in rule.keywords:
                places.setdefault(keyword, []).append(rule)
        self._rules = [tuple(found) for found in places.values()]
        self._automaton = ahocorasick_rs.AhoCorasick(list(places))

    def scan(self, view: View) -> Iterator[tuple[str, int, int]]:
        """Every (rule, start, end) that any rule recognises."""
        seen: set[tuple[str, int, int]] = set()
        for which, start, _ in self._automaton.find_matches_as_indexes(view.low, overlapping=True):
            for rule in self._rules[which]:
                span = rule.attempt(view, start)
                if span is not None and (rule.id, *span) not in seen:
                    seen.add((rule.id, *span))
                    yield rule.id, *span


def at_edge(view: View, at: int) -> bool:
    """May a token begin here: not inside a word, where ``\\n`` in a quoted log counts as a line break."""
    data = view.data
    if at == 0 or not (data[at - 1 : at].isalnum()):
        return True
    return at >= 2 and data[at - 1 : at] in b"nrt" and data[at - 2 : at - 1] == b"\\"


def span_of(match: Any, group: int = 1) -> tuple[int, int]:
    start, end = match.span(group)
    return int(start), int(end)
