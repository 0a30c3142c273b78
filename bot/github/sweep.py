"""Floor 2: many issues with few queries: pages of 50, each issue as `load` would first see it.

GitHub ends a query after about ten seconds, as a 502 or as "something went wrong" (in words, status 200). A
page of long issues can be such a query, so a page that fails is asked for again at half the size, down to one
issue; after some good pages the size doubles again. A limit is no such failure: it ends the reading.

Pages come in the order of updates, by cursor: an issue that is updated meanwhile moves to the new end, so it
is shown twice, or not at all and comes with its own event.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.errors import Gone, Transient
from bot.github import parse
from bot.github.answers import Answer
from bot.github.client import GitHub
from bot.github.documents import SWEEP_ISSUES
from bot.github.load import Glimpse, glimpse, refuse_forbidden

PAGE = 50
RECOVERY = 5  # good pages before a halved page grows again


@dataclass(frozen=True, slots=True)
class Selection:
    """Which issues. Empty: all of the repository."""

    label: str | None = None
    open_only: bool = False
    since: datetime | None = None  # updated at or after
    oldest_first: bool = False  # by update

    def variables(self) -> dict[str, Any]:
        """What is not asked for is left out: a null is not the same to every schema."""
        found: dict[str, Any] = {"direction": "ASC" if self.oldest_first else "DESC"}
        if self.label is not None:
            found["labels"] = [self.label]
        if self.open_only:
            found["states"] = ["OPEN"]
        if self.since is not None:
            found["filterBy"] = {"since": self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """Some issues. `unreadable`: numbers whose part of the answer cannot be used; `total` is of all pages."""

    glimpses: tuple[Glimpse, ...]
    unreadable: tuple[int, ...]
    total: int


async def issue_pages(gh: GitHub, owner: str, repo: str, selection: Selection) -> AsyncGenerator[Page, None]:
    """The selected issues in order. Raises Gone (no such repository), Forbidden, Transient."""
    size, good, after = PAGE, 0, ""
    while True:
        variables = {"owner": owner, "repo": repo, "first": size, **selection.variables()}
        if after:
            variables["after"] = after
        try:
            answer = await gh.graphql(SWEEP_ISSUES, variables)
        except Transient as error:
            if error.retry_after is not None or size == 1:
                raise
            size, good = size // 2, 0
            continue
        refuse_forbidden(SWEEP_ISSUES, answer)
        if answer.data.get("repository") is None:
            raise Gone("not-found")
        page, after = parse.readable(SWEEP_ISSUES.name, partial(_read, answer))
        yield page
        if not after:
            return
        good += 1
        if size < PAGE and good >= RECOVERY:
            size, good = min(PAGE, size * 2), 0


def _read(answer: Answer) -> tuple[Page, str]:
    """One page, and the cursor of the next; empty when it is the last."""
    issues: Mapping[str, Any] = answer.data["repository"]["issues"]
    glimpses, unreadable = [], []
    for node in parse.nodes(issues):
        try:
            glimpses.append(parse.readable(SWEEP_ISSUES.name, partial(glimpse, answer, node)))
        except Transient:  # this one alone is left to a load of its own
            unreadable.append(int(node["number"]))
    info = issues["pageInfo"]
    page = Page(tuple(glimpses), tuple(unreadable), int(issues["totalCount"]))
    return page, str(info["endCursor"]) if info["hasNextPage"] else ""
