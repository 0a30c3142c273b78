"""Canaries: private strings that stand in one test issue and nowhere else, and the one who looks for them.

`Detector.find` opens what a text is wrapped in (base64 in any alignment, hexadecimal, percent, entities, JSON
escapes, case, invisible characters, spaces), so that a value that leaks in another form is found too.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from random import Random
from urllib.parse import unquote

from ahocorasick_rs import AhoCorasick

_DEPTH = 3
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){6,}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")
_SEPARATORS = re.compile(r"[\s._\-+()]+")
_LETTERS = "bcdfghjklmnpqrstvwz"


@dataclass(frozen=True)
class Canary:
    """The private strings of one issue."""

    customer: str
    host: str
    email: str
    token: str
    phone: str
    quote: str

    @classmethod
    def of(cls, number: int) -> Canary:
        """The same number gives the same strings; two numbers share none."""
        random = Random(number)

        def word() -> str:
            return "".join(random.choice("aeiou" if i % 2 else _LETTERS) for i in range(7)) + _tail(number)

        name = word()
        return cls(
            customer=name.capitalize(),
            host=f"git-{word()}.{name}.internal",
            email=f"{word()}@{name}.example-corp.io",
            token=f"sgp_{random.getrandbits(160):040x}",
            phone=f"+1 212 555 {1000 + number}",
            quote=f"our {word()} team is quite {word()}",
        )

    def kinds(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _tail(number: int) -> str:
    """Two letters that make the words of one number unlike those of another."""
    return f"{_LETTERS[number % 19]}{'aeiou'[number // 19 % 5]}{_LETTERS[number // 95 % 19]}"


@dataclass(frozen=True)
class Detector:
    canaries: tuple[Canary, ...]

    @cached_property
    def _values(self) -> dict[str, str]:
        """What to look for, squeezed → what it is."""
        found: dict[str, str] = {}
        for number, canary in enumerate(self.canaries):
            for kind, value in canary.kinds().items():
                found[squeezed(value.removeprefix("sgp_"))] = f"{kind} {number}"
        return found

    @cached_property
    def _search(self) -> AhoCorasick:
        return AhoCorasick(list(self._values))

    def find(self, text: str) -> set[str]:
        """What of the canaries stands in a text, in whatever form."""
        kinds = list(self._values.values())
        return {
            kinds[number]
            for view in set(views(text))
            for number, _, _ in self._search.find_matches_as_indexes(squeezed(view), overlapping=True)
        }


def squeezed(text: str) -> str:
    """In lower case, without what can be left out or put in between."""
    return _SEPARATORS.sub("", _INVISIBLE.sub("", text)).casefold()


def views(text: str, depth: int = _DEPTH) -> Iterator[str]:
    """The text, and what is in it when it is opened."""
    yield text
    if not depth:
        return
    for opened in _opened(text):
        if opened != text:
            yield from views(opened, depth - 1)


def _opened(text: str) -> Iterable[str]:
    yield unquote(html.unescape(_ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), text)))
    for match in _HEX.finditer(text):
        yield bytes.fromhex(match[0]).decode("utf-8", "replace")
    for match in _BASE64.finditer(text):
        plain = match[0].rstrip("=").translate(str.maketrans("-_", "+/"))
        for skip in range(4):  # a blob may begin within a word
            run = plain[skip:]
            try:
                raw = base64.b64decode(run[: len(run) // 4 * 4] + _rest(run))
            except binascii.Error:
                continue
            if sum(32 <= byte < 127 for byte in raw) > 0.8 * len(raw):
                yield raw.decode("utf-8", "replace")


def _rest(run: str) -> str:
    """What is left after whole groups of four, filled up."""
    rest = run[len(run) // 4 * 4 :]
    return f"{rest}{'=' * (4 - len(rest))}" if len(rest) > 1 else ""
