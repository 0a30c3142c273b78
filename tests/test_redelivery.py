"""Webhooks that were not delivered: counted, asked for again, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from harness import World
from hypothesis import given
from hypothesis import strategies as st
from issues import COMPLETE

from bot import redelivery
from bot.events import EVENTS
from bot.redelivery import Attempt, account
from bot.sandbox.faults import Faults

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)


def tried(
    id_: int, minutes: float, *, ok: bool = False, guid: str = "g", again: bool = False, event: str = "issues"
) -> Attempt:
    """An attempt so many minutes after noon."""
    return Attempt(id_, guid, event, NOON + timedelta(minutes=minutes), again, ok)


@pytest.mark.parametrize(
    ("attempts", "known", "minutes", "asked"),
    [
        pytest.param([tried(1, 0)], set(), 5, [1], id="failed: asked for again"),
        pytest.param([tried(1, 0)], set(), 0.5, [], id="under way, perhaps: not yet"),
        pytest.param([tried(1, 0, ok=True)], set(), 5, [], id="arrived"),
        pytest.param([tried(1, 0)], {"g"}, 5, [], id="GitHub did not wait for our answer, but we have it"),
        pytest.param([tried(1, 0), tried(2, 5, ok=True, again=True)], set(), 9, [], id="repaired"),
        pytest.param([tried(1, 0), tried(2, 60, again=True)], set(), 119, [], id="failed twice: patience"),
        pytest.param([tried(1, 0), tried(2, 60, again=True)], set(), 120, [2], id="failed twice: once more"),
        pytest.param([tried(2, 60, again=True)], set(), 600, [], id="its first attempt has left the list"),
        pytest.param([tried(1, 0, event="ping")], set(), 5, [], id="of no use to us"),
        pytest.param([tried(1, 0), tried(2, 1, guid="h")], set(), 5, [2, 1], id="newest first"),
    ],
)
def test_what_is_asked_for_again(
    attempts: list[Attempt], known: set[str], minutes: float, asked: list[int]
) -> None:
    found = account(attempts, known, NOON + timedelta(minutes=minutes))
    assert asked == [attempt.id for attempt in found.again]


def test_the_figures_count_webhooks_not_attempts() -> None:
    attempts = [
        tried(1, 0, ok=True, guid="a"),
        tried(2, 0, guid="b"),
        tried(3, 5, guid="b", again=True, ok=True),
        tried(4, 0, guid="c"),
        tried(5, 5, guid="c", again=True),
    ]
    found = account(attempts, set(), NOON + timedelta(hours=1))
    assert (3, 2, 1, ["c"]) == (
        found.seen,
        found.arrived,
        found.repaired,
        [attempt.guid for attempt in found.missed],
    )


@given(every=st.integers(min_value=1, max_value=600))
def test_one_that_always_fails_is_asked_for_a_few_times_and_then_never(every: int) -> None:
    """However often passes come, over ten days of GitHub's three-day list."""
    attempts, now, asked = [tried(1, 0)], NOON, 0
    while now < NOON + timedelta(days=10):
        now += timedelta(minutes=every)
        shown = [one for one in attempts if one.at >= now - redelivery.LISTED]
        for one in account(shown, set(), now).again:
            asked += 1
            attempts.append(Attempt(one.id + 1, one.guid, one.event, now, True, False))
    assert asked <= 13
    assert attempts[-1].at <= NOON + redelivery.LISTED


# ── in the world ────────────────────────────────────────────────────────────────────────────


def posted(w: World) -> int:
    """Redeliveries that were asked for."""
    return sum(call.template.endswith("/attempts") for call in w.github.calls.calls)


@pytest.mark.looptime
async def test_what_was_lost_is_delivered_again_once_and_counted() -> None:
    """A label list that changed while nothing was delivered: the catch-up cannot tell of it."""
    async with World() as w:
        await w.settle()
        w.delivering = False
        w.github.world.create_label(w.repo, "team/new", actor="max")
        issue = w.file(TITLE, COMPLETE)
        await w.settle(1800)
        w.delivering = True
        lost = [one for one in w.github.hooks.deliveries if not one.ok and one.event in EVENTS]
        await w.settle(3600)
        figures = await w.bot.store.deliveries(NOON)
        assert (1, 1) == (figures["label", "repaired"], figures["issues", "repaired"])
        assert not [key for key in figures if key[1] == "seen"]
        assert len(lost) == posted(w)
        await w.settle(4 * 3600)
        assert len(lost) == posted(w)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_what_stays_lost_is_seen_and_not_asked_for_for_ever() -> None:
    async with World(faults=Faults.parse("drop:1")) as w:
        w.github.world.create_label(w.repo, "team/new", actor="max")
        w.delivering = False

        async def days(number: int) -> None:
            for _ in range(4 * number):
                w.leap(6 * 3600)
                await w.settle(20)

        await days(4)
        assert ("label", "seen") in await w.bot.store.deliveries(NOON)
        assert 1 <= posted(w) <= 8
        before = posted(w)
        await days(1)  # on Monday the digest's issue would be another delivery
        assert before == posted(w)


@pytest.mark.looptime
async def test_many_are_asked_for_in_steps_and_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one pass may ask for, over several pages of the list."""
    monkeypatch.setattr(redelivery, "PER_PASS", 20)
    monkeypatch.setattr(redelivery, "PER_PAGE", 7)
    async with World() as w:
        await w.settle()
        w.delivering = False
        for number in range(50):
            w.github.world.create_label(w.repo, f"x{number}", actor="max")
        await w.settle(1800)
        w.delivering = True
        await w.bot.queue.accept(redelivery.KEY)
        before = posted(w)
        await w.settle(10)
        assert 8 <= posted(w) - before <= 12
        await w.settle(1500)
        assert 50 == (await w.bot.store.deliveries(NOON))["label", "repaired"]


@pytest.mark.looptime
async def test_a_failing_github_only_delays_it() -> None:
    async with World() as w:
        await w.settle()
        w.delivering = False
        w.github.world.create_label(w.repo, "team/new", actor="max")
        await w.settle(60)
        w.delivering = True
        w.failures += [("/app/hook/deliveries", 502)] * 3
        await w.settle(2 * 3600)
        assert 1 == (await w.bot.store.deliveries(NOON))["label", "repaired"]
