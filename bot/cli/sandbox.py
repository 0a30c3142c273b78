"""Floor 4: `rfh-bot sandbox`: the sandbox GitHub alone, and what makes `rfh-bot serve` use it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.errors import UserError

if TYPE_CHECKING:
    from bot.rules.rulebook import Rulebook
    from bot.sandbox.faults import Faults
    from bot.sandbox.server import Sandbox

WEBHOOK_URL = "http://127.0.0.1:8080/webhook"  # where `rfh-bot serve` listens when HOST and PORT are not set


@click.command(
    epilog="""\b
    Examples:
      rfh-bot sandbox
      rfh-bot sandbox --port 8300 --fault drop:0.2,reorder
    """
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on; 0: any free one.")
@click.option("--webhook-url", default=WEBHOOK_URL, show_default=True, help="Where the App takes webhooks.")
@click.option("--fault", default="", metavar="SPEC", help="Misbehave, e.g. lag:2s,5xx:0.1,drop:0.05.")
def sandbox(*, port: int, webhook_url: str, fault: str) -> None:
    """Run the sandbox GitHub alone, on loopback.

    Prints what to export in another terminal, so that `rfh-bot serve` there works against it. Everything is
    in memory; Ctrl-C ends it, and the private key's temporary file goes with it.

    \b
    Faults, separated by commas; figures are probabilities:
      lag:2s           reads show the world as it was up to 2 s ago
      5xx:P  reset:P   a request fails, or breaks, half of them after the write was done
      timeout:P        no answer for ten seconds
      secondary:P      the secondary rate limit
      graphql-200:P    GraphQL answers 200 with an error
      duplicate:P      a webhook is delivered twice
      drop:P           a webhook is lost
      reorder          webhooks overtake each other
    """
    from bot.sandbox.faults import Faults

    faults = Faults.parse(fault)
    with tempfile.TemporaryDirectory(prefix="rfh-bot-sandbox-") as folder:
        asyncio.run(_sandbox(Path(folder), port, webhook_url, faults))


async def _sandbox(folder: Path, port: int, webhook_url: str, faults: Faults) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(port, faults) as github:
        github.use_webhook(webhook_url)
        for name, value in exports(github, folder, webhook_url).items():
            click.echo(f"export {name}={shlex.quote(value)}")
        click.echo(f"# page: {github.url}  webhooks go to: {webhook_url}  Ctrl-C ends it")
        await stop.wait()


def exports(github: Sandbox, folder: Path, webhook_url: str) -> dict[str, str]:
    """The variables that `serve` needs; writes the private key into `folder`, for its owner only."""
    from bot.sandbox import slack_page

    key = folder / "app.pem"
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(github.private_key_pem)
    return {
        "GITHUB_API_URL": github.api_url,
        "GITHUB_APP_ID": str(github.app_id),
        "GITHUB_PRIVATE_KEY_FILE": str(key),
        "GITHUB_WEBHOOK_SECRET": github.secret,
        "GITHUB_CLIENT_ID": github.access.app.client_id,
        "GITHUB_CLIENT_SECRET": github.oauth.client_secret,
        "RFH_BOT_URL": webhook_url.removesuffix("/webhook"),
        "SLACK_API_URL": f"{github.url}{slack_page.API}",
        "SLACK_BOT_TOKEN": slack_page.TOKEN,
        "SLACK_SIGNING_SECRET": slack_page.SECRET,
    }


@contextlib.asynccontextmanager
async def opened(port: int, faults: Faults) -> AsyncIterator[Sandbox]:
    """A sandbox that listens on loopback, with the demo's repositories, labels and people in it."""
    from bot.pages.playground import PATH, alone
    from bot.policy.load import DEFAULT_NAME, default_text, load_default
    from bot.rulebooks import compiled
    from bot.sandbox.seed import demo_slack, demo_world
    from bot.sandbox.server import Sandbox
    from bot.sandbox.slack_page import PATH as SLACK
    from bot.sandbox.slack_page import SlackPage

    async def book() -> Rulebook:
        return compiled(((DEFAULT_NAME, default_text()),))

    github = Sandbox(faults=faults, port=port)
    github.add_page(PATH, "Routing", alone(book, back="/"))
    demo_world(github, load_default())
    slack = SlackPage(github.world, github.hooks, demo_slack(github, load_default()))
    github.add_page(SLACK, "Slack", slack.add_to)
    slack.links = [(PATH, "Routing"), (SLACK, "Slack")]
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_exit(github.__aexit__)  # first: it also closes what a failed start has opened
        try:
            await github.__aenter__()
        except OSError as error:
            raise UserError(
                f"cannot listen on port {port}: {os.strerror(error.errno or 0)}. Choose another --port"
            ) from None
        yield github
