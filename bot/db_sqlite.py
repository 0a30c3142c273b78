"""Floor 2: SQLite: one file, one server process, one thread that commits in groups (`db.py` says why)."""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool

from bot.db_base import Clock, Database, T, Work, utc_now
from bot.errors import UserError
from bot.tables import migrate

GROUP = 256  # pieces of work in one commit, at most


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    done: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: _Job
    value: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.job.done.done():  # the caller was cancelled; what was committed stays
            return
        if self.error is not None:
            self.job.done.set_exception(self.error)
        else:
            self.job.done.set_result(self.value)


class _WorkError(Exception):
    """A piece of work raised, so its group must be rolled back."""

    def __init__(self, outcome: _Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def _attempt(job: _Job, connection: sa.Connection) -> _Outcome:
    try:
        return _Outcome(job, job.work(connection))
    except Exception as error:
        raise _WorkError(_Outcome(job, error=error)) from error


class SqliteDatabase(Database):
    """One file, one server process, one thread that writes."""

    def __init__(self, path: Path | None, *, exclusive: bool = True, clock: Clock = utc_now) -> None:
        self._lock = _lock_file(path) if path is not None and exclusive else None
        if path is not None:  # readable by its owner only
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        engine = sa.create_engine(
            f"sqlite:///{path}" if path is not None else "sqlite://",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False, "timeout": 10.0},
            hide_parameters=True,
        )
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_immediate)
        super().__init__(engine, clock)
        try:
            with engine.begin() as connection:
                migrate(connection)
        except BaseException:
            engine.dispose()
            _unlock(self._lock)
            raise
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread: threading.Thread | None = None
        if path is not None:
            self._thread = threading.Thread(target=self._serve, name="sqlite", daemon=True)
            self._thread.start()

    async def run(self, work: Work[T]) -> T:
        if self._closed:
            raise RuntimeError("the database is closed")
        job = _Job(work, asyncio.get_running_loop().create_future())
        if self._thread is None:
            await asyncio.sleep(0)
            self._commit([job])[0].settle()
        else:
            self._jobs.put(job)
        result: T = await job.done
        return result

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
        self.engine.dispose()
        _unlock(self._lock)

    def insert(self, table: sa.Table) -> sqlite.Insert:
        return sqlite.insert(table)

    def least(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.min(a, b, type_=sa.Double())

    def greatest(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.max(a, b, type_=sa.Double())

    def _serve(self) -> None:
        """The thread: whatever waits becomes one group, until None says that this was the last."""
        while True:
            jobs, last = self._gather()
            if jobs:
                outcomes = self._commit(jobs)
                _deliver(outcomes)
            if last:
                return

    def _gather(self) -> tuple[list[_Job], bool]:
        """Wait for work, then take all that is there; True: it was the last."""
        jobs: list[_Job] = []
        while len(jobs) < GROUP:
            try:
                job = self._jobs.get(block=not jobs)
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit(self, jobs: list[_Job]) -> list[_Outcome]:
        """Commit the jobs as one group; one that fails is left out of the next attempt."""
        failed: list[_Outcome] = []
        while jobs:
            try:
                with self.engine.begin() as connection:
                    done = [_attempt(job, connection) for job in jobs]
                return failed + done
            except _WorkError as error:
                failed.append(error.outcome)
                jobs = [job for job in jobs if job is not error.outcome.job]
            except Exception as error:  # noqa: BLE001 (the file cannot be locked or written: nobody's fault)
                return failed + [_Outcome(job, error=error) for job in jobs]
        return failed


def _deliver(outcomes: list[_Outcome]) -> None:
    """Hand a group's results to the event loop in one call."""

    def settle() -> None:
        for outcome in outcomes:
            outcome.settle()

    loop = outcomes[0].job.done.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL, every commit on the disk before it counts, and transactions begun by us alone."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_immediate(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_file(path: Path) -> int:
    """Take the server's lock beside the file; the system frees it when the process ends, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise UserError(
            f"{path} is in use by another rfh-bot: stop that one, or use Postgres for several processes"
        ) from None
    return handle


def _unlock(handle: int | None) -> None:
    if handle is not None:
        os.close(handle)
