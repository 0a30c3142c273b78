"""The sandbox as one object: the world, the API over it, webhooks out of it, and an HTTP server on loopback.

    async with Sandbox(webhook_url="http://127.0.0.1:8080/webhook", secret="…") as gh:
        repo = gh.world.create_repo("sourcegraph/customer")
        ...            # GITHUB_API_URL = gh.api_url

Without a socket, for virtual time: ``Sandbox(deliver=app_handler)``, then `request` instead of HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from yarl import URL

from bot.sandbox.access import ACTIONS_BOT, ACTIONS_LIMIT, Access, App, Installation, app_key
from bot.sandbox.api import Api, CallLog, Dropped
from bot.sandbox.faults import Faults
from bot.sandbox.ground import Clock, Happened, Who
from bot.sandbox.http import Reply, Request
from bot.sandbox.limits import Limits
from bot.sandbox.manifest import Manifests, Registration
from bot.sandbox.oauth import OAuth, SignIn
from bot.sandbox.page import Page
from bot.sandbox.records import Repo
from bot.sandbox.rest import Bases
from bot.sandbox.rest_app import routes
from bot.sandbox.views import Views
from bot.sandbox.webhooks import Deliver, Hooks, over_http
from bot.sandbox.world import World

LOOPBACK = "127.0.0.1"
API_PREFIX, GRAPHQL_PATH = "/api/v3", "/api/graphql"  # as on GitHub Enterprise Server
MAX_REQUEST = 26 * 1024 * 1024
_PUBLIC_HEADERS = {"x-github-media-type": "github.v3; format=json"}


def utc_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """GitHub, small. `url` is the page's address, `api_url` what GITHUB_API_URL wants."""

    def __init__(
        self,
        *,
        clock: Clock = utc_now,
        webhook_url: str | None = None,
        secret: str = "sandbox-webhook-secret",  # noqa: S107 (guards nothing beyond loopback)
        deliver: Deliver | None = None,
        faults: Faults | None = None,
        app_slug: str = "rfh-bot",
        port: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is the world's time; `wall` is what JWTs are checked by, as clients sign with real time."""
        self.faults = faults or Faults()
        self.secret, self.webhook_url, self._port = secret, webhook_url, port
        self.world = World(clock, remember=timedelta(seconds=self.faults.lag))
        self.access = Access(self._new_app(app_slug), clock, wall)
        self.limits = Limits(clock)
        self.url = "http://sandbox.invalid"
        self.hooks = Hooks(
            self.world, self.access, self.faults, self._views, secret, deliver, webhook_url or ""
        )
        self.world.listeners.append(self.hooks.on_event)
        self.oauth = OAuth(self.access)
        self.manifests = Manifests(self.access, self._app_secrets, self._registered)
        app_routes = (*routes(self.hooks, self.limits), *self.manifests.routes())
        self.api = Api(self.world, self.access, self.limits, self.faults, self._bases, app_routes)
        self._pages: list[tuple[str, str, Callable[[web.Application], None]]] = []
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    def add_page(self, address: str, name: str, add_to: Callable[[web.Application], None]) -> None:
        """Before the start: serve a further page, linked from the header."""
        self._pages.append((address, name, add_to))

    def _new_app(self, slug: str) -> App:
        bot = self.world.add_account(f"{slug}[bot]", "Bot")
        owner = self.world.add_account("sandbox-owner", "Organization")
        pem, public = app_key()
        return App(1_000_001, slug, "Iv23sandbox0000000001", bot, owner, pem, public, self.world.now())

    def _app_secrets(self) -> Mapping[str, str]:
        return {"webhook_secret": self.secret, "client_secret": self.oauth.client_secret}

    def _registered(self, manifest: Mapping[str, Any]) -> None:
        """The App was registered from a manifest: its webhooks go where that says."""
        self.hooks.url = manifest["hook_attributes"]["url"]
        if self._session is not None:
            self.use_webhook(self.hooks.url)

    def _bases(self) -> Bases:
        return Bases(self.api_url, self.url)

    def _views(self) -> Views:
        return Views(self.world.state, self.api_url, self.url)

    @property
    def api_url(self) -> str:
        return f"{self.url}{API_PREFIX}"

    @property
    def graphql_url(self) -> str:
        return f"{self.url}{GRAPHQL_PATH}"

    @property
    def app_id(self) -> int:
        return self.access.app.id

    @property
    def private_key_pem(self) -> str:
        return self.access.app.private_key_pem

    @property
    def bot_login(self) -> str:
        """The App's login as REST and webhooks show it, with ``[bot]``."""
        return self.access.app.bot.login

    @property
    def calls(self) -> CallLog:
        """What was asked of the API: `.writes`, `.reads`, `.mutations`, `.clear()`."""
        return self.api.log

    def install(self, owner: Who, **narrowed: object) -> Installation:
        """Install the App on an account; `permissions` and `repo_ids` narrow what it gets. Tells the App."""
        account = self.world.who(owner)
        ident = 61_000_001 + len(self.access.installations)
        installation = self.access.install(account, ident, **narrowed)
        self._tell_installation("created", installation)
        return installation

    def suspend(self, installation: Installation, *, suspended: bool = True) -> None:
        """Suspend (or wake) the App on an account: tokens answer 403, webhooks stop."""
        installation.suspended_at = self.world.now() if suspended else None
        self._tell_installation("suspend" if suspended else "unsuspend", installation)

    def uninstall(self, installation: Installation) -> None:
        self._tell_installation("deleted", installation)
        del self.access.installations[installation.id]

    def _tell_installation(self, action: str, installation: Installation) -> None:
        repos = [repo for repo in self.world.state.repos.values() if installation.reaches(repo)]
        shapes = [
            {"id": r.id, "node_id": r.node_id, "name": r.name, "full_name": r.full_name, "private": r.private}
            for r in repos
        ]
        extra = {"installation_id": installation.id, "repositories": shapes, "requester": None}
        self.hooks.on_event(Happened("installation", action, installation.account, extra=extra))

    def set_lag(self, seconds: float) -> None:
        """From now on reads show the world as it was up to `seconds` ago; 0 ends it."""
        self.faults.lag = seconds
        self.world.remember = timedelta(seconds=seconds)
        self.world.changed()

    def token_for(self, who: Who) -> str:
        """A token with which a person calls the API."""
        return self.access.person_token(self.world.who(who))

    def installation_token(self, installation: Installation) -> str:
        """A full token of an installation, without the exchange."""
        return self.access.mint(installation, {}, self.world.state)[0]

    def workflow_token(self, repo: Repo, permissions: Mapping[str, str]) -> str:
        """The GITHUB_TOKEN of a workflow's job in `repo`, which acts as github-actions[bot]."""
        login, ident = ACTIONS_BOT
        bot = self.world.state.account(login) or self.world.add_account(login, "Bot", ident)
        token, name = self.access.workflow_token(repo, bot, permissions)
        self.limits.of_caller[name] = ACTIONS_LIMIT
        return token

    async def settle(self) -> None:
        """Wait until every webhook under way was answered."""
        await self.hooks.settle()

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One API request without a socket, in the shape of gidgethub's `_request`; may raise OSError."""
        target = URL(url)
        path = target.raw_path
        reply = await self.api.handle(
            Request.of(method, _below_api(path), target.raw_query_string, headers, body)
        )
        return reply.status, _headers(reply), reply.encoded()

    # ── over HTTP ─────────────────────────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        if self.hooks.deliver is None and self.webhook_url is not None:
            self.hooks.deliver = over_http(self._session, self.webhook_url)
        self._runner = web.AppRunner(self._web_app(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self._port)
        await site.start()
        self.url = f"http://{LOOPBACK}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hooks.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def use_webhook(self, url: str) -> None:
        """Send webhooks there from now on: for an App that starts after the sandbox."""
        assert self._session is not None, "start the sandbox first"
        self.webhook_url = self.hooks.url = url
        self.hooks.deliver = over_http(self._session, url)

    def _web_app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_REQUEST)
        page = Page(self.world, self.hooks, self.calls)
        page.links = [(address, name) for address, name, _ in self._pages]
        page.add_to(app)
        SignIn(self.world, self.hooks, self.oauth).add_to(app)
        Registration(self.world, self.hooks).of(self.manifests, self.install).add_to(app)
        for _, _, add_to in self._pages:
            add_to(app)
        app.router.add_route("*", f"{API_PREFIX}{{tail:/.*}}", self._over_http)
        app.router.add_route("POST", GRAPHQL_PATH, self._over_http)
        return app

    async def _over_http(self, request: web.Request) -> web.StreamResponse:
        asked = Request.of(
            request.method,
            _below_api(request.rel_url.raw_path),
            request.rel_url.raw_query_string,
            request.headers,
            await request.read(),
        )
        try:
            reply = await self.api.handle(asked)
        except Dropped:
            if request.transport is not None:
                request.transport.abort()
            raise web.HTTPInternalServerError from None  # goes nowhere: the connection is gone
        return web.Response(status=reply.status, body=reply.encoded(), headers=_headers(reply))


def _below_api(path: str) -> str:
    return "/graphql" if path == GRAPHQL_PATH else path.removeprefix(API_PREFIX)


def _headers(reply: Reply) -> dict[str, str]:
    headers = {**_PUBLIC_HEADERS, **reply.headers}
    if reply.data is not None:
        headers["content-type"] = "application/json; charset=utf-8"
    return headers
