"""Floor 1: what Slack should say about an issue, against what was said: the smallest list of actions. Pure.

What holds
- One message per hand-over to a team, changed in place. A re-route posts in the new channel and turns the old
  message into a pointer; coming back to a team that was left posts anew there.
- A message is on record only when Slack named it (`Sent`); until then it is planned again. So a crash repeats
  it at most, and never loses it (invariant 6).
- What a message shows is compared by a digest of what it was made of: an unchanged issue costs no call.
- Nothing is told that was handed over long ago: a token that is configured later starts no flood.
- While the memory is held (it was lost), nothing is sent.

Races
- Recorded twice (the database's ledger and the card): the later record of a message counts.
- The new message must exist before the old one can point to it: the pointer is written in the next round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.memory import Memory
from bot.policy.schema import Slack
from bot.told import Note, Sent, SlackAction, SlackPost, SlackUpdate, Telling, Told, Workspace

FRESH = timedelta(days=3)  # a hand-over that is older is not told any more
RETRY = timedelta(hours=6)  # after Slack refused a message
KEPT = 3  # messages of an issue that are kept up to date


@dataclass(frozen=True, slots=True)
class Concluded:
    """`problems` are codes with a name, for the card: ``no-channel:#search``."""

    memory: Memory
    actions: tuple[SlackAction, ...] = ()
    problems: tuple[str, ...] = ()
    look_again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the issue wants of Slack. `live`: the team that was handed the issue and still has it."""

    telling: Telling
    live: str | None = None
    live_slack: Slack = field(default_factory=Slack)
    handed_at: datetime | None = None
    closed: bool = False
    notes: Mapping[str, Note] = field(default_factory=dict)  # effect key → what goes into the thread
    alert: tuple[str, str, Note] | None = None  # key, channel's name, message


def noted(memory: Memory, sent: Sequence[Sent]) -> Memory:
    """The memory with what was sent; noting it again changes nothing."""
    told, effects = list(memory.told), dict(memory.effects)
    for one in sent:
        record = one.told()
        if record is None:
            effects.setdefault(one.key, one.at)
            continue
        known = next((old for old in told if old.key == record.key), None)
        if known is None:
            told.append(record)
        elif known.at <= record.at:
            told[told.index(known)] = record
    told.sort(key=lambda one: one.number)
    return replace(memory, told=tuple(told[-KEPT:]), effects=effects)


def conclude(memory: Memory, wish: Wish, workspace: Workspace | None, now: datetime) -> Concluded:
    """What to send, given what was sent. Without a workspace (no token) nothing."""
    if workspace is None or memory.held:
        return Concluded(memory)
    actions: list[SlackAction] = []
    problems: list[str] = []
    live, last = wish.live, memory.told[-1] if memory.told else None
    told_live = last is not None and last.team == live
    look_again = None
    if live is not None and not wish.closed and (not told_live or (last is not None and not last.ts)):
        channel = channel_of(wish.live_slack, workspace, problems)
        retry_at = last.at + RETRY if last is not None and told_live else None
        if retry_at is not None and retry_at > now:
            look_again = retry_at
        elif channel and wish.handed_at is not None and now - wish.handed_at <= FRESH:
            number = 1 if last is None else last.number + (0 if told_live else 1)
            telling = _live(wish, workspace, problems)
            actions.append(SlackPost(Told(live, number, channel, "", "", now).key, channel, telling))
    elif told_live and not wish.closed:
        mention_of(wish.live_slack, workspace, problems)
    if not any(isinstance(action, SlackPost) for action in actions):
        actions += _updates(memory, wish, workspace)
        actions += _thread(memory, wish, workspace)
    if wish.alert is not None and wish.alert[0] not in memory.effects:
        channel = channel_of(Slack(channel=wish.alert[1]), workspace, problems)
        if channel:
            actions.append(SlackPost(wish.alert[0], channel, wish.alert[2]))
    if last is not None and told_live:
        problems += [f"refused:{last.refused}"] if last.refused else []
        problems += [f"withheld:{last.withheld}"] if last.withheld else []
    return Concluded(memory, tuple(actions), tuple(dict.fromkeys(problems)), look_again)


def channel_of(slack: Slack, workspace: Workspace, problems: list[str]) -> str:
    """The id of a channel; empty, with the problem noted, when Slack does not show it to us."""
    if slack.channel is None:
        return ""
    found = workspace.channels.get(slack.channel.removeprefix("#"), "")
    if not found:
        problems.append(f"no-channel:{slack.channel}")
    return found


def mention_of(slack: Slack, workspace: Workspace, problems: list[str]) -> str:
    """Whom to call: `fallback_for` where that group exists, else the handle; plain text without a group."""
    for handle in (slack.fallback_for, slack.handle):
        group = workspace.groups.get((handle or "").removeprefix("@"))
        if group is not None:
            return f"<!subteam^{group}>"
    if slack.handle is None:
        return ""
    problems.append(f"no-handle:{slack.handle}")
    return slack.handle


def _live(wish: Wish, workspace: Workspace, problems: list[str]) -> Telling:
    telling = replace(wish.telling, mention=mention_of(wish.live_slack, workspace, problems))
    return telling if workspace.buttons else replace(telling, teams=())


def _updates(memory: Memory, wish: Wish, workspace: Workspace) -> list[SlackAction]:
    """Messages that say something else than they should."""
    actions: list[SlackAction] = []
    for told in memory.told:
        telling = _for(told, memory.told[-1], wish, workspace)
        if told.ts and told.shown != telling.digest:
            actions.append(SlackUpdate(told.key, told.channel, told.ts, telling))
    return actions


def _for(told: Told, last: Told, wish: Wish, workspace: Workspace) -> Telling:
    """What one message should say now."""
    telling, live = wish.telling, wish.live
    if told is last and told.team == live:
        return replace(_bare(telling), status="closed") if wish.closed else _live(wish, workspace, [])
    if live is not None:
        link = last.link if last.team == live else ""
        return replace(_bare(telling), status="moved", moved_to=telling.team, moved_link=link)
    return replace(_bare(telling), status="closed" if wish.closed else "withdrawn")


def _bare(telling: Telling) -> Telling:
    """Without what a message that is over does not show: changes there are no reason to write it again."""
    return Telling(
        telling.status, telling.issue, telling.url, "", public=telling.public, public_url=telling.public_url
    )


def _thread(memory: Memory, wish: Wish, workspace: Workspace) -> list[SlackAction]:
    """What happened since, below the message of the team that has the issue; it calls that team."""
    if not memory.told or not memory.told[-1].ts or memory.told[-1].team != wish.live or wish.closed:
        return []
    last, mention = memory.told[-1], mention_of(wish.live_slack, workspace, [])
    return [
        SlackPost(key, last.channel, replace(content, mention=mention), last.ts)
        for key, content in wish.notes.items()
        if key not in memory.effects
    ]
