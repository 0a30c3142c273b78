"""Floor 1: which team had an issue, since when, by whose word: a person's, the template's, the router's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot.model import LabelEvent, Route, Snapshot
from bot.policy.schema import Policy
from bot.rules.figures.course import Said
from bot.rules.figures.facts import By, Routing, TeamChange
from bot.rules.ownership import team_of_label

SWAP = timedelta(minutes=2)  # between one label taken off and the next put on: one change


def team_changes(
    snapshot: Snapshot, said: Sequence[Said], chosen: str | None, policy: Policy
) -> tuple[TeamChange, ...]:
    """The teams, oldest first. `chosen`: the team named in the template."""
    found: list[TeamChange] = []
    for at, team, event in _in_force(snapshot, policy):
        by = _by(event, team, found[-1].at if found else None, said, chosen, policy)
        if found and found[-1].team is None and at - found[-1].at <= SWAP:
            found.pop()
        if not found or found[-1].team != team:
            found.append(TeamChange(at, team, by))
    return tuple(found)


def _in_force(snapshot: Snapshot, policy: Policy) -> Iterator[tuple[datetime, str | None, LabelEvent | None]]:
    """Each change of the newest team label that is on. No event: it was on when the issue was filed."""
    first = {event.label.id: event for event in reversed(snapshot.label_events)}
    labels = {label.id: label for label in snapshot.issue.labels}
    labels |= {id_: event.label for id_, event in first.items() if not event.added}
    live: dict[str, str] = {}  # label id → team, newest last
    for id_, label in labels.items():
        team = team_of_label(label.name, policy)
        if team is not None and (id_ not in first or not first[id_].added):
            live[id_] = team
    now = next(reversed(live.values()), None)
    if now is not None:
        yield snapshot.issue.created_at, now, None
    for event in snapshot.label_events:
        team = team_of_label(event.label.name, policy)
        if team is None:
            continue
        live.pop(event.label.id, None)
        if event.added:
            live[event.label.id] = team
        before, now = now, next(reversed(live.values()), None)
        if now != before:
            yield event.at, now, event


def _by(
    event: LabelEvent | None,
    team: str | None,
    before: datetime | None,
    said: Sequence[Said],
    chosen: str | None,
    policy: Policy,
) -> By:
    """Who a change goes back to: a bot's label may be the doing of a `/route`, or of the template."""
    actor = event.actor if event is not None else None
    ours = {(one.kind, one.id) for one in policy.identities}
    if event is None or actor is None or not (actor.is_bot or (actor.kind, actor.id) in ours):
        return "person"
    asked = [one for one in said if one.name == "route" and one.at <= event.at]
    if asked and asked[-1].value == team and (before is None or before <= asked[-1].at):
        return "person"
    return "template" if team is not None and team == chosen else "router"


def routing(
    changes: Sequence[TeamChange],
    said: Sequence[Said],
    route: Route,
    before: Routing | None,
    *,
    met: bool,
) -> Routing | None:
    """What the router said, and the last word of a person after it; None: people were first.

    A verdict that only the card showed stands in no timeline: `before` keeps what it was when the issue was
    first seen; else today's router is asked. `met`: has the bot spoken on the issue at all?
    """
    applied: TeamChange | None = next((change for change in changes if change.by == "router"), None)
    people = [change for change in changes if change.by != "router"]
    if applied is not None:
        after = [change for change in people if change.at >= applied.at]
        routes = [one for one in said if one.name == "route" and one.at >= applied.at]
        if routes and (not after or routes[-1].at > after[-1].at):
            return Routing("applied", applied.team, True, routes[-1].value)
        return Routing("applied", applied.team, bool(after), after[-1].team if after else None)
    if not met:
        return None
    decision: Literal["suggested", "none"]
    if before is not None and before.decision != "applied":
        decision, team = before.decision, before.team
    elif changes and changes[0].by == "template":
        return None
    else:
        team = route.team if route.decision == "suggest" else None
        decision = "suggested" if team is not None else "none"
    return Routing(decision, team, bool(people), people[-1].team if people else None)
