"""GraphQL: how each field of the served schema is read from the records."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError

from bot.sandbox.access import Caller
from bot.sandbox.limits import Limits
from bot.sandbox.records import Account, Comment, Issue, Label, Reaction, Repo, TimelineEvent
from bot.sandbox.state import State
from bot.sandbox.views import REST_REACTION, Views
from bot.sandbox.world import World

MAX_PAGE = 100
_INT_MAX = 2**31 - 1
_EVENT_TYPES = {
    "labeled": "LabeledEvent", "unlabeled": "UnlabeledEvent",
    "closed": "ClosedEvent", "reopened": "ReopenedEvent",
}  # fmt: skip


class Fault(GraphQLError):
    """One field's error, with GitHub's `type`: NOT_FOUND, FORBIDDEN, UNPROCESSABLE … The rest goes on."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, extensions={"type": kind})


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers work with. A query's `state` may lag; a mutation's is the world as it is."""

    caller: Caller
    world: World
    state: State
    views: Views
    limits: Limits


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of reaction on one subject; every kind is listed, even with nobody."""

    content: str
    reactions: tuple[Reaction, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. The schema says User, so a bot shows as one, its login with ``[bot]``."""

    account: Account


Resolver = Callable[[Any, Context, dict[str, Any]], Any]


def connection(
    items: Sequence[Any], args: Mapping[str, Any], what: str, cursor_of: Callable[[Any], object]
) -> dict[str, Any]:
    """A page by cursor; raises Fault without first or last, or over 100, as GitHub does.

    https://docs.github.com/graphql/guides/using-pagination-in-the-graphql-api
    """
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise Fault(
            "MISSING_PAGINATION_BOUNDARIES", f"You must provide a `first` or `last` value to page `{what}`."
        )
    for name, value in (("first", first), ("last", last)):
        if value is not None and value > MAX_PAGE:
            over = f"exceeds the `{name}` limit of {MAX_PAGE} records."
            raise Fault(
                "EXCESSIVE_PAGINATION", f"Requesting {value} records on the `{what}` connection {over}"
            )
        if value is not None and value < 0:
            raise Fault("INVALID_PAGINATION", f"`{name}` on `{what}` cannot be less than zero.")
    edges = [{"cursor": _cursor(cursor_of(item)), "node": item} for item in items]
    cursors = [edge["cursor"] for edge in edges]
    start = cursors.index(args["after"]) + 1 if args.get("after") in cursors else 0
    end = cursors.index(args["before"]) if args.get("before") in cursors else len(edges)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    page = edges[start:end]
    return {
        "edges": page,
        "nodes": [edge["node"] for edge in page],
        "totalCount": len(edges),
        "filteredCount": len(edges),
        "pageInfo": {
            "startCursor": page[0]["cursor"] if page else None,
            "endCursor": page[-1]["cursor"] if page else None,
            "hasNextPage": end < len(edges),
            "hasPreviousPage": start > 0,
        },
    }


def _cursor(key: object) -> str:
    return base64.b64encode(f"cursor:v2:{key}".encode()).decode()


# ── who and where ───────────────────────────────────────────────────────────────────────────────────────


def node(_: Any, ctx: Context, args: dict[str, Any]) -> Any:
    """Anything by node id; raises Fault NOT_FOUND for what is gone, foreign or hidden."""
    found = ctx.state.node(args["id"])
    if found is None or not _visible(ctx, found):
        raise Fault("NOT_FOUND", f"Could not resolve to a node with the global id of '{args['id']}'")
    return found


def _visible(ctx: Context, found: Any) -> bool:
    if isinstance(found, Account):
        return True
    if isinstance(found, Comment | TimelineEvent):
        found = ctx.state.issues[found.issue_id]
    repo = found if isinstance(found, Repo) else ctx.state.repo_of(found)
    return ctx.caller.sees(ctx.state, repo) and ctx.caller.may(ctx.state, repo, "issues", "read")


def nodes(source: Any, ctx: Context, args: dict[str, Any]) -> list[Any]:
    """Several by id, null where there is none. GitHub reports each missing one; here the null says it."""
    found = [ctx.state.node(ident) for ident in args["ids"]]
    return [one if one is not None and _visible(ctx, one) else None for one in found]


def repository(_: Any, ctx: Context, args: dict[str, Any]) -> Repo:
    repo = ctx.state.repo(args["owner"], args["name"])
    if repo is None or not ctx.caller.sees(ctx.state, repo):
        raise Fault(
            "NOT_FOUND", f"Could not resolve to a Repository with the name '{args['owner']}/{args['name']}'."
        )
    return repo


def user(_: Any, ctx: Context, args: dict[str, Any]) -> Account:
    account = ctx.state.account(args["login"])
    if account is None or account.kind != "User":
        raise Fault("NOT_FOUND", f"Could not resolve to a User with the login of '{args['login']}'.")
    return account


def viewer(_: Any, ctx: Context, __: dict[str, Any]) -> Viewer:
    if ctx.caller.account is None:
        raise Fault("FORBIDDEN", "This endpoint requires you to be authenticated.")
    return Viewer(ctx.caller.account)


def rate_limit(_: Any, ctx: Context, __: dict[str, Any]) -> dict[str, Any]:
    status = ctx.limits.status(ctx.caller.name, "graphql")
    reset = datetime.fromtimestamp(status["reset"], UTC)
    return {**status, "cost": 1, "nodeCount": 0, "resetAt": reset}


def account_of(ctx: Context, ident: int | None) -> Account | None:
    """Somebody by id; None for a deleted account."""
    return ctx.state.accounts.get(ident) if ident is not None else None


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise Fault("INVALID_TIME", "A DateTime is written in ISO 8601.") from None


# ── repository ──────────────────────────────────────────────────────────────────────────────────────────


def issue_by_number(repo: Repo, ctx: Context, args: dict[str, Any]) -> Issue:
    _readable(ctx, repo)
    issue = ctx.state.issue(repo, args["number"])
    if issue is None or issue.gone or issue.is_pull:
        raise Fault("NOT_FOUND", f"Could not resolve to an Issue with the number of {args['number']}.")
    return issue


def _readable(ctx: Context, repo: Repo) -> None:
    if not ctx.caller.may(ctx.state, repo, "issues", "read"):
        raise Fault("FORBIDDEN", "Resource not accessible by integration")


def issues(repo: Repo, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    """Issues without pull requests, filtered and ordered."""
    _readable(ctx, repo)
    filters = args.get("filterBy") or {}
    states = {state.lower() for state in args.get("states") or filters.get("states") or ("OPEN", "CLOSED")}
    names = {name.casefold() for name in args.get("labels") or filters.get("labels") or ()}
    since, author = _time(filters.get("since")), filters.get("createdBy")
    found = [
        issue
        for issue in ctx.state.issues_of(repo)
        if not issue.is_pull
        and issue.state in states
        and (not names or names & {label.name.casefold() for label in ctx.state.labels_on(issue)})
        and (since is None or issue.updated_at >= since)
        and (
            author is None
            or ((a := account_of(ctx, issue.author_id)) is not None and a.graphql_login == author)
        )
    ]
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    keys: dict[str, Callable[[Issue], Any]] = {
        "CREATED_AT": lambda issue: issue.created_at,
        "UPDATED_AT": lambda issue: issue.updated_at,
        "COMMENTS": lambda issue: len(issue.comment_ids),
    }
    key = keys[order["field"]]
    found.sort(key=lambda issue: (key(issue), issue.id), reverse=order["direction"] == "DESC")
    return connection(found, args, "issues", lambda issue: issue.id)


def repo_labels(repo: Repo, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    _readable(ctx, repo)
    wanted = (args.get("query") or "").casefold()
    found = [label for label in ctx.state.labels_of(repo) if wanted in label.name.casefold()]
    return _label_page(found, args)


def _label_page(found: list[Label], args: dict[str, Any]) -> dict[str, Any]:
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    by_name = order["field"] == "NAME"
    found.sort(
        key=lambda x: (x.name.casefold() if by_name else "", x.id), reverse=order["direction"] == "DESC"
    )
    return connection(found, args, "labels", lambda label: label.id)


# ── issue and comment ───────────────────────────────────────────────────────────────────────────────────


def timeline(issue: Issue, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    """The issue's events and comments of the kinds the schema knows, oldest first."""
    items: list[TimelineEvent | Comment] = [e for e in ctx.state.events_on(issue) if e.kind in _EVENT_TYPES]
    items += ctx.state.comments_on(issue)
    items.sort(key=lambda item: item.created_at)  # stable: within one second events keep their order
    wanted, since = args.get("itemTypes"), _time(args.get("since"))
    if wanted is not None:
        items = [item for item in items if _item_type(item) in wanted]
    if since is not None:
        items = [item for item in items if item.created_at >= since]
    return connection(items, args, "timelineItems", lambda item: item.id)


def _item_type(item: TimelineEvent | Comment) -> str:
    return "ISSUE_COMMENT" if isinstance(item, Comment) else f"{item.kind.upper()}_EVENT"


def groups(subject: Issue | Comment, _: Context, __: dict[str, Any]) -> list[Group]:
    return [Group(c, tuple(r for r in subject.reactions if r.content == c)) for c in REST_REACTION]


def _author(thing: Any, ctx: Context, _: dict[str, Any]) -> Account | None:
    return account_of(ctx, thing.author_id)


def _editor(thing: Any, ctx: Context, _: dict[str, Any]) -> Account | None:
    return account_of(ctx, thing.editor_id)


def _own(thing: Any, ctx: Context, _: dict[str, Any]) -> bool:
    return ctx.caller.account is not None and ctx.caller.account.id == thing.author_id


def _small(thing: Any, *_: Any) -> int | None:
    """`databaseId` is an Int: what does not fit into 32 bits is not there; `fullDatabaseId` has it."""
    return thing.id if thing.id <= _INT_MAX else None


def _assignees(issue: Issue, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    people = [account for ident in issue.assignee_ids if (account := account_of(ctx, ident))]
    return connection(people, args, "assignees", lambda account: account.id)


def _reactors(group: Group, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    people = [account for r in group.reactions if (account := account_of(ctx, r.user_id))]
    return connection(people, args, "reactors", lambda account: account.id)


def _viewer_reacted(group: Group, ctx: Context, _: dict[str, Any]) -> bool:
    account = ctx.caller.account
    return account is not None and any(reaction.user_id == account.id for reaction in group.reactions)


def _avatar(a: Any, ctx: Context, _: dict[str, Any]) -> str:
    account = a.account if isinstance(a, Viewer) else a
    return str(ctx.views.user(account)["avatar_url"])


_ACCOUNT: dict[str, Resolver] = {
    "id": lambda a, *_: a.node_id,
    "databaseId": _small,
    "login": lambda a, *_: a.graphql_login,
    "name": lambda a, *_: None,
    "avatarUrl": _avatar,
    "url": lambda a, ctx, _: f"{ctx.views.html}/{a.graphql_login}",
}


def _of_user(plain: Resolver) -> Resolver:
    """The same field, read from a person or from the viewer."""
    return lambda a, ctx, args: plain(a.account if isinstance(a, Viewer) else a, ctx, args)


_USER = {name: _of_user(plain) for name, plain in _ACCOUNT.items()}
_USER["login"] = lambda a, *_: a.account.login if isinstance(a, Viewer) else a.graphql_login
_WRITTEN: dict[str, Resolver] = {
    "id": lambda x, *_: x.node_id,
    "databaseId": _small,
    "fullDatabaseId": lambda x, *_: str(x.id),  # a BigInt travels as text
    "author": _author,
    "editor": _editor,
    "body": lambda x, *_: x.body,
    "createdAt": lambda x, *_: x.created_at,
    "updatedAt": lambda x, *_: x.updated_at,
    "lastEditedAt": lambda x, *_: x.edited_at,
    "includesCreatedEdit": lambda x, *_: False,
    "reactionGroups": groups,
    "viewerDidAuthor": _own,
}
_EVENT: dict[str, Resolver] = {
    "id": lambda e, *_: e.node_id,
    "actor": lambda e, ctx, _: account_of(ctx, e.actor_id),
    "createdAt": lambda e, *_: e.created_at,
    "label": lambda e, ctx, _: ctx.state.labels[e.label_id],
    "labelable": lambda e, ctx, _: ctx.state.issues[e.issue_id],
}

RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "node": node,
        "nodes": nodes,
        "rateLimit": rate_limit,
        "repository": repository,
        "user": user,
        "viewer": viewer,
    },
    "User": _USER,
    "Bot": _ACCOUNT,
    "Organization": _ACCOUNT,
    "Repository": {
        "id": lambda r, *_: r.node_id,
        "databaseId": _small,
        "createdAt": lambda r, *_: r.created_at,
        "hasIssuesEnabled": lambda r, *_: True,
        "isArchived": lambda r, *_: r.archived,
        "isPrivate": lambda r, *_: r.private,
        "issue": issue_by_number,
        "issues": issues,
        "label": lambda r, ctx, args: ctx.state.label(r, args["name"]),
        "labels": repo_labels,
        "name": lambda r, *_: r.name,
        "nameWithOwner": lambda r, *_: r.full_name,
        "owner": lambda r, ctx, _: ctx.state.accounts[r.owner_id],
        "url": lambda r, ctx, _: f"{ctx.views.html}/{r.full_name}",
        "visibility": lambda r, *_: "PRIVATE" if r.private else "PUBLIC",
    },
    "Label": {
        "id": lambda x, *_: x.node_id,
        "name": lambda x, *_: x.name,
        "color": lambda x, *_: x.color,
        "description": lambda x, *_: x.description or None,
        "createdAt": lambda x, *_: x.created_at,
        "isDefault": lambda x, *_: False,
        "repository": lambda x, ctx, _: ctx.state.repo_of(x),
        "url": lambda x, ctx, _: f"{ctx.views.html}/{ctx.state.repo_of(x).full_name}/labels/{x.name}",
    },
    "Issue": _WRITTEN
    | {
        "activeLockReason": lambda i, *_: (
            (i.lock_reason or "").upper().replace("-", "_").replace(" ", "_") or None
        ),
        "assignees": _assignees,
        "closed": lambda i, *_: i.state == "closed",
        "closedAt": lambda i, *_: i.closed_at,
        "comments": lambda i, ctx, args: connection(
            ctx.state.comments_on(i), args, "comments", lambda comment: comment.id
        ),
        "labels": lambda i, ctx, args: _label_page(ctx.state.labels_on(i), args),
        "locked": lambda i, *_: i.locked,
        "number": lambda i, *_: i.number,
        "repository": lambda i, ctx, _: ctx.state.repo_of(i),
        "state": lambda i, *_: i.state.upper(),
        "stateReason": lambda i, *_: i.state_reason.upper() if i.state_reason else None,
        "timelineItems": timeline,
        "title": lambda i, *_: i.title,
        "url": lambda i, ctx, _: ctx.views.issue_html(i),
    },
    "IssueComment": _WRITTEN
    | {
        "isMinimized": lambda c, *_: c.minimized is not None,
        "minimizedReason": lambda c, *_: c.minimized.lower().replace("_", "-") if c.minimized else None,
        "issue": lambda c, ctx, _: ctx.state.issues[c.issue_id],
        "repository": lambda c, ctx, _: ctx.state.repo_of(ctx.state.issues[c.issue_id]),
        "url": lambda c, ctx, _: f"{ctx.views.issue_html(ctx.state.issues[c.issue_id])}#issuecomment-{c.id}",
    },
    **dict.fromkeys(_EVENT_TYPES.values(), _EVENT),
    "Reaction": {
        "id": lambda r, *_: r.node_id,
        "databaseId": _small,
        "content": lambda r, *_: r.content,
        "createdAt": lambda r, *_: r.created_at,
        "user": lambda r, ctx, _: account_of(ctx, r.user_id),
    },
    "ReactionGroup": {
        "content": lambda g, *_: g.content,
        "createdAt": lambda g, *_: g.reactions[0].created_at if g.reactions else None,
        "reactors": _reactors,
        "viewerHasReacted": _viewer_reacted,
    },
}

_TYPES: dict[type, str] = {Repo: "Repository", Label: "Label", Issue: "Issue", Comment: "IssueComment",
                           Reaction: "Reaction", Viewer: "User"}  # fmt: skip


def type_name(value: Any) -> str:
    """The GraphQL type of a record, for interfaces and unions."""
    if isinstance(value, Account):
        return value.kind
    return _EVENT_TYPES[value.kind] if isinstance(value, TimelineEvent) else _TYPES[type(value)]
