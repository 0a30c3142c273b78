"""Floor 1: what card and reminders say of the clock. Times are absolute; sentences are in `words.py`."""

from __future__ import annotations

from datetime import datetime

from bot import words, words_paging
from bot.markdown import escape, fence
from bot.memory import Memory
from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.rules import paging
from bot.rules.clockwork import Waiting
from bot.rules.reminders import Reminder


def accountable(snapshot: Snapshot, memory: Memory) -> str:
    """Login of who is accountable for support: `/owner`, else the filer; empty when that account is gone."""
    intent = memory.intents.get("owner")
    if intent is not None:
        return intent.value
    return snapshot.issue.author.login if snapshot.issue.author is not None else ""


def rows(clock: Waiting, policy: Policy, owner: str, now: datetime | None) -> list[tuple[str, str]]:
    """The card's rows: whose turn, since when, when due; what keeps reminders back, or lets them through."""
    who = {
        "engineering": policy.teams[clock.handed.team].name,
        "support": escape(owner),
        "customer": words.CUSTOMER_TURN,
    }[clock.clock.turn]
    found = [("Turn", words.turn(who, clock.clock.since, clock.due))]
    notes = []
    if clock.snoozed_until is not None and (now is None or clock.snoozed_until > now):
        notes.append(words.snoozed(clock.snoozed_until))
    if clock.emergency:
        notes.append(words.EMERGENCY)
    if notes:
        found.append(("Reminders", " · ".join(notes)))
    return found


def reminder(clock: Waiting, due: Reminder, snapshot: Snapshot, policy: Policy, owner: str) -> str:
    """One comment: whom it calls, what for, since when, and how to say that it is not so."""
    team = policy.teams[clock.handed.team]
    engineering = clock.clock.turn == "engineering"
    if due.mention != "turn":
        who = team.name if engineering else escape(owner)
        called = _management(policy) if due.mention == "support-mgmt" else _support(policy, "")
        text = f"{called} {words.escalated(who, clock.clock.since)}"
        if due.mention in policy.support.paging:
            page = paging.call(snapshot, policy, clock, due.key, due.mention, due.at)
            text += f"\n\n{words_paging.to_page(page.target)}\n{fence(page.line)}"
    elif engineering:
        answered = clock.clock.first_response_at is not None
        text = f"{_engineers(clock, snapshot, policy)} {words.remind_team(clock.clock.since, answered)}"
    else:
        text = f"{_support(policy, owner)} {words.remind_support(team.name, clock.clock.since)}"
    blind = f"{words.blind(team.name)} " if clock.unseen and engineering else ""
    return f"{text}\n\n{blind}{words.not_so(clock.clock.turn)}"


def pages(snapshot: Snapshot, memory: Memory, policy: Policy, clock: Waiting | None) -> str:
    """Who is to be paged, or was, each with the line to paste."""
    parts = []
    for call in paging.calls(snapshot, memory, policy, clock):
        at = call.paged(memory.effects)
        if at is not None:
            head = words_paging.paged(call.target, at)
        elif call.refused(memory.effects):
            head = words_paging.not_paged(call.target)
        else:
            head = words_paging.to_page(call.target)
        parts.append(f"**{head}**\n{fence(call.line)}")
    return "\n\n".join(parts)


def _engineers(clock: Waiting, snapshot: Snapshot, policy: Policy) -> str:
    """Those of the team who are assigned to the issue, else the GitHub team, else the listed, else nobody."""
    team = policy.teams[clock.handed.team]
    known = snapshot.roster.get(clock.handed.team, frozenset())
    assigned = [f"@{person.login}" for person in snapshot.issue.assignees if person.login.casefold() in known]
    if assigned:
        return " ".join(assigned)
    if team.github_team is not None:
        return f"@{team.github_team}"
    return " ".join(f"@{login.removeprefix('@')}" for login in team.members) or f"**{team.name}**:"


def _support(policy: Policy, owner: str) -> str:
    """Who is accountable; all of support when that account is gone."""
    if owner:
        return f"@{owner}"
    support = policy.support
    if support.github_team is not None:
        return f"@{support.github_team}"
    return " ".join(f"@{login.removeprefix('@')}" for login in support.members) or words.SUPPORT


def _management(policy: Policy) -> str:
    support = policy.support
    if support.management_team is not None:
        return f"@{support.management_team}"
    return " ".join(f"@{login.removeprefix('@')}" for login in support.management) or words.MANAGEMENT
