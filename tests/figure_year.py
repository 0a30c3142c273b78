"""An invented year of requests and tickets, the same each time: for tests of what is told of many weeks."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from bot.model import IssueKey
from bot.rules.figures.facts import Ask, Docs, Facts, Wait
from bot.rules.figures.period import Period
from bot.rules.figures.tickets import Ticket, Tickets

REPOSITORY = "sourcegraph/customer"
START = datetime(2025, 11, 24, tzinfo=UTC)
WEEKS = 52
TEAMS = ("search-core", "delivery", "repo-management", "code-intelligence", "batch-changes")
CUSTOMERS = ("northmere", "acme", "corvid", "lumen")
TITLE = "Hush: the secret project of Northmere"  # a customer's words


def year() -> tuple[tuple[Facts, ...], Tickets]:
    """Support needs engineering less from week to week, and engineering gets better at answering."""
    chance = random.Random(52)
    facts: list[Facts] = []
    tickets: list[Ticket] = []
    for week in range(WEEKS):
        monday = START + timedelta(weeks=week)
        for _ in range(chance.randint(36, 48)):
            opened = monday + timedelta(hours=chance.uniform(0, 150))
            number = len(tickets) + 1
            quick = chance.random() < 0.93
            tickets.append(Ticket(number, opened, 3600.0 * chance.uniform(0.2, 5), quick, _rating(chance)))
            if chance.random() < 0.16 - 0.09 * week / WEEKS:
                filed = opened + timedelta(hours=4)
                ticket = (number,) if chance.random() < 0.95 else ()
                facts.append(_request(chance, len(facts) + 1, filed, ticket, week / WEEKS))
    end = START + timedelta(weeks=WEEKS)
    cover = Period(START, end + timedelta(days=7))
    return tuple(facts), Tickets("a list of the year", tuple(tickets), cover, rated=True)


def _rating(chance: random.Random) -> bool | None:
    return chance.random() < 0.95 if chance.random() < 0.3 else None


def _request(
    chance: random.Random, number: int, filed: datetime, tickets: tuple[int, ...], late: float
) -> Facts:
    end = START + timedelta(weeks=WEEKS)
    team = chance.choice(TEAMS)
    due = filed + timedelta(days=1)
    answered = filed + timedelta(hours=chance.expovariate(1 / (14 - 6 * late)))
    closed = filed + timedelta(days=chance.expovariate(1 / 9))
    running = answered >= end or chance.random() < 0.01
    ask = Ask(team, "p2", filed, due, None if running else answered, seconds=None if running else 3600.0 * 6)
    is_open = running or closed >= end
    return Facts(
        key=IssueKey("sourcegraph", "customer", number),
        title=TITLE,
        url=f"https://github.com/{REPOSITORY}/issues/{number}",
        state="OPEN" if is_open else "CLOSED",
        created_at=filed,
        updated_at=filed,
        filer="sam",
        owner="sam",
        request=True,
        kind="help",
        priority="p2",
        customer=chance.choice(CUSTOMERS),
        team=team,
        tickets=tickets,
        closed_at=() if is_open else (closed,),
        complete_at_filing=chance.random() < 0.8,
        asks=(ask,),
        waits=(Wait("engineering" if running else "support", filed),) if is_open else (),
        docs=Docs(asked_at=closed, answer=chance.choice(("updated", "issue", "none", None)))
        if not is_open
        else Docs(),
    )
