"""What the queue promises, on every database. Time stands still unless a test moves it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from databases import Machines, TestClock

from bot.db import utc_now
from bot.model import AtLeast
from bot.queue import Claim, Queue, back_off
from bot.queue_sql import Timing

KEY = "sourcegraph/customer#7"
OTHER = "sourcegraph/customer#8"
TIMING = Timing(tries=3)


@dataclass
class Bench:
    """One queue to work with, and more replicas of it."""

    machines: Machines
    queue: Queue

    @property
    def clock(self) -> TestClock:
        return self.machines.clock

    def replica(self) -> Queue:
        return Queue(self.machines.open(), TIMING, jitter=lambda: 1.0)

    async def claimed(self) -> Claim:
        """Claim, knowing that something is due."""
        claim = await self.queue.claim()
        assert claim is not None
        return claim

    async def due_at(self, key: str = KEY) -> datetime | None:
        entry = await self.queue.get(key)
        assert entry is not None
        return entry.due_at

    async def run(self, next_due: datetime | None = None) -> Claim:
        """One good run of whatever is due."""
        claim = await self.claimed()
        assert await self.queue.finish(claim, next_due)
        return claim


@pytest.fixture
async def bench(machines: Machines) -> AsyncIterator[Bench]:
    queue = Queue(machines.open(), TIMING, jitter=lambda: 1.0)
    yield Bench(machines, queue)
    await queue.close()


# ── being due ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_event_makes_its_key_due_at_once(bench: Bench) -> None:
    """The first event on a quiet key waits for nothing, and a run covers it."""
    await bench.queue.accept(KEY)
    claim = await bench.run()
    assert (KEY, 1, 1, False) == (claim.key, claim.generation, claim.attempts, claim.inherited)
    assert await bench.queue.claim() is None


async def test_an_event_against_tomorrows_due_time_is_pulled_forward(bench: Bench) -> None:
    """A reminder due tomorrow does not hide an event of today."""
    await bench.queue.accept(KEY)
    await bench.run(next_due=bench.clock.after(86_400))
    bench.clock.advance(60)
    assert await bench.queue.claim() is None
    await bench.queue.accept(KEY)
    assert KEY == (await bench.claimed()).key


async def test_the_next_due_time_comes_by_itself(bench: Bench) -> None:
    """What a run asked for happens then, and not before."""
    await bench.queue.accept(KEY)
    await bench.run(next_due=bench.clock.after(3600))
    bench.clock.advance(3599)
    assert await bench.queue.claim() is None
    bench.clock.advance(1)
    assert KEY == (await bench.claimed()).key


async def test_oldest_first(bench: Bench) -> None:
    """Keys are run in the order in which they became due, whatever came for them later."""
    for key in ("a/a#1", "a/a#2", "a/a#3"):
        await bench.queue.accept(key)
        bench.clock.advance(1)
    await bench.queue.accept("a/a#1")
    assert ["a/a#1", "a/a#2", "a/a#3"] == [(await bench.claimed()).key for _ in range(3)]


async def test_urgent_first(bench: Bench) -> None:
    """An urgent key overtakes older ones, and stays urgent until a run says otherwise."""
    await bench.queue.accept(OTHER)
    bench.clock.advance(1)
    await bench.queue.accept(KEY, urgent=True)
    first = await bench.claimed()
    assert (KEY, True) == (first.key, first.urgent)
    await bench.queue.finish(first, bench.clock.after(1))
    bench.clock.advance(1)
    second = await bench.claimed()
    assert (KEY, True) == (second.key, second.urgent)
    await bench.queue.finish(second, bench.clock.after(1), urgent=False)
    bench.clock.advance(5)
    assert [OTHER, KEY] == [(await bench.claimed()).key for _ in range(2)]


async def test_an_urgent_event_during_a_run_stays_urgent(bench: Bench) -> None:
    """The run did not know of it when it said that the issue is not urgent."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await bench.queue.accept(KEY, urgent=True)
    await bench.queue.finish(claim, None, urgent=False)
    bench.clock.advance(2)
    assert (await bench.claimed()).urgent


# ── coalescing ────────────────────────────────────────────────────────────────────────────────────────────


async def test_events_right_after_a_run_wait_for_quiet(bench: Bench) -> None:
    """A burst after a run becomes one run, two seconds after its last event."""
    await bench.queue.accept(KEY)
    await bench.run()
    for _ in range(3):
        bench.clock.advance(1.5)
        await bench.queue.accept(KEY)
        assert bench.clock.after(2) == await bench.due_at()
    bench.clock.advance(2)
    assert 4 == (await bench.run()).generation
    assert await bench.queue.claim() is None


async def test_a_burst_waits_ten_seconds_at_most(bench: Bench) -> None:
    """Events without a pause do not put the run off for ever."""
    await bench.queue.accept(KEY)
    await bench.run()
    bench.clock.advance(1)
    first = bench.clock.now
    for _ in range(10):
        await bench.queue.accept(KEY)
        bench.clock.advance(1)
    assert first + timedelta(seconds=10) == await bench.due_at()
    assert KEY == (await bench.claimed()).key


async def test_events_during_a_run_become_one_more_run(bench: Bench) -> None:
    """Ten events while a key runs are one run afterwards, once it is quiet."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    for _ in range(10):
        await bench.queue.accept(KEY)
    assert await bench.queue.finish(claim, None)
    assert await bench.queue.claim() is None
    bench.clock.advance(2)
    assert 11 == (await bench.run()).generation
    bench.clock.advance(60)
    assert await bench.queue.claim() is None


async def test_a_key_that_is_due_is_not_put_off(bench: Bench) -> None:
    """Further events on a key that waits for a worker leave it at its place."""
    await bench.queue.accept(KEY)
    was = await bench.due_at()
    bench.clock.advance(1)
    await bench.queue.accept(KEY)
    assert was == await bench.due_at()


async def test_an_earlier_due_time_is_not_put_off_by_the_quiet_time(bench: Bench) -> None:
    """A run that asked to look again in half a second gets that, event or not."""
    await bench.queue.accept(KEY)
    await bench.run(next_due=bench.clock.after(0.5))
    await bench.queue.accept(KEY)
    bench.clock.advance(0.5)
    assert KEY == (await bench.claimed()).key


# ── what events proved ────────────────────────────────────────────────────────────────────────────────────


async def test_what_events_proved_is_merged_and_handed_to_the_run(bench: Bench) -> None:
    """Newest time, highest comment id, all ids that must be gone."""
    now, later = bench.clock.now, bench.clock.after(5)
    events = [AtLeast(later, 2**40, frozenset({5})), AtLeast(now, 3, frozenset({6})), AtLeast()]
    expected = AtLeast()
    for event in events:
        await bench.queue.accept(KEY, event)
        expected = expected.merge(event)
    assert expected == (await bench.claimed()).at_least


async def test_what_was_proved_is_forgotten_after_a_run_that_saw_it(bench: Bench) -> None:
    """A finished run has seen it; the next one needs no proof of old news."""
    await bench.queue.accept(KEY, AtLeast(bench.clock.now, 9, frozenset({5})))
    await bench.run(next_due=bench.clock.now)
    assert AtLeast() == (await bench.claimed()).at_least


async def test_what_was_proved_during_a_run_is_kept_for_the_next(bench: Bench) -> None:
    """The run may have read before the comment existed."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await bench.queue.accept(KEY, AtLeast(comment_id=9))
    await bench.queue.finish(claim, None)
    bench.clock.advance(2)
    assert AtLeast(comment_id=9) == (await bench.claimed()).at_least


# ── running alone ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_claimed_key_is_nobody_elses(bench: Bench) -> None:
    """Neither an event nor another replica starts a second run."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await bench.queue.accept(KEY)
    bench.clock.advance(15)
    assert await bench.replica().claim() is None
    assert await bench.queue.holds(claim)


async def test_a_heartbeat_keeps_the_key(bench: Bench) -> None:
    """A long run that extends its lease keeps it for as long as it likes."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    for _ in range(5):
        bench.clock.advance(TIMING.lease - 1)
        assert await bench.queue.extend(claim)
    assert await bench.replica().claim() is None
    assert await bench.queue.finish(claim, None)


async def test_mark_during_finish_runs_again(bench: Bench) -> None:
    """An event and the end of a run at the same moment: whichever is first, the key runs again."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await asyncio.gather(bench.queue.finish(claim, None), bench.queue.accept(KEY))
    bench.clock.advance(2)
    assert 2 == (await bench.claimed()).generation


async def test_mark_during_end_keeps_the_key(bench: Bench) -> None:
    """An issue that came back while its end was being noted is looked at again."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await bench.queue.accept(KEY)
    assert await bench.queue.end(claim)
    bench.clock.advance(2)
    assert KEY == (await bench.claimed()).key


async def test_an_ended_key_is_forgotten(bench: Bench) -> None:
    """A deleted issue leaves nothing behind."""
    await bench.queue.accept(KEY)
    assert await bench.queue.end(await bench.claimed())
    assert await bench.queue.get(KEY) is None


async def test_a_frozen_worker_changes_nothing_when_it_wakes_up(bench: Bench) -> None:
    """Past its lease a worker holds nothing, all it says is refused, and its heir is undisturbed."""
    await bench.queue.accept(KEY)
    frozen = await bench.claimed()
    bench.clock.advance(TIMING.lease + 1)
    assert not await bench.queue.holds(frozen)
    heir = await bench.replica().claim()
    assert heir is not None
    before = await bench.queue.get(KEY)
    assert not await bench.queue.extend(frozen)
    assert not await bench.queue.finish(frozen, None)
    assert not await bench.queue.fail(frozen, "late")
    assert not await bench.queue.release(frozen)
    assert not await bench.queue.end(frozen)
    assert before == await bench.queue.get(KEY)
    assert await bench.queue.finish(heir, None)


async def test_a_lease_that_ran_out_counts_for_nothing_even_if_nobody_took_over(bench: Bench) -> None:
    """The rule is the clock's alone, so a worker can know it without asking who else is there."""
    await bench.queue.accept(KEY)
    frozen = await bench.claimed()
    bench.clock.advance(TIMING.lease)
    assert not await bench.queue.finish(frozen, None)
    assert KEY == (await bench.claimed()).key


async def test_kill_with_a_follow_up_is_inherited(bench: Bench) -> None:
    """A worker dies with an event waiting: after the lease the key runs, marked as inherited."""
    await bench.queue.accept(KEY)
    await bench.claimed()
    await bench.queue.accept(KEY, AtLeast(comment_id=4))
    bench.clock.advance(TIMING.lease)
    heir = await bench.claimed()
    assert (True, 2, AtLeast(comment_id=4)) == (heir.inherited, heir.attempts, heir.at_least)


async def test_an_inherited_key_stays_so_until_a_run_succeeds(bench: Bench) -> None:
    """A failing heir has not waited for the dead one's writes to become readable."""
    await bench.queue.accept(KEY)
    await bench.claimed()
    bench.clock.advance(TIMING.lease)
    await bench.queue.fail(await bench.claimed(), "GitHub is down", transient=True)
    bench.clock.advance(300)
    assert (await bench.run(next_due=bench.clock.now)).inherited
    assert not (await bench.claimed()).inherited


async def test_a_released_key_is_as_it_was(bench: Bench) -> None:
    """Given back between two writes: due, at its place, with its proof, and no try used up."""
    await bench.queue.accept(KEY, AtLeast(comment_id=4))
    was = await bench.due_at()
    bench.clock.advance(1)
    for _ in range(TIMING.tries + 1):
        assert await bench.queue.release(await bench.claimed())
    claim = await bench.claimed()
    assert (was, 1, False, 4) == (claim.due_at, claim.attempts, claim.inherited, claim.at_least.comment_id)


async def test_a_run_that_was_cut_off_is_inherited(bench: Bench) -> None:
    """A cancelled worker gives its key back at once, but may have been within a write."""
    await bench.queue.accept(KEY)
    assert await bench.queue.release(await bench.claimed(), cut_off=True)
    assert (await bench.run(next_due=bench.clock.now)).inherited
    assert not (await bench.claimed()).inherited


async def test_a_key_can_be_released_until_later(bench: Bench) -> None:
    """A used-up budget puts the key off; an event in between is not put off with it."""
    await bench.queue.accept(KEY)
    await bench.queue.release(await bench.claimed(), bench.clock.after(40))
    bench.clock.advance(39)
    assert await bench.queue.claim() is None
    bench.clock.advance(1)
    assert KEY == (await bench.claimed()).key


# ── failing ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_failed_run_with_a_follow_up_is_retried(bench: Bench) -> None:
    """An event that came during a failing run is neither lost nor in the way."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await bench.queue.accept(KEY)
    assert await bench.queue.fail(claim, "boom")
    bench.clock.advance(2)
    assert 2 == (await bench.run()).generation
    bench.clock.advance(600)
    assert await bench.queue.claim() is None


async def test_failures_back_off(bench: Bench) -> None:
    """Each try waits twice as long as the one before."""
    await bench.queue.accept(KEY)
    waits = []
    for _ in range(4):
        await bench.queue.fail(await bench.claimed(), "boom", transient=True)
        due_at = await bench.due_at()
        assert due_at is not None
        waits.append((due_at - bench.clock.now).total_seconds())
        bench.clock.now = due_at
    assert [1.0, 2.0, 4.0, 8.0] == waits


async def test_retry_after_is_obeyed(bench: Bench) -> None:
    """What GitHub asked for is the least wait, with or without an event during the run."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    await bench.queue.accept(KEY)
    await bench.queue.fail(claim, "secondary limit", retry_after=60)
    assert bench.clock.after(60) == await bench.due_at()


async def test_an_event_ends_the_back_off(bench: Bench) -> None:
    """Somebody is waiting: the key is tried again as soon as it is quiet."""
    await bench.queue.accept(KEY)
    for _ in range(2):
        bench.clock.advance(300)
        await bench.queue.fail(await bench.claimed(), "boom", retry_after=100)
    await bench.queue.accept(KEY)
    assert bench.clock.after(2) == await bench.due_at()


@pytest.mark.parametrize("how", ["event", "event meanwhile", "schedule", "person"])
async def test_a_key_whose_last_write_is_in_doubt_rests_whatever_comes(bench: Bench, how: str) -> None:
    """Nobody pulls it forward into the time in which a read may not show what was written."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    if how == "event meanwhile":
        await bench.queue.accept(KEY)
    await bench.queue.fail(claim, "no answer", rest=10.0, transient=True)
    bench.clock.advance(1)
    if how == "event":
        await bench.queue.accept(KEY)
    elif how == "schedule":
        await bench.queue.schedule(KEY, bench.clock.now)
    elif how == "person":
        await bench.queue.retry(KEY)
    bench.clock.advance(8.9)
    assert await bench.queue.claim() is None
    bench.clock.advance(0.1)
    await bench.run()
    await bench.queue.accept(KEY)
    assert bench.clock.after(2) == await bench.due_at()


async def ends_soon(waiting: Coroutine[None, None, None]) -> bool:
    """Does it end within a tenth of a second?"""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waiting, 0.1)
        return True
    return False


async def poison(bench: Bench, key: str) -> None:
    """Let every try of `key` fail."""
    await bench.queue.accept(key)
    for _ in range(TIMING.tries):
        bench.clock.advance(300)
        await bench.queue.fail(await bench.claimed(), "boom")


async def test_a_poison_key_goes_dead_and_is_visible(bench: Bench) -> None:
    """After its tries it is set aside with its error, and the others go on."""
    await poison(bench, KEY)
    bench.clock.advance(86_400)
    assert await bench.queue.claim() is None
    assert [(KEY, True, 3, "boom")] == [
        (entry.key, entry.dead, entry.attempts, entry.last_error)
        for entry in await bench.queue.entries(dead=True)
    ]
    assert 1 == (await bench.queue.stats()).dead
    await bench.queue.accept(OTHER)
    assert OTHER == (await bench.run()).key


@pytest.mark.parametrize("how", ["event", "retry", "schedule"])
async def test_a_dead_key_is_revived(bench: Bench, how: str) -> None:
    """An event, a person or a schedule gives it all its tries again."""
    await poison(bench, KEY)
    bench.clock.advance(60)
    match how:
        case "event":
            await bench.queue.accept(KEY)
        case "retry":
            assert await bench.queue.retry(KEY)
        case _:
            await bench.queue.schedule(KEY, bench.clock.now)
    for _ in range(TIMING.tries):
        claim = await bench.claimed()
        assert await bench.queue.fail(claim, "boom")
        bench.clock.advance(300)
    assert [KEY] == [entry.key for entry in await bench.queue.entries(dead=True)]


async def test_an_event_during_the_last_try_keeps_the_key_alive(bench: Bench) -> None:
    """It would have revived the key a moment later."""
    await bench.queue.accept(KEY)
    for _ in range(TIMING.tries - 1):
        await bench.queue.fail(await bench.claimed(), "boom")
        bench.clock.advance(300)
    claim = await bench.claimed()
    await bench.queue.accept(KEY)
    await bench.queue.fail(claim, "boom")
    assert [] == await bench.queue.entries(dead=True)
    bench.clock.advance(5)
    assert KEY == (await bench.claimed()).key


async def test_what_is_not_the_keys_fault_never_kills_it(bench: Bench) -> None:
    """GitHub down for a day: the keys are still there when it is back."""
    await bench.queue.accept(KEY)
    for _ in range(50):
        assert await bench.queue.fail(await bench.claimed(), "GitHub is down", transient=True)
        bench.clock.advance(300)
    assert KEY == (await bench.run()).key


async def test_a_key_that_kills_its_worker_goes_dead(bench: Bench) -> None:
    """Runs that end in nothing count like failures, so the next worker is not killed for ever."""
    await bench.queue.accept(KEY)
    bench.clock.advance(1)
    await bench.queue.accept(OTHER)
    for _ in range(TIMING.tries):
        assert KEY == (await bench.claimed()).key
        bench.clock.advance(TIMING.lease)
    assert OTHER == (await bench.claimed()).key
    assert ["3 runs in a row were cut off"] == [e.last_error for e in await bench.queue.entries(dead=True)]


async def test_a_success_wipes_the_slate(bench: Bench) -> None:
    """Failures long ago do not count against a key."""
    await bench.queue.accept(KEY)
    for _ in range(5):
        await bench.queue.fail(await bench.claimed(), "boom")
        bench.clock.advance(300)
        assert 2 == (await bench.run(next_due=bench.clock.now)).attempts
    entry = await bench.queue.get(KEY)
    assert entry is not None
    assert (None, 0) == (entry.last_error, entry.attempts)


# ── schedules, replicas, people ───────────────────────────────────────────────────────────────────────────


async def test_three_replicas_and_one_schedule_run_once(bench: Bench) -> None:
    """Each replica schedules the catch-up and looks for work; each period has one run."""
    replicas = [bench.queue, bench.replica(), bench.replica()]
    runs = 0
    for _ in range(3):
        await asyncio.gather(*(queue.schedule("catch-up", bench.clock.after(600)) for queue in replicas))
        bench.clock.advance(600)
        claims = await asyncio.gather(*(queue.claim() for queue in replicas))
        for queue, claim in zip(replicas, claims, strict=True):
            if claim is not None:
                runs += 1
                assert await queue.finish(claim, None)
    assert 3 == runs


async def test_a_schedule_neither_pulls_forward_nor_puts_off(bench: Bench) -> None:
    """A start-up that schedules again leaves the time that stands."""
    await bench.queue.schedule(KEY, bench.clock.after(600))
    await bench.queue.schedule(KEY, bench.clock.after(5))
    await bench.queue.schedule(KEY, bench.clock.after(5000))
    assert bench.clock.after(600) == await bench.due_at()


async def test_a_waiting_worker_is_told_of_an_event(bench: Bench) -> None:
    """`wait` returns at once when another replica accepts, though the next due time is far away."""
    await bench.queue.schedule(KEY, bench.clock.after(20))
    while await ends_soon(bench.queue.wait()):
        pass  # a listener that has just connected wakes everybody once
    waiting = asyncio.create_task(bench.queue.wait())
    await asyncio.sleep(0.05)
    await bench.replica().accept(OTHER) if bench.machines.replicated else await bench.queue.accept(OTHER)
    await asyncio.wait_for(waiting, 5)


async def test_waiting_ends_at_once_when_something_is_due(bench: Bench) -> None:
    """No wake-up is needed for what was there before."""
    await bench.queue.accept(KEY)
    await asyncio.wait_for(bench.queue.wait(), 5)


async def test_waiting_ends_when_the_next_due_time_or_lease_does(bench: Bench) -> None:
    """The first of: a key that becomes due, a lease that runs out, a poll."""
    await bench.queue.accept(KEY)
    await bench.claimed()
    bench.clock.advance(TIMING.lease - 0.01)
    await asyncio.wait_for(bench.queue.wait(), 5)
    await bench.queue.schedule(OTHER, bench.clock.after(0.005))
    await asyncio.wait_for(bench.queue.wait(), 5)


async def test_waiting_does_not_spin_on_a_dead_owners_key_that_is_not_yet_due(bench: Bench) -> None:
    """The lease has run out, but an event just before put the key into its quiet time."""
    await bench.queue.accept(KEY)
    await bench.claimed()
    bench.clock.advance(TIMING.lease - 0.5)
    await bench.queue.accept(KEY)
    bench.clock.advance(1)
    assert await bench.queue.claim() is None
    assert not all([await ends_soon(bench.queue.wait()) for _ in range(3)])
    bench.clock.advance(1)
    assert KEY == (await bench.claimed()).key


async def test_a_person_may_drop_a_key(bench: Bench) -> None:
    """The run that holds it loses it."""
    await bench.queue.accept(KEY)
    claim = await bench.claimed()
    assert await bench.queue.drop(KEY)
    assert not await bench.queue.holds(claim)
    assert not await bench.queue.finish(claim, bench.clock.after(1))
    assert [] == await bench.queue.entries()


async def test_a_person_is_told_when_there_is_no_such_key(bench: Bench) -> None:
    """A typing error is not taken for success."""
    assert (False, False, None) == (
        await bench.queue.retry(KEY),
        await bench.queue.drop(KEY),
        await bench.queue.get(KEY),
    )


async def test_stats_count_keys_by_state(bench: Bench) -> None:
    """Each key counts in one state; the lag is the oldest waiting key's."""
    await poison(bench, "a/a#1")
    for number in (2, 3, 4):
        await bench.queue.accept(f"a/a#{number}")
    await bench.queue.schedule("later", bench.clock.after(60))
    await bench.claimed()
    bench.clock.advance(7)
    stats = await bench.queue.stats()
    assert (2, 1, 1, 1, 7.0) == (stats.due, stats.later, stats.running, stats.dead, stats.lag)


async def test_entries_are_in_the_order_of_their_due_times(bench: Bench) -> None:
    """What people look at first is what happens next; idle keys come last."""
    await bench.queue.accept("idle")
    await bench.run()
    await bench.queue.schedule("second", bench.clock.after(2))
    await bench.queue.schedule("first", bench.clock.after(1))
    assert ["first", "second", "idle"] == [entry.key for entry in await bench.queue.entries()]


async def test_without_an_injected_clock_the_databases_own_is_used(machines: Machines) -> None:
    """A key scheduled for a moment ago by the real clock is due; one in an hour is not."""
    queue = Queue(machines.open_with_its_own_clock())
    await queue.schedule("past", utc_now() - timedelta(seconds=60))
    await queue.schedule("future", utc_now() + timedelta(hours=1))
    claim = await queue.claim()
    assert claim is not None
    assert "past" == claim.key
    assert await queue.claim() is None


@pytest.mark.parametrize(
    ("attempts", "chance", "expected"),
    [
        pytest.param(1, 0.0, 0.5, id="first, least"),
        pytest.param(1, 1.0, 1.0, id="first, most"),
        pytest.param(4, 1.0, 8.0, id="doubles"),
        pytest.param(9, 0.5, 192.0, id="spread"),
        pytest.param(10_000, 1.0, 300.0, id="capped"),
    ],
)
def test_back_off(attempts: int, chance: float, expected: float) -> None:
    """Doubling from one second to five minutes, spread over the upper half."""
    assert expected == back_off(attempts, Timing(), chance)
