"""Floor 1: which area and which team of the policy a page's words mean."""

from __future__ import annotations

import re

from bot.handbook.page import Area
from bot.policy.routing import Area as PolicyArea
from bot.policy.schema import Policy

_ALIKE = 0.5  # share of common keywords that makes a section of another name the same area


def pairs(page: list[Area], ours: dict[str, PolicyArea]) -> list[str | None]:
    """For each section the policy's area: by name, else the one area that shares most of its keywords."""
    by_name = {norm(name): id_ for id_, area in ours.items() for name in (id_, area.name)}
    found: list[str | None] = []
    for area in page:
        id_ = by_name.get(norm(area.name))
        found.append(None if id_ in found else id_)
    for number, area in enumerate(page):
        if found[number] is None:
            shares = {id_: _share(area, other) for id_, other in ours.items() if id_ not in found}
            best = [id_ for id_, share in shares.items() if share >= _ALIKE and share == max(shares.values())]
            found[number] = best[0] if len(best) == 1 else None
    return found


def _share(area: Area, ours: PolicyArea) -> float:
    """Common keywords of all."""
    one, other = folded(*area.keywords), folded(*ours.keywords)
    return len(one & other) / len(one | other) if one and other else 0.0


def names_of_teams(policy: Policy) -> dict[str, frozenset[str]]:
    """Every way to write a team → the team; a family's name → its teams."""
    names: dict[str, frozenset[str]] = {}
    for area in policy.routing.areas.values():
        if area.family and area.team:
            names[norm(area.family)] = names.get(norm(area.family), frozenset()) | {area.team}
    for id_, team in policy.teams.items():
        for name in (id_, team.name, *team.aliases):
            names[norm(name)] = frozenset({id_})
    return names


def folded(*words: str) -> set[str]:
    return {word.casefold() for word in words}


def norm(text: str) -> str:
    """A name without case, signs and the company's own name."""
    words = re.findall(r"\w+", text.casefold().replace("&", " and "))
    return " ".join(word for word in words if word not in ("sourcegraph", "the")) or text.casefold()
