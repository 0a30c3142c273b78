"""Floor 1: an issue's text as the router sees it: pieces with a zone, and plain words in them.

What holds: every step is linear in the text and keeps offsets, so that a word found can be shown where it is.
Zones are body, context (what version, platform and environment lines say), code (blocks and logs) and link.
HTML comments, cc lines, mentions and the template's own words belong to no zone: nobody chose them to say
what the question is about. This is no markdown parse on purpose: whole lines and labels are enough to weigh
words, and cost a hundredth of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import re2

Zone = Literal["body", "context", "code", "link"]
Span = tuple[int, int]


class Piece(NamedTuple):
    """One stretch `text[start:end]` that counts as `zone` does."""

    zone: Zone
    start: int
    end: int


# Letters and digits make words, all else separates: `repo-updater` = `repo_updater` = `repo updater`.
_TABLE = str.maketrans(
    {chr(code): chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
    | dict.fromkeys("“”‘’„«»–—…•·→←⇒|，。、（）：\u200b\ufeff", " ")
)
FILTER = "\ue000"  # what `words` makes of the colon in a search filter; a character for private use
_VALUE_STARTS = frozenset("^\"'(.-$@")
_URL_ENDS = frozenset(" \t\r\n<>\"'`)]}|")
_LOG_STARTS = ("t=", "ts=", "lvl=", "level=", "time=", "at ", "goroutine ", "panic: ", "\x1b[", '{"')
_LOG_LEVELS = ("ERROR", "WARN", "INFO", "DEBUG", "DBUG", "EROR", "FATAL", "TRACE")


def fold(text: str) -> str:
    """Lower case at the same length; `c++` and `c#` become words."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    if "c++" in low:
        low = low.replace("c++", "cpp")
    if "c#" in low:
        low = low.replace("c#", "c♯")
    return low


def words(folded: str) -> list[str]:
    """The words of folded text, in order; the colon of a search filter (`repo:x`) is one of them."""
    return (_mark_filters(folded) if ":" in folded else folded).translate(_TABLE).split()


def phrase(text: str) -> tuple[str, ...]:
    """The words of a phrase in the policy; a colon at its end makes it a search filter."""
    parts = words(fold(text))
    return (*parts, FILTER) if text.endswith(":") else tuple(parts)


def _mark_filters(folded: str) -> str:
    """Put FILTER for every colon that a value follows, not a space or a mark."""
    first, *rest = folded.split(":")
    parts = [first]
    for part in rest:
        value = part[:1]
        parts.append(f" {FILTER} " if value.isalnum() or value in _VALUE_STARTS else " ")
        parts.append(part)
    return "".join(parts)


class Reader:
    """Cuts bodies into pieces; knows the labels and headings of the templates (policy)."""

    def __init__(self, template: Iterable[str], context: Iterable[str]) -> None:
        self._roles = {" ".join(phrase(name)): "template" for name in template}
        self._roles |= {" ".join(phrase(name)): "context" for name in context}
        names = sorted(self._roles, key=lambda name: (-len(name), name))
        spelled = "|".join(re2.escape(name).replace(r"\ ", r"\W+") for name in names)
        self._labels = re2.compile(rf"(?i)(?:^|[.;!?)]\s)[\s*_>#-]*({spelled})[*_?]*:[*_]*")
        self._label_ends = {name.rpartition(" ")[2] for name in names}

    def pieces(self, text: str) -> Iterator[Piece]:
        """The pieces of a body in order."""
        fence = ""
        comment = False
        below_context = False
        position = 0
        for line in text.splitlines(keepends=True):
            start, position = position, position + len(line)
            visible: tuple[Span, ...] = ((0, len(line)),)
            if comment or "<!--" in line:
                visible, comment = _outside_comments(line, comment)
            for left, right in visible:
                part = line[left:right]
                bare = part.strip()
                if not bare:
                    continue
                mark = bare[:3]
                if mark in {"```", "~~~"} and fence in {"", mark}:
                    fence = "" if fence else mark
                elif fence:
                    yield Piece("code", start + left, start + right)
                elif mark.lower() in {"cc ", "cc:", "/cc"}:
                    continue
                else:
                    role = self._alone(bare)
                    if role is not None or bare[0] == "#":
                        below_context = role == "context"
                    if role is None:
                        for zone, a, b in self._prose(part, below_context):
                            if "@" in part or "://" in part:
                                yield from _split_links(text, zone, start + left + a, start + left + b)
                            else:
                                yield Piece(zone, start + left + a, start + left + b)

    def _alone(self, bare: str) -> str | None:
        """The role of a label or heading that has a line to itself."""
        if len(bare) > 90 or not (bare[0] in "#*_" or bare[-1] == ":"):
            return None
        return self._roles.get(" ".join(words(fold(bare))))

    def _may_have_label(self, part: str) -> bool:
        """Does a label's last word stand before a colon? A cheap no for most lines."""
        *heads, _ = part.split(":")
        return any(
            head.rstrip("*_? ").rpartition(" ")[2].strip("*_").lower() in self._label_ends for head in heads
        )

    def _prose(self, part: str, below_context: bool) -> Iterator[tuple[Zone, int, int]]:
        """A line of prose, cut at the labels in it; what follows an environment label is context."""
        zone: Zone = "context" if below_context else "body"
        if _is_log(part.lstrip()):
            zone = "code"
        labels = list(self._labels.finditer(part)) if self._may_have_label(part) else []
        if not labels:
            yield zone, 0, len(part)
            return
        yield zone, 0, labels[0].start(1)
        for number, label in enumerate(labels):
            begin, end = label.end(), labels[number + 1].start(1) if number + 1 < len(labels) else len(part)
            if self._roles[" ".join(words(fold(label[1])))] == "context":
                stop = part.find(". ", begin, end)
                stop = end if stop < 0 else stop
                yield "context", begin, stop
                begin = stop
            yield "body", begin, end


def _is_log(bare: str) -> bool:
    """Does a line begin as a log line or a stack frame does: with a time, a level or a key?"""
    if bare.startswith(_LOG_STARTS):
        return True
    bare = bare.lstrip("[(")
    if bare[:1].isdigit():
        return bare[4:5] in {"-", "/"} or (bare[2:3] == ":" and bare[5:6] == ":")
    return bare.startswith(_LOG_LEVELS)


def _outside_comments(line: str, inside: bool) -> tuple[tuple[Span, ...], bool]:
    """The parts of a line that stand outside HTML comments, and whether the line ends inside one."""
    parts: list[Span] = []
    at = 0
    while True:
        if inside:
            end = line.find("-->", at)
            if end < 0:
                return tuple(parts), True
            at, inside = end + 3, False
        else:
            begin = line.find("<!--", at)
            if begin < 0:
                parts.append((at, len(line)))
                return tuple(parts), False
            parts.append((at, begin))
            at, inside = begin + 4, True


def _split_links(text: str, zone: Zone, start: int, end: int) -> Iterator[Piece]:
    """Split a piece at its addresses, and leave out its mentions."""
    at = start
    url, mention = text.find("://", at, end), text.find("@", at, end)
    while url >= 0 or mention >= 0:
        hit = url if mention < 0 or 0 <= url < mention else mention
        left, right = hit, hit + 1
        while hit == url and left > at and text[left - 1].isalpha():
            left -= 1
        while right < end and text[right] not in _URL_ENDS:
            right += 1
        if left > at:
            yield Piece(zone, at, left)
        if hit == url:
            yield Piece("link", left, right)
        at = right
        if 0 <= url < at:
            url = text.find("://", at, end)
        if 0 <= mention < at:
            mention = text.find("@", at, end)
    if at < end:
        yield Piece(zone, at, end)
