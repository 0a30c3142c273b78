"""Floor 4: what the tools that look after a repository share: who we are, and its policy; no database."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp

from bot.app import connector
from bot.db import open_database, utc_now
from bot.errors import UserError
from bot.github.auth import App, Clients, OneToken
from bot.github.pool import Clock
from bot.policy.load import DEFAULT_NAME, Layer, default_text
from bot.policy.load import read as read_policy
from bot.rulebooks import Rulebooks
from bot.settings import Settings, read_settings
from bot.settings_file import complete, nameless
from bot.store import Store


@dataclass(frozen=True, slots=True)
class Access:
    """`app` is None when a plain token was given."""

    settings: Settings
    clients: Clients
    app: App | None
    rulebooks: Rulebooks

    @property
    def repositories(self) -> tuple[str, ...]:
        """What the server watches: the setting, else the policy's tracker."""
        return self.settings.repos or (self.rulebooks.default.policy.tracker.private,)


def credentials() -> tuple[Settings, str]:
    """The settings, and GITHUB_TOKEN unless an App is configured. Raises UserError, also for neither."""
    environment, token = complete(os.environ), plain_token()
    if not token and nameless(environment):
        raise UserError(
            "no credentials: GITHUB_APP_ID is not set, and neither is GITHUB_TOKEN. "
            "Set GITHUB_TOKEN, or the variables that the server has"
        )
    return read_settings(environment, app=not token), token


def plain_token() -> str:
    """GITHUB_TOKEN, unless an App is configured; empty: there is none."""
    return "" if complete(os.environ).get("GITHUB_APP_ID") else os.environ.get("GITHUB_TOKEN", "")


@contextlib.asynccontextmanager
async def opened(settings: Settings, token: str, *, now: Clock = utc_now) -> AsyncIterator[Access]:
    """Build the parts. Raises UserError: a key that is none, a broken policy of the operator's."""
    layers: list[Layer] = [(DEFAULT_NAME, default_text())]
    if settings.policy_path is not None:
        layers.append((settings.policy_path, read_policy(settings.policy_path)))
    db = open_database("sqlite://")  # the last good policies of this process alone
    try:
        rulebooks = Rulebooks(layers, Store(db), now)
        async with aiohttp.ClientSession() as session:
            connect = connector(settings, session, now, None)
            if token:
                yield Access(settings, OneToken(token, connect, now=now), None, rulebooks)
                return
            try:
                app = App(settings.app_id, settings.private_key, connect, now=now)
            except ValueError as error:
                raise UserError(f"GITHUB_PRIVATE_KEY: {error}") from None
            yield Access(settings, app, app, rulebooks)
    finally:
        await db.close()
