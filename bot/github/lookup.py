"""Floor 2: what a run may ask beside the issue: the labels, a role, an account, a file, what changed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import cachetools

from bot.errors import Forbidden, Gone, PolicyError
from bot.github import parse
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import GET_FILE, GET_ROLE, GET_USER, LIST_ISSUES, REPOSITORY_LABELS
from bot.github.pool import Clock, utc_now
from bot.model import Catalogue, IssueKey, Label, Snapshot
from bot.policy.schema import Policy
from bot.rules import inbox

PER_PAGE = 100


class Catalogues:
    """The labels of each repository, kept for ten minutes, or until somebody says that they changed.

    Through GraphQL, not REST with ETags: the ids must be of the same format as those of an issue's labels.
    """

    def __init__(self, *, now: Clock = utc_now, ttl: float = 600.0) -> None:
        self._known: cachetools.TTLCache[str, Catalogue] = cachetools.TTLCache(
            256, ttl, timer=lambda: now().timestamp()
        )

    async def get(self, gh: GitHub, owner: str, repo: str) -> Catalogue:
        """The labels that exist. Raises Gone when the repository cannot be seen."""
        name = f"{owner}/{repo}".casefold()
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = await _read_labels(gh, owner, repo)
        return known

    def forget(self, owner: str, repo: str) -> None:
        """A `label` event came, a label was created, or a write met a label that is gone."""
        self._known.pop(f"{owner}/{repo}".casefold(), None)


async def _read_labels(gh: GitHub, owner: str, repo: str) -> Catalogue:
    labels: list[Label] = []
    after: str | None = None
    while True:
        variables = {"owner": owner, "repo": repo, "after": after}
        answer = await gh.graphql(REPOSITORY_LABELS, variables)
        if any(error.type == "FORBIDDEN" for error in answer.errors):
            raise Forbidden(f"{REPOSITORY_LABELS.name}: FORBIDDEN")
        repository = answer.data.get("repository")
        if repository is None:
            raise Gone("not-found")
        found, after = parse.readable(REPOSITORY_LABELS.name, partial(_labels_of, repository))
        labels += found
        if after is None:
            return Catalogue({label.folded: label for label in labels})


def _labels_of(repository: parse.Json) -> tuple[list[Label], str | None]:
    """One page of labels, and the cursor of the next."""
    page = repository["labels"]
    info = page["pageInfo"]
    labels = [parse.label(node) for node in parse.nodes(page)]
    return labels, str(info["endCursor"]) if info["hasNextPage"] else None


async def role(gh: GitHub, key: IssueKey, login: str) -> str:
    """The person's `role_name` there: read, triage, write, maintain, admin, a custom one, or none.

    `permission` would hide triage and maintain
    (https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user).
    """
    try:
        found = await gh.rest(GET_ROLE, owner=key.owner, repo=key.repo, username=login)
    except UnexpectedStatus as error:
        if error.status == 404:
            return "none"
        raise
    return parse.readable(GET_ROLE.path, lambda: str(found.get("role_name") or found["permission"]))


async def account_exists(gh: GitHub, login: str) -> bool:
    """Is there a person of that name? Organizations cannot own an issue."""
    try:
        found = await gh.rest(GET_USER, username=login)
    except UnexpectedStatus as error:
        if error.status == 404:
            return False
        raise
    return parse.readable(GET_USER.path, lambda: bool(found["type"] != "Organization"))


async def asked(gh: GitHub, snapshot: Snapshot, waiting: Sequence[inbox.Pending], policy: Policy) -> Snapshot:
    """The snapshot with the roles of those whose commands are pending, and the accounts that they name.

    A failure is raised, to be retried: it is no refusal.
    """
    roles = {
        login.casefold(): await role(gh, snapshot.key, login)
        for login in sorted(inbox.needs_roles(waiting, snapshot, policy))
    }
    logins = {
        login.casefold(): await account_exists(gh, login) for login in sorted(inbox.needs_logins(waiting))
    }
    return replace(snapshot, roles=roles, logins=logins)


async def issues_updated_since(
    gh: GitHub, owner: str, repo: str, since: datetime
) -> AsyncIterator[tuple[int, datetime]]:
    """Number and update time of every issue updated at or after `since`, oldest update first, each once.

    Paging goes by time, not by page number: an issue updated meanwhile leaves its place, the rest move up,
    and the next page number would skip one. A page number is used only inside a second that fills a page.
    """
    seen: set[tuple[int, datetime]] = set()
    page = 1
    while True:
        batch = await gh.rest(
            LIST_ISSUES,
            owner=owner,
            repo=repo,
            state="all",
            sort="updated",
            direction="asc",
            since=since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            per_page=PER_PAGE,
            page=page,
        )
        rows = parse.readable(LIST_ISSUES.path, partial(_rows, batch))
        last = since
        for number, last, is_issue in rows:
            if is_issue and (number, last) not in seen:
                seen.add((number, last))
                yield number, last
        if len(rows) < PER_PAGE:
            return
        since, page = (since, page + 1) if last <= since else (last, 1)


def _rows(batch: list[parse.Json]) -> list[tuple[int, datetime, bool]]:
    """Number, update time, and is it an issue (GitHub lists pull requests among them)."""
    return [(int(r["number"]), parse.when(r["updated_at"]), "pull_request" not in r) for r in batch]


async def file_text(
    gh: GitHub, owner: str, repo: str, path: str, *, ref: str | None = None
) -> tuple[str, str] | None:
    """Text and blob sha of a file at `ref` (default: the default branch); None when there is none.

    An unchanged file costs nothing of the limit (ETag). Raises PolicyError when it is no text.
    """
    values = {"owner": owner, "repo": repo, "path": path} | ({"ref": ref} if ref else {})
    try:
        found = await gh.rest(GET_FILE, None, **values)
    except UnexpectedStatus as error:
        if error.status == 404:
            return None
        raise
    if not isinstance(found, dict) or found.get("encoding") != "base64":  # a list is a directory
        raise PolicyError([f"{path}:1:1: not a text file under 1 MB"])
    content, sha = parse.readable(GET_FILE.path, lambda: (_bytes(found["content"]), str(found["sha"])))
    try:
        return content.decode(), sha
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError([f"{path}:{line}:1: not UTF-8"]) from None


def _bytes(content: str) -> bytes:
    """Base64 as GitHub writes it, with line ends."""
    return base64.b64decode("".join(content.split()), validate=True)
