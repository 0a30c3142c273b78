"""Floor 1: the words and phrases of issues, for `suggest.py`: title and prose, without inflections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.policy.schema import Policy
from bot.rules.routing_index import inflections
from bot.rules.routing_lexicon import Lexicon
from bot.rules.routing_report import Case
from bot.rules.text import Reader, fold, phrase, words

Term = tuple[str, ...]

_LONGEST = 3  # words of a phrase
_SHORTEST = 3  # letters of a word
_FUNCTION_WORDS = """
a about after all also am an and any are as at be because been before but by can cannot could did do does
doing done don for from get gets had has have having he her here his how however i if in into is isn it
its just like may me more most my need no not now of off on one only or other our out over own same see
seems she should so some such than that the their them then there these they this those through to too
two under until up us use used using very was we were what when where which while who why will with would
yet you your
"""


def read(
    policy: Policy, lexicon: Lexicon, cases: Sequence[Case]
) -> tuple[list[frozenset[Term]], list[frozenset[int]]]:
    """Of each issue: the words and phrases of its title and prose, and the words of the policy in them."""
    reader = Reader(policy.routing.template, policy.routing.context)
    texts = [_prose(reader, case) for case in cases]
    base: dict[str, str] = {}
    vocabulary = {word for text in texts for piece in text for word in piece}
    for word in sorted(vocabulary, key=lambda word: (len(word), word)):
        for form in inflections(word):
            base.setdefault(form, base.get(word, word))
    customers = {
        word for slug, one in policy.customers.items() for name in (slug, *one.names) for word in phrase(name)
    }
    useless = {word for word in base if len(word) < _SHORTEST or not word.isascii() or not word.isalnum()}
    useless |= {word for word in base if word.isdigit()} | set(_FUNCTION_WORDS.split()) | customers
    terms = [frozenset(term for piece in text for term in _phrases(piece, base, useless)) for text in texts]
    known = [
        frozenset(number for piece in text for number, _, _ in lexicon.index.find(piece)) for text in texts
    ]
    return terms, known


def _prose(reader: Reader, case: Case) -> list[list[str]]:
    """The words of the title and of each piece of prose."""
    folded = fold(case.body)
    pieces = [folded[start:end] for zone, start, end in reader.pieces(case.body, folded) if zone == "body"]
    return [words(text) for text in (fold(case.title), *pieces)]


def _phrases(tokens: Sequence[str], base: Mapping[str, str], useless: set[str]) -> Iterator[Term]:
    """Words and phrases without inflections; none begins or ends with a word that says nothing."""
    roots = [base[token] for token in tokens]
    for start, root in enumerate(roots):
        if root in useless or tokens[start] in useless:
            continue
        for end in range(start + 1, min(start + _LONGEST, len(roots)) + 1):
            if roots[end - 1] not in useless and tokens[end - 1] not in useless:
                yield tuple(roots[start:end])
