"""Floor 2: is what the server stands on in order: database, queue, extras, versions?"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from bot import __version__, kingfisher
from bot.db import open_database
from bot.doctor.finding import Finding, Findings, listed
from bot.errors import UserError
from bot.queue import Queue
from bot.store import EVERYTHING, Store
from bot.tables import STEPS, schema_version

LATE = 600.0  # seconds that a due key may wait before somebody should look
DEAD_SHOWN = 20
_LIBRARIES = ("gidgethub", "aiohttp", "SQLAlchemy", "pydantic", "google-re2")
_PRIVACY = ("phonenumbers", "tldextract")


def peeked(url: str) -> tuple[Findings, bool]:
    """What the database is, without making or changing one; True: it can be opened and read."""
    where = f"{_shown(url)}: "
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError:
        remedy = "RFH_BOT_DATABASE_URL: sqlite:///rfh-bot.sqlite3 or postgresql://…"
        return [Finding("database", "fail", "RFH_BOT_DATABASE_URL is no database URL", remedy)], False
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            what = "the database is in memory: a restart forgets the queue"
            return [
                Finding("database", "warn", what, "RFH_BOT_DATABASE_URL=sqlite:///rfh-bot.sqlite3")
            ], False
        if not Path(parsed.database).exists():
            remedy = "rfh-bot serve makes it; or set RFH_BOT_DATABASE_URL as the server has it"
            return [Finding("database", "warn", f"{where}no such file", remedy)], False
        address = f"file:{quote(parsed.database)}"
        parsed = parsed.set(database=address, query={"mode": "ro", "uri": "true"})
    else:
        patience = {} if "connect_timeout" in parsed.query else {"connect_timeout": "5"}  # seconds
        parsed = parsed.set(drivername="postgresql+psycopg").update_query_dict(patience)
    try:
        found, newest = _version(parsed), 1 + len(STEPS)
    except ModuleNotFoundError:
        return [Finding("database", "fail", "psycopg is missing", "pip install 'rfh-bot[postgres]'")], False
    except sa.exc.SQLAlchemyError as error:
        what = f"{where}cannot be opened ({type(error).__name__})"
        remedy = "Is it running, reachable, and the server's? RFH_BOT_DATABASE_URL"
        return [Finding("database", "fail", what, remedy)], False
    if found is None or found < newest:
        what = f"{where}schema version {found or 'none'}, this program has {newest}"
        return [Finding("database", "warn", what, "rfh-bot serve brings it up to date at its start")], False
    if found > newest:
        what = f"{where}schema version {found} is newer than this program's {newest}"
        return [Finding("database", "fail", what, "Install the newer rfh-bot")], False
    return [Finding("database", "ok", f"{where}schema version {found}")], True


def _version(url: sa.URL) -> int | None:
    """The version that stands in a database; None: none of ours is there."""
    engine = sa.create_engine(url, hide_parameters=True, poolclass=sa.NullPool)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(schema_version.name):
            return None
        version: int = connection.execute(sa.select(schema_version.c.version)).scalar_one()
        return version


def _shown(url: str) -> str:
    """A database's URL without its password, and without the options that may hold one."""
    try:
        return sa.make_url(url).set(query={}).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return "the database"


async def work(url: str) -> Findings:
    """Keys that were given up, keys that wait too long, and pauses, from the server's database."""
    try:
        db = open_database(url, exclusive=False)
    except UserError as error:
        return [Finding("database", "fail", str(error), "RFH_BOT_DATABASE_URL as the server has it")]
    try:
        return [*await queue(Queue(db)), *await pauses(Store(db))]
    finally:
        await db.close()


async def queue(keys: Queue) -> Findings:
    """Keys that were given up after many tries, and whether somebody works at all."""
    stats = await keys.stats()
    findings = [
        Finding(
            "queue",
            "fail",
            f"{entry.key} was given up after {entry.attempts} tries: {entry.last_error or 'no reason kept'}",
            f"rfh-bot queue retry {entry.key}",
        )
        for entry in await keys.entries(dead=True, limit=DEAD_SHOWN)
    ]
    if stats.lag > LATE:
        what = f"{stats.due} keys are due, the oldest for {round(stats.lag / 60)} min"
        findings.append(
            Finding("queue", "fail", what, "Does `rfh-bot serve` run on this database? See its log.")
        )
    waiting = f"{stats.due} due, {stats.running} running, {stats.later} later"
    return findings or [Finding("queue", "ok", waiting)]


async def pauses(store: Store) -> Findings:
    """Who stopped the bot, and where."""
    found = await store.pauses()
    return [
        Finding(
            "pauses",
            "warn",
            f"{'everything' if pause.scope == EVERYTHING else pause.scope} is paused since "
            f"{pause.at:%Y-%m-%d %H:%M} UTC by {pause.by}{f': {pause.reason}' if pause.reason else ''}",
            "rfh-bot resume" + ("" if pause.scope == EVERYTHING else f" {pause.scope}"),
        )
        for pause in found
    ] or [Finding("pauses", "ok", "nothing is paused")]


def privacy() -> Findings:
    """Is the second pair of eyes there? Without it nothing is published."""
    missing = [name for name in _PRIVACY if importlib.util.find_spec(name) is None]
    if kingfisher.binary() is None:
        missing.append("kingfisher")
    if not missing:
        return [Finding("privacy", "ok", "the privacy extra is installed")]
    what = f"missing: {listed(missing)}; nothing is published, only our own patterns watch public issues"
    return [Finding("privacy", "warn", what, "pip install 'rfh-bot[privacy]'")]


def versions() -> Findings:
    """What runs here, for whoever reads the report elsewhere."""
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    return [
        Finding("versions", "ok", f"rfh-bot {__version__}, Python {platform.python_version()}, {libraries}")
    ]
