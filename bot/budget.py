"""Floor 2: the write budget of an installation: GitHub's limits on creating content, shared by all
replicas.

GitHub allows about 80 content-creating requests a minute and 500 an hour, and asks for a pause when
there are many
(https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits,
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests).
How it places its windows is not published, so the rule here holds for every window of that length: the
moments of the last writes are kept (a few hundred numbers in one row), and one more write is granted
when no window would hold more than its limit. A bucket that refills would allow twice the limit around a
pause.

Urgent first: the last part of each window (`reserve`) is kept for urgent work. Nobody queues for a
grant: `take` says how long to wait and grants nothing yet, so an urgent write overtakes all that wait.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from bot.db import Database
from bot.tables import budget


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` writes in any `seconds`, of which the last `reserve` are for urgent ones."""

    limit: int
    seconds: float
    reserve: int

    def __post_init__(self) -> None:
        if not 0 <= self.reserve < self.limit:
            raise ValueError(f"reserve {self.reserve} must be at least 0 and below the limit {self.limit}")


# Two seconds more than GitHub's: a write arrives up to that much later than it was granted. The first
# window is the pause: a burst is answered at once, many writes are spread over the minute.
GITHUB_WINDOWS = (Window(40, 30.0, 5), Window(80, 62.0, 10), Window(500, 3602.0, 60))

LONGEST_BLOCK = 3600.0  # all of GitHub's limits renew within the hour


def seconds_to_wait(
    spent: Sequence[float], now: float, windows: Sequence[Window], n: int = 1, *, urgent: bool = False
) -> float:
    """Seconds until `n` more writes keep to every window; 0.0: they may happen now. `spent` is ascending.

    Raises ValueError when `n` writes can never happen together.
    """
    earliest = now
    for window in windows:
        allowed = window.limit if urgent else window.limit - window.reserve
        if n > allowed:
            raise ValueError(f"{n} writes at once are over the limit of {allowed}")
        nth_newest = allowed - n + 1  # when this one leaves the window, n more fit
        if len(spent) >= nth_newest:
            earliest = max(earliest, spent[-nth_newest] + window.seconds)
    return earliest - now


def seconds_apart(
    spent: Sequence[float], now: float, windows: Sequence[Window], *, urgent: bool = False
) -> float:
    """Seconds from one write to the next while the windows that are full now stay so; 0.0: none is."""
    full = [one for one in windows if seconds_to_wait(spent, now, [one], urgent=urgent) > 0]
    return max((one.seconds / (one.limit - (0 if urgent else one.reserve)) for one in full), default=0.0)


def still_counting(spent: Sequence[float], now: float, windows: Sequence[Window]) -> list[float]:
    """The writes that any window still sees. After a clock jumped back, later ones count as now."""
    horizon = now - max(window.seconds for window in windows)
    return [min(at, now) for at in spent if at > horizon]


@dataclass(frozen=True)
class Budget:
    """The budgets in `db`, one row per installation, locked while it is looked at."""

    db: Database
    windows: tuple[Window, ...] = GITHUB_WINDOWS

    async def take(self, installation: int, n: int = 1, *, urgent: bool = False) -> float:
        """Ask for `n` writes: 0.0 grants them, more is the number of seconds after which to ask again.

        Raises ValueError when `n` is over what may ever happen at once.
        """

        def work(connection: sa.Connection) -> float:
            spent, blocked_until, now = self._look(connection, installation)
            if blocked_until > now:
                return blocked_until - now
            wait = seconds_to_wait(spent, now, self.windows, n, urgent=urgent)
            if wait == 0.0:
                self._set(connection, installation, spent=json.dumps([*spent, *[now] * n]))
            return wait

        return await self.db.run(work)

    async def room(self, installation: int, *, urgent: bool = False) -> tuple[float, float]:
        """What `take` would say now, and how far apart the grants are that follow. Grants nothing."""

        def work(connection: sa.Connection) -> tuple[float, float]:
            spent, blocked_until, now = self._look(connection, installation)
            wait = seconds_to_wait(spent, now, self.windows, urgent=urgent)
            return max(wait, blocked_until - now), seconds_apart(spent, now, self.windows, urgent=urgent)

        return await self.db.run(work)

    async def spend(self, installation: int) -> None:
        """Count a write that must not wait: the rest of a plan that has begun."""

        def work(connection: sa.Connection) -> None:
            spent, _, now = self._look(connection, installation)
            self._set(connection, installation, spent=json.dumps([*spent, now]))

        await self.db.run(work)

    async def block(self, installation: int, seconds: float) -> None:
        """GitHub said to wait (`retry-after`, a secondary limit): nobody writes before, urgent or not."""

        def work(connection: sa.Connection) -> None:
            _, blocked_until, now = self._look(connection, installation)
            self._set(
                connection, installation, blocked_until=max(blocked_until, now + min(seconds, LONGEST_BLOCK))
            )

        await self.db.run(work)

    async def used(self, installation: int, seconds: float) -> int:
        """How many writes were granted in the last `seconds` (within the longest window)."""

        def work(connection: sa.Connection) -> int:
            spent, _, now = self._look(connection, installation)
            return sum(at > now - seconds for at in spent)

        return await self.db.run(work)

    def _look(self, connection: sa.Connection, installation: int) -> tuple[list[float], float, float]:
        """The row, locked and mended: the writes that count, until when GitHub wants silence, the time."""
        new = self.db.insert(budget).values(installation=installation).on_conflict_do_nothing()
        connection.execute(new)
        row = connection.execute(
            sa.select(budget.c.spent, budget.c.blocked_until, self.db.now.label("now"))
            .where(budget.c.installation == installation)
            .with_for_update()
        ).one()
        stored = json.loads(row.spent)
        spent = still_counting(stored, row.now, self.windows)
        blocked_until = min(row.blocked_until, row.now + LONGEST_BLOCK)
        if (spent, blocked_until) != (stored, row.blocked_until):
            self._set(connection, installation, spent=json.dumps(spent), blocked_until=blocked_until)
        return spent, blocked_until, row.now

    @staticmethod
    def _set(connection: sa.Connection, installation: int, **values: object) -> None:
        connection.execute(budget.update().where(budget.c.installation == installation).values(**values))
