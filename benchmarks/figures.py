"""How long the figures take at 10,000 issues: reading facts off a snapshot, keeping, loading, measuring.

Run `python -m benchmarks.figures [NUMBER]`; prints medians of CPU time of this process.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks._facts import made_up
from bot.db import open_database
from bot.memory import Seal
from bot.model import Actor, Comment, Issue, IssueKey, Label, LabelEvent, Repository, Snapshot
from bot.policy.load import load_default
from bot.recall import recall
from bot.rules.figures.derive import facts_of
from bot.rules.figures.measure import measure
from bot.rules.figures.period import Period
from bot.rules.figures.tickets import Ticket, Tickets
from bot.rules.rulebook import Rulebook
from bot.store_figures import FigureStore

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
REPOSITORY = "sourcegraph/customer"
BODY = """\
<!-- rfh-bot:cs-new-issue -->
**Kind:** Request for help

**What do you need from engineering?** Find out why zoekt-indexserver is killed during indexing.

**Customer:** Northmere

**Zendesk ticket:** https://sourcegraph.zendesk.com/agent/tickets/5051

**Priority:** cs/p2

**Sourcegraph version:** 3.43.2

**Steps to reproduce:** index the monorepo, then watch zoekt-indexserver
"""


def snapshot() -> Snapshot:
    """A request with a dozen comments of both sides."""
    filed = NOW - timedelta(days=9)
    sam, erin = Actor("sam", 1), Actor("erin", 2)
    labels = tuple(Label(f"LA_{name}", name) for name in ("rfh", "cs/p2", "team/search-core"))
    comments = tuple(
        Comment(
            n, f"IC_{n}", (erin, sam)[n % 2], f"Answer {n}: set `cpus: {n}`.", filed + timedelta(hours=9 * n)
        )
        for n in range(1, 13)
    )
    return Snapshot(
        repository=Repository("sourcegraph", "customer", 1, "R_1", private=True),
        issue=Issue(
            7, 7, "I_7", "Indexing is killed", BODY, "OPEN", sam, filed, NOW, labels, url="https://x/7"
        ),
        viewer=Actor("rfh-bot", 9, "Bot"),
        comments=comments,
        comments_total=len(comments),
        label_events=tuple(LabelEvent(label, True, sam, filed) for label in labels),
        roster={"search-core": frozenset({"erin"}), "support": frozenset({"sam"})},
    )


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    """Median CPU time of one call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


async def once(work: Callable[[], Awaitable[object]]) -> float:
    start = time.process_time()
    await work()
    return 1000 * (time.process_time() - start)


async def main(number: int) -> None:
    policy = load_default()
    book, seen = Rulebook(policy), snapshot()
    found = recall(seen, Seal(b""))
    key = IssueKey("sourcegraph", "customer", 7)
    took = milliseconds(lambda: facts_of(seen, found, book, None, key, NOW), 50)
    print(f"facts of one issue off its snapshot   {took:8.2f} ms")

    facts = made_up(number, policy, NOW, days=4 * 365)
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(f"sqlite:///{Path(folder)}/facts.sqlite3")
        store = FigureStore(db, b"a key of the benchmark")
        await store.save(facts)
        store = FigureStore(db, b"a key of the benchmark")
        print(f"load {number} facts for the first time  {await once(lambda: store.load(REPOSITORY)):8.0f} ms")
        await asyncio.sleep(12)  # until what was just saved no longer counts as news
        again = statistics.median([await once(lambda: store.load(REPOSITORY)) for _ in range(9)])
        print(f"load them again                       {again:8.2f} ms")
        await store.save([replace(facts[0], title="Another title")])
        print(f"load after one changed                {await once(lambda: store.load(REPOSITORY)):8.2f} ms")
        await db.close()

    listed = tuple(Ticket(n, NOW - timedelta(hours=n / 2), 600.0, True, True) for n in range(20_000))
    tickets = Tickets("made up", listed, Period(NOW - timedelta(days=400), NOW), rated=True)
    for name, days in (("30 days", 30), ("a quarter", 92), ("a year", 365), ("four years", 4 * 365)):
        period = Period.last(days, NOW)
        took = milliseconds(
            lambda period=period: measure(facts, tickets, period, policy, NOW, repository=REPOSITORY), 5
        )
        print(f"measure {name:29} {took:8.0f} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
