"""Floor 1: the docs loop: on close the owner is asked once what it takes to answer the next such case alone.

"Most questions ... will likely lead to a doc update", and whether it happens is to be seen in the issue
(Engaging other teams, reason 5). The answers are intents of the memory without words: links, reasons and the
resolution stay in the comments that gave them.
"""

from __future__ import annotations

from typing import Literal

from bot import words_closing as words
from bot.markdown import command_lines, links, read
from bot.memory import Memory
from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.rules.text import phrase

ASKED = "docs:asked"  # the effect: the question was asked
DOCS, RESOLVED = "docs", "resolved"  # slots of the intents
Answer = Literal["updated", "issue", "none"]
"""How the docs fared: changed, an issue was filed for them, nothing to write down."""


def answered(text: str) -> Answer | None:
    """What `/docs` was given: ``updated URL``, ``issue URL`` or ``none REASON``; None: not that."""
    word, _, rest = text.strip().partition(" ")
    match word.casefold():
        case "updated" if links(rest):
            return "updated"
        case "issue" if links(rest):
            return "issue"
        case "none" if any(map(str.isalnum, rest)):
            return "none"
    return None


def question(snapshot: Snapshot, memory: Memory, before: Memory, policy: Policy, owner: str) -> str:
    """What to ask with the close; empty: nothing. `before`: the memory on record; `owner`: a login."""
    closing_now = memory.closed and not before.closed
    if not (policy.closing.ask and closing_now and memory.handed is not None and not memory.held):
        return ""
    docs = DOCS not in memory.intents
    resolution = RESOLVED not in memory.intents and not resolved(snapshot, policy)
    return words.question(policy, owner, docs=docs, resolution=resolution) if docs or resolution else ""


def resolved(snapshot: Snapshot, policy: Policy) -> bool:
    """Does one of people's last comments say how it was resolved, in the policy's words?"""
    said = [c for c in snapshot.comments if c.author is not None and not c.author.is_bot and not c.minimized]
    wanted = [phrase(text) for text in policy.closing.resolution]
    return any(_says(comment.body, wanted) for comment in said[-policy.closing.last :])


def _says(body: str, wanted: list[tuple[str, ...]]) -> bool:
    """Is one of the phrases among the writer's own words: no quote, code or command?"""
    commands = {line.line for line in command_lines(body)}
    lines = (line for line in read(body).lines if line.kind not in {"quote", "html", "fence", "code"})
    said = " ".join(phrase("\n".join(line.text for line in lines if line.number not in commands)))
    padded = f" {said} "
    return any(f" {' '.join(parts)} " in padded for parts in wanted if parts)
