"""What docs/operations.md says of backups: made while the server works, and good to start from."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.db import open_database
from bot.queue import Queue


async def test_sqlite_is_backed_up_while_it_is_open(tmp_path: Path) -> None:
    """By `VACUUM INTO` and by the online backup, from another connection, with what is in the WAL alone."""
    database = open_database(f"sqlite:///{tmp_path}/rfh-bot.sqlite3")
    try:
        await Queue(database).accept("o/r#1")
        beside = sqlite3.connect(f"file:{tmp_path}/rfh-bot.sqlite3?mode=ro", uri=True)
        beside.execute("VACUUM INTO ?", (f"{tmp_path}/vacuumed.sqlite3",))
        target = sqlite3.connect(tmp_path / "copied.sqlite3")
        beside.backup(target)
        target.close()
        beside.close()
        await Queue(database).accept("o/r#2")
    finally:
        await database.close()
    for name in ("vacuumed", "copied"):
        restored = open_database(f"sqlite:///{tmp_path}/{name}.sqlite3")
        try:
            assert ["o/r#1"] == [entry.key for entry in await Queue(restored).entries()]
            assert await Queue(restored).claim() is not None
        finally:
            await restored.close()
