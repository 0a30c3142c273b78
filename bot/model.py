"""Floor 0: what one reconcile reads, concludes and may do. Frozen values; no I/O, no clock.

    load → Snapshot        what GitHub showed of one issue, at one moment
    decide → Desired       what should hold, each part with its reason
    plan → Plan            the smallest ordered list of Actions from the one to the other
    apply                  writes the actions

Names are GitHub's: an issue has a *number* (per repository), an *id* (database id, an int beyond 32 bits) and
a *node id* (GraphQL). Times are timezone-aware UTC datetimes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.publication import Evidence, PublicIssue
from bot.told import Act, Tell, Workspace

_KEY = re.compile(r"\A([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})#([1-9][0-9]{0,9})\Z")


@dataclass(frozen=True, slots=True, order=True)
class IssueKey:
    """Names one issue; the unit of exclusion and of work. Printed as ``owner/repo#7``."""

    owner: str
    repo: str
    number: int

    def __str__(self) -> str:
        return f"{self.owner}/{self.repo}#{self.number}"

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.repo}"

    @classmethod
    def parse(cls, text: str) -> IssueKey:
        """Read ``owner/repo#7``; raises ValueError on anything else."""
        match = _KEY.match(text)
        if match is None:
            raise ValueError(f"not an issue: {text!r} (write owner/repo#number)")
        return cls(match[1], match[2], int(match[3]))


# ── what GitHub showed ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody on GitHub. `login` is GraphQL's (an App's has no ``[bot]``); identity is (kind, id)."""

    login: str
    id: int
    kind: str = "User"  # User | Bot | Organization | Mannequin | EnterpriseUserAccount

    def same_as(self, other: Actor | None) -> bool:
        return other is not None and (self.kind, self.id) == (other.kind, other.id)

    @property
    def is_bot(self) -> bool:
        return self.kind == "Bot"


@dataclass(frozen=True, slots=True)
class Label:
    id: str  # node id
    name: str

    @property
    def folded(self) -> str:
        return self.name.casefold()


@dataclass(frozen=True, slots=True)
class LabelEvent:
    """One LABELED (added) or UNLABELED (not added) event of the issue's timeline."""

    label: Label
    added: bool
    actor: Actor | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StateEvent:
    """The issue was closed, or opened again."""

    closed: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    node_id: str
    author: Actor | None  # None: the account is gone ("ghost")
    body: str
    created_at: datetime
    edited_at: datetime | None = None
    editor: Actor | None = None
    minimized: bool = False
    own_reactions: frozenset[str] = frozenset()  # GraphQL ReactionContent of ours: THUMBS_UP, CONFUSED …
    url: str = ""


@dataclass(frozen=True, slots=True)
class Repository:
    owner: str
    name: str
    id: int
    node_id: str
    private: bool
    archived: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True)
class Issue:
    number: int
    id: int
    node_id: str
    title: str
    body: str
    state: Literal["OPEN", "CLOSED"]
    author: Actor | None
    created_at: datetime
    updated_at: datetime
    labels: tuple[Label, ...] = ()
    state_reason: str | None = None
    edited_at: datetime | None = None
    locked: bool = False
    assignees: tuple[Actor, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The labels that exist in the repository, by case-folded name."""

    labels: Mapping[str, Label] = field(default_factory=dict)

    def find(self, name: str) -> Label | None:
        return self.labels.get(name.casefold())


@dataclass(frozen=True, slots=True)
class MirroredCard:
    """What the database remembers of the card: a copy, so that a deleted card loses nothing."""

    comment_id: int
    comment_node_id: str
    rev: int
    marker: str  # the memory marker exactly as it was written


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One issue as read. `comments` is ascending by id and may have a gap before its newest part;
    `comments_complete` says that nothing newer than the memory's floor, and no card, is in the gap."""

    repository: Repository
    issue: Issue
    viewer: Actor  # who we are to GitHub in this read
    comments: tuple[Comment, ...] = ()
    comments_total: int = 0
    comments_complete: bool = True
    label_events: tuple[LabelEvent, ...] = ()  # ascending by time
    label_events_complete: bool = True  # of both kinds of events
    state_events: tuple[StateEvent, ...] = ()  # ascending by time
    catalogue: Catalogue = field(default_factory=Catalogue)
    roles: Mapping[str, str] = field(
        default_factory=dict
    )  # case-folded login → role_name, of those who asked
    logins: Mapping[str, bool] = field(default_factory=dict)  # case-folded login → does the account exist
    mirror: MirroredCard | None = None
    roster: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # team id or ``support`` → case-folded logins; a side that was not asked for is not in it
    workspace: Workspace | None = None  # None: no Slack
    pager: bool = False  # is there a paging service
    acts: tuple[Act, ...] = ()  # what people did in Slack and is no comment yet, oldest first
    evidence: Evidence | None = None  # of publishing; None: nothing about it is asked, or it is off
    app: bool = True  # do we act with an App's credentials, and not with a plain token

    @property
    def key(self) -> IssueKey:
        return IssueKey(self.repository.owner, self.repository.name, self.issue.number)

    def has_label(self, name: str) -> bool:
        return any(label.folded == name.casefold() for label in self.issue.labels)


# ── what rules conclude ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing the issue lacks. `reason` is a code that words.py turns into a sentence."""

    field: str  # policy field id: version, zendesk …
    reason: str  # missing | placeholder | not-a-version | unknown-customer | several-priorities …
    required: bool
    seen: str = ""  # what stood there (user text: defuse before showing)
    lines: tuple[int, ...] = ()  # 1-based lines of the body, where that helps
    near: tuple[str, ...] = ()  # near matches, allowed values
    paste: str = ""  # text to paste into the issue, in the template form the filer used


@dataclass(frozen=True, slots=True)
class Intake:
    """What the check of the template found. Values are the filer's words (untrusted)."""

    template: Literal["form", "markdown"] | None
    kind: str | None = None  # policy kind id: help | defect | feature
    values: Mapping[str, str] = field(default_factory=dict)  # field id → accepted value
    gaps: tuple[Gap, ...] = ()  # required and helpful ones, in template order
    customer: str | None = None  # canonical label name, e.g. customer/acme
    priority: str | None = None  # policy priority id: p1 | p2
    priority_context: tuple[str, ...] = ()  # why one may want p1: sales-process, deadline …
    team: str | None = None  # policy team id chosen in the template
    routing_text: str = ""  # the body without template words, for the router

    @property
    def missing(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.required)

    @property
    def helpful(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if not gap.required)


@dataclass(frozen=True, slots=True)
class Match:
    """One keyword that counted. `word` is the policy's word, never the user's text."""

    word: str
    where: Literal["title", "body", "alert", "context"]
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    team: str  # policy team id (ce and bizops included)
    area: str  # policy area id
    score: float
    matched: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """The router's explained verdict. `team` is the best candidate for apply and suggest, None for none."""

    decision: Literal["apply", "suggest", "none"]
    team: str | None = None
    area: str | None = None
    score: float = 0.0
    margin: float = 0.0
    candidates: tuple[Candidate, ...] = ()  # best first
    also: tuple[str, ...] = ()  # further teams the question spans
    reasons: tuple[str, ...] = ()  # codes: exception:perforce, alert:…, beta:… (words.py explains)


# ── what may be done ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CreateLabel:
    name: str
    color: str
    description: str


@dataclass(frozen=True, slots=True)
class RemoveLabels:
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class AddLabels:
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class CreateComment:
    """`key` names the effect (``card``, ``reply:123``, ``alert:p1``) and is in the body's marker."""

    key: str
    body: str


@dataclass(frozen=True, slots=True)
class UpdateComment:
    comment_id: int
    node_id: str
    body: str


@dataclass(frozen=True, slots=True)
class DeleteComment:
    comment_id: int
    node_id: str


@dataclass(frozen=True, slots=True)
class MinimizeComment:
    """Fold a comment away as outdated: the card of the identity that wrote before us."""

    comment_id: int
    node_id: str


@dataclass(frozen=True, slots=True)
class UnminimizeComment:
    """Show a folded comment again: our own card, when we write again after another identity."""

    comment_id: int
    node_id: str


@dataclass(frozen=True, slots=True)
class React:
    """Acknowledge a comment; GitHub ignores a reaction that is already there."""

    comment_id: int
    node_id: str
    content: str  # GraphQL ReactionContent


@dataclass(frozen=True, slots=True)
class Assign:
    logins: tuple[str, ...]


Action = (
    CreateLabel
    | RemoveLabels
    | AddLabels
    | CreateComment
    | UpdateComment
    | DeleteComment
    | MinimizeComment
    | UnminimizeComment
    | React
    | Assign
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered, minimal. Empty when the world already is as desired."""

    actions: tuple[Action, ...] = ()
    look_again: datetime | None = None  # the next due time, if any
    problems: tuple[str, ...] = ()  # policy errors met on the way: "label missing: team/x"
    ahead: int = 0  # how many of the actions come before what Slack is told; the card comes after
    tell: tuple[Tell, ...] = ()
    publish: PublicIssue | None = None  # after all the rest, which has put the claim on record

    def __bool__(self) -> bool:
        return bool(self.actions or self.tell or self.publish)


@dataclass(frozen=True, slots=True)
class Written:
    """What apply did: ids that a later read must show, and the card as written."""

    issue_updated_at: datetime | None = None
    comment_ids: Mapping[str, int] = field(default_factory=dict)  # effect key → comment id
    comment_node_ids: Mapping[str, str] = field(default_factory=dict)
    deleted_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AtLeast:
    """What an event proved to exist. A snapshot older than this is not planned on. Merged by maximum."""

    updated_at: datetime | None = None
    comment_id: int = 0
    gone: frozenset[int] = frozenset()  # comment ids that must no longer be there

    def merge(self, other: AtLeast) -> AtLeast:
        times = [t for t in (self.updated_at, other.updated_at) if t is not None]
        return AtLeast(
            max(times) if times else None, max(self.comment_id, other.comment_id), self.gone | other.gone
        )
