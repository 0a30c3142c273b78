"""Floor 1: what hosts and people rules need to know of the customers' names."""

from __future__ import annotations

from collections.abc import Iterator, Set

from bot.rules.privacy.names import Name, NameIndex


class Customers:
    """A name index, and what host names and people need to know of it."""

    def __init__(self, index: NameIndex) -> None:
        self.index = index
        self._whole = frozenset(n.squeezed for n in index.names if len(n.squeezed) > 2)
        self._seen: dict[str, bool] = {}

    def words(self, own: Set[str]) -> Set[str]:
        """The words of the issue's own customers: capitalised, but no people."""
        names = [name for slug in own for name in self.index.by_slug.get(slug, ())]
        return {word for name in names for word in _tokens(name)}

    def named(self, host: str) -> bool:
        """Does a label of a host name (or a part of an identifier) name a customer?"""
        known = self._seen.get(host)
        if known is None:
            if len(self._seen) > 4096:
                self._seen.clear()
            known = self._seen[host] = any(self._label(part) for part in host.split("."))
        return known

    def _label(self, label: str) -> bool:
        squeezed = label.replace("-", "").replace("_", "")
        if squeezed in self._whole:
            return True
        if any(part in self._whole and len(part) > 3 for part in label.replace("_", "-").split("-")):
            return True
        if self.index.automaton is None or len(squeezed) < 7:
            return False
        found = self.index.automaton.find_matches_as_indexes(squeezed, overlapping=True)
        return any(self.index.names[which].free for which, _, _ in found)


def _tokens(name: Name) -> Iterator[str]:
    """The words a name was squeezed together from."""
    at = 0
    for cut in [*sorted(name.cuts), len(name.squeezed)]:
        yield name.squeezed[at:cut]
        at = cut
