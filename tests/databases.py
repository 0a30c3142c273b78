"""The databases that the contract suites run on, and a clock that the test moves.

Postgres is a throw-away cluster of the installed server, reached over a socket in its own directory.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.db import Clock, Database, open_database
from bot.tables import metadata


class TestClock:
    """A clock that stands still until it is told to go on."""

    __test__ = False

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def after(self, seconds: float) -> datetime:
        """The moment that many seconds from now."""
        return self.now + timedelta(seconds=seconds)


def postgres_programs() -> Path | None:
    """Where the newest installed server's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def postgres_cluster(programs: Path, *, durable: bool) -> Iterator[str]:
    """A running server of its own; yields its URL. `durable`: with fsync, as in production."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        account = pwd.getpwnam("postgres")
        os.chown(home, account.pw_uid, account.pw_gid)
        as_user = ["runuser", "-u", account.pw_name, "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), "-D", f"{home}/data", *arguments]
        subprocess.run(command, check=True, cwd=home, stdout=subprocess.DEVNULL, timeout=60)

    options = f"-c listen_addresses='' -k {home} -c fsync={'on' if durable else 'off'}"
    try:
        run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "-w", "-l", f"{home}/log", "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={home}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)


@dataclass
class Machines:
    """Opens the database under test; on Postgres each `open` is another replica's own connections."""

    url: str
    clock: TestClock = field(default_factory=TestClock)
    opened: list[Database] = field(default_factory=list)

    @property
    def replicated(self) -> bool:
        return self.url.startswith("postgresql")

    def open(self) -> Database:
        """The database, under the test's clock."""
        if self.opened and not self.replicated:
            return self.opened[0]
        return self._open(self.clock)

    def open_with_its_own_clock(self) -> Database:
        """The database as in production."""
        return self._open(None)

    def _open(self, clock: Clock | None) -> Database:
        self.opened.append(open_database(self.url, clock=clock))
        return self.opened[-1]

    async def close(self) -> None:
        for database in self.opened:
            await database.close()


def empty(url: str) -> None:
    """Empty every table of the Postgres database that is there."""
    import psycopg  # an extra: not everybody has it

    names = ", ".join(table.name for table in metadata.sorted_tables if table.name != "schema_version")
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('due')").fetchone() != (None,):
            connection.execute(f"TRUNCATE {names}")
