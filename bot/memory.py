"""Floor 0: the memory of one issue, kept in a hidden marker of its hand-off card.

Guarantees
- Everything a later run must know and cannot see on GitHub is here; losing the database loses nothing.
- No words of people: ids, policy ids, logins and times. At most 8 KB; lists are bounded.
- Signed when a key is configured (HMAC-SHA256 over repository id, issue id, revision and content), so that an
  edit of the visible card by a person is harmless and an edit of the marker is noticed. Without a key the
  comment's author and last editor must be us.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from bot import publication
from bot.told import Told

VERSION = 1
MAX_BYTES = 8 * 1024  # of a marker
MAX_PAYLOAD = MAX_BYTES - 128  # the rest of the marker has a fixed length
MAX_DONE = 200
MAX_UNDO = 10
MAX_EFFECTS = 100
_MARKER = re.compile(r"<!-- rfh-bot:card v1 ([A-Za-z0-9_-]{1,12000})\.([A-Za-z0-9_-]{0,64}) -->")
_OURS = re.compile(r"<!--\s*rfh-bot:", re.IGNORECASE)
REPLY = "reply:"  # what the effect keys of replies to a comment start with
_EFFECT = re.compile(r"<!-- rfh-bot:effect ([a-z0-9:._-]{1,100}) -->")


@dataclass(frozen=True, slots=True)
class Intent:
    """A person's lasting wish, made by a command. `value` is a policy id, a label id or a login."""

    value: str
    by: str
    at: datetime
    comment: int


@dataclass(frozen=True, slots=True)
class Undo:
    """What `/undo` would bring back: the intent that stood in `slot` before `comment`'s command."""

    command: str
    slot: str
    before: Intent | None
    comment: int


@dataclass(frozen=True, slots=True)
class Handed:
    """When the issue was handed to engineering, and by what: complete | command | urgent."""

    at: datetime
    how: str
    team: str


Side = Literal["engineering", "support", "customer"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose turn it is (bot/rules/turns.py), as far as comments were folded."""

    asked_at: datetime  # when engineering was asked
    turn: Side
    since: datetime  # when the turn came to that side
    base: datetime  # what reminders count from: `since`, or later (another priority, opened again)
    priority: str  # the one whose levels count
    first_response_at: datetime | None = None  # the team's first answer that means something
    folded_to: int = 0  # id of the newest comment that is in here


@dataclass(frozen=True, slots=True)
class Memory:
    rev: int = 0
    floor: datetime | None = None  # no comment at or before this is a pending command
    done: tuple[int, ...] = ()  # comment ids whose commands were run, newest last
    applied: frozenset[str] = frozenset()  # ids of labels this bot added; a customer's name is in no marker
    intents: Mapping[str, Intent] = field(
        default_factory=dict
    )  # team, kind, priority, customer, owner, handoff, snooze, waiting, emergency
    undo: tuple[Undo, ...] = ()
    effects: Mapping[str, datetime] = field(default_factory=dict)  # irreversible effects that happened
    handed: Handed | None = None
    clock: Clock | None = None
    told: tuple[Told, ...] = ()  # hand-off messages in Slack, newest last
    publication: publication.Publication = publication.NOTHING
    held: bool = False  # the memory was lost: irreversible effects wait for /resume
    closed: bool = False  # the card already says so

    def same_content(self, other: Memory) -> bool:
        """Would writing `other` over this one tell a later run anything new? A moving floor would not, nor
        what is dropped because it is settled, nor comments folded into the same clock."""
        mine = replace(self, rev=0, floor=None, done=(), effects={}, clock=_unfolded(self.clock))
        theirs = replace(other, rev=0, floor=None, done=(), effects={}, clock=_unfolded(other.clock))
        return (
            mine == theirs
            and set(other.done) <= set(self.done)
            and other.effects.items() <= self.effects.items()
        )

    def with_intent(self, slot: str, intent: Intent | None) -> Memory:
        intents = {name: value for name, value in self.intents.items() if name != slot}
        if intent is not None:
            intents[slot] = intent
        return replace(self, intents=intents)

    def bounded(self, settled: datetime) -> Memory:
        """Drop what can no longer matter, so that the marker fits; `settled`: comments at or before it are.

        A reply made by then answers a settled comment. Should all the rest still be too much, the oldest
        goes first: an issue must not die of its memory. What is too much even so is refused by `mark`.
        """
        floor = settled if self.floor is None else max(self.floor, settled)
        effects = [(key, at) for key, at in self.effects.items() if at > floor or not key.startswith(REPLY)]
        effects.sort(key=lambda item: item[1])
        memory = replace(
            self,
            floor=floor,
            done=self.done[-MAX_DONE:],
            undo=self.undo[-MAX_UNDO:],
            effects=dict(effects[-MAX_EFFECTS:]),
        )
        while len(_payload(memory)) > MAX_PAYLOAD and (smaller := _halved(memory)) != memory:
            memory = smaller
        return memory


def _unfolded(clock: Clock | None) -> Clock | None:
    """A clock without how far it was folded: folding the rest again gives the same."""
    return None if clock is None else replace(clock, folded_to=0)


def _halved(memory: Memory) -> Memory:
    """The newer half of what is many: first of what a later run can best do without."""
    if len(memory.done) > 20:
        return replace(memory, done=memory.done[len(memory.done) // 2 :])
    if len(memory.effects) > 20:
        effects = sorted(memory.effects.items(), key=lambda item: item[1])
        return replace(memory, effects=dict(effects[len(effects) // 2 :]))
    if len(memory.undo) > 1:
        return replace(memory, undo=memory.undo[len(memory.undo) // 2 :])
    return replace(memory, applied=frozenset(sorted(memory.applied)[: len(memory.applied) // 2]))


# ── the marker ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs and checks markers. `key` is empty when none is configured."""

    key: bytes = field(default=b"", repr=False)

    def mark(self, memory: Memory, repo_id: int, issue_id: int) -> str:
        """The marker line for a card of this issue; raises ValueError when it would be over 8 KB."""
        payload = _payload(memory)
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"memory of {len(payload)} bytes is over {MAX_PAYLOAD}")
        return f"<!-- rfh-bot:card v1 {payload}.{self._sign(payload, repo_id, issue_id)} -->"

    def _sign(self, payload: str, repo_id: int, issue_id: int) -> str:
        if not self.key:
            return ""
        text = f"rfh-bot:v1:{repo_id}:{issue_id}:{payload}".encode()  # the revision is inside the payload
        return _b64(hmac.new(self.key, text, hashlib.sha256).digest())

    def read(
        self, text: str, repo_id: int, issue_id: int
    ) -> tuple[Memory, Literal["valid", "plain", "bad"]] | None:
        """Memory in a comment's body, and does its signature hold; None without a readable marker."""
        found = _MARKER.findall(text)
        if not found:
            return None
        payload, signature = found[-1]
        memory = _parse(payload)
        if memory is None:
            return None
        if not signature:
            return memory, "plain"
        good = bool(self.key) and hmac.compare_digest(signature, self._sign(payload, repo_id, issue_id))
        return memory, "valid" if good else "bad"


def is_card(body: str) -> bool:
    return "<!-- rfh-bot:card v1 " in body


def inert(text: str) -> str:
    """Text in which nothing is a marker of ours; people may write what looks like one."""
    return _OURS.sub("<!-- rfh-bot\u200b:", text)


def visible(body: str) -> str:
    """The part of a card that people read, in the form in which two cards are compared."""
    return _MARKER.sub("", body.replace("\r\n", "\n")).strip()


def marker_of(body: str) -> tuple[int, str]:
    """Revision and marker of a card that we wrote, for the mirror."""
    memory, markers = unsealed(body), list(_MARKER.finditer(body))
    if memory is None:
        raise ValueError("not a card of ours")
    return memory.rev, markers[-1][0]


def unsealed(marker: str) -> Memory | None:
    """The memory in a marker that is trusted already, or only to be shown."""
    found = _MARKER.findall(marker)
    return _parse(found[-1][0]) if found else None


def effect_marker(key: str) -> str:
    """Hidden line that names the effect a comment is, so that the ledger can be rebuilt from comments."""
    marker = f"<!-- rfh-bot:effect {key} -->"
    if not _EFFECT.fullmatch(marker):
        raise ValueError("effect keys are lower-case words, digits and :._-")
    return marker


def effects_in(body: str) -> tuple[str, ...]:
    return tuple(_EFFECT.findall(body))


# ── JSON ───────────────────────────────────────────────────────────────────────────────────────────


def _payload(memory: Memory) -> str:
    """The content as it stands in the marker. In UTF-8, as JSON escapes an emoji with 12 characters."""
    return _b64(json.dumps(_dump(memory), separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode())


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _stamp(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _time(stamp: Any) -> datetime:
    return datetime.fromtimestamp(int(stamp), UTC)


def _dump_intent(intent: Intent | None) -> list[Any] | None:
    return None if intent is None else [intent.value, intent.by, _stamp(intent.at), intent.comment]


def _load_intent(raw: Any) -> Intent | None:
    return None if raw is None else Intent(str(raw[0]), str(raw[1]), _time(raw[2]), int(raw[3]))


def _dump_clock(clock: Clock) -> list[Any]:
    times = [_stamp(at) for at in (clock.asked_at, clock.since, clock.base, clock.first_response_at)]
    return [clock.turn, clock.priority, clock.folded_to, *times]


def _load_clock(raw: Any) -> Clock | None:
    """None when there is none; ValueError for a turn that does not exist."""
    if raw is None:
        return None
    turn, priority, folded_to, asked_at, since, base, first = raw
    if turn not in get_args(Side):
        raise ValueError("no such turn")
    answered = None if first is None else _time(first)
    return Clock(_time(asked_at), turn, _time(since), _time(base), str(priority), answered, int(folded_to))


def _dump_told(told: Told) -> list[Any]:
    words = [told.team, told.channel, told.ts, told.shown, told.link, told.withheld, told.refused]
    return [told.number, _stamp(told.at), *words]


def _load_told(raw: Any) -> Told:
    number, at, *words = raw
    team, channel, ts, shown, link, withheld, refused = (str(word) for word in words)
    return Told(team, int(number), channel, ts, shown, _time(at), link, withheld, refused)


def _dump(memory: Memory) -> dict[str, Any]:
    dump: dict[str, Any] = {"v": VERSION, "rev": memory.rev, "floor": _stamp(memory.floor)}
    dump["done"] = list(memory.done)
    dump["applied"] = sorted(memory.applied)
    dump["intents"] = {slot: _dump_intent(intent) for slot, intent in memory.intents.items()}
    dump["undo"] = [[u.command, u.slot, _dump_intent(u.before), u.comment] for u in memory.undo]
    dump["effects"] = {key: _stamp(at) for key, at in memory.effects.items()}
    if memory.handed is not None:
        dump["handed"] = [_stamp(memory.handed.at), memory.handed.how, memory.handed.team]
    if memory.clock is not None:
        dump["clock"] = _dump_clock(memory.clock)
    dump["told"] = [_dump_told(told) for told in memory.told]
    dump["publication"] = publication.dump(memory.publication)
    dump["held"], dump["closed"] = memory.held, memory.closed
    return {key: value for key, value in dump.items() if value not in (None, [], {}, False)}


def _parse(payload: str) -> Memory | None:
    """None for anything that is not a memory of a version we know: the caller treats it as lost."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if not isinstance(raw, dict) or raw.get("v") != VERSION:
            return None
        handed = raw.get("handed")
        intents = {str(slot): _load_intent(value) for slot, value in raw.get("intents", {}).items()}
        return Memory(
            rev=int(raw.get("rev", 0)),
            floor=_time(raw["floor"]) if raw.get("floor") is not None else None,
            done=tuple(int(i) for i in raw.get("done", ())),
            applied=frozenset(str(id_) for id_ in raw.get("applied", ())),
            intents={slot: intent for slot, intent in intents.items() if intent is not None},
            undo=tuple(
                Undo(str(u[0]), str(u[1]), _load_intent(u[2]), int(u[3])) for u in raw.get("undo", ())
            ),
            effects={str(key): _time(at) for key, at in raw.get("effects", {}).items()},
            handed=Handed(_time(handed[0]), str(handed[1]), str(handed[2])) if handed else None,
            clock=_load_clock(raw.get("clock")),
            told=tuple(_load_told(told) for told in raw.get("told", ())),
            publication=publication.load(raw.get("publication")),
            held=bool(raw.get("held", False)),
            closed=bool(raw.get("closed", False)),
        )
    except (
        binascii.Error,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
        OSError,
    ):
        return None
    except RecursionError:
        return None
