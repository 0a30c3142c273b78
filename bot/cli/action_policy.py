"""Floor 4: what a policy on a pull request would change, in the Action's mode `policy`; by numbers alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workflow

if TYPE_CHECKING:
    from bot.rules.routing_effect import Effect

UNSEEN = "What it would change was not looked up: the job's token needs `issues: read`."


def tell_effect(env: Mapping[str, str]) -> None:
    """A notice, and a table in the job summary; nothing where there is no token. Never fails the job."""
    repository = env.get("GITHUB_REPOSITORY", "")
    if not env.get("GITHUB_TOKEN") or repository.count("/") != 1:
        return
    from bot import words_policy

    seen = asyncio.run(_effect(env, repository))
    if seen is None:
        click.echo(workflow.annotation("notice", UNSEEN))
        return
    title = words_policy.effect_title(seen)
    click.echo(workflow.annotation("notice", title))
    if env.get("GITHUB_STEP_SUMMARY"):
        text = f"### {title}\n\n{words_policy.effect_summary(seen)}"
        workflow.add_summary(Path(env["GITHUB_STEP_SUMMARY"]), text)


async def _effect(env: Mapping[str, str], repository: str) -> Effect | None:
    """The file's policy beside the one in force. None: GitHub does not let us see, or not now."""
    import aiohttp

    from bot.app import build_reconciler, connector
    from bot.db import open_database, utc_now
    from bot.errors import RfhError
    from bot.github.auth import OneToken
    from bot.overrides import effect_on
    from bot.policy.load import DEFAULT_NAME, default_text, read
    from bot.rulebooks import compiled
    from bot.settings import read_settings
    from bot.store import Store

    owner, repo = repository.split("/")
    file = env["RFH_BOT_POLICY"]
    # The file is the one to check here, not one that lies below the repository's own.
    settings = read_settings({**env, "RFH_BOT_POLICY": ""}, app=False)
    after = compiled(((DEFAULT_NAME, default_text()), (file, read(file))))
    db = open_database("sqlite://")
    try:
        async with aiohttp.ClientSession() as session:
            clients = OneToken(env["GITHUB_TOKEN"], connector(settings, session, utc_now, None))
            books = build_reconciler(settings, clients, Store(db), utc_now, writer="action").rulebooks
            gh = await clients.client(owner, repo)
            return await effect_on(gh, owner, repo, await books.get(gh, owner, repo), after)
    except RfhError:
        return None
    finally:
        await db.close()
