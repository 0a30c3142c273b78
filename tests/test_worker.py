"""The worker: each way in which a run can end, and what becomes of its key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.db import open_database
from bot.errors import Forbidden, Gone, Transient
from bot.queue import Claim, Queue
from bot.worker import Done, Lost, OutOfBudget, Worker, kind_of

pytestmark = pytest.mark.looptime

START = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
KEY = "o/r#1"

Run = Callable[[Claim], Awaitable[Done]]


class Bench:
    """A worker on a queue in memory, under virtual time; handlers are set by the tests."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.db = open_database("sqlite://", clock=self.now)
        self.queue = Queue(self.db, jitter=lambda: 0.5)
        self.runs: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self.handler: Run = self.fine
        self.task: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())  # each test begins at zero

    async def fine(self, claim: Claim) -> Done:
        return Done("fine")

    async def handle(self, claim: Claim) -> Done:
        self.runs.append(claim.key)
        return await self.handler(claim)

    def start(self, concurrency: int = 4) -> None:
        def note(kind: str, word: str, seconds: float) -> None:
            self.notes.append((kind, word))

        kinds = ("issue", "policy", "catchup", "sweep")
        worker = Worker(self.queue, dict.fromkeys(kinds, self.handle), concurrency=concurrency, note=note)
        self.task = asyncio.create_task(worker.run())

    async def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task
            self.task = None


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.stop()
    await made.queue.close()
    await made.db.close()


def raising(error: Exception) -> Run:
    async def run(claim: Claim) -> Done:
        raise error

    return run


@pytest.mark.parametrize(
    ("key", "kind"), [("o/r#1", "issue"), ("catchup:o/r", "catchup"), ("policy:o/r@abc", "policy")]
)
def test_the_kind_is_the_keys_prefix(key: str, kind: str) -> None:
    assert kind == kind_of(key)


async def test_a_run_that_ended_well_is_due_when_it_said(bench: Bench) -> None:
    async def later(claim: Claim) -> Done:
        return Done("fine", bench.now() + timedelta(hours=1))

    bench.handler = later
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(3000)
    assert [KEY] == bench.runs
    await asyncio.sleep(3700)
    assert [KEY, KEY] == bench.runs
    assert ("issue", "fine") == bench.notes[0]


@pytest.mark.parametrize(
    ("error", "word", "level"),
    [
        pytest.param(Gone("deleted"), "ended", "info", id="gone"),
        pytest.param(Transient("HTTP 502"), "again", "warning", id="transient"),
        pytest.param(Forbidden("suspended"), "refused", "error", id="forbidden"),
        pytest.param(RuntimeError("private words"), "failed", "error", id="a bug"),
        pytest.param(KeyError("private words"), "failed", "error", id="another bug"),
        pytest.param(Lost(), "lost", "warning", id="lost"),
    ],
)
async def test_each_end_has_its_word_and_its_line(
    bench: Bench, error: Exception, word: str, level: str
) -> None:
    """What somebody else's exception says may hold issue text: only its type and place are told."""
    bench.handler = raising(error)
    await bench.queue.accept(KEY)
    with capture_logs() as lines:
        bench.start()
        await asyncio.sleep(0.5)
    assert ("issue", word) == bench.notes[0]
    assert level == lines[0]["log_level"]
    assert "private words" not in str(lines)
    entry = await bench.queue.get(KEY)
    assert entry is None or "private words" not in str(entry)


async def test_what_is_gone_leaves_no_key(bench: Bench) -> None:
    bench.handler = raising(Gone("deleted"))
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(60)
    assert [KEY] == bench.runs
    assert await bench.queue.get(KEY) is None


@pytest.mark.parametrize("key", ["catchup:o/r", "sweep:o/r"])
@pytest.mark.parametrize("error", [Gone("not-found"), Forbidden("suspended"), RuntimeError("bug")], ids=repr)
async def test_keys_of_the_schedule_outlive_every_failure(bench: Bench, key: str, error: Exception) -> None:
    """No event would ever name them again."""
    bench.handler = raising(error)
    await bench.queue.accept(key)
    bench.start()
    await asyncio.sleep(2 * 3600)
    assert len(bench.runs) > bench.queue.timing.tries
    entry = await bench.queue.get(key)
    assert entry is not None
    assert not entry.dead
    bench.runs.clear()
    bench.handler = bench.fine
    await asyncio.sleep(600)
    assert [key] == bench.runs


async def test_githubs_failures_are_tried_for_ever_and_kill_nothing(bench: Bench) -> None:
    bench.handler = raising(Transient("HTTP 502"))
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(2 * 3600)
    assert 20 < len(bench.runs) < 60
    assert 0 == (await bench.queue.stats()).dead


async def test_github_says_when(bench: Bench) -> None:
    bench.handler = raising(Transient("rate limited", retry_after=600))
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(590)
    assert 1 == len(bench.runs)
    await asyncio.sleep(30)
    assert 2 == len(bench.runs)


async def test_a_poison_issue_is_set_aside_and_the_rest_goes_on(bench: Bench) -> None:
    async def poison(claim: Claim) -> Done:
        if claim.key == KEY:
            raise RuntimeError
        return Done("fine")

    bench.handler = poison
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(2 * 3600)
    entry = await bench.queue.get(KEY)
    assert entry is not None
    assert entry.dead
    assert entry.last_error is not None
    assert entry.last_error.startswith("RuntimeError at ['test_worker.py:")
    tries = len(bench.runs)
    await bench.queue.accept("o/r#2")
    await asyncio.sleep(60)
    assert "o/r#2" == bench.runs[-1]
    assert tries + 1 == len(bench.runs)
    await bench.queue.accept(KEY)  # an event asks for it again
    await asyncio.sleep(60)
    assert KEY == bench.runs[-1]


async def test_a_run_out_of_budget_is_given_back_without_a_strike(bench: Bench) -> None:
    async def poor(claim: Claim) -> Done:
        if bench.now() < START + timedelta(minutes=10):
            raise OutOfBudget(START + timedelta(minutes=10))
        return Done("fine")

    bench.handler = poor
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(599)
    assert 1 == len(bench.runs)
    entry = await bench.queue.get(KEY)
    assert entry is not None
    assert (0, None) == (entry.attempts, entry.last_error)
    await asyncio.sleep(30)
    assert [KEY, KEY] == bench.runs


async def test_a_long_run_keeps_its_claim(bench: Bench) -> None:
    """The heartbeat renews the lease; nobody else takes the key meanwhile."""

    async def long(claim: Claim) -> Done:
        await asyncio.sleep(10 * bench.queue.timing.lease)
        assert await bench.queue.holds(claim)
        return Done("fine")

    bench.handler = long
    await bench.queue.accept(KEY)
    bench.start()
    await asyncio.sleep(11 * bench.queue.timing.lease)
    assert [("issue", "fine")] == bench.notes
    assert [KEY] == bench.runs


async def test_no_more_run_at_once_than_allowed(bench: Bench) -> None:
    running, most = 0, 0

    async def busy(claim: Claim) -> Done:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(1)
        running -= 1
        return Done("fine")

    bench.handler = busy
    for number in range(1, 21):
        await bench.queue.accept(f"o/r#{number}")
    bench.start(concurrency=3)
    await asyncio.sleep(30)
    assert 20 == len(bench.runs)
    assert 3 == most


async def test_a_shutdown_lets_short_runs_end_and_gives_long_ones_back(bench: Bench) -> None:
    async def run(claim: Claim) -> Done:
        await asyncio.sleep(5 if claim.key == KEY else 500)
        return Done("fine")

    bench.handler = run
    await bench.queue.accept(KEY)
    await bench.queue.accept("o/r#2")
    bench.start()
    await asyncio.sleep(1)
    await bench.stop()
    assert {("issue", "fine"), ("issue", "given back")} == set(bench.notes)
    stats = await bench.queue.stats()
    assert (0, 1) == (stats.running, stats.due)


async def test_the_loop_outlives_a_database_that_fails(bench: Bench) -> None:
    claim, failures = bench.queue.claim, 3

    async def flaky() -> Claim | None:
        nonlocal failures
        failures -= 1
        if failures > 0:
            raise OSError("disk I/O error")
        return await claim()

    bench.queue.claim = flaky  # type: ignore[method-assign]
    await bench.queue.accept(KEY)
    with capture_logs() as lines:
        bench.start()
        await asyncio.sleep(10)
    assert [KEY] == bench.runs
    assert {"OSError"} == {line["error"] for line in lines}
