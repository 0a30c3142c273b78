"""Floor 2: the facts of an issue as a run leaves it. The run has read the issue: this costs no call."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.decide import Desired
from bot.model import Action, IssueKey, Snapshot
from bot.recall import Recall
from bot.rules.figures.derive import facts_of, worth_keeping
from bot.rules.figures.facts import Facts
from bot.rules.figures.foreseen import after
from bot.rules.rulebook import Rulebook
from bot.store import Store
from bot.store_figures import FigureStore


async def save(store: FigureStore, facts: Facts) -> None:
    """Keep facts that count somewhere, forget those that do not any more."""
    if worth_keeping(facts):
        await store.save([facts])
    else:
        await store.forget([facts.key])


async def note(
    store: Store,
    key: IssueKey,
    snapshot: Snapshot,
    found: Recall,
    desired: Desired,
    written: Sequence[Action],
    book: Rulebook,
    now: datetime,
) -> None:
    """Keep the facts of an issue as a run leaves it. Never fails the run: figures hold up no hand-off."""
    try:
        snapshot = after(snapshot, written, now)
        state = "known" if found.state == "new" and desired.card else found.state
        found = replace(found, memory=desired.memory, state=state)
        known = FigureStore(store.db, store.value_key)
        await save(known, facts_of(snapshot, found, book, await known.get(key), key, now))
    except Exception as error:  # noqa: BLE001  # a bug here is told by its place alone, as messages may quote
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        structlog.get_logger("figures").error(
            "not kept", issue=str(key), error=type(error).__name__, at=where
        )
