"""Webhook deliveries: signed, sent at once, never repeated by themselves, kept to be listed and redelivered.

https://docs.github.com/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.sandbox.access import Access
from bot.sandbox.faults import Faults
from bot.sandbox.ground import Happened
from bot.sandbox.payloads import payload, ping
from bot.sandbox.views import Views
from bot.sandbox.world import World

Deliver = Callable[[Mapping[str, str], bytes], Awaitable[int]]
"""Hands headers and body to the App and returns its HTTP status; may raise OSError or TimeoutError."""

TIMEOUT = 10.0  # seconds, GitHub's
KEPT = timedelta(days=3)
HOOK_ID = 512_000_001


@dataclass(slots=True)
class Delivery:
    """One attempt. A redelivery is another one, with the same GUID."""

    id: int
    guid: str
    event: str
    action: str | None
    repository_id: int | None
    installation_id: int | None
    headers: dict[str, str]
    body: bytes
    delivered_at: datetime
    redelivery: bool = False
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0

    @property
    def ok(self) -> bool:
        return 200 <= self.status_code < 300


def over_http(session: aiohttp.ClientSession, url: str) -> Deliver:
    """Deliveries by real HTTP POST to the App's webhook address."""

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT)
        async with session.post(url, data=body, headers=dict(headers), timeout=timeout) as response:
            await response.read()
            return response.status

    return deliver


@dataclass(slots=True)
class Hooks:
    """Listens to the world and tells the App. `deliver` None: deliveries are kept, none is sent."""

    world: World
    access: Access
    faults: Faults
    views: Callable[[], Views]
    secret: str
    deliver: Deliver | None = None
    url: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _next_id: int = 12_000_000_001

    def on_event(self, happened: Happened) -> None:
        """Deliver one event to the App's installation on its repository, if there is one."""
        for installation in self.access.installations.values():
            of_installation = happened.extra.get("installation_id") == installation.id
            if installation.suspended_at is not None and not of_installation:
                continue
            if of_installation or (happened.repo is not None and installation.reaches(happened.repo)):
                data = payload(happened, self.views(), installation)
                self._send(happened.event, data, installation.id)

    def ping(self) -> Delivery:
        """Say hello, as GitHub does when the webhook is set up."""
        return self._send("ping", ping(self.views(), self.access.app, HOOK_ID, self.url), None)

    def _send(self, event: str, data: dict[str, Any], installation_id: int | None) -> Delivery:
        body = json.dumps(data, separators=(",", ":")).encode()
        guid = str(uuid.UUID(int=hash_id(f"{event} {self._next_id}".encode())))
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/5a0d0b0",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(HOOK_ID),
            "X-GitHub-Hook-Installation-Target-ID": str(self.access.app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature-256": sign(self.secret, body),
        }
        repository_id = data.get("repository", {}).get("id")
        delivery = self._record(
            guid, event, data.get("action"), repository_id, installation_id, headers, body
        )
        if self.faults.hits("drop"):
            delivery.status, delivery.status_code = "failed to connect to host", 502
        else:
            self._start(delivery)
            if self.faults.hits("duplicate"):
                self._start(delivery)
        return delivery

    def _record(
        self,
        guid: str,
        event: str,
        action: str | None,
        repository_id: int | None,
        installation_id: int | None,
        headers: dict[str, str],
        body: bytes,
    ) -> Delivery:
        now = self.world.clock()
        delivery = Delivery(
            self._next_id, guid, event, action, repository_id, installation_id, headers, body, now
        )
        self._next_id += 1
        self.deliveries.append(delivery)
        return delivery

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Send again what was sent, under the same GUID."""
        again = self._record(
            delivery.guid, delivery.event, delivery.action, delivery.repository_id, delivery.installation_id,
            delivery.headers, delivery.body,
        )  # fmt: skip
        again.redelivery = True
        self._start(again)
        return again

    def _start(self, delivery: Delivery) -> None:
        if self.deliver is None:
            return
        task = asyncio.get_running_loop().create_task(self._attempt(self.deliver, delivery))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _attempt(self, deliver: Deliver, delivery: Delivery) -> None:
        """One try; its outcome is only recorded, as at GitHub."""
        await asyncio.sleep(self.faults.delay())
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(TIMEOUT):
                delivery.status_code = await deliver(delivery.headers, delivery.body)
            delivery.status = "OK" if delivery.ok else f"Invalid HTTP Response: {delivery.status_code}"
        except TimeoutError:
            delivery.status, delivery.status_code = "timed out", 504
        except (OSError, aiohttp.ClientError):
            delivery.status, delivery.status_code = "failed to connect to host", 502
        delivery.duration = loop.time() - started

    async def settle(self) -> None:
        """Wait until every delivery under way has its outcome."""
        while self._running:
            await asyncio.wait(self._running)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def recent(self) -> list[Delivery]:
        """The deliveries GitHub still lists, newest first."""
        oldest = self.world.clock() - KEPT
        return [one for one in reversed(self.deliveries) if one.delivered_at >= oldest]


def sign(secret: str, body: bytes) -> str:
    """The X-Hub-Signature-256 header of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def hash_id(text: bytes) -> int:
    """128 bits that depend on the text alone: GUIDs repeat from run to run."""
    return int.from_bytes(hashlib.sha256(text).digest()[:16])
