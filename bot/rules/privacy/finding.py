"""Floor 1: what the scanner reports, and how severe each kind is in each mode.

A finding names a place, never the value: offsets are code points into the text as it was given. `publish`
is strict (a private issue is about to become public); `watch` reads what is public already and stays quiet
about everything but secrets, customers, contracts and private assets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Mode = Literal["publish", "watch"]
Severity = Literal["block", "warn"]
Kind = Literal[
    "secret",
    "customer",
    "customer_other",
    "customer_typo",
    "contract",
    "email",
    "phone",
    "person",
    "person_first",
    "ip_public",
    "ip_private",
    "host",
    "url",
    "repo",
    "cloud_id",
    "home_path",
    "directory",
    "internal_link",
    "unknown_link",
    "image",
    "private_asset",
    "quote",
    "unknown_word",
]

#: kind → (severity in publish, severity in watch); None: not reported there
SEVERITY: Mapping[Kind, tuple[Severity | None, Severity | None]] = MappingProxyType(
    {
        "secret": ("block", "block"),
        "customer": ("block", "block"),
        "customer_other": ("block", "block"),
        "customer_typo": ("warn", None),
        "contract": ("block", "block"),
        "email": ("block", "warn"),
        "phone": ("block", "warn"),
        "person": ("block", "warn"),
        "person_first": ("warn", "warn"),
        "ip_public": ("block", "warn"),
        "ip_private": ("warn", "warn"),
        "host": ("block", "warn"),
        "url": ("block", "warn"),
        "repo": ("block", "warn"),
        "cloud_id": ("block", "warn"),
        "home_path": ("block", "warn"),
        "directory": ("block", "warn"),
        "internal_link": ("block", "warn"),
        "unknown_link": ("warn", None),
        "image": ("block", None),
        "private_asset": ("block", "block"),
        "quote": ("block", None),
        "unknown_word": ("warn", None),
    }
)

#: what people read in place of a value; kinds that share a word share its numbering
PLACEHOLDER: Mapping[Kind, str] = MappingProxyType(
    {
        "customer_other": "customer",
        "customer_typo": "customer",
        "person_first": "person",
        "ip_public": "ip",
        "ip_private": "ip",
        "cloud_id": "cloud-id",
        "home_path": "home",
        "internal_link": "internal-link",
        "unknown_link": "link",
        "image": "attachment",
        "private_asset": "attachment",
        "unknown_word": "name",
    }
)


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule saw, in offsets of the normalised text. Not `sure`: reported as a warning at most."""

    rule: str
    kind: Kind
    start: int
    end: int
    sure: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One reported place: code points of the original text, end exclusive. It never carries the value."""

    start: int
    end: int
    rule: str
    kind: Kind
    severity: Severity

    @property
    def acknowledgeable(self) -> bool:
        """May a person accept it? Secrets never; blocks are edited away; only warnings are accepted."""
        return self.severity == "warn" and self.kind != "secret"


def severity_of(hit: Hit, mode: Mode) -> Severity | None:
    """The severity of a hit in a mode, or None when that mode does not report it."""
    severity = SEVERITY[hit.kind][mode == "watch"]
    return "warn" if severity is not None and not hit.sure else severity
