"""Floor 4: the App's pages for people, joined with what they show."""

from __future__ import annotations

import asyncio

import aiohttp

from bot.github.auth import Connect
from bot.github.oauth import Gate, OAuth
from bot.pages.readers import Readers
from bot.pages.render import Renderer
from bot.pages.reports import Reports
from bot.pages.signin import SignIn
from bot.pages.site import Site
from bot.rules.figures.measure import measure
from bot.rules.figures.period import Period
from bot.rules.figures.report import Report
from bot.rules.figures.tickets import NONE
from bot.settings import Settings
from bot.store_figures import FigureStore
from bot.work import Bot


def gate_of(settings: Settings, session: aiohttp.ClientSession, connect: Connect) -> Gate | None:
    """Where people sign in; None: no pages are asked for."""
    if not settings.client_id:
        return None
    return OAuth(settings.client_id, settings.client_secret, settings.api_url, session, connect)


def pages(bot: Bot, gate: Gate) -> Site:
    """All pages, at their public address, or where the App listens."""
    figures = FigureStore(bot.db)

    def address() -> str:
        return bot.settings.url or bot.url

    async def report(repository: str, period: Period, team: str | None) -> Report:
        policy = (await bot.book(repository)).policy
        facts = await figures.load(repository)
        return await asyncio.to_thread(
            measure, facts, NONE, period, policy, bot.now(), repository=repository, team=team
        )

    renderer = Renderer()
    return Site(
        signin=SignIn(gate, bot.settings.client_secret, address, renderer, bot.now),
        readers=Readers(bot.clients, lambda: bot.repositories, bot.now),
        address=address,
        books=bot.book,
        reports=Reports(report, bot.now),
        store=bot.store,
        queue=bot.queue,
        now=bot.now,
        renderer=renderer,
    )
