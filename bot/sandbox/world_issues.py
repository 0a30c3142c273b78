"""Changes of issues and of labels on them, each with the webhook events it causes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.ground import Ground, Happened, Refused, Who
from bot.sandbox.records import Account, Issue, Label, Repo, TimelineEvent

MAX_LABEL = 50  # characters
MAX_BODY = 65_536  # characters; GitHub refuses longer bodies


def check_body(resource: str, body: str) -> None:
    if len(body) > MAX_BODY:
        raise Refused(resource, "body", "custom", f"body is too long (maximum is {MAX_BODY} characters)")


def check_label(name: str, color: str) -> None:
    """Raise Refused for a name that is blank or too long, or a colour that is no six hex digits."""
    if not name.strip() or len(name) > MAX_LABEL:
        raise Refused("Label", "name", "invalid")
    if len(color) != 6 or set(color.lower()) - set("0123456789abcdef"):
        raise Refused("Label", "color", "invalid")


class IssueWrites(Ground):
    """Each method takes any version of the record and works on the current one."""

    def issue(self, issue: Issue) -> Issue:
        """The issue as it is now."""
        return self.state.issues[issue.id]

    def put_issue(self, issue: Issue, **changes: Any) -> Issue:
        """Store the issue changed and freshly updated."""
        changed = replace(self.state.issues[issue.id], updated_at=self.now(), **changes)
        self.state.issues[issue.id] = changed
        return changed

    def _timeline(self, issue: Issue, kind: str, actor: Account, label: Label | None = None) -> Issue:
        event = TimelineEvent(
            self.next_id("event"), issue.id, kind, actor.id, self.now(), label.id if label else None
        )
        self.state.events[event.id] = event
        return self.put_issue(issue, event_ids=(*self.issue(issue).event_ids, event.id))

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
        check_body("Issue", body)
        by, now = self.who(author), self.now()
        number = self.next_number(repo)
        issue = Issue(self.next_id("issue"), repo.id, number, title, body, by.id, now, now, is_pull=pull)
        self.state.issues[issue.id] = issue
        self.state.numbers[repo.id, number] = issue.id
        initial = [self._known_label(repo, name) for name in dict.fromkeys(labels)]
        people = [self.who(one) for one in assignees]
        self.put_issue(
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
        check_label(name, color)
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
            check_body("Issue", body)
            changes["body"] = {"from": before.body}
        if not changes:
            return before
        self.put_issue(issue, title=title if title is not None else before.title)
        if "body" in changes:
            self.put_issue(issue, body=body, edited_at=self.now(), editor_id=by.id)
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
        self.put_issue(issue, label_ids=(*self.issue(issue).label_ids, label.id))
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
        self.put_issue(issue, label_ids=tuple(i for i in self.issue(issue).label_ids if i != label.id))
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
        self.put_issue(issue, **changes)
        self._timeline(issue, kind, by)
        self._tell(kind, issue, by)
        return self.issue(issue)

    def assign(self, issue: Issue, people: Iterable[Who], actor: Who) -> Issue:
        by = self.who(actor)
        for person in map(self.who, people):
            if person.id not in self.issue(issue).assignee_ids:
                self.put_issue(issue, assignee_ids=(*self.issue(issue).assignee_ids, person.id))
                self._timeline(issue, "assigned", by)
                self._tell("assigned", issue, by, assignee=person)
        return self.issue(issue)

    def unassign(self, issue: Issue, people: Iterable[Who], actor: Who) -> Issue:
        by = self.who(actor)
        for person in map(self.who, people):
            if person.id in self.issue(issue).assignee_ids:
                kept = tuple(i for i in self.issue(issue).assignee_ids if i != person.id)
                self.put_issue(issue, assignee_ids=kept)
                self._timeline(issue, "unassigned", by)
                self._tell("unassigned", issue, by, assignee=person)
        return self.issue(issue)

    def delete_issue(self, issue: Issue, actor: Who) -> None:
        """Delete for good: later reads answer 410 (REST) or NOT_FOUND (GraphQL)."""
        by = self.who(actor)
        self._tell("deleted", issue, by)
        self.put_issue(issue, gone="deleted")
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
        number = self.next_number(target)
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
        self.put_issue(old, gone="transferred", moved_to=new.id, comment_ids=())
        self._tell("opened", new, by, changes={"old_issue": old, "old_repository": source})
        return new
