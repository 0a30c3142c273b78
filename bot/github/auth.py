"""Floor 2: who we are to GitHub: an App with short-lived, narrowed tokens, or one plain token.

An App signs a JWT (10 minutes at most), finds its installation for a repository, and mints installation
tokens (an hour) for one repository and the permissions a use needs, so that a leaked token opens little.
Tokens are renewed five minutes early; many askers at once cause one request (single flight).

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

import cachetools
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.errors import Forbidden, Transient
from bot.github.client import GitHub, TokenSource, UnexpectedStatus
from bot.github.documents import FIND_INSTALLATION, MINT_TOKEN
from bot.github.pool import Clock, Pool, utc_now

T = TypeVar("T")

# What one use of GitHub may do; `metadata: read` comes with every installation.
RECONCILE: Mapping[str, str] = {"issues": "write", "contents": "read"}
REPORT: Mapping[str, str] = {"checks": "write"}
# The public tracker; nothing else holds a token that can write there.
PUBLISH: Mapping[str, str] = {"issues": "write"}
MEMBERS: Mapping[str, str] = {"members": "read"}
METADATA: Mapping[str, str] = {"metadata": "read"}

_MARGIN = timedelta(minutes=5)
_INSTALLATION_TTL = timedelta(hours=1)
_JWT_LIFE = timedelta(minutes=9)
# "60 seconds in the past … to protect against clock drift" (Generating a JWT, same section of the docs).
_BACKDATE = timedelta(seconds=60)

Connect = Callable[[TokenSource, Pool], GitHub]
"""Makes a client on the shared session, with the base URL and hooks of the composition root."""


class Clients(Protocol):
    """Gives the client for a repository, whoever we are."""

    async def client(self, owner: str, repo: str, permissions: Mapping[str, str] = RECONCILE) -> GitHub: ...


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token somebody gave us: an Action's `GITHUB_TOKEN`, or a person's."""

    value: str = field(repr=False)
    scheme: Literal["token", "jwt"] = field(default="token", init=False)

    async def current(self) -> str:
        return self.value

    def refused(self, token: str) -> bool:
        """There is no other."""
        return False


class Nobody:
    """No credential: all there is before the App is registered."""

    scheme: Literal["token", "jwt", "none"] = "none"

    async def current(self) -> str:
        return ""

    def refused(self, token: str) -> bool:
        return False


class OneToken:
    """`Clients` for a plain token: one client for every repository; narrowing is up to who made the token."""

    def __init__(self, token: str, connect: Connect, *, now: Clock = utc_now) -> None:
        self._client = connect(StaticToken(token), Pool(now=now))

    async def client(self, owner: str, repo: str, permissions: Mapping[str, str] = RECONCILE) -> GitHub:
        return self._client


class AppJwt:
    """The App's own credential, signed with its private key and renewed before it expires."""

    scheme: Literal["token", "jwt"] = "jwt"

    def __init__(self, app_id: str, private_key: str | RSAPrivateKey, *, now: Clock = utc_now) -> None:
        self._app_id = app_id
        self._key = private_key
        self._now = now
        self._jwt = ""
        self._renew_at: datetime | None = None

    async def current(self) -> str:
        now = self._now()
        if self._renew_at is None or now >= self._renew_at:
            issued = now - _BACKDATE
            claims = {
                "iat": int(issued.timestamp()),
                "exp": int((issued + _JWT_LIFE).timestamp()),
                "iss": self._app_id,
            }
            self._jwt = jwt.encode(claims, self._key, algorithm="RS256")
            self._renew_at = issued + _JWT_LIFE - timedelta(minutes=2)
        return self._jwt

    def refused(self, token: str) -> bool:
        """A JWT is refused for its key, its issuer or our clock: the next one would be too."""
        return False


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a token is for."""

    installation: int
    repo: str
    permissions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    renew_at: datetime


class App:
    """`Clients` for a GitHub App. One pool per installation; one token per repository and use."""

    def __init__(self, app_id: str, private_key: str, connect: Connect, *, now: Clock = utc_now) -> None:
        """Raises ValueError when `private_key` is not a PEM private key; the message does not show it."""
        self._connect = connect
        self._now = now
        self._gh = connect(AppJwt(app_id, _checked(private_key), now=now), Pool(now=now))
        self._installations: cachetools.TTLCache[tuple[str, str], int] = cachetools.TTLCache(
            1024, _INSTALLATION_TTL.total_seconds(), timer=lambda: now().timestamp()
        )
        self._tokens: dict[_Scope, _Token] = {}
        self._pools: dict[int, Pool] = {}
        self._clients: dict[_Scope, GitHub] = {}
        self._flights: dict[object, asyncio.Task[Any]] = {}

    def __repr__(self) -> str:
        return "App(…)"

    @property
    def itself(self) -> GitHub:
        """The client that speaks as the App, not as one of its installations."""
        return self._gh

    @property
    def pools(self) -> Collection[Pool]:
        """What GitHub counts, of each installation that was used."""
        return self._pools.values()

    async def client(self, owner: str, repo: str, permissions: Mapping[str, str] = RECONCILE) -> GitHub:
        """The client for one repository and use. Raises Forbidden when the App is not installed there."""
        installation = await self.installation(owner, repo)
        scope = _Scope(installation, repo, tuple(sorted(permissions.items())))
        if scope not in self._clients:
            pool = self._pools.setdefault(installation, Pool(now=self._now))
            self._clients[scope] = self._connect(_InstallationToken(self, scope), pool)
        return self._clients[scope]

    async def installation(self, owner: str, repo: str) -> int:
        """Id of our installation that covers the repository. Raises Forbidden when there is none."""
        key = (owner.casefold(), repo.casefold())
        if key not in self._installations:
            self._installations[key] = await self._once(key, lambda: self._find(owner, repo))
        return self._installations[key]

    async def _find(self, owner: str, repo: str) -> int:
        try:
            found = await self._gh.rest(FIND_INSTALLATION, owner=owner, repo=repo)
        except UnexpectedStatus as error:
            raise Forbidden(f"the App is not installed on {owner}/{repo}") from error
        return int(found["id"])

    async def token(self, scope: _Scope) -> str:
        """A token for `scope` with at least five minutes to live."""
        known = self._tokens.get(scope)
        if known is None or self._now() >= known.renew_at:
            known = await self._once(scope, lambda: self._mint(scope))
        return known.value

    def forget(self, scope: _Scope, token: str) -> None:
        """GitHub refused it; unless it has been replaced meanwhile, the next asker mints another."""
        known = self._tokens.get(scope)
        if known is not None and known.value == token:
            del self._tokens[scope]

    async def _mint(self, scope: _Scope) -> _Token:
        body = {"repositories": [scope.repo], "permissions": dict(scope.permissions)}
        try:
            minted = await self._gh.rest(MINT_TOKEN, body, installation_id=scope.installation)
        except UnexpectedStatus as error:
            # 404: uninstalled since we looked; 422: the repository or a permission is not granted.
            self._forget_installation(scope.installation)
            raise Forbidden(f"no token for installation {scope.installation}: HTTP {error.status}") from error
        try:
            expires = datetime.fromisoformat(minted["expires_at"])
            token = _Token(minted["token"], expires - _MARGIN)
        except (KeyError, TypeError, ValueError):
            raise Transient("installation token: unreadable answer") from None
        self._tokens[scope] = token
        return token

    def _forget_installation(self, installation: int) -> None:
        for key in [key for key, known in self._installations.items() if known == installation]:
            del self._installations[key]

    async def _once(self, key: object, ask: Callable[[], Awaitable[T]]) -> T:
        """Single flight: who asks while the answer is under way gets that one; an asker may be cancelled."""
        task = self._flights.get(key)
        if task is None:
            task = asyncio.ensure_future(ask())
            self._flights[key] = task
            task.add_done_callback(lambda _: self._flights.pop(key, None))
        answer: T = await asyncio.shield(task)
        return answer


class _InstallationToken:
    """`TokenSource` of one scope of an App."""

    scheme: Literal["token", "jwt"] = "token"

    def __init__(self, app: App, scope: _Scope) -> None:
        self._app = app
        self._scope = scope

    async def current(self) -> str:
        return await self._app.token(self._scope)

    def refused(self, token: str) -> bool:
        self._app.forget(self._scope, token)
        return True


def _checked(private_key: str) -> RSAPrivateKey:
    """The key, read once, as that takes a while. In a variable its line ends may be written as ``\\n``."""
    key = None
    with contextlib.suppress(ValueError, TypeError, UnsupportedAlgorithm):  # their messages may quote the key
        key = load_pem_private_key((private_key.replace("\\n", "\n").strip() + "\n").encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the App's private key is not an RSA key in PEM format")
    return key
