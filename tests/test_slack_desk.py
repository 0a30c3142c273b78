"""The lists in Slack, end to end: said once, whatever is killed, lost or down."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from clock_world import ONE_OFFICE, until
from harness import World
from issues import COMPLETE, complete

from bot.sandbox.records import Issue
from bot.sandbox.slack import Fault, Message
from bot.store_standing import Standings
from bot.worker import Worker

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
CAP = "slack: {cap: 1}\nsupport: {leads: {channel: '#leads', handle: '@leads'}}\n"
LOOK = 6 * 60.0  # seconds, after which the desk has looked


def world(tmp_path: Path, policy: str, *, shadow: bool = False) -> World:
    path = tmp_path / "policy.yml"
    path.write_text(policy)
    w = World(slack=True, policy=path, shadow=shadow)
    assert w.slack is not None
    w.slack.channels["leads"], w.slack.groups["leads"] = "C999", "S999"
    return w


async def filed(w: World, count: int, body: str = COMPLETE) -> list[Issue]:
    issues = [w.file(f"{TITLE} {n}", body) for n in range(count)]
    await w.settle(LOOK)
    return issues


def lists(w: World, channel: str) -> list[Message]:
    """Messages that are about no single issue, without their threads."""
    assert w.slack is not None
    return [m for m in w.slack.channel(channel) if not m.thread and "/issues/" not in m.text]


def shown(message: Message) -> str:
    return "\n".join(block["text"]["text"] for block in message.blocks if "text" in block)


# ── caps ────────────────────────────────────────────────────────────────────────────────────


async def test_leads_are_told_once_of_a_team_above_its_cap_and_again_after_it_was_below(
    tmp_path: Path,
) -> None:
    async with world(tmp_path, CAP) as w:
        await filed(w, 1)
        assert [] == lists(w, "#leads")
        await filed(w, 2)
        (message,) = lists(w, "#leads")
        assert ("S999",) == message.pings
        assert "Search Core has 3 open requests for help* (cap: 1)" in message.text
        assert 3 == shown(message).count("|sourcegraph/customer#")
        assert "northmere" not in message.everything.casefold()
        assert "zoekt" not in message.everything
        await filed(w, 1)
        assert 1 == len(lists(w, "#leads"))
        for issue in list(w.github.world.state.issues.values()):
            w.github.world.close(issue, "sam")
        await w.settle(LOOK)
        await filed(w, 2)
        assert 2 == len(lists(w, "#leads"))
        assert "2 open requests" in lists(w, "#leads")[1].text


@pytest.mark.parametrize(("fault", "expected"), [("5xx", 1), ("rate-limit", 1), ("lost-answer", 2)])
async def test_a_slack_that_fails_is_tried_again(tmp_path: Path, fault: Fault, expected: int) -> None:
    """At least once: an answer that is lost repeats it."""
    async with world(tmp_path, CAP) as w:
        await filed(w, 1)
        w.file(f"{TITLE} again", COMPLETE)
        await w.settle(20)
        assert [] == lists(w, "#leads")
        w.slack.faults += [("chat.postMessage", fault)]
        await w.settle(3 * LOOK)
        assert expected == len(lists(w, "#leads"))


async def test_a_channel_that_is_not_there_yet_is_told_when_it_is(tmp_path: Path) -> None:
    async with world(tmp_path, CAP) as w:
        del w.slack.channels["leads"]
        await filed(w, 2)
        w.slack.channels["leads"] = "C999"
        await w.settle(4 * LOOK)
        assert 1 == len(lists(w, "#leads"))


async def test_a_lost_database_is_filled_again_and_says_it_again(tmp_path: Path) -> None:
    """What was said went with it; a repeated message is the lesser harm."""
    async with world(tmp_path, CAP) as w:
        issues = await filed(w, 2)
        await w.lose_database()
        await w.settle(2 * LOOK)
        standings = await Standings(w.db).all(w.repo.full_name)
        assert len(issues) == len(standings)
        assert 2 == len(lists(w, "#leads"))


async def test_a_restart_says_nothing_again(tmp_path: Path) -> None:
    async with world(tmp_path, CAP) as w:
        await filed(w, 2)
        await w.stop()
        await w.start()
        await w.settle(LOOK)
        assert 1 == len(lists(w, "#leads"))


async def test_shadow_says_nothing(tmp_path: Path) -> None:
    async with world(tmp_path, CAP, shadow=True) as w:
        await filed(w, 3)
        assert [] == w.slack.messages


# ── digests ─────────────────────────────────────────────────────────────────────────────────


async def test_a_digest_comes_each_morning_and_once(tmp_path: Path) -> None:
    """To the team what is due today, the day after what is overdue; nothing when it is closed."""
    async with world(tmp_path, ONE_OFFICE) as w:
        (issue,) = await filed(w, 1)
        await until(w, "2026-11-18 09:29")
        assert [] == lists(w, "#search")
        second = asyncio.create_task(Worker(w.bot.queue, w.bot.handlers).run())  # as another replica
        await until(w, "2026-11-18 12:00")
        (message,) = lists(w, "#search")
        assert "*Search Core and Search Product, 2026-11-18:* 1 due today" == message.text
        assert "customer#1> · cs/p2 · Search Core · due 2026-11-18 15:00 UTC" in shown(message)
        assert () == message.pings
        await until(w, "2026-11-19 10:00")
        assert "1 overdue" in lists(w, "#search")[1].text
        second.cancel()
        w.github.world.close(issue, "sam")
        await w.settle()
        await until(w, "2026-11-20 12:00")
        assert 2 == len(lists(w, "#search"))


async def test_what_waits_for_support_or_has_no_team_is_said_where_support_works(tmp_path: Path) -> None:
    async with world(tmp_path, ONE_OFFICE) as w:
        (issue,) = await filed(w, 1)
        await w.say(issue, "Which version of the helm chart is it?", by="erin")
        w.file("A question", complete(What="please tell us how", Steps="see the ticket, nothing else"))
        await w.settle()
        await until(w, "2026-11-18 10:00")
        assert "1 waiting for support" in lists(w, "#search")[0].text
        (message,) = lists(w, "#customer-support-internal")
        assert "*Support, 2026-11-18:* 1 no team yet, 1 waiting for support" == message.text
        assert "customer#1> · cs/p2 · Search Core · since 2026-11-17" in shown(message)


async def test_after_an_outage_the_day_has_its_digest_or_none(tmp_path: Path) -> None:
    """Down from Tuesday to Thursday's morning: one, Thursday's. Down until Friday's evening: none."""
    async with world(tmp_path, ONE_OFFICE) as w:
        await filed(w, 1)
        await w.stop()
        w.leap(1.8 * 24 * 3600)
        await w.start()
        assert "2026-11-19 10" == w.now().strftime("%Y-%m-%d %H")
        await w.settle(LOOK)
        (message,) = lists(w, "#search")
        assert "2026-11-19:" in message.text
        await w.stop()
        w.leap(1.4 * 24 * 3600)
        await w.start()
        await w.settle(LOOK)
        assert "2026-11-20 20" == w.now().strftime("%Y-%m-%d %H")
        assert 1 == len(lists(w, "#search"))


async def test_a_digest_after_a_lost_database_knows_all(tmp_path: Path) -> None:
    async with world(tmp_path, ONE_OFFICE) as w:
        await filed(w, 3)
        await until(w, "2026-11-18 09:25")
        await w.lose_database()
        await w.settle(3 * LOOK)
        (message,) = lists(w, "#search")
        assert "3 due today" in message.text
