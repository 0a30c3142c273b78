"""GraphQL: one table a type: field name to what reads it. The schema's fields, all of them, stand here."""

from __future__ import annotations

from typing import Any

from bot.sandbox import resolvers
from bot.sandbox.graphql_pages import connection
from bot.sandbox.records import Account, Comment, Issue, Label, Reaction, Repo, TimelineEvent
from bot.sandbox.resolvers import EVENT_TYPES, Context, Group, Resolver, Viewer, account_of

_INT_MAX = 2**31 - 1


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
    "reactionGroups": resolvers.groups,
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
        "node": resolvers.node,
        "nodes": resolvers.nodes,
        "organization": resolvers.organization,
        "rateLimit": resolvers.rate_limit,
        "repository": resolvers.repository,
        "user": resolvers.user,
        "viewer": resolvers.viewer,
    },
    "User": _USER,
    "Bot": _ACCOUNT,
    "Organization": {**_ACCOUNT, "team": resolvers.team},
    "Team": {"members": resolvers.team_members, "slug": lambda t, *_: t.slug},
    "Repository": {
        "id": lambda r, *_: r.node_id,
        "databaseId": _small,
        "createdAt": lambda r, *_: r.created_at,
        "hasIssuesEnabled": lambda r, *_: True,
        "isArchived": lambda r, *_: r.archived,
        "isPrivate": lambda r, *_: r.private,
        "issue": resolvers.issue_by_number,
        "issues": resolvers.issues,
        "label": lambda r, ctx, args: ctx.state.label(r, args["name"]),
        "labels": resolvers.repo_labels,
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
        "comments": resolvers.comments,
        "labels": lambda i, ctx, args: resolvers.label_page(ctx.state.labels_on(i), args),
        "locked": lambda i, *_: i.locked,
        "number": lambda i, *_: i.number,
        "repository": lambda i, ctx, _: ctx.state.repo_of(i),
        "state": lambda i, *_: i.state.upper(),
        "stateReason": lambda i, *_: i.state_reason.upper() if i.state_reason else None,
        "timelineItems": resolvers.timeline,
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
    **dict.fromkeys(EVENT_TYPES.values(), _EVENT),
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
    return EVENT_TYPES[value.kind] if isinstance(value, TimelineEvent) else _TYPES[type(value)]
