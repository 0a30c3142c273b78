"""Floor 3: the routing playground: paste a text, see which team it goes to, and why.

A page without script: a form that is posted, an answer that is HTML. What is pasted may be private, so it is
neither stored nor logged, travels in the request's body alone, and the answer is not to be cached.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl

from aiohttp import web
from yarl import URL

from bot.pages.playground_view import look
from bot.pages.render import Renderer
from bot.rules.rulebook import Rulebook

PATH = "/playground"
MAX_TEXT = 64 * 1024  # bytes of title and text
MAX_TITLE = 1024  # characters; GitHub's own limit is 256
_MAX_FORM = 3 * MAX_TEXT + 4096  # as a form sends it: %XX for each byte, at worst
_TOO_LONG = f"That is too long: {MAX_TEXT // 1024} KB of text at most."
_NO_FORM = "That was not sent by this page's form."

Books = Callable[[], Awaitable[Rulebook]]
"""Gives the policy in force, compiled."""
BookFor = Callable[[web.Request], Awaitable[Rulebook]]
"""The same, of a repository that whoever asks may read."""


class Show(Protocol):
    """Makes an answer of a template."""

    def __call__(
        self, request: web.Request, template: str, *, status: int = 200, **values: Any
    ) -> web.Response: ...


class Playground:
    """The page's handlers."""

    def __init__(self, book_for: BookFor, show: Show) -> None:
        self._book_for = book_for
        self._show = show

    def add_to(self, app: web.Application) -> None:
        """Put the page on an application."""
        app.add_routes([web.get(PATH, self.show), web.post(PATH, self.answer)])

    async def show(self, request: web.Request) -> web.Response:
        """The empty form."""
        return self._page(request)

    async def answer(self, request: web.Request) -> web.Response:
        """The form again, with what the router makes of it."""
        try:
            fields = await _fields(request)
        except ValueError:
            return self._page(request, status=400, problem=_NO_FORM)
        if fields is None:
            return self._page(request, status=413, problem=_TOO_LONG)
        title, text = fields.get("title", "").strip()[:MAX_TITLE], fields.get("text", "")
        if len(text.encode("utf-8", "replace")) > MAX_TEXT:
            return self._page(request, status=413, problem=_TOO_LONG)
        if not (title or text.strip()):
            return self._page(request)
        return self._page(
            request, title=title, text=text, view=look(await self._book_for(request), title, text)
        )

    def _page(self, request: web.Request, status: int = 200, **values: Any) -> web.Response:
        repository = request.query.get("repo")
        here = str(URL(PATH).with_query(repo=repository)) if repository else PATH
        shown = {"title": "", "text": "", "view": None, "problem": "", "path": here, **values}
        return self._show(request, "playground.html", status=status, **shown)


def alone(books: Books, back: str) -> Callable[[web.Application], None]:
    """Puts the page on an application that has no other of ours; `back`: the address of its first page."""
    renderer = Renderer()

    def show(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
        return renderer.page(template, status=status, layout="bare.html", back=back, **values)

    def add_to(app: web.Application) -> None:
        renderer.add_files(app)
        Playground(lambda _: books(), show).add_to(app)

    return add_to


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
