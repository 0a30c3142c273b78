"""Changes of issues, comments, labels on issues and reactions, each with the webhook event it causes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.ground import Ground, Happened, Refused, Who
from bot.sandbox.records import Account, Comment, Issue, Label, Reaction, Repo, TimelineEvent
from bot.sandbox.state import reaction_of

MAX_BODY = 65_536  # characters; GitHub refuses longer bodies


def _check_body(resource: str, body: str) -> None:
    if len(body) > MAX_BODY:
        raise Refused(resource, "body", "custom", f"body is too long (maximum is {MAX_BODY} characters)")


class IssueWrites(Ground):
    """Each method takes any version of the record and works on the current one."""

    def issue(self, issue: Issue) -> Issue:
        """The issue as it is now."""
        return self.state.issues[issue.id]

    def _put(self, issue: Issue, **changes: Any) -> Issue:
        """Store the issue changed and freshly updated."""
        changed = replace(self.state.issues[issue.id], updated_at=self.now(), **changes)
        self.state.issues[issue.id] = changed
        return changed

    def _timeline(self, issue: Issue, kind: str, actor: Account, label: Label | None = None) -> Issue:
        event = TimelineEvent(
            self.next_id("event"), issue.id, kind, actor.id, self.now(), label.id if label else None
        )
        self.state.events[event.id] = event
        return self._put(issue, event_ids=(*self.issue(issue).event_ids, event.id))

    def _tell(self, action: str, issue: Issue, actor: Account, **more: Any) -> None:
        current = self.issue(issue)
        repo = self.state.repo_of(current)
        self.changed(Happened("issues", action, actor, repo, current, **more))

    def file_issue(
        self,
        repo: Repo,
        author: Who,
        title: str,
        body: str = "",
        labels: Iterable[str] = (),
        assignees: Iterable[Who] = (),
        *,
        pull: bool = False,
    ) -> Issue:
        """Open an issue; labels given here make LABELED events by the author, as on GitHub."""
        if not title.strip():
            raise Refused("Issue", "title", "missing_field")
        _check_body("Issue", body)
        by, now = self.who(author), self.now()
        number = max((n for r, n in self.state.numbers if r == repo.id), default=0) + 1
        issue = Issue(self.next_id("issue"), repo.id, number, title, body, by.id, now, now, is_pull=pull)
        self.state.issues[issue.id] = issue
        self.state.numbers[repo.id, number] = issue.id
        initial = [self._known_label(repo, name) for name in dict.fromkeys(labels)]
        people = [self.who(one) for one in assignees]
        self._put(
            issue,
            label_ids=tuple(label.id for label in initial),
            assignee_ids=tuple(person.id for person in people),
        )
        for label in initial:
            self._timeline(issue, "labeled", by, label)
        self.state.issues[issue.id] = replace(self.issue(issue), updated_at=now)
        if pull:
            self.changed()
            return self.issue(issue)
        self._tell("opened", issue, by)
        for label in initial:
            self._tell("labeled", issue, by, label=label)
        for person in people:
            self._tell("assigned", issue, by, assignee=person)
        return self.issue(issue)

    def _known_label(self, repo: Repo, name: str) -> Label:
        """The label, created when unknown: GitHub's REST API does so without asking."""
        return self.state.label(repo, name) or self._new_label(repo, name)

    def _new_label(self, repo: Repo, name: str, color: str = "ededed", description: str = "") -> Label:
        label = Label(self.next_id("label"), repo.id, name, color, description, self.now())
        self.state.labels[label.id] = label
        return label

    def edit_issue(
        self, issue: Issue, actor: Who, *, title: str | None = None, body: str | None = None
    ) -> Issue:
        """Change title or body; nothing happens where both stay the same."""
        by, before = self.who(actor), self.issue(issue)
        changes: dict[str, Any] = {}
        if title is not None and title != before.title:
            if not title.strip():
                raise Refused("Issue", "title", "missing_field")
            changes["title"] = {"from": before.title}
        if body is not None and body != before.body:
            _check_body("Issue", body)
            changes["body"] = {"from": before.body}
        if not changes:
            return before
        self._put(issue, title=title if title is not None else before.title)
        if "body" in changes:
            self._put(issue, body=body, edited_at=self.now(), editor_id=by.id)
        if "title" in changes:
            self._timeline(issue, "renamed", by)
        self._tell("edited", issue, by, changes=changes)
        return self.issue(issue)

    def add_label(self, issue: Issue, name: str, actor: Who) -> Issue:
        """Put a label on, by name; an unknown one comes into being (the REST behaviour)."""
        return self.label_issue(issue, self._known_label(self.state.repo_of(issue), name), actor)

    def label_issue(self, issue: Issue, label: Label, actor: Who) -> Issue:
        """Put an existing label on; no event when it already is."""
        if label.id in self.issue(issue).label_ids:
            return self.issue(issue)
        by = self.who(actor)
        self._put(issue, label_ids=(*self.issue(issue).label_ids, label.id))
        self._timeline(issue, "labeled", by, label)
        self._tell("labeled", issue, by, label=label)
        return self.issue(issue)

    def remove_label(self, issue: Issue, name: str, actor: Who) -> Issue:
        """Take a label off, by name; raises KeyError when it is not on the issue."""
        label = self.state.label(self.state.repo_of(issue), name)
        if label is None or label.id not in self.issue(issue).label_ids:
            raise KeyError(name)
        return self.unlabel_issue(issue, label, actor)

    def unlabel_issue(self, issue: Issue, label: Label, actor: Who) -> Issue:
        """Take a label off; no event when it is not there."""
        if label.id not in self.issue(issue).label_ids:
            return self.issue(issue)
        by = self.who(actor)
        self._put(issue, label_ids=tuple(i for i in self.issue(issue).label_ids if i != label.id))
        self._timeline(issue, "unlabeled", by, label)
        self._tell("unlabeled", issue, by, label=label)
        return self.issue(issue)

    def close(self, issue: Issue, actor: Who, reason: str = "completed") -> Issue:
        return self._turn(issue, actor, "closed", state="closed", state_reason=reason, closed_at=self.now())

    def reopen(self, issue: Issue, actor: Who) -> Issue:
        return self._turn(issue, actor, "reopened", state="open", state_reason="reopened", closed_at=None)

    def lock(self, issue: Issue, actor: Who, reason: str | None = None) -> Issue:
        return self._turn(issue, actor, "locked", locked=True, lock_reason=reason)

    def unlock(self, issue: Issue, actor: Who) -> Issue:
        return self._turn(issue, actor, "unlocked", locked=False, lock_reason=None)

    def _turn(self, issue: Issue, actor: Who, kind: str, **changes: Any) -> Issue:
        """One of the switches; no event when it already stands so."""
        before = self.issue(issue)
        if kind in {"closed", "reopened"} and before.state == changes["state"]:
            return before
        if kind in {"locked", "unlocked"} and before.locked == changes["locked"]:
            return before
        by = self.who(actor)
        self._put(issue, **changes)
        self._timeline(issue, kind, by)
        self._tell(kind, issue, by)
        return self.issue(issue)

    def assign(self, issue: Issue, people: Iterable[Who], actor: Who) -> Issue:
        by = self.who(actor)
        for person in map(self.who, people):
            if person.id not in self.issue(issue).assignee_ids:
                self._put(issue, assignee_ids=(*self.issue(issue).assignee_ids, person.id))
                self._timeline(issue, "assigned", by)
                self._tell("assigned", issue, by, assignee=person)
        return self.issue(issue)

    def unassign(self, issue: Issue, people: Iterable[Who], actor: Who) -> Issue:
        by = self.who(actor)
        for person in map(self.who, people):
            if person.id in self.issue(issue).assignee_ids:
                kept = tuple(i for i in self.issue(issue).assignee_ids if i != person.id)
                self._put(issue, assignee_ids=kept)
                self._timeline(issue, "unassigned", by)
                self._tell("unassigned", issue, by, assignee=person)
        return self.issue(issue)

    def delete_issue(self, issue: Issue, actor: Who) -> None:
        """Delete for good: later reads answer 410 (REST) or NOT_FOUND (GraphQL)."""
        by = self.who(actor)
        self._tell("deleted", issue, by)
        self._put(issue, gone="deleted")
        self.changed()

    def transfer(self, issue: Issue, target: Repo, actor: Who) -> Issue:
        """Move to another repository: a new issue with the comments; the old one redirects.

        Raises Refused from a private to a public repository, which GitHub does not allow.
        https://docs.github.com/issues/tracking-your-work-with-issues/administering-issues/transferring-an-issue-to-another-repository
        """
        source = self.state.repo_of(issue)
        if source.private and not target.private:
            raise Refused(
                "Issue", "repository", "invalid", "Cannot transfer a private issue to a public repository"
            )
        by, old = self.who(actor), self.issue(issue)
        number = max((n for r, n in self.state.numbers if r == target.id), default=0) + 1
        kept = [self.state.label(target, label.name) for label in self.state.labels_on(old)]
        new = replace(
            old,
            id=self.next_id("issue"),
            repo_id=target.id,
            number=number,
            label_ids=tuple(label.id for label in kept if label),
            event_ids=(),
            updated_at=self.now(),
        )
        self.state.issues[new.id] = new
        self.state.numbers[target.id, number] = new.id
        for ident in old.comment_ids:
            self.state.comments[ident] = replace(self.state.comments[ident], issue_id=new.id)
        self._tell("transferred", old, by, changes={"new_issue": new, "new_repository": target})
        self._put(old, gone="transferred", moved_to=new.id, comment_ids=())
        self._tell("opened", new, by, changes={"old_issue": old, "old_repository": source})
        return new

    # ── comments and reactions ────────────────────────────────────────────────────────────────────────────

    def comment(self, issue: Issue, author: Who, body: str) -> Comment:
        """Write a comment; the issue's `updated_at` moves with it."""
        if not body.strip():
            raise Refused("IssueComment", "body", "missing_field", "Body cannot be blank")
        _check_body("IssueComment", body)
        by, now = self.who(author), self.now()
        comment = Comment(self.next_id("comment"), issue.id, by.id, body, now, now)
        self.state.comments[comment.id] = comment
        self._put(issue, comment_ids=(*self.issue(issue).comment_ids, comment.id))
        self._tell_comment("created", comment, by)
        return comment

    def _tell_comment(self, action: str, comment: Comment, by: Account, **more: Any) -> None:
        issue = self.state.issues[comment.issue_id]
        repo = self.state.repo_of(issue)
        self.changed(Happened("issue_comment", action, by, repo, issue, comment, **more))

    def edit_comment(self, comment: Comment, actor: Who, body: str) -> Comment:
        """Change the words; nothing happens where they stay the same."""
        by, before = self.who(actor), self.state.comments[comment.id]
        if not body.strip():
            raise Refused("IssueComment", "body", "missing_field", "Body cannot be blank")
        _check_body("IssueComment", body)
        if body == before.body:
            return before
        now = self.now()
        after = replace(before, body=body, updated_at=now, edited_at=now, editor_id=by.id)
        self.state.comments[comment.id] = after
        self._put(self.state.issues[after.issue_id])
        self._tell_comment("edited", after, by, changes={"body": {"from": before.body}})
        return after

    def delete_comment(self, comment: Comment, actor: Who) -> None:
        by, current = self.who(actor), self.state.comments[comment.id]
        issue = self.state.issues[current.issue_id]
        self._put(issue, comment_ids=tuple(i for i in issue.comment_ids if i != comment.id))
        del self.state.comments[comment.id]
        self._tell_comment("deleted", current, by)

    def minimize(self, comment: Comment, reason: str = "OUTDATED") -> Comment:
        """Hide a comment; GitHub sends no webhook for it."""
        after = replace(self.state.comments[comment.id], minimized=reason)
        self.state.comments[comment.id] = after
        self.changed()
        return after

    def react(self, subject: Issue | Comment, actor: Who, content: str) -> tuple[Reaction, bool]:
        """React once; a second time gives the first reaction back (and False). No webhook comes of it."""
        by = self.who(actor)
        current = self._subject(subject)
        there = reaction_of(current, by, content)
        if there is not None:
            return there, False
        reaction = Reaction(self.next_id("reaction"), by.id, content, self.now())
        self._store_reactions(current, (*current.reactions, reaction))
        return reaction, True

    def unreact(self, subject: Issue | Comment, reaction: Reaction) -> None:
        current = self._subject(subject)
        self._store_reactions(current, tuple(r for r in current.reactions if r.id != reaction.id))

    def _subject(self, subject: Issue | Comment) -> Issue | Comment:
        is_issue = isinstance(subject, Issue)
        return self.state.issues[subject.id] if is_issue else self.state.comments[subject.id]

    def _store_reactions(self, subject: Issue | Comment, reactions: tuple[Reaction, ...]) -> None:
        if isinstance(subject, Issue):
            self.state.issues[subject.id] = replace(subject, reactions=reactions)
        else:
            self.state.comments[subject.id] = replace(subject, reactions=reactions)
        self.changed()
