"""Floor 1: what an issue wants of Slack, from the same view as its card. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot import words_paging
from bot.card import View
from bot.policy.schema import Policy, Slack
from bot.rules import paging, reminders
from bot.rules.slack import Wish
from bot.rules.slack_message import moment
from bot.told import Note, Telling

ALERT = "slack:alert:urgent-unrouted"


def wish(view: View) -> Wish:
    """The hand-off message of the team that has the issue, what belongs into its thread, and an alert."""
    live = _live(view)
    return Wish(
        telling=_telling(view, live),
        live=live,
        live_slack=view.policy.teams[live].slack if live else Slack(),
        handed_at=view.memory.handed.at if view.memory.handed else None,
        closed=view.snapshot.issue.state == "CLOSED",
        notes=dict(_reminders(view)),
        alert=_alert(view),
    )


def _live(view: View) -> str | None:
    """The team that was handed the issue and still has it."""
    handed = view.memory.handed
    has_it = handed is not None and view.handed and view.owner.team == handed.team
    return handed.team if handed is not None and has_it else None


def _telling(view: View, live: str | None) -> Telling:
    policy, values = view.policy, view.intake.values
    priority = policy.priorities.get(view.intake.priority or "")
    area = policy.routing.areas.get(view.route.area or "")
    as_written = policy.slack.customer_words
    public = view.memory.publication.public
    turn, name = "", policy.teams[live].name if live else ""
    if view.clock is not None:
        turn = name if view.clock.clock.turn == "engineering" else view.clock.clock.turn
    return Telling(
        status="open",
        issue=str(view.snapshot.key),
        url=view.snapshot.issue.url,
        team=name,
        area=area.name if area is not None and area.team == live else "",
        need=values.get("need", ""),
        timeline=values.get("timeline", ""),
        as_written=as_written,
        customer=view.intake.customer or "" if as_written else "",
        priority=priority.label if priority is not None else "",
        due=view.clock.due if view.clock is not None else None,
        turn=turn,
        taken=view.taken,
        public=public.issue if public is not None else "",
        public_url=_public_url(view, public.issue) if public is not None else "",
        teams=_teams(policy),
        snooze=view.clock is not None,
    )


def _public_url(view: View, issue: str) -> str:
    """Where the public issue is: on the same server."""
    full_name, _, number = issue.partition("#")
    server = view.snapshot.issue.url.partition(f"/{view.snapshot.key.full_name}/")[0]
    return f"{server}/{full_name}/issues/{number}"


def _teams(policy: Policy) -> tuple[tuple[str, str], ...]:
    return tuple((id_, team.name) for id_, team in policy.teams.items() if team.engineering)


def _reminders(view: View) -> Iterator[tuple[str, Note]]:
    """The reminders of this silence, while the team has the turn: support reads them on the issue."""
    if view.clock is None or view.clock.clock.turn != "engineering":
        return
    found = paging.calls(view.snapshot, view.memory, view.policy, view.clock)
    calls = {call.key: call for call in found}
    clock, levels = view.clock.clock, view.clock.target.reminders
    since = moment(clock.since)
    for number in range(1, len(levels) + 1):
        key = reminders.key(clock.priority, number, clock)
        if key not in view.memory.effects:
            continue
        text = f"⏰ *Reminder {number}:* no answer since {since}."
        paged = calls.pop(f"page:{key}", None)
        yield f"slack:{key}", Note(f"{text} {_page(view, paged)}" if paged is not None else text)
    for key, emergency in calls.items():
        yield f"slack:{key}", Note(f"🚨 *Emergency.* {_page(view, emergency)}")


def _page(view: View, call: paging.Call) -> str:
    return words_paging.in_thread(call.target, call.line, service=view.snapshot.pager)


def _alert(view: View) -> tuple[str, str, Note] | None:
    """An urgent issue that no team owns: support is called where it works."""
    channel = view.policy.support.channel
    if not view.alert or channel is None:
        return None
    issue = f"<{view.snapshot.issue.url}|{view.snapshot.key}>"
    return ALERT, channel, Note(f"🚨 *Urgent, and no team has it yet:* {issue}. Comment `/route TEAM` there.")
