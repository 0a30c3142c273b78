"""Floor 2: what the watch reads and writes on GitHub: a public thread, and the private issue about it.

One read shows the public issue, the fifty comments that changed last, and the comments in which a leak is
known to stand, wherever they are in the thread. More is read only while older changes may be unread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from bot.errors import Forbidden, Transient
from bot.github import parse
from bot.github.client import GitHub
from bot.github.documents import CREATE_ISSUE, LIST_ISSUES, UPDATE_ISSUE, WATCH_ISSUE, apply_document
from bot.github.load import refuse_forbidden, why_gone
from bot.model import Actor, AtLeast, IssueKey
from bot.rules.watch import BODY, TITLE, Text

PER_PAGE = 100
MAX_PAGES = 60  # of 50 comments; GitHub keeps 2,500 on an issue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment of the public issue."""

    id: int
    node_id: str
    author: Actor | None
    body: str = field(repr=False)
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Thread:
    """A public issue as read: what changed since some moment, and the comments asked for (None: gone)."""

    viewer: Actor
    private: bool  # is the repository?
    node_id: str
    url: str
    locked: bool
    title: str = field(repr=False)
    body: str = field(repr=False)
    updated_at: datetime
    remarks: tuple[Remark, ...]
    missing: frozenset[int]

    def own(self) -> tuple[Text, ...]:
        """The issue's own texts."""
        return Text(TITLE, self.title), Text(BODY, self.body)

    @property
    def seen(self) -> datetime:
        """GitHub's time up to which all was read."""
        return max((self.updated_at, *(remark.updated_at for remark in self.remarks)))

    def shows(self, at_least: AtLeast) -> bool:
        """Does the read show what events have proved to exist? GitHub's reads can lag behind its writes."""
        if at_least.updated_at is not None and self.updated_at < at_least.updated_at:
            return False
        ids = {remark.id for remark in self.remarks}
        if ids & at_least.gone:
            return False
        return not at_least.comment_id or at_least.comment_id in ids | at_least.gone


async def load_thread(
    gh: GitHub, key: IssueKey, *, since: datetime | None, known: Mapping[int, str]
) -> Thread:
    """Read the issue, its comments changed at or after `since`, and the `known` ones (id → node id).

    Raises Gone, Forbidden, Transient.
    """
    page = await _page(gh, key, None, tuple(known.values()))
    thread = page.read(lambda: _thread(page, known))
    remarks, last = page.read(page.remarks), page
    for _ in range(MAX_PAGES):
        after = last.read(last.next)
        if after is None or (since is not None and remarks and remarks[-1].updated_at < since):
            break
        last = await _page(gh, key, after, ())
        remarks += last.read(last.remarks)
    every = {remark.id: remark for remark in (*thread.remarks, *remarks)}
    return replace(thread, remarks=tuple(sorted(every.values(), key=lambda remark: remark.id)))


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer to WATCH_ISSUE; `read` turns what is not as asked for into Transient."""

    data: parse.Json
    node: parse.Json

    def read(self, part: Callable[[], T]) -> T:
        return parse.readable(WATCH_ISSUE.name, part)

    def remarks(self) -> list[Remark]:
        """The latest change first."""
        return [_remark(one) for one in parse.nodes(self.node["comments"])]

    def asked(self) -> tuple[Remark, ...]:
        """Those of the known comments that are still there (an id of something else answers with an empty
        object)."""
        return tuple(_remark(one) for one in self.data["nodes"] if one and "body" in one)

    def next(self) -> str | None:
        info = self.node["comments"]["pageInfo"]
        return str(info["endCursor"]) if info["hasNextPage"] else None


async def _page(gh: GitHub, key: IssueKey, after: str | None, known: Sequence[str]) -> _Page:
    answer = await gh.graphql(
        WATCH_ISSUE,
        {"owner": key.owner, "repo": key.repo, "number": key.number, "after": after, "known": list(known)},
    )
    refuse_forbidden(WATCH_ISSUE, answer)
    repository = answer.data.get("repository")
    node = parse.readable(WATCH_ISSUE.name, lambda: repository.get("issue") if repository else None)
    if node is None:
        raise await why_gone(gh, key)
    return _Page(answer.data, node)


def _thread(page: _Page, known: Mapping[int, str]) -> Thread:
    node, asked = page.node, page.asked()
    return Thread(
        viewer=parse.viewer(page.data["viewer"]),
        private=page.data["repository"]["isPrivate"],
        node_id=node["id"],
        url=node["url"],
        locked=node["locked"],
        title=node["title"],
        body=node["body"] or "",
        updated_at=parse.when(node["updatedAt"]),
        remarks=asked,
        missing=frozenset(known) - {remark.id for remark in asked},
    )


def _remark(node: parse.Json) -> Remark:
    return Remark(
        id=int(node["fullDatabaseId"]),
        node_id=node["id"],
        author=parse.actor(node["author"]),
        body=node["body"],
        updated_at=parse.when(node["updatedAt"]),
    )


# ── the private issue ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Filed:
    """An issue of ours, as a list or an answer to a write shows it."""

    number: int
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """An issue that was just created."""

    number: int
    node_id: str
    url: str


def rest_login(viewer: Actor) -> str:
    """Our login as REST spells it."""
    return f"{viewer.login}[bot]" if viewer.is_bot else viewer.login


async def listed(gh: GitHub, owner: str, repo: str, only: Mapping[str, str]) -> AsyncIterator[Filed]:
    """Issues, the newest first. `only`: `state`, `creator` (see `rest_login`), `labels`.

    The list, not the search index, which is minutes behind. Raises Transient, Forbidden, UnexpectedStatus.
    """
    for page in range(1, MAX_PAGES + 1):
        values: dict[str, str | int] = {"owner": owner, "repo": repo, "sort": "created", "direction": "desc"}
        batch = await gh.rest(LIST_ISSUES, None, **values, **only, per_page=PER_PAGE, page=page)
        for one in parse.readable(LIST_ISSUES.path, partial(_filed, batch)):
            yield one
        if len(batch) < PER_PAGE:
            return


def _filed(batch: Sequence[parse.Json]) -> list[Filed]:
    return [Filed(int(row["number"]), str(row["body"] or "")) for row in batch]


async def create_issue(
    gh: GitHub, owner: str, repo: str, *, title: str, body: str, labels: Collection[str]
) -> Made:
    """File an issue. `labels` must exist: GitHub would create them.

    Raises Transient (then nobody knows whether it was filed), Forbidden, UnexpectedStatus.
    """
    made = {"title": title, "body": body, "labels": list(labels)}
    answer = await gh.rest(CREATE_ISSUE, made, owner=owner, repo=repo)
    return parse.readable(
        CREATE_ISSUE.path, lambda: Made(int(answer["number"]), answer["node_id"], answer["html_url"])
    )


async def update_issue(gh: GitHub, key: IssueKey, *, body: str, reopen: bool) -> None:
    """Write an issue's body, and open it again. Raises as `create_issue`."""
    change = {"body": body, **({"state": "open"} if reopen else {})}
    await gh.rest(UPDATE_ISSUE, change, owner=key.owner, repo=key.repo, issue_number=key.number)


async def add_comment(gh: GitHub, node_id: str, body: str) -> None:
    """Comment on an issue. Raises Forbidden, Transient (then nobody knows whether it stands there)."""
    answer = await gh.graphql(apply_document(("addComment",)), {"w0": {"subjectId": node_id, "body": body}})
    problems = [error.type for error in answer.errors]
    if "FORBIDDEN" in problems:
        raise Forbidden("addComment: FORBIDDEN")
    if problems or answer.data.get("w0") is None:
        raise Transient(f"addComment: {', '.join(problems) or 'unreadable answer'}")
