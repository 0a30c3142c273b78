"""Floor 1: titles sealed for the database, so that whoever reads that reads no issue's text.

AES-256-GCM with a key that is not in the database. The nonce comes from key, issue and title (as in SIV): the
same title is the same text, and no nonce serves two. Without a key a title is not kept at all; what another
key sealed is shown as no title.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class Titles:
    """Seals and opens titles of issues. `key`: any secret bytes; empty: none."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.sha256(b"rfh-bot:titles:" + key).digest() if key else b""
        self._cipher = AESGCM(self._key) if key else None

    def sealed(self, title: str, issue: str) -> str:
        """As the database keeps it; `issue` binds it to its row."""
        if self._cipher is None or not title:
            return ""
        raw = title.encode("utf-8", "replace")
        nonce = hmac.new(self._key, f"{issue}\0".encode() + raw, hashlib.sha256).digest()[:_NONCE]
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, raw, issue.encode())).decode()

    def opened(self, text: str, issue: str) -> str:
        """The title; empty when there is none, or it cannot be opened."""
        if self._cipher is None or not text:
            return ""
        try:
            raw = base64.b64decode(text, validate=True)
            return self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], issue.encode()).decode()
        except (InvalidTag, ValueError):
            return ""
