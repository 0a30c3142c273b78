"""What the issue page shows, in order: comments, and what happened to labels and state between them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.records import Account, Comment, Issue, Label, Reaction
from bot.sandbox.state import State

EMOJI = {
    "THUMBS_UP": "👍", "THUMBS_DOWN": "👎", "LAUGH": "😄", "CONFUSED": "😕",
    "HEART": "❤️", "HOORAY": "🎉", "ROCKET": "🚀", "EYES": "👀",
}  # fmt: skip
_SAYS = {"closed": "closed this", "reopened": "reopened this", "renamed": "changed the title",
         "assigned": "changed the assignees", "unassigned": "changed the assignees",
         "locked": "locked the conversation", "unlocked": "unlocked the conversation"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chip:
    """One kind of reaction under a comment, and who gave it."""

    emoji: str
    count: int
    who: str


@dataclass(frozen=True, slots=True)
class Post:
    comment: Comment
    author: Account | None
    chips: list[Chip]


@dataclass(slots=True)
class Happening:
    """A line between comments. Label changes by one person in one second are one line."""

    actor: Account | None
    at: datetime
    added: list[Label] = field(default_factory=list)
    removed: list[Label] = field(default_factory=list)
    says: str = ""


def chips(state: State, reactions: tuple[Reaction, ...]) -> list[Chip]:
    """The reactions, by kind, in the order they were first given."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for reaction in reactions:
        account = state.accounts.get(reaction.user_id)
        by_kind[reaction.content].append(account.graphql_login if account else "ghost")
    return [Chip(EMOJI[kind], len(who), ", ".join(who)) for kind, who in by_kind.items()]


def thread(state: State, issue: Issue) -> list[Post | Happening]:
    """The conversation below the issue's own words, oldest first."""
    entries: list[Post | Happening] = list(_happenings(state, issue))
    entries += [
        Post(comment, state.accounts.get(comment.author_id), chips(state, comment.reactions))
        for comment in state.comments_on(issue)
    ]
    entries.sort(key=lambda one: one.comment.created_at if isinstance(one, Post) else one.at)
    return entries


def _happenings(state: State, issue: Issue) -> list[Happening]:
    lines: list[Happening] = []
    for event in state.events_on(issue):
        actor = state.accounts.get(event.actor_id)
        if event.label_id is None:
            lines.append(Happening(actor, event.created_at, says=_SAYS[event.kind]))
            continue
        last = lines[-1] if lines else None
        if last is None or last.says or (last.actor, last.at) != (actor, event.created_at):
            last = Happening(actor, event.created_at)
            lines.append(last)
        side = last.added if event.kind == "labeled" else last.removed
        side.append(state.labels[event.label_id])
    return lines
