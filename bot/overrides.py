"""Floor 2: what is said about a repository's policy: on the commits that change it, and when it is broken.

- `policy:owner/repo@sha`: a commit of the default branch touched the file. Its check run names every mistake.
- `proposal:owner/repo@sha`: a commit of another branch, which is the head of a pull request as soon as there
  is one. If its file is another, its check run says what is wrong with it, or what would route differently.
- `notice:owner/repo`: while the newest file does not load, one issue says so. It is found by its marker,
  edited in place, closed when the file loads, opened again at the next break. One that people closed stays
  closed until then; one that they deleted is made anew when something else is broken.

The races: an answer to the creation of that issue is lost. That one is about to be made is recorded before,
and for a minute, while GitHub's list may lag, none is made again. A commit is not readable yet: one that
shows no file, while there is one in force, is looked for again before that is believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from bot import words_policy
from bot.errors import Forbidden, Transient
from bot.events import POLICY_PATH
from bot.github import parse
from bot.github.auth import REPORT, App
from bot.github.checks import report_policy
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import CREATE_ISSUE, GET_APP, LIST_ISSUES, UPDATE_ISSUE
from bot.github.sweep import Selection, issue_pages
from bot.guard import Guard
from bot.model import IssueKey
from bot.queue import Claim
from bot.reconciler import Reconciler
from bot.rulebooks import Proposed
from bot.rules.routing_effect import MOST, Effect, Text, effect
from bot.rules.rulebook import Rulebook
from bot.store_standing import Standings
from bot.worker import Done

CHECK, PROPOSAL, NOTICE = "policy", "proposal", "notice"
SAID = "policy broken"
LOOKS, SOON = 4, 2.0  # how often, and after how many seconds, a commit is looked for that shows no policy
PER_PAGE, PAGES = 100, 10  # of our own issues, the last changed first
LAG = 60.0  # seconds within which GitHub's list may not show an issue that was created


@dataclass(frozen=True, slots=True)
class _Notice:
    """What the database knows of the issue. `number` None: none, or one whose number was not told."""

    number: int | None
    broken: str  # digest of what it says is broken; empty: it says that all is well
    claimed_at: float = 0.0  # when one was about to be created


@dataclass(frozen=True)
class Overrides:
    """The three keys' handlers. `guard` is asked before a content write."""

    clients: App
    reconciler: Reconciler
    said: Standings
    guard: Callable[[Claim, IssueKey], Guard]
    now: Callable[[], datetime]

    # ── commits ─────────────────────────────────────────────────────────────────────────────

    async def check(self, claim: Claim) -> Done:
        """A push to the default branch touched the file: say on its commit how that went."""
        owner, repo, sha = _commit(claim.key)
        books, gh = self.reconciler.rulebooks, await self.clients.client(owner, repo)
        found = await self._at(claim, gh, owner, repo, sha)
        in_force = await books.sha(gh, owner, repo) == found.sha
        title, summary = words_policy.checked(len(found.problems), in_force=in_force)
        await self._report(owner, repo, sha, found.problems, title, summary)
        return Done("policy", end=True)

    async def propose(self, claim: Claim) -> Done:
        """A push to another branch: if its file differs, say what is wrong, or what it would change."""
        owner, repo, sha = _commit(claim.key)
        books, gh = self.reconciler.rulebooks, await self.clients.client(owner, repo)
        found = await self._at(claim, gh, owner, repo, sha)
        if await books.sha(gh, owner, repo) == found.sha:
            return Done("same policy", end=True)
        seen: Effect | None = None
        if found.book is not None:
            before = await books.get(gh, owner, repo)
            seen = await effect_on(gh, owner, repo, before, found.book)
        title, summary = words_policy.proposed(len(found.problems), seen)
        await self._report(owner, repo, sha, found.problems, title, summary)
        return Done("proposal", end=True)

    async def _at(self, claim: Claim, gh: GitHub, owner: str, repo: str, sha: str) -> Proposed:
        """The commit's override. Raises Transient while it may be that GitHub does not show the commit yet.

        A commit that cannot be read and one without the file are the same answer.
        """
        found = await self.reconciler.rulebooks.at(gh, owner, repo, sha)
        hidden = not found.sha and await self.reconciler.rulebooks.sha(gh, owner, repo)
        if hidden and claim.attempts < LOOKS:
            raise Transient("the commit may not be readable yet", SOON)
        return found

    async def _report(
        self, owner: str, repo: str, sha: str, problems: tuple[str, ...], title: str, summary: str
    ) -> None:
        log = structlog.get_logger("policy").bind(repository=f"{owner}/{repo}")
        if self.reconciler.shadow:
            log.info("shadow: no check run", problems=len(problems))
            return
        try:
            reporter = await self.clients.client(owner, repo, REPORT)
            await report_policy(reporter, owner, repo, sha, problems, title=title, summary=summary)
        except Forbidden as error:  # the permission is not granted: the log has to do
            log.warning("no check run", error=str(error))

    # ── the issue ───────────────────────────────────────────────────────────────────────────

    async def notice(self, claim: Claim) -> Done:
        """Bring the issue about a broken policy to what is so."""
        repository = claim.key.partition(":")[2]
        owner, repo = repository.split("/")
        books, gh = self.reconciler.rulebooks, await self.clients.client(owner, repo)
        problems = await books.problems(gh, owner, repo)
        policy = (await books.get(gh, owner, repo)).policy
        paused = await self.reconciler.store.paused(repository)
        if self.reconciler.shadow or paused or policy.writer != self.reconciler.writer:
            return Done("left alone", end=True)
        broken = _digest(problems)
        known = await self._known(repository)
        if known is None or (known.number is None and known.claimed_at):
            known = await self._found(gh, owner, repo, known)
            await self._save(repository, known)
        if known.broken != broken:
            await self._write(gh, claim, repository, known, problems)
        return Done("notice", end=True)

    async def _write(
        self, gh: GitHub, claim: Claim, repository: str, known: _Notice, problems: tuple[str, ...]
    ) -> None:
        owner, repo = repository.split("/")
        await self.guard(claim, IssueKey(owner, repo, known.number or 1))()
        digest = _digest(problems)
        text: dict[str, Any] = {"body": words_policy.mended_body(POLICY_PATH)}
        if problems:
            text = {"title": words_policy.broken_title(POLICY_PATH)}
            text["body"] = words_policy.broken_body(POLICY_PATH, problems)
        if known.number is not None:
            if not problems:
                text |= {"state": "closed", "state_reason": "completed"}
            elif not known.broken:
                text["state"] = "open"
            try:
                await gh.rest(UPDATE_ISSUE, text, owner=owner, repo=repo, issue_number=known.number)
            except UnexpectedStatus as error:
                if error.status not in (301, 404, 410):
                    raise
                known = _Notice(None, known.broken)  # somebody took it away
        elif problems:
            claimed = _Notice(None, digest, self.now().timestamp())
            await self._save(repository, claimed)
            made = await gh.rest(CREATE_ISSUE, text, owner=owner, repo=repo)
            known = _Notice(parse.readable(CREATE_ISSUE.path, lambda: int(made["number"])), digest)
        await self._save(repository, _Notice(known.number, digest))

    async def _found(self, gh: GitHub, owner: str, repo: str, known: _Notice | None) -> _Notice:
        """Look for the issue among our own. Raises Transient while it may not be listed yet."""
        app = await self.clients.itself.rest(GET_APP)
        login = f"{parse.readable(GET_APP.path, lambda: str(app['slug']))}[bot]"
        for page in range(1, PAGES + 1):
            rows = await gh.rest(
                LIST_ISSUES,
                owner=owner,
                repo=repo,
                state="all",
                creator=login,
                sort="updated",
                direction="desc",
                per_page=PER_PAGE,
                page=page,
            )
            mine = parse.readable(LIST_ISSUES.path, partial(_marked, rows))
            if mine is not None:
                number, is_open = mine
                return _Notice(number, "open" if is_open else "")
            if len(rows) < PER_PAGE:
                break
        if known is not None and self.now().timestamp() - known.claimed_at < LAG:
            raise Transient("an issue was created a moment ago, and is not listed yet", LAG)
        return _Notice(None, "")

    async def _known(self, repository: str) -> _Notice | None:
        text = (await self.said.said(repository)).get(SAID)
        return _Notice(**json.loads(text)) if text is not None else None

    async def _save(self, repository: str, notice: _Notice) -> None:
        await self.said.say(repository, SAID, json.dumps(asdict(notice)))


async def effect_on(gh: GitHub, owner: str, repo: str, before: Rulebook, after: Rulebook) -> Effect | None:
    """What `after` would route differently of the last requests for help. None: they cannot be read.

    Raises Gone, Transient.
    """
    texts: list[Text] = []
    try:
        async for page in issue_pages(gh, owner, repo, Selection(label=before.policy.labels.rfh)):
            issues = [glimpse.snapshot.issue for glimpse in page.glimpses]
            texts += [Text(issue.number, issue.title, issue.body) for issue in issues]
            if len(texts) >= MOST:
                break
    except Forbidden:
        return None
    return effect(texts[:MOST], before, after)


def _commit(key: str) -> tuple[str, str, str]:
    repository, _, sha = key.partition(":")[2].partition("@")
    owner, _, repo = repository.partition("/")
    return owner, repo, sha


def _digest(problems: tuple[str, ...]) -> str:
    return hashlib.sha256("\n".join(problems).encode()).hexdigest()[:16] if problems else ""


def _marked(rows: list[Mapping[str, Any]]) -> tuple[int, bool] | None:
    """Number of the newest issue with the marker, and whether it is open."""
    for row in rows:
        if str(row["body"] or "").rstrip().endswith(words_policy.MARKER) and "pull_request" not in row:
            return int(row["number"]), row["state"] == "open"
    return None
