"""Floor 1: the scanner: all rules over one text, then what each mode says about what they saw.

Guarantees: pure and deterministic; linear in the text (RE2 and Aho-Corasick; anchored trials are bounded); offsets are code
points of the text as given; findings carry no value. The shell passes in what needs files or processes: the vocabulary,
the public suffixes, the phone library (`Knowledge`), and what kingfisher saw (`external`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from bot.policy.privacy import Privacy
from bot.rules.privacy.assets import asset_hits
from bot.rules.privacy.contract import contract_hits
from bot.rules.privacy.finding import Finding, Hit, Kind, Mode, severity_of
from bot.rules.privacy.hosts import Hosts
from bot.rules.privacy.links import Link, link_hits
from bot.rules.privacy.names import NameIndex
from bot.rules.privacy.network import host_hits, ip_hits, mail_hits, package_hits, phone_hits
from bot.rules.privacy.normalise import View, normalise
from bot.rules.privacy.people import people_hits
from bot.rules.privacy.secrets import Secrets, decoded_parts
from bot.rules.privacy.secrets.looks import stands_in
from bot.rules.privacy.structure import quote_hits
from bot.rules.privacy.unknown import unknown_hits

_INDEXES = 8

#: what lies inside one of these is said by it
_CONTAINERS: frozenset[Kind] = frozenset(
    ("email", "url", "internal_link", "image", "private_asset", "host", "repo", "cloud_id", "home_path", "directory")
)
_NEVER_INSIDE: frozenset[Kind] = frozenset(("secret", "quote", "contract"))
_PEOPLE: frozenset[Kind] = frozenset(("person", "person_first", "unknown_word", "customer_typo"))


@dataclass(frozen=True)
class Knowledge:
    """What the pure rules need from outside: words, suffixes, and whether a number is a phone number."""

    vocabulary: Set[str] = frozenset()
    suffixes: Set[str] = frozenset()
    phone: Callable[[str, bool], bool] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the text: the mode, the issue's own `customer/*` labels, and all of the tracker's."""

    mode: Mode
    customer_labels: tuple[str, ...] = ()
    known_customers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class External:
    """A secret that another scanner saw: code points of the original text."""

    rule: str
    start: int
    end: int


class Scanner:
    """The compiled rules of one policy. Holds a few customer indexes; otherwise without state."""

    def __init__(
        self,
        policy: Privacy | None = None,
        knowledge: Knowledge | None = None,
        aliases: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        policy = policy or Privacy()
        knowledge = knowledge or Knowledge()
        self._aliases = dict(aliases or {})
        self._vocabulary = frozenset(knowledge.vocabulary)
        self._public = self._vocabulary | {w.lower() for w in policy.public_words}
        self._phone = knowledge.phone
        self._secrets = Secrets(self._public)
        self._hosts = Hosts.build(
            policy.public_hosts, policy.internal_hosts, policy.managed_domains, knowledge.suffixes
        )
        self._paths = tuple(p.lower() for p in policy.public_paths)
        self._mail = frozenset(m.lower() for m in policy.public_mail)
        self._ordinary = frozenset(policy.ordinary_names)
        self._ignored = frozenset(policy.ignore_customers)
        self._indexes: OrderedDict[frozenset[str], _Customers] = OrderedDict()

    def scan(self, text: str, context: Context, external: Iterable[External] = ()) -> tuple[Finding, ...]:
        """Everything private in a text, ordered by place. `external`: what kingfisher saw in the same text."""
        view = normalise(text)
        hits = _resolved(list(self._hits(view, context)), context.mode)
        findings: dict[tuple[int, int, Kind], Finding] = {}
        for hit in hits:
            severity = severity_of(hit, context.mode)
            if severity is not None:
                start, end = view.origin(hit.start, hit.end)
                findings.setdefault((start, end, hit.kind), Finding(start, end, hit.rule, hit.kind, severity))
        secrets = [f for f in findings.values() if f.kind in ("secret", "image")]
        for seen in external:
            if any(f.start < seen.end and seen.start < f.end for f in secrets) or stands_in(text[seen.start : seen.end]):
                continue
            found = Finding(seen.start, seen.end, seen.rule, "secret", "block")
            findings.setdefault((seen.start, seen.end, "secret"), found)
        return tuple(sorted(findings.values()))

    def _hits(self, view: View, context: Context) -> Iterator[Hit]:
        """Every rule over one view."""
        watch = context.mode == "watch"
        customers = self._customers(context)
        own = frozenset(c.removeprefix("customer/") for c in context.customer_labels)
        judged = list(link_hits(view, self._hosts, self._paths, customers.named))
        spans = [(link.start, link.end) for link, _ in judged]
        in_link = _inside(spans)
        yield from (hit for _, hit in judged if hit is not None)
        decoded = list(decoded_parts(view))
        yield from self._secrets.scan(view, decoded)
        mails = list(mail_hits(view, self._mail, in_link))
        yield from mails
        domains = self._private_domains(view, mails, judged)
        hosts = list(host_hits(view, self._hosts, domains, customers.named, in_link))
        hosts += package_hits(view, customers.named, in_link)
        yield from hosts
        public = _inside([(link.start, link.end) for link, hit in judged if hit is None or hit.kind == "unknown_link"])
        for hit in customers.index.scan(view, own, watch):
            if not public(hit.start):
                yield hit
            elif not watch:
                yield Hit(hit.rule, hit.kind, hit.start, hit.end, sure=hit.kind == "customer")
        yield from contract_hits(view, watch)
        yield from ip_hits(view)
        yield from phone_hits(view, self._phone, in_link)
        yield from asset_hits(view, customers.named)
        yield from people_hits(view, self._public, customers.words, in_link)
        if watch:
            return
        yield from quote_hits(view)
        yield from customers.index.typos(view, own)
        yield from unknown_hits(view, self._public, in_link)
        yield from self._encoded(decoded, context)

    def _encoded(self, decoded: list[tuple[int, int, View]], context: Context) -> Iterator[Hit]:
        """Private data inside base64 or hexadecimal, as the whole encoded range."""
        for start, end, inner in decoded:
            own = frozenset(c.removeprefix("customer/") for c in context.customer_labels)
            customers = self._customers(context)
            for hit in (
                *mail_hits(inner, self._mail, _nowhere),
                *host_hits(inner, self._hosts, frozenset(), customers.named, _nowhere),
                *(h for _, h in link_hits(inner, self._hosts, self._paths, customers.named) if h is not None),
                *customers.index.scan(inner, own, watch=True),
            ):
                if hit.sure and severity_of(hit, context.mode) == "block":
                    yield Hit("encoded-" + hit.rule, hit.kind, start, end)
                    break

    def _private_domains(self, view: View, mails: list[Hit], judged: list[tuple[Link, Hit | None]]) -> Set[str]:
        """Registrable domains that this text's addresses and links show to be private."""
        found: set[str] = set()
        for mail in mails:
            found.add(self._registrable(view.low[mail.start : mail.end].rpartition("@")[2]))
        for link, hit in judged:
            if hit is not None and hit.kind in ("url", "host"):
                found.add(self._registrable(link.host))
        return {d for d in found if d and not self._hosts.is_public(d) and d not in _MAIL_PROVIDERS}

    def _registrable(self, host: str) -> str:
        labels = host.split(".")
        if len(labels) < 2 or not self._hosts.is_domain(host):
            return ""
        two = len(labels) >= 3 and len(labels[-1]) == 2 and labels[-2] in ("co", "com", "net", "org", "gov", "ac", "edu")
        return ".".join(labels[-3 if two else -2 :])

    def _customers(self, context: Context) -> _Customers:
        """The index for a set of labels; the last few are kept (labels change rarely)."""
        labels = frozenset(c.removeprefix("customer/") for c in (*context.known_customers, *context.customer_labels))
        known = self._indexes.get(labels)
        if known is None:
            slugs = labels | self._aliases.keys()
            known = _Customers(
                NameIndex.build(slugs - self._ignored, self._aliases, self._public, self._ordinary)
            )
            self._indexes[labels] = known
            if len(self._indexes) > _INDEXES:
                self._indexes.popitem(last=False)
        else:
            self._indexes.move_to_end(labels)
        return known


_MAIL_PROVIDERS = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com mac.com proton.me protonmail.com aol.com gmx.de gmx.net gmx.com web.de yandex.ru mail.ru qq.com 163.com fastmail.com hey.com zoho.com".split()
)


class _Customers:
    """A name index, and what host names and people need to know of it."""

    def __init__(self, index: NameIndex) -> None:
        self.index = index
        self._whole = frozenset(n.squeezed for n in index.names if len(n.squeezed) > 2)
        self._within = tuple(sorted({n.squeezed for n in index.names if n.free}))
        self._within_any = None
        self.words = frozenset(
            word for n in index.names if not n.ordinary for word in _tokens(n.squeezed, n.cuts)
        )
        self._seen: dict[str, bool] = {}

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


def _tokens(squeezed: str, cuts: Set[int]) -> Iterator[str]:
    at = 0
    for cut in [*sorted(cuts), len(squeezed)]:
        yield squeezed[at:cut]
        at = cut


def _nowhere(_: int) -> bool:
    return False


def _inside(spans: list[tuple[int, int]]) -> Callable[[int], bool]:
    """A test whether a position is inside one of some ordered, disjoint ranges."""
    starts = [s for s, _ in spans]

    def test(at: int) -> bool:
        i = bisect_right(starts, at) - 1
        return i >= 0 and at < spans[i][1]

    return test


def _resolved(hits: list[Hit], mode: Mode) -> list[Hit]:
    """Hits without those that another one already says: names inside addresses, people inside customers."""
    hits = _merged([h for h in hits if severity_of(h, mode) is not None])
    outer = [h for h in hits if h.kind in _CONTAINERS and (h.sure or mode == "watch")]
    customers = [h for h in hits if h.kind in ("customer", "customer_other") and h.rule != "customer-brand"]
    slip_at = _overlapping([h for h in hits if h.kind == "customer_typo"])
    kept: list[Hit] = []
    outer_at = _covering(outer)
    secret_at = _covering([h for h in hits if h.kind == "secret"])
    customer_at = _overlapping(customers)
    typo_at = _overlapping([h for h in hits if h.kind in ("customer_typo", "person", "person_first", "customer", "customer_other")])
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
            longer = last if last.end - last.start >= hit.end - hit.start else hit
            out[-1] = Hit(longer.rule, hit.kind, last.start, max(last.end, hit.end), last.sure or hit.sure)
        else:
            out.append(hit)
    return sorted(out, key=lambda h: (h.start, -h.end, h.kind))


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
        wider = [(s, e) for s, e in spans[max(0, i - 8) : i + 1] if s <= hit.start and e >= hit.end and (s, e) != (hit.start, hit.end)]
        return bool(wider)

    return test


def _overlapping(others: list[Hit]) -> Callable[[Hit], bool]:
    spans = sorted({(h.start, h.end) for h in others})
    starts = [s for s, _ in spans]

    def test(hit: Hit) -> bool:
        i = bisect_right(starts, hit.end - 1)
        return any(e > hit.start for _, e in spans[max(0, i - 4) : i])

    return test
