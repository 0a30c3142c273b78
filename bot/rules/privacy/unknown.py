"""Floor 1: capitalised words that the public text of the product never uses. In publish mode only,
warnings only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.normalise import View

_FENCED = re2.compile(rb"(?s)```.*?(?:```|$)|`[^`\n]{1,200}`|~~~.*?(?:~~~|$)")
_EDGE = b"./\\_=$@#:-"


def unknown_hits(view: View, public: Set[str], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """Words that may be names: outside code and links, capitalised, unknown to the public vocabulary."""
    if not public:
        return
    data = view.data
    code = [m.span() for m in _FENCED.finditer(data)] if b"`" in data or b"~~~" in data else []
    where = 0
    last: Hit | None = None
    for start, end, written in view.capitals:
        while where < len(code) and code[where][1] <= start:
            where += 1
        if where < len(code) and code[where][0] <= start:
            continue
        word = written.lower()
        if known(word, public) or in_link(start):
            continue
        if (start and data[start - 1 : start] in _EDGE and data[start - 1 : start] != b":") or data[
            end : end + 1
        ] in (b"(", b"_", b"/", b"\\", b"="):
            continue
        if data[end : end + 1] == b"." and data[end + 1 : end + 2].isalpha():
            continue
        if last is not None and start == last.end + 1 and view.text[last.end] == " ":
            last = Hit("unknown-word", "unknown_word", last.start, end)  # a name of two words is one finding
            continue
        if last is not None:
            yield last
        last = Hit("unknown-word", "unknown_word", start, end)
    if last is not None:
        yield last


def known(word: str, public: Set[str]) -> bool:
    """Is the word, or the word it is a form of, in the vocabulary?"""
    if word in public:
        return True
    stems = [
        word.removesuffix(e)
        for e in ("s", "es", "ed", "d", "ing", "ly", "er", "ers", "able", "n't")
        if word.endswith(e)
    ]
    return any(len(s) > 2 and (s in public or s + "e" in public) for s in stems) or (
        word.startswith(("non", "un", "re", "pre")) and word[2:] in public
    )


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = ("They use «Xolvaria» there",)
IGNORES = (
    "They use Kubernetes there",
    "`Xolvaria` in code",
    "see pkg/Xolvaria/file.go",
)
