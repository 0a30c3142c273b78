"""Floor 1: people without a language model: cues, first names, e-mail local parts, and what one mention says
of others.

A name beside a cue ("reported by", "CE is", `<mail>`) is a person; its parts are then looked for in the
whole text. Capitalised words count, never what the public vocabulary knows, unless a cue stands right
beside them: "Grant Holloway" is a person, "Grant access" is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.first_names import EVERYDAY_NAMES, FIRST_NAMES
from bot.rules.privacy.normalise import View
from bot.rules.privacy.people_patterns import (
    AFTER_CUE,
    BEFORE_VERB,
    COMPANY_WORDS,
    CUE_WORDS,
    FIRST_STOP,
    FULL_NAMES,
    INITIAL,
    LOCAL,
    MODALS,
    PEOPLE_CUES,
    SURE_NAMES,
    WEAK_CUES,
)


@dataclass(frozen=True, slots=True)
class _Knowledge:
    public: Set[str]
    own_words: Set[str]  # parts of customers' names: not people

    def everyday(self, word: str) -> bool:
        low = word.lower().replace("'", "").strip(".")
        return low in self.public or low in COMPANY_WORDS

    def first(self, word: str) -> bool:
        return word.lower().split("-")[0] in FIRST_NAMES

    def plausible(self, word: str) -> bool:
        """Might a capitalised word be part of a name? Most are words of the product and end the search
        at once.
        """
        low = word.lower()
        return low in FIRST_NAMES or low in EVERYDAY_NAMES or low.replace("'", "") not in self.public

    def personal(self, name: str) -> bool:
        """Are these words a person: a known first name, or no word of public text at all?"""
        parts = [p for p in name.replace("-", " ").split() if len(p.strip(".")) > 1]
        if (
            not parts
            or all(p.lower() in self.own_words for p in parts)
            or any(p.lower() in COMPANY_WORDS for p in parts)
        ):
            return False
        if parts[0].lower() in self.own_words and len(parts) > 1 and self.everyday(parts[1]):
            return False
        return (
            self.first(parts[0])
            or parts[0].lower() in EVERYDAY_NAMES
            or not all(self.everyday(p) for p in parts)
        )


def people_hits(
    view: View, public: Set[str], own_words: Set[str], in_link: Callable[[int], bool]
) -> Iterator[Hit]:
    """Full names (`person`) and bare first names (`person_first`)."""
    know = _Knowledge(public, own_words)
    data = view.data
    if not any(know.plausible(word) for _, _, word in view.capitals) and not INITIAL.search(data):
        return
    full: dict[tuple[int, int], str] = {}

    def take(pattern: re2._Regexp[str], group: int = 1, strict: bool = True) -> None:
        for match in pattern.finditer(data):
            start, end = match.span(group)
            while end > start and data[end - 1 : end] in (b" ", b"-"):
                end -= 1
            words = _without_cue(view.text[start:end])
            start = end - len(words)
            if (
                not in_link(start)
                and words
                and (
                    know.personal(words)
                    if strict
                    else not all(p in COMPANY_WORDS for p in words.lower().split())
                )
            ):
                full[start, end] = words

    for pattern in FULL_NAMES:
        take(pattern)
    for pattern, needle in SURE_NAMES:
        if needle in data:
            take(pattern, strict=False)
    for start, end, one, two in _pairs(view):
        if in_link(start) or two.lower() in COMPANY_WORDS or one.lower() in COMPANY_WORDS:
            continue
        if (
            know.first(one)
            and two.lower() not in own_words
            and (not know.everyday(two) or two.lower() in EVERYDAY_NAMES or _alone(view, start, end))
        ):
            full[start, end] = view.text[start:end]
    firsts: dict[str, str] = {}
    singles: dict[tuple[int, int], bool] = {}
    for (start, end), words in sorted(full.items()):
        parts = [p for p in words.split() if len(p.strip(".")) > 1]
        if len(parts) > 1:
            yield Hit("person-name", "person", start, end)
            firsts[parts[0]] = words
            for part in parts[1:]:
                if len(part) > 3 and not know.everyday(part):
                    firsts.setdefault(part, words)
        else:
            singles[start, end] = True
    yield from _locals(view, know, full)
    for pattern in (AFTER_CUE, BEFORE_VERB):
        for match in pattern.finditer(data):
            start, end = match.span(1)
            word = view.text[start:end]
            cue = view.low[match.start() : start].strip(" \t:,*_\"'(@")
            weak = pattern is AFTER_CUE and cue in WEAK_CUES
            everyday_name = word.lower() in EVERYDAY_NAMES
            known = know.first(word) or (everyday_name and not weak)
            if not known and (
                know.everyday(word) or weak or word.lower() in own_words or word.lower() in FIRST_STOP
            ):
                continue
            if (
                everyday_name
                and word.lower() in public
                and not weak
                and not _greeted(view, match.start(), end)
                and pattern is AFTER_CUE
                and cue not in PEOPLE_CUES
            ):
                continue
            if (
                everyday_name
                and pattern is BEFORE_VERB
                and _starts_sentence(view, start)
                and word.lower() in MODALS
            ):
                continue
            if word.lower() not in COMPANY_WORDS and not in_link(start):
                singles.setdefault((start, end), True)
    for start, end, word in view.capitals:
        known_here = word in firsts
        if not known_here and not (
            know.first(word) and word.lower() not in public and word.lower() not in own_words
        ):
            continue
        if (
            known_here
            and word.lower() in public
            and (_starts_sentence(view, start) or data[end : end + 1] == b"(")
        ):
            continue
        if not in_link(start) and not _in_code_word(data, start, end):
            singles.setdefault((start, end), True)
    taken = sorted(full)
    for start, end in sorted(singles):
        if not any(s <= start and end <= e for s, e in taken if (s, e) != (start, end) and s <= start):
            yield Hit("first-name", "person_first", start, end)


def _without_cue(words: str) -> str:
    """A name without a cue word the pattern took for its first part (`Contact Jane Doe`, `Thanks Jane`)."""
    parts = words.split(" ")
    while len(parts) > 1 and parts[0].lower().rstrip(".") in CUE_WORDS:
        parts = parts[1:]
    while len(parts) > 1 and parts[-1].lower() in COMPANY_WORDS:
        parts = parts[:-1]
    return " ".join(parts) if len(parts) > 1 or parts[0].lower() not in COMPANY_WORDS else ""


def _pairs(view: View) -> Iterator[tuple[int, int, str, str]]:
    """Two capitalised words in a row; the second with what belongs to it (`Osei-Bonsu`, `McKeever`)."""
    words = view.capitals
    for one, two in itertools.pairwise(words):
        if two[0] == one[1] + 1 and view.text[one[1]] == " ":
            yield one[0], two[1], one[2], two[2]


def _alone(view: View, start: int, end: int) -> bool:
    """Does the pair stand alone on its line, as a signature does?"""
    before = view.text[:start].rpartition("\n")[2].strip(" \t>*_-~")
    after = view.text[end:].partition("\n")[0].strip(" \t*_,.")
    return not before and not after


def _greeted(view: View, start: int, end: int) -> bool:
    return view.text[end : end + 1] in (",", "!", ".", ":", ";", "?", "\n", ")", "") or view.text[
        end : end + 2
    ] in (" -", " –")


def _starts_sentence(view: View, start: int) -> bool:
    before = view.text[max(0, start - 4) : start].rstrip(" *_\t>")
    return not before or before[-1] in ".!?\n:|"


def _in_code_word(data: bytes, start: int, end: int) -> bool:
    """Is the word part of an identifier, a path or a call?"""
    left, right = data[start - 1 : start], data[end : end + 1]
    return (
        (start > 0 and left in b"./\\_=$-@#")
        or right in (b"(", b"_", b"/", b"\\", b"=")
        or (right == b"." and data[end + 1 : end + 2].isalpha())
        or (right == b"-" and data[end + 1 : end + 2].islower())
    )


def _locals(view: View, know: _Knowledge, full: dict[tuple[int, int], str]) -> Iterator[Hit]:
    """`lucia.ferreyra@…` makes Lucia, Ferreyra and their pair people wherever they stand."""
    words: set[str] = set()
    if b"@" not in view.data:
        return
    for match in LOCAL.finditer(view.data):
        for part in (
            view.low[slice(*match.span(1))].partition("+")[0].replace("_", ".").replace("-", ".").split(".")
        ):
            if len(part) >= 3 and part not in COMPANY_WORDS and not know.everyday(part):
                words.add(part)
                words.add(part[1:])
    if not words:
        return
    for start, end, written in view.capitals:
        word = written.lower()
        if (
            word in words
            and len(word) >= 4
            and not know.everyday(word)
            and not _in_code_word(view.data, start, end)
        ) and not any(s <= start and end <= e for s, e in full):
            yield Hit("name-of-address", "person_first", start, end)


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "Reported by «Siobhan McKeever» today",
    "CE is «Kwame Osei-Bonsu».",
    "«Yuki Tanabe» reports that search is slow",
    "Author: «Will Chance» <w@quandel.io>",
    "Hi «Grant», thanks for the call",
    "Spoke with «Rose Field» on Zoom",
    "Thanks, «Priya»!",
    "According to «Ngozi» it works",
    "Regards,\n«Wolfgang Sieber»",
)
IGNORES = (
    "Grant access to the user.",
    "Will it work? Mark as done.",
    "May I ask for help from Support?",
    "Hello World",
    "Prometheus, Grafana and Jaeger show nothing.",
    "Thanks for the report.",
    "Reported by the customer.",
)
