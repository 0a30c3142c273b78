"""What the database remembers beside the queue, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from databases import Machines

from bot.model import IssueKey, MirroredCard
from bot.store import EVERYTHING, LastPlan, Pause, Store, StoredPolicy

ISSUE = IssueKey("sourcegraph", "customer", 7)
REPOSITORY = "sourcegraph/customer"
CARD = MirroredCard(2**40, "IC_kw", 3, "<!-- rfh:memory v1 abc -->")


@pytest.fixture
def store(machines: Machines) -> Store:
    return Store(machines.open())


async def test_a_card_is_remembered_until_the_issue_ends(store: Store) -> None:
    """Read back as written; nothing before, nothing after."""
    assert await store.card(ISSUE) is None
    await store.save_card(ISSUE, CARD)
    await store.save_plan(ISSUE, "{}")
    assert CARD == await store.card(ISSUE)
    await store.forget_issue(ISSUE)
    assert (None, None) == (await store.card(ISSUE), await store.last_plan(ISSUE))


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        pytest.param(MirroredCard(50, "b", 4, "new"), True, id="the next revision"),
        pytest.param(MirroredCard(50, "b", 3, "new"), True, id="the same revision again"),
        pytest.param(MirroredCard(50, "b", 2, "late"), False, id="a frozen worker's older revision"),
        pytest.param(MirroredCard(60, "c", 1, "new"), True, id="a new card after a lost memory"),
        pytest.param(MirroredCard(40, "a", 4, "new"), True, id="an older card that took over"),
        pytest.param(MirroredCard(40, "a", 2, "late"), False, id="a frozen worker's older card"),
    ],
)
async def test_a_late_writer_does_not_undo_a_newer_card(
    store: Store, second: MirroredCard, kept: bool
) -> None:
    """Of two writes the one that knew more stays."""
    first = MirroredCard(50, "b", 3, "old")
    await store.save_card(ISSUE, first)
    await store.save_card(ISSUE, second)
    assert (second if kept else first) == await store.card(ISSUE)


async def test_a_redelivery_counts_once_as_it_ended(store: Store, machines: Machines) -> None:
    """GitHub sends the same GUID again; the figures hold one delivery with its last outcome."""
    for _ in range(2):
        await store.record_delivery("g1", "issues", "handled")
    await store.record_delivery("g2", "star", "ignored")
    since = machines.clock.after(-1)
    assert {("issues", "handled"): 1, ("star", "ignored"): 1} == await store.deliveries(since)
    assert {"g1", "g2"} == await store.known_guids(since)


async def test_what_was_missed_and_came_at_last_counts_as_repaired(store: Store, machines: Machines) -> None:
    """A GUID that is only listed by GitHub is not known; one that arrived is not missed."""
    await store.record_delivery("came", "issues", "handled")
    await store.record_missed({})
    for _ in range(2):
        await store.record_missed({"came": "issues", "late": "issues", "lost": "push", "dull": "star"})
    since = machines.clock.after(-1)
    assert {"came"} == await store.known_guids(since)
    for _ in range(2):
        await store.record_delivery("late", "issues", "handled")
        await store.record_delivery("dull", "star", "ignored")
    assert {
        ("issues", "handled"): 1,
        ("issues", "repaired"): 1,
        ("push", "seen"): 1,
        ("star", "ignored"): 1,
    } == await store.deliveries(since)


async def test_deliveries_are_counted_by_day(store: Store, machines: Machines) -> None:
    """On both databases a day begins at UTC's midnight and ends a moment before the next."""
    today = machines.clock.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for guid, at in {"a": 1, "b": 43_200, "c": 86_399, "d": 86_401}.items():
        machines.clock.now = today + timedelta(seconds=at)
        await store.record_delivery(guid, "issues", "handled")
    expected = {(today, "handled"): 3, (today + timedelta(days=1), "handled"): 1}
    assert expected == await store.deliveries_by_day(today)


async def test_old_deliveries_are_forgotten(store: Store, machines: Machines) -> None:
    """The table does not grow for ever."""
    start = machines.clock.now
    await store.record_delivery("old", "issues", "handled")
    machines.clock.advance(4 * 86_400)
    await store.record_delivery("new", "issues", "handled")
    assert {"new"} == await store.known_guids(machines.clock.after(-60))
    assert 1 == await store.prune_deliveries(timedelta(days=3))
    assert {"new"} == await store.known_guids(start)


async def test_the_catch_up_moves_forward_only(store: Store, machines: Machines) -> None:
    """A replica that finishes an older pass late does not make the next one start earlier."""
    assert await store.caught_up(REPOSITORY) is None
    await store.set_caught_up(REPOSITORY, machines.clock.after(600))
    await store.set_caught_up(REPOSITORY, machines.clock.now)
    assert machines.clock.after(600) == await store.caught_up(REPOSITORY)
    assert await store.caught_up("sourcegraph/other") is None


async def test_a_pause_holds_for_its_repository_or_for_all(store: Store, machines: Machines) -> None:
    """The global pause comes first; each is ended by its own scope."""
    await store.pause(REPOSITORY, reason="labels renamed", by="ada")
    assert await store.paused("sourcegraph/other") is None
    own = Pause(REPOSITORY, "labels renamed", "ada", machines.clock.now)
    assert own == await store.paused(REPOSITORY)
    machines.clock.advance(1)
    await store.pause(EVERYTHING, reason="write cap", by="rfh-bot")
    everything = Pause(EVERYTHING, "write cap", "rfh-bot", machines.clock.now)
    assert [everything] * 2 == [await store.paused(name) for name in (REPOSITORY, "sourcegraph/other")]
    assert [own, everything] == await store.pauses()
    assert await store.unpause(EVERYTHING)
    assert not await store.unpause(EVERYTHING)
    assert own == await store.paused(REPOSITORY)


async def test_the_last_good_policy_is_kept(store: Store, machines: Machines) -> None:
    """Each save replaces the one before, per repository."""
    assert await store.policy(REPOSITORY) is None
    await store.save_policy(REPOSITORY, sha="a1", text="teams: {}", state="good")
    await store.save_policy(REPOSITORY, sha="b2", text="teams: {x: {}}", state="broken")
    expected = StoredPolicy(REPOSITORY, "b2", "teams: {x: {}}", "broken", machines.clock.now)
    assert expected == await store.policy(REPOSITORY)


async def test_the_last_plan_is_kept_for_explain(store: Store, machines: Machines) -> None:
    """The newest one, with its time."""
    await store.save_plan(ISSUE, '{"actions": []}')
    machines.clock.advance(5)
    await store.save_plan(ISSUE, '{"actions": ["AddLabels"]}')
    assert LastPlan('{"actions": ["AddLabels"]}', machines.clock.now) == await store.last_plan(ISSUE)
