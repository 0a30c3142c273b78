"""Two replicas behind one address, on one Postgres: killed at any moment, and frozen past their lease.

Real processes (tests/replica.py shortens what is waited for after a death), real HTTP, SIGKILL and SIGSTOP.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from databases import empty
from issues import COMPLETE
from machines import Fleet, fleet, until
from replica import LEASE

from bot.sandbox.records import Comment, Issue

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
ISSUES, KILLS = 8, 4
GRACE = 2.0  # seconds from Slack's answer until it is surely in the database, on a busy machine


@pytest.fixture
def database(postgres_url: str) -> str:
    empty(postgres_url)
    return postgres_url


async def work(world: Fleet, chance: random.Random) -> list[tuple[Issue, list[Comment]]]:
    """People file issues and ask questions, a little at a time."""
    found = []
    for number in range(ISSUES):
        issue = world.file(f"{TITLE} {number}", COMPLETE)
        await asyncio.sleep(chance.uniform(0.3, 1.0))
        asked = [world.comment(issue, "/why", by="erin")] if number % 2 else []
        found.append((issue, asked))
    return found


async def havoc(world: Fleet, chance: random.Random) -> None:
    """Kill one or the other, and start it again."""
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 1.6))
        number = chance.randrange(2)
        await world.kill(number)
        await world.start(number)


async def test_replicas_that_are_killed_at_any_moment(database: str, tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with fleet(database, tmp_path) as world:
        for number in range(2):
            await world.start(number)
        for number in range(2):
            await world.ready(number)
        began = time.monotonic()
        people = asyncio.create_task(work(world, chance))
        await havoc(world, chance)
        issues = await people
        for number in range(2):
            await world.ready(number)

        async def done() -> bool:
            return all(world.cards(issue) and all(map(world.reacted, asked)) for issue, asked in issues)

        with contextlib.suppress(TimeoutError):  # what is missing is told below
            await until(done, 40 - (time.monotonic() - began))
        await asyncio.sleep(1)  # whoever would write a second one is about to

        assert [] == [issue.number for issue, asked in issues if not all(map(world.reacted, asked))]
        assert [1] * ISSUES == [world.cards(issue) for issue, _ in issues]
        assert [1] * ISSUES == [world.cards_ever(issue) for issue, _ in issues]
        assert [1 + len(asked) for _, asked in issues] == [len(world.ours(issue)) for issue, _ in issues]

        # Slack: at least once, and twice only where a death came between Slack's answer and our record.
        told = [(at, m) for at, m in zip(world.posts, world.slack.messages, strict=True) if not m.thread]
        for issue, _ in issues:
            times = [at for at, m in told if f"customer#{issue.number}>" in m.everything]
            assert times, f"#{issue.number} was not told"
            excused = [at for at in times if any(at <= death <= at + GRACE for death in world.deaths)]
            assert len(times) <= 1 + len(excused), (issue.number, times, world.deaths)

        # GitHub: nothing was refused; a token is minted once a process and use.
        assert [] == [call for call in world.github.calls.calls if call.status in (403, 429)]
        minted = Counter(
            (one.repo_ids, *sorted(one.permissions.items()))
            for one in world.github.access._tokens.values()
            if one.kind == "installation"
        )
        assert 2 <= max(minted.values()) <= world.started


@pytest.mark.parametrize("moment", ["LoadIssue", "Apply"])
async def test_a_replica_frozen_past_its_lease_writes_nothing_when_it_wakes_up(
    database: str, tmp_path: Path, moment: str
) -> None:
    """Frozen when it had read the issue, or when its first write was done and the next would follow."""
    async with fleet(database, tmp_path) as world:
        frozen = await world.start(0)
        await world.ready(0)

        async def freeze(body: bytes) -> None:
            if moment.encode() in body:
                world.github.on_answer = None
                frozen.send_signal(signal.SIGSTOP)

        world.github.on_answer = freeze
        issue = world.file(TITLE, COMPLETE)
        command = world.comment(issue, "/why", by="erin")

        async def is_frozen() -> bool:
            return world.github.on_answer is None

        await until(is_frozen, 20)
        await world.start(1)

        async def taken_over() -> bool:
            return world.reacted(command) and len(world.ours(issue)) == 2

        await until(taken_over, LEASE + 20)
        world.github.calls.clear()
        frozen.send_signal(signal.SIGCONT)

        async def noticed() -> bool:
            return "claim lost" in world.log(0)

        await until(noticed, 10)
        assert [] == world.github.calls.writes
        assert (1, 2) == (world.cards_ever(issue), len(world.ours(issue)))
        assert 1 == len([m for m in world.slack.messages if not m.thread])
