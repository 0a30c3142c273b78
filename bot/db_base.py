"""Floor 2: what the queue and the store ask of a database (`db.py` says what it promises)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
Clock = Callable[[], datetime]


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
    dsn: str | None = None  # where to listen to what they notify
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
