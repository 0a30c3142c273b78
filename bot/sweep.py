"""Floor 2: the safety net: look at many issues with few calls, and run those that need something.

Two passes: what was updated since the last completed run, whatever its label or state (so a lost event, or an
Action's run that was cancelled, loses nothing), then every open request for help (so what has become due, and
what a new policy changes, happens), oldest update first, up to where the first pass began. A page shows 50
issues; each is decided on as shown (`Reconciler.foresee`), and only one with a plan, or one that a page
cannot show whole, gets a run of its own: a full read, with all guards. There is no cursor to keep: a run that
ends early has done the most urgent part, and the next one finds the rest by the same rule.

Order: the run's own issue; then urgent ones (p1), what changed before what is merely due, and each of these
by age, so that who has waited longest is first.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.budget import Budget
from bot.errors import Gone, RfhError, Transient
from bot.github.load import Glimpse
from bot.github.pool import Pool
from bot.github.sweep import Page, Selection, issue_pages
from bot.guard import Guard
from bot.model import AddLabels, AtLeast, IssueKey, Plan
from bot.policy.schema import Policy
from bot.reconciler import NOTHING, Reconciler, Result
from bot.worker import OutOfBudget

REACH = timedelta(days=3)  # with no completed run on record: a weekend without a scheduled run
OVERLAP = timedelta(minutes=2)  # clocks disagree, and reads lag
PATIENCE = 65.0  # seconds that a write waits for its place in the minute
READING = 0.6  # of the allowance: a run must not spend all of it on looking


@dataclass
class Allowance:
    """What one run may ask of GitHub: `calls` at most, and a `share` of what its hourly limits still allow.

    GraphQL is counted in points, not in calls, so the limits are taken from GitHub's own answers. The share
    leaves the rest of the hour to the runs that follow.
    """

    calls: int | None = None
    share: float = 0.9
    made: int = 0
    _first: dict[str, int] = field(default_factory=dict)

    def note(self, *call: object) -> None:
        """Count one call; for the client's `on_call`."""
        self.made += 1

    def left(self, pool: Pool, part: float = 1.0) -> bool:
        """May the run go on, when it is to use only `part` of the allowance?"""
        if self.calls is not None and self.made >= self.calls * part:
            return False
        for limit in pool.limits.values():
            first = self._first.setdefault(limit.resource, limit.remaining)
            if first - limit.remaining >= first * self.share * part:
                return False
        return True


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, without anybody's text. `passing`: trying again may help; else a person must act."""

    text: str
    passing: bool = False
    limit: bool = False  # nothing more may be asked or written for now

    @classmethod
    def of(cls, error: Exception) -> Problem:
        """Tell an error. One that is not ours is a bug: its message may quote, so its place is told."""
        match error:
            case OutOfBudget():
                return cls(str(error), passing=True, limit=True)
            case Transient():
                return cls(str(error), passing=True, limit=error.retry_after is not None)
            case RfhError():
                return cls(str(error))
        place = traceback.extract_tb(error.__traceback__)[-1]
        return cls(f"{type(error).__name__} at {place.filename.rpartition('/')[2]}:{place.lineno}")


@dataclass(frozen=True, slots=True)
class Found:
    """What looking came to: `work` most urgent first; `later` are next due times; `unread` issues."""

    looked_at: int = 0
    work: tuple[IssueKey, ...] = ()
    later: tuple[tuple[IssueKey, datetime], ...] = ()
    unread: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """How one issue's run ended: a result, or a problem."""

    key: IssueKey
    result: Result | None = None
    problem: Problem | None = None

    @property
    def word(self) -> str:
        return self.result.word if self.result is not None else "failed"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sweep did. `problems` are those of looking; a run has its own."""

    looked_at: int
    runs: tuple[Run, ...]
    not_reached: int
    problems: tuple[Problem, ...] = ()

    @property
    def written(self) -> int:
        return sum(run.word == "wrote" for run in self.runs)

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        return self.problems + tuple(run.problem for run in self.runs if run.problem is not None)

    @property
    def complete(self) -> bool:
        """Did it do all there was to do? Then the next one may take up from here."""
        return not self.not_reached and not self.all_problems


# ── looking ─────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Search:
    """One search, as it goes on."""

    seen: set[int] = field(default_factory=set)
    work: list[tuple[bool, bool, datetime, IssueKey]] = field(default_factory=list)  # sorts by urgency
    later: list[tuple[IssueKey, datetime]] = field(default_factory=list)
    unread: int = 0
    problems: list[Problem] = field(default_factory=list)


async def find(rec: Reconciler, owner: str, repo: str, since: datetime, allowance: Allowance) -> Found:
    """Which issues need a run? Raises Gone (no such repository), Forbidden, Transient."""
    gh = await rec.clients.client(owner, repo)
    book = await rec.rulebooks.get(gh, owner, repo)
    search = _Search()
    changed = Selection(since=since)
    is_open = Selection(label=book.policy.labels.rfh, open_only=True, oldest_first=True)
    for selection in (changed, is_open):
        read = 0
        async with aclosing(issue_pages(gh, owner, repo, selection)) as pages:
            try:
                async for page in pages:
                    read += len(page.glimpses) + len(page.unreadable)
                    for number in page.unreadable:
                        _add(search, IssueKey(owner, repo, number), rec.now(), urgent=False, changed=True)
                    for seen in page.glimpses:
                        key = IssueKey(owner, repo, seen.snapshot.issue.number)  # spelled as the caller does
                        if key.number not in search.seen:
                            planned = await rec.foresee(gh, key, book, seen)
                            _judge(search, key, seen, planned, book.policy, changed=selection is changed)
                    if selection is is_open and not search.unread and _reached(page, since):
                        break
                    if read < page.total and not allowance.left(gh.pool, READING):
                        search.unread = max(search.unread, page.total - read)
                        break
            except Transient as error:
                search.problems.append(Problem.of(error))
                search.unread = max(search.unread, 1)
    work = tuple(key for *_, key in sorted(search.work))
    return Found(len(search.seen), work, tuple(search.later), search.unread, tuple(search.problems))


def _reached(page: Page, since: datetime) -> bool:
    """Has the second pass come to the issues that the first one saw?"""
    return any(seen.snapshot.issue.updated_at >= since for seen in page.glimpses)


def _judge(
    search: _Search, key: IssueKey, seen: Glimpse, planned: Plan | None, policy: Policy, *, changed: bool
) -> None:
    """Note what one issue needs."""
    if planned is None or planned:
        urgent = _urgent(seen, planned, policy)
        _add(search, key, seen.snapshot.issue.updated_at, urgent=urgent, changed=changed)
    else:
        search.seen.add(key.number)
        if planned.look_again is not None:
            search.later.append((key, planned.look_again))


def _add(search: _Search, key: IssueKey, since: datetime, *, urgent: bool, changed: bool) -> None:
    search.seen.add(key.number)
    search.work.append((not urgent, not changed, since, key))


def _urgent(seen: Glimpse, planned: Plan | None, policy: Policy) -> bool:
    """Does it have, or is it about to get, the label of an urgent priority?"""
    names = {
        name.casefold()
        for priority in policy.priorities.values()
        if priority.urgent
        for name in (priority.label, *priority.aliases)
    }
    added = [action.labels for action in planned.actions if isinstance(action, AddLabels)] if planned else []
    labels = seen.snapshot.issue.labels + tuple(label for labels in added for label in labels)
    return any(label.folded in names for label in labels)


def paced(budget: Budget, now: Callable[[], datetime]) -> Guard:
    """A guard that keeps one process to GitHub's limits on writing: it waits a minute, not an hour."""

    async def guard(begun: bool = False, /) -> None:
        while (wait := await budget.take(0, urgent=True)) > 0:
            if wait > PATIENCE and begun:
                await budget.spend(0)
                break
            if wait > PATIENCE:
                raise OutOfBudget(now() + timedelta(seconds=wait))
            await asyncio.sleep(wait)

    return guard


# ── running ─────────────────────────────────────────────────────────────────────────────────


async def sweep(
    rec: Reconciler,
    owner: str,
    repo: str,
    allowance: Allowance,
    *,
    own: IssueKey | None = None,
    at_least: AtLeast = NOTHING,
    since: datetime | None = None,
    guard: Guard | None = None,
    dry_run: bool = False,
) -> Summary:
    """Do all that is pending, `own` first; `since` reaches back to what no completed run has seen.

    Raises nothing of GitHub's: one issue's failure stops nothing else, a limit ends the run.
    """
    runs: list[Run] = []
    if own is not None:
        runs.append(await _one(rec, own, at_least, guard, dry_run))
        if _limited(runs):
            return Summary(0, tuple(runs), 1)
    try:
        gh = await rec.clients.client(owner, repo)
        found = await find(rec, owner, repo, since or rec.now() - REACH, allowance)
    except RfhError as error:
        return Summary(len(runs), tuple(runs), 0, (Problem.of(error),))
    waiting = [key for key in found.work if key != own]
    while waiting and allowance.left(gh.pool) and not _limited(runs):
        runs.append(await _one(rec, waiting.pop(0), NOTHING, guard, dry_run))
    not_reached = found.unread + len(waiting) + _limited(runs)
    return Summary(found.looked_at, tuple(runs), not_reached, found.problems)


def _limited(runs: Sequence[Run]) -> bool:
    """Did the last run meet a limit? It did not reach its issue, and neither would the next."""
    problem = runs[-1].problem if runs else None
    return problem is not None and problem.limit


async def _one(rec: Reconciler, key: IssueKey, at_least: AtLeast, guard: Guard | None, dry_run: bool) -> Run:
    """Run one issue."""
    try:
        return Run(key, await rec.reconcile(key, at_least=at_least, guard=guard, dry_run=dry_run))
    except Gone as error:
        return Run(key, Result(f"ended: {error.why}"))
    except Exception as error:  # noqa: BLE001  # a poison issue must not stop the others
        problem = Problem.of(error)
        structlog.get_logger("sweep").warning("failed", issue=str(key), problem=problem.text)
        return Run(key, problem=problem)
