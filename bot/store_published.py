"""Floor 2: which public issue came of which private one, and how it stood when it was last read.

A copy: the card's memory has the link, GitHub the state. Losing it costs a read of each. It answers which
private issue an event of the public tracker is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.db import Database, to_moment, to_seconds
from bot.model import IssueKey
from bot.tables import published


@dataclass(frozen=True, slots=True)
class Known:
    """`wanted_at`: when the public issue changed, as an event told since the last read."""

    issue: str  # owner/repo#7
    state: str
    read_at: datetime
    wanted_at: datetime | None = None


@dataclass(frozen=True)
class PublishedStore:
    db: Database

    async def get(self, key: IssueKey) -> Known | None:
        """What is known of the public issue of a private one."""
        query = sa.select(published).where(published.c.key == str(key))
        row = await self.db.run(lambda c: c.execute(query).one_or_none())
        if row is None:
            return None
        wanted = None if row.wanted_at is None else to_moment(row.wanted_at)
        return Known(row.public, row.state, to_moment(row.read_at), wanted)

    async def put(self, key: IssueKey, known: Known) -> None:
        """Remember a read; what events proved before it is settled."""
        values = {"public": known.issue, "state": known.state, "read_at": to_seconds(known.read_at)}
        values["wanted_at"] = None
        insert = self.db.insert(published).values({"key": str(key), **values})
        update = insert.on_conflict_do_update(index_elements=["key"], set_=values)
        await self.db.run(lambda c: c.execute(update))

    async def changed(self, public: IssueKey, at: datetime) -> IssueKey | None:
        """An event told of a public issue: note it; returns the private issue to look at, if there is one."""
        mine = sa.func.lower(published.c.public) == str(public).lower()

        def work(connection: sa.Connection) -> str | None:
            key: str | None = connection.execute(sa.select(published.c.key).where(mine)).scalars().first()
            if key is not None:
                connection.execute(published.update().where(mine).values(wanted_at=to_seconds(at)))
            return key

        key = await self.db.run(work)
        return IssueKey.parse(key) if key is not None else None
