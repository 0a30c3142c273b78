"""How long a page takes the server, by how many requests for help are known.

Run `python -m benchmarks.pages [REQUESTS …]`; the goal is 300 ms at 10,000. The whole App answers over HTTP
on loopback, on SQLite in a file; it has just started and made its overviews (*warm*: how long that took,
beside other work). *First* is the first look at a page, *again* the median of the looks after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import structlog

from benchmarks._facts import made_up
from bot.app import running
from bot.db import open_database
from bot.pages.seal import Seal
from bot.pages.signin import SESSION_LIFE
from bot.policy.load import load_default
from bot.sandbox.seed import demo_world
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from bot.store_figures import FigureStore

PATHS = (
    *("/", "/?days=365", "/requests", "/requests?team=delivery"),
    *("/teams/delivery", "/deliveries", "/playground"),
)
ROUNDS = 30


def now() -> datetime:
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def signed_in(number: int, folder: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A browser that may look at an App which knows so many requests."""
    async with Sandbox() as github:
        demo = demo_world(github, load_default())
        settings = Settings(
            app_id=str(github.app_id),
            private_key=github.private_key_pem,
            webhook_secrets=(b"unused",),
            api_url=github.api_url,
            database_url=f"sqlite:///{folder}/bot.sqlite3",
            client_id=github.access.app.client_id,
            client_secret=secrets.token_hex(20),
            port=0,
        )
        seal = Seal(settings.client_secret, "session", SESSION_LIFE, now)
        cookie = seal.close({"id": demo.people["max"].id, "login": "max"})
        db = open_database(settings.database_url)
        await FigureStore(db).save(made_up(number, load_default(), now()))
        await db.close()
        start = time.perf_counter()
        async with running(settings) as bot:
            await asyncio.wait([task for task in asyncio.all_tasks() if task.get_name() == "pages"])
            print(f"\n{number} requests, warm after {time.perf_counter() - start:.1f} s, {memory():.0f} MB")
            headers = {"Cookie": f"rfh-bot-session={cookie}", "Accept": "text/html"}
            async with aiohttp.ClientSession(headers=headers) as session:
                yield session, bot.url


def memory() -> float:
    """Of this process, which holds the sandbox too, at its highest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def took(session: aiohttp.ClientSession, url: str) -> float:
    """Milliseconds until the whole page is there."""
    start = time.perf_counter()
    async with session.get(url, allow_redirects=False) as response:
        await response.read()
        assert response.status == 200, response.status
    return (time.perf_counter() - start) * 1000


async def measured(number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with signed_in(number, Path(folder)) as (session, url):
            await took(session, f"{url}/deliveries")  # who may look is asked once in five minutes
            print(f"{'ms':<28}{'first':>8}{'again':>10}{'p95':>8}")
            for path in PATHS:
                first = await took(session, url + path)
                again = sorted([await took(session, url + path) for _ in range(ROUNDS)])
                p95 = again[int(0.95 * len(again))]
                print(f"{path:<28}{first:>8.0f}{statistics.median(again):>10.1f}{p95:>8.1f}")


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    for number in map(int, sys.argv[1:] or ("100", "10000")):
        asyncio.run(measured(number))


if __name__ == "__main__":
    main()
