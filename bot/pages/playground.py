"""Floor 3: the routing playground: paste a text, see which team it goes to, and why.

A page without script: a form that is posted, an answer that is HTML. What is pasted may be private, so it is
neither stored nor logged, travels in the request's body alone, and the answer is not to be cached. Whoever
reaches the page can use it, and sees no issue by it: only the words of the policy, and what they pasted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from aiohttp import web

from bot.pages.playground_view import look
from bot.rules.rulebook import Rulebook

PATH = "/playground"
STYLE = f"{PATH}.css"
MAX_TEXT = 64 * 1024  # bytes of title and text
MAX_TITLE = 1024  # characters; GitHub's own limit is 256
_MAX_FORM = 3 * MAX_TEXT + 4096  # as a form sends it: %XX for each byte, at worst
_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TOO_LONG = f"That is too long: {MAX_TEXT // 1024} KB of text at most."
_NO_FORM = "That was not sent by this page's form."

Books = Callable[[], Awaitable[Rulebook]]
"""Gives the policy in force, compiled."""


class Playground:
    """The page's handlers; `back` is the address of the page to go back to, if there is one."""

    def __init__(self, books: Books, back: str = "") -> None:
        self._books = books
        self._back = back
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("playground.html")
        self._style = (_HERE / "pages.css").read_text("utf-8")

    def add_to(self, app: web.Application) -> None:
        """Put the page on an application."""
        app.add_routes([web.get(PATH, self.show), web.post(PATH, self.answer), web.get(STYLE, self.style)])

    async def show(self, _: web.Request) -> web.Response:
        """The empty form."""
        return self._page()

    async def answer(self, request: web.Request) -> web.Response:
        """The form again, with what the router makes of it."""
        try:
            fields = await _fields(request)
        except ValueError:
            return self._page(status=400, problem=_NO_FORM)
        if fields is None:
            return self._page(status=413, problem=_TOO_LONG)
        title, text = fields.get("title", "").strip()[:MAX_TITLE], fields.get("text", "")
        if len(text.encode("utf-8", "replace")) > MAX_TEXT:
            return self._page(status=413, problem=_TOO_LONG)
        if not (title or text.strip()):
            return self._page()
        return self._page(title=title, text=text, view=look(await self._books(), title, text))

    async def style(self, _: web.Request) -> web.Response:
        return web.Response(text=self._style, content_type="text/css", headers=_HEADERS)

    def _page(self, status: int = 200, **values: Any) -> web.Response:
        shown = {"title": "", "text": "", "view": None, "problem": "", **values}
        html = self._template.render(path=PATH, style=STYLE, back=self._back, **shown)
        return web.Response(text=html, content_type="text/html", status=status, headers=_HEADERS)


async def _fields(request: web.Request) -> dict[str, str] | None:
    """The fields of a posted form; None when it is too large. Raises ValueError for anything else."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise ValueError("no form")
    sent = bytearray()
    async for chunk in request.content.iter_any():
        sent += chunk
        if len(sent) > _MAX_FORM:
            return None
    pairs = parse_qsl(sent.decode("ascii"), keep_blank_values=True, max_num_fields=10)
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
