"""What the database promises: durability, one server per file, groups that fail alone, schema versions."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from databases import Machines

from bot.db import open_database
from bot.errors import UserError
from bot.queue import Queue
from bot.tables import metadata, migrate, schema_version

SERVER = """
import asyncio, itertools, sys
from bot.db import open_database
from bot.queue import Queue

async def main():
    queue = Queue(open_database(sys.argv[1]))
    async def accept(key):
        await queue.accept(key)
        print(key, flush=True)
    for number in itertools.count():
        await asyncio.gather(*(accept(f"a/a#{number * 10 + more}") for more in range(10)))

asyncio.run(main())
"""


async def test_nothing_accepted_is_lost_by_a_kill(machines: Machines) -> None:
    """kill -9 in the middle of accepting: every key whose `accept` returned is there afterwards."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, machines.url, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        accepted = [(await server.stdout.readline()).strip().decode() for _ in range(200)]
        if not machines.replicated:
            with pytest.raises(UserError, match="in use by another rfh-bot"):
                open_database(machines.url)
    finally:
        server.kill()
    accepted += (await server.stdout.read()).decode().split()
    await server.wait()
    queue = Queue(machines.open_with_its_own_clock())
    kept = {entry.key for entry in await queue.entries(limit=100_000)}
    assert set() == set(accepted) - kept


async def test_a_restarted_server_takes_over_at_once_what_was_running(tmp_path: Path) -> None:
    """The file lock says that the previous owner is gone, so its lease need not run out."""
    url = f"sqlite:///{tmp_path}/queue.sqlite3"
    database = open_database(url)
    queue = Queue(database)
    await queue.accept("a/a#1")
    assert await queue.claim() is not None
    await database.close()
    database = open_database(url)
    queue = Queue(database)
    assert await queue.claim() is None
    assert 1 == await queue.recover()
    claim = await queue.claim()
    await database.close()
    assert claim is not None
    assert claim.inherited


async def test_a_second_server_on_a_file_is_refused_and_a_tool_is_not(tmp_path: Path) -> None:
    """A server needs the file for itself; command-line tools work beside it."""
    url = f"sqlite:///{tmp_path}/queue.sqlite3"
    server = open_database(url)
    with pytest.raises(UserError, match="in use by another rfh-bot"):
        open_database(url)
    tool = open_database(url, exclusive=False)
    await Queue(tool).accept("a/a#1")
    await tool.close()
    claim = await Queue(server).claim()
    assert claim is not None
    await server.close()
    await open_database(url).close()


async def test_the_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else on the machine reads it."""
    database = open_database(f"sqlite:///{tmp_path}/queue.sqlite3")
    modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in os.scandir(tmp_path)}
    await database.close()
    names = ("queue.sqlite3", "queue.sqlite3-shm", "queue.sqlite3-wal", "queue.sqlite3.lock")
    assert dict.fromkeys(names, 0o600) == modes


async def test_sqlite_commits_reach_the_disk(tmp_path: Path) -> None:
    """WAL with full synchronisation: a commit survives a power cut."""
    database = open_database(f"sqlite:///{tmp_path}/queue.sqlite3")
    mode = await database.run(lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar_one())
    level = await database.run(lambda c: c.exec_driver_sql("PRAGMA synchronous").scalar_one())
    await database.close()
    assert ("wal", 2) == (mode, level)


async def test_work_that_waits_is_committed_as_one_group(tmp_path: Path) -> None:
    """While one transaction runs, what arrives becomes the next one."""
    database = open_database(f"sqlite:///{tmp_path}/queue.sqlite3")
    queue = Queue(database)
    commits: list[object] = []
    sa.event.listen(database.engine, "commit", commits.append)
    gate = threading.Event()
    first = asyncio.create_task(database.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0.05)
    rest = [asyncio.create_task(queue.accept(f"a/a#{number}")) for number in range(50)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(first, *rest)
    await database.close()
    assert 2 == len(commits)


async def test_a_failing_piece_of_a_group_fails_alone(machines: Machines) -> None:
    """The others are committed, and the error goes to whoever handed in the bad one."""
    database = machines.open()
    queue = Queue(database)

    def bad(connection: sa.Connection) -> None:
        connection.exec_driver_sql("INSERT INTO due (key, generation) VALUES ('half', 1)")
        connection.exec_driver_sql("SELECT no_such_column FROM due")

    results = await asyncio.gather(
        queue.accept("a/a#1"), database.run(bad), queue.accept("a/a#2"), return_exceptions=True
    )
    assert [True, False, True] == [result is None for result in results]
    assert isinstance(results[1], sa.exc.DBAPIError)
    assert {"a/a#1", "a/a#2"} == {entry.key for entry in await queue.entries()}


async def test_a_file_that_cannot_be_written_fails_the_whole_group_at_once(tmp_path: Path) -> None:
    """Nobody's work is at fault, so it is not tried piece by piece while the others wait."""
    database = open_database(f"sqlite:///{tmp_path}/queue.sqlite3")
    begun: list[object] = []

    def refuse(connection: sa.Connection) -> None:
        begun.append(connection)
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, Exception("database is locked"))

    sa.event.listen(database.engine, "begin", refuse)
    gate = threading.Event()
    results = await asyncio.gather(
        database.run(lambda _: gate.wait(10)),
        *(Queue(database).accept(f"a/a#{number}") for number in range(5)),
        return_exceptions=True,
    )
    sa.event.remove(database.engine, "begin", refuse)
    assert [True] * 6 == [isinstance(result, sa.exc.OperationalError) for result in results]
    assert len(begun) < 4
    await Queue(database).accept("a/a#6")
    await database.close()


async def test_a_frozen_replica_loses_its_row_locks(postgres_url: str) -> None:
    """The server ends a transaction whose replica was stopped, before the others give up on the row."""
    database = open_database(postgres_url)
    settings = ("idle_in_transaction_session_timeout", "lock_timeout")
    values = await database.run(
        lambda c: [c.exec_driver_sql(f"SHOW {setting}").scalar_one() for setting in settings]
    )
    await database.close()
    assert ["15s", "20s"] == values


async def test_an_accept_that_the_database_refuses_raises(machines: Machines) -> None:
    """The webhook must be able to answer 5xx; and the error shows no values."""
    database = machines.open()
    await database.run(lambda c: metadata.drop_all(c, tables=[metadata.tables["due"]]))
    with pytest.raises(sa.exc.DBAPIError) as caught:
        await Queue(database).accept("secret/name#1")
    await database.run(lambda c: metadata.create_all(c, tables=[metadata.tables["due"]]))
    assert "secret" not in str(caught.value)


async def test_a_closed_database_refuses_work(tmp_path: Path) -> None:
    """An event that arrives during the shutdown is not acknowledged."""
    database = open_database(f"sqlite:///{tmp_path}/queue.sqlite3")
    await database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await Queue(database).accept("a/a#1")


async def test_closing_finishes_what_was_handed_in(tmp_path: Path) -> None:
    """Work that waits when `close` is called is committed first."""
    url = f"sqlite:///{tmp_path}/queue.sqlite3"
    database = open_database(url)
    queue = Queue(database)
    accepting = [asyncio.create_task(queue.accept(f"a/a#{number}")) for number in range(500)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*accepting)
    reopened = open_database(url)
    assert 500 == len(await Queue(reopened).entries())
    await reopened.close()


async def test_an_older_schema_is_brought_up_step_by_step(machines: Machines) -> None:
    """Each step from the version found runs once, and rows stay."""
    database = machines.open()
    await Queue(database).accept("a/a#1")
    await database.run(lambda c: c.execute(schema_version.update().values(version=1)))
    done: list[str] = []

    def second(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE extra (id INTEGER)"))
        done.append("second")

    def third(connection: sa.Connection) -> None:
        connection.execute(sa.text("DROP TABLE extra"))
        done.append("third")

    assert 2 == await database.run(lambda c: migrate(c, [second]))
    assert 3 == await database.run(lambda c: migrate(c, [second, third]))
    assert 3 == await database.run(lambda c: migrate(c, [second, third]))
    assert ["second", "third"] == done
    assert ["a/a#1"] == [entry.key for entry in await Queue(database).entries()]
    await database.run(lambda c: c.execute(schema_version.update().values(version=1)))


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """An old program does not write into what a newer one has laid out."""
    url = f"sqlite:///{tmp_path}/queue.sqlite3"
    database = open_database(url)
    await database.run(lambda c: c.execute(schema_version.update().values(version=99)))
    await database.close()
    with pytest.raises(UserError, match="schema version 99"):
        open_database(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("mysql://host/db", "unknown database 'mysql'", id="another kind"),
        pytest.param("queue.db", "not a database URL", id="no URL"),
    ],
)
def test_a_bad_url_is_explained(url: str, message: str) -> None:
    """The person who set it is told what to write, without an echo of a password."""
    with pytest.raises(UserError, match=message):
        open_database(url)
