"""Floor 2: what the database remembers beside the queue. Losing any of it loses no request.

The mirror of the cards (so that a deleted card loses nothing and a second one is not created while
GitHub's reads lag), figures of the deliveries, where the catch-up stands, who paused what, the last good
policy of each repository, the last plan of each issue for `explain`, and what Slack was told or told us. No
issue text is kept; what a person wrote in Slack is, until it is a comment (seconds).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import sqlalchemy as sa

from bot import tables
from bot.db import Database, to_moment, to_seconds
from bot.model import IssueKey, MirroredCard
from bot.told import Act, Sent

Outcome = Literal["seen", "handled", "ignored", "repaired"]
"""Of a webhook. seen: GitHub sent it, we did not get it; repaired: got, and handled, after that."""
DAY = 86_400.0
EVERYTHING = "*"  # the scope of a pause that holds for all repositories


@dataclass(frozen=True, slots=True)
class Pause:
    """Who stopped the bot, where (a repository's full name, or `EVERYTHING`), when and why."""

    scope: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """The newest policy text that loaded. `state`: how the newest of all fared, good | broken."""

    repository: str
    sha: str
    text: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LastPlan:
    """The plan of the last run, as the reconciler described it (JSON, reason codes, no issue text)."""

    plan: str
    at: datetime


def _sent(text: str) -> Sent:
    raw = json.loads(text)
    return Sent(**raw | {"at": to_moment(raw["at"])})


@dataclass(frozen=True)
class Store:
    """Small tables in `db`, each with a read and a write."""

    db: Database
    value_key: bytes = field(default=b"", repr=False)  # seals what must not be read in the database

    # ── cards ────────────────────────────────────────────────────────────────────────────────────────────

    async def card(self, key: IssueKey) -> MirroredCard | None:
        """The card as it was last written."""
        row = await self._one(sa.select(tables.card).where(tables.card.c.key == str(key)))
        return None if row is None else MirroredCard(row.comment_id, row.comment_node_id, row.rev, row.marker)

    async def save_card(self, key: IssueKey, card: MirroredCard) -> None:
        """Remember the card, right after it was written. A late writer does not undo a newer one."""
        values = {
            "comment_id": card.comment_id,
            "comment_node_id": card.comment_node_id,
            "rev": card.rev,
            "marker": card.marker,
        }
        known = tables.card.c
        await self._upsert(
            tables.card,
            {"key": str(key)},
            values,
            sa.or_(known.rev <= card.rev, known.comment_id < card.comment_id),
        )

    async def forget_issue(self, key: IssueKey) -> None:
        """The issue ended: drop its card and its plan."""

        def work(connection: sa.Connection) -> None:
            for table in (
                tables.card,
                tables.last_plan,
                tables.told,
                tables.act,
                tables.standing,
                tables.published,
            ):
                connection.execute(table.delete().where(table.c.key == str(key)))

        await self.db.run(work)

    # ── Slack ────────────────────────────────────────────────────────────────────────────────────────────

    async def sent(self, key: IssueKey) -> tuple[Sent, ...]:
        """What Slack was told and may not stand in the card yet."""
        table = tables.told
        rows = await self._all(sa.select(table.c.sent).where(table.c.key == str(key)))
        return tuple(_sent(row.sent) for row in rows)

    async def save_sent(self, key: IssueKey, sent: Sent) -> None:
        """Keep what was sent until the card has it: should the card's write fail, nothing is sent twice."""
        text = json.dumps(dataclasses.asdict(sent) | {"at": sent.at.timestamp()})
        await self._upsert(tables.told, {"key": str(key), "effect": sent.key}, {"sent": text})

    async def forget_sent(self, key: IssueKey) -> None:
        """The card has it all."""
        await self.db.run(lambda c: c.execute(tables.told.delete().where(tables.told.c.key == str(key))))

    async def save_act(self, key: IssueKey, act: Act) -> None:
        """Keep what somebody did in Slack until it is a comment; the same click again changes nothing."""
        values = {"key": str(key), "login": act.login, "text": act.text, "at": to_seconds(act.at)}
        await self._upsert(tables.act, {"id": act.id}, values)

    async def acts(self, key: IssueKey) -> tuple[Act, ...]:
        """What is no comment yet, oldest first."""
        query = sa.select(tables.act).where(tables.act.c.key == str(key)).order_by(tables.act.c.at)
        rows = await self._all(query)
        return tuple(Act(row.id, row.login, row.text, to_moment(row.at)) for row in rows)

    async def forget_acts(self, ids: Iterable[str]) -> None:
        """They are comments now."""
        statement = tables.act.delete().where(tables.act.c.id.in_(tuple(ids)))
        await self.db.run(lambda c: c.execute(statement))

    # ── deliveries ───────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _delivery(self) -> sa.Executable:
        """The upsert of a delivery, built once: it runs with every webhook."""
        values = {name: sa.bindparam(name, type_=sa.Text()) for name in ("guid", "event", "outcome")}
        new = self.db.insert(tables.delivery).values(**values, at=self.db.now)
        sent, known = new.excluded, tables.delivery.c.outcome
        repaired = sa.and_(known.in_(("seen", "repaired")), sent.outcome == "handled")
        return new.on_conflict_do_update(
            index_elements=["guid"],
            set_={
                "event": sent.event,
                "outcome": sa.case((repaired, "repaired"), else_=sent.outcome),
                "at": sent.at,
            },
        )

    async def record_delivery(self, guid: str, event: str, outcome: Outcome) -> None:
        """Note a webhook for the figures. A redelivery carries the same GUID and counts once, as it ended."""
        one = {"guid": guid, "event": event, "outcome": outcome}
        await self.db.run(lambda c: c.execute(self._delivery, one))

    async def record_missed(self, webhooks: Mapping[str, str]) -> None:
        """Note webhooks (GUID → event) that GitHub lists and we did not get, unless they came meanwhile."""
        rows = [
            {"guid": guid, "event": event, "outcome": "seen", "at": self.db.now}
            for guid, event in webhooks.items()
        ]
        if rows:
            new = self.db.insert(tables.delivery).values(rows).on_conflict_do_nothing()
            await self.db.run(lambda c: c.execute(new))

    async def deliveries(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many deliveries since then, by (event, outcome)."""
        kind = (tables.delivery.c.event, tables.delivery.c.outcome)
        query = (
            sa.select(*kind, sa.func.count().label("number"))
            .where(tables.delivery.c.at >= to_seconds(since))
            .group_by(*kind)
        )
        return {(row.event, row.outcome): row.number for row in await self._all(query)}

    async def deliveries_by_day(self, since: datetime) -> dict[tuple[datetime, str], int]:
        """How many deliveries since then, by (midnight in UTC, outcome)."""
        table = tables.delivery.c
        day = sa.func.round(table.at / DAY - 0.5).label("day")  # the floor: SQLite may have no such function
        query = (
            sa.select(day, table.outcome, sa.func.count().label("number"))
            .where(table.at >= to_seconds(since))
            .group_by(day, table.outcome)
        )
        rows = await self._all(query)
        return {(to_moment(int(row.day) * DAY), row.outcome): row.number for row in rows}

    async def known_guids(self, since: datetime) -> set[str]:
        """The GUIDs that arrived since then; GitHub's own list minus these is what never reached us."""
        table = tables.delivery.c
        query = sa.select(table.guid).where(table.at >= to_seconds(since), table.outcome != "seen")
        return {row.guid for row in await self._all(query)}

    async def prune_deliveries(self, older_than: timedelta) -> int:
        """Forget old deliveries (GitHub itself lists three days); returns how many."""
        too_old = tables.delivery.c.at < self.db.now - older_than.total_seconds()
        return await self.db.run(lambda c: c.execute(tables.delivery.delete().where(too_old)).rowcount)

    # ── catch-up ─────────────────────────────────────────────────────────────────────────────────────────

    async def caught_up(self, repository: str) -> datetime | None:
        """Up to when the last completed catch-up of this repository saw all issues."""
        table = tables.catch_up
        row = await self._one(sa.select(table.c.passed_at).where(table.c.repository == repository))
        return None if row is None else to_moment(row.passed_at)

    async def set_caught_up(self, repository: str, at: datetime) -> None:
        """A pass completed; `at` is when it began. Never moves back, so a slow replica repeats no work."""
        seconds = to_seconds(at)
        earlier = tables.catch_up.c.passed_at < seconds
        await self._upsert(tables.catch_up, {"repository": repository}, {"passed_at": seconds}, earlier)

    # ── pauses ───────────────────────────────────────────────────────────────────────────────────────────

    async def pause(self, scope: str, *, reason: str, by: str) -> None:
        """Stop all writing in `scope` (in any case); a second pause replaces the first."""
        values = {"reason": reason, "paused_by": by, "at": self.db.now}
        await self._upsert(tables.pause, {"scope": scope.casefold()}, values)

    async def unpause(self, scope: str) -> bool:
        """End the pause of exactly this scope, and count its writes anew; False: there was none."""

        def work(connection: sa.Connection) -> bool:
            name = scope.casefold()
            connection.execute(tables.written.delete().where(tables.written.c.repository == name))
            return connection.execute(tables.pause.delete().where(tables.pause.c.scope == name)).rowcount > 0

        return await self.db.run(work)

    async def paused(self, repository: str) -> Pause | None:
        """The pause that holds for `repository`: the global one before its own."""
        pauses = {pause.scope: pause for pause in await self.pauses()}
        return pauses.get(EVERYTHING) or pauses.get(repository.casefold())

    async def pauses(self) -> list[Pause]:
        """All pauses, oldest first."""
        rows = await self._all(sa.select(tables.pause).order_by(tables.pause.c.at, tables.pause.c.scope))
        return [Pause(row.scope, row.reason, row.paused_by, to_moment(row.at)) for row in rows]

    # ── the write cap ────────────────────────────────────────────────────────────────────────────────────

    async def count_write(self, repository: str) -> int:
        """Count one write, of whichever replica; how many there were in the hour that is counted."""
        table, now = tables.written, self.db.now
        over = table.c.began <= now - 3600.0
        counted = {
            "began": sa.case((over, now), else_=table.c.began),
            "number": sa.case((over, 1), else_=table.c.number + 1),
        }
        statement = (
            self.db.insert(table)
            .values(repository=repository.casefold(), began=now, number=1)
            .on_conflict_do_update(index_elements=[table.c.repository], set_=counted)
            .returning(table.c.number)
        )
        return await self.db.run(lambda c: int(c.execute(statement).scalar_one()))

    async def writes_this_hour(self, repository: str) -> int:
        """How many writes the hour that is counted has; it begins with a write, and anew after a resume."""
        table = tables.written
        row = await self._one(
            sa.select(table.c.number).where(
                table.c.repository == repository.casefold(), table.c.began > self.db.now - 3600.0
            )
        )
        return 0 if row is None else int(row.number)

    # ── policy and plans ─────────────────────────────────────────────────────────────────────────────────

    async def policy(self, repository: str) -> StoredPolicy | None:
        """The last good policy of `repository`."""
        row = await self._one(sa.select(tables.policy).where(tables.policy.c.repository == repository))
        if row is None:
            return None
        return StoredPolicy(row.repository, row.sha, row.text, row.state, to_moment(row.at))

    async def save_policy(self, repository: str, *, sha: str, text: str, state: str) -> None:
        """Remember a policy text that loaded."""
        values = {"sha": sha, "text": text, "state": state, "at": self.db.now}
        await self._upsert(tables.policy, {"repository": repository}, values)

    async def last_plan(self, key: IssueKey) -> LastPlan | None:
        """What the last run of this issue decided."""
        row = await self._one(sa.select(tables.last_plan).where(tables.last_plan.c.key == str(key)))
        return None if row is None else LastPlan(row.plan, to_moment(row.at))

    async def save_plan(self, key: IssueKey, plan: str) -> None:
        """Remember what a run decided; the caller leaves issue text out."""
        await self._upsert(tables.last_plan, {"key": str(key)}, {"plan": plan, "at": self.db.now})

    # ── how ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _one(self, query: sa.Select[Any]) -> sa.Row[Any] | None:
        return await self.db.run(lambda c: c.execute(query).one_or_none())

    async def _all(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        return await self.db.run(lambda c: list(c.execute(query)))

    @cached_property
    def _upserts(self) -> dict[tuple[str, ...], sa.Executable]:
        """Statements by table and columns."""
        return {}

    async def _upsert(
        self,
        table: sa.Table,
        key: Mapping[str, object],
        values: Mapping[str, object],
        where: sa.ColumnElement[bool] | None = None,
    ) -> None:
        """Insert the row, or set `values` on the one that is there if `where` holds for it."""
        shape = (table.name, *values) if where is None else None
        statement = self._upserts.get(shape) if shape is not None else None
        given = {name: value for name, value in {**key, **values}.items() if value is not self.db.now}
        if statement is None:
            columns = {name: sa.bindparam(name, type_=table.c[name].type) for name in given}
            new = self.db.insert(table).values({**dict.fromkeys(values, self.db.now), **columns})
            changed = {name: new.excluded[name] for name in values}
            statement = new.on_conflict_do_update(index_elements=list(key), set_=changed, where=where)
            if shape is not None:  # building one takes longer than running it
                self._upserts[shape] = statement
        await self.db.run(lambda c: c.execute(statement, given))
