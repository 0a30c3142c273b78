"""Floor 0: the labels that a policy names, as they are to be created where they are missing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from bot.policy.schema import Policy

LONGEST = 100  # characters of a description (https://docs.github.com/en/rest/issues/labels#create-a-label)
_COLORS = ("1d76db", "0e8a16", "5319e7", "b60205", "d93f0b", "006b75", "fbca04", "c2185b", "0052cc", "6f42c1")


@dataclass(frozen=True, slots=True)
class LabelSpec:
    """A label: name, colour as six hex digits, description."""

    name: str
    color: str
    description: str


def label_specs(policy: Policy) -> tuple[LabelSpec, ...]:
    """The labels that the bot sets, each once (handbook step 4). Those of customers are the support team's to
    make, and aliases only mean something where they exist."""
    once: dict[str, LabelSpec] = {}
    for name, color, description in _wanted(policy):
        once.setdefault(name.casefold(), LabelSpec(name, color, _short(description)))
    return tuple(once.values())


def _wanted(policy: Policy) -> Iterator[tuple[str, str, str]]:
    yield policy.labels.rfh, "0052cc", "request for help"
    yield policy.labels.needs_info, "fbca04", "something required is missing"
    if policy.tracker.public is not None and policy.privacy.watch.enabled:
        yield policy.privacy.watch.label, "d73a4a", "private data in a public issue"
    if policy.digest.enabled and policy.digest.label:
        yield policy.digest.label, "0e8a16", "the weekly digest"
    for kind in policy.kinds.values():
        if kind.label:
            yield kind.label, "0052cc", kind.name
    for priority in policy.priorities.values():
        yield priority.label, "b60205" if priority.urgent else "f9d0c4", priority.definition
    for team in policy.teams.values():
        if team.label:
            # By its name, so that a team keeps its colour when others come and go.
            yield team.label, _COLORS[zlib.crc32(team.label.encode()) % len(_COLORS)], team.name


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
