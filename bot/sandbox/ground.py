"""What every change of the sandbox's world stands on: ids, time, the log of what happened, the past."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.records import Account, Comment, Issue, Label, Repo
from bot.sandbox.state import State

Clock = Callable[[], datetime]
Who = Account | str


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing GitHub tells Apps about: a webhook event before it is a payload."""

    event: str
    action: str | None
    sender: Account
    repo: Repo | None = None
    issue: Issue | None = None
    comment: Comment | None = None
    label: Label | None = None
    assignee: Account | None = None
    changes: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Happened], None]


class Refused(Exception):
    """GitHub would answer 422. `code` is GitHub's word: missing_field, already_exists, invalid, custom."""

    def __init__(self, resource: str, field_name: str, code: str, message: str = "") -> None:
        super().__init__(message or f"{field_name} {code}")
        self.resource, self.field, self.code, self.message = resource, field_name, code, message


class Ground:
    """The state, and the only ways to make an id, tell the time and say that something happened."""

    def __init__(self, clock: Clock, *, remember: timedelta = timedelta(0)) -> None:
        self.clock = clock
        self.state = State()
        self.listeners: list[Listener] = []
        self.version = 0  # grows with every change; the page's live update watches it
        self.remember = remember
        self._numbers: dict[int, Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._past: deque[tuple[datetime, State]] = deque()
        # Comment and issue ids start beyond 32 bits, as GitHub's do by now: an Int overflow shows at once.
        self._ids = {
            kind: itertools.count(start)
            for kind, start in {
                "account": 41_000_000, "repo": 350_000_000, "label": 3_900_000_000, "issue": 2_600_000_001,
                "comment": 3_100_000_001, "event": 19_000_000_001, "reaction": 280_000_001,
                "check": 29_000_001,
            }.items()
        }  # fmt: skip

    def now(self) -> datetime:
        """The time as GitHub writes it: whole seconds."""
        return self.clock().replace(microsecond=0)

    def next_id(self, kind: str) -> int:
        return next(self._ids[kind])

    def next_number(self, repo: Repo) -> int:
        """The number of the repository's next issue or pull request."""
        return next(self._numbers[repo.id])

    def who(self, who: Who) -> Account:
        """An account by login; raises KeyError when nobody has it."""
        if isinstance(who, Account):
            return who
        found = self.state.account(who)
        if found is None:
            raise KeyError(f"no account {who!r} in this sandbox")
        return found

    def changed(self, happened: Happened | None = None) -> None:
        """Call after each change: keeps the past for lagging reads and tells the listeners."""
        self.version += 1
        if self.remember:
            now = self.clock()
            self._past.append((now, self.state.copy()))
            while len(self._past) > 1 and self._past[1][0] < now - self.remember:
                self._past.popleft()
        if happened is not None:
            for listen in self.listeners:
                listen(happened)

    def as_of(self, moment: datetime) -> State:
        """The world as it was then, as far back as `remember` reaches."""
        for at, state in reversed(self._past):
            if at <= moment:
                return state
        return self._past[0][1] if self._past else self.state
