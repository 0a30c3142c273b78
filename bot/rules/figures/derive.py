"""Floor 1: read the facts of one issue off its snapshot: labels, their timeline, comments, the card's memory.

Everything comes from what stands on GitHub, so that losing the database loses nothing that cannot be read
again, but for two things that no timeline tells: what the router suggested at the time, and what was missing
in a text that was edited since. Both are kept from the facts of the first look (`before`); without those, the
first is what today's router says, and the second is not known.

`partial`: the snapshot shows only part of a long thread, or lacks the list of a team that had the issue
before; somebody must read it whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from bot.memory import Memory, effects_in, is_card
from bot.model import Actor, Intake, IssueKey, Route, Snapshot
from bot.policy.schema import Policy
from bot.recall import Recall
from bot.rules import chosen, closing, inbox, reminders, snooze
from bot.rules.figures import course
from bot.rules.figures.course import Said, Spell
from bot.rules.figures.facts import Ask, Docs, Facts, Wait
from bot.rules.figures.teams import routing, team_changes
from bot.rules.intake import Template
from bot.rules.labels import LabelHistory
from bot.rules.ownership import own
from bot.rules.rulebook import Rulebook
from bot.rules.weekly import is_digest

FILING = timedelta(minutes=5)  # labels that people set by then belong to the filing


def card_writers(snapshot: Snapshot) -> tuple[Actor, ...]:
    """The bots whose cards stand on the issue: whoever reads the history may be another one."""
    authors = [c.author for c in snapshot.comments if is_card(c.body)]
    return tuple(dict.fromkeys(author for author in authors if author is not None and author.is_bot))


def facts_of(
    snapshot: Snapshot, recall: Recall, book: Rulebook, before: Facts | None, key: IssueKey, now: datetime
) -> Facts:
    """The facts of an issue. `before`: what was known of it. Raises nothing on any text."""
    return _Reading(snapshot, recall, book, before, key, now).facts()


def worth_keeping(facts: Facts) -> bool:
    """Does it count anywhere? An issue of another template does not."""
    return facts.request or facts.kind is not None


@dataclass(frozen=True)
class _Reading:
    snapshot: Snapshot
    recall: Recall
    book: Rulebook
    before: Facts | None
    key: IssueKey
    now: datetime

    def facts(self) -> Facts:
        snapshot, policy, memory = self.snapshot, self.book.policy, self.recall.memory
        issue = snapshot.issue
        template = self.book.intake.parse(issue.body)
        history = LabelHistory.of(snapshot, memory, (*self.book.predecessors, *card_writers(snapshot)))
        route = self.book.router.route(issue.title, template.routing_text)
        owner = own(history, memory, template.team, route, policy)
        kind = chosen.kind_of(memory, template.kind, history, policy)
        digest = is_digest(snapshot)  # our own: whatever label people put on it, it counts nowhere
        said = course.commands(snapshot, policy) if self.met else ()
        changes = team_changes(snapshot, said, template.team, policy)
        priority = _priority(snapshot, policy)
        facts = Facts(
            key=self.key,
            title=issue.title,
            url=issue.url,
            state=issue.state,
            created_at=issue.created_at,
            updated_at=issue.updated_at,
            filer=issue.author.login if issue.author is not None else None,
            request=snapshot.has_label(policy.labels.rfh)
            and (kind is None or policy.kinds[kind].handoff)
            and not digest,
            owner=_owner(snapshot, memory),
            kind=None if digest else kind,
            priority=priority,
            customer=_customer(snapshot, policy),
            area=_area(route, owner.team, policy),
            team=owner.team,
            tickets=self.book.intake.tickets(template),
            closed_at=tuple(event.at for event in snapshot.state_events if event.closed),
            reopened_at=tuple(event.at for event in snapshot.state_events if not event.closed),
            teams=changes,
            routing=routing(changes, said, route, self.before.routing if self.before else None, met=self.met),
            snoozed_until=_snoozed(memory),
            reminders=tuple(self._reminders()),
            docs=_docs(memory),
        )
        facts = self._filing(facts, template, history, route)
        if not facts.request:
            return facts
        # Of a team whose members nobody can see, no answer can be told: it is not measured.
        hidden = {id_ for id_, people in snapshot.roster.items() if not people}
        spells = [spell for spell in self._spells(facts, said, history) if spell.team not in hidden]
        known = [spell for spell in spells if spell.team in snapshot.roster or self._settled(spell)]
        partial = len(known) < len(spells) or not _whole(snapshot)
        asks, waits = self._course(known, said, priority or policy.default_priority, facts.owner or "")
        return replace(facts, asks=asks, waits=waits, partial=partial)

    @property
    def met(self) -> bool:
        """Has the bot spoken on the issue?"""
        return self.recall.state != "new" or bool(card_writers(self.snapshot))

    # ── filing ──────────────────────────────────────────────────────────────────────────────────

    def _filing(self, facts: Facts, template: Template, history: LabelHistory, route: Route) -> Facts:
        """With what was missing when it was filed, and when it was complete."""
        before, issue = self.before, self.snapshot.issue
        intake = chosen.early(self._check(facts, template, history, None), route, self.book.policy)
        off, on = self._needs_info()
        if before is not None and before.complete_at_filing is not None:
            complete, missing = before.complete_at_filing, before.missing
        elif issue.edited_at is None:
            filed = self._check(facts, template, history, issue.created_at + FILING)
            gaps = chosen.early(filed, route, self.book.policy).missing
            complete, missing = not gaps, tuple(gap.field for gap in gaps)
        elif self.met:
            asked = on is not None
            complete, missing = not asked, None if asked else ()
        else:
            return facts
        completed = issue.created_at if complete else None
        if not complete and not intake.missing:
            completed = off or (before.completed_at if before is not None else None) or issue.edited_at
        return replace(facts, complete_at_filing=complete, missing=missing, completed_at=completed)

    def _check(
        self, facts: Facts, template: Template, history: LabelHistory, until: datetime | None
    ) -> Intake:
        """Judge the text, with people's labels: all that are on, or those set `until` then."""
        memory, policy = self.recall.memory, self.book.policy
        labels = [label for label in history.people() if until is None or history.set_at(label) <= until]
        return self.book.intake.check(
            template,
            title=self.snapshot.issue.title,
            labels=tuple(label.name for label in labels),
            customers=tuple(
                label.name
                for label in inbox.customer_labels(
                    self.snapshot.catalogue.labels, policy.labels.customer_prefix
                )
            ),
            kind=facts.kind if until is None else template.kind,
            team=facts.team,
            priority=chosen.priority_by_command(memory, history, policy) if until is None else None,
            customer=chosen.customer_by_command(memory, self.snapshot, history, policy)
            if until is None
            else None,
        )

    def _needs_info(self) -> tuple[datetime | None, datetime | None]:
        """When `needs-info` went off for good, and when it came on first; None: it did not."""
        name = self.book.policy.labels.needs_info.casefold()
        events = [event for event in self.snapshot.label_events if event.label.folded == name]
        off = events[-1].at if events and not events[-1].added else None
        return off, events[0].at if events else None

    # ── asks ────────────────────────────────────────────────────────────────────────────────────

    def _spells(self, facts: Facts, said: tuple[Said, ...], history: LabelHistory) -> Iterator[Spell]:
        """The times with a team of engineering, from when it was asked."""
        policy, memory = self.book.policy, self.recall.memory
        gate = self._gate(facts, said, history)
        ends = [change.at for change in facts.teams[1:]]
        for change, until in zip(facts.teams, (*ends, None), strict=False):  # no teams: nothing
            team = change.team
            if team is None or not policy.teams[team].engineering or gate is None:
                continue
            asked = max(change.at, gate)
            if until is None and memory.clock is not None and self._handed_to(team):
                asked = memory.clock.asked_at
            elif until is not None:
                asked = self._begun(team, asked)
            if until is None or asked < until:
                yield Spell(team, asked, until)

    def _gate(self, facts: Facts, said: tuple[Said, ...], history: LabelHistory) -> datetime | None:
        """From when a team could be asked: complete, handed over by command, or urgent. Before the bot came
        nobody checked: as soon as it was filed."""
        if not self.met:
            return facts.created_at
        gates = [facts.completed_at] if facts.completed_at is not None else []
        gates += [one.at for one in said if one.name == "handoff"][:1]
        priority = self.book.policy.priorities.get(facts.priority or "")
        if priority is not None and priority.urgent:
            names = {name.casefold() for name in (priority.label, *priority.aliases)}
            gates += [history.set_at(label) for label in history.people() if label.folded in names]
            gates += [] if gates else [facts.created_at]
        if self.recall.memory.handed is not None:
            gates.append(self.recall.memory.handed.at)
        return min(gates, default=None)

    def _handed_to(self, team: str) -> bool:
        handed = self.recall.memory.handed
        return handed is not None and handed.team == team

    def _settled(self, spell: Spell) -> Ask | None:
        """What was found out about a spell that is over, while its team's list was at hand."""
        known = self.before.asks if self.before is not None and spell.until is not None else ()
        same = (ask for ask in known if (ask.team, ask.asked_at) == (spell.team, spell.asked_at))
        return next((ask for ask in same if not ask.running), None)

    def _begun(self, team: str, asked: datetime) -> datetime:
        """When an ask that is over began: the clock knew while it ran, the label came seconds later."""
        known = self.before.asks if self.before is not None else ()
        times = (ask.asked_at for ask in known if ask.team == team)
        return next((at for at in times if abs(at - asked) <= FILING), asked)

    def _course(
        self, spells: list[Spell], said: tuple[Said, ...], priority: str, owner: str
    ) -> tuple[tuple[Ask, ...], tuple[Wait, ...]]:
        asks: list[Ask] = []
        waits: list[Wait] = []
        memory = self.recall.memory
        for spell in spells:
            settled = self._settled(spell)
            if spell.team not in self.snapshot.roster and settled is not None and self.before is not None:
                asks.append(settled)
                waits += [
                    w for w in self.before.waits if spell.asked_at <= w.since < (spell.until or w.since)
                ]
                continue
            clock = memory.clock if spell.until is None and self._handed_to(spell.team) else None
            ask, some = course.fold(spell, self.snapshot, said, self.book, priority, owner, clock)
            asks.append(ask)
            waits += some
        return tuple(asks), tuple(waits)

    def _reminders(self) -> Iterator[datetime]:
        for comment in self.snapshot.comments:
            ours = comment.author is not None and comment.author.is_bot
            if ours and any(key.startswith(reminders.PREFIX) for key in effects_in(comment.body)):
                yield comment.created_at


def _whole(snapshot: Snapshot) -> bool:
    """Does the snapshot show every comment and every event?"""
    return snapshot.label_events_complete and len(snapshot.comments) >= snapshot.comments_total


def _priority(snapshot: Snapshot, policy: Policy) -> str | None:
    """The most urgent priority whose label is on."""
    on = {chosen.priority_of_label(label.name, policy) for label in snapshot.issue.labels}
    return next((id_ for id_ in policy.priorities if id_ in on), None)


def _customer(snapshot: Snapshot, policy: Policy) -> str | None:
    prefix = policy.labels.customer_prefix.casefold()
    slugs = [
        label.folded.removeprefix(prefix)
        for label in snapshot.issue.labels
        if label.folded.startswith(prefix)
    ]
    return min(slugs, default=None)


def _owner(snapshot: Snapshot, memory: Memory) -> str | None:
    """Who is accountable for support: `/owner`, else the filer."""
    intent = memory.intents.get("owner")
    if intent is not None:
        return intent.value
    return snapshot.issue.author.login if snapshot.issue.author is not None else None


def _area(route: Route, team: str | None, policy: Policy) -> str | None:
    """What it is about: the router's best area of the team that has it; without a team, the best of all."""
    for candidate in route.candidates:
        if team in (None, candidate.team):
            return candidate.area
    return next((id_ for id_, area in policy.routing.areas.items() if area.team == team), None)


def _snoozed(memory: Memory) -> datetime | None:
    intent = memory.intents.get("snooze")
    return snooze.read(intent.value) if intent is not None else None


def _docs(memory: Memory) -> Docs:
    answer, resolved = memory.intents.get(closing.DOCS), memory.intents.get(closing.RESOLVED)
    known = answer if answer is not None and answer.value in get_args(closing.Answer) else None
    return Docs(
        asked_at=memory.effects.get(closing.ASKED),
        answer=known.value if known is not None else None,  # type: ignore[arg-type]  # tested above
        answered_at=known.at if known is not None else None,
        resolved_at=resolved.at if resolved is not None else None,
    )
