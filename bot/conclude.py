"""Floor 2: decide about a snapshot, with the lists of people that the decision asks for.

Which lists are needed is known beforehand, except in the run that hands an issue over: then `decide` says so
(`Desired.asks`) and is asked once more. Deciding is pure, so that this costs nothing but time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.decide import Desired, decide
from bot.github.roster import Rosters
from bot.model import IssueKey, Snapshot
from bot.recall import Recall
from bot.rules import clockwork
from bot.rules.rulebook import Rulebook


async def conclude(
    rosters: Rosters,
    key: IssueKey,
    snapshot: Snapshot,
    found: Recall,
    book: Rulebook,
    now: Callable[[], datetime],
) -> tuple[Snapshot, Desired]:
    """What should hold, and the snapshot with the lists it rests on. Raises Transient."""
    asks = sides = clockwork.sides_of(found.memory, book.policy)
    while True:
        if asks:
            sides = tuple(dict.fromkeys((*sides, *asks)))
            roster = await rosters.of(key.owner, key.repo, book.policy, sides)
            snapshot = replace(snapshot, roster=roster)
        desired = decide(snapshot, found, book, now())
        asks = desired.asks
        if not asks:
            return snapshot, desired
