"""Who owns the issue: the newest word of a person, else the template's choice, else the router's verdict.

Sources, from the newest person's decision on: team labels set by people (the newest one routes, none is
removed), `/route`, and a person taking the bot's team label off ("unrouted by a person").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.memory import Memory
from bot.model import Label, Route
from bot.policy.schema import Policy
from bot.rules.labels import LabelHistory

Source = Literal["label", "command", "unrouted", "template", "router", "none"]


@dataclass(frozen=True, slots=True)
class Ownership:
    team: str | None
    source: Source
    by: str = ""  # login of who decided
    asked_at: datetime | None = None  # for `/route`
    others: tuple[str, ...] = ()  # teams of further labels set by people


def team_of_label(name: str, policy: Policy) -> str | None:
    """The team a label stands for, aliases included; names compare case-folded."""
    folded = name.casefold()
    for id_, team in policy.teams.items():
        if folded in {n.casefold() for n in (team.label, *team.label_aliases) if n}:
            return id_
    return None


def own(history: LabelHistory, memory: Memory, chosen: str | None, route: Route, policy: Policy) -> Ownership:
    """Decide the owner. `chosen` is the team picked in the template."""
    labelled = _labelled(history, policy)
    intent = memory.intents.get("team")
    if intent is not None and intent.value not in policy.teams:
        intent = None  # the team left the policy since: the command no longer means anything
    removed_at = _taken_off(history, policy)

    if labelled and (intent is None or labelled[0][0] >= intent.at):
        _, team, label = labelled[0]
        event = history.newest.get(label.id)
        by = event.actor.login if event is not None and event.actor is not None else ""
        others = tuple(dict.fromkeys(t for _, t, _ in labelled[1:] if t != team))
        return Ownership(team, "label", by, None, others)
    if intent is not None and (removed_at is None or intent.at >= removed_at):
        others = tuple(dict.fromkeys(t for _, t, _ in labelled if t != intent.value))
        return Ownership(intent.value, "command", intent.by, intent.at, others)
    if removed_at is not None:
        return Ownership(None, "unrouted")
    if chosen is not None:
        return Ownership(chosen, "template")
    if route.decision == "apply" and route.team is not None:
        return Ownership(route.team, "router")
    return Ownership(None, "none")


def _labelled(history: LabelHistory, policy: Policy) -> list[tuple[datetime, str, Label]]:
    """People's team labels, newest first."""
    found = []
    for label in history.people():
        team = team_of_label(label.name, policy)
        if team is not None:
            found.append((history.set_at(label), team, label))
    return sorted(found, key=lambda item: item[0], reverse=True)


def _taken_off(history: LabelHistory, policy: Policy) -> datetime | None:
    """When a person last removed a team label of ours that is not back; None if nobody did."""
    times = []
    for id_, at in history.taken.items():
        event = history.newest[id_]
        if team_of_label(event.label.name, policy) is not None:
            times.append(at)
    return max(times, default=None)
