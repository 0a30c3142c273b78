"""`rfh-bot labels`: the labels of a repository beside those that the policy names."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

from bot.errors import PolicyError, RfhError, UserError

if TYPE_CHECKING:
    from bot.cli.access import Access
    from bot.github.labels import Comparison


@click.group("labels")
def labels() -> None:
    """Keep a repository's labels as the policy needs them."""


@labels.command(
    short_help="Create the labels that are missing.",
    epilog="""Examples:

    \b
      rfh-bot labels sync --dry-run
      rfh-bot labels sync sourcegraph/customer
    """,
)
@click.argument("repository", required=False, metavar="[OWNER/REPO]")
@click.option("--dry-run", is_flag=True, help="Tell what would be created, create nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line a repository.")
def sync(repository: str | None, dry_run: bool, as_json: bool) -> None:
    """Create the labels that the policy names and OWNER/REPO lacks: team, priority, kind, rfh, needs-info.

    Labels that are there stay as they are; one that is spelled in another case is named and works. Labels of
    customers are made by people. OWNER/REPO defaults to what `serve` watches.
    """
    if repository is not None and repository.count("/") != 1:
        raise UserError(f"write owner/repo, not {repository!r}")
    try:
        asyncio.run(_run(repository, dry_run, as_json))
    except RfhError as error:
        if isinstance(error, UserError):
            raise
        click.echo(f"rfh-bot: GitHub: {error}", err=True)
        sys.exit(1)


async def _run(repository: str | None, dry_run: bool, as_json: bool) -> None:
    from bot.cli.access import credentials, opened
    from bot.logs import set_up

    set_up("error")  # what a person must know is said here
    settings, token = credentials()
    async with opened(settings, token) as access:
        for name in (repository,) if repository is not None else access.repositories:
            compared = await _sync(access, name, dry_run)
            if as_json:
                click.echo(json.dumps(_as_json(name, compared, dry_run)))
            else:
                _print(name, compared, dry_run)


async def _sync(access: Access, name: str, dry_run: bool) -> Comparison:
    """Compare, and create what is missing. Raises PolicyError: a broken override names no labels."""
    from bot.github.labels import compare, create
    from bot.github.lookup import Catalogues
    from bot.policy.labels import label_specs

    owner, repo = name.split("/")
    gh = await access.clients.client(owner, repo)
    broken = await access.rulebooks.problems(gh, owner, repo)
    if broken:
        raise PolicyError(list(broken))
    policy = (await access.rulebooks.get(gh, owner, repo)).policy
    compared = compare(await Catalogues().get(gh, owner, repo), label_specs(policy))
    for spec in () if dry_run else compared.missing:
        await create(gh, owner, repo, spec)
    return compared


def _as_json(name: str, compared: Comparison, dry_run: bool) -> dict[str, object]:
    missing = [{"name": s.name, "color": s.color, "description": s.description} for s in compared.missing]
    return {
        "repository": name,
        "dry_run": dry_run,
        "would_create" if dry_run else "created": missing,
        "other_case": compared.respelled,
        "present": compared.present,
    }


def _print(name: str, compared: Comparison, dry_run: bool) -> None:
    verb = "would create" if dry_run else "created"
    for spec in compared.missing:
        click.echo(f"{verb} {spec.name:<28} #{spec.color}  {spec.description}")
    for wanted, there in compared.respelled.items():
        click.echo(f"in another case: {there} (the policy says {wanted}); left as it is, it works")
    click.echo(f"{name}: {verb} {len(compared.missing)}, {compared.present} were there")
