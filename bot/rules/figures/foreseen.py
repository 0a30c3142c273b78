"""Floor 1: an issue as a run leaves it, so that its facts need no second read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.model import (
    Action,
    AddLabels,
    Comment,
    CreateComment,
    Label,
    LabelEvent,
    RemoveLabels,
    Snapshot,
)


def after(snapshot: Snapshot, actions: Iterable[Action], now: datetime) -> Snapshot:
    """The snapshot with what the actions did to labels and comments, as far as figures look at it."""
    now = now.replace(microsecond=0)  # as GitHub keeps times
    for action in actions:
        match action:
            case AddLabels(labels):
                snapshot = _labelled(snapshot, labels, True, now)
            case RemoveLabels(labels):
                snapshot = _labelled(snapshot, labels, False, now)
            case CreateComment(_, body):
                newest = max((comment.id for comment in snapshot.comments), default=0)
                comment = Comment(newest + 1, "", snapshot.viewer, body, now)
                total = snapshot.comments_total + 1
                issue = replace(snapshot.issue, updated_at=now)
                comments = (*snapshot.comments, comment)
                snapshot = replace(snapshot, issue=issue, comments=comments, comments_total=total)
    return snapshot


def _labelled(snapshot: Snapshot, labels: tuple[Label, ...], added: bool, now: datetime) -> Snapshot:
    changed = {label.id for label in labels}
    kept = tuple(label for label in snapshot.issue.labels if label.id not in changed)
    events = tuple(LabelEvent(label, added, snapshot.viewer, now) for label in labels)
    issue = replace(snapshot.issue, labels=(*kept, *labels) if added else kept, updated_at=now)
    return replace(snapshot, issue=issue, label_events=(*snapshot.label_events, *events))
