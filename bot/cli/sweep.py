"""`rfh-bot sweep`: look at all open issues of a repository, and run those that need something."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from bot.errors import RfhError, UserError

if TYPE_CHECKING:
    from bot.cli.parts import Parts
    from bot.sweep import Allowance, Run, Summary


@click.command(
    epilog="""Examples:

    \b
      rfh-bot sweep sourcegraph/customer --dry-run
      rfh-bot sweep --calls 500 --json
    """
)
@click.argument("repository", required=False, metavar="[OWNER/REPO]")
@click.option("--hours", type=click.IntRange(1), help="How far back changed issues are looked at.")
@click.option("--calls", type=click.IntRange(1), help="API calls at most; default: 90 % of the hour's limit.")
@click.option("--dry-run", is_flag=True, help="Tell what would be written, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sweep(repository: str | None, hours: int | None, calls: int | None, dry_run: bool, as_json: bool) -> None:
    """Look at every open request for help, and at what changed since the last complete sweep (or in 3 days).

    An issue that needs nothing costs nothing: 50 are read with one call. Most urgent first. OWNER/REPO
    defaults to what `serve` watches. While a server has the database, what is found goes into its queue.
    Exit code 1: some issues were not reached, or failed.
    """
    try:
        done = asyncio.run(_run(repository, hours, calls, dry_run))
    except RfhError as error:
        if isinstance(error, UserError):
            raise
        click.echo(f"rfh-bot: GitHub: {error}", err=True)
        sys.exit(1)
    for name, summary in done.items():
        if as_json:
            click.echo(json.dumps(_as_json(name, summary)))
        else:
            _print(name, summary)
    sys.exit(0 if all(summary.complete for summary in done.values()) else 1)


async def _run(
    repository: str | None, hours: int | None, calls: int | None, dry_run: bool
) -> dict[str, Summary]:
    """Sweep each repository; beside a server, put what is found into its queue."""
    from bot.cli.parts import parts
    from bot.sweep import Allowance

    if repository is not None and repository.count("/") != 1:
        raise UserError(f"write owner/repo, not {repository!r}")
    allowance = Allowance(calls)
    try:
        async with parts(exclusive=not dry_run, on_call=allowance.note) as p:
            one = _queue if p.db.shared and not dry_run else _sweep
            return {name: await one(p, name, hours, allowance, dry_run) for name in _names(p, repository)}
    except UserError as error:
        if dry_run or "in use by another" not in str(error):
            raise
    async with parts(exclusive=False, on_call=allowance.note) as p:
        return {name: await _queue(p, name, hours, allowance, dry_run) for name in _names(p, repository)}


def _names(p: Parts, repository: str | None) -> tuple[str, ...]:
    """What to sweep: as asked, else what the server watches."""
    if repository is not None:
        return (repository,)
    return p.settings.repos or (p.reconciler.rulebooks.default.policy.tracker.private,)


async def _since(p: Parts, name: str, hours: int | None) -> datetime:
    """From when on changes count: as asked, else since the last complete pass, else some days."""
    from bot.sweep import OVERLAP, REACH

    if hours is not None:
        return p.reconciler.now() - timedelta(hours=hours)
    passed = await p.store.caught_up(name)
    return passed - OVERLAP if passed is not None else p.reconciler.now() - REACH


async def _sweep(p: Parts, name: str, hours: int | None, allowance: Allowance, dry_run: bool) -> Summary:
    from bot import sweep as engine
    from bot.budget import Budget

    owner, repo = name.split("/")
    began, since = p.reconciler.now(), await _since(p, name, hours)
    guard = engine.paced(Budget(p.db), p.reconciler.now)
    summary = await engine.sweep(
        p.reconciler, owner, repo, allowance, since=since, guard=guard, dry_run=dry_run
    )
    if summary.complete and not dry_run:
        await p.store.set_caught_up(name, began)
    return summary


async def _queue(p: Parts, name: str, hours: int | None, allowance: Allowance, _: bool) -> Summary:
    """Only look; the running server does the rest, within 30 s."""
    from bot.reconciler import Result
    from bot.sweep import Run, Summary, find

    owner, repo = name.split("/")
    found = await find(p.reconciler, owner, repo, await _since(p, name, hours), allowance)
    for key in found.work:
        await p.queue.accept(str(key))
    queued = tuple(Run(key, Result("queued")) for key in found.work)
    return Summary(found.looked_at, queued, found.unread, found.problems)


def _as_json(name: str, summary: Summary) -> dict[str, object]:
    return {
        "repository": name,
        "looked_at": summary.looked_at,
        "written": summary.written,
        "not_reached": summary.not_reached,
        "problems": [problem.text for problem in summary.problems],
        "runs": [{"issue": str(run.key), "result": _word(run)} for run in summary.runs],
    }


def _print(name: str, summary: Summary) -> None:
    click.echo(
        f"{name}: looked at {summary.looked_at}, wrote to {summary.written}, "
        f"{summary.not_reached} not reached, {len(summary.all_problems)} problems"
    )
    for run in summary.runs:
        click.echo(f"  #{run.key.number:<6} {_word(run)}")
    for problem in summary.problems:
        click.echo(f"  ! {problem.text}")


def _word(run: Run) -> str:
    """How a run ended; what a dry run would have done."""
    from bot.plan import describe

    if run.problem is not None:
        return run.problem.text
    actions = run.result.plan.actions if run.result is not None and run.word == "shadow" else ()
    return "would: " + "; ".join(map(describe, actions)) if actions else run.word
