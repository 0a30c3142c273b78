"""Floor 4: `rfh-bot action`: what action.yml runs, within one job of a workflow.

It takes everything from the environment, keeps no database (the memory is in the cards), and does all that is
pending, the event's own issue first: so a run that was dropped or cancelled has lost nothing. Text of issues
and names of customers leave it only into the issues themselves, never into logs, outputs or the summary.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.action_report import Report, tell
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.events import Named
    from bot.guard import Guard
    from bot.reconciler import Reconciler
    from bot.scanner_watch import Examine
    from bot.settings import Settings
    from bot.sweep import Allowance

# Of what the hour still allows: an event's run leaves nearly all of it to those after it.
SHARES = {"event": 0.1, "sweep": 0.9, "report": 0.5}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
def action() -> None:
    """Do one run of the GitHub Action; docs/action.md lists the variables that it reads."""
    from bot.logs import set_up

    if os.environ.get("RFH_BOT_MODE") == "policy":
        check_policy(os.environ)
        return
    inputs = read_inputs(os.environ)
    set_up(os.environ.get("RFH_BOT_LOG", "").lower() or "warning")
    report = asyncio.run(_run(inputs))
    sys.exit(tell(report, os.environ))


def check_policy(env: Mapping[str, str]) -> None:
    """Check the file that the input `policy` names, as `rfh-bot policy check` does; exits 1 on problems.

    One that loads is held against the policy in force.
    """
    from bot.cli.action_policy import tell_effect
    from bot.cli.policy import check

    if not env.get("RFH_BOT_POLICY"):
        raise UserError("mode policy needs the input `policy`: the file to check, .github/rfh-bot.yml")
    check.main([env["RFH_BOT_POLICY"], "--format", "github"], prog_name="policy check", standalone_mode=False)
    tell_effect(env)


@dataclass(frozen=True, slots=True)
class Inputs:
    """The checked environment. `named` is what the event is about."""

    mode: str
    owner: str
    repo: str
    named: Named
    settings: Settings
    token: str = field(default="", repr=False)
    dry_run: bool = False


def read_inputs(env: Mapping[str, str]) -> Inputs:
    """Check the environment; raises UserError that names what is wrong, and no value of a secret."""
    from bot.events import read
    from bot.settings import read_settings

    mode = env.get("RFH_BOT_MODE", "") or "event"
    if mode not in SHARES:
        raise UserError(f"mode is {mode!r}: this version knows {', '.join(SHARES)} and policy")
    name = env.get("GITHUB_REPOSITORY", "")
    if name.count("/") != 1:
        raise UserError("GITHUB_REPOSITORY is not set: this command runs inside a GitHub Actions job")
    dry_run = env.get("RFH_BOT_DRY_RUN", "").lower() or "false"
    if dry_run not in ("true", "false"):
        raise UserError("dry-run must be true or false")
    as_app = bool(env.get("GITHUB_APP_ID")), bool(env.get("GITHUB_PRIVATE_KEY"))
    if any(as_app) and not all(as_app):
        raise UserError("app-id and private-key belong together: set both, or neither")
    if not any(as_app) and not env.get("GITHUB_TOKEN"):
        raise UserError("there is no token: leave `token` at its default, or give app-id and private-key")
    event = env.get("GITHUB_EVENT_NAME", "")
    named = read(event, _payload(env.get("GITHUB_EVENT_PATH", "")), {name.casefold(): name}, None)
    owner, repo = name.split("/")
    settings = read_settings(env, app=False)
    return Inputs(mode, owner, repo, named, settings, env.get("GITHUB_TOKEN", ""), dry_run == "true")


def _payload(path: str) -> Mapping[str, Any]:
    """The event as the runner saved it; empty when there is none."""
    if not path:
        return {}
    try:
        payload = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError):
        raise UserError("GITHUB_EVENT_PATH: cannot read the event") from None
    return payload if isinstance(payload, dict) else {}


async def _run(inputs: Inputs) -> Report:
    """Build the parts and act."""
    import aiohttp

    from bot.app import build_reconciler, connector
    from bot.budget import Budget
    from bot.db import open_database, utc_now
    from bot.github.auth import App, Clients, OneToken
    from bot.store import Store
    from bot.sweep import Allowance, paced

    settings, allowance = inputs.settings, Allowance(share=SHARES[inputs.mode])
    db = open_database("sqlite://")
    async with aiohttp.ClientSession() as session:
        connect = connector(settings, session, utc_now, allowance.note)
        try:
            clients: Clients = (
                App(settings.app_id, settings.private_key, connect)
                if settings.app_id
                else OneToken(inputs.token, connect)
            )
        except ValueError as error:
            raise UserError(f"private-key: {error}") from None
        rec = build_reconciler(settings, clients, Store(db), utc_now, writer="action")
        report = await act(inputs, rec, allowance, paced(Budget(db), utc_now))
    await db.close()
    return report


async def act(
    inputs: Inputs, rec: Reconciler, allowance: Allowance, guard: Guard, *, examine: Examine | None = None
) -> Report:
    """Do what is pending in the repository, the event's own issue first, and what is in public, in a sweep;
    or report its figures."""
    from bot.cli.action_figures import figures
    from bot.cli.action_watch import watch_of, watch_public
    from bot.errors import RfhError
    from bot.sweep import Problem, Summary, sweep

    owner, repo = inputs.owner, inputs.repo
    try:
        gh = await rec.clients.client(owner, repo)
        broken = await rec.rulebooks.problems(gh, owner, repo)
        book = await rec.rulebooks.get(gh, owner, repo)
    except RfhError as error:
        return Report(Summary(0, (), 0, (Problem.of(error),)))
    # Without a database there is no last good policy to fall back to, and the shipped one is not theirs.
    if broken:
        return Report(broken=broken)
    if inputs.mode == "report":
        try:
            return Report(figures=await figures(inputs, rec, book, allowance))
        except RfhError as error:
            return Report(Summary(0, (), 0, (Problem.of(error),)))
    if book.policy.writer != rec.writer and not inputs.dry_run:
        return Report(
            notice="The policy says `writer: app`, so the Action leaves this repository to the App."
        )
    summary = await sweep(
        rec,
        owner,
        repo,
        allowance,
        own=inputs.named.issue,
        at_least=inputs.named.at_least,
        guard=guard,
        dry_run=inputs.dry_run,
    )
    watched = None
    if inputs.mode == "sweep":
        watch = watch_of(rec, inputs.settings, shadow=inputs.dry_run, examine=examine)
        watched = await watch_public(rec, watch, f"{owner}/{repo}", book.policy, allowance, guard)
        if watched is not None:
            summary = replace(summary, problems=(*summary.problems, *watched.problems))
    own = str(inputs.named.issue) if inputs.named.issue is not None else ""
    return Report(summary, own=own, customer_prefix=book.policy.labels.customer_prefix, watched=watched)
