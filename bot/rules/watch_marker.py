"""Floor 1: the hidden line that carries a `Dossier` in the body of the private issue, signed as a card's is.

The signature is an HMAC over the content, which names the public issue: a marker that was edited, or copied
to another issue's body, is none. Ids, kinds, times and HMACs; no word of anybody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args

from bot.rules.privacy import Kind
from bot.rules.watch import Dossier, How, Leak

VERSION = 1
_HEAD, _TAIL = "<!-- rfh-bot:watch v1 ", " -->"


@dataclass(frozen=True, slots=True)
class WatchSeal:
    """Writes and reads markers. `key` must not be empty: people can edit the body."""

    key: bytes = field(repr=False)

    def mark(self, dossier: Dossier) -> str:
        payload = _b64(json.dumps(_dump(dossier), separators=(",", ":"), sort_keys=True).encode())
        return f"{_HEAD}{payload}.{self._sign(payload)}{_TAIL}"

    def read(self, body: str) -> Dossier | None:
        """The dossier in a body, or in a marker alone; None without one that we signed."""
        inner = body.rpartition(_HEAD)[2].partition(_TAIL)[0] if _HEAD in body else ""
        payload, dot, signature = inner.partition(".")
        if not dot or not hmac.compare_digest(
            signature.encode("utf-8", "replace"), self._sign(payload).encode()
        ):
            return None
        return _load(payload)

    def _sign(self, payload: str) -> str:
        text = f"rfh-bot:watch:v1:{payload}".encode("utf-8", "replace")
        return _b64(hmac.new(self.key, text, hashlib.sha256).digest())


def without_marker(body: str) -> str:
    """What people read of a body, in the form in which two are compared."""
    before, head, rest = body.replace("\r\n", "\n").rpartition(_HEAD)
    return (before + rest.partition(_TAIL)[2]).strip() if head else rest.strip()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _stamp(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _time(stamp: Any) -> datetime:
    return datetime.fromtimestamp(int(stamp), UTC)


def _dump(dossier: Dossier) -> dict[str, Any]:
    return {
        "v": VERSION,
        "public": dossier.public,
        "rev": dossier.rev,
        "leaks": [
            [one.where, list(one.lines), one.kind, one.value, _stamp(one.seen), _stamp(one.gone), one.how]
            for one in dossier.leaks
        ],
        "nodes": {str(where): node for where, node in dossier.nodes.items()},
        "dealt": list(dossier.dealt),
        "told": list(dossier.told),
        "refused": dossier.refused,
        "said": dossier.said,
    }


def _load(payload: str) -> Dossier | None:
    """None for a version that we do not know. What is signed is well-formed: we wrote it."""
    raw = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if raw.get("v") != VERSION:
        return None
    return Dossier(
        public=raw["public"],
        rev=raw["rev"],
        leaks=tuple(_leak(*row) for row in raw["leaks"] if row[2] in get_args(Kind)),
        nodes={int(where): node for where, node in raw["nodes"].items()},
        dealt=tuple(raw["dealt"]),
        told=tuple(raw["told"]),
        refused=raw["refused"],
        said=raw["said"],
    )


def _leak(
    where: int, lines: list[int], kind: Kind, value: str, seen: int, gone: int | None, how: How
) -> Leak:
    return Leak(where, tuple(lines), kind, value, _time(seen), None if gone is None else _time(gone), how)
