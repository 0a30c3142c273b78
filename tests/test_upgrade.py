"""A database of the first version, brought up step by step, is like a new one, and what was in it stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from databases import Machines

from bot.db import open_database
from bot.queue import Queue
from bot.store import Store
from bot.tables import STEPS

SCHEMA = Path(__file__).parent / "data/schema"


INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE indexname NOT LIKE '%_pkey'",
}


def _type(kind: object) -> str:
    """SQLite reads "DOUBLE PRECISION" back as REAL; to it they are one."""
    return {"REAL": "DOUBLE"}.get(str(kind), str(kind))


def shape(connection: sa.Connection) -> dict[str, Any]:
    """Tables with their columns and keys, and the names of indexes."""
    look = sa.inspect(connection)
    tables = {
        table: (
            {(one["name"], _type(one["type"]), one["nullable"]) for one in look.get_columns(table)},
            sorted(look.get_pk_constraint(table)["constrained_columns"]),
        )
        for table in look.get_table_names()
    }
    return tables | {"": set(connection.execute(sa.text(INDEXES[connection.dialect.name])).scalars())}


async def test_the_first_version_becomes_the_newest(machines: Machines) -> None:
    new = machines.open()
    wanted = await new.run(shape)
    kind = new.engine.dialect.name
    await new.run(lambda c: [c.execute(sa.text(f'DROP TABLE "{name}"')) for name in wanted if name])
    old = (SCHEMA / f"v1.{'sqlite' if kind == 'sqlite' else 'postgres'}.sql").read_text("utf-8")
    row = "INSERT INTO due (key, due_at, generation) VALUES ('o/r#1', 1.0, 1)"
    pause = "INSERT INTO pause (scope, reason, paused_by, at) VALUES ('*', 'why', 'erin', 1.0)"
    statements = [*old.split(";\n"), row, pause]
    await new.run(lambda c: [c.execute(sa.text(one)) for one in statements if one.strip()])
    await machines.close()
    machines.opened.clear()

    upgraded = open_database(machines.url)
    try:
        assert wanted == await upgraded.run(shape)
        version = await upgraded.run(
            lambda c: c.execute(sa.text("SELECT version FROM schema_version")).scalar_one()
        )
        assert 1 + len(STEPS) == version
        assert ["o/r#1"] == [entry.key for entry in await Queue(upgraded).entries()]
        assert ["erin"] == [pause.by for pause in await Store(upgraded).pauses()]
        claim = await Queue(upgraded).claim()
        assert claim is not None
        assert "o/r#1" == claim.key
    finally:
        await upgraded.close()
