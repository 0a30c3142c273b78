"""Floor 1: from words found to evidence: how much each area has, and which words gave it.

A word counts by where it stands (title's prefix, title, body, code …), not by how often: a repetition adds a
fraction. Words of a group share the group's cap. Context rules add what words say only together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import exp
from typing import Literal

from bot.model import Match
from bot.policy.routing import Routing, Zones
from bot.rules.routing_lexicon import Entry, Lexicon

Place = Literal["prefix", "title", "body", "context", "code", "link"]
_TITLES = frozenset(("prefix", "title"))
_COUNTED = 4  # repetitions beyond this add nothing


@dataclass(slots=True)
class Seen:
    """How one entry stands in the issue."""

    places: dict[Place, int]
    at: list[int]  # positions in the body's words

    @property
    def titled(self) -> bool:
        return not _TITLES.isdisjoint(self.places)


@dataclass(slots=True)
class Evidence:
    """What speaks for whom."""

    areas: dict[str, float] = field(default_factory=dict)
    titles: dict[str, float] = field(default_factory=dict)  # what the title alone gives an area
    bodies: dict[str, float] = field(default_factory=dict)
    matches: dict[str, list[Match]] = field(default_factory=dict)
    alerts: dict[int, float] = field(default_factory=dict)  # alert number → weight
    exceptions: list[int] = field(default_factory=list)
    beta: list[int] = field(default_factory=list)
    showing: set[str] = field(default_factory=set)  # areas named in the title that show others' features
    undecided: set[str] = field(default_factory=set)  # teams hardly ahead of another of their family

    def add(self, area: str, title: float, body: float) -> None:
        self.titles[area] = self.titles.get(area, 0.0) + title
        self.bodies[area] = self.bodies.get(area, 0.0) + body

    def note(self, area: str, match: Match) -> None:
        self.matches.setdefault(area, []).append(match)


class Scales:
    """Turns the words seen into evidence, as the policy weighs them."""

    def __init__(self, routing: Routing, lexicon: Lexicon, home: dict[str, str]) -> None:
        self._routing = routing
        self._lexicon = lexicon
        self._home = home  # team → the area that stands for it
        self._weights = place_weights(routing.zones)
        repeat = routing.thresholds.repeat
        self._repeats = [(1 - repeat**count) / (1 - repeat) for count in range(_COUNTED + 1)]
        self._rule_sets = [(frozenset(rule.all), frozenset(rule.unless), rule) for rule in routing.rules]

    def weigh(self, seen: dict[int, Seen]) -> Evidence:
        """All evidence in the words seen."""
        evidence = Evidence()
        spots: dict[str, list[Seen]] = {}
        self._words(seen, evidence)
        for number, state in seen.items():
            entry = self._lexicon.entries[number]
            for name in entry.lists:
                spots.setdefault(name, []).append(state)
            if entry.alert >= 0:
                weight = sum(self._strength(state, anywhere=True)) * self._routing.alerts.weight
                evidence.alerts[entry.alert] = weight
            self._exceptions(entry, state, evidence)
            evidence.beta += entry.beta
        self._rules(spots, evidence)
        most = self._routing.thresholds.body
        for area, title in evidence.titles.items():
            score = title + most * (1 - exp(-evidence.bodies[area] / most))
            shown = evidence.showing and area not in evidence.showing
            evidence.areas[area] = score * self._routing.thresholds.shown if shown else score
        return evidence

    def _words(self, seen: dict[int, Seen], evidence: Evidence) -> None:
        """Each word's own weight, a group's words together no more than its cap."""
        groups: dict[tuple[str, int], tuple[float, float]] = {}
        entries = self._lexicon.entries
        for number, state in seen.items():
            entry = entries[number]
            if not entry.evidence:
                continue
            where = _where(state)
            here, anywhere = self._strength(state, anywhere=False), None
            for says in entry.evidence:
                if says.anywhere and anywhere is None:
                    anywhere = self._strength(state, anywhere=True)
                title, body = anywhere if says.anywhere and anywhere is not None else here
                title, body = says.weight * title, says.weight * body
                key = (says.area, says.group)
                before = groups.get(key)
                groups[key] = (title, body) if before is None else (before[0] + title, before[1] + body)
                if says.shows_others and where == "title":
                    evidence.showing.add(says.area)
                evidence.note(says.area, _match(entry.word, where, round(title + body, 3)))
        for (area, group), (title, body) in groups.items():
            cap = self._lexicon.caps[group]
            share = cap / (title + body) if title + body > cap else 1.0
            evidence.add(area, title * share, body * share)

    def _exceptions(self, entry: Entry, state: Seen, evidence: Evidence) -> None:
        """A subject the policy gives to another owner weighs for that owner."""
        for number in entry.exceptions:
            exception = self._routing.exceptions[number]
            if number not in evidence.exceptions and _where(state) != "context":
                evidence.exceptions.append(number)
            title, body = self._strength(state, anywhere=False)
            area = self._home[exception.team]
            evidence.add(area, exception.weight * title, exception.weight * body)
            weight = round(exception.weight * (title + body), 3)
            evidence.note(area, _match(entry.word, _where(state), weight))

    def _rules(self, spots: dict[str, list[Seen]], evidence: Evidence) -> None:
        """Words that mean more together: the policy's context rules."""
        words = spots.keys()
        for needed, unless, rule in self._rule_sets:
            if not needed <= words or unless & words:
                continue
            titled, near = self._together([spots[name] for name in rule.all], rule.within)
            if not near:
                continue
            title, body = (self._weights["title"], 0.0) if titled else (0.0, self._weights["body"])
            for area, weight in rule.gives.items():
                evidence.add(area, weight * title, weight * body)
                evidence.note(area, Match(rule.id, "title" if titled else "body", weight * (title + body)))

    def _together(self, lists: list[list[Seen]], within: int) -> tuple[bool, bool]:
        """Do words of all lists stand in the title? Do they stand close, where the title is close to all?"""
        rest = [states for states in lists if not any(state.titled for state in states)]
        if not rest:
            return True, True
        return False, len(rest) == 1 or _close(
            [[at for state in states for at in state.at] for states in rest], within
        )

    def _strength(self, state: Seen, anywhere: bool) -> tuple[float, float]:
        """How much one word counts in the title and in the body; `anywhere` takes logs and links as prose."""
        title = best = 0.0
        count = 0
        for place, times in state.places.items():
            if place in _TITLES:
                title = max(title, self._weights[place])
                continue
            weight = self._weights["body" if anywhere else place]
            if weight > best:
                best, count = weight, times
            elif weight == best:
                count += times
        return title, best * self._repeats[min(count, _COUNTED)]


def place_weights(zones: Zones) -> dict[Place, float]:
    """The policy's weight of each place."""
    return {
        "prefix": zones.prefix,
        "title": zones.title,
        "body": zones.body,
        "context": zones.context,
        "code": zones.code,
        "link": zones.link,
    }


@lru_cache(maxsize=8192)
def _match(word: str, where: Literal["title", "body", "context"], weight: float) -> Match:
    """The policy's words in a few weights: they come again and again, and hold no text of an issue."""
    return Match(word, where, weight)


def _where(state: Seen) -> Literal["title", "body", "context"]:
    """The place to name as the reason."""
    places = state.places
    if "title" in places or "prefix" in places:
        return "title"
    return "body" if "body" in places else "context"


def _close(lists: list[list[int]], within: int) -> bool:
    """Does a stretch of so many words hold a position of each list?"""
    marks = sorted((at, which) for which, positions in enumerate(lists) for at in positions)
    last: dict[int, int] = {}
    for at, which in marks:
        last[which] = at
        if len(last) == len(lists) and at - min(last.values()) <= within:
            return True
    return False
