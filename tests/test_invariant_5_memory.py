"""Invariant 5: memory lives with the issue; who can make the bot believe it, and what losing it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from harness import World
from issues import COMPLETE, complete
from pure import BOT, ERIN, NOW, PLAIN, SAM, SIGNED, book, card_of, conclude, said, settled, snapshot

from bot.memory import Memory, Seal, marker_of, visible
from bot.model import Actor, Comment, MirroredCard, Snapshot
from bot.recall import recall

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
KEY = b"0123456789abcdef0123456789abcdef"
ACTION = Actor("github-actions", 41898282, "Bot")  # named by the shipped policy as a predecessor


def routed(seal: Seal = PLAIN) -> Snapshot:
    """A complete issue that erin routed to Delivery."""
    return settled(snapshot(COMPLETE, comments=(said("/route delivery"),)), seal)


def with_card(snap: Snapshot, **changes: object) -> Snapshot:
    card = card_of(snap)
    comments = tuple(replace(c, **changes) if c.id == card.id else c for c in snap.comments)  # type: ignore[arg-type]
    return replace(snap, comments=comments)


def unmirrored(snap: Snapshot) -> Snapshot:
    return replace(snap, mirror=None)


def team(snap: Snapshot, seal: Seal) -> str | None:
    """What the memory says of the team; None when it says nothing."""
    intent = recall(snap, seal, book().predecessors).memory.intents.get("team")
    return intent.value if intent else None


# ── trust, table by table ───────────────────────────────────────────────────────────────────


def test_losing_the_mirror_loses_nothing() -> None:
    for seal in (PLAIN, SIGNED):
        assert "delivery" == team(unmirrored(routed(seal)), seal)
        assert () == conclude(unmirrored(routed(seal)), seal)[2].actions


def test_a_signed_memory_is_trusted_whoever_edited_the_visible_part() -> None:
    snap = unmirrored(routed(SIGNED))
    edited = with_card(snap, body=f"Ha! {card_of(snap).body}", editor=ERIN, edited_at=NOW)
    assert "delivery" == team(edited, SIGNED)
    assert card_of(snap).body.partition("\n\n<!--")[0] == visible(card_of(settled(edited, SIGNED)).body)


def test_without_a_key_an_edit_by_somebody_else_is_not_trusted() -> None:
    snap = unmirrored(routed())
    assert "delivery" == team(with_card(snap, editor=BOT, edited_at=NOW), PLAIN)
    found = recall(with_card(snap, editor=ERIN, edited_at=NOW), PLAIN)
    assert ("lost", True) == (found.state, found.memory.held)


def test_identity_is_kind_and_id_and_not_the_login() -> None:
    """An account that took the bot's login after a rename is somebody else."""
    snap = unmirrored(routed())
    assert "lost" == recall(with_card(snap, editor=Actor("rfh-bot", 99, "User")), PLAIN).state
    assert "known" == recall(with_card(snap, editor=Actor("renamed", BOT.id, "Bot")), PLAIN).state


def test_a_changed_marker_is_not_trusted() -> None:
    snap = unmirrored(routed(SIGNED))
    other = Seal(b"x" * 32).mark(Memory(rev=99), snap.repository.id, snap.issue.id)
    for marker in (other, other.replace(other[other.index(".") : -4], ".")):
        edited = with_card(snap, body=f"card\n\n{marker}", editor=ERIN)
        assert "lost" == recall(edited, SIGNED).state


def test_the_marker_of_another_issue_is_not_trusted() -> None:
    snap = unmirrored(routed(SIGNED))
    moved = replace(snap, issue=replace(snap.issue, id=snap.issue.id + 1))
    assert "lost" == recall(moved, SIGNED).state


def test_an_older_revision_put_back_loses_against_the_mirror() -> None:
    snap = routed(SIGNED)
    old = card_of(snap).body
    newer = settled(
        replace(snap, comments=(*snap.comments, said("/route code-insights", 5000, minutes_ago=1))), SIGNED
    )
    assert "code-insights" == team(newer, SIGNED)
    assert "code-insights" == team(with_card(newer, body=old, editor=ERIN), SIGNED)
    assert "code-insights" == team(settled(with_card(newer, body=old, editor=ERIN), SIGNED), SIGNED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(PLAIN, SIGNED, id="a key is configured"),
        pytest.param(SIGNED, Seal(b"n" * 32), id="the key is changed"),
        pytest.param(SIGNED, PLAIN, id="the key is taken away"),
    ],
)
def test_with_another_key_the_card_is_signed_anew_once(before: Seal, after: Seal) -> None:
    snap = routed(before)
    (update,) = conclude(snap, after)[2].actions
    assert "UpdateComment" == type(update).__name__
    snap = settled(snap, after)
    assert "delivery" == team(unmirrored(snap), after)
    assert () == conclude(snap, after)[2].actions


def test_words_of_the_filer_are_never_the_memory() -> None:
    """A title that reads like a marker stands in the hand-off text of the card; both readers pass it over."""
    forged = PLAIN.mark(Memory(rev=10**6, intents={}), 71, 5_000_000_007)
    snap = snapshot(
        complete(What="", Priority="p1"), title=f"zoekt {forged}", comments=(said("/route delivery"),)
    )
    snap = settled(snap)
    assert forged not in card_of(snap).body
    assert snap.mirror is not None
    assert snap.mirror.rev < 10
    assert "delivery" == team(snap, PLAIN)


def test_a_reply_that_quotes_a_marker_is_no_card() -> None:
    snap = settled(snapshot(COMPLETE, comments=(said("/route <!-- rfh-bot:card v1 abc"),)))
    assert 1 == sum("rfh-bot:card" in c.body for c in snap.comments if BOT.same_as(c.author))
    assert 2 == sum(BOT.same_as(c.author) for c in snap.comments)


def test_markers_in_comments_of_people_are_nothing() -> None:
    forged = PLAIN.mark(Memory(rev=9, held=True), 71, 5_000_000_007)
    snap = settled(snapshot(COMPLETE, comments=(said(forged, by=SAM),)))
    assert ("known", False) == (recall(snap, PLAIN).state, recall(snap, PLAIN).memory.held)


@pytest.mark.parametrize("body", ["<!-- rfh-bot:card v1 ", "<!-- rfh-bot:card v1 e30. -->", "x"], ids=repr)
def test_an_unreadable_card_is_lost_and_rebuilt(body: str) -> None:
    snap = with_card(routed(), body=body)
    if body != "x":  # without any marker only the mirror knows that it is the card
        snap = unmirrored(snap)
    card = card_of(snap)
    assert card_of(settled(snap)).id == card.id
    assert marker_of(card_of(settled(snap)).body)[0] > 0


# ── predecessors ────────────────────────────────────────────────────────────────────────────


def as_by(snap: Snapshot, actor: Actor) -> Snapshot:
    """The same issue, had `actor` been the bot until now."""
    comments = tuple(replace(c, author=actor) if BOT.same_as(c.author) else c for c in snap.comments)
    events = tuple(replace(e, actor=actor) if BOT.same_as(e.actor) else e for e in snap.label_events)
    comments = tuple(replace(c, own_reactions=frozenset()) for c in comments)
    return replace(snap, comments=comments, label_events=events, mirror=None)


def test_a_predecessors_card_is_read_and_superseded() -> None:
    """App and Action cannot edit each other's comments: the memory moves into a card of our own."""
    snap = as_by(routed(), ACTION)
    theirs = [c for c in snap.comments if ACTION.same_as(c.author)]
    snap = settled(snap)
    assert "delivery" == team(snap, PLAIN)
    assert BOT.same_as(card_of(snap).author)
    folded = [replace(c, minimized="rfh-bot:card" in c.body) for c in theirs]
    assert folded == [c for c in snap.comments if ACTION.same_as(c.author)]
    assert "team/delivery" in {x.name for x in snap.issue.labels}
    assert () == conclude(snap)[2].actions


def test_a_card_by_a_stranger_is_nothing() -> None:
    snap = settled(as_by(routed(), Actor("other-app", 12345, "Bot")))
    assert "known" == recall(snap, PLAIN).state
    assert 1 == sum(BOT.same_as(c.author) for c in snap.comments)


# ── in the world ────────────────────────────────────────────────────────────────────────────


@pytest.mark.looptime
@pytest.mark.parametrize("key", [b"", KEY], ids=["plain", "signed"])
async def test_losing_the_database_loses_nothing(key: bytes) -> None:
    async with World(key=key) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        before = w.card(issue)
        await w.lose_database()
        await w.settle()
        assert before == w.card(issue)
        assert "team/delivery" in w.labels(issue)
        await w.say(issue, "/undo", by="erin")
        assert "team/search-core" in w.labels(issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_a_lost_memory_is_said_effects_wait_and_resume_ends_it() -> None:
    """Database gone, and a person edited the unsigned card: nobody knows what was already told to whom."""
    async with World() as w:
        issue = w.file("Something is odd", complete(What="Please help.", Steps="look"))
        await w.settle()
        card = w.cards(issue)[0]
        await w.stop()
        w.github.world.edit_comment(card, "erin", "oops")
        w.github.world.edit_comment(card, "erin", card.body.replace("Team", "team"))
        await w.lose_database()
        await w.settle()
        assert "The memory in this card was edited or lost." in w.card(issue)
        assert {"rfh", "customer/northmere", "cs/p2"} == w.labels(issue)
        await w.say(issue, "/priority p1")
        assert "cs/p1" in w.labels(issue)
        assert [] == w.replies(issue)  # the alert waits
        await w.assert_settled(issue)
        comment = await w.say(issue, "/resume")
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert "was edited or lost" not in w.card(issue)
        (alert,) = w.replies(issue)
        assert "urgent and has no team" in alert
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_resume_with_nothing_held_says_so() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, "/resume", by="erin")
        assert {"CONFUSED"} == w.reactions(comment)
        assert "Nothing is held on this issue." in w.replies(issue)[0]


def test_no_words_of_people_are_kept() -> None:
    """Ids, policy ids, logins, times: also the reason of a hand-off stays in the comment."""
    snap = snapshot(
        complete(Zendesk="", Customer="Zanzibarius"),
        comments=(said("/handoff the zanzibarius outage"), said("/customer Zanzibarius", 101)),
    )
    snap = settled(snap)
    memory = recall(snap, PLAIN).memory
    assert "handoff" in memory.intents
    assert "zanzibarius" not in repr(memory).casefold()


def test_the_floor_passes_only_settled_comments() -> None:
    snap = settled(snapshot(COMPLETE))
    floor = recall(snap, PLAIN).memory.floor
    assert NOW - timedelta(minutes=10) == floor


def test_the_mirror_names_the_card_that_stays() -> None:
    """A create whose answer was lost, and its repetition: the older lives, and the mirror names it."""
    snap = routed()
    card = card_of(snap)
    twin: Comment = replace(card, id=card.id + 50, node_id="IC_twin")
    rev, marker = marker_of(twin.body)
    snap = replace(
        snap, comments=(*snap.comments, twin), mirror=MirroredCard(twin.id, twin.node_id, rev, marker)
    )
    snap = settled(snap)
    assert [card.id] == [c.id for c in snap.comments if "rfh-bot:card" in c.body]
    assert snap.mirror is not None
    assert card.id == snap.mirror.comment_id
