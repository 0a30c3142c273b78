"""What holds for the queue in any order of events, ends, deaths and waits, and under many workers at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from databases import Machines, TestClock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from bot.db import open_database
from bot.model import AtLeast
from bot.queue import Claim, Queue
from bot.queue_sql import Timing

T = TypeVar("T")
TIMING = Timing(tries=3)
KEYS = ("a/a#1", "a/a#2", "a/a#3")


@dataclass
class Model:
    """What must be true of one key, by the plainest bookkeeping."""

    unseen: int = 0  # events accepted that no successful run has covered
    highest: int = 0  # comment id that the next successful run must know of
    covered_by: Claim | None = None  # the newest claim
    covers: int = 0  # how many of the unseen events it was made after
    lease_until: float = 0.0


class QueueMachine(RuleBasedStateMachine):
    """Workers claim, finish, fail, release, freeze and die; events and time go on meanwhile."""

    claims = Bundle("claims")

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = TestClock()
        self.queue = Queue(open_database("sqlite://", clock=self.clock), TIMING, jitter=lambda: 1.0)
        self.keys = {key: Model() for key in KEYS}

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(step)

    @property
    def now(self) -> float:
        return self.clock.now.timestamp()

    def live(self, claim: Claim) -> bool:
        model = self.keys[claim.key]
        return model.covered_by is claim and model.lease_until > self.now

    @rule(key=st.sampled_from(KEYS), comment=st.integers(1, 50), urgent=st.booleans())
    def event(self, key: str, comment: int, urgent: bool) -> None:
        self.do(self.queue.accept(key, AtLeast(comment_id=comment), urgent=urgent))
        model = self.keys[key]
        model.unseen += 1
        model.highest = max(model.highest, comment)

    @rule(target=claims)
    def claim(self) -> Any:
        claim = self.do(self.queue.claim())
        if claim is None:
            return multiple()
        model = self.keys[claim.key]
        assert model.lease_until <= self.now, "two live claims on one key"
        assert model.highest <= claim.at_least.comment_id, "a proof was lost"
        model.covered_by, model.covers = claim, model.unseen
        model.lease_until = self.now + TIMING.lease
        return claim

    @rule(claim=consumes(claims), again=st.one_of(st.none(), st.integers(0, 100)))
    def finish(self, claim: Claim, again: int | None) -> None:
        model = self.keys[claim.key]
        assert self.live(claim) == self.do(
            self.queue.finish(claim, None if again is None else self.clock.after(again))
        )
        if self.live(claim):
            model.unseen -= model.covers
            model.covered_by, model.lease_until = None, 0.0
            if model.unseen == 0:
                model.highest = 0

    @rule(claim=consumes(claims), transient=st.booleans(), retry_after=st.sampled_from([None, 5.0, 90.0]))
    def fail(self, claim: Claim, transient: bool, retry_after: float | None) -> None:
        said = self.do(self.queue.fail(claim, "boom", retry_after, transient=transient))
        self.ended_badly(claim, said)

    @rule(claim=consumes(claims))
    def release(self, claim: Claim) -> None:
        self.ended_badly(claim, self.do(self.queue.release(claim)))

    def ended_badly(self, claim: Claim, said: bool) -> None:
        assert self.live(claim) == said
        if said:
            self.keys[claim.key].covered_by, self.keys[claim.key].lease_until = None, 0.0

    @rule(claim=claims)
    def beat(self, claim: Claim) -> None:
        assert self.live(claim) == self.do(self.queue.holds(claim)) == self.do(self.queue.extend(claim))
        if self.live(claim):
            self.keys[claim.key].lease_until = self.now + TIMING.lease

    @rule(claim=consumes(claims))
    def die(self, claim: Claim) -> None:
        """A worker that is never heard of again."""

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 29.0, 31.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def every_unseen_event_has_a_run_to_come(self) -> None:
        """Its key is due at some time, or is dead, where people see it."""
        entries = {entry.key: entry for entry in self.do(self.queue.entries())}
        for key, model in self.keys.items():
            if model.unseen:
                entry = entries[key]
                assert entry.dead != (entry.due_at is not None)

    def teardown(self) -> None:
        """After a while without events all keys have run: nothing was lost, nothing goes on for ever."""
        for _ in range(2):  # a key whose workers died one by one is found dead only now
            self.clock.advance(400)
            for entry in self.do(self.queue.entries(dead=True)):
                self.do(self.queue.retry(entry.key))
            while (claim := self.do(self.queue.claim())) is not None:
                self.keys[claim.key].unseen = 0
                assert self.do(self.queue.finish(claim, None))
        assert dict.fromkeys(KEYS, 0) == {key: model.unseen for key, model in self.keys.items()}
        assert [] == [entry for entry in self.do(self.queue.entries()) if entry.due_at is not None]
        self.do(self.queue.db.close())
        self.loop.close()


QueueMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestQueueMachine = QueueMachine.TestCase


async def test_many_workers_never_overlap_and_miss_nothing(machines: Machines) -> None:
    """Twelve workers on three replicas, 120 events on four keys: one run per key at a time, all seen."""
    eager = Timing(quiet=0.0, longest_wait=0.0, poll=0.05)
    replicas = [Queue(machines.open(), eager) for _ in range(3)]
    keys = [f"a/a#{number}" for number in range(4)]
    running: set[str] = set()
    accepted = dict.fromkeys(keys, 0)
    seen = dict.fromkeys(keys, 0)
    overlaps = 0
    all_sent = asyncio.Event()

    async def work(queue: Queue) -> None:
        nonlocal overlaps
        while True:
            claim = await queue.claim()
            if claim is None:
                if all_sent.is_set() and accepted == seen:
                    return
                await queue.wait()
                continue
            overlaps += claim.key in running
            running.add(claim.key)
            saw = accepted[claim.key]
            await asyncio.sleep(0)
            running.discard(claim.key)
            assert await queue.finish(claim, None)
            seen[claim.key] = max(saw, seen[claim.key])

    async def send() -> None:
        for number in range(120):
            key = keys[number % 4]
            await replicas[number % 3].accept(key)
            accepted[key] += 1
        for key in keys:  # a worker may have read the count between an accept and its bookkeeping
            await replicas[0].accept(key)
        all_sent.set()

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(work(replicas[number % 3]))
        group.create_task(send())
    for queue in replicas:
        await queue.close()
    assert 0 == overlaps
