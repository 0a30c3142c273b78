"""Floor 1: where an open request for help stands, for the lists in Slack. Pure."""

from __future__ import annotations

from bot.card import View
from bot.standing import Standing


def standing(view: View) -> Standing | None:
    """None when nobody is to be told of it: closed, no request for help, incomplete, or not engineering's.

    A request that no team has is engineering's as long as nobody says otherwise: somebody must route it.
    """
    issue, handed, clock = view.snapshot.issue, view.memory.handed, view.clock
    kind = view.policy.kinds.get(view.intake.kind or "")
    if issue.state != "OPEN" or not (kind.handoff if kind is not None else view.urgent):
        return None
    asked, team = issue.created_at, ""
    if view.owner.team is not None:
        if handed is None or not view.handed or handed.team != view.owner.team:
            return None
        asked, team = handed.at, handed.team
    return Standing(
        issue=str(view.snapshot.key),
        url=issue.url,
        team=team,
        priority=view.intake.priority or "",
        customer=view.intake.customer or "",
        turn=clock.clock.turn if clock is not None else "",
        asked_at=clock.clock.asked_at if clock is not None else asked,
        since=clock.clock.since if clock is not None else asked,
        due=clock.due if clock is not None else None,
    )
