"""Floor 1: a report as sections and tables, before it is markdown or HTML. Every word of it stands here.

The first table is for a manager with a minute: each goal, what was reached, met or not. Titles and customers
are left out where the report may be seen by others than readers of the issues (`private=False`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from bot.figure_table import Link, Section, Table, Words
from bot.figure_words import NONE, day, days, goal, hours, of, percent, quantile, target
from bot.model import IssueKey
from bot.policy.schema import Policy
from bot.rules.figures.report import Line, Report, Response, Share, Trend

MOST = 15  # rows of a list that a reader goes through; what is more is counted


def title(report: Report) -> str:
    """What it is about: ``Support and engineering, 1 Nov 2026 to 30 Nov 2026``."""
    last = report.period.until - timedelta(microseconds=1)
    return f"Support and engineering, {day(report.period.since)} to {day(last)}"


def outline(report: Report, policy: Policy, *, private: bool) -> tuple[Section, ...]:
    """All sections. `private`: may titles and customers be told?"""
    return tuple(
        section
        for section in (
            _goals(report, policy),
            responses(report, policy),
            weeks(report, policy),
            _intake(report, policy),
            _routing(report, policy),
            _turns(report),
            _attention(report, policy, private),
            _trends(report, private),
        )
        if section.text or section.tables
    )


def lists(report: Report, policy: Policy, *, private: bool) -> tuple[Section, ...]:
    """The requests filed in the period, a section for each team: for a retrospective."""
    by_team: dict[str | None, list[Line]] = {}
    for line in report.filed:
        by_team.setdefault(line.team, []).append(line)
    ordered = sorted(by_team.items(), key=lambda item: (-len(item[1]), item[0] or ""))
    return tuple(
        Section(
            f"{team_name(team, policy)}: {counted(len(some), 'request')}", (), (_list(some, policy, private),)
        )
        for team, some in ordered
    )


# ── sections ────────────────────────────────────────────────────────────────────────────────


def _goals(report: Report, policy: Policy) -> Section:
    response, spread = report.response, report.response.spread
    rows = [
        ("Tickets that needed engineering", *reached(report.needed.share)),
        ("First engineering response within its target", *reached(response.share, response.running)),
    ]
    if report.support is not None:
        rows.append(("Support's first response within its own target", *reached(report.support.all.in_time)))
        rows.append(("Customers satisfied", *reached(report.support.all.satisfied)))
    rows += [
        ("First engineering response, half within", quantile(spread.median), "", ""),
        ("First engineering response, nine of ten within", quantile(spread.p90), "", ""),
        ("Requests complete when filed", *reached(report.intake.complete)),
        ("Docs question answered after the close", *reached(report.docs.answered)),
    ]
    text = [
        f"Tracker {report.repository}" + (f", team {team_name(report.team, policy)}." if report.team else ".")
    ]
    text.append(
        f"Tickets: {report.tickets}."
        if report.tickets
        else "How many tickets there were is not known: it takes --tickets N, --tickets-csv FILE, or Zendesk."
    )
    engineering = ", ".join(f"{target(span)} for {id_}" for id_, span in report.targets.items())
    text.append(f"Engineering's response target: {engineering or 'none'}. Times are business time.")
    if report.support is not None:
        own = ", ".join(f"{minutes} for {id_}" for id_, minutes in _minutes(policy).items())
        text.append(f"Support's own target, by Zendesk priority: {own or 'none'}.")
    tables = [Table(("", "Reached", "Goal", "Met"), tuple(rows))]
    if report.support is not None:
        tables.append(
            Table(
                ("Tickets", "Opened", "First reply in time", "Half within", "Satisfied"),
                tuple(
                    (
                        name,
                        str(some.number),
                        share_of(some.in_time),
                        quantile(some.first_reply.median),
                        share_of(some.satisfied),
                    )
                    for name, some in (
                        ("all", report.support.all),
                        ("with a request for help", report.support.with_request),
                    )
                ),
            )
        )
    return Section("Goals", tuple(text), tuple(tables))


def responses(report: Report, policy: Policy) -> Section:
    """First engineering responses, by team and priority."""
    head = ("", "Asked", "In time", "Late", "Missed", "Running", "Withdrawn", "Share in time", "Half within")

    def table(what: str, found: Mapping[str, Response], names: Mapping[str, str]) -> Table:
        rows = ((names.get(id_, id_), *_response(one)) for id_, one in found.items())
        return Table((what, *head[1:]), tuple(rows))

    teams = {id_: team.name for id_, team in policy.teams.items()}
    text = (
        "In time, late: answered. Missed: no answer and past its time. Running: not due yet. Withdrawn:"
        " closed or handed on before it was due."
    )
    hidden = [
        team.name
        for id_, team in policy.teams.items()
        if team.engineering and not (team.members or team.github_team) and report.team in (None, id_)
    ]
    more = (
        (f"Not measured, as the policy lists nobody (members, github_team): {', '.join(hidden)}.",)
        if hidden
        else ()
    )
    if not report.response_by_team:
        return Section("First engineering response", ("Nobody was asked in this time.", *more))
    return Section(
        "First engineering response",
        (text, *more),
        (
            table("Team", report.response_by_team, teams),
            table("Priority", report.response_by_priority, {}),
        ),
    )


def _response(found: Response) -> tuple[str, ...]:
    counts = (found.asked, found.in_time, found.late, found.missed, found.running, found.withdrawn)
    return (*map(str, counts), percent(found.share.value), quantile(found.spread.median))


def weeks(report: Report, policy: Policy) -> Section:
    """A row for each week, oldest first, in one table."""
    rows = tuple(
        (
            day(week.period.since),
            str(week.requests),
            str(week.tickets) if week.tickets is not None else NONE,
            str(week.closed),
            percent(week.needed.value),
            percent(week.response.value),
            quantile(week.median),
        )
        for week in report.weeks
    )
    head = ("Week of", "Requests", "Tickets", "Closed", "Needed engineering", "In time", "Half within")
    text = (
        "Counts are the week's own; shares and times are over the days up to its end that goals look at.",
    )
    return Section("Week by week", text, (Table(head, rows),))


def _intake(report: Report, policy: Policy) -> Section:
    needed, intake = report.needed, report.intake
    filed = counted(needed.requests, "request")
    others = _others(needed.others, policy)
    text = [f"{filed} for help, {needed.repeated} of them on a ticket that had one before.{others}"]
    unknown = f" Of {intake.unknown} it is not known." if intake.unknown else ""
    text.append(
        f"Complete when filed: {share_of(intake.complete)}.{unknown} The others were complete after"
        f" {quantile(intake.time_to_complete.median, days)} (half of them)."
        if intake.time_to_complete.median is not None
        else f"Complete when filed: {share_of(intake.complete)}.{unknown}"
    )
    rows = tuple((_field(id_, policy), str(number)) for id_, number in intake.most_missed[:MOST])
    tables = (Table(("Missing when filed", "Times"), rows),) if rows else ()
    return Section("Intake", tuple(text), tables)


def _routing(report: Report, policy: Policy) -> Section:
    routing = report.routing
    if not report.needed.requests:
        return Section("Routing")
    text = (
        f"Routed by the bot: {routing.applied}, of which people changed {routing.overridden}. Suggested:"
        f" {routing.suggested}, of which {routing.taken} taken. No team named: {routing.nobody}. Routed by"
        f" people first: {routing.by_people}."
    )
    rows = tuple(
        (team_name(bot, policy), team_name(person, policy), str(number))
        for bot, person, number in routing.confusion
    )
    tables = (Table(("The bot said", "People said", "Times"), rows),) if rows else ()
    return Section("Routing", (text,), tables)


def _turns(report: Report) -> Section:
    turns, ends = report.turns, report.ends
    rows = tuple(
        (side, str(turns.waits[side]), hours(turns.waited[side]), str(turns.now[side]))
        for side in ("engineering", "support", "customer")
    )
    text = [
        f"Closed {counted(ends.closed, 'time')}, of which opened again: {share_of(ends.reopened)}."
        f" From filing to the close: {quantile(ends.resolved_in.median, days)} (half), "
        f"{quantile(ends.resolved_in.p90, days)} (nine of ten)."
        if ends.closed
        else "Nothing was closed in this time."
    ]
    text.append(f"Reminders written: {turns.reminders}.")
    head = ("Waiting for", "Turns that ended", "Time waited", "Waits now")
    return Section("Turns and ends", tuple(text), (Table(head, rows),))


def _attention(report: Report, policy: Policy, private: bool) -> Section:
    """What somebody may want to act on."""
    text = []
    overdue = [line for line in report.open_requests if line.overdue and not line.snoozed]
    tables = []
    if overdue:
        text.append(
            f"{counted(len(overdue), 'open request')} waits past its time."
            if len(overdue) == 1
            else f"{len(overdue)} open requests wait past their time."
        )
        tables.append(_list(overdue[:MOST], policy, private))
    for what, keys in (
        ("Requests without a ticket", report.needed.without_ticket),
        ("Documentation issues promised and open", report.docs.follow_ups),
    ):
        if keys:
            text.append(f"{what}: {issues(keys)}.")
    return Section("To act on", tuple(text), tuple(tables))


def _trends(report: Report, private: bool) -> Section:
    tables = [
        trend_table(what, trends)
        for what, trends in (("Area", report.areas), ("Team", report.teams), ("Customer", report.customers))
        if trends and (private or what != "Customer")
    ]
    text = ("Requests filed, against the time of the same length before.",) if tables else ()
    return Section("Trends", text, tuple(tables))


def trend_table(what: str, trends: Sequence[Trend]) -> Table:
    """Requests now and before."""
    rows = [
        (Words(one.name or "not known"), str(one.now), str(one.before), _change(one)) for one in trends[:MOST]
    ]
    return Table((what, "Now", "Before", "Change"), tuple(rows))


# ── cells ───────────────────────────────────────────────────────────────────────────────────


def reached(share: Share, running: int = 0) -> tuple[str, str, str]:
    """Share, goal, met; `running`: not decided yet."""
    met = {True: "✓", False: "✗", None: ""}[share.met]
    more = f", {running} running" if running else ""
    return f"{share_of(share)}{more}", goal(share).removeprefix("goal: "), met


def share_of(share: Share) -> str:
    """``8.3 % (8 of 96)``."""
    if share.value is None:
        return of(share)
    return f"{percent(share.value)} ({of(share)})"


def _change(trend: Trend) -> str:
    change = trend.now - trend.before
    return f"{change:+d}" if change else "="


def _others(kinds: Mapping[str, int], policy: Policy) -> str:
    """Issues that do not count, by kind."""
    named = [f"{policy.kinds[id_].name} {number}" for id_, number in kinds.items() if id_ in policy.kinds]
    return f" Not counted: {', '.join(named)}." if named else ""


def issues(keys: Iterable[IssueKey]) -> str:
    """The first of them by number, and how many more there are."""
    found = [f"#{key.number}" for key in keys]
    more = f" and {len(found) - MOST} more" if len(found) > MOST else ""
    return ", ".join(found[:MOST]) + more


def _list(lines: Iterable[Line], policy: Policy, private: bool) -> Table:
    """Requests, a row each."""
    head = (
        "Issue",
        *(("Title", "Customer") if private else ()),
        "Team",
        "Priority",
        "Filed",
        "Closed",
        "Waits for",
    )
    rows = tuple(
        (
            Link(f"#{line.key.number}", line.url),
            *((Words(line.title), Words(line.customer or NONE)) if private else ()),
            team_name(line.team, policy),
            line.priority or NONE,
            day(line.created_at),
            day(line.closed_at) if line.closed_at is not None else NONE,
            f"{line.waiting}, {hours(line.waited)}" if line.waiting is not None else NONE,
        )
        for line in lines
    )
    return Table(head, rows)


def team_name(id_: str | None, policy: Policy) -> str:
    """As people call it."""
    if id_ is None:
        return "nobody"
    return policy.teams[id_].name if id_ in policy.teams else id_


def _field(id_: str, policy: Policy) -> str:
    return policy.intake.fields[id_].label if id_ in policy.intake.fields else id_


def _minutes(policy: Policy) -> dict[str, str]:
    return {id_: hours(60.0 * minutes) for id_, minutes in policy.goals.support_response.items()}


def counted(count: int, what: str) -> str:
    """``1 request``, ``2 requests``."""
    return f"{count} {what}{'' if count == 1 else 's'}"
