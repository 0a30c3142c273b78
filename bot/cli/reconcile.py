"""`rfh-bot reconcile`: one run on one issue, now."""

from __future__ import annotations

import asyncio
import json
import sys

import click

from bot.cli.parts import IssueParam, parts
from bot.errors import Gone, RfhError, UserError
from bot.model import CreateComment, IssueKey, UpdateComment
from bot.plan import describe
from bot.reconciler import Result


@click.command(
    epilog="""Examples:

    \b
      rfh-bot reconcile sourcegraph/customer#7 --dry-run
      GITHUB_TOKEN=$(gh auth token) rfh-bot reconcile sourcegraph/customer#7 --dry-run --json
    """
)
@click.argument("issue", type=IssueParam())
@click.option("--dry-run", is_flag=True, help="Print the plan, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reconcile(issue: IssueKey, dry_run: bool, as_json: bool) -> None:
    """Bring ISSUE (owner/repo#number) to what is desired.

    Uses the settings of `serve`; GITHUB_TOKEN will do instead of the App's. While a server has the database,
    only --dry-run runs here; without it the issue is put into the server's queue.
    """
    try:
        result = asyncio.run(_run(issue, dry_run))
    except Gone as error:
        raise UserError(f"{issue}: no such issue ({error.why})") from None
    except RfhError as error:
        if isinstance(error, UserError):
            raise
        click.echo(f"rfh-bot: GitHub: {error}", err=True)
        sys.exit(1)
    if result is None:
        click.echo(f"{issue}: queued; the running server takes it within 30 s")
    elif as_json:
        click.echo(json.dumps(_as_json(result), indent=2))
    else:
        _print(issue, result, dry_run)


async def _run(issue: IssueKey, dry_run: bool) -> Result | None:
    try:
        async with parts(exclusive=not dry_run) as p:
            if not dry_run and p.db.shared:
                await p.queue.accept(str(issue))
                return None
            return await p.reconciler.reconcile(issue, dry_run=dry_run)
    except UserError as error:
        if dry_run or "in use by another" not in str(error):
            raise
    async with parts(exclusive=False) as p:
        await p.queue.accept(str(issue))
    return None


def _as_json(result: Result) -> dict[str, object]:
    desired = result.desired
    return {
        "result": result.word,
        "facts": dict(desired.facts) if desired else {},
        "actions": [describe(action) for action in (*result.plan.actions, *result.plan.tell)],
        "problems": list(result.plan.problems),
    }


def _print(issue: IssueKey, result: Result, dry_run: bool) -> None:
    """The plan for a person; the bodies of comments only in a dry run, on their own terminal."""
    click.echo(f"{issue}: {'dry run' if dry_run and result.plan else result.word}")
    for action in result.plan.actions:
        click.echo(f"  {describe(action)}")
        if dry_run and isinstance(action, CreateComment | UpdateComment):
            for line in action.body.splitlines():
                if not line.startswith("<!-- rfh-bot:"):
                    click.echo(f"  │ {line}")
    for told in result.plan.tell:
        click.echo(f"  {describe(told)}")
    for problem in result.plan.problems:
        click.echo(f"  ! {problem}")
