"""`rfh-bot queue`: the keys that are due, running, waiting or dead; try one again, or forget it.

Beside a running server too: each change is one short transaction, and a server asks before each write whether
its claim still holds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import click

from bot.errors import UserError

if TYPE_CHECKING:
    from bot.queue import Entry

State = Literal["dead", "running", "due", "later", "idle"]
_ORDER: tuple[State, ...] = ("dead", "running", "due", "later", "idle")
_COLORS: dict[State, str] = {"dead": "red", "running": "cyan", "due": "yellow", "later": "dim", "idle": "dim"}
SOON = "A running server takes it within half a minute."


@click.group("queue")
def queue() -> None:
    """Look at the queue, and at what is stuck in it.

    \b
    Examples:
      rfh-bot queue list
      rfh-bot queue retry sourcegraph/customer#7
      rfh-bot queue drop sourcegraph/customer#7
    """


@queue.command("list", short_help="List keys: dead, running, due, later.")
@click.option("--dead", is_flag=True, help="Only keys that were given up.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Keys at most.")
def list_(*, dead: bool, as_json: bool, limit: int) -> None:
    """List the keys that have something before them: dead, running, due, later.

    A key is an issue, or periodic work such as catchup:OWNER/REPO. Exit code 0, also when some are dead.
    """
    from bot.db import utc_now

    entries = asyncio.run(_entries(dead=dead, limit=limit + 1))
    shown, now = entries[:limit], utc_now()
    if as_json:
        click.echo(json.dumps([_as_json(entry, now) for entry in shown], indent=2))
        return
    if not shown:
        click.echo("no dead keys" if dead else "nothing is waiting")
        return
    _print(shown, now)
    if len(entries) > limit:
        click.echo(f"… and more: --limit {2 * limit}")


@queue.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--dead", is_flag=True, help="Every key that was given up.")
def retry(*, keys: tuple[str, ...], dead: bool) -> None:
    """Make keys due now, dead ones too, as if they had not failed."""
    if bool(keys) == dead:
        raise click.UsageError("name the keys, or say --dead")
    if dead:
        keys = tuple(entry.key for entry in asyncio.run(_entries(dead=True, limit=1000)))
        if not keys:
            click.echo("no dead keys")
            return
    missing = asyncio.run(_each("retry", keys))
    for key in keys:
        if key not in missing:
            click.echo(f"due now: {key}")
    _refuse(missing)
    click.echo(SOON)


@queue.command(short_help="Forget keys, and what is due for them later.")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop(*, keys: tuple[str, ...], yes: bool) -> None:
    """Forget keys, and what is due for them later; a run that is under way writes nothing more.

    An issue comes back with its next event or the next sweep, periodic work with the next start of `serve`.
    """
    if not yes:
        click.confirm(f"Forget {', '.join(keys)}?", abort=True)
    missing = asyncio.run(_each("drop", keys))
    for key in keys:
        if key not in missing:
            click.echo(f"forgotten: {key}")
    _refuse(missing)


async def _entries(*, dead: bool, limit: int) -> list[Entry]:
    from bot.cli.parts import database

    async with database(existing=True) as (_, queue, _):
        return await queue.waiting(dead=dead, limit=limit)


async def _each(what: Literal["retry", "drop"], keys: Sequence[str]) -> set[str]:
    """Do it to each key; returns those that are not there."""
    from bot.cli.parts import database

    async with database(existing=True) as (_, queue, _):
        act = queue.retry if what == "retry" else queue.drop
        try:
            return {key for key in dict.fromkeys(keys) if not await act(key)}
        finally:
            await queue.close()


def _refuse(missing: Iterable[str]) -> None:
    if missing:
        raise UserError(f"no such key: {', '.join(sorted(missing))}. `rfh-bot queue list` shows them")


def state_of(entry: Entry, now: datetime) -> State:
    """What becomes of the key next."""
    if entry.dead:
        return "dead"
    if entry.lease_until is not None and entry.lease_until > now:
        return "running"
    if entry.due_at is None:
        return "idle"
    return "due" if entry.due_at <= now else "later"


def _as_json(entry: Entry, now: datetime) -> dict[str, object]:
    return {
        "key": entry.key,
        "state": state_of(entry, now),
        "due_at": entry.due_at.isoformat() if entry.due_at else None,
        "attempts": entry.attempts,
        "last_error": entry.last_error,
        "last_run_at": entry.last_run_at.isoformat() if entry.last_run_at else None,
        "owner": entry.owner,
    }


def _print(entries: Sequence[Entry], now: datetime) -> None:
    """A line a key, the dead first."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("State", "Key", "Due (UTC)", "Tries", "Last error", box=None, pad_edge=False)
    states = [(state_of(entry, now), entry) for entry in entries]
    for state, entry in sorted(states, key=lambda pair: _ORDER.index(pair[0])):
        due = entry.due_at.strftime("%Y-%m-%d %H:%M:%S") if entry.due_at and state != "running" else ""
        error = Text(entry.last_error or "", overflow="fold")
        table.add_row(
            Text(state, style=_COLORS[state]),
            Text(entry.key, overflow="fold"),
            due,
            str(entry.attempts),
            error,
        )
    Console(highlight=False).print(table)
