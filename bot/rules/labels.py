"""Labels that never fight people (invariant 2).

What counts is each label's newest event on the timeline: ours or a person's. The memory's `applied` stands in
for events that the read did not reach. A label with no event at all was there at filing: a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.memory import Memory
from bot.model import Actor, Label, LabelEvent, Snapshot


@dataclass(frozen=True, slots=True)
class Wanted:
    """A label that should be there. `asked_at`: when a person asked for it by command, which is newer than an
    older removal by hand; None for the bot's own conclusions."""

    name: str
    reason: str
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LabelHistory:
    """Who put which label there, as far as the snapshot and the memory tell."""

    snapshot: Snapshot
    newest: Mapping[str, LabelEvent]  # label id → its newest event
    applied: frozenset[str]  # label ids: added by us, and since then touched by nobody else
    taken: Mapping[str, datetime]  # label id → when a person took off what we had added
    identities: tuple[Actor, ...]

    @classmethod
    def of(cls, snapshot: Snapshot, memory: Memory, predecessors: Sequence[Actor] = ()) -> LabelHistory:
        """Fold the timeline; what a predecessor (App or Action before us) did counts as ours."""
        us = (snapshot.viewer, *predecessors)
        newest: dict[str, LabelEvent] = {}
        applied = set[str]() if snapshot.label_events_complete else set(memory.applied)
        taken: dict[str, datetime] = {}
        for event in snapshot.label_events:
            id_ = event.label.id
            newest[id_] = event
            by_us = any(actor.same_as(event.actor) for actor in us)
            taken.pop(id_, None)
            if event.added and by_us:
                applied.add(id_)
            elif id_ in applied:
                applied.discard(id_)
                if not event.added and not by_us:
                    taken[id_] = event.at
        return cls(snapshot, newest, frozenset(applied), taken, us)

    def is_ours(self, label: Label) -> bool:
        return label.id in self.applied

    def people(self) -> tuple[Label, ...]:
        """Live labels that people set."""
        return tuple(label for label in self.snapshot.issue.labels if not self.is_ours(label))

    def set_at(self, label: Label) -> datetime:
        """When a live label was set: its newest event, else the filing."""
        event = self.newest.get(label.id)
        return event.at if event is not None and event.added else self.snapshot.issue.created_at

    def removed_by_person_at(self, label: Label) -> datetime | None:
        """When a person took the label off, if that is the newest thing known about it."""
        event = self.newest.get(label.id)
        if event is not None:
            by_us = any(actor.same_as(event.actor) for actor in self.identities)
            return None if event.added or by_us else event.at
        live = any(own.id == label.id for own in self.snapshot.issue.labels)
        if label.id in self.applied and not live:
            # We added it, it is gone, and the event is beyond the read: it happened before what was read.
            return self.snapshot.label_events[0].at if self.snapshot.label_events else None
        return None


@dataclass(frozen=True, slots=True)
class LabelChange:
    add: tuple[Label, ...]
    remove: tuple[Label, ...]
    applied: frozenset[str]  # what the memory should remember afterwards
    absent: tuple[str, ...]  # wanted, but not in the repository: a policy error, never created

    def has(self, name: str, live: Iterable[Label]) -> bool:
        """Is a label on once this is done?"""
        gone = {label.id for label in self.remove}
        return any(label.folded == name.casefold() for label in (*live, *self.add) if label.id not in gone)


def change(history: LabelHistory, wanted: Iterable[Wanted], keep: Iterable[str] = ()) -> LabelChange:
    """add = (wanted − taken off by people) − live;  remove = (ours − wanted) ∩ live, but for `keep` names."""
    snapshot = history.snapshot
    live = {label.id: label for label in snapshot.issue.labels}
    want = {w.name.casefold(): w for w in wanted}
    kept = {name.casefold() for name in keep}
    add, absent = [], []
    for name, wish in want.items():
        label = snapshot.catalogue.find(name)
        if label is None:
            if not snapshot.has_label(name):
                absent.append(wish.name)
            continue
        if label.id in live:
            continue
        removed = history.removed_by_person_at(label)
        if removed is not None and (wish.asked_at is None or wish.asked_at <= removed):
            continue
        add.append(label)
    remove = [
        label
        for id_, label in live.items()
        if id_ in history.applied and label.folded not in want and label.folded not in kept
    ]
    gone = {label.id for label in remove}
    applied = {id_ for id_ in history.applied if id_ in live and id_ not in gone}
    applied |= {label.id for label in add}
    return LabelChange(tuple(add), tuple(remove), frozenset(applied), tuple(absent))
