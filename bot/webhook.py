"""Floor 3: the webhook door: verify, name, make durable, answer 202. It does no other work.

What holds: nothing is enqueued for a delivery that is not signed with our secret and SHA-256; a 202 is given
only after the database has committed; a database error answers 500, and the catch-up repairs what GitHub does
not repeat.
https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from aiohttp import web

from bot.events import Named
from bot.meter import SILENT, Meter

MAX_BODY = 25 * 1024 * 1024  # GitHub's cap for payloads
_GUID = re.compile(r"\A[0-9A-Za-z-]{1,64}\Z")
_EVENT = re.compile(r"\A[a-z_]{1,64}\Z")

Accept = Callable[[str, str, Any], Awaitable[Named]]
"""Takes (delivery GUID, event, payload), makes what it names durable, and says what that was."""


def signed(secrets: Sequence[bytes], body: bytes, header: str) -> bool:
    """Is `header` (X-Hub-Signature-256) the HMAC of the body under one of the secrets? Constant time.

    Two secrets allow for rotation. https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    given = header.encode("utf-8", "replace")
    good = False
    for secret in secrets:
        expected = b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
        good |= hmac.compare_digest(expected, given)
    return good


class Webhook:
    """`answer` is the POST handler. Log lines hold ids, never text."""

    def __init__(self, secrets: Sequence[bytes], accept: Accept, meter: Meter = SILENT) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a webhook needs a secret")
        self._secrets = tuple(secrets)
        self._accept = accept
        self._meter = meter
        self._log = structlog.get_logger("webhook")

    async def answer(self, request: web.Request) -> web.Response:
        """Take one delivery, and log it in one line."""
        event = request.headers.get("X-GitHub-Event", "")
        guid = request.headers.get("X-GitHub-Delivery", "")
        ids = {
            "delivery": guid if _GUID.match(guid) else "?",
            "event_type": event if _EVENT.match(event) else "?",
        }
        with structlog.contextvars.bound_contextvars(**ids):  # what is logged on the way carries them too
            status, taken = await self._take(request, event, guid)
            log, why = self._log, taken
            if isinstance(taken, Named):
                why = taken.why
                log = log.bind(key=str(taken.issue)) if taken.issue is not None else log
            (log.info if status < 400 else log.warning)("delivery", status=status, why=why)
        self._meter.delivery(
            event, str(why) if status < 400 else "refused" if status < 500 else "not accepted"
        )
        return web.Response(status=status, text=f"{why}\n")

    async def _take(self, request: web.Request, event: str, guid: str) -> tuple[int, str | Named]:
        """Status and what was named, or why not; in the order cheapest first, secrets before content."""
        if request.content_type != "application/json":
            return 415, "content type must be application/json"
        if not _EVENT.match(event) or not _GUID.match(guid):
            return 400, "missing or malformed X-GitHub-Event or X-GitHub-Delivery"
        signature = request.headers.get("X-Hub-Signature-256")
        if signature is None:
            if "X-Hub-Signature" in request.headers:
                return 401, "SHA-1 signatures are refused; GitHub also sends X-Hub-Signature-256"
            return 401, "X-Hub-Signature-256 is missing: set a webhook secret"
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return 413, "payload too large"
        if not signed(self._secrets, body, signature):
            return 401, "bad signature"
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return 400, "body is not JSON"
        if not isinstance(payload, dict):
            return 400, "body is not a JSON object"
        try:
            named = await self._accept(guid, event, payload)
        except Exception as error:  # noqa: BLE001  # whatever the database raised: GitHub must see a failure
            return 500, f"not accepted: {type(error).__name__}"
        return 202, named
