"""Issues as values: snapshots made by hand, and what a plan makes of them. For tests of the pure floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.decide import Desired, decide
from bot.memory import Seal, marker_of
from bot.model import (
    Action,
    Actor,
    AddLabels,
    Assign,
    Catalogue,
    Comment,
    CreateComment,
    CreateLabel,
    DeleteComment,
    Issue,
    Label,
    LabelEvent,
    MinimizeComment,
    MirroredCard,
    Plan,
    React,
    RemoveLabels,
    Repository,
    Snapshot,
    UnminimizeComment,
    UpdateComment,
)
from bot.plan import CARD, plan
from bot.policy.load import DEFAULT_NAME, default_text
from bot.recall import Recall, recall
from bot.rulebooks import compiled
from bot.rules.rulebook import Rulebook
from bot.sandbox.seed import policy_labels

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
BOT = Actor("rfh-bot", 41, "Bot")
SAM = Actor("sam", 1)  # the filer, triage
ERIN = Actor("erin", 2)  # an engineer, write
OLU = Actor("olu", 3)  # read only
ROLES = {"sam": "triage", "erin": "write", "olu": "read"}
PLAIN, SIGNED = Seal(), Seal(b"k" * 32)


def book() -> Rulebook:
    """The shipped policy, compiled once."""
    return compiled(((DEFAULT_NAME, default_text()),))


def catalogue(*more: str) -> Catalogue:
    names = [name for name, _, _ in policy_labels(book().policy)]
    return Catalogue({n.casefold(): Label(f"LA_{n}", n) for n in (*names, *more)})


def label(name: str) -> Label:
    return Label(f"LA_{name}", name)


def snapshot(
    body: str = "",
    *,
    title: str = "zoekt-indexserver runs out of memory",
    labels: Iterable[str] = (),
    comments: Sequence[Comment] = (),
    author: Actor | None = SAM,
    private: bool = True,
) -> Snapshot:
    """An issue filed two hours ago; labels were set at filing by its author."""
    filed = NOW - timedelta(hours=2)
    on = tuple(label(name) for name in labels)
    return Snapshot(
        Repository("sourcegraph", "customer", 71, "R_71", private),
        Issue(
            7,
            5_000_000_007,
            "I_7",
            title,
            body,
            "OPEN",
            author,
            filed,
            NOW,
            on,
            url="https://github.example/7",
        ),
        BOT,
        tuple(comments),
        len(comments),
        label_events=tuple(LabelEvent(one, True, author, filed) for one in on),
        catalogue=catalogue(*labels),
        roles=ROLES,
        logins={"sam": True, "erin": True, "olu": True, "max": True},
    )


def said(
    body: str, id_: int = 100, by: Actor | None = ERIN, *, minutes_ago: float = 60, **more: object
) -> Comment:
    at = NOW - timedelta(minutes=minutes_ago)
    return replace(Comment(id_, f"IC_{id_}", by, body, at), **more)  # type: ignore[arg-type]


def conclude(snap: Snapshot, seal: Seal = PLAIN, now: datetime = NOW) -> tuple[Recall, Desired, Plan]:
    """The three pure steps."""
    found = recall(snap, seal, book().predecessors)
    desired = decide(snap, found, book(), now)
    return found, desired, plan(snap, found, desired, seal)


def applied(snap: Snapshot, actions: Sequence[Action], now: datetime = NOW) -> Snapshot:
    """The issue as GitHub would show it after these writes of ours, in order."""
    for action in actions:
        snap = _one(snap, action, now)
    return snap


def _one(snap: Snapshot, action: Action, now: datetime) -> Snapshot:
    issue = snap.issue
    match action:
        case CreateLabel(name):
            labels = {**snap.catalogue.labels, name.casefold(): label(name)}
            return replace(snap, catalogue=Catalogue(labels))
        case AddLabels(labels):
            new = tuple(one for one in labels if one not in issue.labels)
            events = tuple(LabelEvent(one, True, snap.viewer, now) for one in new)
            issue = replace(issue, labels=(*issue.labels, *new))
            return replace(snap, issue=issue, label_events=(*snap.label_events, *events))
        case RemoveLabels(labels):
            gone = {one.id for one in labels}
            events = tuple(LabelEvent(one, False, snap.viewer, now) for one in labels)
            issue = replace(issue, labels=tuple(one for one in issue.labels if one.id not in gone))
            return replace(snap, issue=issue, label_events=(*snap.label_events, *events))
        case CreateComment(key, body):
            id_ = max((c.id for c in snap.comments), default=1000) + 1
            comment = Comment(id_, f"IC_{id_}", snap.viewer, body, now)
            snap = replace(snap, comments=(*snap.comments, comment), comments_total=snap.comments_total + 1)
            return _mirrored(snap, comment) if key == CARD else snap
        case UpdateComment(id_, _, body):
            comments = tuple(
                replace(c, body=body, edited_at=now, editor=snap.viewer) if c.id == id_ else c
                for c in snap.comments
            )
            snap = replace(snap, comments=comments)
            return _mirrored(snap, next(c for c in comments if c.id == id_))
        case DeleteComment(id_):
            return replace(snap, comments=tuple(c for c in snap.comments if c.id != id_))
        case React(id_, _, content):
            comments = tuple(
                replace(c, own_reactions=c.own_reactions | {content}) if c.id == id_ else c
                for c in snap.comments
            )
            return replace(snap, comments=comments)
        case MinimizeComment(id_) | UnminimizeComment(id_):
            folded = isinstance(action, MinimizeComment)
            comments = tuple(replace(c, minimized=folded) if c.id == id_ else c for c in snap.comments)
            return replace(snap, comments=comments)
        case Assign():
            return snap


def _with(snap: Snapshot, comment: Comment) -> Snapshot:
    """The comment in place of its older version."""
    return replace(snap, comments=tuple(comment if c.id == comment.id else c for c in snap.comments))


def _mirrored(snap: Snapshot, card: Comment) -> Snapshot:
    rev, marker = marker_of(card.body)
    return replace(snap, mirror=MirroredCard(card.id, card.node_id, rev, marker))


def settled(snap: Snapshot, seal: Seal = PLAIN, now: datetime = NOW, rounds: int = 4) -> Snapshot:
    """Run until nothing is left to write; a label that must exist first takes a round of its own."""
    for _ in range(rounds):
        actions = conclude(snap, seal, now)[2].actions
        if not actions:
            return snap
        snap = applied(snap, actions, now)
    raise AssertionError(f"not settled after {rounds} rounds: {[type(a).__name__ for a in actions]}")


def card_of(snap: Snapshot) -> Comment:
    """The living card."""
    found = recall(snap, PLAIN, book().predecessors).card
    assert found is not None
    return found
