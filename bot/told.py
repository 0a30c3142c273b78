"""Floor 0: what stands in Slack about one issue, and what should.

A `Telling` is all that a message shows, before other people's words in it were redacted; `Told` is the record
of a message in the issue's memory: ids, a digest and times, no words. Slack's ids and error codes only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ROUTED = "slack:routed:"  # what the keys of hand-off messages start with: slack:routed:TEAM:NUMBER
REFUSED = ":refused"  # what is added to the key of an effect that was refused for good
_CODE = re.compile(r"\A[a-z0-9_-]{1,60}\Z")

Status = Literal["open", "closed", "moved", "withdrawn", "gone"]
Withheld = Literal["", "no-extra", "scanner", "nothing-left"]
"""Why words of the issue are not in a message: the extra is missing, it failed, or all of it was private."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What exists in Slack, by name without ``#`` or ``@``. `url` ends with a slash."""

    url: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)  # name → id
    groups: Mapping[str, str] = field(default_factory=dict)  # handle of a user group → id
    buttons: bool = False  # somebody listens when they are pressed

    def link(self, channel: str, ts: str) -> str:
        """A message's permalink, as Slack makes them."""
        return f"{self.url}archives/{channel}/p{ts.replace('.', '')}" if self.url else ""


@dataclass(frozen=True, slots=True)
class Told:
    """A hand-off message in Slack, as it was last written. `ts` is empty when Slack refused it."""

    team: str  # policy id
    number: int  # of the issue's hand-off messages, from 1
    channel: str
    ts: str
    shown: str  # digest of what it says
    at: datetime
    link: str = ""
    withheld: str = ""
    refused: str = ""  # Slack's error code

    @property
    def key(self) -> str:
        return f"{ROUTED}{self.team}:{self.number}"


@dataclass(frozen=True, slots=True)
class Telling:
    """All that a hand-off message shows. `need` and `timeline` are people's words, not redacted yet."""

    status: Status
    issue: str  # owner/repo#7
    url: str
    team: str  # name
    mention: str = ""  # mrkdwn
    area: str = ""
    need: str = ""
    timeline: str = ""
    as_written: bool = False  # policy: words go out unredacted
    customer: str = ""  # only when policy says so
    priority: str = ""
    due: datetime | None = None
    turn: str = ""
    taken: str = ""  # login
    public: str = ""  # the public issue, owner/repo#7
    public_url: str = ""
    moved_to: str = ""  # the team that has it now
    moved_link: str = ""  # the message there
    teams: tuple[tuple[str, str], ...] = ()  # (id, name) to choose from; empty: no buttons
    snooze: bool = False

    @property
    def digest(self) -> str:
        """Names the content; of the words as filed, so that it needs no redaction to compare."""
        return hashlib.sha256(repr(self).encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Note:
    """A message in our own words that is never changed: an alert, a reminder."""

    text: str  # mrkdwn
    mention: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Somebody is to be paged. `key` names the effect, `alias` the alert; `text` is in our own words."""

    key: str
    target: str  # of the policy's paging
    text: str
    alias: str


@dataclass(frozen=True, slots=True)
class SlackPost:
    """`key` names the effect. `thread`: the ts of the message that it answers."""

    key: str
    channel: str
    content: Telling | Note
    thread: str = ""


@dataclass(frozen=True, slots=True)
class SlackUpdate:
    key: str
    channel: str
    ts: str
    content: Telling


SlackAction = SlackPost | SlackUpdate
Tell = SlackAction | Page


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a SlackAction: done, or refused for good."""

    key: str
    at: datetime
    channel: str = ""
    ts: str = ""
    shown: str = ""
    link: str = ""
    withheld: str = ""
    refused: str = ""

    def told(self) -> Told | None:
        """The record of a hand-off message; None for other messages."""
        team, colon, number = self.key.removeprefix(ROUTED).rpartition(":")
        if not self.key.startswith(ROUTED) or not colon or not number.isdecimal():
            return None
        return Told(
            team,
            int(number),
            self.channel,
            self.ts,
            self.shown,
            self.at,
            self.link,
            self.withheld,
            self.refused,
        )


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did in Slack: `text` is what they would have commented. `id`: 16 hexadecimal digits."""

    id: str
    login: str
    text: str
    at: datetime


def code(text: str) -> str:
    """An error code of Slack's, or ``unknown`` for anything that is none."""
    return text if _CODE.match(text) else "unknown"
