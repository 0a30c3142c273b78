"""Floor 1: what the history of issues says about the words of the policy: proposals, and what they are worth.

A word is proposed for a team when it stands in at least three of the team's issues, nearly only in them, more
often than chance explains, and in an issue that the router does not settle yet; never because of one issue.
What the proposals are worth is measured on issues that were left out when they were made (k folds). Nothing
is changed here: a person reviews what is proposed.
"""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from bot.model import Route
from bot.policy.routing import Learned, Thresholds
from bot.policy.schema import Policy
from bot.rules.routing import Router
from bot.rules.routing_lexicon import Lexicon
from bot.rules.routing_report import NOBODY, Case, Report, families, measure
from bot.rules.text import phrase
from bot.suggest_text import Term, read

LEAST = 3  # issues of the team that a word must stand in
CHANCE = 0.002  # how likely it may be that it stands in so many of them by chance
SHARES = ((0.95, 5, 4.0), (0.85, 4, 3.0), (0.75, LEAST, 2.0))  # share that is the team's, issues → weight
DOUBTFUL = 0.25  # a word is lowered when less of its issues are the team's, in at least …
DOUBTFUL_LEAST = 6  # … so many issues
MOST = 30  # proposals: more is no review
TARGET = 0.97  # of the labels that the bot sets, so many shall be right
OWNED_LEAST = 60  # issues with an owner, to say something about thresholds


@dataclass(frozen=True, slots=True)
class Proposal:
    """A weight for a word of an area. `before` is None for a word that the area does not know."""

    area: str
    word: str
    weight: float
    before: float | None
    right: int  # issues with the word that are the owner's
    issues: int  # issues with the word
    unsettled: int  # of the owner's, those that the router gets wrong or does not dare to label

    @property
    def reason(self) -> str:
        """For the policy: numbers, no text of an issue."""
        return f"stands in {self.issues} issues of the history, {self.right} of them the owner's"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Proposals from all issues; `before` and `after` are measured on issues left out when they were made."""

    proposals: tuple[Proposal, ...]
    thresholds: Thresholds | None  # None: those in force
    before: Report
    after: Report
    answers: tuple[tuple[Case, Route, Route], ...]  # of each issue: before and after

    @property
    def helps(self) -> bool:
        """On issues left out at least one figure is better, and none of these is worse."""
        pairs = [
            (getattr(self.before, name) or 0.0, getattr(self.after, name) or 0.0)
            for name in ("accuracy", "accuracy_merged", "coverage", "precision_merged")
        ]
        return all(new >= old for old, new in pairs) and any(new > old for old, new in pairs)


_VARIANTS = ((True, True), (True, False), (False, True))  # words and thresholds, one of both


def suggest(policy: Policy, cases: Sequence[Case], folds: int = 5) -> Iterator[Suggestion | None]:
    """Yields None after each step (there are `folds` + 1), then the suggestion.

    Words and thresholds that do not help together are tried apart; `helps` is false when nothing does.
    """
    history = _History(policy, cases)
    after: list[dict[int, Route]] = [{} for _ in _VARIANTS]
    for left_out in _folds(cases, folds):
        words, limits = history.propose(n for n in range(len(cases)) if n not in left_out)
        for answers, (with_words, with_limits) in zip(after, _VARIANTS, strict=True):
            router = Router(
                with_changes(policy, words if with_words else (), limits if with_limits else None)
            )
            answers |= {n: router.route(cases[n].title, cases[n].body) for n in left_out}
        yield None
    words, limits = history.propose(range(len(cases)))
    yield None
    before = measure(policy, list(zip(cases, history.routes, strict=True)))
    found = []
    for answers, (with_words, with_limits) in zip(after, _VARIANTS, strict=True):
        rows = [(case, history.routes[n], answers[n]) for n, case in enumerate(cases)]
        report = measure(policy, [(case, new) for case, _, new in rows])
        shown = tuple(words) if with_words else ()
        found.append(Suggestion(shown, limits if with_limits else None, before, report, tuple(rows)))
    yield next((one for one in found if one.helps and (one.proposals or one.thresholds)), found[0])


def with_changes(policy: Policy, proposals: Iterable[Proposal], thresholds: Thresholds | None) -> Policy:
    """The policy with the proposals laid over it."""
    learned = {area: dict(known) for area, known in policy.routing.learned.items()}
    for one in proposals:
        learned.setdefault(one.area, {})[one.word] = Learned(weight=one.weight, reason=one.reason)
    changes: dict[str, object] = {"learned": learned}
    if thresholds is not None:
        changes["thresholds"] = thresholds
    return policy.model_copy(update={"routing": policy.routing.model_copy(update=changes)})


def _folds(cases: Sequence[Case], folds: int) -> list[frozenset[int]]:
    """Parts of equal size; which issue is in which does not depend on the order of the file."""
    order = sorted(range(len(cases)), key=lambda n: (zlib.crc32(str(cases[n].id).encode()), n))
    return [frozenset(order[start::folds]) for start in range(min(folds, len(cases)))]


class _History:
    """The issues with their words, their owners and the router's verdicts."""

    def __init__(self, policy: Policy, cases: Sequence[Case]) -> None:
        self.policy, self.cases = policy, cases
        self.routes = _routes(policy, cases)
        self.free = _routes(_with_limits(policy, 0.0), cases)
        self.forced = _routes(_with_limits(policy, 1.0), cases)
        self.merged = families(policy)
        self.classes = [{case.owner, self.merged.get(case.owner, case.owner)} - {NOBODY} for case in cases]
        self.lexicon = Lexicon(policy.routing)
        self.generic = {phrase(word) for word in policy.routing.generic}
        self.terms, self.known = read(policy, self.lexicon, cases)
        self.right = [
            self.merged.get(route.team or "", "") in found
            for route, found in zip(self.routes, self.classes, strict=True)
        ]

    def propose(self, train: Iterable[int]) -> tuple[list[Proposal], Thresholds | None]:
        """What these issues say, the most useful first."""
        train = list(train)
        found = [*self._words(train), *self._doubtful(train)]
        found.sort(key=lambda one: (-one.unsettled, -one.right, one.word))
        return found[:MOST], self._thresholds(train)

    # ── words ───────────────────────────────────────────────────────────────────────────────

    def _words(self, train: Sequence[int]) -> Iterator[Proposal]:
        """Words that nearly only one owner's issues have: to add, or to count more."""
        standing: Counter[Term] = Counter()
        owners: dict[str, Counter[Term]] = defaultdict(Counter)
        sizes: Counter[str] = Counter()
        for number in train:
            standing.update(self.terms[number])
            sizes.update(self.classes[number])
            for owner in self.classes[number]:
                owners[owner].update(self.terms[number])
        taken: set[tuple[str, Term]] = set()
        # Teams before the family that they make: what is one team's is not the family's.
        for owner in sorted(owners, key=lambda one: (one not in self.policy.teams, one)):
            likely = sizes[owner] / len(train)
            short_first = sorted(owners[owner].items(), key=lambda one: (-one[1], len(one[0]), one[0]))
            for term, right in short_first:
                weight = _weight(right, standing[term], likely)
                if not weight or _is_part_taken(taken, owner, term, self.merged):
                    continue
                proposal = self._proposal(owner, term, weight, right, standing[term], train)
                if proposal is not None:
                    taken.add((owner, term))
                    yield proposal

    def _proposal(
        self, owner: str, term: Term, weight: float, right: int, issues: int, train: Sequence[int]
    ) -> Proposal | None:
        """Only where it changes something: the word counts less so far, and some issue is not settled."""
        theirs = [n for n in train if owner in self.classes[n] and term in self.terms[n]]
        unsettled = sum(not (self.right[n] and self.routes[n].decision == "apply") for n in theirs)
        area = self._area(owner, theirs)
        if not unsettled or area is None or term in self.generic:
            return None
        before: float | None = None
        hits = self.lexicon.index.find(list(term))
        if len(hits) == 1 and hits[0][1:] == (0, len(term)):
            entry = self.lexicon.entries[hits[0][0]]
            if entry.exceptions or entry.alert >= 0:
                return None
            known = {one.area: one.weight for one in entry.evidence if self._owns(owner, one.area)}
            if known:
                area = max(known, key=lambda one: known[one])
                before = known[area]
        if before is not None and weight < before + 1:
            return None
        return Proposal(area, " ".join(term), weight, before, right, issues, unsettled)

    def _doubtful(self, train: Sequence[int]) -> Iterator[Proposal]:
        """Words of an area that stand mostly in other teams' issues and lead them astray."""
        standing: dict[int, list[int]] = defaultdict(list)
        for number in train:
            for known in self.known[number] if self.classes[number] else ():
                standing[known].append(number)
        for entry_number, issues in sorted(standing.items()):
            entry = self.lexicon.entries[entry_number]
            for one in entry.evidence if len(issues) >= DOUBTFUL_LEAST else ():
                right = sum(any(self._owns(owner, one.area) for owner in self.classes[n]) for n in issues)
                team = self.policy.routing.areas[one.area].team
                astray = sum(self.routes[n].team == team and not self.right[n] for n in issues)
                if one.weight >= 1 and right <= DOUBTFUL * len(issues) and team and astray >= LEAST:
                    lower = round(one.weight / 2, 1)
                    yield Proposal(one.area, entry.word, lower, one.weight, right, len(issues), astray)

    def _owns(self, owner: str, area: str) -> bool:
        """Is the area this owner's: a team's own, or the general one of its family?"""
        ours = self.policy.routing.areas[area]
        return (
            ours.team == owner if owner in self.policy.teams else bool(ours.general and ours.family == owner)
        )

    def _area(self, owner: str, issues: Iterable[int]) -> str | None:
        """The owner's area that the router sees in most of the issues, else the owner's first one."""
        own = [area for area in self.policy.routing.areas if self._owns(owner, area)]
        seen = Counter(found.area for n in issues for found in self.routes[n].candidates if found.area in own)
        return max(own, key=lambda area: (seen[area], -own.index(area)), default=None)

    # ── thresholds ──────────────────────────────────────────────────────────────────────────

    def _thresholds(self, train: Sequence[int]) -> Thresholds | None:
        """Those that label the most issues while enough labels are right; None: those in force will do."""
        owned = sum(bool(self.classes[n]) for n in train)
        if owned < OWNED_LEAST:
            return None
        limits = self.policy.routing.thresholds

        def outcome(score: float, margin: float) -> tuple[bool, int]:
            """Are enough labels right, and how many issues with an owner get one?"""
            applied = [n for n in train if self._applied(n, score, margin)]
            right = sum(self.right[n] for n in applied)
            return right >= TARGET * len(applied), sum(bool(self.classes[n]) for n in applied)

        now = outcome(limits.apply_score, limits.apply_margin)
        steps = [round(0.05 * step, 2) for step in range(1, 19)]
        best = max(
            ((*outcome(score, margin), score, margin) for score in steps for margin in steps),
            key=lambda one: (
                *one[:2],
                -abs(one[2] - limits.apply_score) - abs(one[3] - limits.apply_margin),
            ),
        )
        if not best[0] or (now[0] and best[1] < now[1] + 0.01 * owned):
            return None
        return limits.model_copy(update={"apply_score": best[2], "apply_margin": best[3]})

    def _applied(self, number: int, score: float, margin: float) -> bool:
        """Would the bot set its label with these thresholds? An alert sets it whatever the scores."""
        route = self.routes[number]
        if self.forced[number].decision == "apply":
            return True
        sure = self.free[number].decision == "apply"
        return sure and route.score >= score and route.margin >= margin


def _routes(policy: Policy, cases: Sequence[Case]) -> list[Route]:
    router = Router(policy)
    return [router.route(case.title, case.body) for case in cases]


def _with_limits(policy: Policy, limit: float) -> Policy:
    """The policy with both thresholds for a label at `limit`."""
    limits = policy.routing.thresholds.model_copy(update={"apply_score": limit, "apply_margin": limit})
    return policy.model_copy(update={"routing": policy.routing.model_copy(update={"thresholds": limits})})


def _weight(right: int, issues: int, likely: float) -> float:
    """What a word is worth that stands in so many issues; 0 when chance explains it."""
    weight = next((w for share, least, w in SHARES if right >= least and right >= share * issues), 0.0)
    if not weight:
        return 0.0
    chance = sum(comb(issues, n) * likely**n * (1 - likely) ** (issues - n) for n in range(right, issues + 1))
    return weight if chance <= CHANCE else 0.0


def _is_part_taken(taken: set[tuple[str, Term]], owner: str, term: Term, merged: Mapping[str, str]) -> bool:
    """Is a word of the phrase proposed already, for this owner or for a team of this family?"""
    parts = {term[i:j] for i in range(len(term)) for j in range(i + 1, len(term) + 1)}
    return any(part in parts and owner in (other, merged.get(other)) for other, part in taken)
