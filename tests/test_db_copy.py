"""`rfh-bot db copy`: from SQLite to Postgres (and back) nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from databases import TestClock, empty

from bot.cli.db import copy as command
from bot.db import Database, open_database
from bot.db_copy import copy
from bot.errors import UserError
from bot.model import AtLeast, IssueKey, MirroredCard
from bot.queue import Queue
from bot.queue_sql import Timing
from bot.store import Store
from bot.tables import metadata, schema_version

KEY = IssueKey("sourcegraph", "customer", 7)
Rows = dict[str, list[tuple[Any, ...]]]


def rows(database: Database) -> Rows:
    """Every row of every table, in an order of its own."""
    with database.engine.begin() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
            if table is not schema_version
        }


def fill_every_table(database: Database, number: int = 2) -> None:
    """Rows in each table that the program has, those of tomorrow included; no column keeps its default."""
    values: dict[type, Callable[[int, str], object]] = {
        str: lambda n, name: f"{name} ünï 🙂 '{n}'",
        int: lambda n, name: 2**40 + n if "attempts" not in name and "strikes" not in name else n,
        float: lambda n, name: 1_795_000_000.123456 + n,
        bool: lambda n, name: True,
    }
    with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table is schema_version:
                continue
            for n in range(number):
                small = {
                    c.name: n + 1
                    for c in table.columns
                    if isinstance(c.type, sa.Integer) and not isinstance(c.type, sa.BigInteger)
                }
                row = {c.name: values[c.type.python_type](n, c.name) for c in table.columns} | small
                connection.execute(table.insert().values(row))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/from.sqlite3"


@pytest.fixture(params=["sqlite", "postgres"])
def target_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/to.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    empty(url)
    return url


async def test_every_row_of_every_table_arrives_as_it_was(sqlite_url: str, target_url: str) -> None:
    source, target = open_database(sqlite_url), open_database(target_url)
    fill_every_table(source, 3)
    expected = rows(source)
    counted = copy(source, target)
    assert expected == rows(target) == rows(source)
    assert dict.fromkeys(expected, 3) == counted
    await source.close()
    await target.close()


async def test_the_queue_goes_on_where_it_was(sqlite_url: str, target_url: str) -> None:
    """A reminder of tomorrow, a dead key, a key whose worker was killed, what its event proved, a card."""
    clock = TestClock()
    source, target = open_database(sqlite_url, clock=clock), open_database(target_url, clock=clock)
    before = Queue(source, Timing(tries=1))
    await before.accept("a/a#3")
    dead = await before.claim()
    assert dead is not None
    await before.fail(dead, "boom")
    await before.accept(str(KEY), AtLeast(comment_id=2**40, gone=frozenset({5})))
    killed = await before.claim()
    assert killed is not None
    await before.schedule("a/a#2", clock.after(86_400))
    card = MirroredCard(2**40, "IC_x", 3, "marker")
    await Store(source).save_card(KEY, card)

    copy(source, target)
    after = Queue(target)
    assert ["a/a#3"] == [entry.key for entry in await after.entries(dead=True)]
    assert await after.claim() is None
    clock.advance(after.timing.lease)
    claim = await after.claim()
    assert claim is not None
    assert (str(KEY), True, 2**40) == (claim.key, claim.inherited, claim.at_least.comment_id)
    assert await after.claim() is None
    clock.advance(86_400)
    assert "a/a#2" in {entry.key for entry in await after.entries() if entry.due_at is not None}
    assert card == await Store(target).card(KEY)
    await before.close()
    await after.close()
    await source.close()
    await target.close()


async def test_a_target_that_holds_anything_is_refused_and_left_alone(
    sqlite_url: str, target_url: str
) -> None:
    source, target = open_database(sqlite_url), open_database(target_url)
    fill_every_table(source)
    await Queue(target).accept("a/a#1")
    found = rows(target)
    with pytest.raises(UserError, match=r"not empty \(due\)"):
        copy(source, target)
    assert found == rows(target)
    await source.close()
    await target.close()


async def test_a_copy_that_breaks_off_leaves_the_target_empty(sqlite_url: str, target_url: str) -> None:
    source, target = open_database(sqlite_url), open_database(target_url)
    fill_every_table(source)
    seen: list[str] = []

    def cut(name: str, number: int) -> None:
        seen.append(name)
        if len(seen) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(source, target, cut)
    assert not any(rows(target).values())
    copy(source, target)
    assert rows(source) == rows(target)
    await source.close()
    await target.close()


# ── the command ─────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_still_runs_on_the_source_is_noticed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = open_database(sqlite_url)
    monkeypatch.setenv("RFH_BOT_DATABASE_URL", f"sqlite:///{tmp_path}/to.sqlite3")
    with pytest.raises(UserError, match="in use by another"):
        await asyncio.to_thread(CliRunner().invoke, command, [sqlite_url], catch_exceptions=False)
    await server.close()


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("sqlite:///nowhere.sqlite3", "sqlite:///x.sqlite3", "no database at nowhere.sqlite3"),
        ("sqlite:///x.sqlite3", "postgresql://me:secret@host/db", "password in an argument"),
        ("sqlite:///x.sqlite3", "postgresql://me@host/db?password=secret", "password in an argument"),
        ("sqlite:///x.sqlite3", "postgresql://me@host/db?sslpassword=secret", "password in an argument"),
        ("what", "sqlite:///x.sqlite3", "not a database URL"),
        ("sqlite:///x.sqlite3", "", "say where to"),
    ],
)
def test_what_cannot_be_is_said(
    source: str, target: str, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RFH_BOT_DATABASE_URL", raising=False)
    with pytest.raises(UserError, match=message) as raised:
        CliRunner().invoke(command, [source, target] if target else [source], catch_exceptions=False)
    assert "secret" not in str(raised.value)


async def test_the_command_copies(sqlite_url: str, target_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_database(sqlite_url)
    fill_every_table(source)
    tables = len(rows(source))
    await source.close()
    monkeypatch.setenv("RFH_BOT_DATABASE_URL", target_url)
    ran = await asyncio.to_thread(CliRunner().invoke, command, [sqlite_url], catch_exceptions=False)
    assert 0 == ran.exit_code
    assert ran.output.splitlines()[-1].split() == ["all", f"{2 * tables}"]


def test_a_postgres_that_is_not_there_is_one_line(sqlite_url: str, tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(UserError, match="cannot use Postgres"):
        open_database(f"postgresql://x@/x?host={tmp_path}")
