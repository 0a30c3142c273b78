"""Floor 1: the customer's own words (handbook, step 4: "Include customer quotes in markdown using a quote
block").

Words that look quoted outside a block are pointed at by line. A false alarm costs trust, so a line counts
only when somebody is said to speak, or when it is in quotation marks and reads like speech: no error
message, no query.
"""

from __future__ import annotations

import re2

from bot.markdown import Document, Line
from bot.policy.intake import Quotes
from bot.rules.intake_text import bare

_MARKER = re2.compile(r"(?m)^[ \t]*(?:[-*+][ \t]+)?(?:>[ \t]?)+")
_ALERT = re2.compile(r"(?i)^\s*\[!(?:note|tip|important|warning|caution)\]")
_OPENS = re2.compile(r"""^\s*(?:[-*+]\s+|\d{1,9}[.)]\s+)?(?:[“„«"]|''|&quot;)\s*(.*)$""")
_INSIDE = re2.compile(r"""[“„«"]([^“”„«»"]{20,})[”“»"]""")
_CODE = re2.compile(r"[={}\[\]<>\\_|$`]|://|\w:\w|\(\)|^/|\bexit status\b")
_DATA = re2.compile(r"""["']\s*:|=\s*["']""")  # "key": "value", key="value"
_LEAST_WORDS = 4


def quoted(document: Document, example: str) -> str:
    """The words of the issue's quote blocks; empty when there is none. GitHub's alerts are no quotes, nor is
    the template's example."""
    blocks = []
    for block in document.quotes:
        lines = [_MARKER.sub("", document.lines[number - 1].text) for number in block]
        if lines and not _ALERT.match(lines[0]):
            blocks.append("\n".join(lines).strip())
    return "\n\n".join(block for block in blocks if bare(block) not in ("", bare(example)))


class LooseQuotes:
    def __init__(self, policy: Quotes) -> None:
        self._speech = frozenset(bare(word) for word in policy.speech)
        phrases = "|".join(re2.escape(phrase) for phrase in policy.lead_ins) or r"\z."
        self._lead_in = re2.compile(rf"(?i)\b(?:{phrases})\b[^:.\n]{{0,60}}:[*_]*\s*(.*)$")

    def lines(self, prose: tuple[Line, ...], document: Document) -> tuple[int, ...]:
        """Numbers of the plain lines that look like a customer's words."""
        plain = {line.number: line for line in prose}
        found = []
        for line in prose:
            lead_in = self._lead_in.search(line.text)
            if lead_in is None:
                if self._looks_spoken(line.text):
                    found.append(line.number)
            elif bare(lead_in[1]):
                found.append(line.number)
            else:
                following = _next(line, document)
                if following is not None and plain.get(following.number) == following:  # a label's is shorter
                    found.append(following.number)
        return tuple(dict.fromkeys(found))

    def _looks_spoken(self, text: str) -> bool:
        if _DATA.search(text):
            return False
        opens = _OPENS.match(text)
        if opens is not None and self._is_speech(opens[1], strict=False):
            return True
        return any(self._is_speech(inside, strict=True) for inside in _INSIDE.findall(text))

    def _is_speech(self, words: str, *, strict: bool) -> bool:
        """Enough words, and words of people; a whole line in quotation marks needs only not to be code."""
        said = bare(words).split()
        if len(said) < _LEAST_WORDS or _CODE.search(words):
            return False
        spoken = f" {' '.join(said)} "
        return not strict or any(f" {word} " in spoken for word in self._speech)


def _next(line: Line, document: Document) -> Line | None:
    """The next line with words in it."""
    for following in document.lines[line.number : line.number + 4]:
        if following.text.strip():
            return following
    return None
