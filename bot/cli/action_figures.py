"""Floor 4: the Action's mode `report`: the figures of the last days, in the summary of the job.

There is no database, so each run reads what changed in the weeks that the report shows, within its share of
the hour's limit. A summary is read by whoever sees the run: no titles, no customers.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.action import Inputs
    from bot.reconciler import Reconciler
    from bot.rules.rulebook import Rulebook
    from bot.sweep import Allowance


async def figures(inputs: Inputs, rec: Reconciler, book: Rulebook, allowance: Allowance) -> str:
    """The report as markdown. Raises UserError, Gone, Forbidden, Transient."""
    import aiohttp

    from bot.figure_formats import markdown
    from bot.figure_report import outline
    from bot.figures import Collector
    from bot.rules.figures.measure import measure, series
    from bot.rules.figures.period import Period
    from bot.rules.figures.tickets import NONE
    from bot.store_figures import FigureStore
    from bot.zendesk import Access, Zendesk

    policy, settings, now = book.policy, inputs.settings, rec.now()
    repository = f"{inputs.owner}/{inputs.repo}"
    window = timedelta(days=policy.goals.window)
    period = Period(now - window, now)
    since = series(period, now)[0].since - window
    store = FigureStore(rec.store.db)
    done = await Collector(rec, store).collect(repository, allowance, not_before=since)
    tickets = NONE
    if settings.zendesk_token:
        access = Access(settings.zendesk_url, settings.zendesk_token, settings.zendesk_email)
        async with aiohttp.ClientSession() as session:
            tickets = await Zendesk(session, access, rec.now).tickets(since, policy)
    report = measure(await store.load(repository), tickets, period, policy, now, repository=repository)
    text = markdown(report, outline(report, policy, private=False))
    if not done.whole:
        text += "\nOnly part of the history was read: the job's share of GitHub's limit is used up.\n"
    return text
