"""REST: issues, their comments, labels, assignees and reactions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.sandbox.http import ApiError, Reply, invalid, not_found
from bot.sandbox.records import Comment, Issue
from bot.sandbox.rest import Call, Route
from bot.sandbox.state import reaction_of
from bot.sandbox.views import GRAPHQL_REACTION

_REASONS = ("completed", "not_planned", "duplicate", "reopened")
_SORTS = {"created": "created_at", "updated": "updated_at", "comments": "comment_ids"}


def _since(call: Call) -> datetime | None:
    value = call.request.query.get("since")
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ApiError(422, "Invalid value for parameter 'since'") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def list_issues(call: Call) -> Reply:
    """Issues and pull requests: to this endpoint every pull request is an issue.
    https://docs.github.com/rest/issues/issues#list-repository-issues"""
    query, since = call.request.query, _since(call)
    state, names = query.get("state", "open"), [n for n in query.get("labels", "").split(",") if n]
    creator = query.get("creator")
    found = [
        issue
        for issue in call.state.issues_of(call.repo)
        if state in {"all", issue.state}
        and (since is None or issue.updated_at >= since)
        and {n.casefold() for n in names} <= {x.name.casefold() for x in call.state.labels_on(issue)}
        and (creator is None or _login(call, issue).casefold() == creator.casefold())
    ]
    attribute = _SORTS.get(query.get("sort", "created"), "created_at")

    def order(issue: Issue) -> tuple[Any, int]:
        value = getattr(issue, attribute)
        return (len(value) if isinstance(value, tuple) else value, issue.id)

    found.sort(key=order, reverse=query.get("direction", "desc") != "asc")
    return call.listing(found, call.views.issue)


def _login(call: Call, issue: Issue) -> str:
    author = call.state.accounts.get(issue.author_id)
    return author.login if author else "ghost"


def get_issue(call: Call) -> Reply:
    return Reply(200, call.views.issue(call.issue()))


def create_issue(call: Call) -> Reply:
    """File an issue. Labels and assignees from people without triage are dropped without a word."""
    labels, people = call.texts("labels"), call.texts("assignees")
    if not call.caller.can_triage(call.world.state, call.repo):
        labels, people = [], []
    issue = call.world.file_issue(
        call.repo,
        call.actor,
        call.text("title"),
        call.text("body", ""),
        labels,
        [account for login in people if (account := call.world.state.account(login))],
    )
    return Reply(201, call.fresh.issue(issue), {"location": call.fresh.issue_url(issue)})


def update_issue(call: Call) -> Reply:
    """Change title, body, state, labels. Others' issues ask for triage (close, label) or write (words)."""
    issue, body = call.issue(call.world.state), call.body()
    own = call.caller.kind == "user" and issue.author_id == call.actor.id
    if not own and not call.caller.can_triage(call.world.state, call.repo):
        raise ApiError(403, "Must have admin rights to Repository.")
    # A null body empties it; one that is missing leaves it as it is.
    words = call.text("body", "") if "body" in body else None
    issue = call.world.edit_issue(issue, call.actor, title=call.maybe_text("title"), body=words)
    if "labels" in body:
        _set_labels(call, issue, call.texts("labels"))
    if body.get("state") == "closed":
        reason = call.text("state_reason", "completed")
        if reason not in _REASONS:
            raise invalid("Issue", "state_reason", "invalid")
        issue = call.world.close(issue, call.actor, reason)
    elif body.get("state") == "open":
        issue = call.world.reopen(issue, call.actor)
    elif "state" in body:
        raise invalid("Issue", "state", "invalid")
    return Reply(200, call.fresh.issue(call.world.issue(issue)))


def _set_labels(call: Call, issue: Issue, names: list[str]) -> None:
    wanted = {name.casefold() for name in names}
    for label in call.world.state.labels_on(call.world.issue(issue)):
        if label.name.casefold() not in wanted:
            call.world.unlabel_issue(issue, label, call.actor)
    for name in names:
        call.world.add_label(issue, name, call.actor)


# ── labels and assignees on an issue ────────────────────────────────────────────────────────────────────


def _labels_now(call: Call, issue: Issue) -> Reply:
    labels = call.world.state.labels_on(call.world.issue(issue))
    return Reply(200, [call.fresh.label(label) for label in labels])


def issue_labels(call: Call) -> Reply:
    return call.listing(call.state.labels_on(call.issue()), call.views.label)


def add_labels(call: Call) -> Reply:
    """Add labels by name. A name the repository does not know becomes a new label: GitHub does that too."""
    issue, data = call.issue(call.world.state), call.request.json()
    names = data if isinstance(data, list) else call.texts("labels")
    _triage(call)
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise invalid("Label", "name", "invalid")
        call.world.add_label(issue, name, call.actor)
    return _labels_now(call, issue)


def remove_label(call: Call) -> Reply:
    issue = call.issue(call.world.state)
    _triage(call)
    try:
        call.world.remove_label(issue, call.params["name"], call.actor)
    except KeyError:
        raise ApiError(404, "Label does not exist") from None
    return _labels_now(call, issue)


def add_assignees(call: Call) -> Reply:
    """Assign people; those without access are ignored, as GitHub does."""
    issue, state = call.issue(call.world.state), call.world.state
    _triage(call)
    people = [account for login in call.texts("assignees") if (account := state.account(login))]
    able = [person for person in people if state.role(call.repo, person) != "none"]
    return Reply(201, call.fresh.issue(call.world.assign(issue, able, call.actor)))


def _triage(call: Call) -> None:
    if not call.caller.can_triage(call.world.state, call.repo):
        raise ApiError(403, "Must have admin rights to Repository.")


# ── comments ────────────────────────────────────────────────────────────────────────────────────────────


def _comment(call: Call, *, now: bool) -> Comment:
    """The comment in the path; raises 404."""
    state = call.world.state if now else call.state
    comment = state.comments.get(call.ident("comment_id"))
    if comment is None or state.issues[comment.issue_id].repo_id != call.repo.id:
        raise not_found()
    return comment


def _own_comment(call: Call) -> Comment:
    """A comment the caller may change: their own; people who may write: any. An App only has its own."""
    comment = _comment(call, now=True)
    if comment.author_id == call.actor.id:
        return comment
    state, caller = call.world.state, call.caller
    if caller.kind == "user" and state.permission(call.repo, call.actor) in {"write", "admin"}:
        return comment
    raise ApiError(403, "Must have admin rights to Repository.")


def list_comments(call: Call) -> Reply:
    since = _since(call)
    comments = [c for c in call.state.comments_on(call.issue()) if since is None or c.updated_at >= since]
    return call.listing(comments, call.views.comment)


def get_comment(call: Call) -> Reply:
    return Reply(200, call.views.comment(_comment(call, now=False)))


def create_comment(call: Call) -> Reply:
    issue = call.issue(call.world.state)
    locked_out = call.caller.kind == "user" and call.world.state.permission(call.repo, call.actor) == "read"
    if issue.locked and locked_out:
        raise ApiError(403, "Unable to create comment because issue is locked.")
    comment = call.world.comment(issue, call.actor, call.text("body"))
    shape = call.fresh.comment(comment)
    return Reply(201, shape, {"location": shape["url"]})


def update_comment(call: Call) -> Reply:
    comment = call.world.edit_comment(_own_comment(call), call.actor, call.text("body"))
    return Reply(200, call.fresh.comment(comment))


def delete_comment(call: Call) -> Reply:
    call.world.delete_comment(_own_comment(call), call.actor)
    return Reply(204)


# ── reactions ───────────────────────────────────────────────────────────────────────────────────────────


def _react(call: Call, subject: Issue | Comment) -> Reply:
    content = GRAPHQL_REACTION.get(call.text("content"))
    if content is None:
        raise invalid("Reaction", "content", "invalid")
    reaction, new = call.world.react(subject, call.actor, content)
    return Reply(201 if new else 200, call.fresh.reaction(reaction))


def react_to_issue(call: Call) -> Reply:
    return _react(call, call.issue(call.world.state))


def react_to_comment(call: Call) -> Reply:
    return _react(call, _comment(call, now=True))


def comment_reactions(call: Call) -> Reply:
    return call.listing(_comment(call, now=False).reactions, call.views.reaction)


def delete_comment_reaction(call: Call) -> Reply:
    comment, ident = _comment(call, now=True), call.ident("reaction_id")
    reaction = next((r for r in comment.reactions if r.id == ident), None)
    if reaction is None or reaction_of(comment, call.actor, reaction.content) != reaction:
        raise not_found()
    call.world.unreact(comment, reaction)
    return Reply(204)


_READ, _WRITE = ("issues", "read"), ("issues", "write")
_REPO = "/repos/{owner}/{repo}"
_ISSUE = f"{_REPO}/issues/{{issue_number}}"
_COMMENT = f"{_REPO}/issues/comments/{{comment_id}}"

ROUTES = (
    Route("GET", f"{_REPO}/issues", list_issues, _READ),
    Route("POST", f"{_REPO}/issues", create_issue, _WRITE, content=True),
    Route("GET", _COMMENT, get_comment, _READ),
    Route("PATCH", _COMMENT, update_comment, _WRITE, content=True),
    Route("DELETE", _COMMENT, delete_comment, _WRITE),
    Route("GET", f"{_COMMENT}/reactions", comment_reactions, _READ),
    Route("POST", f"{_COMMENT}/reactions", react_to_comment, _WRITE, content=True),
    Route("DELETE", f"{_COMMENT}/reactions/{{reaction_id}}", delete_comment_reaction, _WRITE),
    Route("GET", _ISSUE, get_issue, _READ),
    Route("PATCH", _ISSUE, update_issue, _WRITE, content=True),
    Route("GET", f"{_ISSUE}/comments", list_comments, _READ),
    Route("POST", f"{_ISSUE}/comments", create_comment, _WRITE, content=True),
    Route("GET", f"{_ISSUE}/labels", issue_labels, _READ),
    Route("POST", f"{_ISSUE}/labels", add_labels, _WRITE, content=True),
    Route("DELETE", f"{_ISSUE}/labels/{{name}}", remove_label, _WRITE),
    Route("POST", f"{_ISSUE}/assignees", add_assignees, _WRITE, content=True),
    Route("POST", f"{_ISSUE}/reactions", react_to_issue, _WRITE, content=True),
)
