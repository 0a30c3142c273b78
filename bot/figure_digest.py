"""Floor 1: the weekly digest in words: the body of its issue, the post in Slack, and the picture. Pure.

What holds
- Requests are named by number and link alone: no title, no word of anybody. Customers only where the caller
  says so, and never in Slack.
- A share that nobody can know is never shown as a number: it says what is missing.
- The body fits into GitHub's 65,536 characters: every list has an end, and the oldest weeks go first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import plots
from bot.figure_formats import markdown_section, markdown_table
from bot.figure_report import MOST, counted, issues, reached, responses, team_name, trend_table, weeks
from bot.figure_table import Cell, Link, Section, Table, Words
from bot.figure_words import NONE, day, goal, hours, percent, quantile, target
from bot.plots import LIGHT, Series
from bot.policy.schema import Policy
from bot.rules.figures.facts import Facts
from bot.rules.figures.measure import measure
from bot.rules.figures.report import Line, Report, Share
from bot.rules.figures.tickets import Tickets
from bot.rules.slack_message import Message, escaped, section
from bot.rules.weekly import MARKER, Slot

FITS = 60_000  # characters; GitHub takes 65,536 in a body
LONGEST = 10  # requests that wait longest
IN_SLACK = 3
NO_TICKETS = "no ticket counts"
SET_UP = "set `ZENDESK_URL` and `ZENDESK_TOKEN`"
NEEDED, IN_TIME = "Tickets that needed engineering", "First engineering response in time"


@dataclass(frozen=True, slots=True)
class Measured:
    """The seven days of the digest, the days that goals look at, and the weeks of the table."""

    slot: Slot
    week: Report
    window: Report
    past: Report

    @property
    def title(self) -> str:
        """The days it is about: ``16 Nov 2026 to 22 Nov 2026``."""
        period = self.week.period
        return f"{day(period.since)} to {day(period.until - timedelta(microseconds=1))}"

    @property
    def waiting(self) -> list[Line]:
        """Requests that somebody of us is waited for, the longest first."""
        lines = self.window.open_requests
        mine = [one for one in lines if one.waiting in ("engineering", "support") and not one.snoozed]
        return sorted(mine, key=lambda one: (-(one.waited or 0.0), one.key.number))

    @property
    def overdue(self) -> int:
        return sum(one.overdue and not one.snoozed for one in self.window.open_requests)


def measured(
    facts: Sequence[Facts], tickets: Tickets, slot: Slot, policy: Policy, now: datetime, repository: str
) -> Measured:
    """Measure all that a digest shows."""
    week, window, past = (
        measure(facts, tickets, slot.days_before(days), policy, now, repository=repository)
        for days in (7, policy.goals.window, 7 * policy.digest.weeks)
    )
    first = next((n for n, one in enumerate(past.weeks) if one.requests), len(past.weeks))
    return Measured(slot, week, window, replace(past, weeks=past.weeks[first:]))


# ── the issue ───────────────────────────────────────────────────────────────────────────────


def body(found: Measured, policy: Policy, *, customers: bool, no_tickets: str = SET_UP) -> str:
    """The issue's body, with the hidden line by which it is found again.

    `customers`: may they be named? `no_tickets`: what to do when nobody tells how many tickets there were.
    """
    known = len(found.past.weeks)
    while True:
        text = _body(found, policy, customers, no_tickets, known)
        if len(text) <= FITS or not known:
            return text
        known //= 2


def _body(found: Measured, policy: Policy, customers: bool, no_tickets: str, known: int) -> str:
    sections = [
        _goals(found, policy, no_tickets),
        _in_teams(found, policy),
        _waits(found, policy, customers),
        _to_act_on(found),
        *([_customers(found)] if customers else []),
    ]
    head = (
        f"**{found.title}**, {found.window.repository}. Written anew each week; earlier weeks are at the end."
    )
    shown = [markdown_section(one) for one in sections if one.text or one.tables]
    return "\n\n".join([head, *shown, *_past(found, policy, known), MARKER])


def _goals(found: Measured, policy: Policy, no_tickets: str) -> Section:
    week, window = found.week, found.window

    def row(name: str, now: tuple[str, str, str], then: tuple[str, str, str]) -> tuple[str, ...]:
        return (name, now[0], *then)

    rows = [
        row(NEEDED, _needed(week), _needed(window)),
        row(
            IN_TIME,
            reached(week.response.share, week.response.running),
            reached(window.response.share, window.response.running),
        ),
    ]
    if week.support is not None and window.support is not None:
        now, then = week.support.all, window.support.all
        rows.append(row("Support's first response in time", reached(now.in_time), reached(then.in_time)))
        rows.append(row("Customers satisfied", reached(now.satisfied), reached(then.satisfied)))
    half = quantile(week.response.spread.median), quantile(window.response.spread.median)
    rows += [
        ("First engineering response, half within", *half, "", ""),
        row("Requests complete when filed", reached(week.intake.complete), reached(window.intake.complete)),
        row("Docs question answered", reached(week.docs.answered), reached(window.docs.answered)),
    ]
    engineering = ", ".join(f"{id_} {target(span)}" for id_, span in window.targets.items())
    text = [f"{_counts(found)}", f"Engineering's response target: {engineering or 'none'}."]
    if window.support is not None:
        minutes = policy.goals.support_response.items()
        own = ", ".join(f"{id_} {hours(60.0 * number)}" for id_, number in minutes)
        text[1] += f" Support's own, by Zendesk priority: {own or 'none'}."
    text.append(
        f"Tickets: {window.tickets}."
        if window.tickets
        else f"How many tickets there were is not known: {no_tickets}."
    )
    head = ("", "The week", f"{policy.goals.window} days", "Goal", "Met")
    return Section("Goals", tuple(text), (Table(head, tuple(rows)),))


def _needed(report: Report) -> tuple[str, str, str]:
    """As `reached`; without ticket counts it says so."""
    cells = reached(report.needed.share)
    if report.needed.share.whole is None:
        return f"{NO_TICKETS}; {counted(report.needed.requests, 'request')}", *cells[1:]
    return cells


def _counts(found: Measured) -> str:
    week, now = found.week, found.window.open_requests
    return (
        f"{counted(week.needed.requests, 'request')} filed, {week.ends.closed} closed in the week."
        f" Open now: {len(now)}, of which {found.overdue} past their time."
    )


def _in_teams(found: Measured, policy: Policy) -> Section:
    """First responses by team; which priority it was matters to the team alone."""
    section = responses(found.window, policy)
    return replace(section, title=f"Teams, {policy.goals.window} days", tables=section.tables[:1])


def _waits(found: Measured, policy: Policy, customers: bool) -> Section:
    waiting = found.waiting
    if not waiting:
        return Section("Waits longest")
    head = ("Issue", "Waits for", "Business time", "Past its time", "Priority")
    rows = tuple(_wait(one, policy, customers) for one in waiting[:LONGEST])
    text = (f"{LONGEST} of {len(waiting)}.",) if len(waiting) > LONGEST else ()
    table = Table((*head, *(("Customer",) if customers else ())), rows)
    return Section("Waits longest", text, (table,))


def _wait(line: Line, policy: Policy, customers: bool) -> tuple[Cell, ...]:
    who = team_name(line.team, policy) if line.waiting == "engineering" else "support"
    return (
        Link(f"#{line.key.number}", line.url),
        who,
        hours(line.waited),
        "yes" if line.overdue else "",
        line.priority or NONE,
        *((Words(line.customer or NONE),) if customers else ()),
    )


def _to_act_on(found: Measured) -> Section:
    lists = (
        ("Requests without a ticket", found.window.needed.without_ticket),
        ("Documentation issues promised and open", found.window.docs.follow_ups),
    )
    return Section("To act on", tuple(f"{what}: {issues(keys)}." for what, keys in lists if keys))


def _customers(found: Measured) -> Section:
    trends = [one for one in found.window.customers[:MOST] if one.now or one.before]
    text = ("Requests filed, against as many days before.",) if trends else ()
    return Section("Customers", text, (trend_table("Customer", trends),) if trends else ())


def _past(found: Measured, policy: Policy, known: int) -> list[str]:
    """The weeks, newest first, folded away."""
    if not known:
        return []
    section = weeks(found.past, policy)
    (table,) = section.tables
    rows = tuple(reversed(table.rows))[:known]
    summary = f"<details><summary>Week by week: {counted(len(rows), 'week')}</summary>"
    return [summary, *section.text, markdown_table(replace(table, rows=rows)), "</details>"]


# ── Slack ───────────────────────────────────────────────────────────────────────────────────


def post(found: Measured, policy: Policy, url: str) -> Message:
    """The headline figures. `url`: of the issue; empty without one."""
    window = found.window
    head = f"*Weekly digest, {found.title}*, {escaped(window.repository)}"
    lines = [
        f"The last {policy.goals.window} days:",
        _headline(NEEDED, _needed(window)[0], window.needed.share),
        _headline(IN_TIME, reached(window.response.share)[0], window.response.share),
    ]
    if window.response.spread.median is not None:
        lines.append(f"• Half of the first responses within {quantile(window.response.spread.median)}")
    lines.append(_counts(found))
    longest = [
        f"<{one.url}|#{one.key.number}> ({escaped(str(_wait(one, policy, False)[1]))}, {hours(one.waited)})"
        for one in found.waiting[:IN_SLACK]
    ]
    if longest:
        lines.append(f"Waits longest: {', '.join(longest)}")
    if url:
        lines.append(f"<{url}|All figures>")
    return Message(head, (section("\n".join([head, *lines])),))


def _headline(name: str, shown: str, share: Share) -> str:
    mark = {True: "✓", False: "✗", None: "•"}[share.met]
    return f"{mark} {name}: {', '.join(filter(None, (shown, goal(share))))}"


# ── the picture ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart to be drawn, and what it shows in words, for those who do not see it."""

    spec: plots.Spec
    alt: str


def picture(found: Measured, policy: Policy) -> Picture | None:
    """The goals over the weeks; None while there is no line to draw."""
    past, goals = found.past.weeks, policy.goals
    charts, words = [], []
    for name, shares, value, at_most in (
        (NEEDED, [week.needed for week in past], goals.engineering_needed, True),
        (IN_TIME, [week.response for week in past], goals.engineering_in_time, False),
    ):
        values = [share.value for share in shares if share.value is not None]
        if len(values) > 1:
            points = tuple((week.period.since, one.value) for week, one in zip(past, shares, strict=True))
            line = Series(name, points)
            charts.append((name, plots.trend([line], percent=True, goal=value, at_most=at_most, look=LIGHT)))
            words.append(f"{name.lower()}: {percent(values[0])} then, {percent(values[-1])} now")
    if not charts:
        return None
    return Picture(plots.side_by_side(charts), f"{counted(len(past), 'week')}; {'; '.join(words)}")
