"""Facts made by hand, for tests of the figures. Times are ``11-18 15:00`` of 2026, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bot.model import IssueKey
from bot.policy.load import load_default
from bot.policy.schema import Policy
from bot.rules.figures.facts import Ask, Facts
from bot.rules.figures.measure import measure
from bot.rules.figures.period import Period
from bot.rules.figures.report import Report
from bot.rules.figures.tickets import NONE, Tickets

REPOSITORY = "sourcegraph/customer"
NUMBERS = count(1)
HOUR = 3600.0


def at(text: str) -> datetime:
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def request(filed: str, **more: Any) -> Facts:
    """A request for help, filed then."""
    number = next(NUMBERS)
    created = at(filed)
    known: dict[str, Any] = {
        "key": IssueKey("sourcegraph", "customer", number),
        "title": f"Request {number}",
        "url": f"https://github.com/{REPOSITORY}/issues/{number}",
        "state": "OPEN",
        "created_at": created,
        "updated_at": created,
        "filer": "sam",
        "owner": "sam",
        "request": True,
        "kind": "help",
        "priority": "p2",
        "team": "search-core",
    }
    if "closed_at" in more:
        known["state"] = "CLOSED"
    return Facts(**known | more)


def ask(
    asked: str, answered: str | None = None, *, due: str, seconds: float | None = None, **more: Any
) -> Ask:
    """Search Core was asked; `seconds` of business time until it answered."""
    known: dict[str, Any] = {"team": "search-core", "priority": "p2"}
    return Ask(
        **known | more,
        asked_at=at(asked),
        due_at=at(due),
        answered_at=at(answered) if answered is not None else None,
        seconds=seconds,
    )


NOVEMBER = Period(at("11-01 00:00"), at("12-01 00:00"))
NOW = at("11-29 12:00")  # a Sunday


def measured(
    *facts: Facts,
    tickets: Tickets = NONE,
    period: Period = NOVEMBER,
    policy: Policy | None = None,
    now: datetime = NOW,
    team: str | None = None,
) -> Report:
    return measure(facts, tickets, period, policy or load_default(), now, repository=REPOSITORY, team=team)


def days(number: float) -> timedelta:
    return timedelta(days=number)
