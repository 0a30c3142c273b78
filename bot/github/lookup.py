"""Floor 2: what a run may ask beside the issue: the labels, a role, an account, a file, what changed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import cachetools

from bot.errors import Forbidden, Gone, PolicyError
from bot.github import parse
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import GET_FILE, GET_ROLE, GET_USER, LIST_ISSUES, REPOSITORY_LABELS
from bot.github.pool import Clock, utc_now
from bot.model import Catalogue, IssueKey, Label

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
        repository = answer.data.get("repository")
        if any(error.type == "FORBIDDEN" for error in answer.errors):
            raise Forbidden(f"{REPOSITORY_LABELS.name}: FORBIDDEN")
        if repository is None:
            raise Gone("not-found")
        page = repository["labels"]
        labels += [parse.label(node) for node in parse.nodes(page)]
        if not page["pageInfo"]["hasNextPage"]:
            return Catalogue({label.folded: label for label in labels})
        after = page["pageInfo"]["endCursor"]


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
    return str(found.get("role_name") or found["permission"])


async def account_exists(gh: GitHub, login: str) -> bool:
    """Is there a person of that name? Organizations cannot own an issue."""
    try:
        found = await gh.rest(GET_USER, username=login)
    except UnexpectedStatus as error:
        if error.status == 404:
            return False
        raise
    return bool(found["type"] != "Organization")


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
        last = since
        for item in batch:
            last = parse.when(item["updated_at"])
            if "pull_request" not in item and (item["number"], last) not in seen:
                seen.add((item["number"], last))
                yield item["number"], last
        if len(batch) < PER_PAGE:
            return
        since, page = (since, page + 1) if last <= since else (last, 1)


async def file_text(
    gh: GitHub, owner: str, repo: str, path: str, *, ref: str | None = None
) -> tuple[str, str] | None:
    """Text and blob sha of a file at `ref` (default: the default branch); None when there is none.

    An unchanged file costs nothing of the limit (ETag). Raises PolicyError when it is no text or too big.
    """
    values = {"owner": owner, "repo": repo, "path": path} | ({"ref": ref} if ref else {})
    try:
        found = await gh.rest(GET_FILE, None, **values)
    except UnexpectedStatus as error:
        if error.status == 404:
            return None
        raise
    text: str | None = None
    if isinstance(found, dict) and found.get("encoding") == "base64":  # a list is a directory
        try:
            text = base64.b64decode("".join(found["content"].split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = None
    if text is None:
        raise PolicyError([f"{path}:1:1: not a UTF-8 text file under 1 MB"])
    return text, found["sha"]
