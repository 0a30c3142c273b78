"""Tickets for the pages: there when they were read, kept when Zendesk fails, and never waited for."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from sandbox_client import TurnedClock

from bot.errors import ServiceDown
from bot.policy.load import load_default
from bot.policy.schema import Policy
from bot.rules.figures.period import Period
from bot.rules.figures.tickets import NONE, Ticket, Tickets
from bot.zendesk_feed import EVERY, REACH, TicketFeed

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


class Double:
    """Zendesk with one ticket, or down; notes from when on it was asked."""

    def __init__(self, clock: TurnedClock) -> None:
        self.clock, self.down = clock, False
        self.asked: list[datetime] = []

    async def tickets(self, since: datetime, _: Policy) -> Tickets:
        self.asked.append(since)
        if self.down:
            raise ServiceDown("Zendesk: HTTP 503")
        listed = (Ticket(1, NOW - timedelta(days=3)),)
        return Tickets("Zendesk, read", listed, Period(since, self.clock()), rated=True)


async def rounds(feed: TicketFeed, number: int) -> None:
    """Let it look so many times."""
    left = number

    async def sleep(seconds: float) -> None:
        nonlocal left
        left -= 1
        assert EVERY.total_seconds() == seconds
        if left == 0:
            raise asyncio.CancelledError

    feed.sleep = sleep
    with contextlib.suppress(asyncio.CancelledError):
        await feed.run()


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(NOW)


async def policy() -> Policy:
    return load_default()


async def test_before_the_first_look_nothing_is_known(clock: TurnedClock) -> None:
    feed = TicketFeed(Double(clock), policy, clock)  # type: ignore[arg-type]
    assert NONE is feed.tickets()


async def test_a_period_up_to_now_is_covered_between_two_looks(clock: TurnedClock) -> None:
    """Else the share of the last 30 days would be unknown from one look to the next."""
    zendesk = Double(clock)
    feed = TicketFeed(zendesk, policy, clock)  # type: ignore[arg-type]
    await rounds(feed, 2)
    clock.forward(seconds=600)
    assert 1 == feed.tickets().within(Period.last(30, clock()))
    assert [NOW - REACH] * 2 == zendesk.asked  # the start stays: only what changed is read again


async def test_a_failure_leaves_what_is_there(clock: TurnedClock) -> None:
    zendesk = Double(clock)
    feed = TicketFeed(zendesk, policy, clock)  # type: ignore[arg-type]
    zendesk.down = True
    await rounds(feed, 1)
    assert NONE is feed.tickets()
    zendesk.down = False
    await rounds(feed, 1)
    zendesk.down = True
    await rounds(feed, 1)
    assert "Zendesk, read" == feed.tickets().source
