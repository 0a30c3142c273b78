"""The running App, as a process, against a GitHub whose every call takes 50 ms.

    python -m benchmarks.serving [--only ack flat first crash memory start] [--runs 3]

Each figure stands beside its goal; ratios are to a bare endpoint (benchmarks/_bare.py) in the same run. The
sandbox GitHub and the sender share the other core, so the App's figures hold for one core of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks._stage import Served, Stage, bare, sender, stage, until
from bot.memory import is_card
from bot.sandbox.records import Issue

Row = tuple[str, str, str]
"""What was measured, the figure, the goal."""
KNOWN = 100  # issues that events are about


async def ack(here: Stage, runs: int) -> list[Row]:
    """How long an acknowledgement takes at 50 webhooks of 12 KB a second, the work done beside it."""
    bodies = await settled(here)
    ours, theirs = [], []
    for number in range(runs):
        with bare(here.folder / str(number), here.github.secret) as url:
            theirs.append(await paced(url, here, bodies))
        app = await here.serve(f"ack{number}")
        ours.append(await paced(app.url, here, bodies))
        app.kill()
    middle, slowest = (median_of(ours, part) for part in (0.5, 0.99))
    bare_slowest = median_of(theirs, 0.99)
    return [
        ("acknowledged, p50 at 50/s", f"{middle:.1f} ms (bare {median_of(theirs, 0.5):.1f})", ""),
        ("acknowledged, p99 at 50/s", f"{slowest:.1f} ms (bare {bare_slowest:.1f})", ""),
        ("p99 to the bare endpoint's", f"{slowest / bare_slowest:.1f} ×", "≤ 2 ×"),
    ]


async def flat(here: Stage, runs: int) -> list[Row]:
    """Accepted webhooks a second, as many as possible."""
    bodies = await settled(here)
    ours, theirs = [], []
    for number in range(runs):
        with bare(here.folder / str(number), here.github.secret) as url:
            async with sender(url, here.github.secret) as one:
                await one.flat_out(bodies, 500, 64)
                theirs.append(await one.flat_out(bodies, 3000, 64))
        app = await here.serve(f"flat{number}")
        async with sender(app.url, here.github.secret) as one:
            await one.flat_out(bodies, 500, 64)
            ours.append(await one.flat_out(bodies, 3000, 64))
        app.kill()
    here_, there = statistics.median(ours), statistics.median(theirs)
    return [("accepted/s, flat out", f"{here_:.0f} (bare {there:.0f}): {here_ / there:.2f} ×", "≥ 0.5 ×")]


async def first(here: Stage, runs: int) -> list[Row]:
    """From an issue's first event to its labels and card."""
    app = await here.serve("first")
    here.github.use_webhook(f"{app.url}/webhook")
    took = []
    for _ in range(10 * runs):
        began = time.perf_counter()
        issue = here.file(1)[0]
        await until(partial(cards, here, issue), 0.001)
        took.append((time.perf_counter() - began) * 1000)
    app.kill()
    return [("event → labels and card, median", f"{statistics.median(took[1:]):.0f} ms", "≤ 250 ms")]


async def crash(here: Stage, _: int) -> list[Row]:
    """500 events on 50 issues, kill -9 in the middle of the work, start again."""
    app = await here.serve("crash")
    here.github.use_webhook(f"{app.url}/webhook")
    issues = here.file(50)
    for number in range(450):
        here.github.world.comment(issues[number % 50], "sam", f"More about it, part {number}")
    await until(lambda: sum(bool(cards(here, issue)) for issue in issues) >= 15, 0.01)
    app.kill()
    await here.github.settle()
    app = await here.serve("crash")
    here.github.use_webhook(f"{app.url}/webhook")
    with contextlib.suppress(TimeoutError):  # then some are lost
        await until(lambda: all(cards(here, issue) for issue in issues), 0.1, most=300)
    await asyncio.sleep(20)  # for what would come twice
    app.kill()
    counts = [len(cards(here, issue)) for issue in issues]
    lost, twice = counts.count(0), sum(count > 1 for count in counts)
    return [("500 events, kill -9 in the middle", f"{lost} lost, {twice} twice", "0, 0")]


async def memory(here: Stage, _: int) -> list[Row]:
    """Memory after 1,000 and after 10,000 events."""
    bodies = await settled(here)
    app = await here.serve("memory")
    found = []
    async with sender(app.url, here.github.secret) as one:
        for count in (1000, 9000):
            await one.paced(bodies, count, 150)
            await idle(app)
            found.append(app.resident())
    app.kill()
    return [
        ("memory of serve after 10,000 events", f"{found[1]:.0f} MB", "≤ 120 MB"),
        ("and since the first 1,000", f"{found[1] - found[0]:+.0f} MB", "flat"),
    ]


async def start(here: Stage, runs: int) -> list[Row]:
    """From start to ready, and the command line's help."""
    ready, help_ = [], []
    for number in range(2 * runs + 1):
        app = await here.serve(f"start{number}")
        ready.append(app.seconds_to_ready)
        app.kill()
        began = time.perf_counter()
        command = [str(Path(sys.executable).with_name("rfh-bot")), "--help"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: ASYNC221  # nothing else runs
        help_.append(time.perf_counter() - began)
    return [
        ("start to ready", f"{statistics.median(ready):.2f} s", "≤ 1 s"),
        ("rfh-bot --help", f"{statistics.median(help_):.2f} s", "≤ 0.3 s"),
    ]


async def settled(here: Stage) -> list[bytes]:
    """Webhooks about issues of which one in five has its card already, and the others are not the bot's."""
    app = await here.serve("settled")
    here.github.use_webhook(f"{app.url}/webhook")
    issues = here.file(KNOWN // 5)
    await until(lambda: all(cards(here, issue) for issue in issues), 0.1)
    await asyncio.sleep(15)
    app.kill()
    here.github.hooks.deliver = None
    world = here.github.world
    issues += [world.file_issue(here.repo, "sam", f"Note {n}", "A note.", ()) for n in range(KNOWN * 4 // 5)]
    return here.payloads(issues)


async def paced(url: str, here: Stage, bodies: Sequence[bytes]) -> list[float]:
    """Seconds of each acknowledgement at 50 a second, after a moment to warm up."""
    async with sender(url, here.github.secret) as one:
        await one.paced(bodies, 200, 50)
        return await one.paced(bodies, 1000, 50)


async def idle(app: Served) -> None:
    """Wait until the process does nothing: its CPU time stands still."""
    before = -100
    while app.worked() - before >= 5:
        before = app.worked()
        await asyncio.sleep(2)


def cards(here: Stage, issue: Issue) -> list[int]:
    """The bot's cards on an issue."""
    return [
        c.id
        for c in here.github.world.comments(issue)
        if c.author_id == here.github.access.app.bot.id and is_card(c.body)
    ]


def median_of(runs: Sequence[Sequence[float]], part: float) -> float:
    """The median over runs of the value below which `part` of a run lies, in milliseconds."""
    return statistics.median(sorted(run)[int(len(run) * part)] * 1000 for run in runs)


PARTS: dict[str, Callable[[Stage, int], Awaitable[list[Row]]]] = {
    "start": start, "first": first, "ack": ack, "flat": flat, "crash": crash, "memory": memory,
}  # fmt: skip


async def measure(name: str, runs: int) -> list[Row]:
    """One part, on a GitHub and in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(runs):
            (Path(folder) / str(number)).mkdir()
        async with stage(Path(folder)) as here:
            return await PARTS[name](here, runs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    table = Table("", "measured", "goal", title=f"rfh-bot serve, {options.runs} runs")
    console = Console(width=110)
    with Progress(console=console, transient=True) as progress:
        for name in progress.track(options.only, description="Measuring"):
            for row in asyncio.run(measure(name, options.runs)):
                table.add_row(*row)
    console.print(table)


if __name__ == "__main__":
    main()
