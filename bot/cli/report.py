"""Floor 4: `rfh-bot report`: the figures of a period, for people and for programs."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.cli.parts import Parts
    from bot.figures import Pass
    from bot.policy.schema import Policy
    from bot.rules.figures.period import Period
    from bot.rules.figures.report import Report
    from bot.rules.figures.tickets import Tickets
    from bot.store_figures import FigureStore

FORMATS = ("md", "html", "csv", "json")
DAY = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `period` None: the policy's days up to now; `lists`: every request by team."""

    period: Period | None
    until: datetime | None
    since: datetime | None
    team: str | None
    tickets: int | None
    tickets_csv: Path | None
    lists: bool


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--since", type=DAY, help="First day, UTC. Default: the policy's `goals.window` days up to now."
)
@click.option("--until", type=DAY, help="Last day, included.")
@click.option("--quarter", metavar="2026Q3", help="A quarter, with its requests listed by team.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="md", show_default=True)
@click.option(
    "--repo", metavar="OWNER/NAME", help="Default: the first of RFH_BOT_REPOS, or the policy's tracker."
)
@click.option("--team", metavar="ID", help="One team alone.")
@click.option(
    "--tickets", type=click.IntRange(min=0), metavar="N", help="How many tickets were opened in that time."
)
@click.option(
    "--tickets-csv",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tickets, one a row, with columns `id` and `created_at`.",
)
def report(
    since: datetime | None,
    until: datetime | None,
    quarter: str | None,
    form: str,
    repo: str | None,
    team: str | None,
    tickets: int | None,
    tickets_csv: Path | None,
) -> None:
    """Say whether support needs engineering less, and whether engineering answers in time.

    Reads what changed on GitHub since the last time (all of it the first time, resumable), and counts tickets
    in Zendesk (ZENDESK_URL, ZENDESK_TOKEN), in a file, or as told. CSV: a row for each request of the period.

    \b
    Examples:
      rfh-bot report --tickets 412
      rfh-bot report --since 2026-10-01 --until 2026-10-31 --format html > october.html
      rfh-bot report --quarter 2026Q3 --team search-core
    """
    from bot.errors import Forbidden, Gone, Transient, UserError
    from bot.plots import MISSING, available

    if form == "html" and not available():
        raise UserError(MISSING)
    if tickets is not None and tickets_csv is not None:
        raise click.UsageError("--tickets and --tickets-csv: give one of them")
    wish = _wish(since, until, quarter, team, tickets, tickets_csv)
    try:
        found, policy, whole = asyncio.run(_measured(repo, wish))
    except Gone:
        raise UserError(f"{repo}: not there, or not for these credentials") from None
    except Forbidden as error:
        raise UserError(f"GitHub refuses: {error}. `rfh-bot doctor` says what to do") from None
    except Transient as error:
        raise UserError(f"GitHub: {error}") from None
    click.echo(written(found, policy, form, lists=wish.lists), nl=False)
    if not whole.whole:
        click.echo(
            f"Only part of the history is read: {whole.read} issues now. GitHub's limit for this hour is used"
            " up; run it again later, it goes on where it was.",
            err=True,
        )


def _wish(
    since: datetime | None,
    until: datetime | None,
    quarter: str | None,
    team: str | None,
    tickets: int | None,
    tickets_csv: Path | None,
) -> Wish:
    """Check what belongs together. Raises UsageError."""
    from bot.rules.figures.period import Period

    if quarter is not None:
        if since is not None or until is not None:
            raise click.UsageError("--quarter is a period by itself: leave out --since and --until")
        try:
            return Wish(Period.quarter(quarter), None, None, team, tickets, tickets_csv, lists=True)
        except ValueError as error:
            raise click.UsageError(f"--quarter: {error}") from None
    first = since.replace(tzinfo=UTC) if since is not None else None
    end = until.replace(tzinfo=UTC) + timedelta(days=1) if until is not None else None
    if first is not None and end is not None and first >= end:
        raise click.UsageError("--until is before --since")
    return Wish(None, end, first, team, tickets, tickets_csv, lists=False)


def written(found: Report, policy: Policy, form: str, *, lists: bool) -> str:
    """The report in a format."""
    from bot import figure_formats, figure_report

    if form == "csv":
        return figure_formats.as_csv(found)
    if form == "json":
        return figure_formats.as_json(found)
    sections = figure_report.outline(found, policy, private=True)
    if lists:
        sections += figure_report.lists(found, policy, private=True)
    if form == "html":
        return figure_formats.html(found, sections, policy)
    return figure_formats.markdown(found, sections)


async def _measured(repo: str | None, wish: Wish) -> tuple[Report, Policy, Pass]:
    """Read what is new, then measure."""
    from bot.cli.parts import parts
    from bot.errors import UserError
    from bot.rules.figures.measure import measure
    from bot.rules.figures.period import Period
    from bot.store_figures import FigureStore

    async with parts(exclusive=False) as p:
        now = p.reconciler.now()
        repository = repo or (*p.settings.repos, p.reconciler.rulebooks.default.policy.tracker.private)[0]
        if repository.count("/") != 1 or not all(repository.split("/")):
            raise click.UsageError(f"--repo: write owner/name, not {repository!r}")
        store = FigureStore(p.db, p.store.value_key)
        whole = await _collected(p, store, repository)
        owner, name = repository.split("/")
        gh = await p.reconciler.clients.client(owner, name)
        policy = (await p.reconciler.rulebooks.get(gh, owner, name)).policy
        if wish.team is not None and wish.team not in policy.teams:
            raise UserError(f"no team {wish.team!r}: the policy knows {', '.join(policy.teams)}")
        until = wish.until or now
        since = wish.since or until - timedelta(days=policy.goals.window)
        if since >= until:
            raise click.UsageError("--since is in the future")
        period = wish.period or Period(since, until)
        tickets = await _tickets(p, wish, period, policy)
        facts = await store.load(repository)
        found = measure(facts, tickets, period, policy, now, repository=repository, team=wish.team)
        return found, policy, whole


async def _collected(p: Parts, store: FigureStore, repository: str) -> Pass:
    """A pass over the history, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from bot.figures import Collector
    from bot.sweep import Allowance

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading issues", total=None)

        def told(read: int, total: int) -> None:
            progress.update(task, total=total, advance=read)

        return await Collector(p.reconciler, store).collect(repository, Allowance(), told)


async def _tickets(p: Parts, wish: Wish, period: Period, policy: Policy) -> Tickets:
    """Tickets as told, from a file, from Zendesk, or none."""
    from bot.rules.figures.tickets import NONE, Tickets

    if wish.tickets is not None:
        return Tickets(f"{wish.tickets} opened, as told with --tickets", number=wish.tickets)
    if wish.tickets_csv is not None:
        return _listed(wish.tickets_csv, period)
    if not p.settings.zendesk_token:
        return NONE
    return await _zendesk(p, period, policy)


def _listed(file: Path, period: Period) -> Tickets:
    from bot.errors import UserError
    from bot.rules.figures.ticket_sources import from_csv

    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{file.name}: not UTF-8 text") from None
    return from_csv(text, file.name, period)


async def _zendesk(p: Parts, period: Period, policy: Policy) -> Tickets:
    """From as far back as the weeks of the report look."""
    import aiohttp

    from bot.rules.figures.measure import series
    from bot.zendesk import Access, Zendesk

    settings = p.settings
    access = Access(settings.zendesk_url, settings.zendesk_token, settings.zendesk_email)
    weeks = series(period, p.reconciler.now())
    since = min(period.since, weeks[0].since) - timedelta(days=policy.goals.window)
    async with aiohttp.ClientSession() as session:
        if os.isatty(2):
            click.echo("Reading tickets from Zendesk (ten calls a minute) …", err=True)
        return await Zendesk(session, access, p.reconciler.now).tickets(since, policy)
