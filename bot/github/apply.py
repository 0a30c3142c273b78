"""Floor 2: writes a plan's actions to GitHub, in their order, in as few requests as is safe.

What it guarantees
- Order. Actions that follow each other go as one GraphQL mutation document: GitHub runs its fields one after
  the other, for one request instead of many.
- A record never precedes what it records. GitHub goes on after a failed field, so a card that says
  "answered", or a reaction that says "done", must not share a document with the write it vouches for: a
  request holds at most one new or edited comment, and reactions and deletions go in a request after that.
  Labels may share the card's: whether a label is live is read from GitHub, never from the card.
- `before_write` is awaited right before each request (claim, deadline, budget); when it raises, nothing more
  is sent.
- Texts and ids travel in variables. Labels are added by id, so no label is created by accident.

Unknown outcomes (no answer, a 5xx) end in `Unfinished`, a write that GitHub will never do (a text too long)
in `Rejected`. Nothing is repeated here; the next run reads and converges. A comment may then exist twice for
a moment: the younger copy of a card is found by its marker and deleted, a reply carries its key. GitHub has
no compare-and-swap: what a person does to the card between our read and our write is overwritten (the window
is one call, or up to 5 s of stall, after which `reread_comment` reads the card again).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from bot.errors import Forbidden, Gone, RfhError, Transient
from bot.github import parse
from bot.github.answers import Answer
from bot.github.client import GitHub, Refused, UnexpectedStatus
from bot.github.documents import ADD_ASSIGNEES, CREATE_LABEL, READ_COMMENT, Mutation, apply_document
from bot.model import (
    Action,
    AddLabels,
    Assign,
    Comment,
    CreateComment,
    CreateLabel,
    DeleteComment,
    MinimizeComment,
    React,
    RemoveLabels,
    Snapshot,
    UnminimizeComment,
    UpdateComment,
    Written,
)

BeforeWrite = Callable[[], Awaitable[None]]
_GraphQL = (
    RemoveLabels
    | AddLabels
    | CreateComment
    | UpdateComment
    | DeleteComment
    | MinimizeComment
    | UnminimizeComment
    | React
)
_COURTESY = (MinimizeComment, UnminimizeComment, React)  # GitHub's refusal of one stops nothing


class Unfinished(Transient):
    """Not all was written, or it is not known. `written` is what certainly was: mirror it, then look again.

    The repository's labels may have changed: forget the catalogue.
    """

    def __init__(self, what: str, written: Written, retry_after: float | None = None) -> None:
        super().__init__(what, retry_after)
        self.written = written


class Rejected(Refused):
    """GitHub will not do one of the writes, today or tomorrow. `written` is what certainly was done."""

    def __init__(self, what: str, written: Written) -> None:
        super().__init__(what)
        self.written = written


async def apply(
    gh: GitHub, snapshot: Snapshot, actions: Sequence[Action], *, before_write: BeforeWrite
) -> Written:
    """Write the actions; returns what later reads must show.

    Raises Unfinished, Rejected, Gone, Forbidden, and what `before_write` raises.
    """
    ledger = _Ledger()
    for batch in batches(actions):
        await before_write()
        failure: RfhError
        try:
            await _write(gh, snapshot, batch, ledger)
            continue
        except Transient as error:
            failure = Unfinished(str(error), ledger.written(), error.retry_after)
        except Refused as error:
            failure = Rejected(str(error), ledger.written())
        raise failure
    return ledger.written()


def batches(actions: Sequence[Action]) -> Iterator[tuple[Action, ...]]:
    """Cut the actions into requests, see the module's header. A REST call is a request of its own."""
    batch: list[Action] = []
    for action in actions:
        if batch and not _may_join(batch, action):
            yield tuple(batch)
            batch = []
        batch.append(action)
    if batch:
        yield tuple(batch)


def _may_join(batch: list[Action], action: Action) -> bool:
    if isinstance(action, CreateLabel | Assign) or isinstance(batch[-1], CreateLabel | Assign):
        return False
    if isinstance(action, React | DeleteComment):
        return all(isinstance(earlier, React | DeleteComment) for earlier in batch)
    if isinstance(action, MinimizeComment | UnminimizeComment):
        return all(isinstance(earlier, MinimizeComment | UnminimizeComment) for earlier in batch)
    return all(isinstance(earlier, RemoveLabels | AddLabels) for earlier in batch)


@dataclass(slots=True)
class _Ledger:
    """What was certainly written so far."""

    updated_at: datetime | None = None
    comment_ids: dict[str, int] = field(default_factory=dict)
    node_ids: dict[str, str] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)

    def touched(self, updated_at: str) -> None:
        """The issue's new update time, as an answer gives it."""
        at = parse.when(updated_at)
        self.updated_at = at if self.updated_at is None else max(at, self.updated_at)

    def written(self) -> Written:
        return Written(self.updated_at, dict(self.comment_ids), dict(self.node_ids), tuple(self.deleted))


async def _write(gh: GitHub, snapshot: Snapshot, batch: tuple[Action, ...], ledger: _Ledger) -> None:
    """Send one request."""
    repository = snapshot.repository
    match batch:
        case (CreateLabel() as label,):
            body = {"name": label.name, "color": label.color, "description": label.description}
            try:
                await gh.rest(CREATE_LABEL, body, owner=repository.owner, repo=repository.name)
            except UnexpectedStatus as error:
                if "already_exists" not in error.codes:
                    raise
        case (Assign() as assign,):
            issue = await gh.rest(
                ADD_ASSIGNEES,
                {"assignees": list(assign.logins)},
                owner=repository.owner,
                repo=repository.name,
                issue_number=snapshot.issue.number,
            )
            parse.readable("assignees", lambda: ledger.touched(issue["updated_at"]))
        case _:
            await _mutate(gh, snapshot, [a for a in batch if not isinstance(a, CreateLabel | Assign)], ledger)


async def _mutate(gh: GitHub, snapshot: Snapshot, batch: list[_GraphQL], ledger: _Ledger) -> None:
    """Send one mutation document; record what was done, then raise what was not."""
    names, inputs = zip(*(_mutation(action, snapshot.issue.node_id) for action in batch), strict=True)
    answer = await gh.graphql(apply_document(names), {f"w{i}": value for i, value in enumerate(inputs)})
    failures: list[RfhError] = []
    for index, (action, name) in enumerate(zip(batch, names, strict=True)):
        problem = _problem(answer, f"w{index}")
        if problem == "NOT_FOUND" and isinstance(action, DeleteComment):
            problem = None  # somebody was faster
        if problem is None:
            done = answer.data.get(f"w{index}")
            parse.readable(name, partial(_record, action, done, ledger))
        elif problem == "RATE_LIMITED" or not isinstance(action, _COURTESY):
            failures.append(_failure(gh, action, name, problem))
    if failures:
        raise min(failures, key=_rank)


def _mutation(action: _GraphQL, issue: str) -> tuple[Mutation, dict[str, Any]]:
    """The mutation of an action and its input."""
    match action:
        case RemoveLabels(labels):
            return "removeLabelsFromLabelable", {"labelableId": issue, "labelIds": [x.id for x in labels]}
        case AddLabels(labels):
            return "addLabelsToLabelable", {"labelableId": issue, "labelIds": [x.id for x in labels]}
        case CreateComment(_, body):
            return "addComment", {"subjectId": issue, "body": body}
        case UpdateComment(_, node_id, body):
            return "updateIssueComment", {"id": node_id, "body": body}
        case DeleteComment(_, node_id):
            return "deleteIssueComment", {"id": node_id}
        case MinimizeComment(_, node_id):
            return "minimizeComment", {"subjectId": node_id, "classifier": "OUTDATED"}
        case UnminimizeComment(_, node_id):
            return "unminimizeComment", {"subjectId": node_id}
        case React(_, node_id, content):
            return "addReaction", {"subjectId": node_id, "content": content}


def _problem(answer: Answer, alias: str) -> str | None:
    """Type of the error that kept this write from being done, if any. One without a path concerns all."""
    for error in answer.errors:
        if error.path[:1] in ((alias,), ()):
            return error.type
    return None if answer.data.get(alias) is not None else "UNKNOWN"


def _record(action: _GraphQL, done: Any, ledger: _Ledger) -> None:
    """Note ids and times of one write that was done."""
    match action:
        case CreateComment(key):
            node = done["commentEdge"]["node"]
            ledger.comment_ids[key] = int(node["fullDatabaseId"])
            ledger.node_ids[key] = node["id"]
            ledger.touched(node["issue"]["updatedAt"])
        case UpdateComment():
            ledger.touched(done["issueComment"]["issue"]["updatedAt"])
        case DeleteComment(comment_id):
            ledger.deleted.append(comment_id)
        case RemoveLabels() | AddLabels():
            ledger.touched(done["labelable"]["updatedAt"])
        case React() | MinimizeComment() | UnminimizeComment():
            pass


def _failure(gh: GitHub, action: _GraphQL, name: str, problem: str) -> RfhError:
    """Our error for one failed write; said with the mutation's name and GitHub's error type."""
    match action, problem:
        case _, "RATE_LIMITED":
            return Transient(f"{name}: rate limited", gh.pool.wait("graphql"))
        case CreateComment(), "NOT_FOUND":
            return Gone("not-found")
        case UpdateComment(), "NOT_FOUND":
            return Transient("card vanished")
        case _, "FORBIDDEN":
            return Forbidden(f"{name}: FORBIDDEN")
        case _, "UNPROCESSABLE":
            return Refused(f"{name}: UNPROCESSABLE")
        case _:
            return Transient(f"{name}: {problem}")


def _rank(failure: RfhError) -> int:
    """Of several failures the one that says most about what to do next."""
    return [Gone, Forbidden, Refused, Transient].index(type(failure))


async def reread_comment(gh: GitHub, node_id: str) -> Comment | None:
    """One comment by node id, as it is now; None when it is gone. Raises Forbidden, Transient."""
    answer = await gh.graphql(READ_COMMENT, {"id": node_id})
    if any(error.type == "FORBIDDEN" for error in answer.errors):
        raise Forbidden(f"{READ_COMMENT.name}: FORBIDDEN")
    node = answer.data.get("node")
    return parse.readable(READ_COMMENT.name, lambda: parse.comment(node)) if node else None
