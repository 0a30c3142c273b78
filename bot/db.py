"""Floor 2: the database: SQLite for one process (the default), Postgres for several replicas.

A piece of work is a plain function of a SQLAlchemy connection; `run` executes it in a transaction of its
own and returns once that is committed, so what `run` has returned from survives a kill. Nothing else
touches the database.

SQLite: one thread owns the one connection. It takes all work that is waiting (while a commit syncs the
disk, work gathers) and commits it as one group: WAL, ``synchronous=FULL``, ``BEGIN IMMEDIATE``. No two
transactions ever meet, so nothing is ever "busy". A group in which one piece fails is rolled back and
run again without it, so a bad one fails alone; work must therefore change nothing but the database.
A lock file keeps a second server out; command-line tools may open the same file beside the server
(``exclusive=False``), SQLite's own locks keep them apart.
Postgres: a few threads with a connection each; row locks do the rest. Time is the server's.

Why a thread and not aiosqlite: that crosses between threads once per statement, the groups would have to be
built on top of it all the same, and SQLAlchemy's asyncio layer needs greenlet; this needs neither.

An in-memory database (``sqlite://``) has no thread: its work runs in the caller's, which lets tests run
under a virtual clock.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from bot.db_base import Clock, Database, to_moment, to_seconds, utc_now
from bot.db_postgres import PostgresDatabase
from bot.db_sqlite import SqliteDatabase
from bot.errors import UserError

__all__ = ["Clock", "Database", "open_database", "to_moment", "to_seconds", "utc_now"]


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
            try:
                return SqliteDatabase(path, exclusive=exclusive, clock=clock or utc_now)
            except OSError as error:
                raise UserError(f"cannot open the database {path}: {error.strerror}") from None
        case "postgresql":
            return PostgresDatabase(parsed, clock=clock)
        case other:
            raise UserError(f"unknown database {other!r}: use sqlite:///file or postgresql://…")
