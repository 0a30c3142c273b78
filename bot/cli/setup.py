"""Floor 4: `rfh-bot serve` while no App is configured: the set-up page, and what it leads to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

import aiohttp
import click
from aiohttp import web

from bot import settings_file
from bot.app import connector
from bot.db import utc_now
from bot.errors import UserError
from bot.github.auth import Nobody
from bot.github.documents import CONVERT_MANIFEST
from bot.github.oauth import web_url
from bot.github.pool import Pool
from bot.settings import Settings
from bot.setup.page import Place, SetUp


async def set_up(settings: Settings, stop: asyncio.Event) -> Mapping[str, str] | None:
    """Serve the set-up page until an App is registered; its settings, or None when told to stop first.

    Raises UserError when the address cannot be had.
    """
    file = settings_file.path_of(os.environ)
    place = Place(
        web_url=web_url(settings.api_url),
        file=str(file),
        tracker=settings.repos[0] if settings.repos else "",
        memory_key=bool(settings.memory_key),
    )
    async with aiohttp.ClientSession() as session:
        github = connector(settings, session, utc_now, None)(Nobody(), Pool())
        page = SetUp(
            place,
            convert=lambda code: github.rest(CONVERT_MANIFEST, code=code),
            save=lambda values: settings_file.save(file, values),
            now=utc_now,
        )
        runner = web.AppRunner(
            page.application(), access_log=None, handle_signals=False, shutdown_timeout=5.0
        )
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, settings.host, settings.port).start()
            except OSError as error:
                raise UserError(
                    f"cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT"
                ) from None
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            click.echo("No GitHub App is configured. To set one up, open, within an hour:\n")
            click.echo(f"  {page.link(f'http://{host}:{settings.port}')}\n")
            click.echo("It opens once. Elsewhere put the server's public address before /setup.")
            stopped = asyncio.create_task(stop.wait())
            page.done.add_done_callback(lambda _: stopped.cancel())
            await asyncio.wait([stopped])
            return page.done.result() if page.done.done() else None
        finally:
            await runner.cleanup()
