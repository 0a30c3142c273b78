"""One issue into one snapshot: what is read, how many calls it costs, and what ends it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from github_wire import Reply, Request, Wire, github, refusal, reply

from bot.errors import Forbidden, Gone, Transient
from bot.github.load import fresh_enough, load
from bot.model import Actor, AtLeast, IssueKey, LabelEvent, MirroredCard, Snapshot

KEY = IssueKey("sourcegraph", "customer", 7)
START = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
BIG = 2**33  # ids exceed 32 bits
ALICE = {"__typename": "User", "login": "alice", "databaseId": 1}
BOT = {"__typename": "Bot", "login": "rfh-bot", "databaseId": 99}
MIRROR = MirroredCard(BIG + 200, "IC_200", 3, "marker")


def iso(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def comment(n: int, **changes: Any) -> dict[str, Any]:
    """Comment number n, written n minutes after the issue."""
    return {
        "id": f"IC_{n}",
        "fullDatabaseId": str(BIG + n),
        "author": ALICE,
        "editor": None,
        "body": f"text {n}",
        "createdAt": iso(n),
        "lastEditedAt": None,
        "isMinimized": False,
        "reactionGroups": [{"content": "THUMBS_UP", "viewerHasReacted": False}],
        "url": f"https://github.com/c/{n}",
    } | changes


def page(items: list[Any], last: int, before: str | None = None) -> dict[str, Any]:
    """A connection's `last` items before the cursor; a cursor is the position it stands at."""
    end = len(items) if before is None else int(before)
    start = max(0, end - last)
    return {"nodes": items[start:end], "pageInfo": {"hasPreviousPage": start > 0, "startCursor": str(start)}}


def page_on(items: list[Any], after: str | None = None) -> dict[str, Any]:
    start = int(after or 0)
    more = start + 100 < len(items)
    return {
        "nodes": items[start : start + 100],
        "pageInfo": {"hasNextPage": more, "endCursor": str(start + 100)},
    }


@dataclass
class Tracker:
    """Answers the queries of `load` for one issue, as GitHub does."""

    comments: list[dict[str, Any] | None] = field(default_factory=list)
    labels: list[dict[str, Any] | None] = field(default_factory=list)
    events: list[dict[str, Any] | None] = field(default_factory=list)
    issue: dict[str, Any] = field(default_factory=dict)
    viewer: dict[str, Any] = field(default_factory=lambda: {"login": "rfh-bot[bot]", "databaseId": 99})
    repository: dict[str, Any] | None = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    rest: Reply = field(default_factory=lambda: refusal(404))

    def __call__(self, request: Request) -> Reply:
        if request.method == "GET":
            return self.rest
        variables = request.json["variables"]
        node = {
            "LoadIssue": self._load,
            "CommentsBefore": lambda v: {"node": {"comments": page(self.comments, 100, v["cursor"])}},
            "EventsBefore": lambda v: {"node": {"timelineItems": page(self.events, 100, v["cursor"])}},
            "LabelsAfter": lambda v: {"node": {"labels": page_on(self.labels, v["cursor"])}},
        }[request.operation](variables)
        return reply({"data": node} | ({"errors": self.errors} if self.errors else {}))

    def _load(self, variables: dict[str, Any]) -> dict[str, Any]:
        if self.repository is None:
            return {"viewer": self.viewer, "repository": None}
        issue = {
            "id": "I_7",
            "fullDatabaseId": str(BIG),
            "number": 7,
            "title": "title",
            "body": "body",
            "state": "OPEN",
            "stateReason": None,
            "author": ALICE,
            "createdAt": iso(0),
            "updatedAt": iso(500),
            "lastEditedAt": None,
            "locked": False,
            "url": "https://github.com/sourcegraph/customer/issues/7",
            "assignees": {"nodes": [{"login": "bob", "databaseId": 2}]},
            "labels": page_on(self.labels),
            "head": {"totalCount": len(self.comments), "nodes": self.comments[:10]},
            "tail": page(self.comments, 50),
            "timelineItems": page(self.events, 100),
        } | self.issue
        repository = {
            "id": "R_1",
            "databaseId": 11,
            "name": "customer",
            "owner": {"login": "sourcegraph"},
            "isPrivate": True,
            "isArchived": False,
            "issue": issue,
        } | self.repository
        data: dict[str, Any] = {"viewer": self.viewer, "repository": repository}
        if variables["withCard"]:
            found = [c for c in self.comments if c is not None and c["id"] == variables["card"]]
            data["card"] = found[0] if found else None
        return data


def thread(count: int) -> list[dict[str, Any] | None]:
    return [comment(n) for n in range(1, count + 1)]


def numbers(snapshot: Snapshot) -> list[int]:
    return [c.id - BIG for c in snapshot.comments]


def no_card(_: Snapshot) -> None:
    """`floor_of` when nothing read so far holds a card."""


async def read(
    tracker: Tracker, *, mirror: MirroredCard | None = None, floor_of: Any = no_card
) -> tuple[Snapshot, Wire]:
    wire = Wire(tracker)
    return await load(github(wire), KEY, mirror=mirror, floor_of=floor_of), wire


# ── how much is read ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [0, 1, 10, 50, 59, 60])
async def test_an_issue_of_usual_length_costs_one_query(count: int) -> None:
    """Up to 60 comments come with the first query, each of them once."""
    snapshot, wire = await read(Tracker(thread(count)))
    assert ["LoadIssue"] == wire.operations
    assert (list(range(1, count + 1)), count, True) == (
        numbers(snapshot),
        snapshot.comments_total,
        snapshot.comments_complete,
    )


async def test_a_long_issue_without_a_card_is_read_to_the_end() -> None:
    """350 comments: 60 with the first query, the gap of 290 in three pages."""
    snapshot, wire = await read(Tracker(thread(350)))
    assert ["LoadIssue", *["CommentsBefore"] * 3] == wire.operations
    assert list(range(1, 351)) == numbers(snapshot)
    assert snapshot.comments_complete


@pytest.mark.parametrize(
    ("floor", "calls"),
    [
        pytest.param(349, 1, id="floor-among-the-newest"),
        pytest.param(301, 1, id="floor-at-the-oldest-of-the-newest"),
        pytest.param(300, 2, id="floor-just-before-them"),
        pytest.param(201, 2, id="floor-at-the-end-of-a-page"),
        pytest.param(200, 3, id="floor-a-page-further"),
        pytest.param(5, 4, id="floor-among-the-first"),
    ],
)
async def test_pages_are_read_only_down_to_the_floor(floor: int, calls: int) -> None:
    """With a card, what lies at or before its floor is settled and is not read again."""

    def floor_of(snapshot: Snapshot) -> datetime | None:
        assert snapshot.repository.id == 11  # what the seal of the memory needs is there
        return START + timedelta(minutes=floor) if 3 in numbers(snapshot) else None

    snapshot, wire = await read(Tracker(thread(350)), floor_of=floor_of)
    assert calls == len(wire.sent)
    assert [] == [n for n in range(floor + 1, 351) if n not in numbers(snapshot)]
    assert snapshot.comments_complete


async def test_a_card_found_in_the_gap_ends_the_reading() -> None:
    """The card may be the 200th comment: pages are read until it is met, then only to its floor."""

    def floor_of(snapshot: Snapshot) -> datetime | None:
        return START + timedelta(minutes=340) if 210 in numbers(snapshot) else None

    snapshot, wire = await read(Tracker(thread(350)), floor_of=floor_of)
    assert ["LoadIssue", "CommentsBefore"] == wire.operations
    assert [*range(1, 11), *range(201, 351)] == numbers(snapshot)


async def test_the_mirrored_card_comes_with_the_first_query() -> None:
    """The database remembers which comment is the card: one query even if it stands in the gap."""

    def floor_of(snapshot: Snapshot) -> datetime | None:
        return START + timedelta(minutes=340) if 200 in numbers(snapshot) else None

    snapshot, wire = await read(Tracker(thread(350)), mirror=MIRROR, floor_of=floor_of)
    assert ["LoadIssue"] == wire.operations
    assert [*range(1, 11), 200, *range(301, 351)] == numbers(snapshot)
    assert MIRROR == snapshot.mirror


async def test_a_deleted_mirrored_card_fails_nothing() -> None:
    """GitHub says NOT_FOUND at `card`; the mirror stays in the snapshot for the memory in it."""
    tracker = Tracker(thread(3), errors=[{"type": "NOT_FOUND", "path": ["card"], "message": "IC_200"}])
    snapshot, _ = await read(tracker, mirror=MIRROR)
    assert ([1, 2, 3], MIRROR) == (numbers(snapshot), snapshot.mirror)


async def test_an_endless_thread_says_that_it_is_not_complete() -> None:
    """More comments than GitHub allows: reading ends, and the snapshot does not claim completeness."""
    snapshot, wire = await read(Tracker(thread(3100)))
    assert 31 == len(wire.sent)
    assert not snapshot.comments_complete


async def test_comments_that_cannot_be_seen_are_skipped() -> None:
    """Null nodes, in the first and in later pages."""
    comments = thread(130)
    for hidden in (2, 40, 100):
        comments[hidden - 1] = None
    snapshot, _ = await read(Tracker(comments))
    assert [n for n in range(1, 131) if n not in (2, 40, 100)] == numbers(snapshot)


async def test_all_labels_and_label_events_are_read() -> None:
    """A person's removal long ago still counts, so the label timeline is read to its beginning."""
    labels: list[Any] = [{"id": f"LA_{n}", "name": f"l{n}"} for n in range(130)]
    events: list[Any] = [event("LabeledEvent", n) for n in range(250)]
    snapshot, wire = await read(Tracker(labels=labels, events=events))
    assert ["LoadIssue", "LabelsAfter", "EventsBefore", "EventsBefore"] == wire.operations
    assert [f"l{n}" for n in range(130)] == [label.name for label in snapshot.issue.labels]
    assert [f"l{n}" for n in range(250)] == [e.label.name for e in snapshot.label_events]
    assert snapshot.label_events_complete


async def test_a_label_war_is_not_read_for_ever() -> None:
    """Beyond 1,100 events the snapshot says that older ones are missing."""
    snapshot, wire = await read(Tracker(events=[event("LabeledEvent", n) for n in range(1200)]))
    assert 11 == len(wire.sent)
    assert (1100, False) == (len(snapshot.label_events), snapshot.label_events_complete)


# ── what is understood ─────────────────────────────────────────────────────────────────────────────


def event(kind: str, n: int, **changes: Any) -> dict[str, Any]:
    return {
        "__typename": kind,
        "createdAt": iso(n),
        "actor": ALICE,
        "label": {"id": f"LA_{n}", "name": f"l{n}"},
    } | changes


async def test_the_label_timeline_tells_who_added_and_removed() -> None:
    """Added or removed, by whom; an actor or a label that is gone does not fail the snapshot."""
    tracker = Tracker(
        events=[
            event("LabeledEvent", 1, actor=BOT),
            event("UnlabeledEvent", 2),
            event("LabeledEvent", 3, actor=None),
            event("LabeledEvent", 4, label=None),
            None,
        ]
    )
    snapshot, _ = await read(tracker)
    expected = [(True, Actor("rfh-bot", 99, "Bot")), (False, Actor("alice", 1)), (True, None)]
    assert expected == [(e.added, e.actor) for e in snapshot.label_events]
    assert isinstance(snapshot.label_events[0], LabelEvent)


async def test_the_timeline_tells_when_it_was_closed_and_opened_again() -> None:
    """Oldest first, from older pages too; they are no label events."""
    many = [event("LabeledEvent", n) for n in range(2, 120)]
    tracker = Tracker(events=[event("ClosedEvent", 1), *many, event("ReopenedEvent", 130)])
    snapshot, _ = await read(tracker)
    found = [(e.closed, e.at) for e in snapshot.state_events]
    assert [(True, START + timedelta(minutes=1)), (False, START + timedelta(minutes=130))] == found
    assert 118 == len(snapshot.label_events)


async def test_a_comment_is_read_whole() -> None:
    """Editor, edit time, minimised, and which reactions are ours; ids beyond 32 bits."""
    groups = [
        {"content": "THUMBS_UP", "viewerHasReacted": True},
        {"content": "CONFUSED", "viewerHasReacted": False},
    ]
    tracker = Tracker(
        [
            comment(1, editor=BOT, lastEditedAt=iso(9), isMinimized=True, reactionGroups=groups),
            comment(2, author=None, reactionGroups=None),
        ]
    )
    snapshot, _ = await read(tracker)
    first, second = snapshot.comments
    assert (BIG + 1, "IC_1", Actor("alice", 1)) == (first.id, first.node_id, first.author)
    assert (Actor("rfh-bot", 99, "Bot"), START + timedelta(minutes=9), True) == (
        first.editor,
        first.edited_at,
        first.minimized,
    )
    assert frozenset({"THUMBS_UP"}) == first.own_reactions
    assert (None, None, frozenset()) == (second.author, second.edited_at, second.own_reactions)


async def test_null_labels_are_none() -> None:
    """GitHub's schema allows null for the whole connection of labels."""
    snapshot, _ = await read(Tracker(issue={"labels": None}))
    assert () == snapshot.issue.labels


async def test_the_issue_and_its_repository_are_read_whole() -> None:
    """A closed issue of an account that is gone, without a body, with a label GitHub will not show."""
    tracker = Tracker(
        labels=[None, {"id": "LA_1", "name": "Team/Search"}],
        issue={"state": "CLOSED", "stateReason": "COMPLETED", "author": None, "body": None, "locked": True},
    )
    snapshot, _ = await read(tracker)
    issue = snapshot.issue
    assert (BIG, "I_7", "CLOSED", "COMPLETED", None, "", True) == (
        issue.id,
        issue.node_id,
        issue.state,
        issue.state_reason,
        issue.author,
        issue.body,
        issue.locked,
    )
    assert snapshot.has_label("team/search")
    assert (Actor("bob", 2),) == issue.assignees
    assert (KEY, 11, True) == (snapshot.key, snapshot.repository.id, snapshot.repository.private)


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        pytest.param("rfh-bot[bot]", Actor("rfh-bot", 99, "Bot"), id="app-installation"),
        pytest.param("alice", Actor("alice", 99), id="person"),
    ],
)
async def test_we_recognise_ourselves_as_an_author(login: str, expected: Actor) -> None:
    """`viewer` shows an App as ``x[bot]``, an author as a Bot ``x``: both are the same actor."""
    snapshot, _ = await read(Tracker(viewer={"login": login, "databaseId": 99}))
    assert expected == snapshot.viewer


# ── what ends it ───────────────────────────────────────────────────────────────────────────────────

NOT_FOUND = [{"type": "NOT_FOUND", "path": ["repository", "issue"], "message": "no issue 7"}]


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        pytest.param(refusal(404), "not-found", id="never-was"),
        pytest.param(refusal(410), "deleted", id="deleted"),
        pytest.param(refusal(301), "transferred", id="transferred"),
        pytest.param(reply({"number": 7, "pull_request": {}}), "pull-request", id="pull-request"),
    ],
)
async def test_an_issue_that_ended_is_gone(rest: Reply, why: str) -> None:
    """GraphQL says NOT_FOUND for all of them; REST tells them apart."""
    tracker = Tracker(repository={"issue": None}, errors=NOT_FOUND, rest=rest)
    with pytest.raises(Gone) as caught:
        await read(tracker)
    assert why == caught.value.why


async def test_an_issue_that_graphql_does_not_show_yet_is_tried_again() -> None:
    """Reads lag: an issue of a second ago is no ended issue when REST knows it."""
    with pytest.raises(Transient, match="not yet"):
        await read(Tracker(repository={"issue": None}, errors=NOT_FOUND, rest=reply({"number": 7})))


async def test_a_repository_that_is_gone_ends_its_issues() -> None:
    """Deleted, or no longer ours to see."""
    with pytest.raises(Gone, match="not-found"):
        await read(Tracker(repository=None))


async def test_a_partial_snapshot_is_refused() -> None:
    """A part that we may not see would look like an empty one."""
    errors = [{"type": "FORBIDDEN", "path": ["repository", "issue", "labels"], "message": "x"}]
    with pytest.raises(Forbidden, match=r"FORBIDDEN at repository\.issue\.labels"):
        await read(Tracker(errors=errors))


@pytest.mark.parametrize(
    "changes",
    [{"updatedAt": "acme"}, {"assignees": {}}, {"fullDatabaseId": None}, {"tail": {}}],
    ids=["no-time", "no-connection", "no-id", "no-nodes"],
)
async def test_an_answer_of_another_shape_is_tried_again(changes: dict[str, Any]) -> None:
    """Told without showing it."""
    with pytest.raises(Transient) as caught:
        await read(Tracker(issue=changes))
    assert "LoadIssue: unreadable answer" == str(caught.value)
    assert caught.value.__context__ is None


async def test_an_issue_deleted_while_it_is_read_is_tried_again() -> None:
    """The next read says that it is gone."""
    tracker = Tracker(thread(100))

    def deleted(request: Request) -> Reply:
        return tracker(request) if request.operation == "LoadIssue" else reply({"data": {"node": None}})

    with pytest.raises(Transient, match="went while it was read"):
        await load(github(Wire(deleted)), KEY, mirror=None, floor_of=no_card)


# ── fresh enough ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at_least", "expected"),
    [
        pytest.param(AtLeast(), True, id="nothing-proved"),
        pytest.param(AtLeast(updated_at=START + timedelta(minutes=500)), True, id="as-new"),
        pytest.param(AtLeast(updated_at=START + timedelta(minutes=501)), False, id="older-issue"),
        pytest.param(AtLeast(comment_id=BIG + 100), True, id="comment-there"),
        pytest.param(AtLeast(comment_id=BIG + 101), False, id="comment-not-yet"),
        pytest.param(
            AtLeast(comment_id=BIG + 101, gone=frozenset({BIG + 101})), True, id="comment-deleted-since"
        ),
        pytest.param(AtLeast(gone=frozenset({BIG + 100})), False, id="deleted-one-still-there"),
        pytest.param(AtLeast(gone=frozenset({BIG + 400})), True, id="deleted-one-gone"),
        pytest.param(AtLeast(comment_id=BIG + 30), True, id="comment-in-the-gap-not-read"),
    ],
)
async def test_fresh_enough(at_least: AtLeast, expected: bool) -> None:
    """A snapshot that does not show what an event proved is not planned on."""
    snapshot, _ = await read(Tracker(thread(100)), floor_of=lambda _: START + timedelta(minutes=90))
    assert expected is fresh_enough(snapshot, at_least)
