"""Floor 1: whose turn it is, since when, and when engineering first answered. Pure.

What holds
- The clock starts when engineering was asked. Then every comment that means something gives the turn to the
  other side: the team's answer to support, support's to the team. A second comment of the side that spoke
  last changes nothing, so nobody's wait starts anew by being patient aloud.
- Sides come from lists (`Snapshot.roster`), the issue's owner and its author. Bots, people in no list,
  comments without meaning (`speech.py`) and minimised ones change no turn.
- `/waiting` is the last word at its time, also for the customer's turn, which only it can give.
- A comment is folded once, into the memory; a list that changes later does not rewrite who answered. Until
  the turn next changes, comments since then may be folded again: with the same end.

Races
- A comment edited after it was folded: one that said nothing, and is edited into the first answer, counts
  (from the edit at the latest). Other edits change no turn: a corrected typo is no answer.
- Something that becomes visible after what came later: what is older than the current turn changes no turn.
- A closed issue's clock stands still; when the issue is opened again, the silence starts then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.markdown import command_lines
from bot.memory import Clock, Intent, Memory, Side
from bot.model import Actor, Comment, Snapshot
from bot.rules.speech import MEANS, Speech

SUPPORT = "support"  # its key in the roster, beside the ids of teams


@dataclass(frozen=True, slots=True)
class Sides:
    """Who speaks for whom on one issue."""

    snapshot: Snapshot
    team: str
    owner: str  # login of who is accountable on support's side

    def of(self, actor: Actor | None) -> Side | None:
        """The side of whoever commented; None for somebody in no list, and for bots."""
        if actor is None or actor.is_bot:
            return None
        login, roster = actor.login.casefold(), self.snapshot.roster
        if login == self.owner.casefold():
            return "support"
        if login in roster.get(self.team, ()):
            return "engineering"
        author = self.snapshot.issue.author
        if login in roster.get(SUPPORT, ()) or (author is not None and author.same_as(actor)):
            return "support"
        return None


@dataclass(frozen=True, slots=True)
class _Event:
    """Something that gives a side the turn. Ordered by time, then by comment, a command after its comment."""

    at: datetime
    comment: int
    command: bool
    spoke: Side | None = None  # a comment of this side
    to: Side | None = None  # a command: to this side

    @property
    def order(self) -> tuple[datetime, int, bool]:
        return self.at, self.comment, self.command


def fold(clock: Clock, snapshot: Snapshot, memory: Memory, sides: Sides, speech: Speech) -> Clock:
    """The clock after all comments and corrections that are not in it yet."""
    intent = memory.intents.get("waiting")
    events = list(_comments(clock, snapshot, sides, speech))
    if intent is not None and _fresh(intent, clock):
        to: Side = intent.value  # type: ignore[assignment]  # the command's table allows the three sides
        events.append(_Event(intent.at, intent.comment, True, to=to))
    for event in sorted(events, key=lambda event: event.order):
        clock = _after(clock, event)
    newest = max((comment.id for comment in snapshot.comments), default=0)
    return replace(clock, folded_to=max(clock.folded_to, newest))


def _fresh(intent: Intent, clock: Clock) -> bool:
    """Is the correction not in the clock yet?"""
    return intent.at >= clock.asked_at and (intent.comment > clock.folded_to or intent.at > clock.since)


def after(asked: datetime, comment: Comment) -> bool:
    """Can it be an answer: said since then, and not itself what asks (`/route delivery`, and why)?"""
    asks = comment.created_at == asked and bool(command_lines(comment.body))
    return comment.created_at >= asked and not asks


def _comments(clock: Clock, snapshot: Snapshot, sides: Sides, speech: Speech) -> Iterator[_Event]:
    for comment in snapshot.comments:
        if not after(clock.asked_at, comment) or comment.minimized:
            continue
        side = sides.of(comment.author)
        if side is None:
            continue
        late = comment.id <= clock.folded_to
        if late and not _may_have_become_an_answer(comment, side, clock):
            continue
        if speech.verdict(comment.body) in MEANS:
            at = comment.edited_at if late and comment.edited_at is not None else comment.created_at
            yield _Event(at, comment.id, False, spoke=side)


def _may_have_become_an_answer(comment: Comment, side: Side, clock: Clock) -> bool:
    """Was it edited while the team had said nothing yet that counts?"""
    edited = comment.edited_at is not None and comment.edited_at > clock.since
    return edited and side == "engineering" and clock.first_response_at is None


def _after(clock: Clock, event: _Event) -> Clock:
    """The clock after one event."""
    if event.at < clock.since:
        return clock
    if event.spoke == "engineering" and clock.first_response_at is None:
        clock = replace(clock, first_response_at=event.at)
    turn = event.to or ("support" if event.spoke == "engineering" else "engineering")
    if turn == clock.turn:
        return clock
    return replace(clock, turn=turn, since=event.at, base=event.at)
