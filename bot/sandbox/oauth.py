"""Signing in with the App: the authorize page, where one chooses who to be, and the exchange of the code.

https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app

A code is for one use within ten minutes, for the address it was sent to, and with PKCE for who asked for it.
Choosing a person is a link: it stands for GitHub's own sign-in, of which the sandbox has none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from yarl import URL

from bot.sandbox.access import Access
from bot.sandbox.page_base import PageBase
from bot.sandbox.records import Account
from bot.sandbox.webhooks import Hooks
from bot.sandbox.world import World

AUTHORIZE_PATH = "/login/oauth/authorize"
TOKEN_PATH = "/login/oauth/access_token"  # noqa: S105 (an address)
_CODE_LIFE = timedelta(minutes=10)
_MISMATCH = "The redirect_uri MUST match the registered callback URL for this application."


@dataclass(frozen=True, slots=True)
class _Grant:
    account: Account
    redirect_uri: str
    challenge: str  # empty: no PKCE
    expires_at: datetime


@dataclass
class OAuth:
    """Codes and what they are worth. `callback_url`: what the App has registered; empty: any on loopback."""

    access: Access
    client_secret: str = field(default_factory=lambda: secrets.token_hex(20), repr=False)
    callback_url: str = ""
    _grants: dict[str, _Grant] = field(default_factory=dict, repr=False)

    def fits(self, redirect_uri: str) -> bool:
        """Same scheme, host and port as the registered address, and that path or one below it."""
        known, asked = URL(self.callback_url), URL(redirect_uri)
        if not self.callback_url:
            return asked.host == "127.0.0.1"
        below = asked.path == known.path or asked.path.startswith(f"{known.path.rstrip('/')}/")
        return asked.origin() == known.origin() and below

    def grant(self, account: Account, redirect_uri: str, challenge: str) -> str:
        """A code for a person who has agreed."""
        code = secrets.token_hex(10)
        expires = self.access.clock() + _CODE_LIFE
        self._grants[code] = _Grant(account, redirect_uri, challenge, expires)
        return code

    def redeem(self, form: Mapping[str, str]) -> dict[str, str | int]:
        """The answer to a code: a token, or an error of GitHub's, which comes with status 200 too."""
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        wanted = (self.access.app.client_id, self.client_secret)
        if not hmac.compare_digest(repr(given), repr(wanted)):
            return _error("incorrect_client_credentials", "The client_id and/or client_secret are incorrect.")
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or grant.expires_at <= self.access.clock():
            return _error("bad_verification_code", "The code passed is incorrect or expired.")
        if form.get("redirect_uri", grant.redirect_uri) != grant.redirect_uri:
            return _error("redirect_uri_mismatch", _MISMATCH)
        if grant.challenge and grant.challenge != s256(form.get("code_verifier", "")):
            return _error("bad_verification_code", "The code passed is incorrect or expired.")
        return {"access_token": self.access.user_token(grant.account), "token_type": "bearer", "scope": ""}


def s256(verifier: str) -> str:
    """PKCE's challenge for a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _error(code: str, text: str) -> dict[str, str | int]:
    return {"error": code, "error_description": text}


class SignIn(PageBase):
    """The two addresses outside the API. `add_to` puts them on the sandbox's application."""

    def __init__(self, world: World, hooks: Hooks, oauth: OAuth) -> None:
        super().__init__(world, hooks)
        self.oauth = oauth

    def add_to(self, app: web.Application) -> None:
        app.add_routes([web.get(AUTHORIZE_PATH, self.authorize), web.post(TOKEN_PATH, self.token)])

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Who to be; with `login`, back to the App as that person, or without a code when one declines."""
        asked = request.query
        if asked.get("client_id") != self.oauth.access.app.client_id:
            raise web.HTTPNotFound(text="No App has this client id.\n")
        if not self.oauth.fits(asked.get("redirect_uri", "")):
            raise web.HTTPBadRequest(text=f"{_MISMATCH}\n")
        if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
            raise web.HTTPBadRequest(text="The code_challenge_method must be S256.\n")
        login = asked.get("login")
        if login is None:
            choices = [(one, str(request.rel_url.update_query(login=one.login))) for one in self.people()]
            decline = str(request.rel_url.update_query(login=""))
            return self.show(request, "authorize.html", choices=choices, decline=decline)
        account = next((one for one in self.people() if one.login == login), None)
        if account is None:
            answer = {"error": "access_denied"}
        else:
            challenge = asked.get("code_challenge", "")
            answer = {"code": self.oauth.grant(account, asked["redirect_uri"], challenge)}
        back = URL(asked["redirect_uri"]).update_query(answer | {"state": asked.get("state", "")})
        raise web.HTTPFound(back)

    async def token(self, request: web.Request) -> web.Response:
        """Redeem a code. A form, unless JSON is asked for, as at GitHub."""
        text = await request.text()
        answer = self.oauth.redeem(dict(parse_qsl(text)))
        if "application/json" in request.headers.get("Accept", ""):
            return web.json_response(answer)
        return web.Response(text=urlencode(answer), content_type="application/x-www-form-urlencoded")
