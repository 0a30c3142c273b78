"""Floor 1: what people did in Slack, as comments on the issue. Pure.

A button becomes a comment of ours that says who did what, in words for people and in a hidden marker. From
then on it is read as if that person had commented: one inbox, one set of permissions, and turns and answers
count for the person, not for the bot.

What holds
- Only comments that we wrote, and nobody else edited, are read so. The marker is base64: nothing in a
  person's words can end it, and what people write never is a marker of ours (`memory.inert`).
- An act is written once: its id stands in the comment, and a click that arrives twice has one id.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace

from bot import words
from bot.memory import effect_marker, inert
from bot.model import Actor, Comment, CreateComment, Issue, Snapshot
from bot.told import Act

ACT = "act:"  # what the effect keys of these comments start with
_MARKER = re.compile(r"<!-- rfh-bot:act ([0-9a-f]{16}) ([A-Za-z0-9-]{1,39}) ([A-Za-z0-9_-]{0,40000}) -->\Z")


def comment(act: Act) -> CreateComment:
    """The comment that an act becomes."""
    raw = base64.urlsafe_b64encode(act.text.encode("utf-8", "replace")).rstrip(b"=").decode()
    key = f"{ACT}{act.id}"
    marker = f"<!-- rfh-bot:act {act.id} {act.login} {raw} -->"
    return CreateComment(key, f"{inert(words.acted(act.login, act.text))}\n\n{effect_marker(key)}\n{marker}")


def heard(snapshot: Snapshot) -> Snapshot:
    """The snapshot with such comments as those people's own, and without the acts that stand there."""
    comments, there = [], set()
    for one in snapshot.comments:
        found = _read(one, snapshot)
        comments.append(one if found is None else found[1])
        if found is not None:
            there.add(found[0])
    waiting = tuple(act for act in snapshot.acts if act.id not in there)
    return replace(snapshot, comments=tuple(comments), acts=waiting)


def _read(one: Comment, snapshot: Snapshot) -> tuple[str, Comment] | None:
    """The act's id, and the comment as its person's; None for any other comment."""
    match = _MARKER.search(one.body) if snapshot.viewer.same_as(one.author) else None
    if match is None or (one.editor is not None and not one.editor.same_as(one.author)):
        return None
    try:
        text = base64.urlsafe_b64decode(match[3] + "=" * (-len(match[3]) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    return match[1], replace(one, author=_actor(match[2], snapshot.issue), body=text, edited_at=None)


def _actor(login: str, issue: Issue) -> Actor:
    """The person; with the account's id where the issue shows it."""
    known = [actor for actor in (issue.author, *issue.assignees) if actor is not None]
    same = (actor for actor in known if actor.login.casefold() == login.casefold())
    return next(same, Actor(login, 0))
