"""What must hold for every issue: random issues, people and crashes against the pure floor.

The world is a snapshot; people change it step by step, and the bot's three pure steps answer. Nothing here
knows what the right labels are: only what must never differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from issues import COMPLETE
from pure import (
    BOT,
    ERIN,
    NOW,
    OLU,
    SAM,
    SIGNED,
    applied,
    book,
    catalogue,
    conclude,
    label,
    said,
    settled,
    snapshot,
)

from bot.memory import effects_in, is_card
from bot.model import Actor, AddLabels, LabelEvent, RemoveLabels, Snapshot
from bot.sandbox.seed import policy_labels

PIECES = [
    *COMPLETE.splitlines(),
    *("**Priority:** p1", "**Kind:** Defect", "**Kind:** Feature request", "**Customer:** Brightwater"),
    *("**Sourcegraph version:** latest", "> it is slow, says the customer", "", "```", "<!-- hint -->"),
    *("/route delivery", "permissions of perforce depots", "renew our licence"),
]
COMMANDS = [
    *("/route delivery", "/route nobody", "/rout x", "/route", "/priority p1", "/priority p2"),
    *("/kind defect", "/kind help", "/owner @max", "/owner @nobody", "/handoff", "/undo", "/resume"),
    *(
        "/customer quandel",
        "/customer New One --new",
        "/customer Nobody",
        "/why",
        "/check",
        "/help",
        "thanks",
    ),
]
LABELS = [
    *("rfh", "team/delivery", "team/code-insights", "cs/p1", "cs/p2", "customer/quandel"),
    *("needs-info", "wontfix"),
]
TITLES = ["zoekt-indexserver runs out of memory", "Lunch?", "renewal of the licence", "99th_percentile"]

bodies = st.lists(st.sampled_from(PIECES), max_size=14).map("\n".join) | st.just(COMPLETE)
says = st.tuples(
    st.sampled_from([SAM, ERIN, OLU, None]),
    st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=3).map("\n".join),
    st.sampled_from([{}, {}, {}, {"minimized": True}, {"edited_at": NOW}]),
)
steps = st.one_of(
    says.map(lambda said: ("say", *said)),
    bodies.map(lambda body: ("edit", body)),
    st.sampled_from(LABELS).map(lambda name: ("label", name)),
    st.sampled_from(LABELS).map(lambda name: ("unlabel", name)),
    st.sampled_from([("close",), ("reopen",), ("delete card",), ("edit card",), ("forget mirror",)]),
)
worlds = st.builds(
    snapshot,
    bodies,
    title=st.sampled_from(TITLES),
    labels=st.lists(st.sampled_from(LABELS), unique=True, max_size=4),
)
stories = st.lists(steps, max_size=5)
looking = st.lists(st.integers(0, 2), min_size=5, max_size=5)  # how often the bot looks after each step
slow = settings(max_examples=40, deadline=None)


def act(snap: Snapshot, step: tuple[object, ...], at: int) -> Snapshot:
    """One thing that people do, `at` seconds after the filing."""
    now = snap.issue.created_at + timedelta(seconds=at)
    issue = snap.issue
    match step:
        case ("say", author, body, more):
            id_ = max((c.id for c in snap.comments), default=1000) + 1
            comment = replace(said(body, id_, author), created_at=now, **more)  # type: ignore[arg-type]
            return replace(snap, comments=(*snap.comments, comment), comments_total=snap.comments_total + 1)
        case ("edit", body):
            return replace(snap, issue=replace(issue, body=body))  # type: ignore[arg-type]
        case ("label", name) if not snap.has_label(str(name)):
            return labelled(snap, str(name), ERIN, now, added=True)
        case ("unlabel", name) if snap.has_label(str(name)):
            return labelled(snap, str(name), ERIN, now, added=False)
        case ("close",):
            return replace(snap, issue=replace(issue, state="CLOSED"))
        case ("reopen",):
            return replace(snap, issue=replace(issue, state="OPEN"))
        case ("delete card",):
            return replace(snap, comments=tuple(c for c in snap.comments if not is_card(c.body)))
        case ("edit card",):
            edited = [
                replace(c, body=f"Ha! {c.body}", editor=OLU) if is_card(c.body) else c for c in snap.comments
            ]
            return replace(snap, comments=tuple(edited))
        case ("forget mirror",):
            return replace(snap, mirror=None)
    return snap


def labelled(snap: Snapshot, name: str, by: Actor, at: object, *, added: bool) -> Snapshot:
    one = label(name)
    kept = tuple(x for x in snap.issue.labels if x != one)
    event = LabelEvent(one, added, by, at)  # type: ignore[arg-type]
    return replace(
        snap,
        issue=replace(snap.issue, labels=(*kept, one) if added else kept),
        label_events=(*snap.label_events, event),
        catalogue=catalogue(name) if snap.catalogue.find(name) is None else snap.catalogue,
    )


def lived(snap: Snapshot, story: Sequence[tuple[object, ...]], looks: Sequence[int] = ()) -> Snapshot:
    """The story, with the bot looking as often as `looks` says after each step, and once more at the end."""
    for number, step in enumerate(story):
        at = 60 * (number + 1)
        snap = act(snap, step, at)
        for _ in range(looks[number] if looks else 1):
            snap = settled(snap, now=snap.issue.created_at + timedelta(seconds=at + 30))
    return settled(snap)


def seen(snap: Snapshot) -> tuple[object, ...]:
    """What people see in the end, but for times and acknowledgements: labels, replies by key, cards."""
    ours = [c for c in snap.comments if BOT.same_as(c.author)]
    replies = sorted(key for c in ours for key in effects_in(c.body))
    return {x.name for x in snap.issue.labels}, replies, sum(is_card(c.body) for c in ours)


@given(worlds, stories)
@slow
def test_the_second_plan_is_empty(snap: Snapshot, story: list[tuple[object, ...]]) -> None:
    """`settled` ends when a plan is empty. Time brings what is due (a reminder), then it is empty again."""
    snap = lived(snap, story)
    assert () == conclude(snap)[2].actions
    for hours in (1, 30, 31):
        later = NOW + timedelta(hours=hours)
        snap = settled(snap, now=later)
        assert () == conclude(snap, now=later)[2].actions


@given(worlds, st.lists(steps, max_size=5), st.lists(st.integers(1, 3), min_size=5, max_size=5))
@slow
def test_repeated_looks_change_nothing(
    snap: Snapshot, story: list[tuple[object, ...]], looks: list[int]
) -> None:
    """A duplicate, late or lost-and-repaired event is only one more look."""
    assert seen(lived(snap, story)) == seen(lived(snap, story, looks))


@given(
    worlds,
    st.lists(says.map(lambda s: ("say", *s)), max_size=5),
    st.lists(st.integers(0, 2), min_size=5, max_size=5),
)
@slow
def test_commands_have_the_same_effect_however_late_they_are_read(
    snap: Snapshot, story: list[tuple[object, ...]], looks: list[int]
) -> None:
    """Webhooks of comments that come late, together or in another order: the comments are read in theirs."""
    early, late = lived(settled(snap), story), lived(settled(snap), story, looks)
    assert {x.name for x in early.issue.labels} == {x.name for x in late.issue.labels}
    assert intents(early) == intents(late)


def intents(snap: Snapshot) -> dict[str, str]:
    return {slot: intent.value for slot, intent in conclude(snap)[0].memory.intents.items()}


@given(worlds, stories, st.data())
@slow
def test_a_crash_after_any_action_still_converges(
    snap: Snapshot, story: list[tuple[object, ...]], data: st.DataObject
) -> None:
    """Killed between two writes, with or without the mirror: the next run ends where this one would have.

    A lost reaction is not made up for: it acknowledges, nothing more.
    """
    for number, step in enumerate(story):
        snap = act(snap, step, 60 * (number + 1))
    whole = seen(settled(snap))
    actions = conclude(snap)[2].actions
    done = data.draw(st.integers(0, len(actions)))
    crashed = applied(snap, actions[:done], NOW)
    if data.draw(st.booleans()):
        crashed = replace(crashed, mirror=snap.mirror)
    assert whole == seen(settled(crashed, now=NOW + timedelta(minutes=1)))


@given(worlds, stories)
@slow
def test_no_unowned_label_is_touched(snap: Snapshot, story: list[tuple[object, ...]]) -> None:
    """Only labels of the policy are put on; only labels that the bot put on are taken off."""
    policy = {name.casefold() for name, _, _ in policy_labels(book().policy)}
    for number, step in enumerate([("look",), *story]):
        snap = act(snap, step, 60 * (number + 1))
        for action in conclude(snap)[2].actions:
            if isinstance(action, AddLabels):
                known = {x.folded for x in action.labels}
                assert all(name in policy or name.startswith("customer/") for name in known)
            if isinstance(action, RemoveLabels):
                newest = {event.label.id: event for event in snap.label_events}
                assert all(BOT.same_as(newest[x.id].actor) for x in action.labels)
        snap = settled(snap, now=snap.issue.created_at + timedelta(seconds=60 * (number + 1) + 30))


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=200))
@slow
def test_no_text_stops_the_bot(title: str, body: str, comment: str) -> None:
    """Any title, body and comment lead to a plan, signed or not, and then to an empty one."""
    snap = snapshot(
        f"{COMPLETE}\n{body}", title=title, comments=(said(comment), said(f"/route {comment}", 101))
    )
    snap = settled(snap, SIGNED)
    assert () == conclude(snap, SIGNED)[2].actions
