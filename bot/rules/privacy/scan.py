"""Floor 1: the scanner: all rules over one text, then what each mode says about what they saw.

Guarantees: pure and deterministic; linear in the text (RE2 and Aho-Corasick; anchored trials are bounded);
offsets are code points of the text as given; findings carry no value. The shell passes in what needs files
or processes: the vocabulary, the public suffixes, the phone library (`Knowledge`), and what kingfisher saw
(`external`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

import re2

from bot.policy.privacy import Privacy
from bot.rules.privacy.assets import asset_hits
from bot.rules.privacy.contract import contract_hits
from bot.rules.privacy.customers import Customers
from bot.rules.privacy.finding import Finding, Hit, Kind, Mode, severity_of
from bot.rules.privacy.hosts import Hosts
from bot.rules.privacy.ip import ip_hits
from bot.rules.privacy.links import Link, link_hits
from bot.rules.privacy.listed import listed
from bot.rules.privacy.mail import mail_hits
from bot.rules.privacy.names import NameIndex
from bot.rules.privacy.network import host_hits, package_hits
from bot.rules.privacy.normalise import View, normalise
from bot.rules.privacy.people import people_hits
from bot.rules.privacy.phone import phone_hits
from bot.rules.privacy.resolve import resolved
from bot.rules.privacy.secrets import Secrets, decoded_parts, in_picture_link
from bot.rules.privacy.secrets.looks import stands_in
from bot.rules.privacy.structure import quote_hits
from bot.rules.privacy.unknown import unknown_hits

_INDEXES = 8
_HASH = re2.compile(rb"^(?:[0-9A-Fa-f]{7,128}|[0-9A-Fa-f]{8}-[0-9A-Fa-f-]{27})$")


@dataclass(frozen=True)
class Knowledge:
    """What the pure rules need from outside: words, suffixes, and whether a number is a phone number."""

    vocabulary: Set[str] = frozenset()
    suffixes: Set[str] = frozenset()
    phone: Callable[[str, bool], bool] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the text: the mode, the issue's own `customer/*` labels, and all of the
    tracker's.
    """

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
        self._indexes: OrderedDict[tuple[tuple[str, ...], tuple[str, ...]], Customers] = OrderedDict()

    def scan(self, text: str, context: Context, external: Iterable[External] = ()) -> tuple[Finding, ...]:
        """Everything private in a text, ordered by place. `external`: what kingfisher saw in the same
        text.
        """
        text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates: JSON may carry them
        view = normalise(text)
        hits = resolved(list(self._hits(view, context)), context.mode)
        findings: dict[tuple[int, int, Kind], Finding] = {}
        for hit in hits:
            severity = severity_of(hit, context.mode)
            if severity is not None:
                start, end = view.origin(hit.start, hit.end)
                findings.setdefault((start, end, hit.kind), Finding(start, end, hit.rule, hit.kind, severity))
        secrets = [f for f in findings.values() if f.kind in ("secret", "image")]
        for seen in external:
            known = any(f.start < seen.end and seen.start < f.end for f in secrets)
            if known or not _plausible(text, seen):
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
        public = _inside(
            [(link.start, link.end) for link, hit in judged if hit is None or hit.kind == "unknown_link"]
        )
        for hit in customers.index.scan(view, own, watch):
            if not public(hit.start):
                yield hit
            elif not watch:
                yield Hit(hit.rule, hit.kind, hit.start, hit.end, sure=hit.kind == "customer")
        yield from contract_hits(view, watch)
        yield from ip_hits(view)
        yield from phone_hits(view, self._phone, in_link)
        yield from asset_hits(view, customers.named)
        addresses = [view.low[mail.start : mail.end] for mail in mails if mail.rule == "email"]
        yield from people_hits(view, self._public, customers.words(own), in_link, addresses)
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

    def _private_domains(
        self, view: View, mails: list[Hit], judged: list[tuple[Link, Hit | None]]
    ) -> Set[str]:
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
        two = (
            len(labels) >= 3
            and len(labels[-1]) == 2
            and labels[-2] in ("co", "com", "net", "org", "gov", "ac", "edu")
        )
        return ".".join(labels[-3 if two else -2 :])

    def _customers(self, context: Context) -> Customers:
        """The index for a set of labels; the last few are kept (labels change rarely)."""
        unlisted = tuple(own for own in context.customer_labels if own not in context.known_customers)
        key = (context.known_customers, unlisted)
        known = self._indexes.get(key)
        if known is None:
            labels = {label.removeprefix("customer/") for part in key for label in part}
            slugs = (labels | self._aliases.keys()) - self._ignored
            known = Customers(NameIndex.build(slugs, self._aliases, self._public, self._ordinary))
            self._indexes[key] = known
            if len(self._indexes) > _INDEXES:
                self._indexes.popitem(last=False)
        else:
            self._indexes.move_to_end(key)
        return known


_MAIL_PROVIDERS = listed(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com mac.com "
    "proton.me protonmail.com aol.com gmx.de gmx.net gmx.com web.de yandex.ru mail.ru qq.com 163.com "
    "fastmail.com hey.com zoho.com"
)


def _plausible(text: str, seen: External) -> bool:
    """Is what another scanner saw a secret by our lights: no placeholder, no bare hash, no picture?"""
    value = text[seen.start : seen.end]
    if stands_in(value) or in_picture_link(text, seen.start):
        return False
    if not _HASH.match(value.encode("ascii", "replace")):
        return True
    before = text[max(0, seen.start - 40) : seen.start].lower()
    return any(word in before for word in ("token", "secret", "key", "passw", "auth", "cred"))


def _nowhere(_: int) -> bool:
    return False


def _inside(spans: list[tuple[int, int]]) -> Callable[[int], bool]:
    """A test whether a position is inside one of some ordered, disjoint ranges."""
    starts = [s for s, _ in spans]

    def test(at: int) -> bool:
        i = bisect_right(starts, at) - 1
        return i >= 0 and at < spans[i][1]

    return test
