"""The sandbox's world: people, repositories, labels, files; with `world_issues.py` and `world_comments.py`
all that changes in it.

Tests act here as people do (``world.comment(issue, "sam", "/why")``) and look here at what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.sandbox.ground import Happened, Refused, Who
from bot.sandbox.records import ROLES, Account, CheckRun, Comment, File, Issue, Kind, Label, Repo
from bot.sandbox.state import blob_sha
from bot.sandbox.world_comments import CommentWrites
from bot.sandbox.world_issues import check_label

MAIN = "main"  # every repository's default branch


class World(CommentWrites):
    """Everything GitHub would keep, in memory."""

    def add_account(self, login: str, kind: Kind = "User", ident: int | None = None) -> Account:
        """A person, bot or organisation; a bot's login ends in ``[bot]``. `ident` is for well-known ones."""
        if self.state.account(login):
            raise Refused("User", "login", "already_exists")
        account = Account(ident or self.next_id("account"), login, kind, self.now())
        self.state.accounts[account.id] = account
        self.changed()
        return account

    def add_user(self, login: str, role: str | None = None, repo: Repo | None = None) -> Account:
        """A person with a role in one repository, or in all of them when none is given."""
        account = self.state.account(login) or self.add_account(login)
        if role is not None:
            self.set_role(account, role, repo)
        return account

    def set_role(self, who: Who, role: str, repo: Repo | None = None) -> None:
        """Give a built-in role, or a custom one that the repository knows (see `custom_role`)."""
        custom = {
            name for one in ([repo] if repo else self.state.repos.values()) for name, _ in one.custom_roles
        }
        if role not in ROLES and role not in custom:
            raise ValueError(f"no such role: {role!r}")
        self.state.roles[repo.id if repo else 0, self.who(who).id] = role
        self.changed()

    def set_team(self, name: str, *members: Who) -> None:
        """Say who is in a team; `name` is ``org/slug``."""
        self.state.teams[name.casefold()] = tuple(self.who(member).id for member in members)
        self.changed()

    def delete_user(self, who: Who) -> None:
        """The account goes; what it wrote stays, by nobody (`ghost`)."""
        self.state.accounts.pop(self.who(who).id)
        self.changed()

    def create_repo(self, full_name: str, *, private: bool = True) -> Repo:
        """A repository; its owner comes into being as an organisation when unknown."""
        owner, _, name = full_name.partition("/")
        if self.state.repo(owner, name):
            raise Refused("Repository", "name", "already_exists")
        organisation = self.state.account(owner) or self.add_account(owner, "Organization")
        repo = Repo(self.next_id("repo"), organisation.id, organisation.login, name, private, self.now())
        self.state.repos[repo.id] = repo
        self.changed()
        return repo

    def repo(self, full_name: str) -> Repo:
        """The repository by ``owner/name``; raises KeyError."""
        owner, _, name = full_name.partition("/")
        found = self.state.repo(owner, name)
        if found is None:
            raise KeyError(full_name)
        return found

    def custom_role(self, repo: Repo, name: str, base: str) -> Repo:
        """Let a repository know a custom role built on one of GitHub's."""
        current = self.state.repos[repo.id]
        return self._put_repo(replace(current, custom_roles=(*current.custom_roles, (name, base))))

    def archive(self, repo: Repo, *, archived: bool = True) -> Repo:
        """Archived repositories are read-only: every write answers 403."""
        return self._put_repo(replace(self.state.repos[repo.id], archived=archived))

    def _put_repo(self, repo: Repo) -> Repo:
        self.state.repos[repo.id] = repo
        self.changed()
        return repo

    # ── labels of a repository ────────────────────────────────────────────────────────────────────────────

    def create_label(
        self, repo: Repo, name: str, color: str = "ededed", description: str = "", actor: Who | None = None
    ) -> Label:
        """A new label; raises Refused when one of that name, in any case, exists. Silent without an actor."""
        check_label(name, color)
        if self.state.label(repo, name):
            raise Refused("Label", "name", "already_exists")
        label = self._new_label(repo, name, color, description)
        self.changed(self._label_event("created", repo, label, actor))
        return label

    def rename_label(self, repo: Repo, old: str, new: str, actor: Who | None = None) -> Label:
        """Another name, the same id, on every issue at once; no event on the issues."""
        return self.edit_label(repo, old, actor, name=new)

    def edit_label(
        self,
        repo: Repo,
        old: str,
        actor: Who | None = None,
        *,
        name: str | None = None,
        color: str | None = None,
        description: str | None = None,
    ) -> Label:
        """Change a label's name, colour or description; raises KeyError when there is none."""
        before = self.state.label(repo, old)
        if before is None:
            raise KeyError(old)
        new_name = name or before.name
        clash = self.state.label(repo, new_name)
        if clash is not None and clash.id != before.id:
            raise Refused("Label", "name", "already_exists")
        after = replace(
            before,
            name=new_name,
            color=before.color if color is None else color,
            description=before.description if description is None else description,
        )
        check_label(after.name, after.color)
        self.state.labels[before.id] = after
        changes = {
            part: {"from": getattr(before, part)}
            for part in ("name", "color", "description")
            if getattr(before, part) != getattr(after, part)
        }
        self.changed(self._label_event("edited", repo, after, actor, changes))
        return after

    def delete_label(self, repo: Repo, name: str, actor: Who | None = None) -> None:
        """Take a label away, from every issue too; raises KeyError when there is none."""
        label = self.state.label(repo, name)
        if label is None:
            raise KeyError(name)
        for issue in self.state.issues_of(repo):
            if label.id in issue.label_ids:
                kept = tuple(ident for ident in issue.label_ids if ident != label.id)
                self.state.issues[issue.id] = replace(issue, label_ids=kept)
        self.state.labels[label.id] = replace(label, deleted=True)
        self.changed(self._label_event("deleted", repo, label, actor))

    def _label_event(
        self,
        action: str,
        repo: Repo,
        label: Label,
        actor: Who | None,
        changes: Mapping[str, object] | None = None,
    ) -> Happened | None:
        if actor is None:
            return None
        return Happened("label", action, self.who(actor), repo, label=label, changes=changes)

    # ── files and check runs ──────────────────────────────────────────────────────────────────────────────

    def put_file(
        self,
        repo: Repo,
        path: str,
        content: str | bytes,
        actor: Who,
        message: str = "Update",
        *,
        branch: str = MAIN,
    ) -> File:
        """Commit a file, by default to the default branch, and push; another branch begins where that is."""
        raw = content.encode() if isinstance(content, str) else content
        file = File(repo.id, path, raw, blob_sha(raw))
        tree = self.tree(repo, branch)
        self._push(repo, {**tree, path: file}, path, actor, message, branch, created=path not in tree)
        return file

    def tree(self, repo: Repo, ref: str) -> Mapping[str, File]:
        """The files of a commit or a branch; the default branch's where there is no such thing yet."""
        found = self.state.trees.get((repo.id, ref))
        if found is not None:
            return found
        return {path: file for (ident, path), file in self.state.files.items() if ident == repo.id}

    def _push(
        self,
        repo: Repo,
        tree: Mapping[str, File],
        path: str,
        actor: Who,
        message: str,
        branch: str,
        **how: bool,
    ) -> None:
        """A commit with these files is the branch's newest."""
        what = f"{branch} {message} {sorted((name, file.sha) for name, file in tree.items())} {self.now()}"
        commit = blob_sha(what.encode())
        self.state.trees[repo.id, commit] = tree
        if branch == MAIN:
            for key in [key for key in self.state.files if key[0] == repo.id]:
                del self.state.files[key]
            self.state.files.update({(repo.id, name): file for name, file in tree.items()})
        else:
            self.state.trees[repo.id, branch] = tree
        push = {"path": path, "message": message, "branch": branch, "after": commit, **how}
        self.changed(Happened("push", None, self.who(actor), repo, extra=push))

    def delete_file(self, repo: Repo, path: str, actor: Who, message: str = "Delete") -> None:
        """Take a file off the default branch; raises KeyError."""
        tree = dict(self.tree(repo, MAIN))
        del tree[path]
        self._push(repo, tree, path, actor, message, MAIN, removed=True)

    def add_check_run(
        self,
        repo: Repo,
        name: str,
        head_sha: str,
        status: str,
        conclusion: str | None,
        title: str,
        summary: str,
        annotations: tuple[tuple[str, int, str], ...] = (),
    ) -> CheckRun:
        ident, now = self.next_id("check"), self.now()
        run = CheckRun(ident, repo.id, name, head_sha, status, conclusion, title, summary, now, annotations)
        self.state.check_runs[run.id] = run
        self.changed()
        return run

    # ── what tests look at ────────────────────────────────────────────────────────────────────────────────

    def labels(self, issue: Issue) -> list[str]:
        """The names of the labels on the issue, in the order they were put on."""
        return [label.name for label in self.state.labels_on(self.issue(issue))]

    def comments(self, issue: Issue) -> list[Comment]:
        """The issue's comments, oldest first."""
        return self.state.comments_on(self.issue(issue))

    def reactions(self, subject: Issue | Comment) -> list[tuple[str, str]]:
        """Who reacted how: (login, GraphQL content)."""
        return [
            (self.state.accounts[reaction.user_id].login, reaction.content)
            for reaction in self._subject(subject).reactions
        ]

    def author(self, thing: Issue | Comment) -> str | None:
        """The login of who wrote it, None for a deleted account."""
        account = self.state.accounts.get(thing.author_id)
        return account.login if account else None
