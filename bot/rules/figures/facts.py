"""Floor 1: what the history of one issue says, as plain values. Pure; `derive.py` reads them off a snapshot.

Facts are kept in the database and counted by `measure.py`, so they hold everything a figure needs and nothing
else of the issue: its title (for lists that people read), never its body or its comments. Durations are
seconds. Those marked *business* were counted on the calendar of the side that was waited for, when they
ended; what still runs has no duration yet, `measure` counts it up to its `now`.

Names of teams, kinds, priorities, areas and fields are ids of the policy in force when the facts were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from bot.memory import Side
from bot.model import IssueKey
from bot.rules.closing import Answer

VERSION = 1  # one more when facts of an older program must be read from GitHub again

By = Literal["person", "template", "router"]


@dataclass(frozen=True, slots=True)
class TeamChange:
    """The issue came to a team (None: to nobody). `by`: a person (label, `/route`), the team chosen in the
    template, or the router alone."""

    at: datetime
    team: str | None
    by: By


@dataclass(frozen=True, slots=True)
class Ask:
    """A team of engineering was asked once: until its first answer that means something, or until it ended
    without one (`ended_at`: closed, or handed on to another team). Neither: it runs.

    `due_at` is when the policy's target for `priority` passes; None: the policy has no target for it.
    `seconds` is the *business* time until the answer or the end, on the team's calendar.
    """

    team: str
    priority: str
    asked_at: datetime
    due_at: datetime | None
    answered_at: datetime | None = None
    answered_by: str | None = None  # login
    ended_at: datetime | None = None
    seconds: float | None = None

    @property
    def running(self) -> bool:
        return self.answered_at is None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Wait:
    """Whose turn it was, from when to when. `until` None: still. `seconds`: *business*, on that side's
    calendar (a customer's on the wall)."""

    side: Side
    since: datetime
    until: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """What the router said, and what people made of it.

    `decision`: applied (it set the label), suggested (it named `team` on the card), none (it named nobody).
    `person`: the team of a person's last word after that, None when it is nobody; only where `spoken`.
    """

    decision: Literal["applied", "suggested", "none"]
    team: str | None = None  # the router's best; None for decision none
    spoken: bool = False
    person: str | None = None

    @property
    def overridden(self) -> bool:
        """Did a person send it elsewhere, or take the label off?"""
        return self.decision == "applied" and self.spoken and self.person != self.team

    @property
    def taken(self) -> bool:
        """Was a suggestion followed?"""
        return self.decision == "suggested" and self.spoken and self.person == self.team


@dataclass(frozen=True, slots=True)
class Docs:
    """The question at the end: were the docs updated, and how was it resolved (handbook step 5)?"""

    asked_at: datetime | None = None
    answer: Answer | None = None  # `/docs updated URL`, `/docs issue URL`, `/docs none REASON`
    answered_at: datetime | None = None
    resolved_at: datetime | None = None  # `/resolved TEXT`

    @property
    def follow_up(self) -> bool:
        """Is a documentation issue promised, and not reported as done?"""
        return self.answer == "issue"


@dataclass(frozen=True, slots=True)
class Facts:
    """One issue. `request`: it counts as a request for help (the label is on, and it is no defect or
    feature). `tickets`: Zendesk numbers named in the issue. `missing`: required fields that were missing when
    it was filed; None where that cannot be known any more (the text was edited since)."""

    key: IssueKey
    title: str  # private: for lists that only readers of the issue may see
    url: str
    state: Literal["OPEN", "CLOSED"]
    created_at: datetime
    updated_at: datetime
    filer: str | None  # login
    request: bool
    owner: str | None = None  # login of who is accountable on support's side
    kind: str | None = None
    priority: str | None = None
    customer: str | None = None  # label slug: acme
    area: str | None = None
    team: str | None = None  # owner now, engineering or not
    tickets: tuple[int, ...] = ()
    closed_at: tuple[datetime, ...] = ()
    reopened_at: tuple[datetime, ...] = ()
    complete_at_filing: bool | None = None  # None: not known
    missing: tuple[str, ...] | None = None  # field ids
    completed_at: datetime | None = None
    teams: tuple[TeamChange, ...] = ()  # oldest first
    routing: Routing | None = None  # None: people were first
    asks: tuple[Ask, ...] = ()  # oldest first
    waits: tuple[Wait, ...] = ()  # oldest first; only the last may run
    snoozed_until: datetime | None = None
    reminders: tuple[datetime, ...] = ()
    docs: Docs = Docs()
    partial: bool = False  # read from part of a long thread: asks and waits may lack something

    @property
    def is_open(self) -> bool:
        return self.state == "OPEN"

    @property
    def ended_at(self) -> datetime | None:
        """When it was closed for good, as far as is known."""
        return None if self.is_open or not self.closed_at else self.closed_at[-1]

    @property
    def asked(self) -> Ask | None:
        """The newest time that engineering was asked."""
        return self.asks[-1] if self.asks else None

    @property
    def waiting(self) -> Wait | None:
        """Whose turn it is."""
        return self.waits[-1] if self.waits and self.waits[-1].until is None else None


_ONE: TypeAdapter[Facts] = TypeAdapter(Facts)
_MANY: TypeAdapter[tuple[Facts, ...]] = TypeAdapter(tuple[Facts, ...])


def dump(facts: Facts) -> str:
    """As JSON; what is as by default is left out."""
    return _ONE.dump_json(facts, exclude_defaults=True).decode()


def load(rows: list[str]) -> tuple[Facts, ...]:
    """The opposite of `dump`, many at once. Raises ValueError on anything else."""
    return _MANY.validate_json("[" + ",".join(rows) + "]")
