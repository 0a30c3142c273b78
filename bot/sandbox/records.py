"""The sandbox's records: what GitHub keeps of people, repositories, issues. Frozen, replaced on every change.

Because records are frozen, a copy of the tables *is* the world at that moment; reads that lag writes are
served from such copies (see `State.copy`).
"""

from __future__ import annotations

import base64
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["User", "Bot", "Organization"]
ROLES = ("none", "read", "triage", "write", "maintain", "admin")
PERMISSION_OF_ROLE = {
    "none": "none",
    "read": "read",
    "triage": "read",
    "write": "write",
    "maintain": "write",
    "admin": "admin",
}
"""The legacy `permission` of a role: triage and maintain do not show in it.
https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""

_PREFIX_OF_KIND: dict[str, str] = {"User": "U", "Bot": "BOT", "Organization": "O"}


def node_id(prefix: str, ident: int) -> str:
    """An opaque global id in the look of GitHub's: ``I_kwDO…``."""
    return f"{prefix}_kwDO{base64.urlsafe_b64encode(struct.pack('>Q', ident)).decode().rstrip('=')}"


def parse_node_id(text: str) -> tuple[str, int] | None:
    """The (prefix, id) of a node id, None when it is none of ours."""
    prefix, mark, packed = text.partition("_kwDO")
    try:
        return (prefix, struct.unpack(">Q", base64.urlsafe_b64decode(packed + "="))[0]) if mark else None
    except (ValueError, struct.error):
        return None


@dataclass(frozen=True, slots=True)
class Account:
    """A person, a bot or an organisation. `login` is REST's: a bot's ends in ``[bot]``."""

    id: int
    login: str
    kind: Kind
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id(_PREFIX_OF_KIND[self.kind], self.id)

    @property
    def graphql_login(self) -> str:
        return self.login.removesuffix("[bot]")


@dataclass(frozen=True, slots=True)
class Repo:
    id: int
    owner_id: int
    owner: str
    name: str
    private: bool
    created_at: datetime
    archived: bool = False
    custom_roles: tuple[tuple[str, str], ...] = ()  # custom role → the role it is based on

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def node_id(self) -> str:
        return node_id("R", self.id)


@dataclass(frozen=True, slots=True)
class Label:
    id: int
    repo_id: int
    name: str
    color: str
    description: str
    created_at: datetime
    deleted: bool = False  # kept: old timeline events still name it

    @property
    def node_id(self) -> str:
        return node_id("LA", self.id)


@dataclass(frozen=True, slots=True)
class Reaction:
    id: int
    user_id: int
    content: str  # GraphQL ReactionContent
    created_at: datetime

    @property
    def node_id(self) -> str:
        return node_id("REA", self.id)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One entry of an issue's timeline; `kind` is REST's word: labeled, unlabeled, closed …"""

    id: int
    issue_id: int
    kind: str
    actor_id: int
    created_at: datetime
    label_id: int | None = None

    @property
    def node_id(self) -> str:
        return node_id({"labeled": "LE", "unlabeled": "UNLE"}.get(self.kind, "EV"), self.id)


@dataclass(frozen=True, slots=True)
class Comment:
    id: int
    issue_id: int
    author_id: int
    body: str
    created_at: datetime
    updated_at: datetime
    edited_at: datetime | None = None
    editor_id: int | None = None
    minimized: str | None = None  # ReportedContentClassifiers
    reactions: tuple[Reaction, ...] = ()

    @property
    def node_id(self) -> str:
        return node_id("IC", self.id)


@dataclass(frozen=True, slots=True)
class Issue:
    id: int
    repo_id: int
    number: int
    title: str
    body: str
    author_id: int
    created_at: datetime
    updated_at: datetime
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    edited_at: datetime | None = None
    editor_id: int | None = None
    locked: bool = False
    lock_reason: str | None = None
    is_pull: bool = False
    label_ids: tuple[int, ...] = ()
    assignee_ids: tuple[int, ...] = ()
    comment_ids: tuple[int, ...] = ()
    event_ids: tuple[int, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    gone: Literal["deleted", "transferred"] | None = None
    moved_to: int | None = None  # id of the issue in the other repository

    @property
    def node_id(self) -> str:
        return node_id("PR" if self.is_pull else "I", self.id)


@dataclass(frozen=True, slots=True)
class File:
    repo_id: int
    path: str
    content: bytes
    sha: str


@dataclass(frozen=True, slots=True)
class CheckRun:
    id: int
    repo_id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    title: str
    summary: str
    started_at: datetime
    annotations: tuple[tuple[str, int, str], ...] = ()  # path, line, message
