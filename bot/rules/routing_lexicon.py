"""Floor 1: the policy's words compiled: what each entry of the index is evidence for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.policy.routing import Routing
from bot.rules.alerts import alerts_of
from bot.rules.routing_index import Index
from bot.rules.text import phrase


@dataclass(frozen=True, slots=True)
class Evidence:
    """One word says this much about one area (or, for an exception, about one team)."""

    area: str
    weight: float
    group: int  # words of one group share a cap
    anywhere: bool = False
    shows_others: bool = False


@dataclass(slots=True)
class Entry:
    """Everything one word of the policy means."""

    word: str
    evidence: list[Evidence] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    exceptions: list[int] = field(default_factory=list)
    beta: list[int] = field(default_factory=list)
    alert: int = -1

    @property
    def calls_for_rules(self) -> bool:
        return bool(self.lists or self.exceptions or self.beta)

    @property
    def says_something(self) -> bool:
        return bool(self.evidence or self.calls_for_rules or self.alert >= 0)

    def join(self, other: Entry) -> None:
        """Take on what calls for rules in another entry."""
        self.lists += [name for name in other.lists if name not in self.lists]
        self.exceptions += [number for number in other.exceptions if number not in self.exceptions]
        self.beta += [number for number in other.beta if number not in self.beta]


class Lexicon:
    """The index of all words and their meaning; `caps[group]` is what a group counts at most."""

    def __init__(self, routing: Routing) -> None:
        self.entries: list[Entry] = []
        self.caps: list[float] = []
        self.alerts = alerts_of(routing.alerts)
        self._by_form: dict[str, Entry] = {}
        self._groups(routing)
        self._keywords(routing)
        for name, members in routing.lists.items():
            for word in members:
                entry = self._entry(word)
                if name not in entry.lists:
                    entry.lists.append(name)
        for number, exception in enumerate(routing.exceptions):
            for word in exception.when:
                self._entry(word).exceptions.append(number)
        for number, feature in enumerate(routing.beta):
            for word in feature.words:
                self._entry(word).beta.append(number)
        for word in (*routing.generic, *routing.template):  # no evidence, but they hide the words in them
            self._entry(word)
        for number, alert in enumerate(self.alerts):
            self._entry(alert.phrase).alert = number
        learned = self._learned(routing)
        silent = {number for number, entry in enumerate(self.entries) if not entry.says_something}
        self.index = Index((entry.word for entry in self.entries), silent)
        self._join_forms()
        for first, evidence in learned:
            entry = self.entries[self.index.entries[first]]
            entry.evidence = [one for one in entry.evidence if one.area != evidence.area]
            entry.evidence += [evidence] if evidence.weight else []
        self._inherit()
        self._name_parts()
        self.silent = frozenset(n for n, entry in enumerate(self.entries) if not entry.says_something)

    def _entry(self, word: str) -> Entry:
        form = " ".join(phrase(word))
        entry = self._by_form.get(form)
        if entry is None:
            entry = self._by_form[form] = Entry(word)
            self.entries.append(entry)
        return entry

    def _groups(self, routing: Routing) -> None:
        for area_id, area in routing.areas.items():
            for group in area.words:
                self.caps.append(group.cap if group.cap is not None else float("inf"))
                for word in group.words:
                    number, flags = len(self.caps) - 1, (group.anywhere, group.shows_others)
                    evidence = Evidence(area_id, group.weight, number, *flags)
                    _add(self._entry(word).evidence, evidence)

    def _keywords(self, routing: Routing) -> None:
        """The handbook's keywords count where no group says how much; one that areas share counts less."""
        generic = {" ".join(phrase(word)) for word in routing.generic}
        sharers: dict[str, int] = {}
        for area in routing.areas.values():
            for word in area.keywords:
                form = " ".join(phrase(word))
                sharers[form] = sharers.get(form, 0) + 1
        for area_id, area in routing.areas.items():
            self.caps.append(float("inf"))
            for word in area.keywords:
                form = " ".join(phrase(word))
                entry = self._entry(word)
                if form not in generic and not any(e.area == area_id for e in entry.evidence):
                    weight = routing.keyword_weight / sharers[form]
                    entry.evidence.append(Evidence(area_id, weight, len(self.caps) - 1))

    def _learned(self, routing: Routing) -> list[tuple[int, Evidence]]:
        """Entries whose weight for an area is a learned one; where a word counts stays as it is."""
        found: list[tuple[int, Evidence]] = []
        for area_id, words in routing.learned.items():
            self.caps.append(float("inf"))
            for word, learned in words.items():
                entry = self._entry(word)
                known = next((one for one in entry.evidence if one.area == area_id), None)
                evidence = Evidence(area_id, learned.weight, len(self.caps) - 1)
                if known is not None:
                    evidence = replace(known, weight=learned.weight)
                _add(entry.evidence, evidence)  # so that the index does not take it for silent
                found.append((self.entries.index(entry), evidence))
        return found

    def _join_forms(self) -> None:
        """Two words that read the same once inflected (`campaign`, `campaigns`) are one entry."""
        for number, first in enumerate(self.index.entries):
            if first == number:
                continue
            entry, other = self.entries[first], self.entries[number]
            for evidence in other.evidence:
                _add(entry.evidence, evidence)
            entry.join(other)
            entry.alert = max(entry.alert, other.alert)

    def _inherit(self) -> None:
        """A phrase with evidence hides the words in it from the score, but is about them for rules:
        a `hover tooltip` is a tooltip, a `GitHub pull request` names GitHub."""
        parts = [self.index.ids(entry.word) for entry in self.entries]
        about = {ids: entry for ids, entry in zip(parts, self.entries, strict=True) if entry.calls_for_rules}
        for entry, ids in zip(self.entries, parts, strict=True):
            if not entry.evidence:
                continue
            inner = {ids[i:j] for i in range(len(ids)) for j in range(i + 1, len(ids) + 1)} - {ids}
            for part in (about[one] for one in sorted(inner & about.keys())):
                entry.join(part)

    def _name_parts(self) -> None:
        """A beta feature's name hides the words in it, but says what they say: `server-side batch changes`
        are batch changes."""
        for entry in self.entries:
            if entry.beta and not entry.evidence:
                name = list(phrase(entry.word))
                inner = (*self.index.find(name[1:]), *self.index.find(name[:-1]))
                for evidence in [one for number, _, _ in inner for one in self.entries[number].evidence]:
                    _add(entry.evidence, evidence)


def _add(known: list[Evidence], new: Evidence) -> None:
    """A word counts once for an area: with the highest weight it is given there."""
    for number, evidence in enumerate(known):
        if evidence.area == new.area:
            known[number] = max(evidence, new, key=lambda e: e.weight)
            return
    known.append(new)
