"""Floor 2: how a waiting worker learns that something may be due.

In one process by a future per waiter; between replicas by Postgres' NOTIFY, which one connection per
process listens to. A lost notification delays work until the waiter's next look (`Timing.poll`), nothing
more: the table is the truth, a wake-up is a hint. What a command-line tool does beside a SQLite server
is seen at that look too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator

from bot.db import Database
from bot.queue_sql import DUE_CHANNEL

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 1.0


class Wakeups:
    """Wakes every waiter, here and (by `listen`) when another replica says so."""

    def __init__(self, db: Database) -> None:
        self._dsn = db.dsn
        self._waiters: set[asyncio.Future[None]] = set()
        self._listener: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something changed: everybody looks again."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    @contextlib.contextmanager
    def waiter(self) -> Iterator[asyncio.Future[None]]:
        """A future that the next `wake` completes. Taken before one looks, so no change falls in between."""
        loop = asyncio.get_running_loop()
        if self._dsn is not None and self._listener is None:
            self._listener = loop.create_task(self._listen(self._dsn), name="queue-listener")
        told = loop.create_future()
        self._waiters.add(told)
        try:
            yield told
        finally:
            self._waiters.discard(told)
            told.cancel()

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None

    async def _listen(self, dsn: str) -> None:
        """Wake on each notification; come back after a lost connection, and wake then for what was missed."""
        import psycopg  # only where Postgres is used

        while True:
            try:
                async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {DUE_CHANNEL}")
                    self.wake()
                    async for _ in connection.notifies():
                        self.wake()
            except psycopg.Error:
                log.warning("queue listener lost its connection")
            await asyncio.sleep(RECONNECT_SECONDS)
