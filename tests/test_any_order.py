"""Webhooks in any order, any number of times: the same world, and a second run that writes nothing."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from typing import Any

import looptime
from harness import World
from hypothesis import given, settings
from hypothesis import strategies as st
from issues import COMPLETE, complete

Order = Sequence[tuple[int, float]]  # which webhook, and the seconds before the next
End = tuple[object, ...]

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


def story(w: World) -> list[Any]:
    """What people did while no webhook came through: the record that is then delivered."""
    first = w.file(TITLE, complete(Zendesk=""))
    second = w.file("Batch change does not publish", COMPLETE)
    route = w.comment(first, "/route delivery", by="erin")
    w.github.world.edit_issue(first, "sam", body=COMPLETE)
    why = w.comment(first, "/why", by="sam")
    w.github.world.add_label(second, "team/search-core", "erin")
    gone = w.comment(second, "/priority p1", by="sam")
    w.github.world.delete_comment(gone, "sam")
    priority = w.comment(second, "/priority p1", by="erin")
    w.github.world.remove_label(second, "team/search-core", "erin")
    return [first, second, route, why, priority]


def listings(w: World) -> int:
    """How often issues were listed, as a catch-up does."""
    return sum(call.template.endswith("/issues") for call in w.github.calls.calls)


async def play(order: Callable[[int], Order]) -> End:
    """Deliver the record in this order; how the world ends, before any catch-up could have helped."""
    async with World() as w:
        await w.settle()
        w.delivering = False
        before, passes = len(w.github.hooks.deliveries), listings(w)
        first, second, *comments = story(w)
        await w.settle(1)
        record = w.github.hooks.deliveries[before:]
        w.delivering = True
        for number, pause in order(len(record)):
            await w._deliver(record[number].headers, record[number].body)
            await asyncio.sleep(pause)
        await w.settle(60)
        assert passes == listings(w), "no catch-up"
        for issue in (first, second):
            await w.assert_settled(issue)
        return (
            [sorted(w.labels(issue)) for issue in (first, second)],
            [len(w.cards(issue)) for issue in (first, second)],
            [len(w.replies(issue)) for issue in (first, second)],
            [sorted(w.reactions(comment)) for comment in comments],
        )


def run(order: Callable[[int], Order]) -> End:
    """`play` on a loop of its own, under virtual time."""
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:
        return runner.run(play(order))


@functools.cache
def reference() -> End:
    """Each webhook once, in order."""
    return run(in_order)


def in_order(count: int) -> Order:
    return [(number, 0.5) for number in range(count)]


@settings(max_examples=8)
@given(data=st.data())
def test_any_order_and_any_repetition_of_webhooks_ends_in_the_same_world(data: st.DataObject) -> None:
    def shuffled(count: int) -> Order:
        again = st.lists(st.integers(0, count - 1), max_size=count)
        every = data.draw(st.permutations([*range(count), *data.draw(again, "repeated")]), "order")
        pauses = st.lists(st.sampled_from([0.0, 0.3, 3.0]), min_size=len(every), max_size=len(every))
        return list(zip(every, data.draw(pauses, "pauses"), strict=True))

    assert reference() == run(shuffled)


def test_the_reference_is_what_was_asked_for() -> None:
    """So that equal worlds are not equally wrong."""
    labels, cards, replies, reactions = reference()
    assert isinstance(labels, list)
    assert "team/delivery" in labels[0]
    assert "cs/p1" in labels[1]
    assert "team/search-core" not in labels[1]
    assert ([1, 1], [1, 0]) == (cards, replies)
    assert [True, True, True] == [bool(one) for one in reactions]  # type: ignore[attr-defined]
