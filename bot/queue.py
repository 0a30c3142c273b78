"""Floor 2: the queue: a set of keys, each with the moment it is due.

An event, a schedule or a person *names* a key; one worker at a time runs it. What holds:

* When `accept` has returned, the key will be run after that moment, whatever is killed in between.
* Events are not counted out: many on one key become one run, but never none. `generation` grows with
  each event; a run that ends while the generation is not the one it was claimed with leaves the key due.
* No two live claims on one key. A claim is a lease with a token of its own: `extend` it while working,
  ask `holds` before each write; once it ran out, nothing of it counts any more, also when nobody took
  the key over.
* A key due tomorrow that gets an event is due now; a key due now is never put off by anything. Only a key
  whose last write may or may not have been done rests first (`fail` with `rest`), whatever comes for it.
* A run that fails is tried again later and later; after `tries` claims that each ended in failure or in
  nothing, the key is dead: it stays visible and disturbs nobody until an event, a schedule or a person
  asks for it again.

The races, and what answers them:

* An event during a run: the row's generation differs at `finish`, so the event's own due time stays.
* An event during a failing run: the key is retried at the event's time, and is not dead.
* A worker frozen past its lease: its token is not the row's, or the lease is in the past; all it says is
  refused.
* A worker killed: the lease runs out and the next claim is `inherited`, and stays so until a run
  succeeds, because what the dead one wrote last may not be readable yet. So is a key that a worker gave
  back when it was cancelled (`release` with `cut_off`). A server that alone owns its
  SQLite file frees such keys when it starts (`recover`).
* A key that kills its worker each time: claims count as strikes until they end well, so it dies like one
  that fails.
* Two claimers: one transaction at a time on SQLite; ``FOR UPDATE SKIP LOCKED`` on Postgres.

Coalescing: the first event on a quiet key is due at once. Events on a key that is running, or was within
the last `quiet` seconds, wait for `quiet` seconds without another, but no longer than `longest_wait`
after the first of them.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.db import Database, to_moment, to_seconds
from bot.model import AtLeast
from bot.queue_sql import Statements, Timing, read_gone, write_gone
from bot.queue_wait import Wakeups
from bot.tables import due

NOTHING = AtLeast()


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run `key` alone until the lease ends. `at_least`: what the read must show."""

    key: str
    generation: int
    at_least: AtLeast
    attempts: int  # 1 on the first try since the last success
    inherited: bool  # an earlier run was cut off, and none has succeeded since
    urgent: bool
    due_at: datetime
    token: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One key, for people to look at."""

    key: str
    due_at: datetime | None
    generation: int
    urgent: bool
    owner: str | None
    lease_until: datetime | None
    last_run_at: datetime | None
    attempts: int
    last_error: str | None
    dead: bool


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts for metrics and health. `lag`: seconds that the oldest due, free key has been waiting."""

    due: int
    later: int
    running: int
    dead: int
    lag: float


@dataclass(eq=False)
class Queue:
    """The set of due keys in `db`. Any number of workers and of processes (on Postgres) may share it."""

    db: Database
    timing: Timing = field(default_factory=Timing)
    jitter: Callable[[], float] = random.random
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")

    def __post_init__(self) -> None:
        self._sql = Statements(self.db, self.timing)
        self._wakeups = Wakeups(self.db)
        process = f"{self.name}/{uuid.uuid4().hex[:12]}"
        self._tokens = (f"{process}/{number}" for number in itertools.count(1))

    async def accept(self, key: str, at_least: AtLeast = NOTHING, *, urgent: bool = False) -> None:
        """An event named `key`: it is due now, or after a short quiet. On the disk when this returns.

        Raises what the database raised; the event is then not accepted (answer 5xx).
        """
        await self._change(
            self._sql.accept,
            the_key=key,
            urgent=urgent,
            updated_at=None if at_least.updated_at is None else to_seconds(at_least.updated_at),
            comment_id=at_least.comment_id,
            gone_ids=write_gone(at_least.gone),
        )
        self._wakeups.wake()

    async def schedule(self, key: str, due_at: datetime) -> None:
        """Give `key` a due time if it has none; one that it has stays as it is (so: once across replicas)."""
        await self._change(self._sql.schedule, the_key=key, at=to_seconds(due_at))
        self._wakeups.wake()

    async def claim(self) -> Claim | None:
        """Take the urgent or else the oldest key that is due and free; None when there is none."""
        token = next(self._tokens)

        def work(connection: sa.Connection) -> Claim | None:
            while (row := connection.execute(self._sql.claim, {"token": token}).one_or_none()) is not None:
                if row.strikes <= self.timing.tries:
                    return _claim(row)
                error = f"{self.timing.tries} runs in a row were cut off"
                connection.execute(self._sql.bury, {"the_key": row.key, "token": token, "error": error})
            return None

        return await self.db.run(work)

    async def holds(self, claim: Claim) -> bool:
        """Is the key still ours? Asked before each write."""
        return bool(await self.db.run(lambda c: c.execute(self._sql.holds, _ours(claim)).scalar_one()))

    async def extend(self, claim: Claim) -> bool:
        """Renew the lease; False: too late, the key is no longer ours."""
        return await self._change(self._sql.extend, **_ours(claim))

    async def finish(self, claim: Claim, next_due: datetime | None, *, urgent: bool | None = None) -> bool:
        """The run is done; look again at `next_due`, or earlier for an event that came meanwhile.

        `urgent` sets the key's place in the line from now on (None: as before). False: it was no longer ours,
        and nothing was changed.
        """
        done = await self._change(
            self._sql.finish,
            **_ours(claim),
            seen=claim.generation,
            next=None if next_due is None else to_seconds(next_due),
            urgent_now=urgent,
        )
        self._wakeups.wake()
        return done

    async def fail(
        self,
        claim: Claim,
        error: str,
        retry_after: float | None = None,
        *,
        transient: bool = False,
        rest: float = 0.0,
    ) -> bool:
        """The run failed: again after a back-off of at least `retry_after` seconds; dead after `tries`.

        `transient`: not this key's fault (GitHub is down), so it never dies of it. `rest`: seconds in which
        not even an event or a person starts the key. `error` is shown to people and holds no issue text.
        False: the key was no longer ours.
        """
        floor = max(retry_after or 0.0, rest)
        failed = await self._change(
            self._sql.fail,
            **_ours(claim),
            seen=claim.generation,
            delay=max(floor, back_off(claim.attempts, self.timing, self.jitter())),
            floor=floor,
            rest=rest,
            transient=transient,
            error=error[:500],
        )
        self._wakeups.wake()
        return failed

    async def release(self, claim: Claim, due_at: datetime | None = None, *, cut_off: bool = False) -> bool:
        """Give the key back as if it had not been claimed, due at `due_at` if given. False: no longer ours.

        For a run that ends between writes: a budget that is used up. `cut_off`: it was cancelled, perhaps
        within a write (a shutdown), so the next run is `inherited`.
        """
        released = await self._change(
            self._sql.release,
            **_ours(claim),
            seen=claim.generation,
            at=None if due_at is None else to_seconds(due_at),
            cut_off=cut_off,
        )
        self._wakeups.wake()
        return released

    async def end(self, claim: Claim) -> bool:
        """The issue is gone: forget the key, unless an event came meanwhile. False: it was no longer ours."""

        def work(connection: sa.Connection) -> bool:
            ours = {**_ours(claim), "seen": claim.generation}
            if connection.execute(self._sql.end, ours).rowcount:
                return True
            newer = {**ours, "next": None, "urgent_now": None}
            return connection.execute(self._sql.finish, newer).rowcount > 0

        ended = await self.db.run(work)
        self._wakeups.wake()
        return ended

    async def recover(self) -> int:
        """At start, on a database that this process alone may use: free what the process before it held."""
        if self.db.shared:
            return 0
        return await self.db.run(lambda c: c.execute(self._sql.recover).rowcount)

    async def wait(self) -> None:
        """Return when something may be due: told so, or the next due time or `poll` seconds have come."""
        with self._wakeups.waiter() as told:
            free, leased, now = await self.db.run(lambda c: c.execute(self._sql.next_due).one())
            moments = [at - now for at in (free, leased) if at is not None]
            delay = min([self.timing.poll, *moments])
            if delay > 0:
                await asyncio.wait([told], timeout=delay)

    async def retry(self, key: str) -> bool:
        """A person asks: due now, a dead key revived. False: no such key."""
        found = await self._change(self._sql.retry, the_key=key)
        self._wakeups.wake()
        return found

    async def drop(self, key: str) -> bool:
        """Forget `key`, whatever its state; a run that holds it loses it. False: no such key."""
        return await self._change(self._sql.drop, the_key=key)

    async def get(self, key: str) -> Entry | None:
        """The state of one key."""
        row = await self.db.run(lambda c: c.execute(sa.select(due).where(due.c.key == key)).one_or_none())
        return None if row is None else _entry(row)

    async def entries(self, *, dead: bool | None = None, limit: int = 1000) -> list[Entry]:
        """Keys in the order in which they are due, the idle ones last."""
        query = sa.select(due).order_by(due.c.due_at.is_(None), due.c.due_at, due.c.key).limit(limit)
        if dead is not None:
            query = query.where(due.c.dead == dead)
        return [_entry(row) for row in await self.db.run(lambda c: c.execute(query).all())]

    async def waiting(self, *, dead: bool = False, limit: int) -> list[Entry]:
        """Keys that are not idle: the dead, then the others in the order in which they are due."""
        busy = (
            due.c.dead
            if dead
            else sa.or_(due.c.dead, due.c.due_at.is_not(None), due.c.lease_until.is_not(None))
        )
        query = sa.select(due).where(busy).order_by(due.c.dead.desc(), due.c.due_at, due.c.key).limit(limit)
        return [_entry(row) for row in await self.db.run(lambda c: c.execute(query).all())]

    async def stats(self) -> Stats:
        """Counts over all keys."""
        return await self.db.run(lambda c: Stats(**c.execute(self._sql.stats).mappings().one()))

    async def backlog(self, *, urgent: bool) -> int:
        """How many keys, or urgent ones, are due, or will be within two hours: the line before a budget."""
        return await self.db.run(lambda c: int(c.execute(self._sql.backlog, {"urgent": urgent}).scalar_one()))

    async def close(self) -> None:
        """Stop listening. The database is closed by whoever opened it."""
        await self._wakeups.close()

    async def _change(self, statement: sa.Executable, **values: object) -> bool:
        """Execute one statement; True when it changed a row."""
        return await self.db.run(lambda c: c.execute(statement, values).rowcount > 0)


def back_off(attempts: int, timing: Timing, chance: float) -> float:
    """Seconds before the next try: doubling, capped, and spread over the upper half by `chance` in [0, 1)."""
    longest = min(timing.longest_retry, timing.first_retry * 2.0 ** min(attempts - 1, 30))
    return longest * (0.5 + chance / 2)


def _ours(claim: Claim) -> dict[str, str]:
    return {"the_key": claim.key, "token": claim.token}


def _claim(row: sa.Row[Any]) -> Claim:
    return Claim(
        key=row.key,
        generation=row.generation,
        at_least=AtLeast(_moment(row.seen_updated_at), row.seen_comment_id, read_gone(row.gone)),
        attempts=row.attempts,
        inherited=row.inherited,
        urgent=row.urgent,
        due_at=to_moment(row.due_at),
        token=row.owner,
    )


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(
        key=row.key,
        due_at=_moment(row.due_at),
        generation=row.generation,
        urgent=row.urgent,
        owner=row.owner,
        lease_until=_moment(row.lease_until),
        last_run_at=_moment(row.last_run_at),
        attempts=row.attempts,
        last_error=row.last_error,
        dead=row.dead,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else to_moment(seconds)
