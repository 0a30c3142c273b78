"""Floor 2: GraphQL's JSON into the model. Null labels, authors and actors are normal; a missing field is not.

The functions raise AttributeError, KeyError, TypeError or ValueError on an answer that is not what was asked
for; `readable` turns that into `Transient`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from bot.errors import Transient
from bot.model import Actor, Comment, Issue, Label, LabelEvent, Repository, StateEvent

T = TypeVar("T")
Json = Mapping[str, Any]


def readable(what: str, parse: Callable[[], T]) -> T:
    """The result of `parse`; Transient when GitHub's answer misses what it must hold, without showing it."""
    try:
        return parse()
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    raise Transient(f"{what}: unreadable answer")


def when(text: str) -> datetime:
    """GitHub's ISO 8601 in UTC."""
    return datetime.fromisoformat(text)


def _when_or_none(text: str | None) -> datetime | None:
    return None if text is None else when(text)


def nodes(connection: Json | None) -> list[Json]:
    """The nodes that can be seen; null stands for those that cannot, and may for a whole connection."""
    return [] if connection is None else [node for node in connection["nodes"] or () if node]


def actor(node: Json | None) -> Actor | None:
    """Whoever did it; None when the account is gone."""
    if node is None:
        return None
    return Actor(_plain(node["login"]), int(node.get("databaseId") or 0), node["__typename"])


def viewer(node: Json) -> Actor:
    """Who we are. An App's bot is a User ``x[bot]`` here, and a Bot ``x`` where it is an author."""
    login = node["login"]
    return Actor(_plain(login), int(node["databaseId"]), "Bot" if login.endswith("[bot]") else "User")


def _plain(login: str) -> str:
    return login.removesuffix("[bot]")


def label(node: Json) -> Label:
    return Label(node["id"], node["name"])


def comment(node: Json) -> Comment:
    return Comment(
        id=int(node["fullDatabaseId"]),
        node_id=node["id"],
        author=actor(node["author"]),
        body=node["body"],
        created_at=when(node["createdAt"]),
        edited_at=_when_or_none(node["lastEditedAt"]),
        editor=actor(node["editor"]),
        minimized=node["isMinimized"],
        own_reactions=frozenset(
            group["content"] for group in node["reactionGroups"] or () if group["viewerHasReacted"]
        ),
        url=node["url"],
    )


def label_event(node: Json) -> LabelEvent | None:
    """A label put on or taken off; None for other events, and when the label can no longer be seen."""
    if node["__typename"] not in ("LabeledEvent", "UnlabeledEvent") or node["label"] is None:
        return None
    return LabelEvent(
        label(node["label"]),
        node["__typename"] == "LabeledEvent",
        actor(node["actor"]),
        when(node["createdAt"]),
    )


def state_event(node: Json) -> StateEvent | None:
    """The issue closed or opened again; None for other events."""
    if node["__typename"] not in ("ClosedEvent", "ReopenedEvent"):
        return None
    return StateEvent(node["__typename"] == "ClosedEvent", when(node["createdAt"]))


def repository(node: Json) -> Repository:
    return Repository(
        owner=node["owner"]["login"],
        name=node["name"],
        id=int(node["databaseId"]),
        node_id=node["id"],
        private=node["isPrivate"],
        archived=node["isArchived"],
    )


def issue(node: Json) -> Issue:
    return Issue(
        number=node["number"],
        id=int(node["fullDatabaseId"]),
        node_id=node["id"],
        title=node["title"],
        body=node["body"] or "",
        state=node["state"],
        state_reason=node["stateReason"],
        author=actor(node["author"]),
        created_at=when(node["createdAt"]),
        updated_at=when(node["updatedAt"]),
        edited_at=_when_or_none(node["lastEditedAt"]),
        locked=node["locked"],
        labels=tuple(label(n) for n in nodes(node["labels"])),
        assignees=tuple(Actor(n["login"], int(n["databaseId"] or 0)) for n in nodes(node["assignees"])),
        url=node["url"],
    )
