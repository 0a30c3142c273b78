"""`rfh-bot serve`: run the App until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command(
    epilog="""Example:

    \b
      GITHUB_APP_ID=1 GITHUB_PRIVATE_KEY_FILE=app.pem GITHUB_WEBHOOK_SECRET_FILE=secret rfh-bot serve
    """
)
def serve() -> None:
    """Run the App. It is set up by environment variables alone; README lists them.

    Answers webhooks at /webhook, and /healthz and /readyz for monitors. SIGTERM or Ctrl-C finishes what is
    being written, gives the rest back to the queue and exits 0.
    """
    from bot.logs import set_up
    from bot.settings import read_settings

    settings = read_settings(os.environ)
    set_up(settings.log_level)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from bot.app import running

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(settings):
        await stop.wait()
