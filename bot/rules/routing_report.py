"""Floor 1: how well the router does on issues whose owner is known.

Two accuracies are told apart: exact, and with the teams of a family (the search teams) taken as one, since
the first question is who gets interrupted and the second which half of them. `precision` is about the labels
the bot would have set by itself, on issues that nobody owns too; coverage and accuracy are about issues with
an owner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Route
from bot.policy.schema import Policy

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Case:
    """One issue with its real owner: a team id, a family's name where the half is unknown, or NOBODY."""

    id: object
    title: str
    body: str
    owner: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A verdict that was wrong, or a label that would have been."""

    id: object
    owner: str
    team: str
    decision: str
    score: float


@dataclass(frozen=True, slots=True)
class Report:
    """Shares are 0 to 1, None where there is nothing to divide by."""

    issues: int
    owned: int
    accuracy: float | None
    accuracy_merged: float | None
    macro_f1: float | None
    coverage: float | None
    precision: float | None
    precision_merged: float | None
    abstention: float | None
    confusion: Mapping[str, Mapping[str, int]]  # owner → team said → issues
    worst: tuple[Wrong, ...]  # surest first


def families(policy: Policy) -> dict[str, str]:
    """Team → the family it is decided with, or itself; a family's name leads to itself."""
    merged = {team: team for team in policy.teams}
    for area in policy.routing.areas.values():
        if area.family is not None:
            merged[area.family] = area.family
            if area.team is not None:
                merged[area.team] = area.family
    return merged


def owners(policy: Policy) -> dict[str, str]:
    """Every way to write an owner, case-folded → team id, family or NOBODY."""
    known = {NOBODY: NOBODY, "nobody": NOBODY}
    known |= {family: family for family in families(policy).values()}
    for team_id, team in policy.teams.items():
        for name in (team_id, team.name, team.label or team_id, *team.label_aliases, *team.aliases):
            known[name.casefold()] = team_id
    return known


def labelled_team(policy: Policy, labels: Iterable[str]) -> str | None:
    """The team that the issue's labels name, the last of several."""
    by_label = {
        label.casefold(): team_id
        for team_id, team in policy.teams.items()
        for label in (team.label, *team.label_aliases)
        if label
    }
    named = [by_label[label.casefold()] for label in labels if label.casefold() in by_label]
    return named[-1] if named else None


def measure(policy: Policy, answers: Sequence[tuple[Case, Route]]) -> Report:
    """The figures for what the router answered."""
    merged = families(policy)
    owned = [(case, route) for case, route in answers if case.owner != NOBODY]
    free = [route for case, route in answers if case.owner == NOBODY]
    applied = [(case, route) for case, route in answers if route.decision == "apply"]

    def same(case: Case, route: Route) -> bool:
        return merged.get(case.owner, case.owner) == merged.get(route.team or NOBODY, NOBODY)

    confusion: dict[str, Counter[str]] = {}
    for case, route in answers:
        confusion.setdefault(case.owner, Counter())[route.team or NOBODY] += 1
    wrong = [
        Wrong(case.id, case.owner, route.team or NOBODY, route.decision, route.score)
        for case, route in answers
        if not same(case, route) and (case.owner != NOBODY or route.decision == "apply")
    ]
    return Report(
        issues=len(answers),
        owned=len(owned),
        accuracy=_share(sum(case.owner == route.team for case, route in owned), len(owned)),
        accuracy_merged=_share(sum(same(case, route) for case, route in owned), len(owned)),
        macro_f1=_macro_f1(
            [(merged.get(c.owner, c.owner), merged.get(r.team or NOBODY, NOBODY)) for c, r in owned]
        ),
        coverage=_share(sum(route.decision == "apply" for _, route in owned), len(owned)),
        precision=_share(sum(case.owner == route.team for case, route in applied), len(applied)),
        precision_merged=_share(sum(same(case, route) for case, route in applied), len(applied)),
        abstention=_share(sum(route.decision != "apply" for route in free), len(free)),
        confusion={owner: dict(row) for owner, row in confusion.items()},
        worst=tuple(sorted(wrong, key=lambda w: (w.decision != "apply", -w.score))),
    )


def _macro_f1(pairs: Sequence[tuple[str, str]]) -> float | None:
    """The mean over the owners that occur of F1, families merged."""
    hits = Counter(owner for owner, said in pairs if owner == said)
    real, told = Counter(owner for owner, _ in pairs), Counter(said for _, said in pairs)
    scores = [2 * hits[owner] / (real[owner] + told[owner]) for owner in real]
    return _share(sum(scores), len(scores))


def _share(part: float, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
