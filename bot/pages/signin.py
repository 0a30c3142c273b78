"""Signing in: GitHub's web flow, and the cookies before and after it.

What holds
- A code is redeemed only in the browser that asked for it: `state` is compared with a sealed cookie of ten
  minutes (nobody can sign somebody else in as themselves), and PKCE binds the code to that cookie's verifier.
- GitHub's token for the person is used once, to ask who they are. The session holds id and login, no token.
- Cookies are sealed, HttpOnly, SameSite=Lax (the way back from GitHub is a cross-site GET), Secure and
  ``__Host-`` where the address is https, and end after a working day. Whoever loses access to the repository
  is out sooner (`readers.py`), whatever the cookie says.
- Nothing leads elsewhere: the page to go back to is a path of ours.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from yarl import URL

from bot.errors import RfhError
from bot.github.client import Refused
from bot.github.oauth import Gate
from bot.model import Actor
from bot.pages.render import HEADERS, Renderer
from bot.pages.seal import Seal

SIGN_IN, START, CALLBACK, SIGN_OUT = "/signin", "/signin/github", "/signin/callback", "/signout"
SESSION_LIFE = timedelta(hours=10)
ASKING_LIFE = timedelta(minutes=10)
_AGAIN = (START, "Sign in with GitHub")


def local(back: str) -> str:
    """`back` when it is a path of ours, else the first page. Browsers drop control characters."""
    path = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable()
    return back if path and len(back) <= 2000 else "/"


class SignIn:
    """The handlers; `person` tells who a request is from. `address`: the public URL, without a path."""

    def __init__(
        self,
        gate: Gate,
        secret: str,
        address: Callable[[], str],
        renderer: Renderer,
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._address = address
        self._renderer = renderer
        self._session = Seal(secret, "session", SESSION_LIFE, now)
        self._asking = Seal(secret, "asking", ASKING_LIFE, now)
        self._log = structlog.get_logger("signin")

    def add_to(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get(SIGN_IN, self.page),
                web.get(START, self.start),
                web.get(CALLBACK, self.callback),
                web.post(SIGN_OUT, self.sign_out),
            ]
        )

    def person(self, request: web.Request) -> Actor | None:
        """Who is signed in; None for nobody, or no longer."""
        found = self._session.open(request.cookies.get(self._name("session"), ""))
        return None if found is None else Actor(str(found["login"]), int(found["id"]))

    async def page(self, request: web.Request) -> web.Response:
        """One button: GitHub is not called before somebody wants to."""
        start = URL(START).with_query(back=local(request.query.get("back", "/")))
        return self._renderer.page("signin.html", start=str(start))

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Off to GitHub."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        back = local(request.query.get("back", "/"))
        response = web.HTTPFound(self._gate.address(state, verifier, self._address() + CALLBACK))
        sealed = self._asking.close({"state": state, "verifier": verifier, "back": back})
        self._set(response, "asking", sealed, ASKING_LIFE)
        raise response

    async def callback(self, request: web.Request) -> web.StreamResponse:
        """Back from GitHub, with a code or without one."""
        asking = self._asking.open(request.cookies.get(self._name("asking"), ""))
        state, code = request.query.get("state", ""), request.query.get("code", "")
        if asking is None or not hmac.compare_digest(str(asking["state"]).encode(), state.encode()):
            return self._refuse(400, "That sign-in was not begun here, or too long ago.", "no such state")
        if not code:
            return self._refuse(403, "GitHub says that you cancelled.", "cancelled")
        try:
            person = await self._gate.who(code, str(asking["verifier"]), self._address() + CALLBACK)
        except Refused as error:
            return self._refuse(403, "GitHub did not accept the sign-in.", str(error))
        except RfhError as error:
            return self._refuse(503, "GitHub does not answer.", str(error))
        self._log.info("signed in", user=person.id)
        response = web.HTTPFound(local(str(asking["back"])))
        self._set(response, "session", self._session.close(_content(person)), SESSION_LIFE)
        self._drop(response, "asking")
        raise response

    async def sign_out(self, _: web.Request) -> web.StreamResponse:
        response = web.HTTPSeeOther(SIGN_IN)
        self._drop(response, "session")
        raise response

    def _refuse(self, status: int, text: str, why: str) -> web.Response:
        self._log.warning("not signed in", why=why)
        response = self._renderer.message(status, "Not signed in", text, link=_AGAIN)
        self._drop(response, "asking")
        return response

    # ── cookies ─────────────────────────────────────────────────────────────────────────────

    @property
    def _secure(self) -> bool:
        return self._address().startswith("https://")

    def _name(self, purpose: str) -> str:
        """``__Host-``: browsers take it from this host alone, over TLS, for all paths."""
        return f"__Host-rfh-bot-{purpose}" if self._secure else f"rfh-bot-{purpose}"

    def _set(self, response: web.StreamResponse, purpose: str, value: str, life: timedelta) -> None:
        response.headers.update(HEADERS)
        response.set_cookie(
            self._name(purpose),
            value,
            max_age=int(life.total_seconds()),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Lax",
        )

    def _drop(self, response: web.StreamResponse, purpose: str) -> None:
        response.headers.update(HEADERS)
        response.del_cookie(self._name(purpose), path="/", httponly=True, secure=self._secure, samesite="Lax")


def _content(person: Actor) -> dict[str, str | int]:
    return {"id": person.id, "login": person.login}
