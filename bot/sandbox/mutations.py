"""GraphQL: the mutations. Each checks the caller's right, changes the world, and gives its payload back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.sandbox.graphql_pages import Fault
from bot.sandbox.ground import Refused
from bot.sandbox.records import Account, Comment, Issue, Label, Repo
from bot.sandbox.resolvers import Context, Resolver
from bot.sandbox.state import reaction_of

Input = dict[str, Any]
Payload = dict[str, Any]

_FORBIDDEN = "Resource not accessible by integration"


def _find(ctx: Context, ident: str, *kinds: type) -> Any:
    """The record of one of these kinds by node id; raises Fault NOT_FOUND."""
    found = ctx.state.node(ident)
    if found is None or not isinstance(found, kinds) or not _reachable(ctx, found):
        raise Fault("NOT_FOUND", f"Could not resolve to a node with the global id of '{ident}'")
    return found


def _repo(ctx: Context, thing: Any) -> Repo:
    if isinstance(thing, Comment):
        thing = ctx.state.issues[thing.issue_id]
    return thing if isinstance(thing, Repo) else ctx.state.repo_of(thing)


def _reachable(ctx: Context, found: Any) -> bool:
    return isinstance(found, Account) or ctx.caller.sees(ctx.state, _repo(ctx, found))


def _writable(ctx: Context, thing: Any) -> Account:
    """Who writes; raises Fault FORBIDDEN without issues: write, or in an archived repository."""
    repo = _repo(ctx, thing)
    if ctx.caller.account is None or not ctx.caller.may(ctx.state, repo, "issues", "write"):
        raise Fault("FORBIDDEN", _FORBIDDEN)
    if repo.archived:
        raise Fault("FORBIDDEN", "Repository was archived so is read-only.")
    return ctx.caller.account


def _triage(ctx: Context, thing: Any) -> Account:
    if not ctx.caller.can_triage(ctx.state, _repo(ctx, thing)):
        raise Fault("FORBIDDEN", f"{ctx.caller.name} does not have permission to do this.")
    return _writable(ctx, thing)


def _labels(ctx: Context, issue: Issue, idents: list[str]) -> list[Label]:
    """The labels, all of the issue's repository; one unknown refuses them all."""
    labels: list[Label] = [_find(ctx, ident, Label) for ident in idents]
    if any(label.repo_id != issue.repo_id for label in labels):
        raise Fault("UNPROCESSABLE", "The label does not belong to the repository of the labelable.")
    return labels


def add_labels(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["labelableId"], Issue)
    actor = _triage(ctx, issue)
    for label in _labels(ctx, issue, given["labelIds"]):
        ctx.world.label_issue(issue, label, actor)
    return {"labelable": ctx.world.issue(issue)}


def remove_labels(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["labelableId"], Issue)
    actor = _triage(ctx, issue)
    for label in _labels(ctx, issue, given["labelIds"]):
        ctx.world.unlabel_issue(issue, label, actor)
    return {"labelable": ctx.world.issue(issue)}


def add_comment(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["subjectId"], Issue)
    actor = _writable(ctx, issue)
    may_in_locked = (
        ctx.caller.kind == "installation" or ctx.state.permission(_repo(ctx, issue), actor) != "read"
    )
    if issue.locked and not may_in_locked:
        raise Fault("FORBIDDEN", "Unable to create comment because issue is locked.")
    comment = ctx.world.comment(issue, actor, given["body"])
    return {"commentEdge": {"cursor": comment.node_id, "node": comment}, "subject": ctx.world.issue(issue)}


def _own_comment(ctx: Context, ident: str) -> tuple[Comment, Account]:
    """A comment the caller may change. An App never changes what another identity wrote."""
    comment = _find(ctx, ident, Comment)
    actor = _writable(ctx, comment)
    if comment.author_id == actor.id:
        return comment, actor
    if ctx.caller.kind == "user" and ctx.state.permission(_repo(ctx, comment), actor) in {"write", "admin"}:
        return comment, actor
    raise Fault("FORBIDDEN", f"{actor.graphql_login} does not have the correct permissions to execute this")


def update_comment(ctx: Context, given: Input) -> Payload:
    comment, actor = _own_comment(ctx, given["id"])
    return {"issueComment": ctx.world.edit_comment(comment, actor, given["body"])}


def delete_comment(ctx: Context, given: Input) -> Payload:
    comment, actor = _own_comment(ctx, given["id"])
    ctx.world.delete_comment(comment, actor)
    return {}


def minimize(ctx: Context, given: Input) -> Payload:
    comment = _find(ctx, given["subjectId"], Comment)
    _triage(ctx, comment)
    return {"minimizedComment": ctx.world.minimize(comment, given["classifier"])}


def unminimize(ctx: Context, given: Input) -> Payload:
    comment = _find(ctx, given["subjectId"], Comment)
    _triage(ctx, comment)
    return {"unminimizedComment": ctx.world.minimize(comment, None)}


def add_reaction(ctx: Context, given: Input) -> Payload:
    subject = _find(ctx, given["subjectId"], Issue, Comment)
    reaction, _ = ctx.world.react(subject, _writable(ctx, subject), given["content"])
    return {"reaction": reaction, "subject": _find(ctx, given["subjectId"], Issue, Comment)}


def remove_reaction(ctx: Context, given: Input) -> Payload:
    subject = _find(ctx, given["subjectId"], Issue, Comment)
    reaction = reaction_of(subject, _writable(ctx, subject), given["content"])
    if reaction is None:
        raise Fault("NOT_FOUND", "Could not find the reaction to remove.")
    ctx.world.unreact(subject, reaction)
    return {"reaction": reaction, "subject": _find(ctx, given["subjectId"], Issue, Comment)}


def add_assignees(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["assignableId"], Issue)
    actor = _triage(ctx, issue)
    people = [_find(ctx, ident, Account) for ident in given["assigneeIds"]]
    return {"assignable": ctx.world.assign(issue, people, actor)}


def create_issue(ctx: Context, given: Input) -> Payload:
    repo = _find(ctx, given["repositoryId"], Repo)
    actor = _writable(ctx, repo)
    able = ctx.caller.can_triage(ctx.state, repo)
    labels = [_find(ctx, ident, Label).name for ident in given.get("labelIds") or ()] if able else []
    people = [_find(ctx, ident, Account) for ident in given.get("assigneeIds") or ()] if able else []
    issue = ctx.world.file_issue(repo, actor, given["title"], given.get("body") or "", labels, people)
    return {"issue": issue}


def update_issue(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["id"], Issue)
    own = ctx.caller.account is not None and issue.author_id == ctx.caller.account.id
    actor = _writable(ctx, issue) if own else _triage(ctx, issue)
    ctx.world.edit_issue(issue, actor, title=given.get("title"), body=given.get("body"))
    if given.get("labelIds") is not None:
        wanted = _labels(ctx, issue, given["labelIds"])
        for label in ctx.state.labels_on(ctx.world.issue(issue)):
            if label not in wanted:
                ctx.world.unlabel_issue(issue, label, actor)
        for label in wanted:
            ctx.world.label_issue(issue, label, actor)
    if given.get("state") is not None:
        turn = ctx.world.close if given["state"] == "CLOSED" else ctx.world.reopen
        turn(issue, actor)
    return {"issue": ctx.world.issue(issue)}


def close_issue(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["issueId"], Issue)
    reason = (given.get("stateReason") or "COMPLETED").lower()
    return {"issue": ctx.world.close(issue, _triage(ctx, issue), reason)}


def reopen_issue(ctx: Context, given: Input) -> Payload:
    issue = _find(ctx, given["issueId"], Issue)
    return {"issue": ctx.world.reopen(issue, _triage(ctx, issue))}


def create_label(ctx: Context, given: Input) -> Payload:
    repo = _find(ctx, given["repositoryId"], Repo)
    actor = _writable(ctx, repo)
    name, text = given["name"], given.get("description") or ""
    return {"label": ctx.world.create_label(repo, name, given["color"], text, actor)}


_MUTATIONS: dict[str, Callable[[Context, Input], Payload]] = {
    "addAssigneesToAssignable": add_assignees,
    "addComment": add_comment,
    "addLabelsToLabelable": add_labels,
    "addReaction": add_reaction,
    "closeIssue": close_issue,
    "createIssue": create_issue,
    "createLabel": create_label,
    "deleteIssueComment": delete_comment,
    "minimizeComment": minimize,
    "removeLabelsFromLabelable": remove_labels,
    "removeReaction": remove_reaction,
    "reopenIssue": reopen_issue,
    "unminimizeComment": unminimize,
    "updateIssue": update_issue,
    "updateIssueComment": update_comment,
}


def _resolver(change: Callable[[Context, Input], Payload]) -> Resolver:
    def resolve(_: Any, ctx: Context, args: dict[str, Any]) -> Payload:
        given: Input = args["input"]
        try:
            return {**change(ctx, given), "clientMutationId": given.get("clientMutationId")}
        except Refused as refused:
            raise Fault("UNPROCESSABLE", refused.message or f"{refused.field} {refused.code}") from None

    return resolve


MUTATION_RESOLVERS = {name: _resolver(change) for name, change in _MUTATIONS.items()}
