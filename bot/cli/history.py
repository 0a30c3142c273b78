"""Floor 4: the labelled history of a repository, for `rfh-bot backtest --repo`."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.history import Past
    from bot.policy.schema import Policy
    from bot.rules.routing_report import Case


@dataclass(frozen=True, slots=True)
class History:
    """The issues whose owner a person named; the others are counted."""

    issues: tuple[Past, ...]

    @property
    def cases(self) -> list[Case]:
        from bot.rules.routing_report import Case

        return [Case(one.number, one.title, one.text, one.owner) for one in self.issues if one.owner]

    @property
    def skipped(self) -> int:
        return sum(one.owner is None for one in self.issues)

    @property
    def overrides(self) -> dict[str, Any]:
        """What people made of the bot's labels; numbers and teams alone."""
        return {
            "routed_by_bot": sum(one.bot is not None for one in self.issues),
            "unconfirmed": sum(one.unconfirmed for one in self.issues),
            "overrides": [
                {"number": one.number, "bot": one.bot, "person": one.owner}
                for one in self.issues
                if one.overridden
            ],
        }

    def save(self, file: Path) -> None:
        """Write the issues with an owner, for their reader alone: the texts are private."""
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            for one in self.issues:
                if one.owner:
                    line = {"id": one.number, "title": one.title, "body": one.text, "team": one.owner}
                    print(json.dumps(line | {"overridden": one.overridden}), file=out)


def history(repository: str, policy_file: Path | None, since: datetime | None) -> tuple[Policy, History]:
    """The policy in force there (or of the file), and what people decided. Raises UserError."""
    from bot.errors import Forbidden, Gone, Transient, UserError

    if repository.count("/") != 1 or not all(repository.split("/")):
        raise click.UsageError(f"--repo: write owner/name, not {repository!r}")
    try:
        return asyncio.run(_read(repository, policy_file, since.replace(tzinfo=UTC) if since else None))
    except Gone:
        raise UserError(f"{repository}: not there, or not for these credentials") from None
    except Forbidden as error:
        raise UserError(f"GitHub refuses: {error}. `rfh-bot doctor` says what to do") from None
    except Transient as error:
        raise UserError(f"GitHub: {error}") from None


async def _read(repository: str, policy_file: Path | None, since: datetime | None) -> tuple[Policy, History]:
    """Page by page, with a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    from bot.cli.parts import parts
    from bot.cli.route import policy_of
    from bot.history import READ, read_history
    from bot.rules.intake import IntakeRule

    owner, repo = repository.split("/")
    console = Console(stderr=True)
    issues: list[Past] = []
    async with parts(exclusive=False) as p:
        gh = await p.reconciler.clients.client(owner, repo, READ)
        if policy_file is None:
            policy = (await p.reconciler.rulebooks.get(gh, owner, repo)).policy
        else:
            policy = policy_of(policy_file)
        rule = IntakeRule(policy)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("Reading issues")
            pages = read_history(gh, repository, policy, lambda body: rule.parse(body).routing_text, since)
            async for page, total in pages:
                issues += page
                progress.update(task, total=total, advance=len(page))
    return policy, History(tuple(issues))
