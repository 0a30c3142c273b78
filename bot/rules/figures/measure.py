"""Floor 1: what many issues add up to in a period (`report.py` says what each measure means). Pure.

Built for 10,000 issues on a page: each ask is judged once, business time is laid out once per calendar, and a
week's window is cut out of lists that are sorted by time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.memory import Side
from bot.policy.durations import duration
from bot.policy.schema import Policy
from bot.rules.durations import Calendar, Calendars
from bot.rules.figures import counts
from bot.rules.figures.counts import Judged
from bot.rules.figures.facts import Ask, Facts, Wait
from bot.rules.figures.period import WEEK, Period
from bot.rules.figures.report import Line, Report, Share, Trend, Week
from bot.rules.figures.spread import Meter
from bot.rules.figures.tickets import Tickets

WEEKS = 13  # a quarter, to see where things go
_SIDES: dict[Side | None, int] = {"engineering": 0, "support": 1, "customer": 2, None: 3}


def measure(
    facts: Sequence[Facts],
    tickets: Tickets,
    period: Period,
    policy: Policy,
    now: datetime,
    *,
    repository: str,
    team: str | None = None,
) -> Report:
    """Measure a period. `facts`: all that is known, also of before it; `team`: of this team alone.

    What happened after the period counts where it tells how something of the period ended.
    """
    return _Measuring(facts, tickets, period, policy, now, repository, team).report()


def series(period: Period, now: datetime) -> tuple[Period, ...]:
    """The weeks that a report shows: those of the period, or the last `WEEKS` up to its end."""
    until = min(period.until, now)
    since = min(period.since, until - (WEEKS - 1) * WEEK)
    return tuple(Period(since, until).weeks()) if since < until else tuple(period.weeks())


class _Business:
    """Business time of each side's calendar up to now, laid out when it is first asked for."""

    def __init__(self, policy: Policy, since: datetime, now: datetime) -> None:
        self._calendars = Calendars.of(policy.clocks)
        self._since, self._now = since, now
        self._meters: dict[tuple[Side, str | None], Meter] = {}

    def calendar(self, side: Side, team: str | None) -> Calendar:
        """Of a side of an issue; a customer has no hours."""
        if side == "engineering":
            return self._calendars.team(team or "")
        return self._calendars.support() if side == "support" else Calendar()

    def waited(self, side: Side, team: str | None, since: datetime) -> float:
        """Seconds that somebody waits for a side."""
        key = (side, team if side == "engineering" else None)
        if key not in self._meters:
            self._meters[key] = Meter(self.calendar(side, team), self._since, self._now)
        return self._meters[key].between(since, self._now)


@dataclass
class _Measuring:
    """One measurement, with what several measures share."""

    facts: Sequence[Facts]
    tickets: Tickets
    period: Period
    policy: Policy
    now: datetime
    repository: str
    team: str | None

    @cached_property
    def chosen(self) -> list[Facts]:
        """Issues of the team, oldest first."""
        found = (f for f in self.facts if self.team is None or f.team == self.team)
        return sorted(found, key=lambda f: (f.created_at, f.key.number))

    @cached_property
    def requests(self) -> list[Facts]:
        return [f for f in self.chosen if f.request]

    @cached_property
    def created(self) -> list[datetime]:
        return [f.created_at for f in self.requests]

    def filed(self, period: Period) -> list[Facts]:
        """Requests filed in a period."""
        return self.requests[
            bisect_left(self.created, period.since) : bisect_left(self.created, period.until)
        ]

    @cached_property
    def business(self) -> _Business:
        since = [ask.asked_at for f in self.facts for ask in f.asks[-1:] if ask.running]
        since += [wait.since for f in self.requests if (wait := f.waiting) is not None]
        return _Business(self.policy, min(since, default=self.now), self.now)

    @cached_property
    def judged(self) -> list[Judged]:
        """Every ask, oldest first."""
        asks = [a for f in self.facts if f.request for a in f.asks if self.team in (None, a.team)]
        return [self._judge(ask) for ask in sorted(asks, key=lambda ask: ask.asked_at)]

    def _judge(self, ask: Ask) -> Judged:
        seconds = ask.seconds
        if seconds is None:
            seconds = self.business.waited("engineering", ask.team, ask.asked_at)
        return Judged(ask, counts.verdict(ask, self.now), seconds)

    @cached_property
    def asked(self) -> list[datetime]:
        return [one.ask.asked_at for one in self.judged]

    def asks(self, period: Period) -> list[Judged]:
        """Asks made in a period."""
        return self.judged[bisect_left(self.asked, period.since) : bisect_left(self.asked, period.until)]

    @cached_property
    def first(self) -> dict[int, Facts]:
        return counts.first_requests(self.requests)

    @cached_property
    def starts(self) -> list[datetime]:
        """When tickets had their first request, oldest first."""
        return sorted(one.created_at for one in self.first.values())

    @cached_property
    def closings(self) -> list[datetime]:
        return sorted(at for f in self.requests for at in f.closed_at)

    def needed(self, period: Period) -> Share:
        """Tickets whose first request was filed in a period, of those opened in it."""
        opened = self.tickets.within(period)
        if period == self.period and self.tickets.number is not None:
            opened = self.tickets.number
        return Share(_number(self.starts, period), opened, self.policy.goals.engineering_needed, at_most=True)

    # ── the report ──────────────────────────────────────────────────────────────────────────────

    def report(self) -> Report:
        period, policy, goals = self.period, self.policy, self.policy.goals
        filed, asks = self.filed(period), self.asks(period)
        others = [f for f in self.chosen if not f.request and f.created_at in period]
        weeks = series(period, self.now)
        return Report(
            repository=self.repository,
            policy=policy.name,
            period=period,
            now=self.now,
            team=self.team,
            tickets=self.tickets.source,
            targets={id_: target.response for id_, target in policy.clocks.priorities.items()},
            support_targets={id_: f"{minutes}m" for id_, minutes in goals.support_response.items()},
            needed=counts.needed(filed, others, self.first, self.needed(period)),
            response=counts.response(asks, goals),
            response_by_team={
                id_: counts.response(some, goals)
                for id_, some in sorted(counts.grouped(asks, lambda ask: ask.team).items())
            },
            response_by_priority={
                id_: counts.response(some, goals)
                for id_, some in sorted(counts.grouped(asks, lambda ask: ask.priority).items())
            },
            support=counts.support_side(self.tickets, period, self.first, goals),
            intake=counts.intake(filed, self.now),
            routing=counts.routing(filed),
            turns=counts.turns(self.requests, period),
            ends=counts.ends(self.requests, period),
            docs=counts.docs(self.requests, period),
            weeks=tuple(self._week(week) for week in weeks),
            areas=self._trends(weeks, lambda f: f.area, self._area),
            teams=self._trends(weeks, lambda f: f.team, self._team),
            customers=self._trends(weeks, lambda f: f.customer, str),
            open_requests=tuple(
                sorted((self._line(f) for f in self.requests if f.is_open), key=self._urgency)
            ),
            filed=tuple(self._line(f) for f in filed),
        )

    def _week(self, week: Period) -> Week:
        goals = self.policy.goals
        # The current week so far: what is to come is not known, and tickets are covered up to now alone.
        end = min(week.until, max(self.now, week.since + timedelta(seconds=1)))
        window = Period(end - timedelta(days=goals.window), end)
        responses = counts.response(self.asks(window), goals)
        return Week(
            period=week,
            requests=len(self.filed(week)),
            tickets=self.tickets.within(Period(week.since, end)),
            closed=_number(self.closings, week),
            complete=counts.complete(self.filed(week)),
            needed=self.needed(window),
            response=responses.share,
            median=responses.spread.median,
        )

    def _trends(
        self,
        weeks: Sequence[Period],
        id_of: Callable[[Facts], str | None],
        name_of: Callable[[str], str],
    ) -> tuple[Trend, ...]:
        """Requests filed, by what `id_of` says of them; most in the period first."""
        now, before = (
            Counter(map(id_of, self.filed(self.period))),
            Counter(map(id_of, self.filed(self.period.before))),
        )
        by_week = [Counter(map(id_of, self.filed(week))) for week in weeks]
        trends = [
            Trend(
                id_,
                name_of(id_) if id_ is not None else "",
                now[id_],
                before[id_],
                tuple(week[id_] for week in by_week),
            )
            for id_ in now.keys() | before.keys()
        ]
        return tuple(sorted(trends, key=lambda trend: (-trend.now, -trend.before, trend.id or "")))

    def _area(self, id_: str) -> str:
        area = self.policy.routing.areas.get(id_)
        return area.name if area is not None else id_

    def _team(self, id_: str) -> str:
        team = self.policy.teams.get(id_)
        return team.name if team is not None else id_

    # ── lists ───────────────────────────────────────────────────────────────────────────────────

    def _line(self, f: Facts) -> Line:
        wait = f.waiting if f.is_open else None
        due = self._due(f, wait)
        return Line(
            key=f.key,
            title=f.title,
            url=f.url,
            team=f.team,
            priority=f.priority,
            customer=f.customer,
            area=f.area,
            owner=f.owner,
            created_at=f.created_at,
            closed_at=f.ended_at,
            tickets=f.tickets,
            waiting=wait.side if wait is not None else None,
            since=wait.since if wait is not None else None,
            waited=self.business.waited(wait.side, f.team, wait.since) if wait is not None else None,
            due_at=due,
            overdue=due is not None and due < self.now,
            snoozed=f.snoozed_until is not None and f.snoozed_until > self.now,
            docs=f.docs.answer,
        )

    def _due(self, f: Facts, wait: Wait | None) -> datetime | None:
        """When engineering's answer is due, on its turn: the first as asked, later ones from the turn on."""
        if wait is None or wait.side != "engineering":
            return None
        if f.asked is not None and f.asked.running:
            return f.asked.due_at
        target = self.policy.clocks.priorities.get(f.priority or self.policy.default_priority)
        if target is None:
            return None
        return self.business.calendar("engineering", f.team).add(wait.since, duration(target.response))

    def _urgency(self, line: Line) -> tuple[bool, bool, int, int, datetime]:
        """Sorts lists: what is overdue, then by priority, then by whom it waits for, oldest first."""
        ranks = list(self.policy.priorities)
        rank = ranks.index(line.priority) if line.priority in ranks else len(ranks)
        since = line.due_at or line.since or line.created_at
        return line.snoozed, not line.overdue, rank, _SIDES[line.waiting], since


def _number(sorted_times: Sequence[datetime], period: Period) -> int:
    return bisect_left(sorted_times, period.until) - bisect_left(sorted_times, period.since)
