"""Floor 2: the open requests for help, and what the lists in Slack said last, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from bot.db import Database
from bot.model import IssueKey
from bot.standing import Standing
from bot.tables import said, standing


@dataclass(frozen=True)
class Standings:
    """Reads and writes of two small tables in `db`."""

    db: Database

    async def save(self, key: IssueKey, new: Standing | None) -> None:
        """Note where an issue stands; None: it is no open request. An unchanged one costs no write."""
        text = new.dumped() if new is not None else None

        def work(connection: sa.Connection) -> None:
            mine = standing.c.key == str(key)
            old = connection.execute(sa.select(standing.c.value).where(mine)).scalar_one_or_none()
            if old == text:
                return
            connection.execute(standing.delete().where(mine))
            if text is not None:
                values = {"key": str(key), "repository": key.full_name.casefold(), "value": text}
                insert = self.db.insert(standing).values(values)
                connection.execute(insert.on_conflict_do_nothing())  # a replica was faster

        await self.db.run(work)

    async def all(self, repository: str) -> tuple[Standing, ...]:
        """Every open request of a repository, in no order."""
        query = sa.select(standing.c.value).where(standing.c.repository == repository.casefold())
        rows = await self.db.run(lambda c: list(c.execute(query)))
        return tuple(Standing.loaded(row.value) for row in rows)

    async def said(self, repository: str) -> Mapping[str, str]:
        """What was said last: ``cap:TEAM`` → how many there were, ``digest:#CHANNEL`` → the day."""
        query = sa.select(said).where(said.c.repository == repository.casefold())
        rows = await self.db.run(lambda c: list(c.execute(query)))
        return {row.what: row.value for row in rows}

    async def say(self, repository: str, what: str, value: str) -> None:
        """Remember that it was said."""
        key = {"repository": repository.casefold(), "what": what}
        insert = self.db.insert(said).values({**key, "value": value})
        await self.db.run(
            lambda c: c.execute(insert.on_conflict_do_update(index_elements=list(key), set_={"value": value}))
        )

    async def unsay(self, repository: str, what: str) -> None:
        """It may be said again."""
        mine = sa.and_(said.c.repository == repository.casefold(), said.c.what == what)
        await self.db.run(lambda c: c.execute(said.delete().where(mine)))
