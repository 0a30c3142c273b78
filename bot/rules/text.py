"""Floor 1: an issue's text as the router sees it: pieces with a zone, and plain words in them.

What holds: every step is linear in the text and keeps offsets, so that a word found can be shown where it is.
Zones are body, context (what version, platform and environment lines say), code (blocks and logs) and link.
HTML comments, cc lines, mentions and the template's own words belong to no zone: nobody chose them to say
what the question is about. This is no markdown parse on purpose: whole lines and labels are enough to weigh
words, and cost a hundredth of the time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Zone = Literal["body", "context", "code", "link"]
Span = tuple[int, int]


Piece = tuple[Zone, int, int]  # text[start:end] counts as the zone does

FILTER = "\x01"  # stands for the colon of a search filter; a control character keeps ASCII text ASCII
# Letters and digits make words, all else separates: `repo-updater` = `repo_updater` = `repo updater`.
_TABLE = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) != FILTER}
_VALUE_STARTS = frozenset("^\"'(.-$@")
_FENCES = frozenset(("```", "~~~"))
_CARBON_COPY = ("cc ", "cc:", "CC ", "CC:", "Cc ", "Cc:", "/cc")
_LABEL_MAX = 90  # characters; a longer line is prose
_SENTENCE_ENDS = (". ", "; ", "! ", "? ", ") ")
_URL_ENDS = frozenset(" \t\r\n<>\"'`)]}|")
_LOG_STARTS = (
    *("t=", "ts=", "lvl=", "level=", "time=", "at ", "goroutine ", "panic: ", "\x1b[", '{"'),
    *("ERROR", "WARN", "INFO", "DEBUG", "DBUG", "EROR", "FATAL", "TRACE"),
)
_LOG_FIRST = frozenset("[(0123456789") | {start[0] for start in _LOG_STARTS}
_SPECIAL = _LOG_STARTS + _CARBON_COPY


def fold(text: str) -> str:
    """The text in lower case with words and spaces alone, at the same length; filters' colons are marked."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    if "c++" in low:
        low = low.replace("c++", "cpp")
    if "c#" in low:
        low = low.replace("c#", "cº")
    if ":" in low:
        low = _mark_filters(low)
    if not low.isascii():
        low = low.translate({ord(c): " " for c in set(low) if not (c.isascii() or c.isalnum())})
    return low.translate(_TABLE)


def words(folded: str) -> list[str]:
    """The words of folded text, in order; the colon of a search filter (`repo:x`) is one of them."""
    return (folded.replace(FILTER, f" {FILTER} ") if FILTER in folded else folded).split()


def phrase(text: str) -> tuple[str, ...]:
    """The words of a phrase in the policy; a colon at its end makes it a search filter."""
    parts = words(fold(text))
    return (*parts, FILTER) if text.endswith(":") else tuple(parts)


def _mark_filters(low: str) -> str:
    """Put FILTER in the place of every colon that a value follows, not a space or a mark."""
    first, *rest = low.split(":")
    parts = [first]
    for part in rest:
        value = part[:1]
        parts.append(FILTER if value.isalnum() or value in _VALUE_STARTS else " ")
        parts.append(part)
    return "".join(parts)


class Reader:
    """Cuts bodies into pieces; knows the labels and headings of the templates (policy)."""

    def __init__(self, template: Iterable[str], context: Iterable[str]) -> None:
        self._roles = {" ".join(phrase(name)): "template" for name in template}
        self._roles |= {" ".join(phrase(name)): "context" for name in context}
        self._label_ends = {name.rpartition(" ")[2] for name in self._roles}

    def pieces(self, text: str, folded: str) -> list[Piece]:
        """The pieces of a body in order; `folded` is the same text, folded.

        Lines that count alike and follow each other are one piece: where a person breaks a line says nothing.
        """
        found: list[Piece] = []
        fence = ""
        comment = below_context = False
        end = 0
        for line in text.splitlines(keepends=True):
            start, end = end, end + len(line)
            plain = line[0].isalpha() and not (":" in line or "@" in line or "<" in line)
            if plain and not (fence or comment or line.startswith(_SPECIAL)):
                found.append(("context" if below_context else "body", start, end))
                continue  # most lines: prose, and nothing else
            spans: list[Span] = [(start, end)]
            if comment or "<!--" in line:
                spans, comment = _outside_comments(text, start, end, comment)
            for left, right in spans:
                bare = text[left:right].strip()
                mark = bare[:3]
                if mark in _FENCES and fence in {"", mark}:
                    fence = "" if fence else mark
                elif fence:
                    found.append(("code", left, right))
                elif bare and not mark.startswith(_CARBON_COPY):
                    if mark[0] in "#*_" or bare[-1] == ":":
                        role = self._roles.get(" ".join(words(folded[left : min(right, left + _LABEL_MAX)])))
                        if role is not None or mark[0] == "#":
                            below_context = role == "context"
                        if role is not None:
                            continue
                    zone: Zone = (
                        "code"
                        if bare[0] in _LOG_FIRST and _is_log(bare)
                        else "context"
                        if below_context
                        else "body"
                    )
                    cuts = [(zone, left, right)]
                    if ":" in bare:
                        cuts = self._at_labels(text, folded, zone, left, right)
                    if "@" in bare or "://" in bare:
                        cuts = [piece for cut in cuts for piece in _split_links(text, *cut)]
                    found += cuts
        return _joined(found)

    def _at_labels(self, text: str, folded: str, zone: Zone, start: int, end: int) -> list[Piece]:
        """A line of prose, cut at the labels in it; what follows an environment label is context."""
        cuts: list[Piece] = []
        begin = at = start
        role = ""
        while (colon := text.find(":", at, end)) >= 0:
            label = self._label(text, folded, at, colon)
            if label is not None:
                cuts += _after_label(text, zone, role, begin, label[0])
                begin, role = colon + 1, label[1]
            at = colon + 1
        return [*cuts, *_after_label(text, zone, role, begin, end)] if role else [(zone, start, end)]

    def _label(self, text: str, folded: str, at: int, colon: int) -> tuple[int, str] | None:
        """Where the label before a colon begins (with the line or with a sentence), and its role."""
        at = max(at, colon - _LABEL_MAX)
        if folded[at:colon].rstrip().rpartition(" ")[2] not in self._label_ends:  # a quick no for most colons
            return None
        for mark in _SENTENCE_ENDS:
            at = max(at, text.rfind(mark, at, colon) + 1)
        role = self._roles.get(" ".join(folded[at:colon].split()))
        return None if role is None else (at, role)


def _after_label(text: str, zone: Zone, role: str, begin: int, end: int) -> list[Piece]:
    """What follows a label: an environment's is context up to the end of the sentence."""
    if role != "context":
        return [(zone, begin, end)] if begin < end else []
    stop = text.find(". ", begin, end)
    return [("context", begin, end)] if stop < 0 else [("context", begin, stop), (zone, stop, end)]


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one zone as one piece."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1][0] == piece[0] and joined[-1][2] == piece[1]:
            joined[-1] = (piece[0], joined[-1][1], piece[2])
        else:
            joined.append(piece)
    return joined


def _is_log(bare: str) -> bool:
    """Does a line begin as a log line or a stack frame does: with a time, a level or a key?"""
    bare = bare.lstrip("[(")
    if bare[:1].isdigit():
        return bare[4:5] in {"-", "/"} or bare[2:3] == ":" == bare[5:6]
    return bare.startswith(_LOG_STARTS)


def _outside_comments(text: str, at: int, end: int, inside: bool) -> tuple[list[Span], bool]:
    """The parts of a line that stand outside HTML comments, and whether the line ends inside one."""
    parts: list[Span] = []
    while True:
        if inside:
            close = text.find("-->", at, end)
            if close < 0:
                return parts, True
            at, inside = close + 3, False
        else:
            begin = text.find("<!--", at, end)
            if begin < 0:
                return [*parts, (at, end)], False
            parts.append((at, begin))
            at, inside = begin + 4, True


def _split_links(text: str, zone: Zone, start: int, end: int) -> list[Piece]:
    """Split a piece at its addresses, and leave out its mentions."""
    url, mention = text.find("://", start, end), text.find("@", start, end)
    if url < 0 and mention < 0:
        return [(zone, start, end)]
    found: list[Piece] = []
    at = start
    while url >= 0 or mention >= 0:
        hit = url if mention < 0 or 0 <= url < mention else mention
        left, right = hit, hit + 1
        while hit == url and left > at and text[left - 1].isalpha():
            left -= 1
        while right < end and text[right] not in _URL_ENDS:
            right += 1
        if left > at:
            found.append((zone, at, left))
        if hit == url:
            found.append(("link", left, right))
        at = right
        if 0 <= url < at:
            url = text.find("://", at, end)
        if 0 <= mention < at:
            mention = text.find("@", at, end)
    return [*found, (zone, at, end)] if at < end else found
