"""Floor 2: Postgres: several replicas, each with a few threads and connections; the server tells the time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bot.db_base import Clock, Database, T, Work
from bot.errors import UserError
from bot.tables import migrate

# A replica that is stopped within a transaction loses its row locks before the others give up on them.
FROZEN_REPLICA = "-c idle_in_transaction_session_timeout=15s -c lock_timeout=20s"


class PostgresDatabase(Database):
    """Several replicas on one server, which also tells the time."""

    shared = True
    now = sa.cast(sa.extract("epoch", sa.func.statement_timestamp()), sa.Double)

    def __init__(self, url: sa.URL, *, connections: int = 4, clock: Clock | None = None) -> None:
        try:
            engine = sa.create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=connections,
                max_overflow=0,
                pool_pre_ping=True,
                connect_args={"options": FROZEN_REPLICA},
                hide_parameters=True,
            )
        except ModuleNotFoundError:
            raise UserError("Postgres needs psycopg: pip install 'rfh-bot[postgres]'") from None
        super().__init__(engine, clock)
        self.dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            with engine.begin() as connection:
                migrate(connection)
        except sa.exc.OperationalError as error:
            engine.dispose()
            raise UserError(f"cannot use Postgres: {str(error.orig).splitlines()[0]}") from None
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="postgres")

    async def run(self, work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._transact, work)

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self.engine.dispose()

    def insert(self, table: sa.Table) -> postgresql.Insert:
        return postgresql.insert(table)

    def least(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.least(a, b, type_=sa.Double())

    def greatest(self, a: sa.ColumnElement[float], b: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.greatest(a, b, type_=sa.Double())

    def _transact(self, work: Work[T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)
