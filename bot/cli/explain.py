"""`rfh-bot explain`: what the bot knows of an issue, from its database alone."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from typing import Any

import click

from bot.cli.parts import IssueParam, database
from bot.memory import unsealed
from bot.model import IssueKey


@click.command(epilog="Example:\n\n\b\n  rfh-bot explain sourcegraph/customer#7")
@click.argument("issue", type=IssueParam())
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(issue: IssueKey, as_json: bool) -> None:
    """Say what the bot knows of ISSUE: memory, ledger, last plan, and why nothing happened.

    Reads the database of the server (RFH_BOT_DATABASE_URL); asks GitHub nothing.
    """
    found = asyncio.run(_look(issue))
    if found is None:
        click.echo(
            f"{issue}: never seen here. Is it in a watched repository, and is this the server's database?"
        )
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    for title, rows in found.items():
        click.echo(f"{title}")
        for name, value in rows.items():
            click.echo(f"  {name:<12} {_short(value)}")


async def _look(issue: IssueKey) -> dict[str, dict[str, Any]] | None:
    async with database(existing=True) as (_, queue, store):
        entry, card, plan = await queue.get(str(issue)), await store.card(issue), await store.last_plan(issue)
        pause = await store.paused(issue.full_name)
    if entry is None and card is None and plan is None:
        return None
    found: dict[str, dict[str, Any]] = {}
    if pause is not None:
        found["paused"] = {"scope": pause.scope, "by": pause.by, "reason": pause.reason, "since": pause.at}
    if plan is not None:
        note = json.loads(plan.plan)
        nothing = note.pop("silence") or "everything is as desired already"
        note["actions"] = note["actions"] or f"none: {nothing}"
        found["last run"] = {"at": plan.at, **note.pop("facts"), **note}
    if entry is not None:
        found["queue"] = {
            "due": entry.due_at or "nothing to do",
            "last run": entry.last_run_at,
            "attempts": entry.attempts,
            "last error": entry.last_error,
            "set aside": entry.dead,
        }
    if card is not None:
        memory = unsealed(card.marker)
        found["memory"] = {"card": card.comment_id, "revision": card.rev}
        if memory is not None:
            found["memory"] |= {
                f"{slot} (command)": f"{intent.value} by {intent.by}, {intent.at:%Y-%m-%d %H:%M}"
                for slot, intent in memory.intents.items()
            }
            found["memory"]["handed"] = memory.handed.at if memory.handed else None
            found["memory"]["done"] = len(memory.done)
            found["ledger"] = dict(memory.effects)
    return found


def _short(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)
