"""Floor 1: which of the policy's words stand in a text, found in one pass.

What holds: whole words only; regular inflections count (`clone`, `cloning`, `cloned`); a phrase hides
the words it is made of; a phrase is also found written together (`codeinsights`). The pass is a walk in
a trie of word ids: time is linear in the text, whatever the number of words in the policy.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from bot.rules.text import phrase

_VOWELS = "aeiou"
_JOINED_MIN = 7  # a shorter phrase written together may be another word


Hit = tuple[int, int, int]  # entry, and the stretch of tokens it stands on: start, end


class _Node:
    __slots__ = ("by_form", "entry", "next")

    def __init__(self) -> None:
        self.entry = -1
        self.next: dict[int, _Node] = {}
        self.by_form: dict[str, _Node] = {}  # the same, by every form of the word: one look a step in `find`


def inflections(word: str) -> set[str]:
    """The regular forms of an English word; names and short words get a plural at most."""
    forms = {word}
    if len(word) < 3 or not word.isalpha() or not word.isascii():
        return forms
    last, before = word[-1], word[-2]
    if last == "y" and before not in _VOWELS:
        forms |= {word[:-1] + "ies"}
    elif last in "sxz" or word[-2:] in {"ch", "sh"}:
        forms |= {word + "es"}
    else:
        forms |= {word + "s"}
    if len(word) < 4:
        return forms
    if last == "e":
        forms |= {word + "d", word[:-1] + "ing"}
    elif last == "y" and before not in _VOWELS:
        forms |= {word[:-1] + "ied", word + "ing"}
    else:
        forms |= {word + "ed", word + "ing"}
        if last not in "aeiouwxys" and before in _VOWELS and word[-3] not in _VOWELS:
            forms |= {word + last + "ed", word + last + "ing"}
    return forms


class Index:
    """Compiled once from the phrases of the policy; `find` returns the hits in a list of words."""

    def __init__(self, phrases: Iterable[str], silent: Container[int] = ()) -> None:
        """`phrases[i]` becomes entry i; a phrase given twice, in whatever form, is the first entry.

        `silent` phrases say nothing: they only hide the words in them, and a single word has none.
        """
        self.entries: list[int] = []  # phrase number → entry number (the first phrase that reads the same)
        split = [phrase(text) for text in phrases]
        joined = {
            "".join(parts): parts
            for parts in split
            if len(parts) > 1 and all(p.isalpha() for p in parts) and len("".join(parts)) >= _JOINED_MIN
        }
        self._ids: dict[str, int] = {}
        vocabulary = {word for parts in split for word in parts} | joined.keys()
        for word in sorted(vocabulary, key=lambda word: (len(word), word)):  # `index` before `indexing`
            self._add_word(word)
        self._root: dict[int, _Node] = {}
        for number, parts in enumerate(split):
            self.entries.append(self._insert(parts, number))
        for single, parts in joined.items():
            self._insert((single,), self._insert(parts, -1))
        forms: dict[int, list[str]] = {}
        for form, word_id in self._ids.items():
            forms.setdefault(word_id, []).append(form)
        self._begins = {
            form: node
            for form, node in _by_form(self._root, forms).items()
            if node.next or node.entry not in silent
        }

    def _add_word(self, word: str) -> None:
        """Give a word and its forms one id; a word that is a form of a shorter one is that one."""
        known = self._ids.get(word)
        number = len(self._ids) if known is None else known
        for form in inflections(word):
            self._ids.setdefault(form, number)

    def _insert(self, parts: tuple[str, ...], entry: int) -> int:
        """Put a phrase in the trie and return the entry that stands there."""
        if not parts:
            return entry
        level = self._root
        node = _Node()
        for part in parts:
            node = level.setdefault(self._ids[part], _Node())
            level = node.next
        if node.entry < 0:
            node.entry = entry
        return node.entry

    def ids(self, text: str) -> tuple[int, ...]:
        """A phrase of the policy as word ids: forms of one word are one id."""
        return tuple(self._ids[part] for part in phrase(text))

    def find(self, tokens: list[str]) -> list[Hit]:
        """At each word the longest phrase that begins there, unless it lies inside the one before."""
        hits: list[Hit] = []
        count, covered = len(tokens), 0
        for at, node in enumerate(map(self._begins.get, tokens)):
            if node is None:
                continue
            entry = node.entry
            level = node.by_form
            end = here = at + 1
            while level and here < count:
                node = level.get(tokens[here])
                if node is None:
                    break
                level = node.by_form
                here += 1
                if node.entry >= 0:
                    entry, end = node.entry, here
            if entry >= 0 and end > covered:
                hits.append((entry, at, end))
                covered = end
        return hits


def _by_form(level: dict[int, _Node], forms: dict[int, list[str]]) -> dict[str, _Node]:
    """A level of the trie by the forms of its words, and all levels below it."""
    for node in level.values():
        node.by_form = _by_form(node.next, forms)
    return {form: node for word, node in level.items() for form in forms[word]}
