"""Floor 1: the lists in Slack: a team above its cap, and each morning what waits for whom. Pure.

What holds
- A team above its cap is told of once: again only after it was below. Between the two numbers nothing is
  said, so that a team at its cap is not reported with every issue that comes and goes.
- A digest belongs to a day of the offices that cover the channel: at the policy's local time in the first of
  them that works that day. One that could not go out in `LATE` is left out: what is due is live, not news.
- Rows hold ids, priorities and times; a customer only where policy shows customers' words in Slack.
- All rows are shown: what does not fit into one message goes into its thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.policy.clocks import minute_of
from bot.policy.schema import Policy
from bot.rules.durations import Calendar, Calendars, instant
from bot.rules.slack_message import Block, Message, escaped, moment, section
from bot.standing import Standing

LATE = timedelta(hours=4)  # after its time a digest is no longer worth its interruption
AHEAD = 15  # days to look for the next working day; Christmas is shorter
SECTION = 2900  # characters; a block may have 3000
PAGE = 10_000  # characters of a message; Slack refuses some 12,000 (github.com/slackapi/bolt-js/issues/2509)


@dataclass(frozen=True, slots=True)
class Say:
    """Something to say, and to remember as said: `what` and `value`. No pages: there is nothing to say."""

    what: str
    value: str
    channel: str  # with its #
    pages: tuple[Message, ...]  # the first into the channel, the rest into its thread


# ── caps ────────────────────────────────────────────────────────────────────────────────────


def caps(
    requests: Sequence[Standing], policy: Policy, said: Mapping[str, str], mention: str
) -> tuple[tuple[Say, ...], tuple[str, ...]]:
    """Teams above their cap that nobody was told of, and what was said of teams that are below again."""
    says, over = [], []
    channel = policy.support.leads.channel or policy.support.channel
    for id_, team in policy.teams.items():
        cap = policy.slack.cap if team.cap is None else team.cap
        what, mine = f"cap:{id_}", _ranked([one for one in requests if one.team == id_], policy)
        if what in said and (not cap or len(mine) < cap):
            over.append(what)
        elif cap and len(mine) > cap and what not in said and team.engineering and channel is not None:
            head = f"{mention} *{escaped(team.name)} has {len(mine)} open requests for help* (cap: {cap})."
            rows = [
                f"{n}. {_row(one, policy, _turn(one, policy), f'asked {moment(one.asked_at)}')}"
                for n, one in enumerate(mine, 1)
            ]
            says.append(Say(what, str(len(mine)), channel, _pages(head.strip(), [("", rows)])))
    return tuple(says), tuple(over)


def _ranked(requests: Iterable[Standing], policy: Policy) -> list[Standing]:
    """By priority, then age, then customer."""
    order = {id_: number for number, id_ in enumerate(policy.priorities)}
    return sorted(
        requests,
        key=lambda one: (order.get(one.priority, len(order)), one.asked_at, one.customer, _number(one)),
    )


def _number(one: Standing) -> int:
    return int(one.issue.rpartition("#")[2])


# ── digests ─────────────────────────────────────────────────────────────────────────────────


def digests(
    requests: Sequence[Standing],
    policy: Policy,
    calendars: Calendars,
    said: Mapping[str, str],
    now: datetime,
) -> tuple[tuple[Say, ...], datetime | None]:
    """The digests whose time has come, and when the next one's will."""
    if policy.slack.digest is None:
        return (), None
    minute = minute_of(policy.slack.digest)
    says, nexts = [], []
    for what, channel, calendar, teams in _channels(policy, calendars):
        day, next_ = slot(calendar, minute, now)
        nexts.append(next_)
        if day is not None and said.get(what) != day.isoformat():
            ends = _end_of(day, calendar)
            groups = _for_team(requests, teams, now, ends) if teams else _for_support(requests)
            pages = _digest(groups, _title(teams, policy), day, policy, several=len(teams) != 1)
            says.append(Say(what, day.isoformat(), channel, pages))
    return tuple(says), min(nexts, default=None)


def slot(calendar: Calendar, minute: int, now: datetime) -> tuple[date | None, datetime]:
    """The day whose digest may go out now, if any, and when the next one may."""
    current = None
    for ahead in range(-1, AHEAD):
        day = now.astimezone(UTC).date() + timedelta(days=ahead)
        at = time_on(day, calendar, minute)
        if at is not None and at > now:
            return current, at
        if at is not None and now < at + LATE:
            current = day
    return current, now + LATE


def time_on(day: date, calendar: Calendar, minute: int) -> datetime | None:
    """The local time in the first office that works on that day; None when none does."""
    if not calendar.offices:
        return instant(day, minute, ZoneInfo("UTC"))
    times = [instant(day, minute, office.zone) for office in calendar.offices if office.works(day)]
    return min(times, default=None)


def _end_of(day: date, calendar: Calendar) -> datetime:
    """When the day is over in the last of the offices."""
    zones = [office.zone for office in calendar.offices] or [ZoneInfo("UTC")]
    return max(instant(day + timedelta(days=1), 0, zone) for zone in zones)


def _channels(policy: Policy, calendars: Calendars) -> Iterator[tuple[str, str, Calendar, tuple[str, ...]]]:
    """Each channel with its teams and the offices that cover them; support's, without teams, is the last."""
    teams: dict[str, list[str]] = {}
    for id_, team in policy.teams.items():
        if team.engineering and team.slack.channel is not None:
            teams.setdefault(team.slack.channel, []).append(id_)
    for channel, ids in teams.items():
        offices = tuple(office for id_ in ids for office in calendars.team(id_).offices)
        yield f"digest:{channel}", channel, Calendar(offices), tuple(ids)
    if policy.support.channel is not None:
        yield "digest:support", policy.support.channel, calendars.support(), ()


Groups = tuple[tuple[str, str, list[Standing]], ...]
"""Title, which time a row shows, and its requests."""


def _for_team(requests: Sequence[Standing], teams: Sequence[str], now: datetime, ends: datetime) -> Groups:
    mine = [one for one in requests if one.team in teams]
    due = [one for one in mine if one.turn == "engineering" and one.due is not None]
    return (
        ("Overdue", "due", [one for one in due if one.due is not None and one.due <= now]),
        ("Due today", "due", [one for one in due if one.due is not None and now < one.due < ends]),
        ("Waiting for support", "since", [one for one in mine if one.turn == "support"]),
    )


def _for_support(requests: Sequence[Standing]) -> Groups:
    return (
        ("No team yet", "filed", [one for one in requests if not one.team]),
        ("Waiting for support", "since", [one for one in requests if one.team and one.turn == "support"]),
    )


def _title(teams: Sequence[str], policy: Policy) -> str:
    return " and ".join(policy.teams[id_].name for id_ in teams) if teams else "Support"


def _digest(groups: Groups, title: str, day: date, policy: Policy, *, several: bool) -> tuple[Message, ...]:
    """The message, in pages; none when all groups are empty. `several`: rows name their team."""
    full = [(name, when, _ranked(rows, policy)) for name, when, rows in groups if rows]
    counts = ", ".join(f"{len(rows)} {name[0].lower()}{name[1:]}" for name, _, rows in full)
    shown = [
        (
            name,
            [
                f"• {_row(one, policy, _team(one, policy) if several else '', _time(one, when))}"
                for one in rows
            ],
        )
        for name, when, rows in full
    ]
    return _pages(f"*{escaped(title)}, {day.isoformat()}:* {counts}", shown) if full else ()


# ── rows and pages ──────────────────────────────────────────────────────────────────────────


def _row(one: Standing, policy: Policy, *facts: str) -> str:
    priority = policy.priorities.get(one.priority)
    customer = one.customer if policy.slack.customer_words else ""
    shown = [priority.label if priority is not None else "", customer, *facts]
    return " · ".join([f"<{one.url}|{escaped(one.issue)}>", *(escaped(fact) for fact in shown if fact)])


def _team(one: Standing, policy: Policy) -> str:
    team = policy.teams.get(one.team)
    return team.name if team is not None else ""


def _turn(one: Standing, policy: Policy) -> str:
    who = _team(one, policy) if one.turn == "engineering" else one.turn
    return f"waiting for {who}" if who else ""


def _time(one: Standing, when: str) -> str:
    at = one.due if when == "due" and one.due is not None else one.since
    return f"{when} {moment(at)}"


def _pages(head: str, groups: Sequence[tuple[str, list[str]]]) -> tuple[Message, ...]:
    """Blocks within Slack's limits; the first page begins with the head, which is its plain text too."""
    texts: list[str] = [head]
    for title, rows in groups:
        text = f"*{title}*" if title else ""
        for row in rows:
            if len(text) + len(row) > SECTION:
                texts.append(text)
                text = ""
            text = f"{text}\n{row}" if text else row
        texts.append(text)
    pages: list[list[Block]] = [[]]
    size = 0
    for text in texts:
        if pages[-1] and size + len(text) > PAGE:
            pages.append([])
            size = 0
        pages[-1].append(section(text))
        size += len(text)
    return tuple(Message(head if n == 0 else "…", tuple(blocks)) for n, blocks in enumerate(pages))
