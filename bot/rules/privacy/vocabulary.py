"""Floor 1: the words that public text about the product uses; a capitalised word outside of them may be a
name.

`rfh-bot vocabulary DIR` builds the list from a folder of public documents and writes it beside this module;
nothing is copied from a dictionary. A word counts when it occurs often enough in lower case, or capitalised
in several documents (product names); people's first names do not count however often documents thank them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from bot.rules.privacy.first_names import FIRST_NAMES

#: at least this often in lower case
LEAST_COUNT = 3
#: a word that documents only ever capitalise: at least this often, in at least this many documents
LEAST_CAPITAL_COUNT = 6
LEAST_DOCUMENTS = 12
LONGEST = 24

_TAG = re.compile(r"<(?:script|style)\b[^>]*>.*?</(?:script|style)>|<[^>]{0,2000}>", re.S)
#: addresses, links, handles and credits are where people's names stand in public documents
_PEOPLE = re.compile(
    r"\S*[@/]\S*|^.*(?:copyright|author|contributed by|signed-off-by|reported by|patch by|thanks to"
    r"|maintainer).*$",
    re.I | re.M,
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_HUMPS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(text: str) -> Iterator[str]:
    """The words of one document as written, the parts of identifiers (`repoUpdater`) as words of their
    own.
    """
    for match in _WORD.finditer(_PEOPLE.sub(" ", _TAG.sub(" ", text))):
        word = match[0].removesuffix("'s")
        if word.isascii():
            yield word
            parts = _HUMPS.findall(word)
            if len(parts) > 1:
                yield from (p for p in parts if len(p) > 2)


def build(documents: Iterable[str]) -> list[str]:
    """The vocabulary of a set of documents: lower case, sorted, unique."""
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for document in documents:
        seen: set[str] = set()
        for word in words_of(document):
            low = word.lower()
            if not 2 <= len(low) <= LONGEST:
                continue
            (lower if word == low else capital)[low] += 1
            seen.add(low)
        spread.update(seen)
    kept = {w for w, n in lower.items() if n >= LEAST_COUNT}
    kept |= {
        w for w, n in capital.items() if n + lower[w] >= LEAST_CAPITAL_COUNT and spread[w] >= LEAST_DOCUMENTS
    }
    return sorted(kept - FIRST_NAMES)


def parse(data: str) -> frozenset[str]:
    """Read the list back; `#` lines are comments."""
    return frozenset(line for line in data.split("\n") if line and not line.startswith("#"))
