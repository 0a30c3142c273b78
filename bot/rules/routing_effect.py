"""Floor 1: which of some issues two policies would route differently, by their texts alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.rules.rulebook import Rulebook

MOST = 200  # issues, the last updated ones


@dataclass(frozen=True, slots=True)
class Text:
    """What the router reads of an issue."""

    number: int
    title: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done with an issue. `team` is None when nothing is."""

    decision: str  # apply, suggest or none
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    number: int
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class Effect:
    """Of `issues`, those that the second policy routes differently, by number."""

    issues: int
    changes: tuple[Change, ...]


def effect(texts: Iterable[Text], before: Rulebook, after: Rulebook) -> Effect:
    """Route each text by both. Labels, commands and people's decisions count for nothing: they stay."""
    count, changes = 0, []
    for text in texts:
        count += 1
        old, new = verdict(text, before), verdict(text, after)
        if old != new:
            changes.append(Change(text.number, old, new))
    return Effect(count, tuple(sorted(changes, key=lambda change: change.number)))


def verdict(text: Text, book: Rulebook) -> Verdict:
    """The team that the template names, else the router's."""
    template = book.intake.parse(text.body)
    if template.team is not None:
        return Verdict("apply", template.team)
    route = book.router.route(text.title, template.routing_text)
    return Verdict(route.decision, route.team if route.decision != "none" else None)
