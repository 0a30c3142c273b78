"""What benchmarks of the running App share: a GitHub with 50 ms per call, `serve` as a process, a sender."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.policy.load import load_default
from bot.sandbox.records import Issue, Repo
from bot.sandbox.seed import demo_world
from bot.sandbox.server import Sandbox
from bot.sandbox.webhooks import sign
from tests.issues import complete

PER_CALL = 0.05  # seconds that every call of GitHub's API takes
PAYLOAD = 12_000  # bytes of a webhook
READY = 30.0  # seconds to wait for a process


class SlowGitHub(Sandbox):
    """The sandbox, with the time that a call over the network takes."""

    async def _over_http(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(PER_CALL)
        return await super()._over_http(request)


@dataclass
class Served:
    """`rfh-bot serve` as a child process."""

    process: subprocess.Popen[bytes]
    url: str
    seconds_to_ready: float

    def resident(self) -> float:
        """Memory in use, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def worked(self) -> int:
        """CPU time used so far, in ticks of 10 ms."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("ascii")
        return sum(map(int, stat.rpartition(")")[2].split()[11:13]))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Stage:
    """A GitHub with the demo's repositories, and where `serve` keeps its files."""

    github: SlowGitHub
    repo: Repo
    folder: Path

    def file(self, count: int) -> list[Issue]:
        """File so many complete issues."""
        return [
            self.github.world.file_issue(
                self.repo, "sam", f"zoekt-indexserver is killed, cluster {n}", complete(), ()
            )
            for n in range(count)
        ]

    def payloads(self, issues: Sequence[Issue]) -> list[bytes]:
        """An `issues.edited` webhook for each of the issues, in GitHub's shape, of about 12 KB."""
        numbers = {issue.number for issue in issues}
        found = []
        for delivery in self.github.hooks.deliveries:
            if delivery.event != "issues" or delivery.action != "opened":
                continue
            data = json.loads(delivery.body)
            if data["issue"]["number"] in numbers:
                data["action"], data["changes"] = "edited", {}
                data["padding"] = "x" * max(0, PAYLOAD - len(delivery.body))
                found.append(json.dumps(data).encode())
        return found

    async def serve(self, name: str = "app", **environment: str) -> Served:
        """Start `serve` on a database of its own name, and wait until it is ready."""
        port = free_port()
        key = self.folder / "key.pem"
        key.write_text(self.github.private_key_pem, "ascii")
        settings = {
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_APP_ID": str(self.github.app_id),
            "GITHUB_PRIVATE_KEY_FILE": str(key),
            "GITHUB_WEBHOOK_SECRET": self.github.secret,
            "RFH_BOT_DATABASE_URL": f"sqlite:///{self.folder}/{name}.sqlite3",
            "RFH_BOT_MEMORY_KEY": "benchmark" * 8,
            "RFH_BOT_LOG": "warning",
            "PORT": str(port),
            **environment,
        }
        began = time.perf_counter()
        process = subprocess.Popen(  # noqa: ASYNC220  # starting it takes no time that matters
            [sys.executable, "-m", "bot", "serve"], env={**os.environ, **settings}, stdout=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{port}"
        await answering(f"{url}/readyz", process)
        return Served(process, url, time.perf_counter() - began)


@contextlib.asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """A fresh GitHub. Webhooks go nowhere until `github.use_webhook`."""
    github = SlowGitHub()
    demo = demo_world(github, load_default())
    async with github:
        yield Stage(github, demo.customer, folder)


@contextlib.contextmanager
def bare(folder: Path, secret: str) -> Iterator[str]:
    """The bare endpoint as a child process; gives its URL."""
    process = subprocess.Popen(  # our own program
        [sys.executable, "-m", "benchmarks._bare", f"sqlite:///{folder}/bare.sqlite3"],
        env={**os.environ, "GITHUB_WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


async def answering(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `url` answers 200. Raises RuntimeError when the process ends or does not get there."""
    until = time.perf_counter() + READY
    async with aiohttp.ClientSession() as session:
        while time.perf_counter() < until:
            if process.poll() is not None:
                raise RuntimeError(f"the process ended with {process.returncode}")
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.01)
    raise RuntimeError("not ready in time")


class Sender:
    """Sends signed webhooks, and says how long each took to be acknowledged."""

    def __init__(self, session: aiohttp.ClientSession, url: str, secret: str) -> None:
        self._session, self._url, self._secret = session, f"{url}/webhook", secret
        self._signed: dict[bytes, str] = {}

    async def send(self, body: bytes, event: str = "issues") -> float:
        """One delivery with its own GUID; seconds until its 202. Raises RuntimeError on any other answer."""
        signature = self._signed.get(body) or self._signed.setdefault(body, sign(self._secret, body))
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": event,
            "X-Hub-Signature-256": signature,
        }
        began = time.perf_counter()
        async with self._session.post(self._url, data=body, headers=headers) as response:
            if response.status != 202:
                raise RuntimeError(f"the webhook was answered with {response.status}")
        return time.perf_counter() - began

    async def paced(self, bodies: Sequence[bytes], count: int, per_second: float) -> list[float]:
        """So many deliveries, evenly spaced whatever the answers take; seconds of each."""
        began = time.perf_counter()
        tasks = []
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / per_second - time.perf_counter()))
                tasks.append(group.create_task(self.send(bodies[number % len(bodies)])))
        return [task.result() for task in tasks]

    async def flat_out(self, bodies: Sequence[bytes], count: int, at_once: int) -> float:
        """Deliveries a second when as many as possible are sent, `at_once` under way."""
        numbers = iter(range(count))

        async def one() -> None:
            for number in numbers:
                await self.send(bodies[number % len(bodies)])

        began = time.perf_counter()
        await asyncio.gather(*(one() for _ in range(at_once)))
        return count / (time.perf_counter() - began)


@contextlib.asynccontextmanager
async def sender(url: str, secret: str) -> AsyncIterator[Sender]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield Sender(session, url, secret)


async def until(true: Callable[[], object], every: float, most: float = 600.0) -> None:
    """Look every so many seconds until it is so. Raises TimeoutError after `most` seconds."""
    async with asyncio.timeout(most):
        while not true():  # noqa: ASYNC110  # what is waited for is another process's work
            await asyncio.sleep(every)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
