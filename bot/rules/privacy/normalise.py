"""Floor 1: one readable form of a text, and the way back to the original's offsets.

People (and mail clients) write a private word in many ways: full-width letters, soft hyphens, entities,
percent-encoding, markdown escapes, ``git[.]acme[.]com``, look-alike Cyrillic letters. Every rule reads the
same normal form instead, and `View.origin` maps a range of it back. Guarantees: linear time; every
character of the normal form comes from a known range of the original; ranges grow outwards, so that a
redaction never leaves half a character. What is awkward: a decoded text may decode again (``%2540``), so
the passes repeat, at most `_PASSES` times.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import re2

_PASSES = 3
# Words are runs of one character class: linear in any engine, and `re` is quicker at many small matches.
_CAPITAL = re.compile(r"(?<![A-Za-z0-9_])(?:Mc|Mac|O'|D'|De|Le|La|Van|Fitz)?[A-Z][a-z]{2,20}(?![A-Za-z0-9_])")

# Letters that Unicode does not decompose but readers take for these.
_FOLD = {
    "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe",
    "Œ": "OE", "ı": "i", "þ": "th", "Þ": "Th", "ð": "d", "’": "'", "‘": "'", "ʼ": "'", "′": "'", "`": "`",
    "“": '"', "”": '"', "„": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "。": ".", "｡": ".", "⁄": "/", "∕": "/", "∶": ":", "∙": ".",
    "€": "$", "£": "$", "¥": "$", "₹": "$",  # one sign for money; rules read ASCII
}  # fmt: skip
# Cyrillic and Greek letters that look Latin; used only inside a word that also has Latin letters.
_LOOKALIKE = dict(
    zip(
        "аАеЕоОрРсСхХуУіІјЈѕЅкКмМтТнНвВԁԛԝһαΑεΕοΟρΡνΝτΤιΙκΚΒΗΜΧΥΖ",
        "aAeEoOpPcCxXyYiIjJsSkKmMtTHHBBdqwhaAeEoOpPvNtTiIkKBHMXYZ",
        strict=True,
    )
)
_ENCODED = re2.compile(
    rb"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});"
    rb"|(?:%[0-9A-Fa-f]{2})+"
    rb"|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}"
    rb"|\\[!-/:-@\[-`{-~]"
    rb"|<!--[ \t\r\n]*-->|</?(?i:b|i|u|s|em|strong|span|wbr|sub|sup|font|mark|kbd|small|big)[ \t]*/?>"
    rb"|\*{1,3}|~~|`"
    rb"|[ \t]?(?:\[[ \t]?(?i:\.|dot|punkt)[ \t]?\]|\([ \t]?(?i:\.|dot)[ \t]?\)|\{[ \t]?(?i:\.|dot)[ \t]?\})"
    rb"[ \t]?"
    rb"|[ \t]?(?:\[[ \t]?(?i:@|at)[ \t]?\]|\([ \t]?(?i:@|at)[ \t]?\)|\{[ \t]?(?i:@|at)[ \t]?\})[ \t]?"
    rb"|\[:\]|\[://\]|\b[hH][xX]{2}[pP]"
)


@dataclass(frozen=True, slots=True)
class _Map:
    """Pieces of one pass: where each begins in the output and in the input, and how long it is there.

    A piece is copied character by character (`width` 0) or stands as a whole for `width` input characters.
    """

    starts: tuple[int, ...]
    sources: tuple[int, ...]
    widths: tuple[int, ...]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        i = bisect_right(self.starts, start) - 1
        first = self.sources[i] + (0 if self.widths[i] else start - self.starts[i])
        if end <= start:
            return first, first
        j = bisect_right(self.starts, end - 1) - 1
        last = self.sources[j] + (self.widths[j] or end - self.starts[j])
        return first, last


class _Builder:
    """Collects the output of one pass and where its pieces came from."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._parts: list[str] = []
        self._length = 0
        self._done = 0  # input consumed so far
        self._starts: list[int] = []
        self._sources: list[int] = []
        self._widths: list[int] = []

    def _piece(self, text: str, source: int, width: int) -> None:
        self._starts.append(self._length)
        self._sources.append(source)
        self._widths.append(width)
        self._parts.append(text)
        self._length += len(text)

    def copy_until(self, position: int) -> None:
        if position > self._done:
            self._piece(self._source[self._done : position], self._done, 0)
            self._done = position

    def replace(self, position: int, width: int, text: str) -> None:
        """Let `text` stand for the `width` input characters at `position`; "" drops them."""
        self.copy_until(position)
        if text:
            self._piece(text, position, width)
        self._done = position + width

    def finish(self) -> tuple[str, _Map]:
        self.copy_until(len(self._source))
        if not self._starts:
            self._piece("", 0, 0)
        return "".join(self._parts), _Map(tuple(self._starts), tuple(self._sources), tuple(self._widths))


@dataclass(frozen=True)
class View:
    """A text in normal form. `data` is its ASCII image, byte for code point, for RE2."""

    original: str
    text: str
    maps: tuple[_Map, ...]

    @cached_property
    def data(self) -> bytes:
        return self.text.encode("ascii", "replace")

    @cached_property
    def low(self) -> str:
        """Lower case of the same length: `İ` and its kind would move offsets."""
        low = self.text.lower()
        if len(low) == len(self.text):
            return low
        return "".join(c.lower() if len(c.lower()) == 1 else c for c in self.text)

    @cached_property
    def capitals(self) -> list[tuple[int, int, str]]:
        """Every capitalised word: its range and the word."""
        return [(*m.span(), m[0]) for m in _CAPITAL.finditer(self.text)]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The range of the original (code points) that a range of the normal form came from."""
        for step in reversed(self.maps):
            start, end = step.origin(start, end)
        while end < len(self.original) and end > start and _invisible(self.original[end]):
            end += 1
        return start, end


def normalise(text: str) -> View:
    """The normal form of a text (issue title and body, a comment); linear, never raises."""
    maps: list[_Map] = []
    current = text
    if not current.isascii():
        current, step = _fold(current)
        maps.append(step)
    for _ in range(_PASSES):
        decoded = _decode(current)
        if decoded is None:
            break
        current, step = decoded
        maps.append(step)
        if not current.isascii():
            current, step = _fold(current)
            maps.append(step)
    return View(text, current, tuple(maps))


def _invisible(char: str) -> bool:
    """Does the character add nothing a reader sees: combining marks, zero-width, direction marks, soft
    hyphens?
    """
    return char > "\x7f" and unicodedata.category(char) in ("Mn", "Me", "Cf")


def _fold(text: str) -> tuple[str, _Map]:
    """ASCII where a reader sees ASCII: accents, full-width forms, ligatures, invisible characters, look-
    alikes.
    """
    out = _Builder(text)
    mixed_until = 0  # the word up to here has Latin letters beside its look-alikes
    plain_until = 0
    for at, char in enumerate(text):
        if char < "\x80":
            continue
        if _invisible(char):
            out.replace(at, 1, "")
            continue
        folded = _FOLD.get(char)
        if folded is None and char in _LOOKALIKE and at >= plain_until:
            if at >= mixed_until:
                start, end = _word_around(text, at)
                if any(c.isascii() and c.isalpha() for c in text[start:end]):
                    mixed_until = end
                else:
                    plain_until = end
            folded = _LOOKALIKE[char] if at < mixed_until else None
        if folded is None:
            folded = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
            folded = "".join(_FOLD.get(c, c) for c in folded)
        if folded != char:
            out.replace(at, 1, folded)
    return out.finish()


def _word_around(text: str, at: int) -> tuple[int, int]:
    """The word (letters, digits, invisible characters; at most 64 each way) around a position."""
    start = at
    while start > 0 and at - start < 64 and (text[start - 1].isalnum() or _invisible(text[start - 1])):
        start -= 1
    end = at
    while end < len(text) and end - at < 64 and (text[end].isalnum() or _invisible(text[end])):
        end += 1
    return start, end


def _decode(text: str) -> tuple[str, _Map] | None:
    """One round of decoding; None when there was nothing to decode."""
    data = text.encode("ascii", "replace")
    out: _Builder | None = None
    for match in _ENCODED.finditer(data):
        start, end = match.span()
        pieces = _decoded(text, start, end)
        if pieces is None:
            continue
        out = out or _Builder(text)
        for offset, width, value in pieces:
            out.replace(start + offset, width, value)
    return None if out is None else out.finish()


def _decoded(text: str, start: int, end: int) -> list[tuple[int, int, str]] | None:
    """What one encoded piece stands for, as (offset, width, characters); None when it is no encoding."""
    raw = text[start:end]
    width = end - start
    first = raw[0]
    if first == "&":
        value = html.unescape(raw)
        return [(0, width, value)] if value != raw else None
    if first == "%":
        return _percent(raw)
    if first == "\\":
        if raw[1] in "ux":
            code = int(raw[2:].strip("{}"), 16)
            return [(0, width, chr(code))] if 0x20 <= code < 0xD800 else None
        return [(0, width, raw[1])]
    if first in "*~`":
        inside = start > 0 and end < len(text) and text[start - 1].isalpha() and text[end].isalpha()
        return [(0, width, "")] if inside else None
    if first == "<":
        return [(0, width, "")]
    if first in "hH" and raw[1] in "xX":
        return [(1, 2, "tt")]
    inner = raw.strip().strip("[](){} \t").lower()
    return [(0, width, {"dot": ".", "punkt": ".", "at": "@", "@": "@"}.get(inner, inner))]


def _percent(raw: str) -> list[tuple[int, int, str]] | None:
    """Percent-encoded UTF-8, character by character; None when the bytes are no UTF-8 text."""
    try:
        decoded = bytes.fromhex(raw.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(c < " " and c not in "\t\r\n" for c in decoded):
        return None
    pieces: list[tuple[int, int, str]] = []
    at = 0
    for char in decoded:
        width = 3 * len(char.encode("utf-8"))
        pieces.append((at, width, char))
        at += width
    return pieces
