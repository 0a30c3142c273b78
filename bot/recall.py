"""Floor 1: which comment is the living hand-off card, and can its memory be trusted?

Races
- An older memory read again (lag, or somebody restoring an old revision of the comment): the database mirror
  has the higher revision and wins.
- Card deleted by a person: the mirror's memory goes into the next card.
- Two cards (a create whose answer was lost): the oldest lives, the others' memory is merged and they go.
- The writer changed (App ↔ Action): nobody can edit another identity's comment. The memory with the highest
  revision counts, whoever wrote it, and the next card we write is above it; so the moment of taking over is
  seen exactly once, in both directions, without anything to remember.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.memory import Memory, Seal, is_card
from bot.model import Actor, Comment, MirroredCard, Snapshot


@dataclass(frozen=True, slots=True)
class Recall:
    memory: Memory
    state: Literal["new", "known", "lost"]  # lost: there was a card, its memory cannot be trusted
    card: Comment | None = None
    extra: tuple[Comment, ...] = ()  # younger cards of ours, to be deleted
    superseded: tuple[Comment, ...] = ()  # predecessors' cards that we take over from now: newer than ours


def recall(snapshot: Snapshot, seal: Seal, predecessors: Sequence[Actor] = ()) -> Recall:
    """Find the living card and its memory. Pure; see the module's races."""
    cards = [c for c in snapshot.comments if is_card(c.body) and c.author is not None]
    mine = [c for c in cards if snapshot.viewer.same_as(c.author)]
    if snapshot.mirror is not None and not any(c.id == snapshot.mirror.comment_id for c in mine):
        # A person cut the marker out of our comment: the mirror still knows which comment it is.
        cut = [c for c in snapshot.comments if c.id == snapshot.mirror.comment_id]
        mine = sorted(mine + [c for c in cut if snapshot.viewer.same_as(c.author)], key=lambda c: c.id)
    theirs = [c for c in cards if any(actor.same_as(c.author) for actor in predecessors)]
    theirs = [c for c in theirs if not snapshot.viewer.same_as(c.author)]

    ours = [m for c in mine if (m := _trusted(c, snapshot, seal)) is not None]
    mirrored = _mirrored(snapshot.mirror, snapshot, seal)
    if mirrored is not None:
        ours.append(mirrored)
    before = [(c, _trusted(c, snapshot, seal)) for c in theirs]
    newest = max((m.rev for m in ours), default=-1)
    superseded = tuple(c for c, m in before if not mine or (m is not None and m.rev > newest))
    trusted = ours + [m for _, m in before if m is not None]
    if not mine and not theirs and not trusted:
        return Recall(Memory(), "new")
    return Recall(
        _merge(trusted) if trusted else Memory(held=True),
        "known" if trusted else "lost",
        mine[0] if mine else None,
        tuple(mine[1:]),
        superseded,
    )


def _trusted(comment: Comment, snapshot: Snapshot, seal: Seal) -> Memory | None:
    read = seal.read(comment.body, snapshot.repository.id, snapshot.issue.id)
    if read is None:
        return None
    memory, signature = read
    if signature == "valid":
        return memory
    # Unsigned (written before a key was configured, or without one): nobody else may have touched it.
    untouched = comment.editor is None or comment.editor.same_as(comment.author)
    return memory if signature == "plain" and untouched else None


def _mirrored(mirror: MirroredCard | None, snapshot: Snapshot, seal: Seal) -> Memory | None:
    if mirror is None:
        return None
    read = seal.read(mirror.marker, snapshot.repository.id, snapshot.issue.id)
    return None if read is None else read[0]  # our own database: trusted even after a change of keys


def _merge(memories: Iterable[Memory]) -> Memory:
    """The newest revision counts; what is done anywhere is done."""
    ordered = sorted(memories, key=lambda m: m.rev)
    newest = ordered[-1]
    done = tuple(sorted({i for m in ordered for i in m.done}))
    effects = {key: at for m in ordered for key, at in m.effects.items()}
    applied = frozenset(id_ for m in ordered for id_ in m.applied)
    told = newest.told or max((m.told for m in ordered), key=len)
    return replace(newest, done=done, effects=effects, applied=applied, told=told)
