"""A sandbox with a clock that tests turn, and a small client that speaks to it without sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bot.sandbox import Faults, Sandbox
from bot.sandbox.access import Installation
from bot.sandbox.records import Repo

START = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)


class TurnedClock:
    """Time that moves only when a test says so."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    data: Any


@dataclass
class Bench:
    """A sandbox with one private and one public repository, and the App installed."""

    gh: Sandbox
    clock: TurnedClock
    repo: Repo
    public: Repo
    installation: Installation
    webhooks: list[tuple[Mapping[str, str], bytes]]

    @property
    def world(self) -> Any:
        return self.gh.world

    def jwt(self, **claims: Any) -> str:
        now = int(time.time())
        payload = {"iss": str(self.gh.app_id), "iat": now - 60, "exp": now + 540, **claims}
        return jwt.encode(payload, self.gh.private_key_pem, algorithm="RS256")

    def token(self) -> str:
        return self.gh.installation_token(self.installation)

    async def rest(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"authorization": f"Bearer {token or self.token()}", **(headers or {})}
        raw = b"" if body is None else json.dumps(body).encode()
        status, got, content = await self.gh.request(method, self.gh.api_url + path, sent, raw)
        return Answer(status, got, json.loads(content) if content else None)

    async def graphql(self, query: str, *, token: str | None = None, **variables: Any) -> Answer:
        sent = {"authorization": f"bearer {token or self.token()}"}
        raw = json.dumps({"query": query, "variables": variables}).encode()
        status, got, content = await self.gh.request("POST", self.gh.graphql_url, sent, raw)
        return Answer(status, got, json.loads(content))

    def events(self) -> list[tuple[str, str | None]]:
        """The webhooks so far: (event, action)."""
        return [(one.event, one.action) for one in self.gh.hooks.deliveries]


def bench(faults: Faults | None = None, status: int = 202) -> Bench:
    """A small world: sam (triage), erin (write), max (maintain), olu (read, only where it is public)."""
    clock, webhooks = TurnedClock(), []

    async def deliver(headers: Mapping[str, str], body: bytes) -> int:
        webhooks.append((headers, body))
        return status

    gh = Sandbox(clock=clock, deliver=deliver, faults=faults)
    repo = gh.world.create_repo("acme/customer")
    public = gh.world.create_repo("acme/product", private=False)
    for login, role in (("sam", "triage"), ("erin", "write"), ("max", "maintain")):
        gh.world.add_user(login, role)
    gh.world.add_user("olu", "read", repo)
    gh.world.add_user("stranger")
    gh.world.create_label(repo, "rfh", "0052cc")
    gh.world.create_label(repo, "team/search")
    installation = gh.install("acme")
    gh.hooks.deliveries.clear()
    return Bench(gh, clock, repo, public, installation, webhooks)
