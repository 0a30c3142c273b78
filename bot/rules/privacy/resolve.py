"""Floor 1: which of several overlapping hits speaks: an address for the names inside it, and so on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from bot.rules.privacy.finding import Hit, Kind, Mode, severity_of

#: what lies inside one of these is said by it
_CONTAINERS: frozenset[Kind] = frozenset(
    (
        "email",
        "url",
        "internal_link",
        "image",
        "private_asset",
        "host",
        "repo",
        "cloud_id",
        "home_path",
        "directory",
    )
)
_NEVER_INSIDE: frozenset[Kind] = frozenset(("secret", "quote", "contract"))
_PEOPLE: frozenset[Kind] = frozenset(("person", "person_first", "unknown_word", "customer_typo"))


def resolved(hits: list[Hit], mode: Mode) -> list[Hit]:
    """Hits without those that another one already says: names inside addresses, people inside customers."""
    hits = _merged([h for h in hits if severity_of(h, mode) is not None])
    outer = [h for h in hits if h.kind in _CONTAINERS and (h.sure or mode == "watch")]
    customers = [h for h in hits if h.kind in ("customer", "customer_other") and h.rule != "customer-brand"]
    slip_at = _overlapping([h for h in hits if h.kind == "customer_typo"])
    kept: list[Hit] = []
    outer_at = _covering(outer)
    secret_at = _covering([h for h in hits if h.kind == "secret"])
    customer_at = _overlapping(customers)
    typo_at = _overlapping(
        [
            h
            for h in hits
            if h.kind in ("customer_typo", "person", "person_first", "customer", "customer_other")
        ]
    )
    for hit in hits:
        if hit.kind not in _NEVER_INSIDE and (outer_at(hit) or secret_at(hit)):
            continue
        if hit.kind in _PEOPLE and customer_at(hit):
            continue
        if (hit.kind in ("person", "person_first") or hit.rule == "customer-brand") and slip_at(hit):
            continue
        if hit.kind == "unknown_word" and typo_at(hit):
            continue
        kept.append(hit)
    return kept


def _merged(hits: list[Hit]) -> list[Hit]:
    """Overlapping hits of one kind become one; the longest gives the rule."""
    out: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.kind, h.start, -h.end)):
        last = out[-1] if out else None
        if last is not None and last.kind == hit.kind and hit.start < last.end:
            longer = max(last, hit, key=_weight)
            out[-1] = Hit(longer.rule, hit.kind, last.start, max(last.end, hit.end), last.sure or hit.sure)
        else:
            out.append(hit)
    return sorted(out, key=lambda h: (h.start, -h.end, h.kind))


def _weight(hit: Hit) -> tuple[int, bool]:
    """The longer hit names a range; of two alike the one that knows the format."""
    return hit.end - hit.start, not hit.rule.startswith(("assigned-", "authorization-", "url-", "curl-"))


def _covering(outer: list[Hit]) -> Callable[[Hit], bool]:
    """A test whether a hit lies within another one of a list (not itself); ranges of the list may nest."""
    spans = sorted({(h.start, h.end) for h in outer})
    reach: list[int] = []
    for _, end in spans:
        reach.append(max(end, reach[-1] if reach else 0))
    starts = [s for s, _ in spans]
    kinds = {(h.start, h.end, h.kind) for h in outer}

    def test(hit: Hit) -> bool:
        i = bisect_right(starts, hit.start) - 1
        if i < 0 or reach[i] < hit.end:
            return False
        if (hit.start, hit.end, hit.kind) not in kinds:
            return True
        wider = [
            (s, e)
            for s, e in spans[max(0, i - 8) : i + 1]
            if s <= hit.start and e >= hit.end and (s, e) != (hit.start, hit.end)
        ]
        return bool(wider)

    return test


def _overlapping(others: list[Hit]) -> Callable[[Hit], bool]:
    spans = sorted({(h.start, h.end) for h in others})
    starts = [s for s, _ in spans]

    def test(hit: Hit) -> bool:
        i = bisect_right(starts, hit.end - 1)
        return any(e > hit.start for _, e in spans[max(0, i - 4) : i])

    return test
