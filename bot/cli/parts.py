"""What the command-line tools share: the same parts as the App's, built from the same settings."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import click
import structlog

from bot.app import build_reconciler, connector
from bot.cli.access import credentials
from bot.db import Database, open_database, utc_now
from bot.errors import UserError
from bot.github.auth import App, Clients, OneToken
from bot.github.client import OnCall
from bot.logs import set_up
from bot.model import IssueKey
from bot.queue import Queue
from bot.reconciler import Reconciler
from bot.settings import DATABASE, Settings
from bot.store import Store


class IssueParam(click.ParamType[IssueKey]):
    """``owner/repo#7``."""

    name = "owner/repo#number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> IssueKey:
        if isinstance(value, IssueKey):
            return value
        try:
            return IssueKey.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True)
class Parts:
    settings: Settings
    db: Database
    queue: Queue
    store: Store
    reconciler: Reconciler


@contextlib.asynccontextmanager
async def database(
    *, exclusive: bool = False, existing: bool = False
) -> AsyncIterator[tuple[Database, Queue, Store]]:
    """The database alone. `existing`: for tools that reach a server through it and must not make another."""
    url = os.environ.get("RFH_BOT_DATABASE_URL", "") or DATABASE
    if existing:
        _must_exist(url.removeprefix("sqlite:///"), url)
    db = open_database(url, exclusive=exclusive)
    try:
        yield db, Queue(db), Store(db)
    finally:
        await db.close()


def _must_exist(path: str, url: str) -> None:
    """A pause in a database that nobody reads would be no pause."""
    if path not in (url, "") and not Path(path).exists():
        raise UserError(f"no database at {path}: set RFH_BOT_DATABASE_URL as the server has it")


@contextlib.asynccontextmanager
async def parts(*, exclusive: bool, on_call: OnCall | None = None) -> AsyncIterator[Parts]:
    """Everything a run of one issue needs: with the App's credentials, or with GITHUB_TOKEN alone."""
    if not structlog.is_configured():
        set_up("warning")  # stdout is for results
    settings, token = credentials()
    async with database(exclusive=exclusive) as (db, queue, store), aiohttp.ClientSession() as session:
        connect = connector(settings, session, utc_now, on_call)
        clients: Clients
        try:
            clients = (
                OneToken(token, connect) if token else App(settings.app_id, settings.private_key, connect)
            )
        except ValueError as error:
            raise UserError(f"GITHUB_PRIVATE_KEY: {error}") from None
        secret = settings.value_key if settings.private_key or settings.memory_key else b""
        store = replace(store, value_key=secret)
        yield Parts(settings, db, queue, store, build_reconciler(settings, clients, store, utc_now))
