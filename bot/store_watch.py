"""Floor 2: what the database remembers of each public issue that was read. Losing it loses no leak.

Up to when its texts were read, which private issue tells of its leaks, and that issue's marker: a copy, for
reads that lag and for issues that somebody deletes. No text, no value: the marker holds HMACs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from bot.db import Database, to_moment, to_seconds
from bot.model import IssueKey
from bot.tables import watch


@dataclass(frozen=True, slots=True)
class Watched:
    """`seen`: GitHub's time up to which all was read. `claimed`: when a private issue was to be made."""

    seen: datetime | None = None
    private: IssueKey | None = None
    marker: str = ""
    claimed: datetime | None = None


@dataclass(frozen=True)
class WatchStore:
    db: Database

    async def get(self, public: IssueKey) -> Watched:
        """What is known; an empty record when there is none."""
        query = sa.select(watch).where(watch.c.key == str(public))
        row = await self.db.run(lambda c: c.execute(query).one_or_none())
        if row is None:
            return Watched()
        return Watched(
            None if row.seen_at is None else to_moment(row.seen_at),
            IssueKey.parse(row.private) if row.private else None,
            row.marker,
            None if row.claimed_at is None else to_moment(row.claimed_at),
        )

    async def put(self, public: IssueKey, known: Watched) -> None:
        """Keep a record. The worker's claim on the key makes this the one writer."""
        values = {
            "seen_at": None if known.seen is None else to_seconds(known.seen),
            "private": str(known.private) if known.private else "",
            "marker": known.marker,
            "claimed_at": None if known.claimed is None else to_seconds(known.claimed),
        }

        statement = (
            self.db.insert(watch)
            .values(key=str(public), **values)
            .on_conflict_do_update(index_elements=["key"], set_=values)
        )
        await self.db.run(lambda c: c.execute(statement))

    async def learn(self, public: IssueKey, private: IssueKey, marker: str) -> bool:
        """A private issue that a lost database does not know; False when it does."""
        known = await self.get(public)
        if known.private is not None:
            return False
        await self.put(public, replace(known, private=private, marker=marker))
        return True

    async def forget(self, public: IssueKey) -> None:
        """The public issue ended."""
        await self.db.run(lambda c: c.execute(watch.delete().where(watch.c.key == str(public))))
