"""Floor 4: `rfh-bot db copy`: from one database to another, of the other kind as well."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import click

from bot.errors import UserError


@click.group(name="db")
def db() -> None:
    """Move the App's database."""


@db.command(
    short_help="Copy a database into an empty one.",
    epilog="""\b
    Example, with the server stopped:
      export RFH_BOT_DATABASE_URL=postgresql://rfh@db.example.com/rfh PGPASSFILE=/run/secrets/pgpass
      rfh-bot db copy sqlite:////var/lib/rfh-bot/rfh-bot.sqlite3
    """,
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="[TO]", required=False)
def copy(source: str, target: str | None) -> None:
    """Copy everything of database FROM into the empty database TO (else RFH_BOT_DATABASE_URL).

    Due times, dead keys, mirrored cards, what Slack was told: nothing is lost, in one transaction. Stop the
    server first; a running one on SQLite is noticed. A password does not belong into an argument: use
    RFH_BOT_DATABASE_URL, PGPASSFILE or PGPASSWORD.
    """
    target = target or os.environ.get("RFH_BOT_DATABASE_URL", "")
    if not target:
        raise UserError("say where to: as second argument, or in RFH_BOT_DATABASE_URL")
    _check(source, target)
    asyncio.run(_copy(source, target))


def _check(source: str, target: str) -> None:
    """Raises UserError for what no database has to be asked about."""
    import sqlalchemy as sa

    try:
        urls = [sa.make_url(source), sa.make_url(target)]
    except sa.exc.ArgumentError:
        raise UserError("not a database URL (write sqlite:///rfh-bot.sqlite3 or postgresql://…)") from None
    environment = os.environ.get("RFH_BOT_DATABASE_URL", "")
    for given, url in zip((source, target), urls, strict=True):
        secret = url.password or any("password" in name.lower() for name in url.query)
        if secret and given != environment:
            raise UserError(
                "a password in an argument can be read by everybody on this machine: "
                "put the URL into RFH_BOT_DATABASE_URL, or use PGPASSFILE"
            )
    path = urls[0].database
    if urls[0].get_backend_name() == "sqlite" and not (path and Path(path).exists()):
        raise UserError(f"no database at {path or 'memory'}")


async def _copy(source_url: str, target_url: str) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from bot import db_copy
    from bot.db import open_database

    source = open_database(source_url)
    try:
        target = open_database(target_url)
        try:
            with source.engine.connect() as connection:
                total = sum(db_copy.counts(connection).values())
            console = Console(stderr=True)
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
                task = bar.add_task("copy", total=total)

                def progress(name: str, rows: int) -> None:
                    bar.update(task, description=name, advance=rows)

                copied = await asyncio.to_thread(db_copy.copy, source, target, progress)
        finally:
            await target.close()
    finally:
        await source.close()
    width = max(map(len, copied))
    for name, rows in copied.items():
        click.echo(f"{name:<{width}}  {rows:>9,}")
    click.echo(f"{'all':<{width}}  {sum(copied.values()):>9,}")
