"""Fixtures that several test modules share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from databases import Machines, empty, postgres_cluster, postgres_programs
from hypothesis import settings

# How long one example takes says nothing on a busy machine; what must be quick has a test of its own.
settings.register_profile("rfh-bot", deadline=None)
settings.load_profile("rfh-bot")


@pytest.fixture(autouse=True)
def logs_as_found() -> Iterator[None]:
    """Who captures logs leaves structlog configured, and a command would then print its log on stdout."""
    before = structlog.is_configured()
    yield
    if structlog.is_configured() and not before:
        structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A Postgres server for the whole session; what needs it is skipped where none is installed."""
    pytest.importorskip("psycopg", reason="no psycopg here (pip install 'rfh-bot[postgres]')")
    programs = postgres_programs()
    if programs is None:
        pytest.skip("no Postgres server here (Debian: apt-get install postgresql)")
    with postgres_cluster(programs, durable=False) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
async def machines(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Machines]:
    """The database under test, empty."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/queue.sqlite3"
    else:
        url = request.getfixturevalue("postgres_url")
        empty(url)
    opened = Machines(url)
    yield opened
    await opened.close()
