"""Floor 2: the queue's statements: every rule about when a key is due, written once for both databases.

Each change is one statement, so it is atomic by itself and Postgres re-reads the row after waiting for
its lock. `queue.py` says what the rules are for. Parameters: the_key, token, seen (the generation a
claim was made with).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from bot.db import Database
from bot.tables import due

DUE_CHANNEL = "rfh_due"  # Postgres' NOTIFY tells the other replicas that something may be due

WAITING = 7200.0  # seconds ahead in which a key counts as waiting: put off until the hour is over, and spread

Number = sa.ColumnElement[float]


@dataclass(frozen=True, slots=True)
class Timing:
    """The queue's times, in seconds."""

    quiet: float = 2.0
    longest_wait: float = 10.0
    lease: float = 30.0  # extend it every third of this
    first_retry: float = 1.0
    longest_retry: float = 300.0
    tries: int = 8
    poll: float = 30.0  # how long `wait` trusts that nobody told it anything


class Statements:
    """The statements of one queue, built once (SQLAlchemy compiles each on its first use)."""

    def __init__(self, db: Database, timing: Timing) -> None:
        self._db, self._timing, self._now = db, timing, db.now
        self.accept = self._accept()
        self.schedule = self._schedule()
        self.claim = self._claim()
        self.bury = self._bury()
        self.holds = sa.select(sa.exists().where(*self._held()))
        self.extend = due.update().where(*self._held()).values(lease_until=self._now + timing.lease)
        self.finish = self._finish()
        self.fail = self._fail()
        self.release = self._release()
        self.end = due.delete().where(*self._held(), due.c.generation == _seen())
        self.recover = due.update().where(due.c.lease_until.is_not(None)).values(lease_until=self._now)
        self.retry = self._retry()
        self.drop = due.delete().where(due.c.key == _key())
        self.next_due = self._next_due()
        self.stats = self._stats()
        self.backlog = sa.select(sa.func.count()).where(
            due.c.due_at <= self._now + WAITING,
            sa.or_(due.c.urgent, sa.not_(sa.bindparam("urgent", type_=sa.Boolean()))),
        )

    def _accept(self) -> sa.Executable:
        """Upsert of an event: its due time by the coalescing rule, one generation more, what it proved."""
        new = self._db.insert(due).values(
            key=_key(),
            due_at=self._now,
            generation=1,
            urgent=sa.bindparam("urgent", type_=sa.Boolean()),
            seen_updated_at=_moment("updated_at"),
            seen_comment_id=sa.bindparam("comment_id", type_=sa.BigInteger()),
            gone=sa.bindparam("gone_ids", type_=sa.Text()),
            first_pending_at=self._now,
        )
        proved, timing, now = new.excluded, self._timing, self._now
        leased = sa.func.coalesce(due.c.lease_until, 0.0) > now
        pending = due.c.first_pending_at.is_not(None)
        ran_just_now = sa.func.coalesce(due.c.last_run_at, 0.0) > now - timing.quiet
        calm = self._db.least(
            now + timing.quiet, sa.func.coalesce(due.c.first_pending_at, now) + timing.longest_wait
        )
        due_at = sa.case(
            (sa.and_(sa.not_(leased), due.c.due_at <= now), due.c.due_at),  # keeps its place in the line
            (sa.or_(leased, pending), calm),
            (ran_just_now, self._db.least(sa.func.coalesce(due.c.due_at, calm), calm)),
            else_=now,
        )
        return self._notifying(
            new.on_conflict_do_update(
                index_elements=[due.c.key],
                set_={
                    "due_at": self._rested(due_at),
                    "generation": due.c.generation + 1,
                    "urgent": sa.or_(due.c.urgent, proved.urgent),
                    "seen_updated_at": sa.case(
                        (
                            proved.seen_updated_at > sa.func.coalesce(due.c.seen_updated_at, 0.0),
                            proved.seen_updated_at,
                        ),
                        else_=due.c.seen_updated_at,
                    ),
                    "seen_comment_id": self._db.greatest(due.c.seen_comment_id, proved.seen_comment_id),
                    "gone": due.c.gone + proved.gone,
                    "first_pending_at": sa.func.coalesce(due.c.first_pending_at, now),
                    **_revived(),
                },
            )
        )

    def _schedule(self) -> sa.Executable:
        """A due time for a key that has none."""
        at = _moment("at")
        return self._notifying(
            self._db.insert(due)
            .values(key=_key(), due_at=at)
            .on_conflict_do_update(
                index_elements=[due.c.key],
                set_={"due_at": self._rested(at), **_revived()},
                where=due.c.due_at.is_(None),
            )
        )

    def _claim(self) -> sa.Executable:
        """The oldest urgent key, else the oldest one, that is due and free."""
        free = (due.c.due_at <= self._now, sa.func.coalesce(due.c.lease_until, 0.0) <= self._now)
        oldest = sa.select(due.c.key).where(*free).order_by(due.c.due_at).limit(1)
        urgent = oldest.where(due.c.urgent).with_for_update(skip_locked=True).scalar_subquery()
        ordinary = oldest.with_for_update(skip_locked=True).scalar_subquery()
        return (
            due.update()
            .where(due.c.key == sa.func.coalesce(urgent, ordinary))
            .values(
                owner=_token(),
                lease_until=self._now + self._timing.lease,
                inherited=sa.or_(due.c.inherited, due.c.owner.is_not(None)),
                attempts=due.c.attempts + 1,
                strikes=due.c.strikes + 1,
                first_pending_at=None,
                rest_until=None,
            )
            .returning(due)
        )

    def _finish(self) -> sa.Executable:
        """A good end. `next`: when to look again, or null."""
        then = _moment("next")
        unchanged = due.c.generation == _seen()
        urgent = sa.func.coalesce(sa.bindparam("urgent_now", type_=sa.Boolean()), due.c.urgent)
        return (
            due.update()
            .where(*self._held())
            .values(
                **_freed(),
                due_at=sa.case((unchanged, then), else_=self._earlier(due.c.due_at, then)),
                urgent=sa.case((unchanged, urgent), else_=sa.or_(due.c.urgent, urgent)),
                seen_updated_at=sa.case((unchanged, None), else_=due.c.seen_updated_at),
                seen_comment_id=sa.case((unchanged, 0), else_=due.c.seen_comment_id),
                gone=sa.case((unchanged, ""), else_=due.c.gone),
                last_run_at=self._now,
                inherited=False,
                attempts=0,
                strikes=0,
                last_error=None,
            )
        )

    def _fail(self) -> sa.Executable:
        """A bad end. `delay`: the back-off; `floor`: what GitHub asked for; `transient`: not its fault."""
        transient = sa.bindparam("transient", type_=sa.Boolean())
        later = self._now + _moment("delay")
        floor = self._now + _moment("floor")
        unchanged = due.c.generation == _seen()
        dies = sa.and_(unchanged, sa.not_(transient), due.c.strikes >= self._timing.tries)
        at_event = self._db.least(later, self._db.greatest(due.c.due_at, floor))
        rest = sa.case((_moment("rest") > 0.0, self._now + _moment("rest")))
        return (
            due.update()
            .where(*self._held())
            .values(
                **_freed(),
                due_at=sa.case((dies, None), (unchanged, later), else_=at_event),
                rest_until=rest,
                dead=dies,
                strikes=sa.case((sa.not_(unchanged), 0), (transient, due.c.strikes - 1), else_=due.c.strikes),
                last_error=sa.bindparam("error", type_=sa.Text()),
                last_run_at=self._now,
            )
        )

    def _release(self) -> sa.Executable:
        """No end at all: given back as it was, due at `at` or, when that is null, still due."""
        at = _moment("at")
        put_off = sa.case((due.c.generation == _seen(), at), else_=self._earlier(due.c.due_at, at))
        return (
            due.update()
            .where(*self._held())
            .values(
                **_freed(),
                due_at=sa.case((at.is_(None), due.c.due_at), else_=put_off),
                inherited=sa.or_(due.c.inherited, sa.bindparam("cut_off", type_=sa.Boolean())),
                attempts=due.c.attempts - 1,
                strikes=due.c.strikes - 1,
            )
        )

    def _bury(self) -> sa.Executable:
        """Set aside a claimed key whose owners died one after the other."""
        return (
            due.update()
            .where(*self._held())
            .values(**_freed(), due_at=None, dead=True, last_error=sa.bindparam("error", type_=sa.Text()))
        )

    def _retry(self) -> sa.Executable:
        """A person asks for the key: due now, unless it is already, or runs."""
        soonest = self._rested(self._earlier(due.c.due_at, self._now))
        return self._notifying(due.update().where(due.c.key == _key()).values(due_at=soonest, **_revived()))

    def _next_due(self) -> sa.Executable:
        """When a free key is due next, when a leased one would be without its owner, and what time it is."""
        free = (
            sa.select(due.c.due_at)
            .where(due.c.due_at.is_not(None), due.c.lease_until.is_(None))
            .order_by(due.c.due_at)
            .limit(1)
        )
        runs_out = self._db.greatest(due.c.lease_until, due.c.due_at)
        leased = sa.select(sa.func.min(runs_out)).where(due.c.lease_until.is_not(None))
        return sa.select(free.scalar_subquery(), leased.scalar_subquery(), self._now)

    def _stats(self) -> sa.Executable:
        """One row of counts, named like the fields of `queue.Stats`."""
        now = self._now
        running = sa.func.coalesce(due.c.lease_until, 0.0) > now
        waiting = sa.and_(due.c.due_at <= now, sa.not_(running))
        lag = sa.func.coalesce(now - sa.func.min(sa.case((waiting, due.c.due_at))), 0.0)
        return sa.select(
            _count(waiting).label("due"),
            _count(due.c.due_at > now).label("later"),
            _count(running).label("running"),
            _count(due.c.dead).label("dead"),
            lag.label("lag"),
        )

    def _held(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (due.c.key == _key(), due.c.owner == _token(), due.c.lease_until > self._now)

    def _earlier(self, a: Number, b: Number) -> Number:
        """The earlier of two moments, of which either may be null."""
        return self._db.least(sa.func.coalesce(a, b), sa.func.coalesce(b, a))

    def _rested(self, at: Number) -> Number:
        """Not before the key's rest is over."""
        return self._db.greatest(at, sa.func.coalesce(due.c.rest_until, at))

    def _notifying(self, statement: sa.Insert | sa.Update) -> sa.Executable:
        """The statement, which on Postgres also tells the other replicas, in the same round trip."""
        if not self._db.shared:
            return statement
        return statement.returning(sa.cast(sa.func.pg_notify(DUE_CHANNEL, ""), sa.Text))


def write_gone(ids: Iterable[int]) -> str:
    """Comment ids as the table holds them: each followed by a comma, so that joining texts is their union."""
    return "".join(f"{number}," for number in sorted(ids))


def read_gone(text: str) -> frozenset[int]:
    """The opposite of `write_gone`."""
    return frozenset(int(number) for number in text.split(",") if number)


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((condition, 1)))


def _moment(name: str) -> Number:
    """A parameter that may be null; Postgres wants to be told its type then."""
    return sa.cast(sa.bindparam(name, type_=sa.Double()), sa.Double)


def _key() -> sa.BindParameter[str]:
    return sa.bindparam("the_key", type_=sa.Text())


def _token() -> sa.BindParameter[str]:
    return sa.bindparam("token", type_=sa.Text())


def _seen() -> sa.BindParameter[int]:
    return sa.bindparam("seen", type_=sa.BigInteger())


def _freed() -> dict[str, None]:
    return {"owner": None, "lease_until": None}


def _revived() -> dict[str, object]:
    """A dead key starts afresh; a living one goes on counting."""
    return {
        "strikes": sa.case((due.c.dead, 0), else_=due.c.strikes),
        "attempts": sa.case((due.c.dead, 0), else_=due.c.attempts),
        "dead": False,
    }
