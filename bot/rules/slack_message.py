"""Floor 1: Slack messages from tellings: Block Kit, within its limits, everybody's words escaped. Pure.

What holds
- Words of people are plain text: ``&``, ``<`` and ``>`` are entities, so that nothing pings or links
  (https://docs.slack.dev/messaging/formatting-message-text), and formatting marks do nothing.
- Only what the caller passes as `need` and `timeline` is shown of the issue; neither its title nor its body.
- Every block keeps Slack's limits (https://docs.slack.dev/reference/block-kit/blocks), whatever the texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.markdown import clean
from bot.told import Note, Telling

SHORT = 280  # characters of an answer: escaped (``&`` takes five), two of them fit into one block
MAX_OPTIONS = 100
MAX_OPTION_TEXT = 75
Block = dict[str, Any]

TAKE, REROUTE, NEED_INFO, SNOOZE = "rfh:take", "rfh:route", "rfh:need-info", "rfh:snooze"
BLOCK = "rfh:"  # block ids start with it, the issue follows
_MARKS = str.maketrans({"*": "∗", "_": "\u200b_", "~": "\u200b~", "`": "ˋ"})
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Message:
    """As Slack takes it: `text` is what notifications and screen readers get."""

    text: str
    blocks: tuple[Block, ...]


def escaped(text: str, limit: int = SHORT) -> str:
    """Somebody's words on one line that stay words: no mention, no link, no formatting.

    Slack links bare addresses and ``@here`` only as control sequences, which entities end.
    """
    return clean(text, limit).translate(_MARKS).translate(_ENTITIES)


def label(text: str, limit: int = MAX_OPTION_TEXT) -> Block:
    """A plain text object."""
    return {"type": "plain_text", "text": clean(text, limit) or "–", "emoji": False}


def hand_off(telling: Telling, need: str, timeline: str) -> Message:
    """The hand-off message. `need` and `timeline`: the words that may be shown; empty ones are replaced."""
    name = escaped(telling.issue)
    link = f"<{telling.url}|{name}>" if telling.url else name
    first = _headline(telling, link)
    blocks: list[Block] = [section(first)]
    if telling.status == "open":
        asked = f"*Need:* {escaped(need)}" if need else f"{_about(telling)}; details are in the issue."
        lines = [asked]
        if timeline:
            lines.append(f"*Timeline:* {escaped(timeline)}")
        blocks.append(section("\n".join(lines)))
        first = f"{first}\n{asked}"
    facts = _facts(telling)
    if facts:
        blocks.append({"type": "context", "elements": [_mrkdwn(" · ".join(facts))]})
    if telling.status == "open" and telling.teams:
        blocks.append(_buttons(telling))
    return Message(first, tuple(blocks))


def note(content: Note) -> Message:
    """A message in our own words, with whom it calls."""
    text = f"{content.mention} {content.text}".strip()
    return Message(text, (section(text),))


def _headline(telling: Telling, link: str) -> str:
    who = f"{telling.mention} " if telling.mention else ""
    return {
        "open": f"{who}*Request for help* {link}",
        "closed": f"☑️ *Closed* {link}",
        "moved": f"➡️ *Moved to {_elsewhere(telling)}* {link}",
        "gone": f"⏹️ *Deleted, or moved to another repository:* {link}",
        "withdrawn": f"↩️ *Not for this team any more* {link}",
    }[telling.status]


def _elsewhere(telling: Telling) -> str:
    name = escaped(telling.moved_to)
    return f"<{telling.moved_link}|{name}>" if telling.moved_link else name


def _about(telling: Telling) -> str:
    return f"A question about {escaped(telling.area)}" if telling.area else "A question for this team"


def _facts(telling: Telling) -> list[str]:
    public = f"published as <{telling.public_url}|{escaped(telling.public)}>" if telling.public else ""
    if telling.status != "open":
        return [public] if public else []
    facts = [telling.priority, telling.customer]
    if telling.due is not None:
        facts.append(f"answer due {moment(telling.due)}")
    if telling.turn:
        facts.append(f"waiting for {telling.turn}")
    if telling.taken:
        facts.append(f"taken by {telling.taken}")
    return [*(escaped(fact) for fact in facts if fact), *([public] if public else [])]


def moment(at: datetime) -> str:
    """Absolute, as on the card: a message that counts down would have to be changed all the time."""
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _buttons(telling: Telling) -> Block:
    elements: list[Block] = [
        {"type": "button", "action_id": TAKE, "text": label("Take")},
        {
            "type": "static_select",
            "action_id": REROUTE,
            "placeholder": label("Re-route to …"),
            "options": [
                {"text": label(name), "value": id_[:MAX_OPTION_TEXT]}
                for id_, name in telling.teams[:MAX_OPTIONS]
            ],
        },
        {"type": "button", "action_id": NEED_INFO, "text": label("Need info")},
    ]
    if telling.snooze:
        elements.append({"type": "button", "action_id": SNOOZE, "text": label("Snooze 1 day")})
    return {"type": "actions", "block_id": f"{BLOCK}{telling.issue}", "elements": elements}


def need_info_form(issue: str) -> Block:
    """The modal that asks what engineering needs to know; its text becomes a comment."""
    return {
        "type": "modal",
        "callback_id": NEED_INFO,
        "private_metadata": issue,
        "title": label("Ask for information", 24),
        "submit": label("Comment", 24),
        "close": label("Cancel", 24),
        "blocks": [
            {
                "type": "input",
                "block_id": "question",
                "label": label("What do you need to know? It becomes a comment on the issue."),
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "multiline": True,
                    "max_length": 3000,
                },
            }
        ],
    }


def section(text: str) -> Block:
    """A section of mrkdwn."""
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack itself adds no links and no mentions to what stands there.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
