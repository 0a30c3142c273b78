"""Floor 4: the App at work: what it does with a delivery, with a click in Slack, and with each kind of key.

Its parts are joined in app.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.db import Database
from bot.errors import Gone, RfhError, Transient
from bot.events import Named, read
from bot.figures import KIND as FIGURES
from bot.figures import Collector
from bot.github.auth import App
from bot.github.pool import Limit
from bot.meter import SILENT, Meter
from bot.metrics import Shared
from bot.model import AtLeast, IssueKey
from bot.overrides import CHECK, NOTICE, PROPOSAL, Overrides
from bot.pace import CAP, Pace
from bot.queue import Claim, Queue
from bot.reconciler import Reconciler
from bot.redelivery import Redelivery
from bot.rules.rulebook import Rulebook
from bot.schedule import Schedule
from bot.schedule_public import ROUND, WATCH, PublicRounds, watch_key
from bot.settings import Settings
from bot.slack.desk import KIND as DESK
from bot.slack.desk import Desk
from bot.slack_door import SlackDoor
from bot.store import Outcome, Store
from bot.store_figures import FigureStore
from bot.store_published import PublishedStore
from bot.store_standing import Standings
from bot.told import Act
from bot.watch import Watch
from bot.weekly import KIND as WEEKLY
from bot.weekly import Weekly
from bot.worker import Done, Handler
from bot.zendesk import Zendesk


@dataclass
class Bot:
    """All parts of the running App, joined."""

    settings: Settings
    db: Database
    queue: Queue
    store: Store
    clients: App
    reconciler: Reconciler
    schedule: Schedule
    pace: Pace
    watch: Watch
    facts: FigureStore  # what figures are measured from
    now: Callable[[], datetime]
    meter: Meter = SILENT
    zendesk: Zendesk | None = None  # where tickets are counted
    own_id: int | None = (
        None  # our bot account, once a read has shown it: events of our own writes are dropped
    )
    url: str = ""  # where it listens, once it does

    @property
    def repositories(self) -> tuple[str, ...]:
        """What is watched: the setting, else the policy's private tracker."""
        return self.settings.repos or (self.reconciler.rulebooks.default.policy.tracker.private,)

    @property
    def public(self) -> PublicRounds:
        """The public trackers, and their keys."""
        return PublicRounds(self.queue, self.watch, lambda: self.repositories, self.pace.guard, self.now)

    @property
    def overrides(self) -> Overrides:
        """What is said about changes of the policy."""
        standings = Standings(self.db)
        return Overrides(self.clients, self.reconciler, standings, self.pace.guard, self.now)

    @property
    def weekly(self) -> Weekly:
        """The weekly digest."""
        return Weekly(self.queue, self.clients, self.reconciler, self.facts, self.zendesk, self.pace.guard)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What the worker does with each kind of key."""
        return {
            "issue": self.issue,
            CHECK: self.overrides.check,
            PROPOSAL: self.overrides.propose,
            NOTICE: self.overrides.notice,
            "catchup": self.schedule.catch_up,
            "sweep": self.schedule.sweep,
            WATCH: self.public.one,
            ROUND: self.public.round,
            DESK: Desk(self.queue, self.reconciler).look,
            CAP: self.pace.brake,
            WEEKLY: self.weekly.work,
            FIGURES: Collector(self.reconciler, self.facts).work,
            "deliveries": Redelivery(self.clients, self.store, self.now).work,
        }

    @property
    def trackers(self) -> Mapping[str, str]:
        """The public trackers, watched or published to: case-folded name → name."""
        policies = (self.reconciler.rulebooks.in_force(name).policy for name in self.repositories)
        names = (p.tracker.public for p in policies if p.publish.enabled)
        return {name.casefold(): name for name in names if name is not None} | dict(self.public.names)

    # ── the door ────────────────────────────────────────────────────────────────────────────

    async def accept(self, guid: str, event: str, payload: Mapping[str, Any]) -> Named:
        """Make durable what a delivery names. Raises what the database raises."""
        watched = {name.casefold(): name for name in self.repositories}
        named = read(event, payload, watched, self.own_id, self.trackers)
        if named.labels_changed is not None:
            self.reconciler.catalogues.forget(*named.labels_changed.split("/"))
        work = []
        if named.policy_changed is not None:
            self.reconciler.rulebooks.forget(named.policy_changed)
            work.append(self.queue.accept(f"{CHECK}:{named.policy_changed}@{payload['after']}"))
            work.append(self.queue.accept(f"{NOTICE}:{named.policy_changed}"))
        if named.policy_proposed is not None:
            work.append(self.queue.accept(f"{PROPOSAL}:{named.policy_proposed}@{payload['after']}"))
        if named.issue is not None:
            work.append(self.queue.accept(str(named.issue), named.at_least, urgent=named.urgent))
        if named.public is not None:
            work.append(self.queue.accept(watch_key(named.public), named.at_least, urgent=True))
        if named.published is not None:
            work.append(self._published(named.published, named.at_least))
        outcome: Outcome = "handled" if named.why == "named" else "ignored"
        # One commit for all of them: the database gathers what waits.
        await asyncio.gather(*work, self.store.record_delivery(guid, event, outcome))
        return named

    async def _published(self, public: IssueKey, at_least: AtLeast) -> None:
        """A public issue changed: the private one it came of, if any, looks at it."""
        key = await PublishedStore(self.db).changed(public, at_least.updated_at or self.now())
        if key is not None:
            await self.queue.accept(str(key))

    async def act(self, key: IssueKey, act: Act) -> None:
        """Make durable what somebody did in Slack; the issue's next run does it."""
        await self.store.save_act(key, act)
        await self.queue.accept(str(key), urgent=True)

    async def slack_people(self, key: IssueKey) -> Mapping[str, str] | None:
        """Who is who in Slack, for an issue; None: it is not watched."""
        if key.full_name.casefold() not in map(str.casefold, self.repositories):
            return None
        gh = await self.clients.client(key.owner, key.repo)
        return (await self.reconciler.rulebooks.get(gh, key.owner, key.repo)).policy.slack.people

    def slack_door(self) -> SlackDoor | None:
        """Slack's door, when a token is configured, and a signing secret or an app token."""
        teller = self.reconciler.teller
        if teller is None or not (self.settings.slack_secret or self.settings.slack_app_token):
            return None
        return SlackDoor(self.settings.slack_secret, teller.client, self.act, self.slack_people, self.now)

    # ── pages ───────────────────────────────────────────────────────────────────────────────

    async def book(self, repository: str | None = None) -> Rulebook:
        """The policy in force in a repository, by default the first; else the base."""
        owner, repo = (repository or self.repositories[0]).split("/")
        try:
            return await self.reconciler.rulebooks.get(await self.clients.client(owner, repo), owner, repo)
        except RfhError:  # GitHub does not answer: the page is worth having all the same
            return self.reconciler.rulebooks.default

    # ── the work ────────────────────────────────────────────────────────────────────────────

    async def issue(self, claim: Claim) -> Done:
        """Reconcile the issue that a key names."""
        key = IssueKey.parse(claim.key)
        await self.pace.admit(claim, key)
        try:
            result = await self.reconciler.reconcile(
                key,
                at_least=claim.at_least,
                inherited=claim.inherited,
                retried=claim.attempts > 1,
                guard=self.pace.guard(claim, key),
            )
        except Gone:
            await self.reconciler.slack.farewell(key)
            await self.store.forget_issue(key)
            await self.facts.forget([key])
            raise
        except Transient as error:
            if error.retry_after is not None:
                await self.pace.block(key, error.retry_after)
            raise
        if result.viewer_id is not None:
            self.own_id = result.viewer_id
        if result.trouble is not None:
            raise result.trouble
        return Done(result.word, result.look_again)

    # ── health ──────────────────────────────────────────────────────────────────────────────

    async def ready(self, _: web.Request) -> web.Response:
        """Can work be taken? The database answers; the numbers are for people."""
        try:
            stats = await self.queue.stats()
            pauses = await self.store.pauses()
        except Exception as error:  # noqa: BLE001  # any failure of the database means: not ready
            return web.json_response({"ready": False, "error": type(error).__name__}, status=503)
        queue = {"due": stats.due, "later": stats.later, "running": stats.running, "dead": stats.dead}
        body = {"ready": True, "queue": queue, "lag_seconds": round(stats.lag, 1)}
        return web.json_response(body | {"paused": [pause.scope for pause in pauses]})

    async def figures(self) -> Shared:
        """What holds for all replicas, for a scrape. Raises what the database raises."""
        passes = [await self.store.caught_up(name) for name in self.repositories]
        now = self.now()
        counted = await self.store.deliveries(now - timedelta(days=1))
        ages = [float("inf") if at is None else max(0.0, (now - at).total_seconds()) for at in passes]
        return Shared(
            queue=await self.queue.stats(),
            paused=len(await self.store.pauses()),
            policies_broken=self.reconciler.rulebooks.broken,
            catch_up_age=max(ages, default=0.0),
            missed=sum(number for (_, outcome), number in counted.items() if outcome == "seen"),
        )

    def limits(self) -> list[Limit]:
        """GitHub's hourly limits, of all installations, as last stated."""
        return [limit for pool in self.clients.pools for limit in pool.limits.values()]
