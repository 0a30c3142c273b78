"""Floor 1: one function per measure; `report.py` says what each means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.memory import Side
from bot.policy.goals import Goals
from bot.rules.figures.facts import Ask, Facts
from bot.rules.figures.period import Period
from bot.rules.figures.report import (
    DocsFigures,
    Ends,
    IntakeQuality,
    Needed,
    Response,
    RoutingQuality,
    Share,
    SupportSide,
    TicketFigures,
    TurnFigures,
)
from bot.rules.figures.spread import spread
from bot.rules.figures.tickets import Ticket, Tickets

SIDES: tuple[Side, ...] = ("engineering", "support", "customer")


@dataclass(frozen=True, slots=True)
class Judged:
    """An ask as it stands now. `seconds`: business time until its end, or so far."""

    ask: Ask
    verdict: str  # in_time | late | missed | running | withdrawn | untargeted
    seconds: float


def verdict(ask: Ask, now: datetime) -> str:
    """How an ask fared; the names are those of `Response`."""
    if ask.answered_at is not None:
        if ask.due_at is None:
            return "untargeted"
        return "in_time" if ask.answered_at <= ask.due_at else "late"
    until = ask.ended_at if ask.ended_at is not None else now
    if ask.due_at is not None and until > ask.due_at:
        return "missed"
    return "running" if ask.running else "withdrawn"


def response(judged: Iterable[Judged], goals: Goals) -> Response:
    """First engineering responses."""
    found = tuple(judged)
    count = Counter(one.verdict for one in found)
    answered = [one.seconds for one in found if one.ask.answered_at is not None]
    unanswered = [one.seconds for one in found if one.ask.answered_at is None]
    whole = count["in_time"] + count["late"] + count["missed"]
    return Response(
        share=Share(count["in_time"], whole, goals.engineering_in_time),
        in_time=count["in_time"],
        late=count["late"],
        missed=count["missed"],
        running=count["running"],
        withdrawn=count["withdrawn"],
        untargeted=count["untargeted"],
        spread=spread(answered, unanswered),
    )


def first_requests(requests: Iterable[Facts]) -> dict[int, Facts]:
    """Ticket → its first request for help. `requests`: oldest first."""
    first: dict[int, Facts] = {}
    for one in requests:
        for ticket in one.tickets:
            first.setdefault(ticket, one)
    return first


def needed(
    filed: Sequence[Facts],
    others: Iterable[Facts],
    first: Mapping[int, Facts],
    share: Share,
) -> Needed:
    """`filed`: requests of the period; `others`: issues of the period that are none."""
    repeated = sum(bool(f.tickets) and all(first[t] is not f for t in f.tickets) for f in filed)
    return Needed(
        share=share,
        requests=len(filed),
        repeated=repeated,
        without_ticket=tuple(f.key for f in filed if not f.tickets),
        others=dict(Counter(f.kind for f in others if f.kind is not None).most_common()),
    )


def support_side(tickets: Tickets, period: Period, asked: Iterable[int], goals: Goals) -> SupportSide | None:
    """Support's own first responses and ratings; None when the source does not tell them."""
    if not tickets.rated:
        return None
    known = frozenset(asked)
    listed = [ticket for ticket in tickets.listed if ticket.created_at in period]
    return SupportSide(
        _ticket_figures(listed, goals), _ticket_figures([t for t in listed if t.id in known], goals)
    )


def _ticket_figures(tickets: Sequence[Ticket], goals: Goals) -> TicketFigures:
    judged = [ticket.in_time for ticket in tickets if ticket.in_time is not None]
    rated = [ticket.good for ticket in tickets if ticket.good is not None]
    replied = [ticket.first_reply for ticket in tickets if ticket.first_reply is not None]
    return TicketFigures(
        number=len(tickets),
        in_time=Share(sum(judged), len(judged), goals.support_in_time),
        first_reply=spread(replied, ()),
        satisfied=Share(sum(rated), len(rated)),
    )


def complete(filed: Iterable[Facts]) -> Share:
    """Were requests complete when they were filed?"""
    known = [f.complete_at_filing for f in filed if f.complete_at_filing is not None]
    return Share(sum(known), len(known))


def intake(filed: Sequence[Facts], now: datetime) -> IntakeQuality:
    """Of requests filed in the period."""
    ended: list[float] = []
    running: list[float] = []
    for f in filed:
        if f.complete_at_filing is not False:
            continue
        end = f.completed_at or f.ended_at or now
        (running if f.completed_at is None else ended).append((end - f.created_at).total_seconds())
    missed = Counter(field for f in filed for field in f.missing or ())
    return IntakeQuality(
        complete=complete(filed),
        unknown=sum(f.complete_at_filing is None for f in filed),
        time_to_complete=spread(ended, running),
        most_missed=tuple(sorted(missed.items(), key=lambda item: (-item[1], item[0]))),
    )


def routing(filed: Sequence[Facts]) -> RoutingQuality:
    """What the router said of requests filed in the period, and what people made of it."""
    found = [f.routing for f in filed if f.routing is not None]
    decided = Counter(one.decision for one in found)
    overridden = [one for one in found if one.overridden]
    pairs = Counter((one.team or "", one.person) for one in overridden)
    return RoutingQuality(
        applied=decided["applied"],
        suggested=decided["suggested"],
        nobody=decided["none"],
        by_people=len(filed) - len(found),
        kept=decided["applied"] - len(overridden),
        overridden=len(overridden),
        taken=sum(one.taken for one in found),
        confusion=tuple(
            (router, person, number)
            for (router, person), number in sorted(
                pairs.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or "")
            )
        ),
    )


def turns(requests: Iterable[Facts], period: Period) -> TurnFigures:
    """Waits that ended in the period, and who is waited for now."""
    waited = dict.fromkeys(SIDES, 0.0)
    waits, now = dict.fromkeys(SIDES, 0), dict.fromkeys(SIDES, 0)
    reminders = 0
    for f in requests:
        reminders += sum(at in period for at in f.reminders)
        for wait in f.waits:
            if wait.until is None:
                now[wait.side] += f.is_open
            elif wait.until in period:
                waits[wait.side] += 1
                waited[wait.side] += wait.seconds or 0.0
    return TurnFigures(waited, waits, now, reminders)


def ends(requests: Iterable[Facts], period: Period) -> Ends:
    """Closings in the period."""
    closed = reopened = 0
    durations = []
    for f in requests:
        for at in f.closed_at:
            if at in period:
                closed += 1
                reopened += any(again > at for again in f.reopened_at)
        if f.ended_at is not None and f.ended_at in period:
            durations.append((f.ended_at - f.created_at).total_seconds())
    return Ends(closed, spread(durations, ()), Share(reopened, closed))


def docs(requests: Iterable[Facts], period: Period) -> DocsFigures:
    """The question that is asked when an issue is closed."""
    found = tuple(requests)
    asked = [f.docs for f in found if f.docs.asked_at is not None and f.docs.asked_at in period]
    answers = Counter(one.answer for one in asked if one.answer is not None)
    return DocsFigures(
        answered=Share(answers.total(), len(asked)),
        answers=dict(answers.most_common()),
        follow_ups=tuple(f.key for f in found if f.docs.follow_up),
    )


def grouped(items: Iterable[Judged], by: Callable[[Ask], str]) -> dict[str, list[Judged]]:
    """Asks by team or priority."""
    found: dict[str, list[Judged]] = {}
    for one in items:
        found.setdefault(by(one.ask), []).append(one)
    return found
