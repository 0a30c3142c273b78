"""HTML of the pages, and the headers that every answer to a browser has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jinja2
from aiohttp import web
from yarl import URL

from bot.model import Actor
from bot.pages import wording

STYLE, ICON = "/pages.css", "/pages.svg"
_HERE = Path(__file__).parent
# No script at all, nothing inline, nothing from elsewhere, in nobody's frame.
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and which of the watched repositories they may see: at least one."""

    person: Actor
    repositories: tuple[str, ...]

    def repository(self, asked: str | None) -> str:
        """The one asked for, else the first. Raises 404 for one that they may not see, as GitHub does."""
        if not asked:
            return self.repositories[0]
        found = next((name for name in self.repositories if name.casefold() == asked.casefold()), None)
        if found is None:
            raise web.HTTPNotFound
        return found


VIEWER: Final = web.RequestKey("viewer", Viewer)
"""Where the guard puts who looks, before any handler runs."""


class Renderer:
    """Templates to answers."""

    def __init__(self) -> None:
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= wording.FILTERS
        self._files = {
            STYLE: ((_HERE / "pages.css").read_text("utf-8"), "text/css"),
            ICON: ((_HERE / "pages.svg").read_text("utf-8"), "image/svg+xml"),
        }

    def page(self, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """A page of its own."""
        html = self._jinja.get_template(template).render(**values)
        return web.Response(text=html, content_type="text/html", status=status, headers=HEADERS)

    def page_for(
        self, request: web.Request, template: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """A page for who is signed in, with the navigation."""
        look = request[VIEWER]
        repository = look.repository(request.query.get("repo"))

        def link(path: str, **query: str | int) -> str:
            """An address of ours that stays in this repository."""
            repo = {} if repository == look.repositories[0] else {"repo": repository}
            return str(URL.build(path=path, query=repo | {k: v for k, v in query.items() if v}))

        known: dict[str, Any] = {
            "layout": "base.html",
            "here": request.path,
            "viewer": look,
            "repository": repository,
        }
        known |= {"link": link}
        return self.page(template, status=status, **known, **values)

    def message(
        self, status: int, title: str, text: str, *, login: str = "", link: tuple[str, str] | None = None
    ) -> web.Response:
        """A page that only says something. `login`: who may sign out; `link`: address and words."""
        return self.page("message.html", status=status, title=title, text=text, login=login, link=link)

    async def file(self, request: web.Request) -> web.Response:
        """Style and icon: the same for everybody, and nothing private."""
        text, kind = self._files[request.path]
        return web.Response(text=text, content_type=kind, headers=HEADERS)

    def add_files(self, app: web.Application) -> None:
        app.add_routes([web.get(path, self.file) for path in self._files])
