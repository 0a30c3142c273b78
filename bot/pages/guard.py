"""Nobody gets in who is not let in: what stands before every handler of the App once it has pages.

It refuses by default. A route is open only when it is named here: the doors of machines, which check their
own callers, and what a browser needs to sign in. A new route is closed until somebody decides otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from yarl import URL

from bot.errors import RfhError, places
from bot.pages.readers import Readers
from bot.pages.render import HEADERS, ICON, STYLE, VIEWER, Renderer, Viewer
from bot.pages.signin import CALLBACK, SIGN_IN, SIGN_OUT, START, SignIn

MACHINES = frozenset({"/webhook", "/slack/interactions", "/healthz", "/readyz"})
"""Signed by their callers; health is for monitors and holds numbers only."""
SET_UP = "/setup"  # gone since there is an App: whoever still has the link is told so, signed in or not
OPEN = frozenset({SIGN_IN, START, CALLBACK, SIGN_OUT, SET_UP, STYLE, ICON})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Guard:
    """`stand` is the middleware."""

    def __init__(
        self, signin: SignIn, readers: Readers, address: Callable[[], str], renderer: Renderer
    ) -> None:
        self._signin = signin
        self._readers = readers
        self._address = address
        self._renderer = renderer

    def add_to(self, app: web.Application) -> None:
        @web.middleware
        async def stand(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self.stand(request, handler)

        app.middlewares.append(stand)

    async def stand(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let machines through to their doors, and people who may look to the pages."""
        if request.path in MACHINES:
            return await handler(request)
        try:
            response = await self._people(request, handler)
        except web.HTTPException as error:
            if error.status == 404:
                link = ("/", "Overview")
                return self._renderer.message(404, "Not found", "There is nothing here.", link=link)
            error.headers.update(HEADERS)
            raise
        except Exception as error:  # noqa: BLE001  # the library would log its message, which may quote an issue
            log = structlog.get_logger("pages")
            log.error("failed", path=resource(request), error=type(error).__name__, at=places(error))
            text = "That is a fault of this program, and in its log."
            return self._renderer.message(500, "Something went wrong", text, link=("/", "Overview"))
        response.headers.update(HEADERS)
        return response

    async def _people(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD") and not self._from_here(request):
            return web.Response(status=403, text="Forms of these pages are sent from these pages.\n")
        if request.path in OPEN:
            return await handler(request)
        person = self._signin.person(request)
        if person is None:
            return self._signed_out(request)
        try:
            readable = await self._readers.readable(person)
        except RfhError:
            text = "GitHub could not be asked who may look, so nobody may. Try again in a minute."
            return self._renderer.message(503, "Not now", text, login=person.login)
        if not readable:
            text = "These pages are for people who can read the private tracker, while it is private."
            return self._renderer.message(403, "Not for you", text, login=person.login)
        request[VIEWER] = Viewer(person, readable)
        return await handler(request)

    def _from_here(self, request: web.Request) -> bool:
        """Browsers say where a POST comes from, and no page can make them say otherwise."""
        return request.headers.get("Origin") == str(URL(self._address()).origin())

    def _signed_out(self, request: web.Request) -> web.StreamResponse:
        """A person looking for a page goes to the sign-in and then on; all else is told 401."""
        if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
            return web.Response(status=302, headers={"Location": _sign_in(request.rel_url)})
        return web.Response(status=401, text="Sign in first.\n")


def resource(request: web.Request) -> str:
    """The route's pattern, for the log: an address may hold what somebody looked for."""
    found = request.match_info.route.resource
    return found.canonical if found is not None else ""


def _sign_in(wanted: URL) -> str:
    return str(URL(SIGN_IN).with_query(back=str(wanted)))
