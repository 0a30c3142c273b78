"""A plan's actions onto GitHub: order, few requests, and what is known after each failure."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from github_wire import Clock, Reply, Request, Wire, github, refusal, reply
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Forbidden, Gone, RfhError, Transient
from bot.github.apply import Rejected, Unfinished, apply, batches, reread_comment
from bot.model import (
    Action,
    Actor,
    AddLabels,
    Assign,
    CreateComment,
    CreateLabel,
    DeleteComment,
    Issue,
    Label,
    React,
    RemoveLabels,
    Repository,
    Snapshot,
    UpdateComment,
    Written,
)

AT = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
CANARY = "acme-corp-secret"
SNAPSHOT = Snapshot(
    Repository("sourcegraph", "customer", 11, "R_1", private=True),
    Issue(7, 70, "I_7", "t", "b", "OPEN", None, AT, AT),
    Actor("rfh-bot", 99, "Bot"),
)
SEARCH, RFH = Label("LA_1", "team/search"), Label("LA_2", "rfh")
REMOVE, ADD = RemoveLabels((SEARCH,)), AddLabels((RFH, SEARCH))
CARD, REPLY = CreateComment("card", f"card {CANARY}"), CreateComment("reply:5", f"reply {CANARY}")
EDIT, DELETE, REACT = (
    UpdateComment(4, "IC_4", f"edit {CANARY}"),
    DeleteComment(5, "IC_5"),
    React(6, "IC_6", "EYES"),
)
LABEL, ASSIGN = CreateLabel("customer/acme", "c5def5", "a customer"), Assign(("alice", "bob"))
KINDS: tuple[Action, ...] = (REMOVE, ADD, CARD, REPLY, EDIT, DELETE, REACT, LABEL, ASSIGN)


def done(name: str, minute: int) -> dict[str, Any]:
    """What GitHub returns for a mutation that was done at a minute past the hour."""
    issue = {"updatedAt": f"2024-05-06T12:{minute:02}:00Z"}
    node = {"id": f"IC_{minute}", "fullDatabaseId": str(2**33 + minute), "issue": issue}
    return {
        "removeLabelsFromLabelable": {"labelable": issue},
        "addLabelsToLabelable": {"labelable": issue},
        "addComment": {"commentEdge": {"node": node}},
        "updateIssueComment": {"issueComment": node},
        "deleteIssueComment": {"clientMutationId": None},
        "addReaction": {"reaction": {"content": "EYES"}},
    }[name]


class World:
    """Does every write, one a minute, except those that a test makes fail by mutation name."""

    def __init__(self, failures: dict[str, str | None] | None = None) -> None:
        self.failures = failures or {}
        self.minute = 0
        self.writes: list[tuple[str, Any]] = []

    def __call__(self, request: Request) -> Reply:
        if request.operation != "Apply":
            self.writes.append((request.operation, request.json))
            return reply({"updated_at": "2024-05-06T12:59:00Z"}, 201)
        names = [line.split()[1].split("(")[0] for line in request.json["query"].splitlines()[1:-1]]
        data: dict[str, Any] = {}
        errors = []
        for index, name in enumerate(names):
            alias = f"w{index}"
            if name in self.failures:
                data[alias] = None
                kind = self.failures[name]
                errors.append({"path": [alias], "message": CANARY} | ({"type": kind} if kind else {}))
                continue
            self.minute += 1
            data[alias] = done(name, self.minute)
            self.writes.append((name, request.json["variables"][alias]))
        return reply({"data": data} | ({"errors": errors} if errors else {}))


async def free(begun: bool = False, /) -> None:
    """`before_write` of a run whose claim holds."""


async def write(world: Any, actions: Sequence[Action], before_write: Any = free) -> tuple[Written, Wire]:
    wire = Wire(world)
    return await apply(github(wire, now=Clock()), SNAPSHOT, actions, before_write=before_write), wire


# ── requests ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([REMOVE, ADD, CARD], [3], id="a-new-issue-costs-one-request"),
        pytest.param([ADD, EDIT, REACT], [2, 1], id="a-reaction-waits-for-the-card"),
        pytest.param([ADD, REPLY, EDIT, REACT, DELETE], [2, 1, 2], id="the-card-waits-for-the-reply"),
        pytest.param([REACT, DELETE], [2], id="only-reactions"),
        pytest.param([LABEL], [1], id="a-label-is-created-alone"),
        pytest.param([ADD, ASSIGN, CARD], [1, 1, 1], id="assigning-is-a-rest-call"),
    ],
)
def test_how_actions_are_cut_into_requests(actions: list[Action], expected: list[int]) -> None:
    """As few requests as is safe; a record (card, reaction) never shares one with what it records."""
    assert expected == [len(batch) for batch in batches(actions)]


@given(st.lists(st.sampled_from(KINDS), max_size=12))
def test_no_request_holds_a_record_and_what_it_records(actions: list[Action]) -> None:
    """Nothing lost, order kept, one comment written a request, reactions and deletions apart."""
    cut = list(batches(actions))
    assert actions == [action for batch in cut for action in batch]
    for batch in cut:
        texts = [a for a in batch if isinstance(a, CreateComment | UpdateComment)]
        records = [a for a in batch if isinstance(a, React | DeleteComment)]
        assert len(texts) <= 1
        assert len(records) in (0, len(batch))


async def test_all_kinds_of_actions_are_written_in_order() -> None:
    """What GitHub was told, in the order of the plan; ids and texts in variables only."""
    world = World()
    written, wire = await write(world, [LABEL, REMOVE, ADD, ASSIGN, REPLY, EDIT, REACT, DELETE])
    expected = [
        (
            "POST /repos/sourcegraph/customer/labels",
            {"name": "customer/acme", "color": "c5def5", "description": "a customer"},
        ),
        ("removeLabelsFromLabelable", {"labelableId": "I_7", "labelIds": ["LA_1"]}),
        ("addLabelsToLabelable", {"labelableId": "I_7", "labelIds": ["LA_2", "LA_1"]}),
        ("POST /repos/sourcegraph/customer/issues/7/assignees", {"assignees": ["alice", "bob"]}),
        ("addComment", {"subjectId": "I_7", "body": REPLY.body}),
        ("updateIssueComment", {"id": "IC_4", "body": EDIT.body}),
        ("addReaction", {"subjectId": "IC_6", "content": "EYES"}),
        ("deleteIssueComment", {"id": "IC_5"}),
    ]
    assert expected == world.writes
    texts = [request.json["query"] for request in wire.sent if request.operation == "Apply"]
    assert [] == [text for text in texts if CANARY in text or "I_7" in text]
    assert AT.replace(minute=59) == written.issue_updated_at
    assert {"reply:5": 2**33 + 3} == written.comment_ids
    assert {"reply:5": "IC_3"} == written.comment_node_ids
    assert (5,) == written.deleted_ids


async def test_nothing_to_write_is_no_request() -> None:
    written, wire = await write(World(), [])
    assert (Written(), []) == (written, wire.sent)


async def test_the_claim_is_checked_before_each_request() -> None:
    """A run that lost its claim sends nothing more."""
    left = [None, None]

    async def before_write() -> None:
        if not left:
            raise TimeoutError("claim lost")
        left.pop()

    world = World()
    with pytest.raises(TimeoutError):
        await write(world, [ADD, REPLY, EDIT, REACT], before_write)
    assert ["addLabelsToLabelable", "addComment", "updateIssueComment"] == [name for name, _ in world.writes]


async def test_a_label_that_exists_already_is_fine() -> None:
    """Somebody, or a run whose answer was lost, was faster."""
    exists = reply({"message": "Validation Failed", "errors": [{"code": "already_exists"}]}, 422)
    written, _ = await write([exists], [LABEL])
    assert Written() == written


# ── failures ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("actions", "failures", "kind", "told"),
    [
        pytest.param(
            [ADD, EDIT], {"updateIssueComment": "NOT_FOUND"}, Unfinished, "card vanished", id="card-deleted"
        ),
        pytest.param([ADD, CARD], {"addComment": "NOT_FOUND"}, Gone, "not-found", id="issue-gone"),
        pytest.param(
            [ADD, CARD],
            {"addComment": "NOT_FOUND", "addLabelsToLabelable": "NOT_FOUND"},
            Gone,
            "not-found",
            id="issue-gone-says-more-than-label-gone",
        ),
        pytest.param(
            [ADD, CARD],
            {"addLabelsToLabelable": "NOT_FOUND"},
            Unfinished,
            "addLabelsToLabelable: NOT_FOUND",
            id="label-gone",
        ),
        pytest.param(
            [CARD],
            {"addComment": "FORBIDDEN"},
            Forbidden,
            "addComment: FORBIDDEN",
            id="locked-or-no-permission",
        ),
        pytest.param(
            [CARD], {"addComment": None}, Unfinished, "addComment: UNKNOWN", id="error-without-type"
        ),
        pytest.param(
            [ADD, CARD],
            {"addComment": "UNPROCESSABLE"},
            Rejected,
            "addComment: UNPROCESSABLE",
            id="text-too-long",
        ),
        pytest.param(
            [REACT], {"addReaction": "RATE_LIMITED"}, Unfinished, "addReaction: rate limited", id="limited"
        ),
    ],
)
async def test_what_a_failed_write_means(
    actions: list[Action], failures: dict[str, str | None], kind: type[RfhError], told: str
) -> None:
    """Gone ends the key, Forbidden waits for a person, anything else is read again; no text is told."""
    with pytest.raises(kind) as caught:
        await write(World(failures), actions)
    assert (kind, told) == (type(caught.value), str(caught.value))
    assert CANARY not in "".join(traceback.format_exception(caught.value))


async def test_a_lost_reaction_is_not_worth_a_second_run() -> None:
    """The comment may be gone, or its author may have blocked us; the card says what was done."""
    world = World({"addReaction": "NOT_FOUND"})
    written, _ = await write(world, [EDIT, REACT, DELETE])
    assert (5,) == written.deleted_ids


async def test_a_comment_that_is_deleted_already_is_deleted() -> None:
    written, _ = await write(World({"deleteIssueComment": "NOT_FOUND"}), [DELETE])
    assert (5,) == written.deleted_ids


async def test_what_was_written_is_known_after_a_failure() -> None:
    """The reply is told, so that a lagging read makes no second one; the card was not tried."""
    world = World({"addLabelsToLabelable": "NOT_FOUND"})
    with pytest.raises(Unfinished) as caught:
        await write(world, [ADD, REPLY, EDIT, REACT])
    assert {"reply:5": 2**33 + 1} == caught.value.written.comment_ids
    assert ["addComment"] == [name for name, _ in world.writes]


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        pytest.param(TimeoutError(CANARY), None, id="no-answer"),
        pytest.param(refusal(502, CANARY), None, id="502"),
        pytest.param(refusal(403, CANARY, retry_after="31"), 31.0, id="secondary-limit"),
        pytest.param(reply({"errors": [{"message": CANARY}]}), None, id="whole-document-refused"),
        pytest.param(reply({"data": {"w0": {}}}), None, id="another-shape"),
        pytest.param(reply({"data": {"w0": None}}), None, id="null-without-error"),
        pytest.param(
            reply(
                {"data": {"w0": None}, "errors": [{"message": "was submitted too quickly", "path": ["w0"]}]}
            ),
            60.0,
            id="too-quickly",
        ),
    ],
)
async def test_an_unknown_outcome_is_unfinished(answer: Reply | Exception, wait: float | None) -> None:
    """Nothing is repeated here: one request was sent, and the next run reads what came of it."""
    wire = Wire([answer])
    with pytest.raises(Unfinished) as caught:
        await apply(github(wire, now=Clock()), SNAPSHOT, [CARD], before_write=free)
    assert (1, wait, Written()) == (len(wire.sent), caught.value.retry_after, caught.value.written)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize("status", [404, 410, 422])
async def test_a_refused_rest_write_is_rejected(status: int) -> None:
    """It would be refused again: the key's own fault, which ends in a visible place."""
    for action in (LABEL, ASSIGN):
        with pytest.raises(Rejected, match=f"HTTP {status}"):
            await write([refusal(status, CANARY)], [action])


async def test_a_rejected_write_tells_what_was_done_before() -> None:
    """The reply is there although the card is not."""
    with pytest.raises(Rejected) as caught:
        await write(World({"updateIssueComment": "UNPROCESSABLE"}), [REPLY, EDIT])
    assert {"reply:5": 2**33 + 1} == caught.value.written.comment_ids


# ── the card, read again ───────────────────────────────────────────────────────────────────────────


async def test_a_comment_is_read_again_by_id() -> None:
    """After a stall: as it is now, or gone."""
    node = {
        "id": "IC_4",
        "fullDatabaseId": "4",
        "author": None,
        "editor": None,
        "body": "now",
        "createdAt": "2024-05-06T12:00:00Z",
        "lastEditedAt": None,
        "isMinimized": False,
        "reactionGroups": [],
        "url": "u",
    }
    missing = {"type": "NOT_FOUND", "path": ["node"], "message": "x"}
    hidden = missing | {"type": "FORBIDDEN"}
    gh = github(
        Wire(
            [
                reply({"data": {"node": node}}),
                reply({"data": {"node": None}, "errors": [missing]}),
                reply({"data": {"node": None}, "errors": [hidden]}),
                reply({"data": {"node": {"id": "IC_4"}}}),
            ]
        )
    )
    found = await reread_comment(gh, "IC_4")
    assert found is not None
    assert (4, "now") == (found.id, found.body)
    assert None is await reread_comment(gh, "IC_4")
    with pytest.raises(Forbidden):
        await reread_comment(gh, "IC_4")
    with pytest.raises(Transient):
        await reread_comment(gh, "IC_4")
