"""Floor 2: takes due keys from the queue and runs each by its kind, one run per key at a time.

A run ends in one of these ways, and in no other
- done: the next due time, if any;
- `Gone`: the issue ended; the key ends too;
- `Transient`: not the key's fault; again after a back-off, for ever;
- `OutOfBudget`: given back as if it had not been claimed, due when the budget allows;
- `Lost`: the claim is somebody else's by now; nothing more is written;
- anything else is the key's own fault: again, later and later, and after some tries set aside, visibly.
  Keys of the schedule are never set aside: an App that is suspended for days catches up when it is back.
A shutdown gives running keys back between two writes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.errors import Forbidden, Gone, RfhError, Transient, places
from bot.github.apply import Unfinished
from bot.queue import Claim, Queue

CONCURRENCY = 32
# No event names these: they outlive every failure.
LASTING = frozenset({"catchup", "sweep", "deliveries", "public", "desk", "figures", "weekly"})
UNKNOWN = 10.0  # seconds of rest for a key whose last write may have been done or not, whatever comes
GRACE = 20.0  # seconds that running keys get at a shutdown


class Lost(RfhError):
    """The claim no longer holds: a lease ran out while this worker was frozen."""


class OutOfBudget(RfhError):
    """No write is allowed before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("the write budget is used up")
        self.until = until


@dataclass(frozen=True, slots=True)
class Done:
    """A run that ended well. `word` is counted."""

    word: str
    next_due: datetime | None = None
    end: bool = False  # the key is of no further use


Handler = Callable[[Claim], Awaitable[Done]]
Note = Callable[[str, str, float], None]
"""Told of each run: kind of key, how it ended, seconds it took."""


def kind_of(key: str) -> str:
    """``catchup:owner/repo`` → catchup; an issue's key has no prefix."""
    prefix, colon, _ = key.partition(":")
    return prefix if colon else "issue"


class Worker:
    def __init__(
        self,
        queue: Queue,
        handlers: Mapping[str, Handler],
        *,
        concurrency: int = CONCURRENCY,
        note: Note | None = None,
    ) -> None:
        self._queue = queue
        self._handlers = handlers
        self._slots = asyncio.Semaphore(concurrency)
        self._running: set[asyncio.Task[None]] = set()
        self._note = note
        self._log = structlog.get_logger("worker")
        self.alive_at = asyncio.get_event_loop().time()

    async def run(self) -> None:
        """Work until cancelled; then give running keys `GRACE` seconds and return the rest to the queue."""
        try:
            while True:
                await self._slots.acquire()
                try:
                    claim = await self._next()
                except BaseException:
                    self._slots.release()
                    raise
                task = asyncio.create_task(self._one(claim), name=claim.key)
                self._running.add(task)
                task.add_done_callback(self._ended)
        finally:
            await self._drain()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slots.release()

    async def _next(self) -> Claim:
        """The next claim, however long it takes. A database that fails is asked again: it may come back."""
        while True:
            self.alive_at = asyncio.get_running_loop().time()
            try:
                claim = await self._queue.claim()
                if claim is not None:
                    return claim
                await self._queue.wait()
            except Exception as error:  # noqa: BLE001  # the loop must outlive the database
                self._log.error("queue", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _drain(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=GRACE)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _one(self, claim: Claim) -> None:
        """Run one key under a heartbeat and settle its claim."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        beat = asyncio.create_task(self._heartbeat(claim))
        word = "failed"
        try:
            word = await self._settle(claim)
        except asyncio.CancelledError:
            word = "given back"
            with contextlib.suppress(Exception):
                await self._queue.release(claim, cut_off=True)
            raise
        except Exception as error:  # noqa: BLE001  # the claim runs out and somebody takes the key over
            self._log.error("unsettled", error=type(error).__name__)
        finally:
            beat.cancel()
            if self._note is not None:
                self._note(kind_of(claim.key), word, loop.time() - began)

    async def _settle(self, claim: Claim) -> str:
        # The run is a task of its own, so whatever it logs anywhere carries these.
        structlog.contextvars.bind_contextvars(key=claim.key, attempt=claim.attempts)
        log = self._log
        lasting = kind_of(claim.key) in LASTING
        try:
            done = await self._handlers[kind_of(claim.key)](claim)
        except Gone as error:
            if lasting:
                log.error("refused", error=error.why)
                await self._queue.fail(claim, error.why, transient=True)
                return "refused"
            await self._queue.end(claim)
            log.info("ended", why=error.why)
            return "ended"
        except OutOfBudget as error:
            await self._queue.release(claim, error.until)
            return "out of budget"
        except Lost:
            log.warning("claim lost")
            return "lost"
        except Transient as error:
            # It may have been written all the same, and a read may lag: no second reply for lost answers.
            rest = UNKNOWN if isinstance(error, Unfinished) else 0.0
            log.warning("again", error=str(error), retry_after=error.retry_after, rest=rest)
            await self._queue.fail(claim, str(error), error.retry_after, transient=True, rest=rest)
            return "again"
        except Forbidden as error:
            log.error("refused", error=str(error))
            await self._queue.fail(claim, str(error), transient=lasting)
            return "refused"
        except Exception as error:  # noqa: BLE001  # a bug, or a poison issue: set aside, the rest goes on
            # The message may quote issue text, so only the type and the places are told.
            log.error("failed", error=type(error).__name__, at=places(error))
            where = f"{type(error).__name__} at {places(error)[-1:]}"
            await self._queue.fail(claim, where, transient=lasting)
            return "failed"
        if done.end:
            await self._queue.end(claim)
        else:
            await self._queue.finish(claim, done.next_due, urgent=False)
        return done.word

    async def _heartbeat(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._queue.timing.lease / 3)
            if not await self._queue.extend(claim):
                return
