"""GraphQL: how what takes more than a line is read from the records. The rest is in `graphql_fields.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.access import Caller
from bot.sandbox.graphql_pages import Fault, connection
from bot.sandbox.limits import Limits
from bot.sandbox.records import Account, Comment, Issue, Label, Reaction, Repo, TimelineEvent
from bot.sandbox.state import State
from bot.sandbox.views import REST_REACTION, Views
from bot.sandbox.world import World

EVENT_TYPES = {
    "labeled": "LabeledEvent", "unlabeled": "UnlabeledEvent",
    "closed": "ClosedEvent", "reopened": "ReopenedEvent",
}  # fmt: skip


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


@dataclass(frozen=True, slots=True)
class Team:
    """A team of an organisation, and who is in it."""

    slug: str
    members: tuple[Account, ...]


Resolver = Callable[[Any, Context, dict[str, Any]], Any]


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


def organization(_: Any, ctx: Context, args: dict[str, Any]) -> Account:
    account = ctx.state.account(args["login"])
    if account is None or account.kind != "Organization":
        raise Fault("NOT_FOUND", f"Could not resolve to an Organization with the login of '{args['login']}'.")
    return account


def team(org: Account, ctx: Context, args: dict[str, Any]) -> Team | None:
    """Apps need `members: read`; a workflow's token cannot have it."""
    caller = ctx.caller
    if caller.kind == "installation" and caller.permissions.get("members", "none") == "none":
        raise Fault("FORBIDDEN", "Resource not accessible by integration")
    found = ctx.state.team(org.login, args["slug"])
    if found is None:
        return None
    return Team(args["slug"], tuple(ctx.state.accounts[ident] for ident in found))


def team_members(source: Team, _: Context, args: dict[str, Any]) -> dict[str, Any]:
    return connection(source.members, args, "members", lambda account: account.id)


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
    return label_page(found, args)


def label_page(found: list[Label], args: dict[str, Any]) -> dict[str, Any]:
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    by_name = order["field"] == "NAME"
    found.sort(
        key=lambda x: (x.name.casefold() if by_name else "", x.id), reverse=order["direction"] == "DESC"
    )
    return connection(found, args, "labels", lambda label: label.id)


# ── issue and comment ───────────────────────────────────────────────────────────────────────────────────


def comments(issue: Issue, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    """The issue's comments, as they were written, or by their last change."""
    found = ctx.state.comments_on(issue)
    order = args.get("orderBy")
    if order is not None:
        found.sort(key=lambda comment: (comment.updated_at, comment.id), reverse=order["direction"] == "DESC")
    return connection(found, args, "comments", lambda comment: comment.id)


def timeline(issue: Issue, ctx: Context, args: dict[str, Any]) -> dict[str, Any]:
    """The issue's events and comments of the kinds the schema knows, oldest first."""
    items: list[TimelineEvent | Comment] = [e for e in ctx.state.events_on(issue) if e.kind in EVENT_TYPES]
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
