"""What one look at an issue costs: CPU of a whole reconcile, and of its parts.

    python -m benchmarks.reconcile [--rounds 300]

An issue of 3 KB with its card and ten comments, that needs nothing: GitHub's answers are recorded once and
replayed, so the figure is ours alone: request, parsing, decide, plan.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from bot.app import build
from bot.db import open_database
from bot.github.client import GitHub, TokenSource
from bot.github.pool import Pool
from bot.logs import set_up
from bot.model import IssueKey
from bot.policy.load import load_default
from bot.sandbox.seed import demo_world
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from tests.issues import complete

BODY = 3000  # characters
COMMENTS = 10


class Replayed(GitHub):
    """The client; what was asked before is answered as it was then, without GitHub's work."""

    sandbox: Sandbox
    answers: dict[tuple[str, str, bytes], tuple[int, Mapping[str, str], bytes]]
    replaying: list[bool]

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        asked = (method, url, body)
        if not self.replaying or asked not in self.answers:
            self.answers[asked] = await self.sandbox.request(method, url, headers, body)
        return self.answers[asked]


async def measure(rounds: int) -> dict[str, float]:
    """Median CPU time in milliseconds."""
    github, policy = Sandbox(), load_default()
    demo = demo_world(github, policy)
    answers: dict[tuple[str, str, bytes], tuple[int, Mapping[str, str], bytes]] = {}
    replaying: list[bool] = []

    def connect(tokens: TokenSource, pool: Pool) -> GitHub:
        client = Replayed(None, tokens, pool=pool, api_url=github.api_url)  # type: ignore[arg-type]
        client.sandbox, client.answers, client.replaying = github, answers, replaying
        return client

    settings = Settings(str(github.app_id), github.private_key_pem, (b"secret",), api_url=github.api_url)
    settings = replace(settings, memory_key=b"benchmark" * 8)
    db = open_database("sqlite://")
    bot = build(settings, db, connect)
    body = complete(Steps="index the monorepo, then watch zoekt-indexserver ".ljust(BODY - 700, "."))
    issue = github.world.file_issue(demo.customer, "sam", "zoekt-indexserver is killed", body, ())
    for number in range(COMMENTS):
        text = f"Part {number}: the memory of the pod rises until it is killed, see the graph. " * 3
        github.world.comment(issue, ("sam", "erin")[number % 2], text)
    key = IssueKey(demo.customer.owner, demo.customer.name, issue.number)
    while (await bot.reconciler.reconcile(key)).plan:
        pass
    replaying.append(True)
    result = await bot.reconciler.reconcile(key)
    assert not result.plan, "the issue needs nothing"
    figures = {"reconcile": await median(lambda: bot.reconciler.reconcile(key), rounds)}
    await bot.queue.close()
    await db.close()
    return figures


async def median(work: Callable[[], Awaitable[object]], rounds: int) -> float:
    """Median CPU time of one, in milliseconds; the first fifty warm up."""
    taken = []
    for _ in range(rounds + 50):
        began = time.process_time()
        await work()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken[50:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    set_up("warning")
    figures = asyncio.run(measure(options.rounds))
    table = Table("", "CPU", "goal", title="an issue of 3 KB with ten comments")
    table.add_row("reconcile that writes nothing", f"{figures['reconcile']:.1f} ms", "≤ 5 ms")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
