"""Floor 2: signing in with the App: where to send a person, and who it is that came back.

GitHub's web flow with PKCE. The person's token serves one question, who are you, and is dropped: what they
may see is asked with the installation's own token (`people.py`).

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from yarl import URL

from bot.errors import Transient
from bot.github import people
from bot.github.auth import Connect, StaticToken
from bot.github.client import TIMEOUT, Refused
from bot.github.pool import Pool
from bot.model import Actor

_MAX_ANSWER = 64 * 1024


class Gate(Protocol):
    """Where people sign in."""

    def address(self, state: str, verifier: str, redirect_uri: str) -> str:
        """Where a browser asks for a code."""

    async def who(self, code: str, verifier: str, redirect_uri: str) -> Actor:
        """Whose code it is. Raises Refused, Transient, Forbidden."""


def web_url(api_url: str) -> str:
    """The web host of a REST base URL: github.com, GHE.com (`api.NAME.ghe.com`), Enterprise Server."""
    url = URL(api_url)
    host = url.host or ""
    if host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com")):
        return str(url.with_host(host.removeprefix("api.")).origin())
    return str(url.origin())


@dataclass(frozen=True)
class OAuth:
    """`Gate` of a GitHub App. The secret is in neither repr nor errors."""

    client_id: str
    client_secret: str = field(repr=False)
    api_url: str
    session: aiohttp.ClientSession = field(repr=False)
    connect: Connect = field(repr=False)

    def address(self, state: str, verifier: str, redirect_uri: str) -> str:
        """Where a browser asks for a code. A GitHub App has no scopes to ask for."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "code_challenge": _s256(verifier),
            "code_challenge_method": "S256",
            "allow_signup": "false",
        }
        return str(URL(web_url(self.api_url)).with_path("/login/oauth/authorize").with_query(asked))

    async def who(self, code: str, verifier: str, redirect_uri: str) -> Actor:
        """Whose code it is. Raises Refused for a code that is worth nothing; Transient, Forbidden."""
        token = await self._token(code, verifier, redirect_uri)
        return await people.itself(self.connect(StaticToken(token), Pool()))

    async def _token(self, code: str, verifier: str, redirect_uri: str) -> str:
        form = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        url = URL(web_url(self.api_url)).with_path("/login/oauth/access_token")
        token = error = None
        try:
            async with self.session.post(
                url,
                data=form,
                headers={"Accept": "application/json", "User-Agent": "rfh-bot"},
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as response:
                status = response.status
                if status == 200 and (response.content_length or 0) <= _MAX_ANSWER:
                    answer = await response.json()
                    token, error = answer.get("access_token"), answer.get("error")
        except (aiohttp.ClientError, OSError, ValueError, AttributeError):
            status = 0
        if isinstance(token, str) and token:
            return token
        if error == "bad_verification_code" or status == 404:
            raise Refused("sign-in: the code is not valid, or no longer")
        if error:
            raise Refused("sign-in: GitHub refuses the App's client id, secret or callback URL")
        raise Transient(f"sign-in: no answer that can be used (HTTP {status})")


def _s256(verifier: str) -> str:
    """PKCE's challenge for a verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
