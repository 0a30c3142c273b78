"""Several machines on one: real `serve` processes on one Postgres, one address before them, GitHub, Slack."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, web
from slack_support import SECRET, slack_double

from bot.db import utc_now
from bot.memory import is_card
from bot.policy.load import load_default
from bot.sandbox.records import Comment, Issue
from bot.sandbox.seed import demo_world
from bot.sandbox.server import LOOPBACK, Sandbox
from bot.sandbox.slack import SlackDouble

ROOT = Path(__file__).parents[1]
OnAnswer = Callable[[bytes], Awaitable[None]]


class Watched(Sandbox):
    """The sandbox, which tells the test of each request before its answer goes out."""

    on_answer: OnAnswer | None = None

    async def _over_http(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        answer = await super()._over_http(request)
        if self.on_answer is not None:
            await self.on_answer(body)
        return answer


@dataclass
class Front:
    """One address for all replicas: each connection goes to the next one that takes it."""

    ports: list[int]
    _turn: itertools.cycle[int] = field(init=False)

    def __post_init__(self) -> None:
        self._turn = itertools.cycle(range(len(self.ports)))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self.ports:
            try:
                upstream = await asyncio.open_connection(LOOPBACK, self.ports[next(self._turn)])
            except OSError:
                continue
            await asyncio.gather(_pump(reader, upstream[1]), _pump(upstream[0], writer))
            return
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@dataclass
class Fleet:
    """Everything joined. `posts`: when each of Slack's messages came; `deaths`: when a replica was killed."""

    github: Watched
    slack: SlackDouble
    environment: dict[str, str]
    ports: list[int]
    logs: Path
    replicas: dict[int, asyncio.subprocess.Process] = field(default_factory=dict)
    started: int = 0
    posts: list[float] = field(default_factory=list)
    deaths: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.demo = demo_world(self.github, load_default())

    # ── processes ───────────────────────────────────────────────────────────────────────────

    async def start(self, number: int) -> asyncio.subprocess.Process:
        """Start replica `number`; it may be a while until it listens."""
        self.started += 1
        environment = self.environment | {"PORT": str(self.ports[number])}
        with (self.logs / f"{number}.log").open("ab") as log:
            self.replicas[number] = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "tests/replica.py"), env=environment, stdout=log, stderr=log
            )
        return self.replicas[number]

    async def kill(self, number: int) -> None:
        """As a machine dies: nothing is tidied up."""
        self.deaths.append(asyncio.get_running_loop().time())
        self.replicas[number].kill()
        await self.replicas[number].wait()

    async def ready(self, number: int) -> None:
        """Wait until a replica takes work."""

        async def answers() -> bool:
            with contextlib.suppress(OSError):
                url = f"http://{LOOPBACK}:{self.ports[number]}/readyz"
                async with ClientSession() as session, session.get(url) as answer:
                    return answer.status == 200
            return False

        await until(answers, 30)

    def log(self, number: int) -> list[str]:
        """What a replica logged: the message of each line."""
        text = (self.logs / f"{number}.log").read_text("utf-8")
        return [json.loads(line)["msg"] for line in text.splitlines() if line.startswith("{")]

    async def stop(self) -> None:
        for process in self.replicas.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.kill()
            await process.wait()

    # ── the world ───────────────────────────────────────────────────────────────────────────

    def file(self, title: str, body: str) -> Issue:
        return self.github.world.file_issue(self.demo.customer, "sam", title, body)

    def comment(self, issue: Issue, text: str, by: str) -> Comment:
        return self.github.world.comment(issue, by, text)

    def ours(self, issue: Issue) -> list[str]:
        """The bot's comments on an issue."""
        bot = self.github.access.app.bot.id
        return [c.body for c in self.github.world.comments(issue) if c.author_id == bot]

    def cards(self, issue: Issue) -> int:
        return sum(map(is_card, self.ours(issue)))

    def cards_ever(self, issue: Issue) -> int:
        """Cards that were created, those that were deleted later included."""
        created = [
            json.loads(one.body)
            for one in {d.guid: d for d in self.github.hooks.deliveries}.values()
            if (one.event, one.action) == ("issue_comment", "created")
        ]
        return sum(
            is_card(one["comment"]["body"]) for one in created if one["issue"]["number"] == issue.number
        )

    def reacted(self, comment: Comment) -> bool:
        return bool(self.github.world.state.comments[comment.id].reactions)

    async def _slack(self, request: web.Request) -> web.Response:
        """Slack over HTTP."""
        method = request.match_info["method"]
        values = await request.json() if request.method == "POST" else dict(request.query)
        status, headers, data = self.slack.call(method, values)
        if method == "chat.postMessage":
            self.posts.append(asyncio.get_running_loop().time())
        return web.json_response(data, status=status, headers=headers)


async def until(what: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Wait until it holds; TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await what():  # noqa: ASYNC110  # it happens in other processes: nobody could set an event
            await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def fleet(database_url: str, logs: Path, replicas: int = 2) -> AsyncIterator[Fleet]:
    """GitHub, Slack, the front and the environment for the replicas; none is started yet."""
    async with contextlib.AsyncExitStack() as stack:
        github = await stack.enter_async_context(Watched())
        ports = [await _free_port() for _ in range(replicas)]
        found = Fleet(github, slack_double(load_default(), utc_now), {}, ports, logs)
        slack = web.Application()
        slack.router.add_route("*", "/api/{method}", found._slack)
        runner = web.AppRunner(slack, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, LOOPBACK, 0).start()
        front = await asyncio.start_server(Front(ports).serve, LOOPBACK, 0)
        stack.callback(front.close)
        github.use_webhook(f"http://{LOOPBACK}:{front.sockets[0].getsockname()[1]}/webhook")
        found.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "GITHUB_API_URL": github.api_url,
            "GITHUB_APP_ID": str(github.app_id),
            "GITHUB_PRIVATE_KEY": github.private_key_pem,
            "GITHUB_WEBHOOK_SECRET": github.secret,
            "RFH_BOT_DATABASE_URL": database_url,
            "RFH_BOT_MEMORY_KEY": "k" * 32,
            "SLACK_BOT_TOKEN": "xoxb-test",
            "SLACK_SIGNING_SECRET": SECRET.decode(),
            "SLACK_API_URL": f"http://{LOOPBACK}:{runner.addresses[0][1]}/api/",
        }
        stack.push_async_callback(found.stop)
        yield found


async def _free_port() -> int:
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port
