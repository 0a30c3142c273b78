"""What the overview and a team's page show of a report: the goals, and the charts beside the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot import plots
from bot.policy.schema import Policy
from bot.rules.figures.report import Report, Share


@dataclass(frozen=True, slots=True)
class Goal:
    """A share that the process is judged by. `why`: what it counts, or why it is not known; `beside`: the
    same of the tickets in which engineering was needed."""

    name: str
    share: Share
    why: str
    beside: Share | None = None

    @property
    def verdict(self) -> str:
        """met | missed | open; in words on the page, so that colour is not all there is."""
        return {True: "met", False: "missed", None: "open"}[self.share.met]


def goals(report: Report) -> tuple[Goal, ...]:
    """The goals of the handbook, each with whose target it is."""
    found = []
    if report.team is None:
        tickets = f"tickets from {report.tickets}" if report.tickets else "no source of ticket counts"
        found.append(Goal("Tickets that needed engineering", report.needed.share, tickets))
    found.append(Goal("Engineering answered in time", report.response.share, "engineering's own target"))
    if report.support is not None and report.team is None:
        all_, needed = report.support.all, report.support.with_request
        own = "support's own target"
        found += [
            Goal("Support answered in time", all_.in_time, own, needed.in_time),
            Goal("Satisfied customers", all_.satisfied, "ratings given", needed.satisfied),
        ]
    return (*found, Goal("Complete when filed", report.intake.complete, "required fields"))


def charts(report: Report) -> dict[str, plots.Spec]:
    """Charts by name. The tables on the page hold the same numbers."""
    weeks = [(week.period.since, week) for week in report.weeks]
    found = {
        "response": plots.trend(
            [plots.Series("answered in time", [(at, week.response.value) for at, week in weeks])],
            percent=True,
            goal=report.response.share.goal,
        ),
        "requests": plots.trend(
            [
                plots.Series("filed", [(at, week.requests) for at, week in weeks]),
                plots.Series("closed", [(at, week.closed) for at, week in weeks]),
            ]
        ),
    }
    if report.team is None and any(week.needed.value is not None for _, week in weeks):
        found["needed"] = plots.trend(
            [plots.Series("needed engineering", [(at, week.needed.value) for at, week in weeks])],
            percent=True,
            goal=report.needed.share.goal,
            at_most=True,
        )
    return found


def waiting(report: Report, names: Names) -> plots.Spec:
    """Open requests by team, most first: who has much on their hands."""
    counted = Counter(line.team for line in report.open_requests)
    rows = [(names.team.get(id_ or "", id_ or "no team"), float(n)) for id_, n in counted.most_common()]
    return plots.bars(rows)


@dataclass(frozen=True, slots=True)
class Names:
    """What people call teams, priorities and fields, by id; `urgent`: the id of the highest priority."""

    team: Mapping[str, str]
    priority: Mapping[str, str]
    field: Mapping[str, str]
    urgent: str


def names(policy: Policy) -> Names:
    """The policy's own names."""
    return Names(
        {id_: team.name for id_, team in policy.teams.items()},
        {id_: one.label for id_, one in policy.priorities.items()},
        {id_: one.label for id_, one in policy.intake.fields.items()},
        next(iter(policy.priorities)),
    )
