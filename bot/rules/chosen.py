"""Floor 1: what people chose for an issue: its kind, priority and customer; a person's newest word counts.

Beside commands these are the template's answers and labels that people set; `bot.rules.ownership` does the
same for teams.
"""

from __future__ import annotations

from dataclasses import replace

from bot.memory import Intent, Memory
from bot.model import Intake, Route, Snapshot
from bot.policy.schema import Policy
from bot.rules import inbox
from bot.rules.labels import LabelHistory


def kind_of(memory: Memory, chosen: str | None, history: LabelHistory, policy: Policy) -> str | None:
    """A command, else the template, else a kind's label that a person set."""
    intent = memory.intents.get("kind")
    if intent is not None and intent.value in policy.kinds:
        return intent.value
    if chosen is not None:
        return chosen
    names = {label.folded for label in history.people()}
    for id_, kind in policy.kinds.items():
        if kind.label is not None and kind.label.casefold() in names:
            return id_
    return None


def priority_by_command(memory: Memory, history: LabelHistory, policy: Policy) -> str | None:
    """The priority that a command asked for, unless a person has set a label since."""
    intent = memory.intents.get("priority")
    if intent is None or intent.value not in policy.priorities:
        return None
    names = {n.casefold() for p in policy.priorities.values() for n in (p.label, *p.aliases)}
    return intent.value if _newer_than_people(intent, names, history) else None


def customer_by_command(
    memory: Memory, snapshot: Snapshot, history: LabelHistory, policy: Policy
) -> str | None:
    """The customer's label that a command asked for, unless a person has set another since."""
    intent = memory.intents.get("customer")
    by_id = {label.id: label for label in snapshot.catalogue.labels.values()}
    if intent is None or intent.value not in by_id:
        return None
    prefix = policy.labels.customer_prefix
    names = {label.folded for label in inbox.customer_labels(snapshot.catalogue.labels, prefix)}
    return by_id[intent.value].name if _newer_than_people(intent, names, history) else None


def _newer_than_people(intent: Intent | None, names: set[str], history: LabelHistory) -> bool:
    """Is a command the newest word, or has a person set one of these labels since?"""
    if intent is None:
        return False
    times = [history.set_at(label) for label in history.people() if label.folded in names]
    return not times or intent.at > max(times)


def priority_of_label(name: str, policy: Policy) -> str | None:
    """The priority that a label stands for, aliases included."""
    folded = name.casefold()
    for id_, priority in policy.priorities.items():
        if folded in {n.casefold() for n in (priority.label, *priority.aliases)}:
            return id_
    return None


def early(intake: Intake, route: Route, policy: Policy) -> Intake:
    """Beta and experimental features go to engineering early: some questions are then not asked (step 3)."""
    if not any(reason.startswith("beta:") for reason in route.reasons):
        return intake
    return replace(intake, gaps=tuple(g for g in intake.gaps if policy.intake.fields[g.field].early))
