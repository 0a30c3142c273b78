"""Floor 2: everything of one database into another, of the other kind as well: from SQLite to Postgres.

What holds: the target was empty and is written in one transaction, so it has all or nothing; the source is
read in one transaction and not changed (an older one is brought to this version first, as at every start).
Whatever table the program has is copied. A key that somebody held is copied as held: its lease runs out, and
the next run is careful, as after a kill.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from bot.db import Database
from bot.errors import UserError
from bot.tables import metadata, schema_version

CHUNK = 1000  # rows in one statement's round trips

Progress = Callable[[str, int], None]
"""Told of a table's name, and how many more rows of it were written."""


def counts(connection: sa.Connection) -> dict[str, int]:
    """Rows of each table that holds something of ours."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in _tables()
    }


def copy(source: Database, target: Database, progress: Progress = lambda name, rows: None) -> dict[str, int]:
    """Copy all rows; how many of each table. Blocks: call it in a thread, or where nothing else runs.

    Raises UserError when the target holds anything, or does not hold afterwards what the source does.
    """
    with source.engine.connect() as reading, target.engine.begin() as writing:
        if target.shared:  # a server that starts on it meanwhile waits
            for table in _tables():
                writing.execute(sa.text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))
        full = [name for name, number in counts(writing).items() if number]
        if full:
            raise UserError(f"the target is not empty ({', '.join(full)}): name a new, empty database")
        if source.shared:
            reading.execution_options(isolation_level="REPEATABLE READ")
        with reading.begin():
            expected = counts(reading)
            for table in _tables():
                for rows in reading.execute(sa.select(table)).mappings().partitions(CHUNK):
                    writing.execute(table.insert(), [dict(row) for row in rows])
                    progress(table.name, len(rows))
        copied = counts(writing)
        if copied != expected:
            raise UserError("the copy differs from its source, so nothing was written")
        return copied


def _tables() -> list[sa.Table]:
    """All of them but the version, which the target has by itself."""
    return [table for table in metadata.sorted_tables if table is not schema_version]
