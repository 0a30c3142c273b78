"""A GitHub client with the network cut off: answers come from the test, requests are kept to look at."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp

from bot.github.auth import StaticToken
from bot.github.client import GitHub, TokenSource

Reply = tuple[int, Mapping[str, str], bytes]
JSON = {"content-type": "application/json; charset=utf-8"}
GRAPHQL = "https://api.github.com/graphql"
NO_SESSION = cast(aiohttp.ClientSession, None)


def reply(payload: Any, status: int = 200, **headers: str) -> Reply:
    """An answer of GitHub; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, JSON | named, json.dumps(payload).encode()


def refusal(status: int, message: str = "no", **headers: str) -> Reply:
    return reply({"message": message}, status, **headers)


@dataclass
class Clock:
    """Virtual time."""

    at: datetime = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def operation(self) -> str:
        """Name of the GraphQL operation, or method and path."""
        if self.url != GRAPHQL:
            return f"{self.method} {self.url.removeprefix('https://api.github.com')}"
        return str(self.json["query"].split("(")[0].split()[-1])


@dataclass
class Wire:
    """Answers each request: the scripted replies in turn, or those of a function."""

    script: list[Reply | Exception] | Callable[[Request], Reply | Awaitable[Reply]]
    sent: list[Request] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        return [request.operation for request in self.sent]

    async def answer(self, request: Request) -> Reply:
        self.sent.append(request)
        if callable(self.script):
            answer = self.script(request)
            return answer if isinstance(answer, tuple) else await answer
        scripted = self.script.pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted


class WiredGitHub(GitHub):
    """The client under test: everything of it but the socket."""

    wire: Wire

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        return await self.wire.answer(Request(method, url, headers, body))

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("the client never sleeps: the queue waits")


def github(wire: Wire, tokens: TokenSource | None = None, **options: Any) -> WiredGitHub:
    client = WiredGitHub(NO_SESSION, tokens or StaticToken("t0ken"), **options)
    client.wire = wire
    return client
