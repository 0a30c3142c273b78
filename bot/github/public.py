"""Floor 2: what the publisher reads and writes on GitHub: its own issues in the public tracker, and comments
of the private issue that one read does not show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from bot.errors import Transient
from bot.github import parse
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import CREATE_ISSUE, GET_ISSUE, LIST_COMMENTS, LIST_ISSUES
from bot.model import Actor, Comment, IssueKey, Snapshot

PER_PAGE = 100
MAX_PAGES = 30
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Own:
    """An issue of ours in the public tracker."""

    number: int
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """Whether an issue is open, else why it was closed."""

    word: str
    updated_at: datetime | None = None


async def own_issues(gh: GitHub, owner: str, repo: str, viewer: Actor, since: datetime) -> AsyncIterator[Own]:
    """Our issues there that were touched since, oldest first. The list, never the search index, which lags.

    Raises Transient, Forbidden, UnexpectedStatus.
    """
    creator = f"{viewer.login}[bot]" if viewer.is_bot else viewer.login
    for page in range(1, MAX_PAGES + 1):
        batch = await gh.rest(
            LIST_ISSUES,
            owner=owner,
            repo=repo,
            state="all",
            creator=creator,
            sort="created",
            direction="asc",
            since=since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            per_page=PER_PAGE,
            page=page,
        )
        for own in parse.readable(LIST_ISSUES.path, partial(_own, batch, viewer)):
            yield own
        if len(batch) < PER_PAGE:
            return
    raise Transient(f"{LIST_ISSUES.path}: more of ours than can be looked through")


def _own(batch: list[parse.Json], viewer: Actor) -> list[Own]:
    mine = (row for row in batch if row["user"] and int(row["user"]["id"]) == viewer.id)
    return [Own(int(row["number"]), str(row["body"] or "")) for row in mine if "pull_request" not in row]


async def create_issue(
    gh: GitHub, owner: str, repo: str, title: str, body: str, labels: Collection[str]
) -> int:
    """Create an issue; returns its number. `labels` must exist: GitHub would create them without a word.

    Raises Transient (then nobody knows whether it was created), Forbidden, UnexpectedStatus.
    """
    new = {"title": title, "body": body, "labels": list(labels)}
    made = await gh.rest(CREATE_ISSUE, new, owner=owner, repo=repo)
    return parse.readable(CREATE_ISSUE.path, lambda: int(made["number"]))


async def state_of(gh: GitHub, key: IssueKey) -> State:
    """How a public issue stands. Raises Transient, Forbidden, UnexpectedStatus."""
    try:
        found = await gh.rest(GET_ISSUE, owner=key.owner, repo=key.repo, issue_number=key.number)
    except UnexpectedStatus as error:
        if error.status in (301, 302, 307, 404, 410):
            return State(GONE)
        raise
    return parse.readable(GET_ISSUE.path, lambda: _state(found))


def _state(found: parse.Json) -> State:
    word = str(found["state"] if found["state"] == "open" else found.get("state_reason") or "completed")
    return State(word, parse.when(found["updated_at"]))


async def all_comments(gh: GitHub, snapshot: Snapshot) -> Snapshot:
    """The snapshot with every comment of the issue; its own reading of one counts.

    Raises Transient, Forbidden, UnexpectedStatus.
    """
    known = {comment.id: comment for comment in snapshot.comments}
    key = snapshot.key
    for page in range(1, MAX_PAGES + 1):
        batch = await gh.rest(
            LIST_COMMENTS,
            owner=key.owner,
            repo=key.repo,
            issue_number=key.number,
            per_page=PER_PAGE,
            page=page,
        )
        for comment in parse.readable(LIST_COMMENTS.path, partial(_comments, batch)):
            known.setdefault(comment.id, comment)
        if len(batch) < PER_PAGE:
            break
    return replace(snapshot, comments=tuple(known[id_] for id_ in sorted(known)))


def _comments(batch: list[parse.Json]) -> list[Comment]:
    return [
        Comment(
            id=int(row["id"]),
            node_id=row["node_id"],
            author=_actor(row["user"]),
            body=row["body"] or "",
            created_at=parse.when(row["created_at"]),
            url=row["html_url"],
        )
        for row in batch
    ]


def _actor(row: parse.Json | None) -> Actor | None:
    if row is None:
        return None
    return Actor(str(row["login"]).removesuffix("[bot]"), int(row["id"]), str(row["type"]))
