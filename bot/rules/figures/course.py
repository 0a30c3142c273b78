"""Floor 1: the course of one request: when a team was asked, when it answered, whose turn it was. Pure.

The rules are those of the clock (`bot.rules.turns`): comments that mean something give the turn to the other
side, `/waiting` is the last word at its time, a closed issue's clock stands still. The clock in the memory
knows only the newest turn; here the whole course is folded from what stands on the issue. Where the memory
knows better (it saw who was on a list then, and texts before they were edited), it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from bot.commands import parse
from bot.markdown import command_lines
from bot.memory import Clock, Side
from bot.model import Snapshot
from bot.policy.durations import duration
from bot.policy.schema import Policy
from bot.rules.durations import Calendar
from bot.rules.figures.facts import Ask, Wait
from bot.rules.rulebook import Rulebook
from bot.rules.speech import MEANS
from bot.rules.turns import Sides, after

REFUSED = "CONFUSED"  # our reaction on a command that was not run


@dataclass(frozen=True, slots=True)
class Said:
    """A command that stands in a comment and was not refused."""

    at: datetime
    name: str
    value: str


def commands(snapshot: Snapshot, policy: Policy) -> tuple[Said, ...]:
    """The commands of people, oldest first."""
    found = []
    for comment in snapshot.comments:
        person = comment.author is not None and not comment.author.is_bot
        if not person or comment.minimized or comment.edited_at or REFUSED in comment.own_reactions:
            continue
        if "/" in comment.body:
            calls = (parse(line.text, policy) for line in command_lines(comment.body))
            found += [
                Said(comment.created_at, call.spec.name, call.value)
                for call in calls
                if call is not None and call.spec is not None and call.refusal is None
            ]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Spell:
    """The time with one team, from when it could answer. `until`: with another one, or with nobody."""

    team: str
    asked_at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Event:
    """One thing that happened. Exactly one of the last four says what."""

    at: datetime
    spoke: Side | None = None
    by: str = ""  # login, of who spoke
    to: Side | None = None
    closed: bool = False
    reopened: bool = False


@dataclass(slots=True)
class _Course:
    """The fold, as it goes on."""

    ask: Ask
    turn: Side
    since: datetime
    waits: list[Wait]
    running: bool = True

    def take(self, event: _Event) -> None:
        """Go on with the next event."""
        if event.closed and self.running:
            self._end(event.at)
        elif event.reopened and not self.running:
            self.running, self.since = True, event.at
        if not self.running:
            return
        if event.spoke == "engineering" and self.ask.answered_at is None:
            self.ask = replace(self.ask, answered_at=event.at, answered_by=event.by)
        to: Side | None = event.to
        if event.spoke is not None:
            to = "support" if event.spoke == "engineering" else "engineering"
        if to is not None and to != self.turn:
            self.waits.append(Wait(self.turn, self.since, event.at))
            self.turn, self.since = to, event.at

    def _end(self, at: datetime) -> None:
        self.waits.append(Wait(self.turn, self.since, at))
        self.running = False

    def finish(self, until: datetime | None) -> None:
        """The spell's end; None: it goes on."""
        if until is not None and self.running:
            self._end(until)
        elif self.running:
            self.waits.append(Wait(self.turn, self.since))
        if self.ask.answered_at is None and not self.running:
            self.ask = replace(self.ask, ended_at=self.waits[-1].until)


def fold(
    spell: Spell,
    snapshot: Snapshot,
    said: Sequence[Said],
    book: Rulebook,
    priority: str,
    owner: str,
    clock: Clock | None,
) -> tuple[Ask, tuple[Wait, ...]]:
    """What became of one spell. `clock`: the memory's, when it is of this spell."""
    target = book.policy.clocks.priorities.get(priority)
    calendar = book.calendars.team(spell.team)
    due = calendar.add(spell.asked_at, duration(target.response)) if target is not None else None
    course = _Course(Ask(spell.team, priority, spell.asked_at, due), "engineering", spell.asked_at, [])
    sides = Sides(snapshot, spell.team, owner)
    for event in sorted(_events(spell, snapshot, said, sides, book), key=attrgetter("at")):
        course.take(event)
    course.finish(spell.until)
    ask, waits = course.ask, course.waits
    if clock is not None:
        ask, waits = _as_remembered(ask, waits, clock, course.running)
    return _measured(ask, calendar), tuple(_timed(wait, calendar, book) for wait in waits)


def _events(
    spell: Spell, snapshot: Snapshot, said: Iterable[Said], sides: Sides, book: Rulebook
) -> Iterator[_Event]:
    def within(at: datetime) -> bool:
        return spell.asked_at <= at and (spell.until is None or at < spell.until)

    for comment in snapshot.comments:
        if comment.minimized or not (within(comment.created_at) and after(spell.asked_at, comment)):
            continue
        side = sides.of(comment.author)
        if side is not None and book.speech.verdict(comment.body) in MEANS:
            login = comment.author.login if comment.author is not None else ""
            yield _Event(comment.created_at, spoke=side, by=login)
    for one in said:
        if one.name == "waiting" and within(one.at):
            yield _Event(one.at, to=one.value)  # type: ignore[arg-type]  # the table allows the three sides
    for change in snapshot.state_events:
        if within(change.at):
            yield _Event(change.at, closed=change.closed, reopened=not change.closed)


def _as_remembered(ask: Ask, waits: list[Wait], clock: Clock, running: bool) -> tuple[Ask, list[Wait]]:
    """With the memory's first answer, and its turn where the clock runs."""
    if clock.first_response_at is not None and clock.first_response_at != ask.answered_at:
        ask = replace(ask, answered_at=clock.first_response_at, answered_by=None, ended_at=None)
    now = waits[-1]
    if running and (now.side, now.since) != (clock.turn, clock.since) and clock.since >= ask.asked_at:
        before = [wait for wait in waits if wait.since < clock.since]
        if before:
            before[-1] = replace(before[-1], until=clock.since)
        waits = [*before, Wait(clock.turn, clock.since)]
    return ask, waits


def _measured(ask: Ask, calendar: Calendar) -> Ask:
    end = ask.answered_at or ask.ended_at
    if end is None:
        return ask
    return replace(ask, seconds=calendar.business(ask.asked_at, end).total_seconds())


def _timed(wait: Wait, team: Calendar, book: Rulebook) -> Wait:
    """With its business seconds, once it has ended."""
    if wait.until is None:
        return wait
    calendar = {"engineering": team, "support": book.calendars.support(), "customer": Calendar()}[wait.side]
    return replace(wait, seconds=calendar.business(wait.since, wait.until).total_seconds())
