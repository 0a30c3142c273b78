"""Floor 1: the clock of one issue, in one run: start it, go on with it, say what is due. Pure.

It runs for open issues with the request-for-help label whose kind is handed over, once they are with a team
of engineering; a defect's clock never starts. Outside of that it stands still and reminds nobody.

When engineering was asked: at the last thing a person did that made the hand-over possible (filing, an edit,
a label, a command), not at the moment the bot noticed. When the bot came much later, answers since then
count, but reminders do not: they count from the hand-over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.memory import Clock, Handed, Memory, effects_in
from bot.model import Snapshot
from bot.policy.clocks import Target
from bot.policy.durations import duration
from bot.policy.schema import Policy
from bot.rules import reminders, snooze, turns
from bot.rules.durations import Calendar
from bot.rules.labels import LabelHistory
from bot.rules.ownership import team_of_label
from bot.rules.reminders import Reminder
from bot.rules.rulebook import Rulebook

NOTICED = timedelta(minutes=10)  # a bot that hands over later than this was not running
SOON = timedelta(seconds=5)  # when the card is written first, the reminder follows
_ASKING = ("team", "kind", "priority", "customer", "handoff")  # intents that can complete a request


@dataclass(frozen=True, slots=True)
class Concluded:
    """What the rest of `decide` has concluded about the issue."""

    team: str | None
    kind: str | None
    priority: str | None
    owner: str  # login of who is accountable
    customer: str | None  # label
    rfh: bool  # is the label on, when this run is over


@dataclass(frozen=True, slots=True)
class Waiting:
    """A clock that runs. `unseen`: nobody is known to be in the team, so its answers cannot be told."""

    clock: Clock
    handed: Handed
    target: Target
    calendar: Calendar  # of the side whose turn it is
    due: datetime | None  # when engineering's answer is, on its turn
    snoozed_until: datetime | None
    emergency: bool
    any_hour: bool
    unseen: bool
    asks: tuple[str, ...]  # sides whose lists the snapshot lacks: team ids and ``support``

    def next_reminder(self, sent: Mapping[str, datetime]) -> Reminder | None:
        """The next reminder, due or not. `sent`: effect key → when."""
        return reminders.upcoming(
            self.clock,
            self.handed,
            self.target,
            sent,
            self.calendar,
            snoozed_until=self.snoozed_until,
            any_hour=self.any_hour,
        )

    def due_now(self, memory: Memory, shown: Clock | None, now: datetime) -> Reminder | None:
        """The reminder to write in this run; `shown` is the clock that the card on the issue tells of.

        The card must tell of this turn before anybody is called to it ("card edit first, then one comment"),
        and a comment must stand before the memory says so (invariant 6: effect, then done). Both hold because
        a turn and a reminder about it are never written in one run: a turn that is news to the card is
        written there, and the reminder comes with the next run, seconds later.
        """
        found = self.next_reminder(memory.effects)
        if found is None or found.at > now or memory.held or shown is None:
            return None
        return found if (shown.turn, shown.since) == (self.clock.turn, self.clock.since) else None

    def look_again(self, memory: Memory, now: datetime) -> datetime | None:
        """When something changes by time alone: a reminder is due, a snooze ends. Always after `now`."""
        if memory.held:
            return None
        following = self.next_reminder(memory.effects)
        times = [following.at] if following is not None else []
        if self.snoozed_until is not None and self.snoozed_until > now:
            times.append(self.snoozed_until)
        return max(min(times), now + SOON) if times else None

    def facts(self, sent: Mapping[str, datetime], now: datetime) -> dict[str, object]:
        """For `explain` and `--dry-run`: whose turn, since when, business minutes waited, what comes next."""
        following = self.next_reminder(sent)
        return {
            "turn": self.clock.turn,
            "since": self.clock.since.isoformat(),
            "waited_minutes": int(self.calendar.business(self.clock.since, now).total_seconds()) // 60,
            "due": self.due.isoformat() if self.due is not None else None,
            "next_reminder": following.at.isoformat() if following is not None else None,
        }


def sides_of(memory: Memory, policy: Policy) -> tuple[str, ...]:
    """The sides whose lists a run will need: the team that was asked, and support."""
    handed = memory.handed
    return (handed.team, turns.SUPPORT) if handed is not None and handed.team in policy.teams else ()


def asked_at(
    snapshot: Snapshot,
    memory: Memory,
    floor: datetime | None,
    history: LabelHistory,
    policy: Policy,
    now: datetime,
) -> datetime:
    """When a person last did what a hand-over waits for; `now` when nobody did since the `floor`.

    (A policy that changed can route an old issue: nobody was asked before that.)
    """
    issue = snapshot.issue
    acts = [issue.created_at, issue.edited_at]
    commands = [intent for slot, intent in memory.intents.items() if slot in _ASKING]
    acts += [intent.at for intent in commands if intent.comment]  # none: rebuilt from labels of ours
    acts += [history.set_at(label) for label in history.people() if team_of_label(label.name, policy)]
    fresh = [at for at in acts if at is not None and (floor is None or floor < at) and at <= now]
    return max(fresh, default=now.replace(microsecond=0))


def tick(
    snapshot: Snapshot,
    memory: Memory,
    before: Memory,
    issue: Concluded,
    book: Rulebook,
    asked: datetime,
    now: datetime,
) -> tuple[Memory, Waiting | None]:
    """The memory with the clock as it stands now, and what the card tells of it. `before`: as it was read."""
    policy, handed = book.policy, memory.handed
    now = now.replace(microsecond=0)  # as the memory keeps times
    if handed is None:
        return replace(memory, clock=None), None
    priority = issue.priority or policy.default_priority
    target = policy.clocks.priorities.get(priority)
    kind = policy.kinds.get(issue.kind or "")
    runs = snapshot.issue.state == "OPEN" and issue.rfh and kind is not None and kind.handoff
    if not runs or target is None or issue.team != handed.team:
        return memory, None
    clock = _current(memory, before, handed, priority, asked)
    if before.closed:
        clock = replace(clock, since=now, base=now)
    if clock.priority != priority:
        clock = replace(clock, priority=priority, base=max(clock.base, now))
    sides = turns.Sides(snapshot, handed.team, issue.owner)
    clock = turns.fold(clock, snapshot, memory, sides, book.speech)
    if handed.at - clock.base > NOTICED:
        clock = replace(clock, base=handed.at)
    memory = replace(memory, clock=clock, effects={**_written(snapshot, clock, book), **memory.effects})
    return memory, _waiting(snapshot, memory, clock, handed, target, issue, book)


def _current(memory: Memory, before: Memory, handed: Handed, priority: str, asked: datetime) -> Clock:
    """The clock to go on with: the memory's, or a new one when engineering was asked anew or it is lost."""
    if before.handed == handed:
        if memory.clock is not None:
            return memory.clock
        asked = before.clock.asked_at if before.clock is not None else handed.at
    return Clock(asked, "engineering", asked, asked, priority)


def _written(snapshot: Snapshot, clock: Clock, book: Rulebook) -> dict[str, datetime]:
    """Reminders of this silence that stand in comments of ours: the memory may not know of the last one."""
    us = (snapshot.viewer, *book.predecessors)
    silence = f":{int(clock.since.timestamp())}"
    return {
        key: comment.created_at
        for comment in snapshot.comments
        if any(actor.same_as(comment.author) for actor in us)
        for key in effects_in(comment.body)
        if key.startswith(reminders.PREFIX) and key.endswith(silence)
    }


def _waiting(
    snapshot: Snapshot,
    memory: Memory,
    clock: Clock,
    handed: Handed,
    target: Target,
    issue: Concluded,
    book: Rulebook,
) -> Waiting:
    policy = book.policy
    engineering = clock.turn == "engineering"
    calendar = book.calendars.team(handed.team) if engineering else book.calendars.support()
    intent = memory.intents.get("snooze")
    customer = policy.customers.get((issue.customer or "").removeprefix(policy.labels.customer_prefix))
    emergency = "emergency" in memory.intents
    return Waiting(
        clock=clock,
        handed=handed,
        target=target,
        calendar=calendar,
        due=calendar.add(clock.base, duration(target.response)) if engineering else None,
        snoozed_until=snooze.read(intent.value) if intent is not None else None,
        emergency=emergency,
        any_hour=emergency or (customer is not None and customer.support_24x7),
        unseen=handed.team in snapshot.roster and not snapshot.roster[handed.team],
        asks=tuple(side for side in (handed.team, turns.SUPPORT) if side not in snapshot.roster),
    )
