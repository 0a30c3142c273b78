"""Floor 1: people without a language model: cues, first names, e-mail local parts, and what one mention says
of others.

A name beside a cue ("reported by", "CE is", `<mail>`) is a person; its parts are then looked for in the
whole text. Capitalised words count, never what the public vocabulary knows, unless a cue stands right
beside them: "Grant Holloway" is a person, "Grant access" is not.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Set
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
    HALF,
    INITIAL,
    JOINED_NAME,
    MODALS,
    PEOPLE_CUES,
    PERSONS_VERB,
    SURE_NAMES,
    WEAK_CUES,
    WRITTEN_NAMES,
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

    def company(self, words: str) -> bool:
        return all(word in COMPANY_WORDS for word in words.lower().split())

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
    view: View,
    public: Set[str],
    own_words: Set[str],
    in_link: Callable[[int], bool],
    addresses: Iterable[str] = (),
) -> Iterator[Hit]:
    """Full names (`person`) and bare first names (`person_first`); `addresses`: the text's private ones."""
    know = _Knowledge(public, own_words)
    if addresses or any(know.plausible(w) for _, _, w in view.capitals) or INITIAL.search(view.data):
        full = {span: words for span, words in _full_names(view, know).items() if not in_link(span[0])}
        yield from _said(view, know, full, in_link, addresses)
    yield from _identifiers(view, know, in_link)


def _full_names(view: View, know: _Knowledge) -> dict[tuple[int, int], str]:
    """Names beside a cue (also single ones), and pairs that begin with a first name."""
    full: dict[tuple[int, int], str] = {}

    def take(pattern: re2._Regexp[bytes], strict: bool) -> None:
        for match in pattern.finditer(view.data):
            start, end = match.span(1)
            words = _without_cue(view.text[start:end].rstrip(" -"))
            at = view.text.find(words, start, end) if words else -1
            if at >= 0 and (know.personal(words) if strict else not know.company(words)):
                full[at, at + len(words)] = words

    for pattern in FULL_NAMES:
        take(pattern, strict=True)
    for pattern, needles in SURE_NAMES:
        if any(needle in view.low for needle in needles):
            take(pattern, strict=False)
    for pattern, first in WRITTEN_NAMES:
        for match in pattern.finditer(view.data):
            name = view.text[slice(*match.span())]
            rest = match.group(2).decode() if first else match.group(1).decode()
            begins = know.first(match.group(first).decode()) if first else True
            if begins and not know.everyday(rest) and rest.lower() not in know.own_words:
                full[match.span()] = name
    for start, end, one, two in _pairs(view):
        if two.lower() in COMPANY_WORDS or one.lower() in COMPANY_WORDS or two.lower() in know.own_words:
            continue
        alone = _alone(view, start, end)
        likely = two.lower() in EVERYDAY_NAMES or not know.everyday(two)
        known = know.first(one) and (alone or likely)
        if known or (alone and likely and one.lower() in EVERYDAY_NAMES):
            full[start, end] = view.text[start:end]
    return full


def _said(
    view: View,
    know: _Knowledge,
    full: dict[tuple[int, int], str],
    in_link: Callable[[int], bool],
    addresses: Iterable[str],
) -> Iterator[Hit]:
    """The full names, then every single name that they, a cue, a verb or an address make one."""
    parts_of: set[str] = set()
    singles: set[tuple[int, int]] = set()
    whole: list[tuple[int, int]] = []
    for span, words in sorted(full.items()):
        parts = [p for p in words.replace("-", " ").split() if len(p.strip(".,")) > 1]
        if len(parts) < 2 and not words[:2].endswith("."):
            singles.add(span)
            continue
        whole.append(span)
        yield Hit("person-name", "person", *span)
        parts_of |= {p.strip(",").capitalize() for p in parts[:1]}
        parts_of |= {p.strip(",").capitalize() for p in parts[1:] if len(p) > 3 and not know.everyday(p)}
    covered = _cover(whole)
    singles |= _cued(view, know)
    for start, end, word in view.capitals:
        told = word in parts_of
        low = word.lower()
        called = view.data[end : end + 1] == b"("
        unlikely = low in know.public and (_starts_sentence(view, start) or called)
        named = know.first(word) and low not in know.public and low not in know.own_words
        if (named or (told and not unlikely)) and not _in_code_word(view.data, start, end):
            singles.add((start, end))
    for start, end in sorted(singles):
        if not covered(start, end) and not in_link(start):
            yield Hit("first-name", "person_first", start, end)
    locals_ = _address_words(addresses, know)
    for start, end, word in view.capitals if locals_ else ():
        likely = word.lower() in locals_ and len(word) >= 4 and not know.everyday(word)
        likely = likely and not covered(start, end) and (start, end) not in singles
        if likely and not _in_code_word(view.data, start, end):
            yield Hit("name-of-address", "person_first", start, end)
    surnames = {p.lower() for p in parts_of} | locals_
    yield from _echoes(view, {p for p in surnames if len(p) >= 5 and not know.everyday(p)}, in_link)


def _cover(spans: list[tuple[int, int]]) -> Callable[[int, int], bool]:
    """A test whether a range lies within one of some ordered ranges."""
    starts = [s for s, _ in spans]

    def test(start: int, end: int) -> bool:
        i = bisect_right(starts, start)
        return any(e >= end for _, e in spans[max(0, i - 3) : i])

    return test


def _cued(view: View, know: _Knowledge) -> set[tuple[int, int]]:
    """Single names after a cue ("thanks, Priya") or before what people do ("Grant mentioned")."""
    found: set[tuple[int, int]] = set()
    for match in AFTER_CUE.finditer(view.data):
        start, end = match.span(1)
        word = view.low[start:end]
        cue = view.low[match.start() : start].strip(" \t:,*_\"'(@")
        weak = cue in WEAK_CUES
        if word in COMPANY_WORDS or word in FIRST_STOP or word in know.own_words:
            continue
        if word in EVERYDAY_NAMES:
            told = cue.replace(" ", "_") in PEOPLE_CUES or _greeted(view, end)
            if weak or (word in know.public and not told):
                continue
        elif not know.first(view.text[start:end]) and (weak or know.everyday(word)):
            continue
        found.add((start, end))
    for match in BEFORE_VERB.finditer(view.data):
        start, end = match.span(1)
        word = view.low[start:end]
        if word in COMPANY_WORDS or word in FIRST_STOP or word in know.own_words:
            continue
        if word in EVERYDAY_NAMES:
            # "Will" and "Mark" begin sentences; what follows must be something that only people do
            if _starts_sentence(view, start) and word in MODALS and not PERSONS_VERB.match(view.data, end):
                continue
        elif know.everyday(word) and not know.first(view.text[start:end]):
            continue
        found.add((start, end))
    return found


def _echoes(view: View, surnames: set[str], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """A surname of the text inside an identifier: `lferreyra`, `ferreyra_lucia`, `feature/ferreyra`."""
    for surname in surnames:
        at = view.low.find(surname)
        while at >= 0:
            end = at + len(surname)
            begin = at
            if begin and view.low[begin - 1].isalpha() and not view.low[max(0, begin - 2)].isalpha():
                begin -= 1
            edged = begin == 0 or not view.low[begin - 1].isalpha()
            edged = edged and not view.low[end : end + 1].isalpha()
            if edged and view.text[at].islower() and view.low[end : end + 1] != "@" and not in_link(at):
                yield Hit("name-in-identifier", "person_first", begin, end)
            at = view.low.find(surname, end)


def _identifiers(view: View, know: _Knowledge, in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """`nadia.petrovskaya`, `lucia-ferreyra`: a first name joined to a word that is none of the product's."""
    for match in JOINED_NAME.finditer(view.text):
        start, end = match.span()
        one, two = match[1], match[2]
        if one not in FIRST_NAMES or one in know.public or know.everyday(two) or two in know.own_words:
            continue
        if not in_link(start) and view.data[end : end + 1] not in (b"(", b"@"):
            yield Hit("name-in-identifier", "person", start, end)


def _without_cue(words: str) -> str:
    """A name without a cue word the pattern took for its first part (`Contact Jane Doe`, `Thanks Jane`)."""
    parts = words.split(" ")
    while len(parts) > 1 and parts[0].lower().rstrip(".") in CUE_WORDS:
        parts = parts[1:]
    while len(parts) > 1 and parts[-1].lower() in COMPANY_WORDS:
        parts = parts[:-1]
    return " ".join(parts) if len(parts) > 1 or parts[0].lower() not in COMPANY_WORDS else ""


def _pairs(view: View) -> Iterator[tuple[int, int, str, str]]:
    """Two capitalised words in a row; the second with its other half (`Osei-Bonsu`)."""
    for one, two in itertools.pairwise(view.capitals):
        if two[0] == one[1] + 1 and view.text[one[1]] == " ":
            half = HALF.match(view.data, two[1])
            yield one[0], half.end() if half else two[1], one[2], two[2]


def _alone(view: View, start: int, end: int) -> bool:
    """Does the pair stand alone on its line or in its table cell, as a signature does?"""
    line = view.text.rfind("\n", 0, start) + 1
    stop = view.text.find("\n", end)
    before = view.text[max(line, start - 80) : start].rpartition("|")[2].strip(" \t>*_-~•")
    rest = view.text[end : len(view.text) if stop < 0 else min(stop, end + 80)]
    return not before and not rest.partition("|")[0].strip(" \t*_,.")


def _greeted(view: View, end: int) -> bool:
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


def _address_words(addresses: Iterable[str], know: _Knowledge) -> set[str]:
    """`lucia.ferreyra@…` makes Lucia and Ferreyra people wherever they stand; `lferreyra@…` Ferreyra."""
    words: set[str] = set()
    for address in addresses:
        local = address.partition("@")[0].partition("+")[0].replace("_", ".").replace("-", ".")
        for part in local.split("."):
            if part.isalpha() and len(part) >= 3 and part not in COMPANY_WORDS and not know.everyday(part):
                words |= {part, part[1:]}
    return words


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
