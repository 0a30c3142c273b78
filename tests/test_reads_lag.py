"""Reads lag writes, workers die between writes, claims run out: nothing is done twice or undone."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.memory import effects_in
from bot.model import AtLeast, IssueKey
from bot.sandbox.faults import Faults, Once
from bot.worker import Lost, Worker

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
KEY = "sourcegraph/customer#1"
LABELS = {"rfh", "team/search-core", "customer/northmere", "cs/p2"}


async def kill(w: World) -> None:
    """As kill -9: nothing is released, finished or told; the process starts again on its database."""
    assert w.worker is not None
    w.worker.cancel()
    for task in asyncio.all_tasks():
        if task.get_name() == KEY:
            task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await w.worker
    w.worker = None


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lag", [0.5, 3.0])
async def test_lagging_reads_make_one_card_and_run_commands_once(lag: float, seed: int) -> None:
    async with World(faults=Faults(lag=lag, seed=seed)) as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle(60)
        assert 1 == len(w.cards(issue))
        comment = await w.say(issue, "/route delivery\n/why", by="erin")
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        await w.settle(60)
        await w.say(issue, "/priority p1", by="erin")
        await w.settle(60)
        assert {"rfh", "team/delivery", "customer/northmere", "cs/p1"} == w.labels(issue)
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert 1 == len(w.cards(issue))
        assert 1 == len(w.replies(issue))
        w.github.set_lag(0)
        await w.settle(60)
        await w.assert_settled(issue)


@pytest.mark.parametrize("seed", range(4))
async def test_reads_that_lag_longer_than_any_patience_cost_a_second_card_for_a_minute(seed: int) -> None:
    """Twelve seconds: a card that no read shows is taken for deleted. Its twin goes once both are seen."""
    async with World(faults=Faults(lag=12, seed=seed)) as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle(60)
        await w.say(issue, "/route delivery\n/priority p1", by="erin")
        await w.settle(60)
        w.github.set_lag(0)
        await w.settle(120)
        assert {"rfh", "team/delivery", "customer/northmere", "cs/p1", "needs-info"} == w.labels(issue)
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)


async def test_the_first_event_is_answered_at_once_when_reads_do_not_lag() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle(1)
        assert LABELS == w.labels(issue)


async def test_a_read_that_stays_behind_for_ever_does_not_stop_the_work() -> None:
    """After the fifth look the run goes on with what it has."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.bot.queue.accept(KEY, AtLeast(comment_id=10**15))
        await w.settle(60)
        entry = await w.bot.queue.get(KEY)
        assert entry is not None
        assert (0, 0, None) == (entry.attempts, (await w.bot.queue.stats()).running, entry.last_error)
        await w.assert_settled(issue)


async def test_own_writes_are_not_undone_by_a_stale_read() -> None:
    """The bot put labels on; a read from before them must not look like a person took them off."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.set_lag(4)
        for _ in range(5):
            await w.bot.queue.accept(KEY)
            await w.settle(5)
        assert LABELS == w.labels(issue)
        assert 1 == len(w.cards(issue))
        w.github.set_lag(0)
        await w.settle()
        await w.assert_settled(issue)


@pytest.mark.parametrize("after", [0.02, 0.08, 0.13, 0.18, 0.23, 0.28, 0.33, 0.4, 0.5])
async def test_a_killed_worker_leaves_nothing_half_done(after: float) -> None:
    """Killed at any moment of the run; started again on the same database."""
    async with World() as w:
        await w.settle()
        issue = w.file(TITLE, COMPLETE)
        await asyncio.sleep(after)
        await kill(w)
        await w.bot.queue.close()
        await w.start()
        await w.settle(60)
        assert LABELS == w.labels(issue)
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)


@pytest.mark.parametrize("after", [0.05, 0.12, 0.2, 0.3])
async def test_a_killed_worker_does_not_lose_or_repeat_a_command(after: float) -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = w.comment(issue, "/route delivery\n/why", by="erin")
        await asyncio.sleep(after)
        await kill(w)
        await w.bot.queue.close()
        await w.start()
        await w.settle(60)
        assert "team/delivery" in w.labels(issue)
        assert "team/search-core" not in w.labels(issue)
        assert 1 == len(w.replies(issue))
        assert 1 == len(w.cards(issue))
        assert w.reactions(comment) <= {"THUMBS_UP"}
        await w.assert_settled(issue)


async def test_an_inherited_key_waits_before_it_creates_a_card() -> None:
    """The dead owner's card may exist and not be readable yet: ten seconds, then a second look."""
    async with World(deliver=False) as w:
        await w.stop()
        issue = w.file(TITLE, COMPLETE)
        await w.bot.queue.accept(KEY)
        claim = await w.bot.queue.claim()
        while claim is not None and claim.key != KEY:
            claim = await w.bot.queue.claim()
        assert claim is not None
        await w.start()
        await w.settle(9)
        assert [] == w.cards(issue)
        await w.settle(5)
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)


async def test_a_frozen_worker_writes_nothing_after_its_lease() -> None:
    """Frozen between read and write for longer than a lease, while another worker took the key over."""
    async with World() as w:
        await w.stop()
        issue = w.file(TITLE, COMPLETE)
        await w.bot.queue.accept(KEY)
        while (claim := await w.bot.queue.claim()) is not None and claim.key != KEY:
            await w.bot.queue.finish(claim, None)
        assert claim is not None
        await asyncio.sleep(w.bot.queue.timing.lease + 1)
        w.github.calls.clear()
        with pytest.raises(Lost):
            await w.bot.issue(claim)
        assert [] == w.github.calls.writes
        assert [] == w.comments(issue)


async def test_a_card_edited_under_our_hands_is_read_again() -> None:
    """A person edits the card while the run waits for its budget: their edit is seen before the write."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        (card,) = w.cards(issue)
        installation = w.demo.installation.id
        await w.bot.pace.budget.block(installation, 4.9)
        w.comment(issue, "/route delivery", by="erin")
        await asyncio.sleep(6)
        w.github.world.edit_comment(card, "erin", card.body.replace("Search Core", "Somebody Else"))
        await w.settle(60)
        assert "`/route` by erin" in w.card(issue)
        assert "Somebody Else" not in w.card(issue)
        await w.assert_settled(issue)


async def test_a_graceful_shutdown_gives_back_what_it_did_not_finish() -> None:
    async with World() as w:
        await w.settle()
        issue = w.file(TITLE, COMPLETE)
        await asyncio.sleep(0.15)
        await w.stop()
        stats = await w.bot.queue.stats()
        assert 0 == stats.running
        await w.start()
        await w.settle()
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)


async def test_two_workers_on_one_queue_make_one_card() -> None:
    async with World() as w:
        second = asyncio.create_task(Worker(w.bot.queue, w.bot.handlers).run())
        issue = w.file(TITLE, COMPLETE)
        for number in range(5):
            w.comment(issue, f"note {number}")
            await asyncio.sleep(0.1)
        await w.settle()
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)
        second.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await second


@pytest.mark.parametrize("seed", range(6))
async def test_a_bad_day_ends_well(seed: int) -> None:
    """Everything at once: lag, lost answers, limits, duplicated, dropped and reordered webhooks."""
    faults = Faults.parse(
        "lag:2s,5xx:0.1,reset:0.05,graphql-200:0.05,secondary:0.03,duplicate:0.3,drop:0.2,reorder", seed=seed
    )
    async with World(faults=faults) as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle(20)
        w.comment(issue, "/route delivery\n/why", by="erin")
        await w.settle(20)
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        w.comment(issue, "/priority p1", by="erin")
        await w.settle(1200)
        faults.odds.clear()
        faults.reorder = False
        w.github.set_lag(0)
        await w.settle(3600)
        assert {"rfh", "team/delivery", "customer/northmere", "cs/p1"} == w.labels(issue)
        assert 1 == len(w.cards(issue))
        keys = [key for body in w.replies(issue) for key in effects_in(body)]
        assert 1 == sum(key.startswith("reply:") for key in keys)
        assert len(keys) == len(set(keys))  # a reminder is made once too
        await w.assert_settled(issue)
        assert await w.bot.store.card(IssueKey.parse(KEY)) is not None


@pytest.mark.parametrize("seed", range(4))
async def test_a_lost_answer_and_a_lagging_read_make_no_second_reply(seed: int) -> None:
    """The reply was written, the answer to it was lost, and for some seconds a read may not show it."""
    async with World(faults=Faults.parse("lag:8s", seed=seed)) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle(60)
        w.github.faults.once.append(Once("after", on="addComment"))
        w.comment(issue, "/why", by="erin")
        await w.settle(120)
        assert 1 == len(w.replies(issue))
