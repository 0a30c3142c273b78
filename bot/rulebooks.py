"""Floor 2: the policy in force for a repository: the base, with its `.github/rfh-bot.yml` laid over it.

The override is read again when a push touches it and every few minutes anyway (an unchanged file costs
nothing: ETag), so that a lost push or another replica's is caught up. A broken override changes nothing: the
last good policy stays, also across a restart, and the push's commit gets a failed check that names every
mistake.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import PolicyError
from bot.events import POLICY_PATH
from bot.github.client import GitHub
from bot.github.lookup import file_text
from bot.policy.load import Layer, load_layers
from bot.rules.rulebook import Rulebook
from bot.store import Store

RECHECK = timedelta(minutes=5)
UNREADABLE = "unreadable"  # stands for the blob of a file that is no text


@functools.lru_cache(maxsize=32)
def compiled(layers: tuple[Layer, ...]) -> Rulebook:
    """The rules of these texts, compiled once: repositories share them, and a revert finds its own again.

    Raises PolicyError.
    """
    return Rulebook(load_layers(layers))


@dataclass(slots=True)
class _Known:
    book: Rulebook
    sha: str  # of the override last looked at; empty: there is none
    checked_at: datetime
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """The override as some commit has it. `book` None: it does not load; `sha` is the file's, empty: none."""

    book: Rulebook | None
    sha: str
    problems: tuple[str, ...] = ()


class Rulebooks:
    """One compiled policy per repository."""

    def __init__(self, base: Sequence[Layer], store: Store, now: Callable[[], datetime]) -> None:
        """`base`: (name, text) of the shipped policy and of the operator's file, if any.

        Raises PolicyError when the base itself is broken: then there is nothing to fall back to.
        """
        self._base = tuple(base)
        self._default = compiled(self._base)
        self._store = store
        self._now = now
        self._known: dict[str, _Known] = {}
        self._log = structlog.get_logger("policy")

    @property
    def default(self) -> Rulebook:
        """The base alone."""
        return self._default

    @property
    def broken(self) -> int:
        """How many repositories' newest override is not in force, as far as was looked."""
        return sum(bool(known.problems) for known in self._known.values())

    def in_force(self, repository: str) -> Rulebook:
        """The rulebook that was last in force there, without asking GitHub; the base when there was none."""
        known = self._known.get(repository.casefold())
        return known.book if known is not None else self._default

    def forget(self, repository: str) -> None:
        """A push may have changed the override: look before the next decision."""
        known = self._known.get(repository.casefold())
        if known is not None:
            known.checked_at = datetime.min.replace(tzinfo=known.checked_at.tzinfo)

    async def get(self, gh: GitHub, owner: str, repo: str) -> Rulebook:
        """The rulebook in force. Raises Transient and Forbidden when the override cannot be looked at."""
        return (await self._current(gh, owner, repo)).book

    async def problems(self, gh: GitHub, owner: str, repo: str) -> tuple[str, ...]:
        """What is wrong with the newest override; empty when it is in force."""
        return (await self._current(gh, owner, repo)).problems

    async def sha(self, gh: GitHub, owner: str, repo: str) -> str:
        """The newest override's blob, whether it loads or not; empty when there is none."""
        return (await self._current(gh, owner, repo)).sha

    async def at(self, gh: GitHub, owner: str, repo: str, ref: str) -> Proposed:
        """The override of a commit or branch; it changes nothing of what is in force."""
        try:
            found = await file_text(gh, owner, repo, POLICY_PATH, ref=ref)
        except PolicyError as error:
            return Proposed(None, UNREADABLE, tuple(error.problems))
        if found is None:
            return Proposed(self._default, "")
        text, sha = found
        try:
            return Proposed(self._compile(text), sha)
        except PolicyError as error:
            return Proposed(None, sha, tuple(error.problems))

    async def _current(self, gh: GitHub, owner: str, repo: str) -> _Known:
        name = f"{owner}/{repo}".casefold()
        known = self._known.get(name)
        if known is None or self._now() - known.checked_at >= RECHECK:
            known = await self._look(gh, owner, repo, known)
            self._known[name] = known
        return known

    async def _look(self, gh: GitHub, owner: str, repo: str, known: _Known | None) -> _Known:
        """Read the override and compile it if it is new; a broken one leaves the last good one in force."""
        name = f"{owner}/{repo}"
        try:
            found = await file_text(gh, owner, repo, POLICY_PATH)
        except PolicyError as error:
            return await self._broken(name, UNREADABLE, error, known)
        if found is None:
            if known is None or known.sha:  # taken away: a broken one later must not bring it back
                await self._store.save_policy(name, sha="", text="", state="none")
            return _Known(self._default, "", self._now())
        text, sha = found
        if known is not None and known.sha == sha:
            known.checked_at = self._now()
            return known
        try:
            book = self._compile(text)
        except PolicyError as error:
            return await self._broken(name, sha, error, known)
        await self._store.save_policy(name, sha=sha, text=text, state="good")
        self._log.info("policy in force", repository=name, sha=sha)
        return _Known(book, sha, self._now())

    async def _broken(self, name: str, sha: str, error: PolicyError, known: _Known | None) -> _Known:
        self._log.warning("policy broken, last good one stays", repository=name, problems=len(error.problems))
        book = known.book if known is not None else await self._last_good(name)
        return _Known(book, sha, self._now(), tuple(error.problems))

    async def _last_good(self, name: str) -> Rulebook:
        stored = await self._store.policy(name)
        if stored is None or not stored.text:
            return self._default
        try:
            return self._compile(stored.text)
        except PolicyError:  # written for an older version of the schema
            return self._default

    def _compile(self, override: str) -> Rulebook:
        return compiled((*self._base, (POLICY_PATH, override)))
