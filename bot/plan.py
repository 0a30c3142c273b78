"""Floor 1: the smallest ordered list of actions from the snapshot to what is desired.

Order, and what a crash after each step leaves behind
1. A missing label is created alone; the next run goes on. (Crash: it exists, the command is still pending.)
2. Labels. (Their timeline events say that they are ours; the next run sees them live and adds nothing.)
3. Replies and alerts, each with its key in a hidden line. (The next run finds the key, repeats nothing.)
   So with the draft of a public issue: its comment names the command that asked for it.
4. Slack. (What was sent is on record in the database at once, in the card next; without either, Slack is told
   again.)
5. When we take over from another identity: its card is folded away, ours is shown. (The next run finds its
   card newer than ours still, and goes on. GitHub's refusal changes nothing: our card is the newer one.)
6. The card, which carries the memory: from here on the commands are done.
7. Reactions. (A missing one costs only the acknowledgement.) Then younger duplicates of the card go.
8. The public issue, when its claim was in a card before: bot/rules/publish.py.
"""

from __future__ import annotations

from dataclasses import replace

from bot.decide import Desired
from bot.memory import Memory, Seal, visible
from bot.model import (
    Action,
    AddLabels,
    CreateComment,
    DeleteComment,
    MinimizeComment,
    Plan,
    RemoveLabels,
    Snapshot,
    UnminimizeComment,
    UpdateComment,
)
from bot.recall import Recall

CARD = "card"  # the effect key of the hand-off card
FAR_BEHIND = 30  # comments; a read brings the last 50


def plan(snapshot: Snapshot, recall: Recall, desired: Desired, seal: Seal) -> Plan:
    """Compare and list what to write. Empty when the world already is as desired."""
    if desired.silence:
        return Plan()
    if desired.create:
        return Plan(desired.create)
    actions: list[Action] = []
    problems: tuple[str, ...] = ()
    if desired.labels is not None:
        if desired.labels.remove:
            actions.append(RemoveLabels(desired.labels.remove))
        if desired.labels.add:
            actions.append(AddLabels(desired.labels.add))
        problems = tuple(f"label missing in the repository: {name}" for name in desired.labels.absent)
    if desired.assign is not None:
        actions.append(desired.assign)
    actions.extend(desired.comments)
    actions.extend(desired.draft)
    ahead = len(actions)
    actions.extend(_supersede(recall))
    actions.extend(_card(snapshot, recall, desired, seal))
    actions.extend(desired.reactions)
    actions.extend(DeleteComment(extra.id, extra.node_id) for extra in recall.extra)
    return Plan(tuple(actions), desired.look_again, problems, ahead, desired.tell, desired.publish)


def _far_behind(snapshot: Snapshot, live: Memory, desired: Memory) -> bool:
    """Do so many settled comments lie behind the card's floor that each read would soon take another page?"""
    old, new = live.floor, desired.floor
    settled = [
        c for c in snapshot.comments if new and c.created_at <= new and (not old or c.created_at > old)
    ]
    return len(settled) >= FAR_BEHIND


def _supersede(recall: Recall) -> list[Action]:
    """Leave people one card to see when the writer changed; afterwards what they fold or show stays so."""
    if not recall.superseded:
        return []
    actions: list[Action] = [MinimizeComment(c.id, c.node_id) for c in recall.superseded if not c.minimized]
    if recall.card is not None and recall.card.minimized:
        actions.append(UnminimizeComment(recall.card.id, recall.card.node_id))
    return actions


def _card(snapshot: Snapshot, recall: Recall, desired: Desired, seal: Seal) -> tuple[Action, ...]:
    """Create or edit the one living card; nothing when neither words nor memory would change."""
    if not desired.card:
        return ()
    repo_id, issue_id = snapshot.repository.id, snapshot.issue.id
    card = recall.card
    if card is not None:
        live = seal.read(card.body, repo_id, issue_id)
        same_words = visible(card.body) == visible(desired.card)
        if same_words and live is not None and live[0].same_content(desired.memory):
            signed = "valid" if seal.key else "plain"
            # With duplicates about, the mirror may name one that goes: the write makes it name the card.
            # A predecessor's newer card is superseded by the revision that this write gives ours.
            apart = recall.extra or recall.superseded or _far_behind(snapshot, live[0], desired.memory)
            if live[1] == signed and not apart:
                return ()
    memory = replace(desired.memory, rev=recall.memory.rev + 1)
    body = f"{desired.card}\n\n{seal.mark(memory, repo_id, issue_id)}"
    if card is None:
        return (CreateComment(CARD, body),)
    return (UpdateComment(card.id, card.node_id, body),)


def describe(action: object) -> str:
    """One action in one line, without anybody's text."""
    name = type(action).__name__
    labels = getattr(action, "labels", ())
    if labels:
        return f"{name} {', '.join(getattr(label, 'name', label) for label in labels)}"
    for attribute in ("key", "name", "content", "comment_id"):
        if hasattr(action, attribute):
            return f"{name} {getattr(action, attribute)}"
    return name
