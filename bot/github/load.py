"""Floor 2: one issue into one Snapshot, with one GraphQL query for nearly every issue.

The query brings the first 10 and last 50 comments, 100 labels and 100 label events. More is read only when it
can matter: comments of the gap between the first and the last ones while no trusted card has said how far
back commands are settled (the memory's floor), or while the floor is not reached; labels and their events to
the end.

A person acts while pages are read: what a page shows twice is kept once, and what it misses was written after
the first page and comes with its own event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bot.errors import Forbidden, Gone, RfhError, Transient
from bot.github import parse
from bot.github.answers import Answer
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import (
    COMMENTS_BEFORE,
    EVENTS_BEFORE,
    GET_ISSUE,
    LABELS_AFTER,
    LOAD_ISSUE,
    Document,
)
from bot.model import AtLeast, Comment, IssueKey, LabelEvent, MirroredCard, Snapshot, StateEvent

T = TypeVar("T")

FloorOf = Callable[[Snapshot], datetime | None]
"""The memory's floor, when what is read so far holds a trusted card (or the mirror does); else None."""

# GitHub keeps at most 2,500 comments on an issue; label events have no such bound, so their pages do.
MAX_COMMENT_PAGES = 30
MAX_EVENT_PAGES = 10


async def load(gh: GitHub, key: IssueKey, *, mirror: MirroredCard | None, floor_of: FloorOf) -> Snapshot:
    """Read the issue; catalogue, roles and logins cost calls of their own (`bot.github.lookup`).

    Raises Gone (no such issue any more), Forbidden, Transient.
    """
    answer = await gh.graphql(
        LOAD_ISSUE,
        {
            "owner": key.owner,
            "repo": key.repo,
            "number": key.number,
            "card": mirror.comment_node_id if mirror else "",
            "withCard": mirror is not None,
        },
    )
    refuse_forbidden(LOAD_ISSUE, answer)
    repository = answer.data.get("repository")
    node = parse.readable(LOAD_ISSUE.name, lambda: repository.get("issue") if repository else None)
    if repository is None or node is None:
        raise await why_gone(gh, key)
    seen = parse.readable(LOAD_ISSUE.name, lambda: glimpse(answer, node, mirror))
    snapshot = seen.snapshot
    if seen.labels_after:
        snapshot = await _more_labels(gh, snapshot, seen.labels_after)
    if seen.events_before:
        snapshot = await _more_events(gh, snapshot, seen.events_before)
    if seen.gap is not None:
        snapshot = await _more_comments(gh, snapshot, seen.gap, floor_of)
    return snapshot


def fresh_enough(snapshot: Snapshot, at_least: AtLeast) -> bool:
    """Does the snapshot show what events have proved to exist? GitHub's reads can lag behind its writes."""
    if at_least.updated_at is not None and snapshot.issue.updated_at < at_least.updated_at:
        return False
    ids = {comment.id for comment in snapshot.comments}
    if ids & at_least.gone:
        return False
    known = not at_least.comment_id or at_least.comment_id in ids | at_least.gone
    # A comment older than the newest ones read may lie in the gap that need not be read.
    return known or (snapshot.comments_total > len(ids) and at_least.comment_id < max(ids, default=0))


@dataclass(frozen=True, slots=True)
class Gap:
    """The comments between the first and the last ones read."""

    after: int  # the newest id of the first ones
    oldest: Comment  # of the last ones
    cursor: str


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An issue as one query shows it, and where what it leaves out begins."""

    snapshot: Snapshot
    gap: Gap | None
    labels_after: str  # cursors; empty: all were read
    events_before: str

    def enough(self, floor: datetime | None) -> bool:
        """Can it be decided on? `floor`: comments up to then are settled, as a trusted card says."""
        settled = self.gap is None or (floor is not None and self.gap.oldest.created_at <= floor)
        return settled and not self.labels_after and not self.events_before


def glimpse(answer: Answer, node: parse.Json, mirror: MirroredCard | None = None) -> Glimpse:
    """The issue of `node` in an answer to LOAD_ISSUE or SWEEP_ISSUES; raises as `parse` does."""
    head, tail = parse.nodes(node["head"]), parse.nodes(node["tail"])
    shown = head + tail
    card = answer.data.get("card")
    if card and "fullDatabaseId" in card:  # a node id of something else answers with an empty object
        shown.append(card)
    snapshot = Snapshot(
        repository=parse.repository(answer.data["repository"]),
        issue=parse.issue(node),
        viewer=parse.viewer(answer.data["viewer"]),
        comments=_joined(parse.comment(n) for n in shown),
        comments_total=node["head"]["totalCount"],
        label_events=_label_events(parse.nodes(node["timelineItems"])),
        state_events=_state_events(parse.nodes(node["timelineItems"])),
        mirror=mirror,
    )
    head_end = max((int(n["fullDatabaseId"]) for n in head), default=0)
    before = _before(node["tail"])
    met = len(node["head"]["nodes"]) + len(node["tail"]["nodes"]) >= node["head"]["totalCount"]
    last = [parse.comment(n) for n in tail]
    gap = Gap(head_end, min(last, key=_id), before) if last and not met else None
    return Glimpse(snapshot, gap, _after(node["labels"]), _before(node["timelineItems"]))


async def _more_comments(gh: GitHub, snapshot: Snapshot, gap: Gap, floor_of: FloorOf) -> Snapshot:
    """Read the gap backwards until it is closed, or only settled comments can be left in it."""
    oldest, before = gap.oldest, gap.cursor
    for _ in range(MAX_COMMENT_PAGES):
        if not before or oldest.id <= gap.after:
            return snapshot
        floor = floor_of(snapshot)
        if floor is not None and oldest.created_at <= floor:
            return snapshot
        page = await _page(gh, COMMENTS_BEFORE, snapshot, before)
        found = page.read(lambda node: [parse.comment(n) for n in parse.nodes(node["comments"])])
        before = page.read(lambda node: _before(node["comments"]))
        snapshot = replace(snapshot, comments=_joined((*snapshot.comments, *found)))
        oldest = min((oldest, *found), key=_id)
    return replace(snapshot, comments_complete=False)


async def _more_labels(gh: GitHub, snapshot: Snapshot, after: str) -> Snapshot:
    """An issue holds 100 labels at most, yet the connection pages: believe what it says."""
    labels = snapshot.issue.labels
    while after:
        page = await _page(gh, LABELS_AFTER, snapshot, after)
        labels += page.read(lambda node: tuple(parse.label(n) for n in parse.nodes(node["labels"])))
        after = page.read(lambda node: _after(node["labels"]))
    return replace(snapshot, issue=replace(snapshot.issue, labels=labels))


async def _more_events(gh: GitHub, snapshot: Snapshot, before: str) -> Snapshot:
    """Older events, so that a person's removal of a label long ago still counts."""
    for _ in range(MAX_EVENT_PAGES):
        page = await _page(gh, EVENTS_BEFORE, snapshot, before)
        labels = page.read(lambda node: _label_events(parse.nodes(node["timelineItems"])))
        states = page.read(lambda node: _state_events(parse.nodes(node["timelineItems"])))
        snapshot = replace(
            snapshot,
            label_events=labels + snapshot.label_events,
            state_events=states + snapshot.state_events,
        )
        before = page.read(lambda node: _before(node["timelineItems"]))
        if not before:
            return snapshot
    return replace(snapshot, label_events_complete=False)


@dataclass(frozen=True, slots=True)
class _Page:
    name: str
    node: parse.Json

    def read(self, part: Callable[[parse.Json], T]) -> T:
        return parse.readable(self.name, lambda: part(self.node))


async def _page(gh: GitHub, document: Document, snapshot: Snapshot, cursor: str) -> _Page:
    answer = await gh.graphql(document, {"issue": snapshot.issue.node_id, "cursor": cursor})
    refuse_forbidden(document, answer)
    node: parse.Json | None = answer.data.get("node")
    if not node:
        raise Transient(f"{document.name}: the issue went while it was read")
    return _Page(document.name, node)


def _before(connection: parse.Json) -> str:
    """Cursor of the previous page, empty when there is none."""
    info = connection["pageInfo"]
    return str(info["startCursor"]) if info["hasPreviousPage"] else ""


def _after(connection: parse.Json | None) -> str:
    """Cursor of the next page, empty when there is none."""
    if connection is None:
        return ""
    info = connection["pageInfo"]
    return str(info["endCursor"]) if info["hasNextPage"] else ""


def refuse_forbidden(document: Document, answer: Answer) -> None:
    """A part we may not see would make a wrong conclusion. NOT_FOUND parts are truly null."""
    hidden = [error for error in answer.errors if error.type == "FORBIDDEN"]
    if hidden:
        raise Forbidden(f"{document.name}: {', '.join(map(str, hidden))}")


async def why_gone(gh: GitHub, key: IssueKey) -> RfhError:
    """GraphQL says only that there is no such issue; REST tells moved, deleted and pull requests apart."""
    try:
        found = await gh.rest(GET_ISSUE, owner=key.owner, repo=key.repo, issue_number=key.number)
    except UnexpectedStatus as error:
        # https://docs.github.com/en/rest/issues/issues#get-an-issue
        why = {301: "transferred", 302: "transferred", 307: "transferred", 404: "not-found", 410: "deleted"}
        return Gone(why[error.status]) if error.status in why else error
    if parse.readable(GET_ISSUE.path, lambda: "pull_request" in found):
        return Gone("pull-request")
    return Transient("LoadIssue: REST knows the issue, GraphQL not yet")


def _label_events(timeline: Iterable[parse.Json]) -> tuple[LabelEvent, ...]:
    events = [event for node in timeline if (event := parse.label_event(node)) is not None]
    return tuple(sorted(events, key=lambda event: event.at))


def _state_events(timeline: Iterable[parse.Json]) -> tuple[StateEvent, ...]:
    events = [event for node in timeline if (event := parse.state_event(node)) is not None]
    return tuple(sorted(events, key=lambda event: event.at))


def _joined(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """Each comment once, ascending by id; of two readings the later one counts."""
    return tuple(sorted({comment.id: comment for comment in comments}.values(), key=_id))


def _id(comment: Comment) -> int:
    return comment.id
