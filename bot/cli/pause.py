"""`rfh-bot pause` and `rfh-bot resume`: stop all writing, everywhere or in one repository."""

from __future__ import annotations

import asyncio
import getpass

import click

from bot.cli.parts import database
from bot.errors import UserError
from bot.store import EVERYTHING


@click.command(
    epilog="Examples:\n\n\b\n  rfh-bot pause --reason 'label clean-up'\n  rfh-bot pause sourcegraph/customer"
)
@click.argument("repository", default=EVERYTHING, metavar="[OWNER/REPO]")
@click.option("--reason", default="", help="Shown by `explain` and /readyz.")
def pause(repository: str, reason: str) -> None:
    """Stop all writing, everywhere or in OWNER/REPO. Events are kept and worked off after `resume`."""
    scope = _scope(repository)

    async def run() -> None:
        async with database(existing=True) as (_, _, store):
            await store.pause(scope, reason=reason, by=getpass.getuser())

    asyncio.run(run())
    click.echo(
        f"paused: {_name(scope)}. End it with: rfh-bot resume{'' if scope == EVERYTHING else ' ' + scope}"
    )


@click.command(epilog="Examples:\n\n\b\n  rfh-bot resume\n  rfh-bot resume sourcegraph/customer")
@click.argument("repository", default=EVERYTHING, metavar="[OWNER/REPO]")
def resume(repository: str) -> None:
    """End the pause of everything, or of OWNER/REPO. What waited is due within a minute."""
    scope = _scope(repository)

    async def run() -> bool:
        async with database(existing=True) as (_, _, store):
            return await store.unpause(scope)

    if not asyncio.run(run()):
        hint = "; for one repository: `rfh-bot resume OWNER/REPO`" if scope == EVERYTHING else ""
        raise UserError(f"no pause of {_name(scope)} is in force{hint}")
    click.echo(f"resumed: {_name(scope)}")


def _scope(repository: str) -> str:
    if repository != EVERYTHING and repository.count("/") != 1:
        raise UserError(f"write owner/repo, not {repository!r}")
    return repository


def _name(scope: str) -> str:
    return "everything" if scope == EVERYTHING else scope
