"""What the routing playground shows of a text: verdict, candidates, areas, words that counted.

The verdict is the one the bot would come to for an issue of this text; nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import words
from bot.model import Candidate
from bot.policy.schema import Policy
from bot.rules.routing import Found
from bot.rules.rulebook import Rulebook

_WORDS = 8  # of a candidate


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text; `areas` are the numbers of the areas that a word in it speaks for."""

    text: str
    areas: tuple[int, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A team that may own the question."""

    name: str
    area: str
    percent: int
    words: tuple[str, ...]
    command: str  # ready to paste


@dataclass(frozen=True, slots=True)
class AreaRow:
    """An area that words of the text speak for, and what they weigh at the best place each stands in."""

    number: int
    name: str
    owner: str
    weight: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything the page says about a text."""

    verdict: str
    label: str  # empty: the bot would set none
    decision: str
    percent: int
    lead: int
    needs: tuple[int, int]  # score and lead that a label takes, in percent
    reasons: tuple[str, ...]
    also: tuple[str, ...]
    candidates: tuple[Row, ...]
    areas: tuple[AreaRow, ...]
    title: tuple[Piece, ...]
    text: tuple[Piece, ...]
    from_template: bool  # only the answers that tell the topic were read


def look(book: Rulebook, title: str, text: str) -> View:
    """Route a text as an issue with it would be routed."""
    policy = book.policy
    template = book.intake.parse(text)
    if template.form is not None:
        text = template.routing_text
    route = book.router.route(title, text)
    found = book.router.explain(title, text)
    areas = _areas(policy, found)
    numbers = {area_id: row.number for area_id, row in areas.items()}
    limits = policy.routing.thresholds
    team = policy.teams.get(route.team or "")
    name = words.team_name(route.team, policy)
    verdict = {
        "apply": f"{name}: sure enough to set the label",
        "suggest": f"Probably {name}: not sure enough to set the label",
        "none": "No team: nothing speaks clearly enough for one",
    }[route.decision]
    label = (team.label or "") if team is not None and route.decision == "apply" else ""
    return View(
        verdict=verdict,
        label=label,
        decision=route.decision,
        percent=round(100 * route.score),
        lead=round(100 * route.margin),
        needs=(round(100 * limits.apply_score), round(100 * limits.apply_margin)),
        reasons=tuple(filter(None, (_reason(code, policy) for code in route.reasons))),
        also=tuple(words.team_name(one, policy) for one in route.also),
        candidates=tuple(_row(one, policy) for one in route.candidates),
        areas=tuple(areas.values()),
        title=_pieces(title, [one for one in found if one.where == "title"], numbers),
        text=_pieces(text, [one for one in found if one.where == "body"], numbers),
        from_template=template.form is not None,
    )


def _reason(code: str, policy: Policy) -> str:
    """What decided beyond the words."""
    kind, _, what = code.partition(":")
    if kind == "nobody" and what in policy.routing.areas:
        return f"The words speak for {policy.routing.areas[what].name}, which nobody listed owns."
    return words.reason(code).replace("`", "")


def _row(candidate: Candidate, policy: Policy) -> Row:
    area = policy.routing.areas.get(candidate.area)
    return Row(
        words.team_name(candidate.team, policy),
        area.name if area is not None else "",
        round(100 * candidate.score),
        tuple(dict.fromkeys(match.word for match in candidate.matched))[:_WORDS],
        f"/route {candidate.team}",
    )


def _areas(policy: Policy, found: Sequence[Found]) -> dict[str, AreaRow]:
    """The areas with words in the text, heaviest first; a repeated word counts once, where it counts most."""
    best: dict[str, dict[str, float]] = {}
    for one in found:
        weights = best.setdefault(one.area, {})
        weights[one.word] = max(weights.get(one.word, 0.0), one.weight)
    order = sorted(best, key=lambda area: (-sum(best[area].values()), area))
    rows: dict[str, AreaRow] = {}
    for number, area_id in enumerate(order, 1):
        area, weights = policy.routing.areas[area_id], best[area_id]
        heavy_first = tuple(sorted(weights, key=lambda word: (-weights[word], word)))
        owner = words.team_name(area.team, policy)
        rows[area_id] = AreaRow(number, area.name, owner, round(sum(weights.values()), 1), heavy_first)
    return rows


def _pieces(text: str, found: Sequence[Found], numbers: dict[str, int]) -> tuple[Piece, ...]:
    """The text cut at the words found; a stretch that two words share belongs to the first."""
    spans: dict[tuple[int, int], list[Found]] = {}
    for one in found:
        spans.setdefault((one.start, one.end), []).append(one)
    pieces: list[Piece] = []
    at = 0
    for (start, end), here in sorted(spans.items()):
        start = max(start, at)
        if start >= end:
            continue
        areas = tuple(sorted({numbers[one.area] for one in here}))
        if at < start:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], areas, f"{here[0].word}, weight {here[0].weight:g}"))
        at = end
    return (*pieces, Piece(text[at:])) if at < len(text) else tuple(pieces)
