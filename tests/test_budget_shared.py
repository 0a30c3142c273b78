"""The write budget in the database: one per installation, whoever asks."""

from __future__ import annotations

import asyncio

import pytest
from databases import Machines

from bot.budget import Budget, Window

WINDOWS = (Window(4, 10.0, 1), Window(6, 30.0, 2))


@pytest.fixture
def budget(machines: Machines) -> Budget:
    return Budget(machines.open(), WINDOWS)


async def test_replicas_share_one_budget(machines: Machines) -> None:
    """Twelve replicas ask at the same moment: as many get a write as there are."""
    replicas = [Budget(machines.open(), WINDOWS) for _ in range(3)]
    waits = await asyncio.gather(*(replicas[number % 3].take(1) for number in range(12)))
    assert [0.0] * 3 + [10.0] * 9 == sorted(waits)


async def test_urgent_first(budget: Budget) -> None:
    """When ordinary work has used up its part, urgent work still gets its own."""
    await budget.take(1, 3)
    assert 10.0 == await budget.take(1)
    assert 0.0 == await budget.take(1, urgent=True)
    assert 10.0 == await budget.take(1, urgent=True)


async def test_a_refusal_uses_nothing_up(budget: Budget, machines: Machines) -> None:
    """Who asks again after the wait it was told gets its write."""
    await budget.take(1, 3)
    for _ in range(5):
        wait = await budget.take(1)
    machines.clock.advance(wait)
    assert 0.0 == await budget.take(1)
    assert 4 == await budget.used(1, 30.0)
    assert 1 == await budget.used(1, 5.0)


async def test_installations_have_budgets_of_their_own(budget: Budget) -> None:
    """GitHub counts per installation."""
    await budget.take(1, 3)
    assert 0.0 == await budget.take(2)


async def test_github_saying_wait_holds_for_everybody(budget: Budget, machines: Machines) -> None:
    """After `retry-after` nobody writes before its end, and a shorter one does not shorten it."""
    await budget.block(1, 60.0)
    machines.clock.advance(10)
    await budget.block(1, 5.0)
    assert [50.0, 50.0] == [await budget.take(1), await budget.take(1, urgent=True)]
    machines.clock.advance(50)
    assert 0.0 == await budget.take(1)


async def test_a_clock_that_jumps_back_does_not_block_for_hours(budget: Budget, machines: Machines) -> None:
    """Writes that seem to lie in the future count as made now, a block lasts an hour at most."""
    await budget.take(1, 3)
    await budget.block(1, 60.0)
    machines.clock.advance(-7200)
    assert 3600.0 == await budget.take(1)
    machines.clock.advance(3600)
    assert 0.0 == await budget.take(1)


async def test_writes_in_the_future_fade_like_others(budget: Budget, machines: Machines) -> None:
    """After a clock jumped back by hours the windows are free again when their length has passed."""
    await budget.take(1, 3)
    machines.clock.advance(-7200)
    assert 10.0 == await budget.take(1)
    machines.clock.advance(10)
    assert 0.0 == await budget.take(1)


async def test_more_than_can_ever_happen_at_once_is_the_callers_error(budget: Budget) -> None:
    """It would wait for ever."""
    with pytest.raises(ValueError, match="over the limit"):
        await budget.take(1, 4)
    assert 0 == await budget.used(1, 30.0)
