"""Floor 1: what is measured, as plain values: for the command line, the pages and the digest alike.

What each measure means (docs/figures.md tells people the same):

- **Needed engineering** (goal: at most 10 % of tickets). Tickets whose *first* request for help was filed in
  the period, over the tickets opened in it. A ticket counts once however many requests it has, so periods add
  up. Defects and features do not count. A request that names no ticket is listed, not counted.
- **First engineering response** (goal: 95 % within the policy's target). One *ask* each time a team is asked,
  counted when it was asked. Answered in time or late; without an answer and past its time: *missed*, open or
  not; without an answer and not yet due: *running*, or *withdrawn* when it was closed or handed on by then.
  Share = in time ÷ (in time + late + missed). Median and 90th percentile are Kaplan-Meier estimates of
  business time: what still runs counts for as long as it has run, it is never dropped. A percentile that the
  data do not reach is "more than" (`at_least`).
- **Support's first response** and **satisfaction**: of Zendesk's tickets, all against those with a request.
  This target is support's own (`goals.support_response`), not engineering's.
- **Intake**: of requests filed in the period: complete when filed; time until complete; fields most missed.
- **Routing**: of requests filed in the period: the router's verdict, and what a person made of it.
- **Turns**: waits that ended in the period, by side, in that side's business time; who is waited for now.
- **Ends**: closed in the period, how long from filing (wall time), and how many were opened again.
- **Docs**: of issues asked in the period: share answered; follow-ups still open, whenever asked.
- **Weeks**: each with its own counts, and with the shares over the policy's window of days up to its end.
- **Trends**: requests filed in the period against the period of the same length before it, by area, team and
  customer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.memory import Side
from bot.model import IssueKey
from bot.rules.figures.period import Period


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, against a goal: at least so much, or (`at_most`) no more.

    `value` is None when there is nothing to divide by, and never above 1: tickets opened earlier may need
    engineering in a period with few new ones.
    """

    part: int
    whole: int | None  # None: not known
    goal: float | None = None
    at_most: bool = False

    @property
    def value(self) -> float | None:
        return min(1.0, self.part / self.whole) if self.whole else None

    @property
    def met(self) -> bool | None:
        """Is the goal met? None: no goal, or nothing to judge."""
        if self.value is None or self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal


@dataclass(frozen=True, slots=True)
class Quantile:
    """Seconds; `at_least`: the true value is more than this, as too many still run."""

    seconds: float
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took. `ended` of them came to an end, `running` did not (yet)."""

    ended: int
    running: int
    median: Quantile | None  # None: nothing to judge
    p90: Quantile | None


@dataclass(frozen=True, slots=True)
class Needed:
    """Did tickets need engineering? `share.part`: tickets, `requests`: requests filed."""

    share: Share
    requests: int
    repeated: int  # requests on a ticket that had one before
    without_ticket: tuple[IssueKey, ...]
    others: Mapping[str, int]  # kind → issues that do not count: defect, feature


@dataclass(frozen=True, slots=True)
class Response:
    """First engineering responses. `share.whole` = in_time + late + missed. `untargeted`: answered, but the
    policy has no target for that priority."""

    share: Share
    in_time: int
    late: int
    missed: int
    running: int
    withdrawn: int
    untargeted: int
    spread: Spread

    @property
    def asked(self) -> int:
        return self.in_time + self.late + self.missed + self.running + self.withdrawn + self.untargeted


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """Support's side of some tickets."""

    number: int
    in_time: Share  # first reply within support's target
    first_reply: Spread  # seconds as Zendesk counts business time
    satisfied: Share  # good ratings of all ratings


@dataclass(frozen=True, slots=True)
class SupportSide:
    """Tickets opened in the period: all of them, and those that have a request for help."""

    all: TicketFigures
    with_request: TicketFigures


@dataclass(frozen=True, slots=True)
class IntakeQuality:
    complete: Share  # when filed; whole = those of which it is known
    unknown: int
    time_to_complete: Spread  # wall seconds, of those that were not complete when filed
    most_missed: tuple[tuple[str, int], ...]  # (field id, how often), most first


@dataclass(frozen=True, slots=True)
class RoutingQuality:
    """`kept` + `overridden` = applied. `confusion`: (router's team, person's team or None, how often)."""

    applied: int
    suggested: int
    nobody: int  # the router named no team
    by_people: int  # a person, or the template, was first
    kept: int
    overridden: int
    taken: int  # suggestions that a person followed
    confusion: tuple[tuple[str, str | None, int], ...]


@dataclass(frozen=True, slots=True)
class TurnFigures:
    """`waited`: business seconds per side, of waits that ended in the period; `waits`: how many they were;
    `now`: open requests that wait for a side; `reminders`: written in the period."""

    waited: Mapping[Side, float]
    waits: Mapping[Side, int]
    now: Mapping[Side, int]
    reminders: int


@dataclass(frozen=True, slots=True)
class Ends:
    closed: int  # times that a request was closed in the period
    resolved_in: Spread  # wall seconds from filing, of requests that are closed since a day in the period
    reopened: Share  # of those times: was it opened again later?


@dataclass(frozen=True, slots=True)
class DocsFigures:
    answered: Share  # whole = issues that were asked in the period
    answers: Mapping[str, int]  # updated | issue | none → how often
    follow_ups: tuple[IssueKey, ...]  # documentation issues promised and open


@dataclass(frozen=True, slots=True)
class Week:
    """One week, Monday to Monday. `needed` and `response` are over the policy's window of days up to the
    week's end (for the current week: up to now); the counts are the week's own, so they add up."""

    period: Period
    requests: int
    tickets: int | None  # opened
    closed: int
    complete: Share  # of requests filed in the week
    needed: Share
    response: Share
    median: Quantile | None  # of first responses, in the window


@dataclass(frozen=True, slots=True)
class Trend:
    """Requests filed for one area, team or customer: in the period, in the one before, and week by week."""

    id: str | None  # None: none known
    name: str  # as people call it
    now: int
    before: int
    weeks: tuple[int, ...]  # in the order of `Report.weeks`


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list. `waiting` is the side, `waited` its business seconds so far."""

    key: IssueKey
    title: str  # private
    url: str
    team: str | None
    priority: str | None
    customer: str | None  # private
    area: str | None
    owner: str | None
    created_at: datetime
    closed_at: datetime | None
    tickets: tuple[int, ...]
    waiting: Side | None
    since: datetime | None
    waited: float | None
    due_at: datetime | None  # when engineering's answer is due, on its turn
    overdue: bool
    snoozed: bool
    docs: str | None  # answer


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is measured for one period. `team`: only that team's, then shares of tickets are of all
    tickets and say how many of them needed this team."""

    repository: str
    policy: str
    period: Period
    now: datetime
    team: str | None
    tickets: str  # where ticket counts come from; empty: nowhere
    targets: Mapping[str, str]  # priority → engineering's response target, as the policy writes it
    support_targets: Mapping[str, str]  # ticket priority → support's own
    needed: Needed
    response: Response
    response_by_team: Mapping[str, Response]
    response_by_priority: Mapping[str, Response]
    support: SupportSide | None  # None: no Zendesk
    intake: IntakeQuality
    routing: RoutingQuality
    turns: TurnFigures
    ends: Ends
    docs: DocsFigures
    weeks: tuple[Week, ...]
    areas: tuple[Trend, ...]
    teams: tuple[Trend, ...]
    customers: tuple[Trend, ...]
    open_requests: tuple[Line, ...]  # most urgent first
    filed: tuple[Line, ...]  # requests filed in the period, oldest first: for a retrospective
