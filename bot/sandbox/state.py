"""The tables of the sandbox and how to find things in them. Reads only; `world.py` writes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from bot.sandbox.records import (
    PERMISSION_OF_ROLE,
    Account,
    CheckRun,
    Comment,
    File,
    Issue,
    Label,
    Reaction,
    Repo,
    TimelineEvent,
    parse_node_id,
)

Node = Account | Repo | Label | Issue | Comment | TimelineEvent


@dataclass(slots=True)
class State:
    """Every table, by id. `roles` is keyed by (repository or 0 for all, account)."""

    accounts: dict[int, Account] = field(default_factory=dict)
    repos: dict[int, Repo] = field(default_factory=dict)
    roles: dict[tuple[int, int], str] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    numbers: dict[tuple[int, int], int] = field(default_factory=dict)  # (repository, number) → issue
    comments: dict[int, Comment] = field(default_factory=dict)
    events: dict[int, TimelineEvent] = field(default_factory=dict)
    files: dict[tuple[int, str], File] = field(default_factory=dict)  # of the default branch
    trees: dict[tuple[int, str], Mapping[str, File]] = field(
        default_factory=dict
    )  # by commit, by other branch
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    teams: dict[str, tuple[int, ...]] = field(default_factory=dict)  # case-folded org/slug → members

    def copy(self) -> State:
        """The tables as they are now; records are frozen and shared."""
        return State(**{part.name: dict(getattr(self, part.name)) for part in fields(self)})

    def account(self, login: str) -> Account | None:
        """Find somebody by REST login, in any case."""
        folded = login.casefold()
        return next((a for a in self.accounts.values() if a.login.casefold() == folded), None)

    def repo(self, owner: str, name: str) -> Repo | None:
        full_name = f"{owner}/{name}".casefold()
        return next((r for r in self.repos.values() if r.full_name.casefold() == full_name), None)

    def team(self, org: str, slug: str) -> tuple[int, ...] | None:
        """The accounts in a team that still exist."""
        members = self.teams.get(f"{org}/{slug}".casefold())
        return None if members is None else tuple(ident for ident in members if ident in self.accounts)

    def repo_of(self, thing: Issue | Label | CheckRun) -> Repo:
        return self.repos[thing.repo_id]

    def issue(self, repo: Repo, number: int) -> Issue | None:
        """The issue with that number, deleted and transferred ones included."""
        ident = self.numbers.get((repo.id, number))
        return None if ident is None else self.issues[ident]

    def issues_of(self, repo: Repo) -> list[Issue]:
        """All issues and pull requests that still are in the repository, oldest first."""
        return [i for i in self.issues.values() if i.repo_id == repo.id and i.gone is None]

    def labels_of(self, repo: Repo) -> list[Label]:
        return [label for label in self.labels.values() if label.repo_id == repo.id and not label.deleted]

    def label(self, repo: Repo, name: str) -> Label | None:
        folded = name.casefold()
        return next((label for label in self.labels_of(repo) if label.name.casefold() == folded), None)

    def labels_on(self, issue: Issue) -> list[Label]:
        return [self.labels[ident] for ident in issue.label_ids]

    def comments_on(self, issue: Issue) -> list[Comment]:
        return [self.comments[ident] for ident in issue.comment_ids]

    def events_on(self, issue: Issue) -> list[TimelineEvent]:
        return [self.events[ident] for ident in issue.event_ids]

    def role(self, repo: Repo, account: Account) -> str:
        """The effective role: given for the repository, else for all, else what the visibility gives."""
        given = self.roles.get((repo.id, account.id)) or self.roles.get((0, account.id))
        return given or ("none" if repo.private else "read")

    def base_role(self, repo: Repo, account: Account) -> str:
        """The built-in role a custom role stands on."""
        role = self.role(repo, account)
        return dict(repo.custom_roles).get(role, role)

    def permission(self, repo: Repo, account: Account) -> str:
        """The legacy permission word: none, read, write, admin."""
        return PERMISSION_OF_ROLE[self.base_role(repo, account)]

    def node(self, ident: str) -> Node | None:
        """Anything by its node id; None when it is not, or no longer, there."""
        parsed = parse_node_id(ident)
        if parsed is None:
            return None
        tables: dict[str, Mapping[int, Node]] = {
            "U": self.accounts, "BOT": self.accounts, "O": self.accounts, "R": self.repos, "LA": self.labels,
            "I": self.issues, "PR": self.issues, "IC": self.comments, "LE": self.events, "UNLE": self.events,
        }  # fmt: skip
        found = tables.get(parsed[0], {}).get(parsed[1])
        if found is None or found.node_id != ident:
            return None
        if (isinstance(found, Issue) and found.gone) or (isinstance(found, Label) and found.deleted):
            return None
        return found


def reaction_of(subject: Issue | Comment, account: Account, content: str) -> Reaction | None:
    return next((r for r in subject.reactions if r.user_id == account.id and r.content == content), None)


def blob_sha(content: bytes) -> str:
    """Git's name for a blob, as the contents endpoint gives it."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
