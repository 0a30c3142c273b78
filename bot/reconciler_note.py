"""Floor 2: what is kept of a run, for `explain` and the log: kinds of actions and reasons, never text."""

from __future__ import annotations

import json
from dataclasses import dataclass

import structlog

from bot.decide import Desired
from bot.model import IssueKey, MirroredCard, Plan, Snapshot
from bot.plan import describe
from bot.rules.rulebook import Rulebook
from bot.store import Store
from bot.store_standing import Standings


@dataclass(frozen=True, slots=True)
class Run:
    """`memory`: the state of what was recalled. `written`: were the actions meant to be written?"""

    key: IssueKey
    memory: str
    written: bool
    lagging: bool


def look(snapshot: Snapshot, desired: Desired, planned: Plan, book: Rulebook) -> tuple[Rulebook, int] | None:
    """What a look saw, to compare; None: it leads to writes. One that saw what the one before did is not kept
    again: most events change nothing, and the rows of a run cost more than the rest of it."""
    if planned:
        return None
    seen = (snapshot.issue, snapshot.comments, snapshot.label_events)
    return book, hash((seen, desired.standing, desired.silence, planned.problems))


async def stand(store: Store, key: IssueKey, desired: Desired) -> None:
    """Keep where it stands, for the lists in Slack; a run that only creates a label does not know yet."""
    if not desired.create:
        await Standings(store.db).save(key, desired.standing)


async def keep(store: Store, run: Run, desired: Desired, planned: Plan) -> None:
    """Keep it in the database, and in one line of the log."""
    actions = (*planned.actions, *planned.tell, *((planned.publish,) if planned.publish else ()))
    note = {
        "memory": run.memory,
        "silence": desired.silence,
        "facts": dict(desired.facts),
        "actions": [describe(action) for action in actions],
        "problems": list(planned.problems),
        "written": run.written,
    }
    await store.save_plan(run.key, json.dumps(note))
    await stand(store, run.key, desired)
    structlog.get_logger("reconcile").info(
        "planned",
        issue=str(run.key),
        silence=desired.silence,
        actions=[type(action).__name__ for action in actions],
        lagging=run.lagging,
    )


def unseen(mirror: MirroredCard, snapshot: Snapshot) -> bool:
    """Does a read not show the card that was written?"""
    return all(comment.id != mirror.comment_id for comment in snapshot.comments)
