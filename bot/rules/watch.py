"""Floor 1: what the private side knows of one public issue's leaks, and what a new look at it changes. Pure.

What holds
- A leak is named by its kind, its place and an HMAC of its value; no value is ever in here.
- A second look at the same texts changes nothing. What is known is not news: one value is told once, wherever
  else in the issue it turns up later.
- Somebody who closes the private issue has dealt with all that it lists: none of these values is told again.
  A new value opens it again, with that value alone.
- What was edited away or deleted stays on the list, as such, until somebody deals with it: history and mails
  still have it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.policy.watch import Watch
from bot.rules.privacy import Finding, Kind, fingerprint

TITLE, BODY = -1, 0  # places beside the comments, whose ids are positive
MAX_LEAKS = 80  # on one list: an issue takes 65,536 characters, marker included
MAX_LINES = 6  # of one value in one text
MAX_DEALT = 200
FRESH = timedelta(days=3)  # what was seen longer ago is no news for a Slack that is configured today
DIGITS = 16  # hexadecimal, of a fingerprint: 64 bits tell the values of one issue apart

How = Literal["", "edited", "deleted", "issue-deleted", "issue-moved"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of the public issue. `where`: TITLE, BODY or a comment's id."""

    where: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """A private value in a text: place, lines from 1, kind, and what names the value."""

    where: int
    lines: tuple[int, ...]
    kind: Kind
    value: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A sighting on record. `how` says how it went, at `gone`; empty: it still stands there."""

    where: int
    lines: tuple[int, ...]
    kind: Kind
    value: str
    seen: datetime
    gone: datetime | None = None
    how: How = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """The memory of the private issue about one public issue."""

    public: str  # owner/repo#7
    rev: int = 0
    leaks: tuple[Leak, ...] = ()
    nodes: Mapping[int, str] = field(default_factory=dict)  # comment id → node id, where a leak stands
    dealt: tuple[str, ...] = ()  # values that somebody has dealt with
    told: tuple[str, ...] = ()  # values that Slack was told
    refused: str = ""  # why Slack was not told: a code
    said: bool = False  # the policy's sentence stands in the public issue

    @property
    def known(self) -> frozenset[str]:
        return frozenset(leak.value for leak in self.leaks).union(self.dealt)

    def same_as(self, other: Dossier) -> bool:
        return replace(self, rev=0) == replace(other, rev=0)


@dataclass(frozen=True, slots=True)
class Look:
    """What a run saw. Places that are neither `read` nor `missing` are as they were."""

    at: datetime
    read: frozenset[int] = frozenset()
    missing: frozenset[int] = frozenset()  # comments that are not there any more
    sightings: tuple[Sighting, ...] = ()
    nodes: Mapping[int, str] = field(default_factory=dict)
    end: Literal["", "issue-deleted", "issue-moved"] = ""


@dataclass(frozen=True, slots=True)
class Concluded:
    """`news`: values that were not known, each with its first place. `reopen`: somebody had closed it."""

    dossier: Dossier
    news: tuple[Leak, ...] = ()
    reopen: bool = False


def sightings(
    texts: Sequence[Text], found: Sequence[Sequence[Finding]], watch: Watch, key: bytes, issue: str
) -> tuple[Sighting, ...]:
    """What the policy counts as a leak, named by HMAC; a value that stands twice in a text is one."""
    seen: dict[tuple[int, str], Sighting] = {}
    for text, findings in zip(texts, found, strict=True):
        for finding in findings:
            if finding.severity == "warn" and not watch.warnings:
                continue
            value = fingerprint(key, issue, text.text, finding)[:DIGITS]
            before = seen.get((text.where, value))
            lines = {*(before.lines if before else ()), text.text.count("\n", 0, finding.start) + 1}
            shown = tuple(sorted(lines)[:MAX_LINES])
            seen[text.where, value] = Sighting(text.where, shown, finding.kind, value)
    return tuple(sorted(seen.values()))


def conclude(before: Dossier, look: Look, *, closed: bool) -> Concluded:
    """The dossier after a look. `closed`: somebody closed the private issue."""
    known = before.known
    fresh = [one for one in look.sightings if one.value not in known]
    if closed and not fresh:
        return Concluded(before)
    base = dealt_with(before) if closed else before
    at = look.at.replace(microsecond=0)
    there = {(one.where, one.value): one for one in look.sightings if one.value not in base.dealt}
    leaks = [_again(leak, there.pop((leak.where, leak.value), None), look, at) for leak in base.leaks]
    leaks += [Leak(one.where, one.lines, one.kind, one.value, at) for one in there.values()]
    kept = _kept(leaks)
    standing = {leak.where for leak in kept if not leak.how}
    nodes = {where: node for where, node in {**base.nodes, **look.nodes}.items() if where in standing}
    news: dict[str, Leak] = {}
    for leak in kept:
        if leak.value not in known:
            news.setdefault(leak.value, leak)
    listed = {leak.value for leak in kept}
    told = tuple(value for value in base.told if value in listed)
    return Concluded(replace(base, leaks=kept, nodes=nodes, told=told), tuple(news.values()), reopen=closed)


def dealt_with(before: Dossier) -> Dossier:
    """Somebody has dealt with all that is listed."""
    values = dict.fromkeys((*before.dealt, *(leak.value for leak in before.leaks)))
    return replace(before, leaks=(), nodes={}, dealt=tuple(values)[-MAX_DEALT:], told=())


def _again(leak: Leak, seen: Sighting | None, look: Look, at: datetime) -> Leak:
    """A known leak after a look: still there, maybe on another line; or gone, and how."""
    if seen is not None:
        return replace(leak, lines=seen.lines, kind=seen.kind, gone=None, how="")
    if leak.how:
        return leak
    if look.end:
        return replace(leak, gone=at, how=look.end)
    if leak.where in look.missing:
        return replace(leak, gone=at, how="deleted")
    return replace(leak, gone=at, how="edited") if leak.where in look.read else leak


def _kept(leaks: Iterable[Leak]) -> tuple[Leak, ...]:
    """At most `MAX_LEAKS`, those that still stand first; in the order of the thread."""
    chosen = sorted(leaks, key=lambda leak: (bool(leak.how), leak.seen))[:MAX_LEAKS]
    return tuple(sorted(chosen, key=lambda leak: (leak.where, leak.lines, leak.value)))


def untold(dossier: Dossier, now: datetime) -> tuple[Leak, ...]:
    """What Slack was not told yet, each value once."""
    told = set(dossier.told)
    first: dict[str, Leak] = {}
    for leak in dossier.leaks:
        if leak.value not in told and now - leak.seen <= FRESH:
            first.setdefault(leak.value, leak)
    return tuple(first.values())


def effect(prefix: str, leaks: Iterable[Leak]) -> str:
    """The key of what is said about some leaks: the same ones have the same key."""
    values = "".join(sorted(leak.value for leak in leaks))
    return f"{prefix}:{hashlib.sha256(values.encode()).hexdigest()[:12]}"


def by_place(leaks: Iterable[Leak]) -> dict[int, list[Leak]]:
    """Leaks of each place, in the order of the thread."""
    places: dict[int, list[Leak]] = {}
    for leak in sorted(leaks, key=lambda one: (one.where, one.lines)):
        places.setdefault(leak.where, []).append(leak)
    return places
