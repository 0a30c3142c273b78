"""Floor 4: the App's pages for people, joined with what they show."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import aiohttp

from bot.github.auth import Connect
from bot.github.oauth import Gate, OAuth
from bot.pages.readers import Readers
from bot.pages.render import Renderer
from bot.pages.reports import Reports
from bot.pages.signin import SignIn
from bot.pages.site import Site
from bot.policy.schema import Policy
from bot.rules.figures.measure import measure
from bot.rules.figures.period import Period
from bot.rules.figures.report import Report
from bot.rules.figures.tickets import NONE, Tickets
from bot.settings import Settings
from bot.work import Bot
from bot.zendesk_feed import TicketFeed


@contextlib.asynccontextmanager
async def front(bot: Bot, session: aiohttp.ClientSession, connect: Connect) -> AsyncIterator[Site | None]:
    """The pages and, while this is open, what keeps them fresh; None: none are asked for."""
    gate = gate_of(bot.settings, session, connect)
    if gate is None:
        yield None
        return
    feed = feed_of(bot)
    site = pages(bot, gate, feed.tickets if feed is not None else lambda: NONE)
    work = [site.warm(bot.repositories), *([feed.run()] if feed is not None else [])]
    tasks = [asyncio.create_task(one, name="pages") for one in work]
    try:
        yield site
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def gate_of(settings: Settings, session: aiohttp.ClientSession, connect: Connect) -> Gate | None:
    """Where people sign in; None: no pages are asked for."""
    if not settings.client_id:
        return None
    return OAuth(settings.client_id, settings.client_secret, settings.api_url, session, connect)


def feed_of(bot: Bot) -> TicketFeed | None:
    """Tickets for the pages; None: no Zendesk is set up."""
    if bot.zendesk is None:
        return None

    async def policy() -> Policy:
        return (await bot.book()).policy

    return TicketFeed(bot.zendesk, policy, bot.now)


def pages(bot: Bot, gate: Gate, tickets: Callable[[], Tickets] = lambda: NONE) -> Site:
    """All pages, at their public address, or where the App listens. `tickets` gives those that are known."""
    figures = bot.facts

    def address() -> str:
        return bot.settings.url or bot.url

    async def report(repository: str, period: Period, team: str | None) -> Report:
        policy = (await bot.book(repository)).policy
        facts = await figures.load(repository)
        return await asyncio.to_thread(
            measure, facts, tickets(), period, policy, bot.now(), repository=repository, team=team
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
