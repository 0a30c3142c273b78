"""Floor 2: one thin, careful call to GitHub.

What it guarantees
- Three errors leave it: `Transient` (may pass: network, 5xx, limits), `Forbidden` (a person must grant
  something) and `Refused` (the same request would be refused again; as `UnexpectedStatus` where the caller
  may know better: what a 404 means). Beside them only what the token source raises.
- No error says more than method, path template, status, and the types and paths of GraphQL errors. GitHub's
  messages and gidgethub's exceptions carry bodies; ours are raised outside the `except` block, so that a
  logged traceback has no chain leading to them.
- A rate limit that is known is not run against: the call fails with `retry_after` before anything is sent.
- Nothing is retried here, except once with a fresh token after a 401 (nothing was done then). A write whose
  outcome is unknown must not be repeated blindly, and for reads the queue is the one place that retries.

gidgethub builds the requests, deciphers the answers and keeps the ETags. Its `graphql()` bypasses both
rate-limit hooks, loses `retry-after` and puts whole bodies into exceptions; ours replaces it, a layer below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Literal, Protocol

import aiohttp
import gidgethub
import gidgethub.aiohttp
from gidgethub import sansio
from yarl import URL

from bot.errors import Forbidden, RfhError, Transient
from bot.github.answers import Answer, errors_of, is_code, tells_of_a_limit
from bot.github.documents import Document, Endpoint
from bot.github.pool import DEFAULT_PAUSE, Clock, Pool, retry_after, utc_now

API_URL = "https://api.github.com"
# GitHub ends a request after 10 s ("Timeouts", best practices for the REST API); the rest is for the way.
TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5)
HEADERS = {
    "x-github-api-version": "2022-11-28",
    # One format of node ids everywhere, so that ids can be compared
    # (https://docs.github.com/en/graphql/guides/migrating-graphql-global-node-ids).
    "x-github-next-global-id": "1",
}

OnCall = Callable[[str, str, str, int], None]
"""Told of each call: kind (rest, graphql), method, template or operation name, HTTP status (0: no answer)."""


class Refused(RfhError):
    """GitHub understood the request and will not do it; asking again would not help."""


class UnexpectedStatus(Refused):
    """GitHub answered with a status that only the caller can judge. `codes` are a 422's error codes."""

    def __init__(self, what: str, status: int, codes: frozenset[str] = frozenset()) -> None:
        super().__init__(f"{what}: HTTP {status}")
        self.status = status
        self.codes = codes


class TokenSource(Protocol):
    """Where a client gets its credential from."""

    @property
    def scheme(self) -> Literal["token", "jwt", "none"]:
        """A token, or an App's JWT: they stand differently in the header. None: nobody yet."""

    async def current(self) -> str:
        """A credential that is valid now; may call GitHub."""

    def refused(self, token: str) -> bool:
        """GitHub answered 401 to it. True when `current` will give another one."""


def graphql_url_of(api_url: str) -> str:
    """The GraphQL URL of a REST base URL; on GitHub Enterprise Server it is a sibling of ``/v3``."""
    base = api_url.rstrip("/")
    return base.removesuffix("/v3") + "/graphql"


class GitHub(gidgethub.aiohttp.GitHubAPI):
    """GitHub as one installation (or token) sees it. Cheap to make; session and pool are shared."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        *,
        pool: Pool | None = None,
        api_url: str = API_URL,
        graphql_url: str | None = None,
        now: Clock = utc_now,
        on_call: OnCall | None = None,
    ) -> None:
        self.pool = pool or Pool(now=now)
        super().__init__(session, "rfh-bot", cache=self.pool.etags, base_url=api_url)
        self.graphql_url = graphql_url or graphql_url_of(api_url)
        self._tokens = tokens
        self._now = now
        self._on_call = on_call

    async def rest(
        self, endpoint: Endpoint, body: Mapping[str, Any] | None = None, **values: str | int
    ) -> Any:
        """Call an endpoint with its path and query values; the decoded JSON (cached: not to be changed).

        Raises Transient, Forbidden, UnexpectedStatus.
        """
        return (await self.page(endpoint, body, **values))[0]

    async def page(
        self, endpoint: Endpoint, body: Mapping[str, Any] | None = None, **values: str | int
    ) -> tuple[Any, str | None]:
        """Like `rest`, with the address of the next page as the `link` header names it."""
        data, following, _ = await self._make_request(
            endpoint.method,
            endpoint.template,
            values,
            b"" if body is None else body,
            sansio.accept_format(),
            label=endpoint.path,
        )
        return data, following

    async def graphql(  # type: ignore[override]  # replaces it on purpose, see the module's header
        self, document: Document, variables: Mapping[str, Any]
    ) -> Answer:
        """Run one document. Of a query only NOT_FOUND and FORBIDDEN parts are returned as missing; of a
        mutation every error is, as some of its writes may have been done.

        Raises Transient, Forbidden (nothing of it may be done), Refused (GitHub's schema does not know it).
        """
        payload, _, _ = await self._make_request(
            "POST",
            self.graphql_url,
            None,
            {"query": document.text, "variables": dict(variables)},
            sansio.accept_format(),
            label=document.name,
        )
        if not isinstance(payload, dict):
            raise Transient(f"{document.name}: unreadable answer")
        errors = errors_of(payload)
        data = payload.get("data")
        if any(error.type == "RATE_LIMITED" for error in errors):
            self._note_graphql_limit()
            if document.kind == "query" or not data:
                raise Transient(f"{document.name}: rate limited", self.pool.wait("graphql"))
        told = f"{document.name}: {', '.join(map(str, errors)) or 'neither data nor errors'}"
        if not isinstance(data, dict):
            if errors and all(error.type == "FORBIDDEN" for error in errors):
                raise Forbidden(told)
            raise Refused(told) if any(error.type == "INVALID" for error in errors) else Transient(told)
        if document.kind == "query" and not all(e.type in ("NOT_FOUND", "FORBIDDEN") for e in errors):
            raise Transient(told)
        return Answer(data, errors)

    def _note_graphql_limit(self) -> None:
        """A limit told with status 200: its headers may say for how long, else a minute."""
        if self.pool.wait("graphql") <= 0:
            self.pool.pause(DEFAULT_PAUSE)

    async def manage_rate_limit(self, *, method: str, url: str) -> None:
        """gidgethub's hook before each request: do not run against a limit we know of."""
        resource = self._resource(url)
        wait = self.pool.wait(resource)
        if wait > 0:
            raise Transient(f"{resource} limit: nothing sent", wait)

    async def _make_request(
        self,
        method: str,
        url: str,
        url_vars: Any,
        data: Any,
        accept: str,
        jwt: str | None = None,
        oauth_token: str | None = None,
        content_type: str = "application/json",
        extra_headers: dict[str, str] | None = None,
        *,
        label: str | None = None,
    ) -> tuple[Any, str | None, int]:
        """gidgethub's one way out: adds the credential, counts the call, and maps what can go wrong."""
        graphql = url == self.graphql_url
        what = f"{'GraphQL' if graphql else method} {label or 'another address'}"
        renewed = False
        while True:
            token = await self._tokens.current()
            failure: RfhError
            status = 0
            try:
                answer = await super()._make_request(
                    method,
                    url,
                    url_vars,
                    data,
                    accept,
                    jwt=token if self._tokens.scheme == "jwt" else None,
                    oauth_token=token if self._tokens.scheme == "token" else None,
                    content_type=content_type,
                    extra_headers=HEADERS | (extra_headers or {}),
                )
            except gidgethub.HTTPException as error:
                status = error.status_code
                failure = self._failure(what, error)
            except (aiohttp.ClientError, OSError) as error:  # OSError: TimeoutError and resets are among them
                failure = Transient(f"{what}: no answer ({type(error).__name__})")
            except (AttributeError, LookupError, TypeError, ValueError):
                # Not JSON, unknown charset, a status that HTTP does not know, a 422 of a shape that trips
                # gidgethub.
                failure = Transient(f"{what}: unreadable answer")
            else:
                self._count(graphql, method, label, answer[2])
                return answer
            self._count(graphql, method, label, status)
            if status == HTTPStatus.UNAUTHORIZED and not renewed and self._tokens.refused(token):
                renewed = True
                continue
            raise failure

    async def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        """gidgethub's wire: one request through the installation's gate; its limits are noted."""
        async with self.pool.gate:
            answer = await self._send(method, url, headers, body)
        self.pool.note(self._resource(url), answer[1])
        return answer

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Put one request on the network. Redirects are an answer: a moved issue has ended for us."""
        async with self._session.request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=TIMEOUT,
        ) as response:
            return response.status, response.headers, await response.read()

    def _failure(self, what: str, error: gidgethub.HTTPException) -> RfhError:
        """Our error for one of gidgethub's. Its message is looked at and not passed on.

        A secondary limit is a 403 or a 429, with or without `retry-after`
        (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
        """
        status, headers = int(error.status_code), error.headers
        wait = retry_after(headers, self._now())
        if status == 429 or (status == 403 and (wait is not None or tells_of_a_limit(str(error)))):
            if wait is None:
                wait = DEFAULT_PAUSE
                self.pool.pause(wait)
            return Transient(f"{what}: rate limited", wait)
        if status >= 500 or status == HTTPStatus.REQUEST_TIMEOUT:
            return Transient(f"{what}: HTTP {status}", wait)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return Forbidden(f"{what}: HTTP {status}")
        return UnexpectedStatus(what, status, _codes(getattr(error, "errors", None)))

    def _resource(self, url: str) -> str:
        return "graphql" if url == self.graphql_url else "core"

    def _count(self, graphql: bool, method: str, label: str | None, status: int) -> None:
        if self._on_call is not None:
            self._on_call("graphql" if graphql else "rest", method, label or "", status)


def _codes(errors: Any) -> frozenset[str]:
    """The machine-readable codes of a 422, e.g. ``already_exists``; its fields and messages stay behind."""
    if not isinstance(errors, list):
        return frozenset()
    codes = (error.get("code") for error in errors if isinstance(error, dict))
    return frozenset(code for code in codes if is_code(code))
