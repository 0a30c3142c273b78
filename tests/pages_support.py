"""The pages of a running App beside a sandbox GitHub, over HTTP on loopback, and a browser without script."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from sandbox_client import TurnedClock
from yarl import URL

from bot.app import _web, build, connector
from bot.db import open_database
from bot.front import gate_of, pages
from bot.model import Actor
from bot.pages.signin import CALLBACK, START
from bot.policy.load import load_default
from bot.rules.figures.facts import Facts
from bot.sandbox import Sandbox
from bot.sandbox.seed import Demo, demo_world
from bot.settings import Settings
from bot.work import Bot
from bot.worker import Worker

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)  # a Wednesday
PAGE = {"Accept": "text/html"}


@dataclasses.dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")


class House:
    """`browser` keeps cookies; `get` and `post` never follow a redirect by themselves."""

    def __init__(
        self, github: Sandbox, demo: Demo, bot: Bot, app: web.Application, clock: TurnedClock
    ) -> None:
        self.github, self.demo, self.bot, self.app, self.clock = github, demo, bot, app, clock
        self.url = ""
        self.browser: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Answer:
        """A page, as a browser asks for it."""
        return await self.send("GET", path, headers=PAGE | headers)

    async def post(self, path: str, origin: str | None = None, **form: str) -> Answer:
        return await self.send("POST", path, {"Origin": self.url if origin is None else origin}, form)

    async def send(
        self, method: str, path: str, headers: dict[str, str], form: dict[str, str] | None = None
    ) -> Answer:
        url = URL(path) if path.startswith("http") else URL(self.url + path)
        async with self.browser.request(
            method, url, headers=headers, data=form, allow_redirects=False
        ) as response:
            return Answer(response.status, await response.text(), dict(response.headers))

    async def choose(self, login: str, back: str = "/") -> str:
        """At the sandbox's sign-in; gives the address it leads back to."""
        gone = await self.get(str(URL(START).with_query(back=back)))
        chosen = await self.get(str(URL(gone.location).update_query(login=login)))
        return chosen.location

    async def sign_in(self, login: str, back: str = "/") -> Answer:
        """The whole way; the answer to the callback."""
        return await self.get(await self.choose(login, back))

    async def keep(self, facts: Sequence[Facts]) -> None:
        """What a backfill would have kept."""
        await self.bot.facts.save(facts)

    def person(self, login: str) -> Actor:
        return Actor(login, self.demo.people[login].id)


@contextlib.asynccontextmanager
async def house(*, repos: tuple[str, ...] = (), url: str = "") -> AsyncIterator[House]:
    """A sandbox with the demo's people, and the App's routes over an empty database."""
    clock = TurnedClock(NOW)
    async with contextlib.AsyncExitStack() as stack:
        github = await stack.enter_async_context(Sandbox(clock=clock, wall=lambda: clock().timestamp()))
        demo = demo_world(github, load_default())
        settings = Settings(
            app_id=str(github.app_id),
            private_key=github.private_key_pem,
            webhook_secrets=(github.secret.encode(),),
            api_url=github.api_url,
            repos=repos,
            client_id=github.access.app.client_id,
            client_secret=github.oauth.client_secret,
            url=url,
        )
        db = open_database("sqlite://", clock=clock)
        stack.push_async_callback(db.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        connect = connector(settings, session, clock, None)
        bot = build(settings, db, connect, now=clock)
        stack.push_async_callback(bot.queue.close)
        gate = gate_of(settings, session, connect)
        assert gate is not None
        app = _web(bot, Worker(bot.queue, bot.handlers), pages(bot, gate))
        server = TestServer(app)
        await server.start_server()
        stack.push_async_callback(server.close)
        here = House(github, demo, bot, app, clock)
        here.url = bot.url = f"http://127.0.0.1:{server.port}"
        github.oauth.callback_url = f"{url or here.url}{CALLBACK}"
        # Cookies of an address, not of a name.
        here.browser = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        )
        yield here
