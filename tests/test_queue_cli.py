"""`rfh-bot queue`: what is due, running or dead, looked at and helped on, beside a running server too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_world import Cli, command_line
from databases import Machines

from bot.cli.queue import state_of
from bot.db import Database, open_database
from bot.queue import Queue
from bot.queue_sql import Timing

SOMETIME = datetime.now(UTC) + timedelta(days=10_000)


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    with command_line(monkeypatch, capsys, tmp_path) as run:
        yield run


def beside(folder: Path, work: Callable[[Queue], Awaitable[object]]) -> None:
    """What a server does with its database, which it holds open alone."""

    async def run() -> None:
        db = open_database(f"sqlite:///{folder}/bot.sqlite3")
        await work(Queue(db, Timing(tries=1)))
        await db.close()

    asyncio.run(run())


async def filled(queue: Queue) -> None:
    """One key of each kind: dead, running, due, later, idle."""
    for key in ("o/r#1", "o/r#2", "o/r#3"):
        await queue.accept(key)
        claim = await queue.claim()
        assert claim is not None
        match key:
            case "o/r#1":
                await queue.fail(claim, "KeyError in decide")
            case "o/r#2":
                await queue.finish(claim, None)
    await queue.accept("o/r#4")
    await queue.schedule("o/r#5", SOMETIME)


def states(out: str) -> list[tuple[str, str]]:
    return [(one["key"], one["state"]) for one in json.loads(out)]


EVERYTHING = [("o/r#1", "dead"), ("o/r#3", "running"), ("o/r#4", "due"), ("o/r#5", "later")]


def test_the_list_says_what_becomes_of_each_key_and_leaves_out_the_idle(cli: Cli, tmp_path: Path) -> None:
    beside(tmp_path, filled)
    assert EVERYTHING == states(cli("queue", "list", "--json").out)
    assert EVERYTHING[:1] == states(cli("queue", "list", "--json", "--dead").out)
    text = cli("queue", "list").out
    assert ["State", "dead", "running", "due", "later"] == [line.split()[0] for line in text.splitlines()]
    assert "KeyError in decide" in text
    assert "… and more: --limit 4" == cli("queue", "list", "--limit", "2").out.splitlines()[-1]


def test_an_empty_queue_says_so(cli: Cli, tmp_path: Path) -> None:
    async def nothing(_: Queue) -> None:
        pass

    beside(tmp_path, nothing)
    assert "nothing is waiting\n" == cli("queue", "list").out
    assert "no dead keys\n" == cli("queue", "list", "--dead").out
    assert "no dead keys\n" == cli("queue", "retry", "--dead").out


def test_a_dead_key_is_due_again(cli: Cli, tmp_path: Path) -> None:
    beside(tmp_path, filled)
    ran = cli("queue", "retry", "o/r#1")
    assert (0, "due now: o/r#1") == (ran.code, ran.out.splitlines()[0])
    assert ("o/r#1", "due") in states(cli("queue", "list", "--json").out)


def test_every_dead_key_is_due_again_at_once(cli: Cli, tmp_path: Path) -> None:
    beside(tmp_path, filled)
    assert "due now: o/r#1" == cli("queue", "retry", "--dead").out.splitlines()[0]
    assert [] == states(cli("queue", "list", "--json", "--dead").out)


def test_a_dropped_key_is_gone_and_nothing_is_dropped_without_a_word(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside(tmp_path, filled)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: "n")
    assert 130 == cli("queue", "drop", "o/r#5").code
    assert EVERYTHING == states(cli("queue", "list", "--json").out)
    assert "forgotten: o/r#5\n" == cli("queue", "drop", "o/r#5", "--yes").out
    assert EVERYTHING[:-1] == states(cli("queue", "list", "--json").out)


@pytest.mark.parametrize("args", [("retry",), ("drop", "--yes")], ids=["retry", "drop"])
def test_a_key_that_is_not_there_is_named(cli: Cli, tmp_path: Path, args: tuple[str, ...]) -> None:
    beside(tmp_path, filled)
    ran = cli("queue", *args, "o/r#1", "o/r#77")
    assert (2, True) == (ran.code, "no such key: o/r#77" in ran.err)
    assert "o/r#1" in ran.out


def test_retry_wants_keys_or_dead(cli: Cli) -> None:
    assert 2 == cli("queue", "retry").code
    assert 2 == cli("queue", "retry", "o/r#1", "--dead").code


def test_without_a_server_s_database_none_is_made(cli: Cli, tmp_path: Path) -> None:
    ran = cli("queue", "list")
    assert (2, True) == (ran.code, "no database" in ran.err)
    assert [] == list(tmp_path.iterdir())


def test_it_works_beside_a_server_that_holds_the_file(cli: Cli, tmp_path: Path) -> None:
    """The server's lock keeps other servers out, not the tools; its claim ends with the drop."""
    loop = asyncio.new_event_loop()
    db: Database = open_database(f"sqlite:///{tmp_path}/bot.sqlite3")
    queue = Queue(db)
    loop.run_until_complete(queue.accept("o/r#1"))
    claim = loop.run_until_complete(queue.claim())
    assert claim is not None
    assert [("o/r#1", "running")] == states(cli("queue", "list", "--json").out)
    assert 0 == cli("queue", "drop", "o/r#1", "--yes").code
    assert not loop.run_until_complete(queue.holds(claim))
    loop.run_until_complete(db.close())
    loop.close()


async def test_the_order_is_the_same_on_both_databases(machines: Machines) -> None:
    queue = Queue(machines.open(), Timing(tries=1))
    await filled(queue)
    found = await queue.waiting(limit=10)
    now = machines.clock() + timedelta(seconds=1)
    assert sorted(EVERYTHING) == sorted((entry.key, state_of(entry, now)) for entry in found)
    assert "o/r#1" == found[0].key
    assert ["o/r#1"] == [entry.key for entry in await queue.waiting(dead=True, limit=10)]
