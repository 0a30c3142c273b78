"""Floor 2: the labels of a repository beside those that a policy names; creates what is missing.

Nothing is ever renamed, recoloured or deleted: what stands there belongs to people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import CREATE_LABEL
from bot.model import Catalogue
from bot.policy.labels import LabelSpec


@dataclass(frozen=True, slots=True)
class Comparison:
    """`respelled`: wanted name → the name that stands there, in another case; to GitHub it is the same."""

    missing: tuple[LabelSpec, ...]
    respelled: dict[str, str]
    present: int


def compare(catalogue: Catalogue, wanted: Iterable[LabelSpec]) -> Comparison:
    """What of `wanted` is there."""
    missing, respelled, present = [], {}, 0
    for spec in wanted:
        label = catalogue.find(spec.name)
        if label is None:
            missing.append(spec)
            continue
        present += 1
        if label.name != spec.name:
            respelled[spec.name] = label.name
    return Comparison(tuple(missing), respelled, present)


async def create(gh: GitHub, owner: str, repo: str, spec: LabelSpec) -> None:
    """Create a label; one that somebody made meanwhile is as good.

    Raises Transient, Forbidden, UnexpectedStatus.
    """
    body = {"name": spec.name, "color": spec.color, "description": spec.description}
    try:
        await gh.rest(CREATE_LABEL, body, owner=owner, repo=repo)
    except UnexpectedStatus as error:
        if "already_exists" not in error.codes:
            raise
