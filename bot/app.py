"""Floor 4: the composition root: the one place where parts are built and joined."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import aiohttp
import structlog
from aiohttp import web

from bot.budget import Budget
from bot.db import Database, open_database, utc_now
from bot.errors import UserError
from bot.github.auth import App, Clients, Connect
from bot.github.client import GitHub, OnCall, TokenSource
from bot.github.lookup import Catalogues
from bot.github.pool import Pool
from bot.github.roster import Rosters
from bot.memory import Seal
from bot.playground import Playground
from bot.policy.load import DEFAULT_NAME, Layer, default_text
from bot.policy.load import read as read_policy
from bot.queue import Queue
from bot.reconciler import Reconciler
from bot.rulebooks import Rulebooks
from bot.schedule import Schedule
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.directory import Directory
from bot.slack.redactor import Redactor
from bot.slack.teller import Teller
from bot.store import Store
from bot.webhook import MAX_BODY, Webhook
from bot.work import Bot
from bot.worker import Worker

STUCK = 120.0  # seconds after which a worker loop that took nothing counts as stuck


def connector(
    settings: Settings, session: aiohttp.ClientSession, now: Callable[[], datetime], on_call: OnCall | None
) -> Connect:
    """Makes clients on the shared session."""

    def connect(tokens: TokenSource, pool: Pool) -> GitHub:
        return GitHub(
            session,
            tokens,
            pool=pool,
            api_url=settings.api_url,
            graphql_url=settings.graphql_url,
            now=now,
            on_call=on_call,
        )

    return connect


def build_reconciler(
    settings: Settings,
    clients: Clients,
    store: Store,
    now: Callable[[], datetime],
    *,
    writer: str = "app",
    teller: Teller | None = None,
) -> Reconciler:
    """The four steps, for whoever runs them. `writer` is app or action.

    Raises PolicyError when the base policy is broken.
    """
    layers: list[Layer] = [(DEFAULT_NAME, default_text())]
    if settings.policy_path is not None:
        layers.append((settings.policy_path, read_policy(settings.policy_path)))
    return Reconciler(
        clients=clients,
        rulebooks=Rulebooks(layers, store, now),
        catalogues=Catalogues(now=now),
        rosters=Rosters(clients, now=now),
        store=store,
        seal=Seal(settings.memory_key),
        now=now,
        writer=writer,
        shadow=settings.shadow,
        teller=teller or build_teller(settings, now),
    )


def build_teller(settings: Settings, now: Callable[[], datetime]) -> Teller | None:
    """Slack, when there is a token."""
    if not settings.slack_token:
        return None
    client = SlackClient(settings.slack_token, base_url=settings.slack_url)
    return Teller(client, Directory(client, now, buttons=bool(settings.slack_secret)), Redactor(), now)


def build(
    settings: Settings,
    db: Database,
    connect: Connect,
    *,
    now: Callable[[], datetime] = utc_now,
    teller: Teller | None = None,
) -> Bot:
    """Join the parts. Raises UserError for settings that cannot work."""
    try:
        clients = App(settings.app_id, settings.private_key, connect, now=now)
    except ValueError as error:
        raise UserError(f"GITHUB_PRIVATE_KEY: {error}") from None
    store, queue = Store(db), Queue(db)
    reconciler = build_reconciler(settings, clients, store, now, teller=teller)
    return Bot(
        settings=settings,
        db=db,
        queue=queue,
        store=store,
        clients=clients,
        reconciler=reconciler,
        schedule=Schedule(queue, clients, store, now, reconciler),
        budget=Budget(db),
        now=now,
    )


@contextlib.asynccontextmanager
async def running(settings: Settings, *, on_call: OnCall | None = None) -> AsyncIterator[Bot]:
    """The whole App: open the database, listen, work; on the way out stop listening first, then drain."""
    async with contextlib.AsyncExitStack() as stack:
        db = open_database(settings.database_url)
        stack.push_async_callback(db.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        bot = build(settings, db, connector(settings, session, utc_now, on_call))
        stack.push_async_callback(bot.queue.close)
        await bot.queue.recover()
        await bot.schedule.start(bot.repositories)
        worker = Worker(bot.queue, bot.handlers, concurrency=settings.concurrency)
        task = asyncio.create_task(worker.run(), name="worker")
        stack.push_async_callback(_stop, task)
        runner = web.AppRunner(_web(bot, worker), access_log=None, handle_signals=False)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, settings.host, settings.port).start()
        except OSError as error:
            raise UserError(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT"
            ) from None
        host, port = runner.addresses[0][:2]
        bot.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        structlog.get_logger("app").info("listening", host=settings.host, port=settings.port)
        yield bot


def _web(bot: Bot, worker: Worker) -> web.Application:
    """The App's routes."""

    async def health(_: web.Request) -> web.Response:
        idle = asyncio.get_running_loop().time() - worker.alive_at
        return web.json_response({"ok": idle < STUCK}, status=200 if idle < STUCK else 503)

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/webhook", Webhook(bot.settings.webhook_secrets, bot.accept).answer)
    slack = bot.slack_door()
    if slack is not None:
        app.router.add_post("/slack/interactions", slack.answer)
    app.router.add_get("/healthz", health)
    app.router.add_get("/readyz", bot.ready)
    if bot.settings.pages:
        Playground(bot.book).add_to(app)
    return app


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
