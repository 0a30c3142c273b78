"""Floor 2: the tables, and how a database of an older version becomes one of this version.

Times are seconds since the epoch in double precision on both databases: adding and comparing them is
then the same SQL everywhere, and microseconds survive the trip. Keys are text: ``owner/repo#7`` for an
issue, ``sweep:owner/repo`` and the like for periodic work.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from bot.errors import UserError

metadata = sa.MetaData()

_FALSE = sa.false()

due = sa.Table(
    "due",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("due_at", sa.Double, doc="null: nothing to do (idle, or dead)"),
    sa.Column("generation", sa.BigInteger, nullable=False, server_default="0", doc="one more per event"),
    sa.Column("urgent", sa.Boolean, nullable=False, server_default=_FALSE),
    # what the pending events proved to exist (model.AtLeast)
    sa.Column("seen_updated_at", sa.Double),
    sa.Column("seen_comment_id", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column(
        "gone", sa.Text, nullable=False, server_default="", doc="comment ids, each followed by a comma"
    ),
    sa.Column("first_pending_at", sa.Double, doc="the oldest event that no claim covers yet"),
    # the run that holds the key
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", sa.Double),
    sa.Column("inherited", sa.Boolean, nullable=False, server_default=_FALSE),
    sa.Column("last_run_at", sa.Double, doc="when the last run ended"),
    # how it goes
    sa.Column(
        "attempts", sa.Integer, nullable=False, server_default="0", doc="claims since the last success"
    ),
    sa.Column(
        "strikes", sa.Integer, nullable=False, server_default="0", doc="attempts that count against it"
    ),
    sa.Column("last_error", sa.Text),
    sa.Column("rest_until", sa.Double, doc="no event, schedule or person pulls the key forward beyond this"),
    sa.Column("dead", sa.Boolean, nullable=False, server_default=_FALSE),
)

_LEASED = due.c.lease_until.is_not(None)  # few rows are
sa.Index("due_next", due.c.due_at)
sa.Index("due_urgent", due.c.urgent, due.c.due_at)
sa.Index("due_leased", due.c.lease_until, sqlite_where=_LEASED, postgresql_where=_LEASED)

card = sa.Table(
    "card",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("comment_id", sa.BigInteger, nullable=False),
    sa.Column("comment_node_id", sa.Text, nullable=False),
    sa.Column("rev", sa.BigInteger, nullable=False),
    sa.Column("marker", sa.Text, nullable=False),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("guid", sa.Text, primary_key=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False, index=True),
)

catch_up = sa.Table(
    "catch_up",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("passed_at", sa.Double, nullable=False),
)

pause = sa.Table(
    "pause",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True, doc="owner/repo, or * for everything"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("paused_by", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)

policy = sa.Table(
    "policy",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True),
    sa.Column("sha", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
)

last_plan = sa.Table(
    "last_plan",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("plan", sa.Text, nullable=False, doc="JSON"),
    sa.Column("at", sa.Double, nullable=False),
)

budget = sa.Table(
    "budget",
    metadata,
    sa.Column("installation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("spent", sa.Text, nullable=False, server_default="[]", doc="JSON: when, oldest first"),
    sa.Column("blocked_until", sa.Double, nullable=False, server_default="0"),
)

written = sa.Table(
    "written",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True, doc="case-folded"),
    sa.Column("began", sa.Double, nullable=False, doc="when the hour that is counted began"),
    sa.Column("number", sa.Integer, nullable=False, doc="content writes since then"),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("effect", sa.Text, primary_key=True),
    sa.Column("sent", sa.Text, nullable=False, doc="JSON"),
)

act = sa.Table(
    "act",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, doc="of the click: a repeated one is the same act"),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("login", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False, doc="what the person would have commented"),
    sa.Column("at", sa.Double, nullable=False),
)

standing = sa.Table(
    "standing",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("repository", sa.Text, nullable=False, index=True, doc="in lower case"),
    sa.Column("value", sa.Text, nullable=False, doc="JSON"),
)

said = sa.Table(
    "said",
    metadata,
    sa.Column("repository", sa.Text, primary_key=True, doc="in lower case"),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

watch = sa.Table(
    "watch",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, doc="of a public issue"),
    sa.Column("seen_at", sa.Double, doc="GitHub's time up to which its texts were read"),
    sa.Column("private", sa.Text, nullable=False, doc="the private issue about its leaks, if any"),
    sa.Column("marker", sa.Text, nullable=False),
    sa.Column("claimed_at", sa.Double, doc="when a private issue was about to be created"),
)

published = sa.Table(
    "published",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, doc="of a private issue"),
    sa.Column("public", sa.Text, nullable=False, doc="owner/repo#7"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("read_at", sa.Double, nullable=False),
    sa.Column("wanted_at", sa.Double, doc="an event told of a change at this time since it was read"),
)
sa.Index("published_public", sa.func.lower(published.c.public))

figures = sa.Table(
    "figures",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("repository", sa.Text, nullable=False, doc="in lower case"),
    sa.Column("version", sa.Integer, nullable=False, doc="of the facts' format"),
    sa.Column("partial", sa.Boolean, nullable=False, server_default=_FALSE, doc="to be read whole"),
    sa.Column("changed_at", sa.Double, nullable=False, doc="the database's time"),
    sa.Column("facts", sa.Text, nullable=False, doc="JSON"),
)
sa.Index("figures_changed", figures.c.repository, figures.c.changed_at)

schema_version = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, nullable=False))

Step = Callable[[sa.Connection], None]


def _rest_and_cap(connection: sa.Connection) -> None:
    metadata.create_all(connection, [written])
    if "rest_until" not in {column["name"] for column in sa.inspect(connection).get_columns(due.name)}:
        connection.execute(sa.text("ALTER TABLE due ADD COLUMN rest_until DOUBLE PRECISION"))


# Step n turns version n into n + 1; a new database gets the tables above and the newest version.
STEPS: tuple[Step, ...] = (
    lambda connection: metadata.create_all(connection, [told, act]),
    lambda connection: metadata.create_all(connection, [standing, said]),
    _rest_and_cap,
    lambda connection: metadata.create_all(connection, [watch]),
    lambda connection: metadata.create_all(connection, [published]),
    lambda connection: metadata.create_all(connection, [figures]),
)


def migrate(connection: sa.Connection, steps: Sequence[Step] = STEPS) -> int:
    """Bring the database to this program's version, in the caller's transaction; returns the version.

    Raises UserError when a newer program wrote it: going back would lose what only that one knows.
    """
    if connection.dialect.name == "postgresql":  # several replicas may start at once
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(0x52_46_48)))
    newest = 1 + len(steps)
    if not sa.inspect(connection).has_table(schema_version.name):
        metadata.create_all(connection)
        connection.execute(schema_version.insert().values(version=newest))
        return newest
    found: int = connection.execute(sa.select(schema_version.c.version)).scalar_one()
    if found > newest:
        raise UserError(
            f"the database has schema version {found}, this program knows {newest}: "
            "start the newer rfh-bot, or another database"
        )
    for step in steps[found - 1 :]:
        step(connection)
    if found < newest:
        connection.execute(schema_version.update().values(version=newest))
    return newest
