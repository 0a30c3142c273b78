"""Floor 4: the public watch in an Action's sweep: what changed in the public tracker within three days.

It takes an App's credentials. The rounds and the runs are the App's own; only the queue is the job's and ends
with it: what the last job knew is read from our private issues, and a change is looked at by several sweeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.guard import Guard
    from bot.policy.schema import Policy
    from bot.reconciler import Reconciler
    from bot.scanner_watch import Examine
    from bot.settings import Settings
    from bot.sweep import Allowance, Problem
    from bot.watch import Watch


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watch came to: public issues looked at, those not reached, and what went wrong."""

    looked_at: int = 0
    not_reached: int = 0
    problems: tuple[Problem, ...] = ()


def watch_of(rec: Reconciler, settings: Settings, *, shadow: bool, examine: Examine | None) -> Watch:
    """The App's watch, as the Action's."""
    from bot.scanner_watch import Examiner
    from bot.watch import Watch

    return Watch(
        rec.clients,
        rec.rulebooks,
        rec.catalogues,
        rec.store,
        settings.value_key,
        examine or Examiner(),
        rec.now,
        teller=rec.teller,
        sleep=rec.sleep,
        writer=rec.writer,
        shadow=shadow or settings.shadow,
    )


async def watch_public(
    rec: Reconciler, watch: Watch, private: str, policy: Policy, allowance: Allowance, guard: Guard
) -> Watched | None:
    """Look at what changed in the public tracker; None: the watch is off, by policy or without an App."""
    from bot.errors import Gone
    from bot.github.auth import App
    from bot.queue import Queue
    from bot.schedule_public import PublicRounds, round_key
    from bot.sweep import Problem

    if not isinstance(rec.clients, App) or watch.off(policy, private):
        return None
    queue = Queue(rec.store.db)
    rounds = PublicRounds(queue, watch, lambda: (private,), lambda *_: guard, rec.now)
    owner, repo = private.split("/")
    pool = (await rec.clients.client(owner, repo)).pool
    looked_at, problems = 0, list[Problem]()
    await queue.accept(round_key(private))
    while allowance.left(pool) and not any(problem.limit for problem in problems):
        claim = await queue.claim()
        if claim is None:
            break
        is_round = claim.key == round_key(private)
        try:
            done = await (rounds.round if is_round else rounds.one)(claim)
            if is_round and done.word == "not allowed":
                problems.append(Problem(f"{policy.tracker.public}: the App may not read it: no watch", True))
        except Gone:
            pass
        except Exception as error:  # noqa: BLE001  # a poison issue must not stop the others
            problems.append(Problem.of(error))
        looked_at += not is_round
        await queue.end(claim)
    left = len(await queue.waiting(limit=1000))
    await queue.close()
    return Watched(looked_at, left, tuple(problems))
