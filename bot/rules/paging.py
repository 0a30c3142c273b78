"""Floor 1: who is to be paged, and with which words: ours alone. Pure.

What holds
- A level of the reminders that calls support, or its management, and `/emergency`, page the policy's target:
  as a line to paste on the card and in the thread, and by the paging service where one is configured.
- Each call has a key (invariant 6): paged, then recorded; a crash in between may page twice, and the service
  knows by the alias that it is the same alert.
- A service that refused is not asked again: the card says so, and has the line.
- A service that is configured later does not page about the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.memory import Memory
from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.rules import reminders
from bot.rules.clockwork import Waiting
from bot.told import REFUSED, Page

FRESH = timedelta(days=1)  # what is older is not paged about any more


@dataclass(frozen=True, slots=True)
class Call:
    """`line` is ready to be pasted into Slack. `at`: when it became due."""

    key: str
    target: str
    text: str
    line: str
    at: datetime

    def paged(self, effects: Mapping[str, datetime]) -> datetime | None:
        """When the service took it."""
        return effects.get(self.key)

    def refused(self, effects: Mapping[str, datetime]) -> bool:
        return f"{self.key}{REFUSED}" in effects


def calls(snapshot: Snapshot, memory: Memory, policy: Policy, clock: Waiting | None) -> tuple[Call, ...]:
    """What is to be paged about in this silence, and an emergency, while the clock runs."""
    return tuple(_calls(snapshot, memory, policy, clock)) if clock is not None else ()


def _calls(snapshot: Snapshot, memory: Memory, policy: Policy, clock: Waiting) -> Iterator[Call]:
    for number, level in enumerate(clock.target.reminders, 1):
        key = reminders.key(clock.clock.priority, number, clock.clock)
        if level.mention in policy.support.paging and key in memory.effects:
            yield call(snapshot, policy, clock, key, level.mention, memory.effects[key])
    emergency, target = memory.intents.get("emergency"), policy.support.emergency
    if emergency is not None and target is not None and target in policy.support.paging:
        key = f"emergency:{emergency.comment}"
        yield call(snapshot, policy, clock, key, target, emergency.at, "emergency, ")


def call(
    snapshot: Snapshot,
    policy: Policy,
    clock: Waiting,
    key: str,
    target: str,
    at: datetime,
    what: str = "",
) -> Call:
    """One call; `target` is one of the policy's."""
    text = _text(snapshot, policy, clock, what)
    return Call(f"page:{key}", target, text, policy.support.paging[target].replace("{message}", text), at)


def _text(snapshot: Snapshot, policy: Policy, clock: Waiting, what: str) -> str:
    """Ids, labels of the process and times; nothing that anybody wrote."""
    turn = clock.clock.turn
    who = policy.teams[clock.handed.team].name if turn == "engineering" else turn
    priority = policy.priorities.get(clock.clock.priority)
    label = f"{priority.label}, " if priority is not None else ""
    since = clock.clock.since.strftime("%Y-%m-%d %H:%M UTC")
    return f"{snapshot.key}: {label}{what}waiting for {who} since {since}: {snapshot.issue.url}"


def pages(found: tuple[Call, ...], snapshot: Snapshot, memory: Memory, now: datetime) -> tuple[Page, ...]:
    """What the service is to be asked now; nothing without one, or while the memory is held."""
    if not snapshot.pager or memory.held:
        return ()
    return tuple(
        Page(call.key, call.target, call.text, f"{snapshot.key}:{call.key}")
        for call in found
        if call.paged(memory.effects) is None and not call.refused(memory.effects) and now - call.at <= FRESH
    )
