"""Floor 4: the composition root: the one place where parts are built and joined."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TYPE_CHECKING

import aiohttp
import structlog
from aiohttp import web

from bot import __version__
from bot.budget import Budget
from bot.db import Database, open_database, utc_now
from bot.errors import UserError
from bot.github.auth import App, Clients, Connect
from bot.github.client import GitHub, OnCall, TokenSource
from bot.github.lookup import Catalogues
from bot.github.pool import Pool
from bot.github.roster import Rosters
from bot.memory import Seal
from bot.meter import SILENT, Meter
from bot.pace import Pace
from bot.pager import Pager
from bot.policy.load import DEFAULT_NAME, Layer, default_text
from bot.policy.load import read as read_policy
from bot.publisher import Publisher
from bot.publisher_texts import Texts
from bot.queue import Queue
from bot.reconciler import Reconciler
from bot.rulebooks import Rulebooks
from bot.scanner_watch import Examine, Examiner
from bot.schedule import Schedule
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.directory import Directory
from bot.slack.redactor import Redactor
from bot.slack.teller import Teller
from bot.store import Store
from bot.store_figures import FigureStore
from bot.store_published import PublishedStore
from bot.watch import Watch
from bot.webhook import MAX_BODY, Webhook
from bot.work import Bot
from bot.worker import Worker
from bot.zendesk import Access, Zendesk

if TYPE_CHECKING:  # what only some installations use is loaded where they do
    from bot.pages.site import Site

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
    pager: Pager | None = None,
    meter: Meter = SILENT,
    texts: Texts | None = None,
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
        teller=teller or build_teller(settings, now, meter),
        pager=pager or build_pager(settings, now),
        publisher=build_publisher(settings, clients, store, now, texts),
        meter=meter,
    )


def build_publisher(
    settings: Settings, clients: Clients, store: Store, now: Callable[[], datetime], texts: Texts | None
) -> Publisher | None:
    """Publishing, with the App's credentials alone: only they are narrowed to one repository at a time."""
    if not isinstance(clients, App):
        return None
    texts = texts or Texts(settings.value_key)
    return Publisher(clients, Catalogues(now=now), PublishedStore(store.db), texts, now)


def build_teller(settings: Settings, now: Callable[[], datetime], meter: Meter = SILENT) -> Teller | None:
    """Slack, when there is a token."""
    if not settings.slack_token:
        return None
    client = SlackClient(settings.slack_token, base_url=settings.slack_url, meter=meter)
    return Teller(client, Directory(client, now, buttons=settings.slack_buttons), Redactor(), now)


def build_zendesk(settings: Settings, session: aiohttp.ClientSession) -> Zendesk | None:
    """Where tickets are counted, when there is a token."""
    if not settings.zendesk_token:
        return None
    access = Access(settings.zendesk_url, settings.zendesk_token, settings.zendesk_email)
    return Zendesk(session, access, utc_now)


def build_pager(settings: Settings, now: Callable[[], datetime]) -> Pager | None:
    """The paging service, when there is one."""
    return Pager(settings.paging_url, settings.paging_key, now) if settings.paging_url else None


def build(
    settings: Settings,
    db: Database,
    connect: Connect,
    *,
    now: Callable[[], datetime] = utc_now,
    teller: Teller | None = None,
    pager: Pager | None = None,
    meter: Meter = SILENT,
    examine: Examine | None = None,
    texts: Texts | None = None,
    zendesk: Zendesk | None = None,
) -> Bot:
    """Join the parts. Raises UserError for settings that cannot work."""
    try:
        clients = App(settings.app_id, settings.private_key, connect, now=now)
    except ValueError as error:
        raise UserError(f"GITHUB_PRIVATE_KEY: {error}") from None
    store, queue = Store(db, settings.value_key), Queue(db)
    reconciler = build_reconciler(
        settings, clients, store, now, teller=teller, pager=pager, meter=meter, texts=texts
    )
    return Bot(
        settings=settings,
        db=db,
        queue=queue,
        store=store,
        clients=clients,
        reconciler=reconciler,
        schedule=Schedule(queue, clients, store, now, reconciler),
        pace=Pace(clients, queue, store, reconciler, Budget(db), now, meter),
        watch=Watch(
            clients,
            reconciler.rulebooks,
            reconciler.catalogues,
            store,
            settings.value_key,
            examine or Examiner(),
            now,
            teller=reconciler.teller,
            shadow=settings.shadow,
        ),
        facts=FigureStore(db, settings.value_key),
        now=now,
        meter=meter,
        zendesk=zendesk,
    )


@contextlib.asynccontextmanager
async def running(settings: Settings, *, on_call: OnCall | None = None) -> AsyncIterator[Bot]:
    """The whole App: open the database, listen, work; on the way out stop listening first, then drain."""
    async with contextlib.AsyncExitStack() as stack:
        db = open_database(settings.database_url)
        stack.push_async_callback(db.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        meter, scrape = _metrics(settings, db)

        def called(kind: str, method: str, endpoint: str, status: int) -> None:
            meter.call(kind, method, endpoint, status)
            if on_call is not None:
                on_call(kind, method, endpoint, status)

        connect = connector(settings, session, utc_now, called)
        bot = build(settings, db, connect, meter=meter, zendesk=build_zendesk(settings, session))
        stack.push_async_callback(bot.queue.close)
        await bot.queue.recover()
        await bot.schedule.start(bot.repositories)
        worker = Worker(bot.queue, bot.handlers, concurrency=settings.concurrency, note=meter.run)
        task = asyncio.create_task(worker.run(), name="worker")
        stack.push_async_callback(_stop, task)
        if scrape is not None and settings.metrics_port is not None:
            page = scrape(bot)
            await _listen(stack, page, settings.metrics_host, settings.metrics_port, "METRICS_")
        site = None
        if settings.client_id:
            from bot.front import front

            site = await stack.enter_async_context(front(bot, session, connect))
        bot.url = await _listen(stack, _web(bot, worker, site), settings.host, settings.port)
        door = bot.slack_door()
        if door is not None and settings.slack_app_token:
            from bot.slack_socket import listen

            socket = listen(door, settings.slack_app_token, settings.slack_url)
            stack.push_async_callback(_stop, asyncio.create_task(socket, name="slack socket"))
        yield bot


def _metrics(settings: Settings, db: Database) -> tuple[Meter, Callable[[Bot], web.Application] | None]:
    """What counts, and its page; without a port nobody would ask, and nothing is counted."""
    if settings.metrics_port is None:
        return SILENT, None
    from bot.metrics import Metrics
    from bot.metrics_page import MetricsPage

    metrics = Metrics(__version__, db.engine.dialect.name)
    return metrics, lambda bot: MetricsPage(metrics, bot.figures, bot.limits, utc_now).application()


async def _listen(
    stack: contextlib.AsyncExitStack, app: web.Application, host: str, port: int, prefix: str = ""
) -> str:
    """Serve `app` until the stack is left; returns its URL. Raises UserError when it cannot listen there."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise UserError(
            f"cannot listen on {host}:{port}: {error.strerror}. Set {prefix}HOST or {prefix}PORT"
        ) from None
    structlog.get_logger("app").info("listening", host=host, port=port)
    bound, number = runner.addresses[0][:2]
    return f"http://{f'[{bound}]' if ':' in bound else bound}:{number}"


def _web(bot: Bot, worker: Worker, site: Site | None = None) -> web.Application:
    """The App's routes; pages for people only where people can sign in."""

    async def health(_: web.Request) -> web.Response:
        idle = asyncio.get_running_loop().time() - worker.alive_at
        return web.json_response({"ok": idle < STUCK}, status=200 if idle < STUCK else 503)

    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post("/webhook", Webhook(bot.settings.webhook_secrets, bot.accept, bot.meter).answer)
    slack = bot.slack_door()
    if slack is not None and slack.secret:
        app.router.add_post("/slack/interactions", slack.answer)
    app.router.add_get("/healthz", health)
    app.router.add_get("/readyz", bot.ready)
    if site is not None:
        site.add_to(app)
    return app


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
