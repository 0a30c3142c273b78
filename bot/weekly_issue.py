"""Floor 2: the one issue that holds the weekly digest: found, created once, edited in place.

The number is in the database. Without it the issue is looked for by its marker in the list of our own issues
(not the search index, which is minutes behind), and that one is about to be made is recorded before: when the
answer is lost, none is made again for a minute, in which the list may lag. A title that people changed, and
an issue that they closed, stay as they are; one that they deleted or moved away is made anew.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.errors import Transient
from bot.github import parse
from bot.github.auth import App
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import GET_APP, UPDATE_ISSUE
from bot.github.lookup import Catalogues
from bot.github.watched import create_issue, listed
from bot.guard import Guard
from bot.policy.digest import Digest
from bot.rules.weekly import marked

LAG = 60.0  # seconds within which GitHub's list may not show an issue that was created


@dataclass(frozen=True, slots=True)
class Filed:
    """What the database knows of the issue. `day`: of the digest it holds; `claimed_at`: when one was about
    to be created."""

    number: int | None = None
    url: str = ""
    day: str = ""
    claimed_at: float = 0.0

    @classmethod
    def loaded(cls, text: str | None) -> Filed:
        return cls(**json.loads(text)) if text is not None else cls()

    def dumped(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class WeeklyIssue:
    """`keep` puts into the database what is known; `guard` is asked before each write."""

    clients: App
    catalogues: Catalogues
    repository: str
    guard: Guard
    keep: Callable[[Filed], Awaitable[None]]
    now: Callable[[], datetime]

    async def write(self, filed: Filed, body: str, policy: Digest) -> Filed:
        """Bring the issue to `body`. Raises Transient, Forbidden, UnexpectedStatus, what `guard` raises."""
        owner, repo = self.repository.split("/")
        gh = await self.clients.client(owner, repo)
        number = filed.number if filed.number is not None else await self._found(gh, filed)
        url = await self._edit(gh, number, body) if number is not None else None
        if number is None or url is None:
            number, url = await self._create(gh, filed, body, policy)
        filed = replace(filed, number=number, url=url, claimed_at=0.0)
        await self.keep(filed)
        return filed

    async def _edit(self, gh: GitHub, number: int, body: str) -> str | None:
        """Write the body; the issue's URL. None: it is not there any more."""
        owner, repo = self.repository.split("/")
        await self.guard()
        try:
            answer = await gh.rest(UPDATE_ISSUE, {"body": body}, owner=owner, repo=repo, issue_number=number)
        except UnexpectedStatus as error:
            if error.status in (301, 404, 410):
                return None
            raise
        return parse.readable(UPDATE_ISSUE.path, lambda: str(answer["html_url"]))

    async def _create(self, gh: GitHub, filed: Filed, body: str, policy: Digest) -> tuple[int, str]:
        owner, repo = self.repository.split("/")
        catalogue = await self.catalogues.get(gh, owner, repo)
        label = catalogue.find(policy.label) if policy.label is not None else None
        await self.guard()
        await self.keep(Filed(claimed_at=self.now().timestamp()))
        labels = [label.name] if label is not None else []  # GitHub would create one that is not there
        made = await create_issue(gh, owner, repo, title=policy.title, body=body, labels=labels)
        return made.number, made.url

    async def _found(self, gh: GitHub, filed: Filed) -> int | None:
        """The oldest issue of ours that holds a digest. Raises Transient while it may not be listed yet."""
        owner, repo = self.repository.split("/")
        app = await self.clients.itself.rest(GET_APP)
        login = f"{parse.readable(GET_APP.path, lambda: str(app['slug']))}[bot]"
        mine = {"state": "all", "creator": login}
        numbers = [one.number async for one in listed(gh, owner, repo, mine) if marked(one.body)]
        if numbers:
            return min(numbers)
        left = LAG - (self.now().timestamp() - filed.claimed_at)
        if left > 0:
            raise Transient("the digest's issue may have been created already", left)
        return None
