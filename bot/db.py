"""Floor 2: the database: SQLite for one process (the default), Postgres for several replicas.

A piece of work is a plain function of a SQLAlchemy connection; `run` executes it in a transaction of its
own and returns once that is committed, so what `run` has returned from survives a kill. Nothing else
touches the database.

SQLite: one thread owns the one connection. It takes all work that is waiting (while a commit syncs the
disk, work gathers) and commits it as one group: WAL, ``synchronous=FULL``, ``BEGIN IMMEDIATE``. No two
transactions ever meet, so nothing is ever "busy". A group in which one piece fails is rolled back and
run again piece by piece, so a bad one fails alone; work must therefore change nothing but the database.
A lock file keeps a second server out; command-line tools may open the same file beside the server
(``exclusive=False``), SQLite's own locks keep them apart.
Postgres: a few threads with a connection each; row locks do the rest. Time is the server's.

Why a thread and not aiosqlite: that crosses between threads once per statement, the groups would have to be
built on top of it all the same, and SQLAlchemy's asyncio layer needs greenlet; this needs neither.

An in-memory database (``sqlite://``) has no thread: its work runs in the caller's, which lets tests run
under a virtual clock.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import StaticPool

from bot.errors import UserError
from bot.tables import migrate

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
Clock = Callable[[], datetime]

GROUP = 256  # pieces of work in one commit, at most


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


def to_seconds(at: datetime) -> float:
    """A moment as the tables hold it."""
    return at.timestamp()


def to_moment(seconds: float) -> datetime:
    """The opposite of `to_seconds`."""
    return datetime.fromtimestamp(seconds, UTC)


class Database(ABC):
    """An open database. `now` is its clock as SQL; `least` and `greatest` take two values, neither null."""

    shared = False  # may other processes work on it at the same time?
    now: sa.ColumnElement[float]

    def __init__(self, engine: sa.Engine, clock: Clock | None) -> None:
        self.engine = engine
        if clock is not None:
            seconds = clock
            self.now = sa.bindparam("now", type_=sa.Double(), callable_=lambda: to_seconds(seconds()))

    @abstractmethod
    async def run(self, work: Work[T]) -> T:
        """Do `work` in a transaction; its result comes after the commit. Raises what either raised."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was handed in, then let go of the file or the connections."""

    @abstractmethod
    def insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT (the two dialects spell it alike)."""

    @abstractmethod
    def least(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]: ...

    @abstractmethod
    def greatest(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]: ...


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
        try:
            with self.engine.begin() as connection:
                values = [job.work(connection) for job in jobs]
        except Exception as error:  # noqa: BLE001 (it is raised where the work was handed in)
            if len(jobs) == 1:
                return [_Outcome(jobs[0], error=error)]
            return [self._commit([job])[0] for job in jobs]
        return [_Outcome(job, value) for job, value in zip(jobs, values, strict=True)]


class PostgresDatabase(Database):
    """Several replicas on one server, which also tells the time."""

    shared = True
    now = sa.cast(sa.extract("epoch", sa.func.statement_timestamp()), sa.Double)

    def __init__(self, url: sa.URL, *, connections: int = 8, clock: Clock | None = None) -> None:
        try:
            engine = sa.create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=connections,
                max_overflow=0,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        except ModuleNotFoundError:
            raise UserError("Postgres needs psycopg: pip install 'rfh-bot[postgres]'") from None
        super().__init__(engine, clock)
        self.dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with engine.begin() as connection:
            migrate(connection)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="postgres")

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._transact, work)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self.engine.dispose()

    def insert(self, table: sa.Table) -> postgresql.Insert:
        return postgresql.insert(table)

    def least(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.least(a, b, type_=sa.Double())

    def greatest(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.greatest(a, b, type_=sa.Double())

    def _transact(self, work: Work[T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)


def open_database(url: str, *, exclusive: bool = True, clock: Clock | None = None) -> Database:
    """Open (and create or migrate) the database at `url`: ``sqlite:///file``, ``sqlite://`` or ``postgresql://…``.

    `exclusive=False` is for command-line tools beside a running server. Raises UserError: an unknown kind of
    URL, a SQLite file that another server holds, a database of a newer program.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise UserError("not a database URL (write sqlite:///rfh-bot.sqlite3 or postgresql://…)") from None
    match parsed.get_backend_name():
        case "sqlite":
            path = Path(parsed.database) if parsed.database not in (None, "", ":memory:") else None
            return SqliteDatabase(path, exclusive=exclusive, clock=clock or utc_now)
        case "postgresql":
            return PostgresDatabase(parsed, clock=clock)
        case other:
            raise UserError(f"unknown database {other!r}: use sqlite:///file or postgresql://…")


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
