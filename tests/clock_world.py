"""The world of `harness.py` with people on lists, and its clock turned to a moment. For tests of clocks."""

from __future__ import annotations

from datetime import datetime

from harness import World
from issues import COMPLETE, complete

from bot.memory import Clock, effects_in, unsealed
from bot.sandbox.records import Comment, Issue

LIVED = 180.0  # seconds before a moment that are not leapt over
TITLE = "zoekt-indexserver runs out of memory on a monorepo"
ERIN_IN_SEARCH = """\
teams:
  search-core: {members: [erin]}
support: {members: [sam, max], management: [max]}
"""
ONE_OFFICE = (
    ERIN_IN_SEARCH
    + """\
clocks:
  offices:
    americas: null
    europe: {timezone: Europe/London}
"""
)


async def filed(w: World, policy: str = ONE_OFFICE, **answers: str) -> Issue:
    """A request for help, handed over to Search Core, whose engineer is erin."""
    w.github.world.put_file(w.repo, ".github/rfh-bot.yml", policy, "max")
    await w.settle()
    issue = w.file(TITLE, complete(**answers) if answers else COMPLETE)
    await w.settle(5)
    assert "Handed to Search Core" in w.card(issue)
    return issue


async def until(w: World, text: str) -> None:
    """Let virtual time pass until ``2026-11-18 15:00`` (UTC): leap to some minutes before, then live them."""
    at = datetime.fromisoformat(f"{text}+00:00")
    left = (at - w.now()).total_seconds()
    assert left > 0
    if left > 2 * LIVED:
        w.leap(left - LIVED)
    await w.settle((at - w.now()).total_seconds())


def reminders(w: World, issue: Issue) -> list[tuple[str, str]]:
    """(level, when) of each reminder on the issue: ``("p2:1", "2026-11-18 15:00")``."""
    found = []
    for comment in w.comments(issue):
        for key in effects_in(comment.body):
            if key.startswith("remind:"):
                level = key.removeprefix("remind:").rpartition(":")[0]
                found.append((level, comment.created_at.strftime("%Y-%m-%d %H:%M")))
    return found


def last(w: World, issue: Issue) -> Comment:
    """The newest reminder."""
    return [c for c in w.comments(issue) if any(k.startswith("remind:") for k in effects_in(c.body))][-1]


def turn(w: World, issue: Issue) -> str:
    """The card's row."""
    rows = [line for line in w.card(issue).splitlines() if line.startswith("| **Turn** |")]
    return rows[0].removeprefix("| **Turn** | ").removesuffix(" |") if rows else ""


def clock(w: World, issue: Issue) -> Clock:
    (card,) = w.cards(issue)
    memory = unsealed(card.body)
    assert memory is not None
    assert memory.clock is not None
    return memory.clock
