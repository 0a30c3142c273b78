"""Floor 1: the little language in which token formats are written: ``ghp_<w36>``, ``xoxb-<d10,13>-<w18,30>``.

One shape yields the RE2 pattern, the keyword that makes the pattern worth trying, and a sample. The samples
are made at run time, so no string in this repository looks like a secret.
"""

from __future__ import annotations

import hashlib
import re

CLASSES = {
    "w": "0-9A-Za-z",
    "h": "0-9a-f",
    "H": "0-9A-Fa-f",
    "u": "0-9A-Z",
    "l": "0-9a-z",
    "a": "A-Za-z",
    "d": "0-9",
    "t": "2-7A-Z",
    "b": "0-9A-Za-z_-",
    "e": "0-9A-Za-z_=-",
    "E": "0-9A-Za-z_.=-",
    "B": "0-9A-Za-z+/",
    "P": "0-9A-Za-z%+/",
    "T": "0-9A-Za-z_.~-",
}
_PART = re.compile(r"<(\w)(\d+)(?:,(\d*))?>")


def pattern_of(shape: str) -> str:
    """The RE2 pattern (no groups, no boundaries) of a shape."""
    out: list[str] = []
    at = 0
    for part in _PART.finditer(shape):
        out.append(re.escape(shape[at : part.start()]))
        letter, least, most = part[1], part[2], part[3]
        count = f"{{{least}}}" if most is None else f"{{{least},{most}}}"
        out.append(f"[{CLASSES[letter]}]{count}")
        at = part.end()
    out.append(re.escape(shape[at:]))
    return "".join(out)


def keyword_of(shape: str) -> tuple[str, int]:
    """The longest literal of a shape in lower case, and how many characters may stand before it."""
    best, before, reach, at = "", 0, 0, 0
    for part in [*_PART.finditer(shape), None]:
        literal = shape[at : part.start() if part else len(shape)]
        if len(literal) > len(best):
            best, before = literal, reach
        if part:
            reach += len(literal) + int(part[3] or part[2])
            at = part.end()
    return best.lower(), before


def sample_of(shape: str, seed: str = "") -> str:
    """A value of the shape, the same for the same seed; the longest form where the length varies."""
    pool = _digits(shape + seed)

    def fill(part: re.Match[str]) -> str:
        alphabet = _alphabet(CLASSES[part[1]])
        return "".join(alphabet[next(pool) % len(alphabet)] for _ in range(int(part[3] or part[2])))

    return _PART.sub(fill, shape)


def _alphabet(class_: str) -> str:
    """The characters of a class, with plain letters and digits first so that a sample ends like a word."""
    chars = [chr(c) for c in range(33, 127) if re.match(f"[{class_}]", chr(c)) and chr(c).isalnum()]
    return "".join(chars)


class _digits:  # noqa: N801  an endless iterator, used like one
    """An endless, reproducible stream of bytes."""

    def __init__(self, seed: str) -> None:
        self._block = hashlib.sha256(seed.encode()).digest()
        self._at = 0

    def __next__(self) -> int:
        if self._at == len(self._block):
            self._block = hashlib.sha256(self._block).digest()
            self._at = 0
        self._at += 1
        return self._block[self._at - 1]
