"""Floor 1: which customer an answer means: an existing ``customer/…`` label, or one that policy knows.

Handbook, step 4: "Label it with customer/$name"; a customer includes those in the sales process. Names are
compared without case, spaces, punctuation and company suffixes. An unknown customer is asked about, never
invented.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import re2

from bot.policy.schema import Policy
from bot.rules.intake_text import bare, label_key

_SEVERAL = re2.compile(r"(?i)[,;/&\n]|\s+and\s+|\s\+\s")
_NEAR = 3
_COMPARED = 60  # characters of a name that near matches are looked for with


@dataclass(frozen=True, slots=True)
class CustomerReading:
    """`labels` are canonical; more than one when the answer names several."""

    labels: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


class CustomerReader:
    def __init__(self, policy: Policy) -> None:
        self._prefix = policy.labels.customer_prefix
        self._suffixes = frozenset(bare(suffix) for suffix in policy.intake.company_suffixes)
        self._names: dict[str, str] = {}
        for slug, customer in policy.customers.items():
            for name in (slug, *customer.names):
                self._names.setdefault(self._key(name), self._prefix + slug)

    def on(self, labels: Iterable[str]) -> tuple[str, ...]:
        """The customer labels among an issue's labels."""
        prefix = self._prefix.casefold()
        return tuple(label for label in labels if label.casefold().startswith(prefix))

    def read(self, text: str, catalogue: Sequence[str]) -> CustomerReading:
        """`catalogue`: the repository's customer labels."""
        existing = {label.casefold(): label for label in catalogue}
        known: dict[str, str] = {self._key(label): label for label in catalogue}
        for key, label in self._names.items():
            known.setdefault(key, existing.get(label.casefold(), label))
        whole = known.get(self._key(text))
        if whole is not None:
            return CustomerReading((whole,))
        parts = [part for part in map(self._key, _SEVERAL.split(text)) if part]
        found = tuple(dict.fromkeys(known[part] for part in parts if part in known))
        if found:
            return CustomerReading(found)
        return CustomerReading(near=self._near(text, known))

    def _key(self, name: str) -> str:
        """`customer/Northmere-Inc` and ``Northmere, Inc.`` are the same."""
        name = name.strip().strip("`*_ ")
        if name.casefold().startswith(self._prefix.casefold()):
            name = name[len(self._prefix) :]
        words = label_key(name).split()
        while len(words) > 1 and words[-1] in self._suffixes:
            words.pop()
        return "".join(words)

    def _near(self, text: str, known: Mapping[str, str]) -> tuple[str, ...]:
        near = difflib.get_close_matches(self._key(text)[:_COMPARED], list(known), n=_NEAR, cutoff=0.6)
        return tuple(dict.fromkeys(known[key] for key in near))
