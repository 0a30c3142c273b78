"""`rfh-bot serve`: run the App until a signal."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Mapping

import click


@click.command(
    epilog="""Example:

    \b
      rfh-bot serve
      GITHUB_APP_ID=1 GITHUB_PRIVATE_KEY_FILE=app.pem GITHUB_WEBHOOK_SECRET_FILE=secret rfh-bot serve
    """
)
def serve() -> None:
    """Run the App. It is set up by environment variables alone; README lists them.

    While no App is configured it prints a link, good once, to a page that registers one; then it goes on as
    that App. Answers webhooks at /webhook, and /healthz and /readyz for monitors. SIGTERM or Ctrl-C finishes
    what is being written, gives the rest back to the queue and exits 0.
    """
    _load_structlog()
    from bot import settings_file
    from bot.logs import set_up
    from bot.settings import read_settings

    environment = settings_file.complete(os.environ)
    settings = read_settings(environment, app=not settings_file.nameless(environment))
    set_up(settings.log_level)
    asyncio.run(_serve(environment))


def _load_structlog() -> None:
    """Without rich, which it loads for consoles: a server's log is none, and 3 MB are 3 MB."""
    if "rich" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]  # how Python says: not to be had
        import structlog  # noqa: F401

        del sys.modules["rich"]


async def _serve(environment: Mapping[str, str]) -> None:
    from bot import settings_file
    from bot.settings import read_settings

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if settings_file.nameless(environment):
        from bot.cli.setup import set_up

        found = await set_up(read_settings(environment, app=False), stop)
        if found is None:
            return
        environment = {**environment, **found}
    gc.disable()  # what a start makes stays: looking through it again and again is time lost
    from bot.app import running

    async with running(read_settings(environment)):
        gc.collect()
        gc.freeze()  # modules, policy and vocabulary live as long as the process: no pause to look at them
        gc.enable()
        await stop.wait()
