"""All pages of the App: what is served where. Every one of them stands behind `guard.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from markupsafe import Markup

from bot import plots
from bot.pages import health, overview
from bot.pages.guard import Guard
from bot.pages.pictures import Pictures
from bot.pages.playground import Playground
from bot.pages.readers import Readers
from bot.pages.render import VIEWER, Renderer
from bot.pages.reports import SPANS, Reports
from bot.pages.requests import Filters, choices, listing
from bot.pages.signin import SignIn
from bot.queue import Queue
from bot.rules.figures.report import Report
from bot.rules.rulebook import Rulebook
from bot.store import Store

Books = Callable[[str | None], Awaitable[Rulebook]]
"""Gives the policy in force in a repository, compiled; None: in the first one."""


@dataclass(frozen=True)
class Site:
    """`add_to` puts the pages on the App's own application, and the guard before all of it."""

    signin: SignIn
    readers: Readers
    address: Callable[[], str]
    books: Books
    reports: Reports
    store: Store
    queue: Queue
    now: Callable[[], datetime]
    renderer: Renderer
    pictures: Pictures = field(default_factory=Pictures)

    def add_to(self, app: web.Application) -> None:
        Guard(self.signin, self.readers, self.address, self.renderer).add_to(app)
        self.renderer.add_files(app)
        self.signin.add_to(app)
        Playground(self._book_for, self.renderer.page_for).add_to(app)
        app.add_routes(
            [
                web.get("/", self.overview),
                web.get("/teams/{team}", self.team),
                web.get("/requests", self.requests),
                web.get("/deliveries", self.deliveries),
            ]
        )

    async def warm(self, repositories: Sequence[str]) -> None:
        """Make overviews and teams' pages once, so that nobody waits for the first: after a start there are
        facts to parse and plots to draw."""
        for repository in repositories:
            teams = [
                id_ for id_, team in (await self.books(repository)).policy.teams.items() if team.engineering
            ]
            for days, team in [*((days, None) for days in SPANS), *((SPANS[0], team) for team in teams)]:
                try:
                    await self._drawn(await self.reports.get(repository, days, team))
                except Exception as error:  # noqa: BLE001  # whoever looks will see it, and it is tried again
                    log = structlog.get_logger("pages")
                    log.warning("not made yet", repository=repository, error=type(error).__name__)

    async def _book_for(self, request: web.Request) -> Rulebook:
        return await self.books(request[VIEWER].repository(request.query.get("repo")))

    async def overview(self, request: web.Request) -> web.Response:
        """Where the process stands against its goals."""
        return await self._figures(request, None)

    async def team(self, request: web.Request) -> web.Response:
        """The same for one team, and what waits for it."""
        return await self._figures(request, request.match_info["team"])

    async def _figures(self, request: web.Request, team: str | None) -> web.Response:
        repository = request[VIEWER].repository(request.query.get("repo"))
        policy = (await self.books(repository)).policy
        if team is not None and team not in policy.teams:
            raise web.HTTPNotFound
        report = await self.reports.get(repository, _days(request), team)
        return self._show(
            request,
            "figures.html",
            report=report,
            team=team,
            goals=overview.goals(report),
            names=overview.names(policy),
            window=policy.goals.window,
            pictures=await self._drawn(report),
            days=_days(request),
            spans=SPANS,
        )

    async def _drawn(self, report: Report) -> dict[str, Markup | None]:
        return {name: await self.pictures.draw(chart) for name, chart in overview.charts(report).items()}

    async def requests(self, request: web.Request) -> web.Response:
        """Open requests, most urgent first."""
        repository = request[VIEWER].repository(request.query.get("repo"))
        policy = (await self.books(repository)).policy
        report = await self.reports.get(repository)
        filters, names = Filters.of(request.query), overview.names(policy)
        picture = await self.pictures.draw(overview.waiting(report, names)) if report.open_requests else None
        return self._show(
            request,
            "requests.html",
            report=report,
            filters=filters,
            choices=choices(report.open_requests, policy),
            listing=listing(report.open_requests, filters),
            names=names,
            picture=picture,
        )

    async def deliveries(self, request: web.Request) -> web.Response:
        """Does everything arrive, and is it worked on?"""
        found = await health.look(self.store, self.queue, request[VIEWER].repositories, self.now())
        series = [plots.Series(name, days) for name, days in found.days.items()]
        picture = await self.pictures.draw(plots.trend(series)) if found.webhooks else None
        return self._show(request, "deliveries.html", health=found, picture=picture)

    def _show(self, request: web.Request, template: str, **values: Any) -> web.Response:
        return self.renderer.page_for(request, template, missing=self.pictures.missing, **values)


def _days(request: web.Request) -> int:
    """The span asked for; anything else is the first."""
    asked = request.query.get("days", "")
    return next((days for days in SPANS if asked == str(days)), SPANS[0])
