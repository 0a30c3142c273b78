"""Floor 1: customer names: every spelling of every `customer/*` label, in one Aho-Corasick pass.

The text is squeezed to its letters and digits, so that `oakhaven-bank`, `Oakhaven Bank`, `OAKHAVEN_BANK`,
`oakhavenbank.com` and `getOakhavenBankUsers` are one string; each hit is then checked in the text: are the
edges edges, and are the gaps where the name has gaps? Names that are ordinary words (Square, Target) need a
cue beside them; one typo is forgiven for the issue's own customer only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property

import ahocorasick_rs

from bot.rules.privacy.cues import Place, capital_cue, ordinary_cue
from bot.rules.privacy.finding import Hit
from bot.rules.privacy.first_names import EVERYDAY_NAMES, FIRST_NAMES
from bot.rules.privacy.listed import listed
from bot.rules.privacy.normalise import View, normalise
from bot.rules.privacy.ordinary import ORDINARY_WORDS

_LEGAL = listed(
    "inc llc ltd limited gmbh corp corporation co plc ag sa bv ab oy pty kg sarl srl spa nv as se company"
)
_DOMAIN_ENDS = (".com", ".io", ".ai", ".net", ".org", ".app", ".dev", ".co")
_CHUNK = re.compile(r"[^\W_]+")
_SEPARATOR = re.compile(r"[ \t\n]?(?:[-_./&'+:|]|\*{1,2}|and)?[ \t\n]?")
_UMLAUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "aa", "ø": "oe"}
)
_WORDS = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Name:
    """One spelling: its letters squeezed together, where gaps may be, and how careful to be with it."""

    slug: str
    squeezed: str
    cuts: frozenset[int]
    ordinary: bool = False  # an everyday word: needs a cue
    phrase: bool = False  # everyday words in a row: need their capitals
    free: bool = False  # so distinctive that it counts inside an identifier without edges
    brand: bool = False  # the first word of a longer name
    compound: bool = False  # two everyday words in one (Workday): in plain prose it may be just that


@dataclass(frozen=True, slots=True)
class _Squeezed:
    """A text without anything but letters and digits, and where its runs stand in the text."""

    text: str
    starts: list[int]
    origins: list[int]

    @classmethod
    def of(cls, text: str) -> _Squeezed:
        parts: list[str] = []
        starts: list[int] = []
        origins: list[int] = []
        length = 0
        for run in _CHUNK.finditer(text):
            parts.append(run[0])
            starts.append(length)
            origins.append(run.start())
            length += len(run[0])
        return cls("".join(parts), starts, origins)

    def places(self, start: int, end: int) -> list[int]:
        """Where the characters of a range stand in the text."""
        found: list[int] = []
        run = bisect_right(self.starts, start) - 1
        while start < end:
            stop = self.starts[run + 1] if run + 1 < len(self.starts) else end
            first = self.origins[run] + start - self.starts[run]
            found.extend(range(first, first + min(stop, end) - start))
            start, run = stop, run + 1
        return found


@dataclass(frozen=True)
class NameIndex:
    """All spellings of all customers, compiled once per set of labels."""

    names: tuple[Name, ...]
    automaton: ahocorasick_rs.AhoCorasick | None = field(repr=False)
    public: Set[str] = field(repr=False, default=frozenset())

    @cached_property
    def by_slug(self) -> Mapping[str, list[Name]]:
        found: dict[str, list[Name]] = {}
        for name in self.names:
            found.setdefault(name.slug, []).append(name)
        return found

    @classmethod
    def build(
        cls,
        slugs: Iterable[str],
        aliases: Mapping[str, Iterable[str]],
        public_words: Set[str],
        ordinary: Set[str] = frozenset(),
    ) -> NameIndex:
        """Compile label slugs (`oakhaven-bank`, with or without `customer/`) and their other names from
        policy.
        """
        found: dict[tuple[str, str], Name] = {}
        for label in sorted(set(slugs)):
            slug = label.removeprefix("customer/")
            for name in _spellings(slug, [slug, *aliases.get(slug, ())], public_words, ordinary):
                known = found.get((slug, name.squeezed))
                if known is None or known.brand:
                    found[slug, name.squeezed] = name
        names = tuple(found.values())
        automaton = ahocorasick_rs.AhoCorasick([n.squeezed for n in names]) if names else None
        return cls(names, automaton, public_words)

    def scan(self, view: View, own: Set[str], watch: bool) -> Iterator[Hit]:
        """Every place of a customer's name; `own`: the slugs of the issue's own labels."""
        if self.automaton is None:
            return
        squeezed = _Squeezed.of(view.low)
        waiting: list[tuple[Name, Place]] = []
        evident: set[str] = set()
        for which, start, end in self.automaton.find_matches_as_indexes(squeezed.text, overlapping=True):
            name = self.names[which]
            places = squeezed.places(start, end)
            if not _gaps_fit(view, places, name):
                continue
            place = Place(view, places[0], places[-1] + 1)
            if not _edges_fit(place, name):
                continue
            if name.ordinary or name.phrase or len(name.squeezed) <= _SHORT:
                is_own = name.slug in own
                if (span := ordinary_cue(place, is_own, watch)) is not None:
                    if not name.phrase:
                        evident.add(name.slug)
                    yield _hit(name, own, *span)
                elif _stands_alone(name, place, is_own):
                    yield _hit(name, own, place.start, place.end)
                else:
                    waiting.append((name, place))
                continue
            prose = name.compound and place.word.islower() and place.before[-1:] == " "
            doubtful = prose and not place.after[:1].strip()
            yield _hit(name, own, place.start, place.end, doubtful=doubtful)
        for name, place in waiting:
            known = name.slug in evident or (name.slug in own and not watch)
            if known and not name.phrase and capital_cue(place):
                yield _hit(name, own, place.start, place.end)

    def typos(self, view: View, own: Set[str]) -> Iterator[Hit]:
        """Words one slip away from the own customer's name: a swap, a letter more, less or other."""
        names = [
            n for slug in own for n in self.by_slug.get(slug, ()) if len(n.squeezed) >= 5 and not n.brand
        ]
        if not names:
            return
        for name in names:
            count = len(name.cuts) + 1
            size = len(name.squeezed)
            for start, _, _ in view.capitals:
                words = list(_WORDS.finditer(view.text, start, start + size + 2 * count + 4))[:count]
                text = "".join(word[0] for word in words).replace("'", "").lower()
                if len(words) < count or abs(len(text) - size) > 1 or text == name.squeezed:
                    continue
                if text[0] != name.squeezed[0] and text[1] != name.squeezed[1]:
                    continue
                common = text in self.public or text in ORDINARY_WORDS or text.rstrip("s") == name.squeezed
                if not (count == 1 and common) and one_slip(text, name.squeezed):
                    yield Hit("customer-typo", "customer_typo", start, words[-1].end())


def one_slip(a: str, b: str) -> bool:
    """Are two different words one edit (insert, delete, replace, swap of neighbours) apart?"""
    if len(a) > len(b):
        a, b = b, a
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) + 1 == len(b):
        return a[at:] == b[at + 1 :]
    if len(a) != len(b) or at == len(a):
        return False
    swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    return a[at + 1 :] == b[at + 1 :] or swapped


def _hit(name: Name, own: Set[str], start: int, end: int, doubtful: bool = False) -> Hit:
    mine = name.slug in own
    sure = (not name.brand or mine) and not doubtful
    return Hit(
        "customer-brand" if name.brand else "customer-name",
        "customer" if mine or not own else "customer_other",
        start,
        end,
        sure,
    )


def _spellings(slug: str, written: list[str], public: Set[str], ordinary: Set[str]) -> Iterator[Name]:
    """Every spelling worth looking for of one customer."""
    for name in written:
        for form in {name, name.translate(_UMLAUT), name.replace("&", " and ")}:
            folded = normalise(form).low.replace("'", "")
            tokens = re.findall(r"[^\W_]+", folded)
            if not tokens:
                continue
            yield _name(slug, tokens, public, ordinary)
            if "and" in tokens[1:-1]:  # AT&T's label is `at-and-t`
                yield _name(slug, [t for t in tokens if t != "and"], public, ordinary)
            bare = tokens
            while len(bare) > 1 and bare[-1] in _LEGAL:
                bare = bare[:-1]
            if bare != tokens:
                yield _name(slug, bare, public, ordinary)
            brand = bare[0]
            if (
                len(bare) > 1
                and len(brand) >= 5
                and not _everyday(brand, public)
                and brand not in FIRST_NAMES
            ):
                yield Name(slug, brand, frozenset(), brand=True)


def _name(slug: str, tokens: list[str], public: Set[str], ordinary: Set[str]) -> Name:
    squeezed = "".join(tokens)
    cuts: set[int] = set()
    at = 0
    for token in tokens[:-1]:
        at += len(token)
        cuts.add(at)
    everyday = all(_everyday(t, public) for t in tokens) or slug in ordinary
    single = len(tokens) == 1
    return Name(
        slug,
        squeezed,
        frozenset(cuts),
        ordinary=everyday and single,
        phrase=everyday and not single,
        free=len(squeezed) >= 7 and not everyday,
        compound=single and not everyday and _compound(squeezed, public),
    )


def _compound(word: str, public: Set[str]) -> bool:
    """Is it two words of public text written as one?"""
    return any(word[:i] in public and word[i:] in public for i in range(3, len(word) - 2))


def _everyday(word: str, public: Set[str]) -> bool:
    return word in ORDINARY_WORDS or word in public or word in EVERYDAY_NAMES or word.isdigit()


def _gaps_fit(view: View, places: list[int], name: Name) -> bool:
    """Are the gaps of a squeezed hit where the name may have gaps (or between all its letters)?"""
    if places[-1] - places[0] == len(places) - 1:
        return True
    gaps = [k for k in range(1, len(places)) if places[k] != places[k - 1] + 1]
    text = view.text
    spaced_out = len(gaps) == len(places) - 1 and len(places) >= 4
    for k in gaps:
        between = text[places[k - 1] + 1 : places[k]]
        if len(between) > 4 or not _SEPARATOR.fullmatch(between):
            return False
        hump = len(name.squeezed) >= 8 and text[places[k]].isupper() and between in " -_"
        if k not in name.cuts and between not in ("'", "-\n") and not spaced_out and not hump:
            return False
    return True


def _stands_alone(name: Name, place: Place, own: bool) -> bool:
    """Does a name that is short, or made of everyday words, show by its writing that it is one?"""
    if name.ordinary:
        return False
    if not name.phrase:
        return place.upper or place.word[0].isupper()
    return place.capitals or _written_as_slug(place.word, own)


def _written_as_slug(word: str, own: bool) -> bool:
    """`general-electric`, `booking.com`: everyday words joined the way a label or a domain joins them."""
    if word.endswith(_DOMAIN_ENDS) and "." in word:
        return True
    joined = not any(c in word for c in " \t\n&.,'") and any(c in word for c in "-_")
    return joined and (own or len(word) >= 12 or word.count("-") + word.count("_") > 1)


def _edges_fit(place: Place, name: Name) -> bool:
    """Does the name begin and end where a word, a hump (`getAcmeUsers`) or a number does?"""
    text, start, end = place.view.text, place.start, place.end
    left = start == 0 or not text[start - 1].isalnum()
    left = (
        left
        or (text[start].isupper() and text[start - 1].islower())
        or (text[start - 1].isdigit() and len(name.squeezed) > 4)
    )
    right = end == len(text) or not text[end].isalnum()
    right = (
        right
        or (text[end].isupper() and text[end - 1].islower())
        or (text[end].isdigit() and len(name.squeezed) > _SHORT)
    )
    right = right or (
        text[end] == "s" and (end + 1 == len(text) or not text[end + 1].isalnum()) and not name.ordinary
    )
    return (left and right) or name.free


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "«Oakhaven Bank» reports an error",
    "the label «oakhaven-bank» is set",
    "«OAKHAVEN_BANK»_TOKEN is empty",
    "getUsersOf«OakhavenBank»Team()",
    "«O'Connell Group» and «oconnell-group»",
    "«Quan​del» and «Qu&shy;andel» and «ＱＵＡＮＤＥＬ»",
    "svc-«quandel»-gitserver-0",
    "«Q-u-a-n-d-e-l» in letters",
    "x«quandel»prod",
)
IGNORES = (
    "The bank of oaks",
    "oak haven banks",
    "group connell",
    "A quand element",
)
