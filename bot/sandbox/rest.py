"""The REST side: what every route has in common: finding the repository and checking permission."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from bot.sandbox.access import Access, Caller
from bot.sandbox.ground import Refused
from bot.sandbox.http import ApiError, Reply, Request, invalid, not_found, page_of
from bot.sandbox.records import Account, Issue, Repo
from bot.sandbox.state import State
from bot.sandbox.views import Views
from bot.sandbox.world import World

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bases:
    """Where the API and the pages are reachable."""

    api: str
    html: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a handler. `state` may lag; writes go to `world`."""

    request: Request
    route: Route
    params: Mapping[str, str]
    caller: Caller
    world: World
    state: State
    access: Access
    bases: Bases

    @property
    def views(self) -> Views:
        return Views(self.state, self.bases.api, self.bases.html)

    @property
    def fresh(self) -> Views:
        """Shapes of the world as it is now: what the answer to a write shows."""
        return Views(self.world.state, self.bases.api, self.bases.html)

    @property
    def actor(self) -> Account:
        """Who writes; raises 401 for nobody."""
        if self.caller.account is None:
            raise ApiError(401, "Requires authentication")
        return self.caller.account

    @property
    def repo(self) -> Repo:
        """The repository in the path; raises 404 when the caller cannot see it."""
        repo = self.state.repo(self.params["owner"], self.params["repo"])
        if repo is None or not self.caller.sees(self.state, repo):
            raise not_found()
        return repo

    def issue(self, state: State | None = None) -> Issue:
        """The issue in the path; raises 404, 410 (deleted) or 301 (transferred)."""
        state = state or self.state
        found = state.issue(self.repo, self.ident("issue_number"))
        if found is None:
            raise not_found()
        if found.gone == "deleted":
            raise ApiError(410, "This issue was deleted")
        if found.moved_to is not None:
            moved = self.fresh.issue_url(self.world.state.issues[found.moved_to])
            raise ApiError(301, "Moved Permanently", headers={"location": moved})
        return found

    def ident(self, name: str) -> int:
        """A number in the path; raises 404 when it is none."""
        text = self.params[name]
        if not (text.isascii() and text.isdigit()):
            raise not_found()
        return int(text)

    def body(self) -> dict[str, Any]:
        """The request's JSON object; raises 400 when it is anything else."""
        data = self.request.json()
        if not isinstance(data, dict):
            raise ApiError(400, "Body should be a JSON object")
        return data

    def text(self, name: str, default: str | None = None) -> str:
        """A string of the body; raises 422 when it is missing or no string."""
        value = self.maybe_text(name)
        value = default if value is None else value
        if value is None:
            raise ApiError(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        return value

    def maybe_text(self, name: str) -> str | None:
        """A string of the body, None when it is missing or null; raises 422 when it is anything else."""
        value = self.body().get(name)
        if value is None or isinstance(value, str):
            return value
        raise ApiError(422, f"Invalid request.\n\nFor 'properties/{name}', {value!r} is not a string.")

    def texts(self, name: str) -> list[str]:
        """A list of strings of the body; raises 422."""
        value = self.body().get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ApiError(422, f"Invalid request.\n\nFor 'properties/{name}', not an array of strings.")
        return value

    def listing(self, items: Iterable[T], shape: Callable[[T], Any]) -> Reply:
        """One page of the items, each in its REST shape."""
        page, headers = page_of(self.request, f"{self.bases.api}{self.request.path}", list(items))
        return Reply(200, [shape(item) for item in page], headers)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, spelled as in GitHub's OpenAPI description.

    `needs` is (permission, level) on the repository; `as_app` routes want the App's JWT; `content` counts
    against the limits on creating content.
    """

    method: str
    path: str
    handler: Handler
    needs: tuple[str, str] | None = None
    as_app: bool = False
    content: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        names = re.sub(r"\{(path|name)\}", r"(?P<\1>.+)", self.path)
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", names) + r"/?")


class Rest:
    """Finds the route and runs its handler."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = [(route.pattern, route) for route in routes]

    def find(self, request: Request) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters; raises 404."""
        for pattern, route in self.routes:
            match = pattern.fullmatch(request.path) if route.method == request.method else None
            if match:
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        raise not_found()

    def run(self, call: Call) -> Reply:
        """Check the caller's right and run the handler; raises ApiError."""
        self._check(call)
        try:
            return call.route.handler(call)
        except Refused as refused:
            raise invalid(refused.resource, refused.field, refused.code, refused.message) from None

    def _check(self, call: Call) -> None:
        route, caller = call.route, call.caller
        if route.as_app:
            if caller.kind != "app":
                raise ApiError(401, "A JSON web token could not be decoded")
            return
        if caller.kind == "app":
            raise ApiError(403, "Resource not accessible by integration")
        if route.needs is None:
            return
        repo, (permission, level) = call.repo, route.needs
        if not caller.may(call.state, repo, permission, level):
            if caller.kind == "installation":
                raise ApiError(403, "Resource not accessible by integration")
            raise ApiError(403, "Must have admin rights to Repository.")
        if repo.archived and route.method != "GET":
            raise ApiError(403, "Repository was archived so is read-only.")
