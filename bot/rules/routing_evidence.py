"""Floor 1: from words found to evidence: how much each area has, and which words gave it.

A word counts by where it stands (title's prefix, title, body, code …), not by how often: a repetition adds a
fraction. Words of a group share the group's cap. Context rules add what words say only together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.model import Match
from bot.policy.routing import Routing, Zones
from bot.rules.routing_lexicon import Entry, Lexicon

Place = Literal["prefix", "title", "body", "context", "code", "link"]
_COUNTED = 4  # repetitions beyond this add nothing


@dataclass(slots=True)
class Seen:
    """How one entry stands in the issue."""

    places: dict[Place, int] = field(default_factory=dict)
    at: list[int] = field(default_factory=list)  # positions in the body's words

    @property
    def titled(self) -> bool:
        return "title" in self.places or "prefix" in self.places


@dataclass(slots=True)
class Evidence:
    """What speaks for whom."""

    areas: dict[str, float] = field(default_factory=dict)
    matches: dict[str, list[Match]] = field(default_factory=dict)
    alerts: dict[int, float] = field(default_factory=dict)  # alert number → weight
    exceptions: list[int] = field(default_factory=list)
    beta: list[int] = field(default_factory=list)

    def add(self, area: str, match: Match) -> None:
        self.areas[area] = self.areas.get(area, 0.0) + match.weight
        self.matches.setdefault(area, []).append(match)


class Scales:
    """Turns the words seen into evidence, as the policy weighs them."""

    def __init__(self, routing: Routing, lexicon: Lexicon, home: dict[str, str]) -> None:
        self._routing = routing
        self._lexicon = lexicon
        self._home = home  # team → the area that stands for it
        self._weights = place_weights(routing.zones)

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
                weight = self._strength(state, anywhere=True) * self._routing.alerts.weight
                evidence.alerts[entry.alert] = weight
            self._exceptions(entry, state, evidence)
            evidence.beta += entry.beta
        self._rules(spots, evidence)
        return evidence

    def _words(self, seen: dict[int, Seen], evidence: Evidence) -> None:
        """Each word's own weight, a group's words together no more than its cap."""
        groups: dict[tuple[str, int], float] = {}
        for number, state in seen.items():
            entry = self._lexicon.entries[number]
            for says in entry.evidence:
                if not says.weight:
                    continue
                weight = says.weight * self._strength(state, says.anywhere)
                key = (says.area, says.group)
                groups[key] = groups.get(key, 0.0) + weight
                match = Match(entry.word, _where(state), round(weight, 3))
                evidence.matches.setdefault(says.area, []).append(match)
        caps, title = self._lexicon.caps, self._weights["title"]
        for (area, group), weight in groups.items():
            evidence.areas[area] = evidence.areas.get(area, 0.0) + min(weight, caps[group] * title)

    def _exceptions(self, entry: Entry, state: Seen, evidence: Evidence) -> None:
        """A subject the policy gives to another owner weighs for that owner."""
        for number in entry.exceptions:
            exception = self._routing.exceptions[number]
            if number not in evidence.exceptions:
                evidence.exceptions.append(number)
            weight = exception.weight * self._strength(state, anywhere=False)
            evidence.add(self._home[exception.team], Match(entry.word, _where(state), round(weight, 3)))

    def _rules(self, spots: dict[str, list[Seen]], evidence: Evidence) -> None:
        """Words that mean more together: the policy's context rules."""
        for rule in self._routing.rules:
            if any(name in spots for name in rule.unless) or not all(name in spots for name in rule.all):
                continue
            titled, near = self._together([spots[name] for name in rule.all], rule.within)
            factor = self._weights["title"] if titled else self._weights["body"] if near else 0.0
            if factor:
                for area, weight in rule.gives.items():
                    evidence.add(area, Match(rule.id, "title" if titled else "body", weight * factor))

    def _together(self, lists: list[list[Seen]], within: int) -> tuple[bool, bool]:
        """Do words of all lists stand in the title? Do they stand close, where the title is close to all?"""
        rest = [states for states in lists if not any(state.titled for state in states)]
        if not rest:
            return True, True
        positions = [sorted(at for state in states for at in state.at) for states in rest]
        return False, len(rest) == 1 or _stretch(positions) <= within

    def _strength(self, state: Seen, anywhere: bool) -> float:
        """How much one word counts where it stands; `anywhere` counts code, logs and links as prose."""
        weights = self._weights
        repeat = self._routing.thresholds.repeat
        total = best = 0.0
        count = 0
        for place, times in state.places.items():
            if place == "prefix" or place == "title":
                total = max(total, weights[place])
                continue
            weight = weights["body"] if anywhere else weights[place]
            count = times if weight > best else count + times if weight == best else count
            best = max(best, weight)
        if count:
            total += best * (1 - repeat ** min(count, _COUNTED)) / (1 - repeat)
        return total


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


def _where(state: Seen) -> Literal["title", "body", "context"]:
    """The place to name as the reason."""
    if state.titled:
        return "title"
    return "body" if "body" in state.places else "context"


def _stretch(lists: list[list[int]]) -> int:
    """The length of the shortest stretch that holds a position of each sorted list."""
    marks = sorted((at, which) for which, positions in enumerate(lists) for at in positions)
    last: dict[int, int] = {}
    best = 10**9
    for at, which in marks:
        last[which] = at
        if len(last) == len(lists):
            best = min(best, at - min(last.values()))
    return best
