"""How fast the queue accepts and hands out, on each database, with every commit on the disk.

    python -m benchmarks.queue [--runs 5]

Medians of several runs. Postgres is a throw-away cluster of the installed server (fsync on), and is left out
when there is none.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count

from rich.console import Console
from rich.table import Table

from bot import tables
from bot.db import Database, open_database
from bot.queue import Queue
from tests.databases import postgres_cluster, postgres_programs

FLAT_OUT = 3000  # events, 200 of them at a time
AT_ONCE = 200
PACED = 250  # events at 50 a second
JOBS = 1000  # keys of 20 ms of work each, 32 at a time

Accept = Callable[[str], Awaitable[None]]


@dataclass
class Figures:
    """One run on one database. Times in milliseconds."""

    accepted: float = 0.0  # a second
    p50: float = 0.0
    p99: float = 0.0
    start50: float = 0.0
    start99: float = 0.0
    jobs: float = 0.0  # a second


def percentile(values: list[float], part: float) -> float:
    """The value below which `part` of them lie, in milliseconds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1000


async def flat_out(accept: Accept) -> float:
    """Accepted events a second when as many as possible come in."""
    numbers = iter(range(FLAT_OUT))

    async def sender() -> None:
        for number in numbers:
            await accept(f"flat/out#{number + 1}")

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(AT_ONCE)))
    return FLAT_OUT / (time.perf_counter() - began)


async def paced(queue: Queue) -> tuple[list[float], list[float]]:
    """Seconds until each of 50 events a second is accepted, and from there until its run starts."""
    accepted: dict[str, float] = {}
    taking: list[float] = []
    starting: list[float] = []

    async def send(key: str) -> None:
        began = time.perf_counter()
        accepted[key] = began
        await queue.accept(key)
        taking.append(time.perf_counter() - began)

    async def work() -> None:
        while len(starting) < PACED:
            claim = await queue.claim()
            if claim is None:
                await queue.wait()
                continue
            starting.append(time.perf_counter() - accepted[claim.key])
            await queue.finish(claim, None)

    worker = asyncio.create_task(work())
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(PACED):
            await asyncio.sleep(max(0.0, began + number / 50 - time.perf_counter()))
            group.create_task(send(f"paced/events#{number + 1}"))
    await worker
    return taking, starting


async def jobs(queue: Queue) -> float:
    """Keys a second with 20 ms of work each, 32 at a time."""
    await asyncio.gather(*(queue.accept(f"some/work#{number + 1}") for number in range(JOBS)))
    done = count(1)
    finished = asyncio.Event()

    async def work() -> None:
        while (claim := await queue.claim()) is not None:
            await asyncio.sleep(0.02)
            await queue.finish(claim, None)
            if next(done) == JOBS:
                finished.set()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(32)))
    assert finished.is_set()
    return JOBS / (time.perf_counter() - began)


async def empty(db: Database) -> None:
    await db.run(lambda c: c.execute(tables.due.delete()))


async def measure(url: str) -> Figures:
    """One run of everything."""
    db = open_database(url)
    queue = Queue(db)
    await asyncio.gather(*(queue.accept(f"warm/up#{number + 1}") for number in range(100)))
    await empty(db)
    accepted = await flat_out(queue.accept)
    await empty(db)
    taking, starting = await paced(queue)
    await empty(db)
    per_second = await jobs(queue)
    await empty(db)
    await queue.close()
    await db.close()
    return Figures(
        accepted,
        percentile(taking, 0.5),
        percentile(taking, 0.99),
        percentile(starting, 0.5),
        percentile(starting, 0.99),
        per_second,
    )


@contextlib.contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A URL for each database there is."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        urls = {"SQLite": f"sqlite:///{folder}/queue.sqlite3"}
        programs = postgres_programs()
        if programs is not None:
            urls["Postgres"] = stack.enter_context(postgres_cluster(programs, durable=True))
        yield urls


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    table = Table(title=f"medians of {options.runs} runs")
    headings = ("", "accepted/s", "accept p50", "p99", "to start p50", "p99 ms", "20 ms jobs/s")
    for heading in headings:
        table.add_column(heading, justify="right")
    with databases() as urls:
        for name, url in urls.items():
            figures = [asyncio.run(measure(url)) for _ in range(options.runs)]
            medians = {
                field: statistics.median(getattr(run, field) for run in figures)
                for field in Figures.__dataclass_fields__
            }
            table.add_row(
                name,
                f"{medians['accepted']:.0f}",
                f"{medians['p50']:.1f}",
                f"{medians['p99']:.1f}",
                f"{medians['start50']:.1f}",
                f"{medians['start99']:.1f}",
                f"{medians['jobs']:.0f}",
            )
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
