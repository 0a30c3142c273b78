"""Floor 4: the composition root: the one place where parts are built and joined."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from bot import words
from bot.budget import Budget
from bot.db import Database, open_database, utc_now
from bot.errors import Forbidden, Gone, RfhError, Transient, UserError
from bot.events import Named, read
from bot.github.auth import REPORT, App, Clients, Connect
from bot.github.checks import report_policy
from bot.github.client import GitHub, OnCall, TokenSource
from bot.github.lookup import Catalogues
from bot.github.pool import Pool
from bot.github.roster import Rosters
from bot.guard import Guard
from bot.memory import Seal
from bot.model import IssueKey
from bot.playground import Playground
from bot.policy.load import DEFAULT_NAME, Layer, default_text
from bot.policy.load import read as read_policy
from bot.queue import Claim, Queue
from bot.reconciler import Reconciler
from bot.rulebooks import Rulebooks
from bot.rules.rulebook import Rulebook
from bot.schedule import Schedule
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.directory import Directory
from bot.slack.redactor import Redactor
from bot.slack.teller import Teller
from bot.slack_door import SlackDoor
from bot.store import Outcome, Store
from bot.told import Act
from bot.webhook import MAX_BODY, Webhook
from bot.worker import Done, Handler, Lost, OutOfBudget, Worker

PATIENCE = 5.0  # seconds that a write waits for the budget; for more, its key is given back
STUCK = 120.0  # seconds after which a worker loop that took nothing counts as stuck


@dataclass
class Bot:
    """All parts of the running App, joined."""

    settings: Settings
    db: Database
    queue: Queue
    store: Store
    clients: App
    reconciler: Reconciler
    schedule: Schedule
    budget: Budget
    now: Callable[[], datetime]
    own_id: int | None = (
        None  # our bot account, once a read has shown it: events of our own writes are dropped
    )
    url: str = ""  # where it listens, once it does

    @property
    def repositories(self) -> tuple[str, ...]:
        """What is watched: the setting, else the policy's private tracker."""
        return self.settings.repos or (self.reconciler.rulebooks.default.policy.tracker.private,)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What the worker does with each kind of key."""
        return {
            "issue": self.issue,
            "policy": self.policy,
            "catchup": self.schedule.catch_up,
            "nightly": self.schedule.nightly,
        }

    # ── the door ────────────────────────────────────────────────────────────────────────────

    async def accept(self, guid: str, event: str, payload: Mapping[str, Any]) -> Named:
        """Make durable what a delivery names. Raises what the database raises."""
        named = read(event, payload, {name.casefold(): name for name in self.repositories}, self.own_id)
        if named.labels_changed is not None:
            self.reconciler.catalogues.forget(*named.labels_changed.split("/"))
        work = []
        if named.policy_changed is not None:
            self.reconciler.rulebooks.forget(named.policy_changed)
            work.append(self.queue.accept(f"policy:{named.policy_changed}@{payload['after']}"))
        if named.issue is not None:
            work.append(self.queue.accept(str(named.issue), named.at_least, urgent=named.urgent))
        outcome: Outcome = "handled" if named.why == "named" else "ignored"
        # One commit for all of them: the database gathers what waits.
        await asyncio.gather(*work, self.store.record_delivery(guid, event, outcome))
        return named

    async def act(self, key: IssueKey, act: Act) -> None:
        """Make durable what somebody did in Slack; the issue's next run does it."""
        await self.store.save_act(key, act)
        await self.queue.accept(str(key), urgent=True)

    async def slack_people(self, key: IssueKey) -> Mapping[str, str] | None:
        """Who is who in Slack, for an issue; None: it is not watched."""
        if key.full_name.casefold() not in map(str.casefold, self.repositories):
            return None
        gh = await self.clients.client(key.owner, key.repo)
        return (await self.reconciler.rulebooks.get(gh, key.owner, key.repo)).policy.slack.people

    def slack_door(self) -> SlackDoor | None:
        """Slack's door, when a token and a signing secret are configured."""
        teller = self.reconciler.teller
        if teller is None or not self.settings.slack_secret:
            return None
        return SlackDoor(self.settings.slack_secret, teller.client, self.act, self.slack_people, self.now)

    # ── pages ───────────────────────────────────────────────────────────────────────────────

    async def book(self) -> Rulebook:
        """The policy in force where most is watched: in the first repository; else the base."""
        owner, repo = self.repositories[0].split("/")
        try:
            return await self.reconciler.rulebooks.get(await self.clients.client(owner, repo), owner, repo)
        except RfhError:  # GitHub does not answer: the page is worth having all the same
            return self.reconciler.rulebooks.default

    # ── the work ────────────────────────────────────────────────────────────────────────────

    async def issue(self, claim: Claim) -> Done:
        """Reconcile the issue that a key names."""
        key = IssueKey.parse(claim.key)
        try:
            result = await self.reconciler.reconcile(
                key,
                at_least=claim.at_least,
                inherited=claim.inherited,
                retried=claim.attempts > 1,
                guard=self._guard(claim, key),
            )
        except Gone:
            await self.reconciler.slack.farewell(key)
            await self.store.forget_issue(key)
            raise
        except Transient as error:
            if error.retry_after is not None:
                installation = await self.clients.installation(key.owner, key.repo)
                await self.budget.block(installation, error.retry_after)
            raise
        if result.viewer_id is not None:
            self.own_id = result.viewer_id
        if result.trouble is not None:
            raise result.trouble
        return Done(result.word, result.look_again)

    def _guard(self, claim: Claim, key: IssueKey) -> Guard:
        """Before each write: the claim holds, and the installation's write budget allows it."""

        async def guard(begun: bool = False, /) -> None:
            installation = await self.clients.installation(key.owner, key.repo)
            urgent = claim.urgent or begun
            while (wait := await self.budget.take(installation, urgent=urgent)) > 0:
                if wait > PATIENCE and begun:
                    await self.budget.spend(installation)
                    break
                if wait > PATIENCE:
                    raise OutOfBudget(self.now() + timedelta(seconds=wait))
                await asyncio.sleep(wait)
            if not await self.queue.holds(claim):
                raise Lost

        return guard

    async def policy(self, claim: Claim) -> Done:
        """A push touched the policy file: load it, and say on the commit how that went."""
        repository, _, sha = claim.key.partition(":")[2].partition("@")
        owner, repo = repository.split("/")
        problems = await self.reconciler.rulebooks.problems(
            await self.clients.client(owner, repo), owner, repo
        )
        title, summary = words.policy_check(len(problems))
        try:
            reporter = await self.clients.client(owner, repo, REPORT)
            await report_policy(reporter, owner, repo, sha, problems, title=title, summary=summary)
        except Forbidden as error:  # the permission is not granted: the log has to do
            structlog.get_logger("policy").warning("no check run", repository=repository, error=str(error))
        return Done("policy", end=True)

    # ── health ──────────────────────────────────────────────────────────────────────────────

    async def ready(self, _: web.Request) -> web.Response:
        """Can work be taken? The database answers; the numbers are for people."""
        try:
            stats = await self.queue.stats()
            pauses = await self.store.pauses()
        except Exception as error:  # noqa: BLE001  # any failure of the database means: not ready
            return web.json_response({"ready": False, "error": type(error).__name__}, status=503)
        queue = {"due": stats.due, "later": stats.later, "running": stats.running, "dead": stats.dead}
        body = {"ready": True, "queue": queue, "lag_seconds": round(stats.lag, 1)}
        return web.json_response(body | {"paused": [pause.scope for pause in pauses]})


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
