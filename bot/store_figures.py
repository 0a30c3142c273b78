"""Floor 2: the facts of every issue, kept for the figures; losing them costs a backfill, nothing else.

A report needs all of them, so they are kept parsed in the process and brought up to date before each use:
rows that changed since the last look, with an overlap, as transactions of several replicas may become
visible in another order than their times. A row that went shows in the count: then all are read again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import sqlalchemy as sa

from bot.db import Database
from bot.figure_seal import Titles
from bot.model import IssueKey
from bot.rules.figures import facts as form
from bot.rules.figures.facts import Facts
from bot.store import Store
from bot.tables import figures

OVERLAP = 10.0  # seconds; no transaction here takes longer
CHUNK = 500  # rows parsed before others may run: about 10 ms


@dataclass
class _Known:
    """The facts of one repository as they were last seen."""

    facts: dict[str, Facts] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    seen: float = 0.0  # database's time of the last look
    listed: tuple[Facts, ...] | None = None


@dataclass
class FigureStore:
    """Facts in `db`. One for a process, so that they are parsed once."""

    db: Database
    key: bytes = field(default=b"", repr=False)  # seals titles; empty: they are not kept
    _known: dict[str, _Known] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self, key: IssueKey) -> Facts | None:
        """What is known of one issue; None: nothing, or by an older program."""
        row = await self.db.run(
            lambda c: c.execute(
                sa.select(figures.c.facts).where(
                    figures.c.key == _name(key), figures.c.version == form.VERSION
                )
            ).one_or_none()
        )
        return self._parsed([row.facts])[0] if row is not None else None

    async def save(self, facts: Iterable[Facts]) -> None:
        """Keep what was found out, in one transaction; what is as it was is not touched."""
        rows = [
            {
                "key": _name(one.key),
                "repository": one.key.full_name.casefold(),
                "version": form.VERSION,
                "partial": one.partial,
                "facts": form.dump(replace(one, title=self._titles.sealed(one.title, _name(one.key)))),
            }
            for one in facts
        ]
        changed = {"changed_at": self.db.now}

        def work(connection: sa.Connection) -> None:
            for row in rows:
                statement = self.db.insert(figures).values({**row, **changed})
                values = {name: row[name] for name in ("version", "partial", "facts")}
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["key"],
                        set_={**values, **changed},
                        where=sa.or_(figures.c.facts != row["facts"], figures.c.version != form.VERSION),
                    )
                )

        if rows:
            await self.db.run(work)

    async def forget(self, keys: Iterable[IssueKey]) -> None:
        """They are gone, or count nowhere any more."""
        names = [_name(key) for key in keys]
        if names:
            await self.db.run(lambda c: c.execute(figures.delete().where(figures.c.key.in_(names))))

    async def load(self, repository: str) -> tuple[Facts, ...]:
        """All facts of a repository, in no order. The tuple is the same one while nothing changed."""
        async with self._lock:  # two pages that come at once parse the same rows once
            known = self._known.setdefault(repository.casefold(), _Known())
            if await self._update(known, repository) != len(known.facts):
                known = self._known[repository.casefold()] = _Known()
                await self._update(known, repository)
            if known.listed is None:
                known.listed = tuple(known.facts.values())
            return known.listed

    async def _update(self, known: _Known, repository: str) -> int:
        """Take in what changed; how many there are in the database."""
        mine = (figures.c.repository == repository.casefold(), figures.c.version == form.VERSION)
        query = sa.select(figures.c.key, figures.c.facts).where(
            *mine, figures.c.changed_at >= known.seen - OVERLAP
        )
        count = sa.select(sa.func.count(), self.db.now).select_from(figures).where(*mine)
        rows, (total, now) = await self.db.run(lambda c: (list(c.execute(query)), c.execute(count).one()))
        rows = [row for row in rows if known.texts.get(row.key) != row.facts]
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            known.facts |= zip(
                (row.key for row in part), self._parsed([row.facts for row in part]), strict=True
            )
            known.texts |= {row.key: row.facts for row in part}
            await asyncio.sleep(0)
        if rows:
            known.listed = None
        known.seen = max(known.seen, now)
        return int(total)

    def _parsed(self, texts: list[str]) -> list[Facts]:
        """Facts as they were saved, with their titles where these can be opened."""
        found = form.load(texts)
        return [replace(one, title=self._titles.opened(one.title, _name(one.key))) for one in found]

    @cached_property
    def _titles(self) -> Titles:
        return Titles(self.key)

    async def unread(self, repository: str) -> tuple[IssueKey, ...]:
        """Issues that must be read whole: shown in part so far."""
        query = sa.select(figures.c.key).where(
            figures.c.repository == repository.casefold(),
            sa.or_(figures.c.partial, figures.c.version != form.VERSION),
        )
        rows = await self.db.run(lambda c: list(c.execute(query)))
        return tuple(IssueKey.parse(row.key) for row in rows)

    # ── how far the history was read ─────────────────────────────────────────────────────────────

    async def read_until(self, repository: str) -> datetime | None:
        """All issues that were updated before then have been read; None: begin at the beginning."""
        return await Store(self.db).caught_up(_mark(repository))

    async def set_read_until(self, repository: str, at: datetime) -> None:
        """Note how far a pass has come. Never moves back."""
        await Store(self.db).set_caught_up(_mark(repository), at)


def _name(key: IssueKey) -> str:
    return str(key).casefold()


def _mark(repository: str) -> str:
    return f"figures:{form.VERSION}:{repository.casefold()}"
