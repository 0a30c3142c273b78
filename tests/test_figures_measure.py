"""What figures add up to: values worked out by hand, and what must hold whatever the history."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from figure_facts import HOUR, NOVEMBER, NOW, ask, at, days, measured, request
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.load import load_default
from bot.rules.durations import Calendars
from bot.rules.figures.facts import Ask, Docs, Facts, Routing, Wait, dump, load
from bot.rules.figures.period import Period
from bot.rules.figures.report import Quantile, Report, Share
from bot.rules.figures.spread import Meter, spread
from bot.rules.figures.tickets import Ticket, Tickets

POLICY = load_default()


def tickets(*created: datetime, **more: Any) -> Tickets:
    listed = tuple(Ticket(number, when) for number, when in enumerate(created, 1))
    return Tickets("test", listed, Period(at("01-01 00:00"), at("12-31 00:00")), **more)


# ── needed engineering ──────────────────────────────────────────────────────────────────────


def test_a_ticket_counts_once_however_many_requests_it_has() -> None:
    """Two requests on ticket 7, one on 8: two of twenty tickets."""
    one = request("11-03 09:00", tickets=(7,))
    again = request("11-05 09:00", tickets=(7,))
    other = request("11-06 09:00", tickets=(8,))
    report = measured(one, again, other, tickets=Tickets("given", number=20))
    assert Share(2, 20, 0.10, at_most=True) == report.needed.share
    assert (0.1, True) == (report.needed.share.value, report.needed.share.met)
    assert (3, 1) == (report.needed.requests, report.needed.repeated)


def test_a_ticket_counts_when_it_first_needed_engineering() -> None:
    """Its second request, a month later, is no new one."""
    facts = (request("10-30 09:00", tickets=(7,)), request("11-05 09:00", tickets=(7,)))
    assert 0 == measured(*facts).needed.share.part
    assert 1 == measured(*facts, period=NOVEMBER.before).needed.share.part


def test_defects_and_features_do_not_count() -> None:
    help_, defect = request("11-03 09:00", tickets=(1,)), request("11-03 09:00", kind="defect", request=False)
    feature = request("11-04 09:00", kind="feature", request=False)
    report = measured(help_, defect, feature, tickets=Tickets("given", number=10))
    assert (1, 10) == (report.needed.share.part, report.needed.share.whole)
    assert {"defect": 1, "feature": 1} == report.needed.others


def test_a_request_without_a_ticket_is_listed() -> None:
    one, other = request("11-03 09:00", tickets=(7,)), request("11-03 10:00")
    report = measured(one, other, tickets=Tickets("given", number=10))
    assert (1, (other.key,)) == (report.needed.share.part, report.needed.without_ticket)


@pytest.mark.parametrize(
    ("known", "value"),
    [
        pytest.param(Tickets(), None, id="nobody told"),
        pytest.param(Tickets("given", number=0), None, id="no tickets"),
        pytest.param(Tickets("given", number=1), 1.0, id="fewer tickets than needed engineering"),
    ],
)
def test_a_share_of_what_is_not_known_is_not_known(known: Tickets, value: float | None) -> None:
    facts = (request("11-03 09:00", tickets=(7,)), request("11-03 09:00", tickets=(8,)))
    assert value == measured(*facts, tickets=known).needed.share.value


def test_listed_tickets_tell_only_of_what_they_cover() -> None:
    """Tickets read for November say nothing of October."""
    listed = Tickets("file", (Ticket(1, at("11-03 09:00")),), NOVEMBER)
    assert 1 == measured(tickets=listed).needed.share.whole
    assert measured(tickets=listed, period=NOVEMBER.before).needed.share.whole is None


# ── first responses ─────────────────────────────────────────────────────────────────────────


def test_the_share_within_target_counts_what_never_came() -> None:
    """In time, late, missed and open, missed and closed, running, withdrawn before it was due."""
    asks = (
        ask("11-02 09:00", "11-02 12:00", due="11-03 09:00", seconds=3 * HOUR),
        ask("11-03 09:00", "11-05 09:00", due="11-04 09:00", seconds=16 * HOUR),
        ask("11-04 09:00", due="11-05 09:00"),
        ask("11-05 09:00", due="11-06 09:00", seconds=24 * HOUR, ended_at=at("11-09 09:00")),
        ask("11-27 17:00", due="11-30 17:00"),
        ask("11-09 09:00", due="11-10 09:00", seconds=HOUR, ended_at=at("11-09 10:00")),
    )
    response = measured(*(request("11-01 00:00", asks=(one,)) for one in asks)).response
    assert (1, 1, 2, 1, 1) == (
        response.in_time,
        response.late,
        response.missed,
        response.running,
        response.withdrawn,
    )
    assert Share(1, 4, 0.95) == response.share
    assert (0.25, False, 6) == (response.share.value, response.share.met, response.asked)


def test_what_still_runs_makes_percentiles_longer_not_shorter() -> None:
    """Answers after 1, 2 and 3 hours; two others have waited for 2.5 hours each without one.

    Kaplan-Meier: after 1 h 4/5 are left, after 2 h 3/5; at 3 h one alone is at risk, and answers.
    """
    found = spread([1 * HOUR, 2 * HOUR, 3 * HOUR], [2.5 * HOUR, 2.5 * HOUR])
    assert (3, 2) == (found.ended, found.running)
    assert (Quantile(3 * HOUR), Quantile(3 * HOUR)) == (found.median, found.p90)
    assert Quantile(2 * HOUR) == spread([1 * HOUR, 2 * HOUR, 3 * HOUR], []).median


def test_a_percentile_that_the_data_do_not_reach_is_more_than() -> None:
    found = spread([1.0], [5.0, 6.0, 7.0])
    assert Quantile(7.0, at_least=True) == found.median
    assert spread([], []).median is None


def test_a_running_ask_counts_in_business_time() -> None:
    """Asked on Friday at 14:00 in London with one office there; on Sunday three hours have passed."""
    clocks = POLICY.clocks.model_copy(update={"offices": {"europe": POLICY.clocks.offices["europe"]}})
    policy = POLICY.model_copy(update={"clocks": clocks})
    one = request("11-27 14:00", asks=(ask("11-27 14:00", due="11-30 14:00"),))
    median = measured(one, policy=policy).response.spread.median
    assert Quantile(3 * HOUR, at_least=True) == median


def test_each_team_answers_for_its_own_time() -> None:
    """Handed on before it was due, the first team is not judged; the second one is late."""
    first = ask(
        "11-02 09:00", due="11-03 09:00", team="delivery", ended_at=at("11-02 11:00"), seconds=2 * HOUR
    )
    second = ask("11-02 11:00", "11-05 09:00", due="11-03 11:00", seconds=20 * HOUR)
    report = measured(request("11-02 09:00", asks=(first, second)))
    assert (1, 0) == (report.response_by_team["delivery"].withdrawn, report.response_by_team["delivery"].late)
    assert 1 == report.response_by_team["search-core"].late
    assert 2 == report.response_by_priority["p2"].asked == report.response.asked


def test_a_priority_without_a_target_is_not_judged() -> None:
    one = Ask("search-core", "p3", at("11-02 09:00"), None, at("11-09 09:00"), "erin", seconds=HOUR)
    response = measured(request("11-02 09:00", asks=(one,))).response
    assert (1, 0) == (response.untargeted, response.share.whole)


# ── support ─────────────────────────────────────────────────────────────────────────────────


def test_support_is_measured_for_all_tickets_and_for_those_with_a_request() -> None:
    """Three tickets, one with a request; that one was answered late and rated badly."""
    listed = (
        Ticket(1, at("11-02 09:00"), 600, True, True),
        Ticket(2, at("11-03 09:00"), 90_000, False, False),
        Ticket(3, at("11-04 09:00"), None, None, None),
    )
    known = Tickets("Zendesk", listed, NOVEMBER, rated=True)
    support = measured(request("11-03 10:00", tickets=(2,)), tickets=known).support
    assert support is not None
    assert (3, Share(1, 2, 0.95), Share(1, 2)) == (
        support.all.number,
        support.all.in_time,
        support.all.satisfied,
    )
    assert (1, Share(0, 1, 0.95), Share(0, 1)) == (
        support.with_request.number,
        support.with_request.in_time,
        support.with_request.satisfied,
    )
    assert measured(tickets=dataclasses.replace(known, rated=False)).support is None


# ── intake, routing, turns, ends, docs ──────────────────────────────────────────────────────


def test_intake_tells_what_was_missed_and_for_how_long() -> None:
    whole = request("11-02 09:00", complete_at_filing=True, missing=(), completed_at=at("11-02 09:00"))
    later = request(
        "11-02 09:00",
        complete_at_filing=False,
        missing=("version", "zendesk"),
        completed_at=at("11-02 11:00"),
    )
    never = request("11-29 11:00", complete_at_filing=False, missing=("version",))
    intake = measured(whole, later, never, request("11-03 09:00")).intake
    assert (Share(1, 3), 1) == (intake.complete, intake.unknown)
    assert (("version", 2), ("zendesk", 1)) == intake.most_missed
    assert (1, 1) == (intake.time_to_complete.ended, intake.time_to_complete.running)
    assert Quantile(2 * HOUR) == intake.time_to_complete.median


def test_routing_tells_what_people_made_of_it() -> None:
    verdicts = (
        Routing("applied", "search-core"),
        Routing("applied", "search-core", True, "search-core"),
        Routing("applied", "search-core", True, "delivery"),
        Routing("applied", "delivery", True, None),
        Routing("suggested", "delivery", True, "delivery"),
        Routing("suggested", "delivery", True, "batch-changes"),
        Routing("none"),
        None,
    )
    routing = measured(*(request("11-02 09:00", routing=verdict) for verdict in verdicts)).routing
    assert (4, 2, 1, 1) == (routing.applied, routing.suggested, routing.nobody, routing.by_people)
    assert (2, 2, 1) == (routing.kept, routing.overridden, routing.taken)
    assert (("delivery", None, 1), ("search-core", "delivery", 1)) == routing.confusion


def test_turns_count_waits_that_ended_and_who_is_waited_for() -> None:
    waits = (
        Wait("engineering", at("11-02 09:00"), at("11-02 12:00"), 3 * HOUR),
        Wait("support", at("11-02 12:00"), at("11-03 12:00"), 8 * HOUR),
        Wait("engineering", at("11-03 12:00")),
    )
    reminders = (at("11-04 12:00"), at("12-04 12:00"))
    turns = measured(request("11-02 09:00", waits=waits, reminders=reminders)).turns
    assert {"engineering": 3 * HOUR, "support": 8 * HOUR, "customer": 0} == turns.waited
    assert {"engineering": 1, "support": 1, "customer": 0} == turns.waits
    assert {"engineering": 1, "support": 0, "customer": 0} == turns.now
    assert 1 == turns.reminders


def test_ends_count_each_closing_and_what_came_back() -> None:
    twice = request(
        "11-02 09:00",
        closed_at=(at("11-03 09:00"), at("11-05 09:00")),
        reopened_at=(at("11-04 09:00"),),
    )
    once = request("11-02 09:00", closed_at=(at("11-03 09:00"),))
    ends = measured(twice, once).ends
    assert (3, Share(1, 3)) == (ends.closed, ends.reopened)
    assert (2, Quantile(24 * HOUR)) == (ends.resolved_in.ended, ends.resolved_in.median)


def test_docs_count_answers_and_promises() -> None:
    asked = at("11-10 09:00")
    answers = (
        Docs(asked, "updated", at("11-11 09:00")),
        Docs(asked, "issue", at("11-11 09:00")),
        Docs(asked),
        Docs(),
    )
    facts = [request("11-02 09:00", docs=one) for one in answers]
    docs = measured(*facts).docs
    assert (Share(2, 3), {"updated": 1, "issue": 1}) == (docs.answered, docs.answers)
    assert (facts[1].key,) == docs.follow_ups


# ── weeks, trends, lists ────────────────────────────────────────────────────────────────────


def test_weeks_are_measured_over_the_window_before_their_end() -> None:
    """A request of the first week of November still counts in the last week's 30 days, not in October's."""
    one = request("11-03 09:00", tickets=(1,))
    weeks = measured(one, tickets=tickets(at("11-03 08:00"), at("11-25 08:00"))).weeks
    assert 13 == len(weeks)
    assert [0] * 9 + [1, 0, 0, 0] == [week.requests for week in weeks]
    assert [0] * 9 + [1, 1, 1, 1] == [week.needed.part for week in weeks]
    assert 2 == weeks[-1].needed.whole
    assert (at("11-23 00:00"), at("11-30 00:00")) == (weeks[-1].period.since, weeks[-1].period.until)


def test_trends_compare_with_the_period_before() -> None:
    facts = (
        request("11-02 09:00", area="search", customer="acme"),
        request("11-03 09:00", area="search", customer="umbra"),
        request("10-20 09:00", area="deployment", customer="acme"),
    )
    report = measured(*facts)
    assert [("search", "Search", 2, 0), ("deployment", "Deployment", 0, 1)] == [
        (trend.id, trend.name, trend.now, trend.before) for trend in report.areas
    ]
    assert [("acme", 1, 1), ("umbra", 1, 0)] == [(t.id, t.now, t.before) for t in report.customers]
    assert 2 == sum(report.areas[0].weeks)


def test_the_list_of_open_requests_begins_with_what_is_overdue() -> None:
    """Overdue, then by priority, then by whom it waits for; snoozed ones last."""
    waits = (Wait("engineering", at("11-26 09:00")),)
    calm = request("11-26 09:00", waits=waits, asks=(ask("11-26 09:00", due="12-04 09:00"),))
    overdue = request("11-26 09:00", waits=waits, asks=(ask("11-26 09:00", due="11-27 09:00"),))
    urgent = request("11-26 10:00", priority="p1", waits=(Wait("support", at("11-26 09:00")),))
    snoozed = request("11-26 09:00", waits=waits, asks=overdue.asks, snoozed_until=at("12-10 09:00"))
    closed = request("11-26 09:00", closed_at=(at("11-27 09:00"),))
    lines = measured(calm, snoozed, closed, urgent, overdue).open_requests
    assert [overdue.key, urgent.key, calm.key, snoozed.key] == [line.key for line in lines]
    assert [True, False, False, True] == [line.overdue for line in lines]


def test_a_later_answer_is_due_from_the_turn_on() -> None:
    """Answered once, asked again on Thursday: due a working day later."""
    waits = (
        Wait("engineering", at("11-24 09:30"), at("11-24 12:00"), HOUR),
        Wait("support", at("11-24 12:00"), at("11-26 09:30"), HOUR),
        Wait("engineering", at("11-26 09:30")),
    )
    one = request(
        "11-24 09:30", waits=waits, asks=(ask("11-24 09:30", "11-24 12:00", due="11-25 09:30", seconds=HOUR),)
    )
    (line,) = measured(one).open_requests
    assert (at("11-27 09:30"), True) == (line.due_at, line.overdue)


def test_one_team_alone() -> None:
    mine, theirs = request("11-02 09:00", tickets=(1,)), request("11-02 09:00", team="delivery", tickets=(2,))
    report = measured(mine, theirs, team="delivery", tickets=Tickets("given", number=10))
    assert ("delivery", [theirs.key]) == (report.team, [line.key for line in report.filed])
    assert 1 == report.needed.share.part


# ── what must always hold ───────────────────────────────────────────────────────────────────

moments = st.integers(0, 90 * 24).map(lambda hours: at("09-01 00:00") + timedelta(hours=hours))

hours = st.none() | st.integers(1, 400)
lengths = st.tuples(hours, hours)


@st.composite
def histories(draw: st.DrawFn) -> list[Facts]:
    found = []
    for _ in range(draw(st.integers(0, 12))):
        filed = draw(moments)
        after = [None if hours is None else filed + timedelta(hours=hours) for hours in draw(lengths)]
        end, answered = after
        ended = end if answered is None else None
        seconds = None if answered is None and ended is None else 10.0
        one = Ask("delivery", "p2", filed, filed + days(1), answered, None, ended, seconds)
        reopened = end is not None and draw(st.booleans())
        found.append(
            request(
                f"{filed:%m-%d %H:%M}",
                state="OPEN" if end is None else "CLOSED",
                closed_at=(end,) if end is not None else (),
                reopened_at=(end + days(1),) if end is not None and reopened else (),
                tickets=tuple(draw(st.lists(st.integers(1, 6), max_size=2, unique=True))),
                request=draw(st.booleans()),
                complete_at_filing=draw(st.sampled_from([True, False, None])),
                asks=(one,),
                waits=(Wait("engineering", filed, answered, 5.0 if answered else None),),
            )
        )
    return found


def shares(value: object) -> list[Share]:
    """All shares of a report."""
    if isinstance(value, Share):
        return [value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [s for f in dataclasses.fields(value) for s in shares(getattr(value, f.name))]
    if isinstance(value, tuple):
        return [share for item in value for share in shares(item)]
    return [share for item in value.values() for share in shares(item)] if isinstance(value, dict) else []


@settings(max_examples=40, deadline=None)
@given(histories())
def test_shares_are_between_none_and_all(history: list[Facts]) -> None:
    report = measured(*history, tickets=tickets(*(one.created_at for one in history)))
    values = [share.value for share in shares(report)]
    assert len(values) > 20
    assert all(value is None or 0 <= value <= 1 for value in values)


def counts(report: Report) -> list[int]:
    """What must add up over periods."""
    response = report.response
    return [
        report.needed.share.part,
        report.needed.requests,
        response.in_time,
        response.missed,
        response.late,
        response.running,
        response.withdrawn,
        report.intake.unknown,
        report.turns.waits["engineering"],
        report.ends.closed,
        report.ends.reopened.part,
        len(report.filed),
    ]


@settings(max_examples=40, deadline=None)
@given(histories(), moments)
def test_the_parts_of_a_period_add_up_to_it(history: list[Facts], middle: datetime) -> None:
    since, until = at("08-31 00:00"), at("12-20 00:00")
    whole, first, second = (
        counts(measured(*history, period=period))
        for period in (Period(since, until), Period(since, middle), Period(middle, until))
    )
    assert whole == [a + b for a, b in zip(first, second, strict=True)]


@settings(max_examples=40, deadline=None)
@given(histories())
def test_facts_come_back_from_json_as_they_were(history: list[Facts]) -> None:
    assert tuple(history) == load([dump(one) for one in history])


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(0, 2000))
def test_business_time_of_many_is_that_of_one(start: datetime, minutes: int) -> None:
    """The laid-out hours count what the calendar counts."""
    calendar = Calendars.of(POLICY.clocks).team("delivery")
    meter = Meter(calendar, at("08-20 00:00"), at("12-20 00:00"))
    end = start + timedelta(minutes=7 * minutes)
    assert calendar.business(start, end).total_seconds() == pytest.approx(meter.between(start, end))


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_without_running_ones_a_percentile_is_the_plain_one(values: list[int]) -> None:
    """The smallest value that at least so many of all do not exceed."""
    found = spread([float(value) for value in values], [])
    for share, quantile in ((0.5, found.median), (0.9, found.p90)):
        plain = next(v for v in sorted(values) if sum(w <= v for w in values) >= share * len(values) - 1e-9)
        assert Quantile(float(plain)) == quantile


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [("2026Q1", "01-01", "04-01"), ("2026-q3", "07-01", "10-01"), ("2026Q2", "04-01", "07-01")],
)
def test_a_quarter_is_three_months(text: str, since: str, until: str) -> None:
    assert Period(at(f"{since} 00:00"), at(f"{until} 00:00")) == Period.quarter(text)


@pytest.mark.parametrize("text", ["2026", "2026Q5", "26Q1", "Q1", "2026Q", "2026Q11", "²026Q1"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Period.quarter(text)


def test_the_end_of_a_year_is_a_quarter_too() -> None:
    assert NOW < Period.quarter("2026Q4").until == NOW.replace(2027, 1, 1, 0)
