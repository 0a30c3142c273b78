"""Floor 3: the set-up page, there only while no App is configured: it registers one, and says who we are.

What holds:

- Only the link that was printed at the start opens it: a token of 256 bits, compared in constant time, good
  for an hour and for one browser, which gets a cookie for it and an address without the token.
- A form counts only with that cookie (`SameSite=Lax`) and from this very page; GitHub's answer only with the
  state that this browser was sent off with, once.
- A code is converted once; what comes back is written or shown, never logged. Pages load nothing, run nothing
  and are not cached.
- Once it is done the door closes: `done` has the settings, and the App goes on at the same address.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import jinja2
import structlog
from aiohttp import web
from yarl import URL

from bot.errors import RfhError, Transient
from bot.setup.manifest import LOOPBACK, Choices, Kind, manifest, registration_url, shipped

PATH = "/setup"
BACK = f"{PATH}/created"
COOKIE = "rfh-bot-setup"
LIFE = timedelta(hours=1)  # of the link; GitHub's codes live as long
MAX_FORM = 16 * 1024
_CODE = re.compile(r"\A[0-9A-Za-z_-]{1,200}\Z")
_HERE = Path(__file__).parent
_CLOSED = "This page opens with the link that rfh-bot printed when it started, once, and within an hour.\n"
_PURPOSE = {
    "issues": "reads issues; writes labels and comments",
    "contents": "reads .github/rfh-bot.yml",
    "checks": "checks changes of the policy",
    "members": "knows who is in a GitHub team",
    "metadata": "comes with every App",
}

Convert = Callable[[str], Awaitable[Mapping[str, Any]]]
"""GitHub's credentials for a code. Raises Transient, or another RfhError when the code is refused."""
Save = Callable[[Mapping[str, str]], None]
"""Writes settings for the next start. Raises OSError or ValueError."""


@dataclass(frozen=True, slots=True)
class Place:
    """What set-up knows before it asks. `file` is where settings are kept; `tracker` may be empty."""

    web_url: str
    file: str
    tracker: str
    memory_key: bool  # there is one already


@dataclass(frozen=True, slots=True)
class _Begun:
    """A browser was sent to GitHub."""

    state: str
    choices: Choices
    keep: bool


class SetUp:
    """`link` opens the page; `done` is resolved with the new settings."""

    def __init__(self, place: Place, convert: Convert, save: Save, now: Callable[[], datetime]) -> None:
        self.done: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
        self._place, self._convert, self._save, self._now = place, convert, save, now
        self._token: str | None = secrets.token_urlsafe(32)
        self._session: str | None = None
        self._ends = now() + LIFE
        self._begun: _Begun | None = None
        self._converting = asyncio.Lock()
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("setup.html")
        self._style = (_HERE / "setup.css").read_text("utf-8")
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self._headers = {
            "Content-Security-Policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self' {place.web_url};"
                " base-uri 'none'; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        }

    def link(self, base: str) -> str:
        """The address to print, once."""
        return f"{base}{PATH}?token={self._token}"

    def application(self) -> web.Application:
        """What is served while nothing else can be."""
        app = web.Application(client_max_size=MAX_FORM)
        app.router.add_get(PATH, self.show, allow_head=False)
        app.router.add_post(PATH, self.begin)
        app.router.add_get(BACK, self.created, allow_head=False)
        app.router.add_get("/healthz", self.health)
        app.router.add_get("/readyz", self.ready)
        return app

    # ── the three steps ─────────────────────────────────────────────────────────────────────

    async def show(self, request: web.Request) -> web.Response:
        """Redeem the link, or show the form to the browser that did."""
        if "token" in request.query:
            return self._redeem(request)
        self._admit(request)
        choices = Choices(self._place.tracker, "organisation", self._guess(request))
        return self._page("ask", choices=choices, keep=True, problems={})

    async def begin(self, request: web.Request) -> web.Response:
        """Check what was chosen, and show what GitHub will be asked for."""
        self._admit(request)
        if _authority(request.headers.get("Origin", "")) != request.host:
            raise web.HTTPForbidden(text="Forms of this page are sent from this page.\n")
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        kind = cast("Kind", form.get("kind", ""))
        choices = Choices(form.get("tracker", "").strip(), kind, form.get("url", "").strip())
        keep = form.get("keep") != "show"
        if problems := choices.problems():
            return self._page("ask", status=400, choices=choices, keep=keep, problems=problems)
        self._begun = _Begun(secrets.token_urlsafe(32), choices, keep)
        origin = request.headers["Origin"]
        return self._page(
            "review",
            choices=choices,
            action=registration_url(self._place.web_url, choices, self._begun.state),
            manifest=manifest(choices, origin + BACK),
            permissions=[
                (name, level, _PURPOSE.get(name, ""))
                for name, level in shipped()["default_permissions"].items()
            ],
            events=shipped()["default_events"],
        )

    async def created(self, request: web.Request) -> web.StreamResponse:
        """GitHub sent the browser back: trade the code for the credentials, keep them, go on as the App."""
        self._admit(request)
        async with self._converting:  # a reload must not convert twice
            begun = self._begun
            code, state = request.query.get("code", ""), request.query.get("state", "")
            if self.done.done() or begun is None or not _same(begun.state, state) or not _CODE.match(code):
                return self._page("failed", status=400, why="This is not the answer to what was asked.")
            try:
                values, install_url = self._settings(await self._convert(code), begun.choices)
            except Transient:
                return self._page("failed", status=502, why="GitHub did not answer. Reload this page.")
            except RfhError:
                self._begun = None
                return self._page("failed", status=502, why="GitHub does not take the code any more.")
            self._begun = self._session = None
            return await self._finish(request, begun, values, install_url)

    async def _finish(
        self, request: web.Request, begun: _Begun, values: Mapping[str, str], install_url: str
    ) -> web.StreamResponse:
        """Keep the settings, and only with the last byte of the answer on its way open the next door."""
        kept, trouble = False, ""
        if begun.keep:
            try:
                self._save(values)
                kept = True
            except (OSError, ValueError) as error:
                trouble = f"{self._place.file} cannot be written ({type(error).__name__})."
        structlog.get_logger("setup").info("set up", app=values["GITHUB_APP_ID"], kept=kept)
        response = self._page(
            "done",
            choices=begun.choices,
            install_url=install_url,
            values={} if kept else values,
            trouble=trouble,
        )
        try:
            await response.prepare(request)
            await response.write_eof()
        finally:  # the App exists, whoever still listens
            self.done.set_result(values)
        return response

    def _settings(self, found: Mapping[str, Any], choices: Choices) -> tuple[dict[str, str], str]:
        """The settings that GitHub's answer gives, and where to install the App. Raises RfhError."""
        try:
            values = {
                "GITHUB_APP_ID": str(int(found["id"])),
                "GITHUB_PRIVATE_KEY": found["pem"].strip(),
                "GITHUB_WEBHOOK_SECRET": found["webhook_secret"].strip(),
                "GITHUB_CLIENT_ID": found["client_id"].strip(),
                "GITHUB_CLIENT_SECRET": found["client_secret"].strip(),
                "RFH_BOT_URL": choices.url.rstrip("/"),
                "RFH_BOT_REPOS": choices.tracker,
            }
            install_url = f"{found['html_url']}/installations/new"
        except (AttributeError, KeyError, TypeError, ValueError):
            raise RfhError("conversion: unreadable answer") from None
        if not all(values.values()):
            raise RfhError("conversion: an answer without credentials")
        if not self._place.memory_key:
            values["RFH_BOT_MEMORY_KEY"] = secrets.token_hex(32)
        return values, install_url

    # ── who may ─────────────────────────────────────────────────────────────────────────────

    def _redeem(self, request: web.Request) -> web.Response:
        """The link's token becomes this browser's session."""
        good = self._token is not None and _same(self._token, request.query["token"])
        if not good or self._now() >= self._ends:
            raise web.HTTPForbidden(text=_CLOSED, headers=self._headers)
        self._token, self._session = None, secrets.token_urlsafe(32)
        response = web.Response(status=303, headers={**self._headers, "Location": PATH})
        secure = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
        response.set_cookie(
            COOKIE, self._session, path=PATH, httponly=True, samesite="Lax", secure=secure,
            max_age=int(LIFE.total_seconds()),
        )  # fmt: skip
        return response

    def _admit(self, request: web.Request) -> None:
        """Only the browser that redeemed the link, and within the hour."""
        given = request.cookies.get(COOKIE, "")
        if self._session is None or not _same(self._session, given) or self._now() >= self._ends:
            raise web.HTTPForbidden(text=_CLOSED, headers=self._headers)

    def _guess(self, request: web.Request) -> str:
        """Where GitHub may reach us: as the browser did, unless that is this machine and GitHub another."""
        local = (request.url.host or "") in LOOPBACK
        if local:
            return f"http://{request.host}" if URL(self._place.web_url).host in LOOPBACK else ""
        return f"https://{request.host}"

    # ── how ─────────────────────────────────────────────────────────────────────────────────

    async def health(self, _: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def ready(self, _: web.Request) -> web.Response:
        return web.json_response({"ready": False, "error": "not set up"}, status=503)

    def _page(self, step: str, status: int = 200, **values: Any) -> web.Response:
        html = self._template.render(step=step, style=self._style, path=PATH, place=self._place, **values)
        return web.Response(text=html, content_type="text/html", status=status, headers=self._headers)


def _same(wanted: str, given: str) -> bool:
    return hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _authority(origin: str) -> str:
    """Host and port of an origin, as they stand in `Host`; behind a proxy the scheme is another."""
    try:
        return URL(origin).authority
    except ValueError:
        return ""
