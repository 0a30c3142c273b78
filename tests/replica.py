"""`rfh-bot serve` for tests of several machines: the same program, with shorter times around a death.

A lease of 30 s and the 10 s that an inherited key waits are there for GitHub's lag and for slow machines; the
sandbox does not lag, and tests do not wait. The budget's pause of half a minute is left out, and so is
the redactor, whose scanner takes seconds to build.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import bot.app
import bot.db_postgres
import bot.reconciler
from bot.budget import GITHUB_WINDOWS, Budget
from bot.cli.serve import serve
from bot.policy.schema import Policy
from bot.queue import Queue
from bot.queue_sql import Timing
from bot.told import Withheld

LEASE = 3.0
INHERITED = 1.0


async def unredacted(
    policy: Policy, texts: Sequence[str], customers: Sequence[str], own: Sequence[str], /
) -> tuple[tuple[str, ...], Withheld]:
    return tuple(texts), ""


if __name__ == "__main__":
    bot.app.Queue = partial(Queue, timing=Timing(lease=LEASE, poll=1.0))  # type: ignore[assignment,misc]
    bot.app.Budget = partial(Budget, windows=GITHUB_WINDOWS[1:])  # type: ignore[assignment,misc]
    bot.reconciler.INHERITED = INHERITED
    bot.db_postgres.FROZEN_REPLICA = "-c idle_in_transaction_session_timeout=2s -c lock_timeout=20s"
    bot.app.Redactor = lambda: unredacted  # type: ignore[assignment,misc]
    serve()
