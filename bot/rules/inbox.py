"""Comments are an inbox (invariant 3): which commands are pending, who may run them, and what they change.

A comment is pending while our reaction is not on it, its id is not among the memory's done ones, and it is
newer than the floor. Never pending: comments of bots, minimised ones. A pending comment that was edited is
answered with "post it again": nobody can tell what it said when others read it. A reply alone makes nothing
done: the card with what was decided comes after it, and a crash in between runs the commands again.

A command becomes a durable intent in the memory; the history of comments is never folded again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.commands import MAX_PER_COMMENT, Call, Refusal, needed_role, parse, role_counts
from bot.markdown import command_lines
from bot.memory import REPLY, Intent, Memory, Undo
from bot.model import Comment, Label, Snapshot
from bot.policy.schema import Policy
from bot.rules import publish, snooze
from bot.rules.durations import Calendar
from bot.rules.intake_customers import CustomerReader

REACH = timedelta(days=7)  # a first look at an old issue runs no command older than this
SETTLE = timedelta(minutes=10)  # two comments may become visible in the wrong order
MAX_LABEL = 50  # GitHub's limit for a label's name


@dataclass(frozen=True, slots=True)
class Pending:
    comment: Comment
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command. `answer`: it asked for a reply; else ok or refused, with the reason."""

    command: str
    ok: bool
    value: str = ""
    refusal: Refusal | None = None
    answer: bool = False
    needed: str = ""  # the role it takes, when refused for that


@dataclass(frozen=True, slots=True)
class Handled:
    comment: Comment
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """The memory after all pending commands, what to say of each, and labels that must exist first."""

    memory: Memory
    handled: tuple[Handled, ...] = ()
    create: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Was anything decided, beside what only asked for an answer?"""
        return any(o.ok and not o.answer for handled in self.handled for o in handled.outcomes)

    @property
    def assigned(self) -> tuple[str, ...]:
        """Logins to assign: once, when `/owner` or `/take` runs; taking it off by hand stays possible."""
        ok = {outcome.command for handled in self.handled for outcome in handled.outcomes if outcome.ok}
        slots = [slot for command, slot in (("owner", "owner"), ("take", "taken")) if command in ok]
        found = (self.memory.intents.get(slot) for slot in slots)
        return tuple(dict.fromkeys(intent.value for intent in found if intent is not None))


# ── what is pending ─────────────────────────────────────────────────────────────────────────


def pending(snapshot: Snapshot, memory: Memory, policy: Policy, now: datetime) -> tuple[Pending, ...]:
    """The comments whose commands are still to be run, oldest first."""
    floor = memory.floor or max(snapshot.issue.created_at - timedelta(seconds=1), now - REACH)
    found = []
    for comment in snapshot.comments:
        if comment.created_at <= floor or comment.id in memory.done or comment.own_reactions:
            continue
        if comment.author is None or comment.author.is_bot or comment.minimized:
            continue
        if "/" not in comment.body:
            continue
        lines = (parse(line.text, policy) for line in command_lines(comment.body))
        calls = tuple(call for call in lines if call is not None)
        if calls:
            found.append(Pending(comment, calls[: MAX_PER_COMMENT + 1]))
    return tuple(found)


def reply_key(comment: Comment) -> str:
    return f"{REPLY}{comment.id}"


def needs_roles(waiting: Sequence[Pending], snapshot: Snapshot, policy: Policy) -> frozenset[str]:
    """Logins whose role must be asked now: permission is asked when the command runs."""
    return frozenset(
        p.comment.author.login
        for p in waiting
        if p.comment.author is not None
        and p.comment.edited_at is None
        and any(
            call.spec is not None
            # What `/undo` takes back is known only when it runs, and takes that command's role.
            and (call.spec.name == "undo" or not _free(call.spec.name, p.comment, snapshot, policy))
            for call in p.calls
        )
    )


def needs_logins(waiting: Sequence[Pending]) -> frozenset[str]:
    """Logins that commands name, to be checked for existence."""
    return frozenset(
        call.value
        for p in waiting
        for call in p.calls
        if call.spec is not None and call.spec.slot == "owner" and call.value
    )


def _free(command: str, comment: Comment, snapshot: Snapshot, policy: Policy) -> bool:
    """The issue's author may always use some commands."""
    author = snapshot.issue.author
    return command in policy.commands.author and author is not None and author.same_as(comment.author)


# ── running them ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Context:
    snapshot: Snapshot
    policy: Policy
    kind_of: Callable[[Memory], str | None]
    customers: CustomerReader
    calendar: Calendar  # for `/snooze`


def run(waiting: Sequence[Pending], memory: Memory, context: Context) -> Ran:
    """Run every pending command in order; pure: the results are intents, outcomes and labels to create."""
    handled, create = [], []
    for item in waiting:
        outcomes = []
        if item.comment.edited_at is not None:
            outcomes.append(Outcome(item.calls[0].word, False, refusal=Refusal("edited")))
        else:
            for call in item.calls[:MAX_PER_COMMENT]:
                memory, outcome, label = _one(call, item.comment, memory, context)
                outcomes.append(outcome)
                if label is not None:
                    create.append(label)
            if len(item.calls) > MAX_PER_COMMENT:
                word = item.calls[MAX_PER_COMMENT].word
                outcomes.append(Outcome(word, False, refusal=Refusal("too-many")))
        handled.append(Handled(item.comment, tuple(outcomes)))
    done = (*memory.done, *(h.comment.id for h in handled))
    return Ran(replace(memory, done=done), tuple(handled), tuple(dict.fromkeys(create)))


def _one(
    call: Call, comment: Comment, memory: Memory, context: Context
) -> tuple[Memory, Outcome, str | None]:
    if call.spec is None:
        return memory, Outcome(call.word, False, refusal=call.refusal), None
    name = call.spec.name
    refused = _not_allowed(name, comment, context)
    if refused is not None:
        return memory, refused, None
    if call.refusal is not None:
        return memory, Outcome(name, False, refusal=call.refusal), None
    if name == "undo":
        memory, outcome = _undo(comment, memory, context)
        return memory, outcome, None
    if name == "resume":
        if not memory.held:
            return memory, Outcome(name, False, refusal=Refusal("nothing-held")), None
        return replace(memory, held=False, undo=()), Outcome(name, True), None  # it cannot be taken back
    if name in publish.COMMANDS:
        memory, no = publish.command(name, call.value, comment, memory, context.snapshot)
        return memory, Outcome(name, no is None, refusal=no), None
    if call.spec.slot is None:
        return memory, Outcome(name, True, answer=True), None
    return _intend(call, comment, memory, context)


def _not_allowed(name: str, comment: Comment, context: Context) -> Outcome | None:
    if _free(name, comment, context.snapshot, context.policy) or comment.author is None:
        return None
    needed = needed_role(name, context.policy)
    role = context.snapshot.roles[comment.author.login.casefold()]  # a role that was not loaded is our bug
    if role_counts(role, needed, context.policy):
        return None
    return Outcome(name, False, refusal=Refusal("not-allowed", role), needed=needed)


def _intend(
    call: Call, comment: Comment, memory: Memory, context: Context
) -> tuple[Memory, Outcome, str | None]:
    """Turn a command into an intent, after the checks that need the snapshot."""
    assert call.spec is not None
    assert call.spec.slot is not None
    assert comment.author is not None  # pending() takes no comment of a vanished account
    name, slot, value, create = call.spec.name, call.spec.slot, call.value, None
    shown = value
    if name == "customer":
        found = _customer(value, call.new, context)
        if isinstance(found, Refusal):
            return memory, Outcome(name, False, refusal=found), None
        if isinstance(found, str):
            create, shown, value = found, found, ""
        else:
            shown, value = found.name, found.id
    if name == "owner" and not context.snapshot.logins.get(value.casefold(), False):
        return memory, Outcome(name, False, refusal=Refusal("no-such-account", value)), None
    if name == "priority":
        kinds = context.policy.priorities[value].kinds
        kind = context.kind_of(memory)
        if kinds and kind is not None and kind not in kinds:
            return memory, Outcome(name, False, refusal=Refusal("priority-not-for-kind", value)), None
    if name == "handoff":
        kind = context.kind_of(memory)
        if kind is None or not context.policy.kinds[kind].handoff:
            return memory, Outcome(name, False, refusal=Refusal("no-handoff-for-kind", kind or "")), None
        value = "asked"  # the reason is a person's words: it stays in the comment
    if name == "resolved":
        value = shown = "said"  # likewise
    if name in {"waiting", "snooze", "unsnooze", "emergency"}:
        about_time = _clock_command(name, value, comment, memory, context)
        if isinstance(about_time, Refusal):
            return memory, Outcome(name, False, refusal=about_time), None
        value = about_time
    if name == "take":
        value = comment.author.login
    intent = Intent(value, comment.author.login, comment.created_at, comment.id)
    undo = Undo(name, slot, memory.intents.get(slot), comment.id)
    after = memory.with_intent(slot, None if name == "unsnooze" else intent)
    memory = replace(after, undo=(*memory.undo, undo))
    return memory, Outcome(name, True, shown), create


def _clock_command(
    name: str, value: str, comment: Comment, memory: Memory, context: Context
) -> str | Refusal:
    """What a command about clocks leaves behind."""
    if name == "emergency":
        return "asked"
    if name == "unsnooze":
        return "" if "snooze" in memory.intents else Refusal("not-snoozed")
    if name == "waiting":
        asked = memory.handed is not None or "handoff" in memory.intents
        return value if asked else Refusal("nobody-asked")
    longest = context.policy.clocks.snooze.longest
    until = snooze.ends(value, comment.created_at, context.calendar, longest)
    if until == "past" or until == "too-long":
        return Refusal(f"snooze-{until}", value, (longest.removesuffix(" wall"),))
    return snooze.written(until)


_SLUG = re.compile(r"[^a-z0-9]+")


def slug(name: str) -> str:
    """A customer's name as its label writes it: lower case, dashes."""
    return _SLUG.sub("-", name.casefold()).strip("-")


def _customer(name: str, new: bool, context: Context) -> Label | str | Refusal:
    """The customer's label, or the name of the one to create."""
    prefix = context.policy.labels.customer_prefix
    catalogue = context.snapshot.catalogue
    existing = customer_labels(catalogue.labels, prefix)
    found = context.customers.read(name, [label.name for label in existing])
    named = found.labels[0] if len(found.labels) == 1 else None  # policy may know one that has no label yet
    label = catalogue.find(named) if named is not None else None
    if label is not None:
        return label
    if new:
        wanted = named or prefix + slug(name.strip("`@# ").removeprefix(prefix))
        fits = len(prefix) < len(wanted) <= MAX_LABEL
        return wanted if fits else Refusal("bad-label-name", name)
    near = found.labels or found.near
    return Refusal("unknown-customer", name, tuple(n.removeprefix(prefix) for n in near))


def customer_labels(labels: Mapping[str, Label], prefix: str) -> tuple[Label, ...]:
    """The repository's customer labels."""
    return tuple(label for folded, label in labels.items() if folded.startswith(prefix.casefold()))


def _undo(comment: Comment, memory: Memory, context: Context) -> tuple[Memory, Outcome]:
    """Bring back what stood before the last successful command, if the person may use that command."""
    if not memory.undo:
        return memory, Outcome("undo", False, refusal=Refusal("nothing-to-undo"))
    last = memory.undo[-1]
    refused = _not_allowed(last.command, comment, context)
    if refused is not None:
        return memory, replace(refused, command="undo")
    memory = replace(memory.with_intent(last.slot, last.before), undo=memory.undo[:-1])
    if last.slot == "waiting":
        memory = replace(memory, clock=None)  # folded anew, without the correction
    if last.slot == "handoff" and memory.handed is not None and memory.handed.how == "command":
        memory = replace(memory, handed=None)
    return memory, Outcome("undo", True, last.command)
