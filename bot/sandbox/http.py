"""Requests and replies without a socket: the API is a function from `Request` to `Reply`.

The HTTP server and in-process tests both go through it, so both see the same permissions, limits and faults.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

T = TypeVar("T")
DOCS = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is below the API root (``/repos/o/r``), `headers` have lower-case names."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Request:
        lowered = {name.lower(): value for name, value in headers.items()}
        return cls(method, path, dict(parse_qsl(query, keep_blank_values=True)), lowered, body)

    def number(self, name: str, default: int) -> int:
        """A whole number above zero from the query; anything else is the default, as at GitHub."""
        value = self.query.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and int(value) else default

    def json(self) -> Any:
        """The body as JSON; raises ApiError 400 as GitHub does."""
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError:
            raise ApiError(400, "Problems parsing JSON") from None


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    data: Any = None  # None: no body
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return b"" if self.data is None else json.dumps(self.data).encode()


class ApiError(Exception):
    """An answer in GitHub's error shape; `errors` are 422's details."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.errors, self.headers = status, message, errors, dict(headers or {})

    def reply(self) -> Reply:
        data: dict[str, Any] = {
            "message": self.message,
            "documentation_url": DOCS,
            "status": str(self.status),
        }
        if self.errors is not None:
            data["errors"] = self.errors
        return Reply(self.status, data, self.headers)


def not_found() -> ApiError:
    return ApiError(404, "Not Found")


def invalid(resource: str, field_name: str, code: str, message: str = "") -> ApiError:
    """422 Validation Failed. https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api"""
    detail = {"resource": resource, "field": field_name, "code": code}
    if message:
        detail["message"] = message
    return ApiError(422, "Validation Failed", [detail])


def conditional(request: Request, reply: Reply) -> Reply:
    """Give a 200 to a GET its ETag, and turn it into a 304 when the asker has that version."""
    if request.method != "GET" or reply.status != 200:
        return reply
    etag = f'W/"{hashlib.sha256(reply.encoded()).hexdigest()}"'
    if etag in request.headers.get("if-none-match", ""):
        return Reply(304, None, {**reply.headers, "etag": etag})
    return Reply(200, reply.data, {**reply.headers, "etag": etag})


def page_of(request: Request, url: str, items: list[T]) -> tuple[list[T], dict[str, str]]:
    """One page of `items` (30 by default, 100 at most) and its Link header.

    https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """

    per_page, page = min(request.number("per_page", 30), 100), request.number("page", 1)
    last = max((len(items) + per_page - 1) // per_page, 1)

    def link(rel: str, to: int) -> str:
        query = urlencode({**request.query, "per_page": per_page, "page": to})
        return f'<{url}?{query}>; rel="{rel}"'

    links = []
    if page > 1:
        links += [link("prev", page - 1), link("first", 1)]
    if page < last:
        links += [link("next", page + 1), link("last", last)]
    headers = {"link": ", ".join(links)} if links else {}
    return items[(page - 1) * per_page : page * per_page], headers
