"""Who may use the page: a browser on this machine, looking at this page, and nobody through it.

- The server listens on loopback only.
- DNS rebinding: a foreign name that resolves to loopback shows in `Host`; only loopback names are answered.
- Cross-site requests: a POST must come from this very origin.
- Injected markup: no script, style or image loads except from here, none inline.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

API = "/api/"
BY_SECRET = frozenset({"/login/oauth/access_token"})  # called by the App, with its client secret
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SHOWS_ONLY = re.compile(
    r"/(organizations/[^/]+/)?settings/apps/new"
)  # posted to from a set-up page elsewhere
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse foreign hosts and cross-site writes; the API is guarded by tokens instead of the origin."""
    if request.url.host not in _LOOPBACK:
        raise web.HTTPMisdirectedRequest(text="This sandbox answers to loopback names only.\n")
    if request.path.startswith(API) or request.path in BY_SECRET:
        return await handler(request)
    foreign = request.headers.get("Origin") != str(request.url.origin())
    if foreign and request.method not in {"GET", "HEAD"} and not SHOWS_ONLY.fullmatch(request.path):
        raise web.HTTPForbidden(text="Forms of this page are sent from this page.\n")
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(_HEADERS)
        raise
    if not response.prepared:
        response.headers.update({**_HEADERS, **response.headers})
    return response
