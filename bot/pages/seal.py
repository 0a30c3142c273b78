"""Cookies that nobody but us can read or make: Fernet (AES-CBC and HMAC-SHA256, with the time inside).

The key comes from the App's client secret, which all replicas share and which is random and long: one secret
less to configure, and to rotate it ends all sessions. Each purpose has a key of its own, so that a cookie of
one is worth nothing as the other.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Small JSON objects, sealed for a purpose and a while."""

    def __init__(self, secret: str, purpose: str, life: timedelta, now: Callable[[], datetime]) -> None:
        if not secret:
            raise ValueError("cookies need a secret")
        info = f"rfh-bot pages {purpose} v1".encode()
        key = HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self.life = life
        self._now = now

    def close(self, content: Mapping[str, str | int]) -> str:
        """The value of a cookie."""
        return self._fernet.encrypt_at_time(json.dumps(content).encode(), self._second()).decode()

    def open(self, value: str) -> dict[str, str | int] | None:
        """What was sealed; None when it was not us, or too long ago."""
        try:
            raw = self._fernet.decrypt_at_time(value.encode(), int(self.life.total_seconds()), self._second())
        except (InvalidToken, ValueError):
            return None
        content: dict[str, str | int] = json.loads(raw)
        return content

    def _second(self) -> int:
        return int(self._now().timestamp())
