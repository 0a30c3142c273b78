"""Changes of comments and reactions, each with the webhook event it causes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.sandbox.ground import Happened, Refused, Who
from bot.sandbox.records import Account, Comment, Issue, Reaction
from bot.sandbox.state import reaction_of
from bot.sandbox.world_issues import IssueWrites, check_body


class CommentWrites(IssueWrites):
    """Each method takes any version of the record and works on the current one."""

    def comment(self, issue: Issue, author: Who, body: str) -> Comment:
        """Write a comment; the issue's `updated_at` moves with it."""
        if not body.strip():
            raise Refused("IssueComment", "body", "missing_field", "Body cannot be blank")
        check_body("IssueComment", body)
        by, now = self.who(author), self.now()
        comment = Comment(self.next_id("comment"), issue.id, by.id, body, now, now)
        self.state.comments[comment.id] = comment
        self.put_issue(issue, comment_ids=(*self.issue(issue).comment_ids, comment.id))
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
        check_body("IssueComment", body)
        if body == before.body:
            return before
        now = self.now()
        after = replace(before, body=body, updated_at=now, edited_at=now, editor_id=by.id)
        self.state.comments[comment.id] = after
        self.put_issue(self.state.issues[after.issue_id])
        self._tell_comment("edited", after, by, changes={"body": {"from": before.body}})
        return after

    def delete_comment(self, comment: Comment, actor: Who) -> None:
        by, current = self.who(actor), self.state.comments[comment.id]
        issue = self.state.issues[current.issue_id]
        self.put_issue(issue, comment_ids=tuple(i for i in issue.comment_ids if i != comment.id))
        del self.state.comments[comment.id]
        self._tell_comment("deleted", current, by)

    def minimize(self, comment: Comment, reason: str | None = "OUTDATED") -> Comment:
        """Hide a comment, or with None show it again; GitHub sends no webhook for it."""
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
