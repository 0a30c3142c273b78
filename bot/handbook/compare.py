"""Floor 1: what a handbook page says otherwise than the policy in force.

A difference has a name that holds what the page says (`keyword added: deployment: Helm`) but no line number,
so that the policy can give a reason for it (`handbook.differences`) that is void as soon as the page says
something else again. A line that could not be read is a difference too: nothing may change unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.handbook.matching import folded, names_of_teams, norm, pairs
from bot.handbook.page import Area, Contact, Named, Page, Rule
from bot.policy.routing import Area as PolicyArea
from bot.policy.schema import Policy


@dataclass(frozen=True, slots=True)
class Difference:
    """`about` is the policy's id where it has one; `page` and `policy` say what stands there, or nothing."""

    kind: str
    about: str
    page: str = ""
    policy: str = ""
    line: int | None = None

    @property
    def name(self) -> str:
        """What the policy calls it: without line and without its own side, which a reason explains."""
        return ": ".join(part for part in (self.kind, self.about, self.page) if part)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Differences without and with a reason in the policy, and reasons that explain nothing any more."""

    drift: tuple[Difference, ...]
    meant: tuple[tuple[Difference, str], ...]
    needless: tuple[str, ...]


def compare(page: Page, policy: Policy) -> Verdict:
    """Everything that differs, in the page's order; what only the policy has comes last."""
    found: dict[str, Difference] = {}
    for difference in _Comparison(page, policy).all():
        found.setdefault(difference.name, difference)
    reasons = policy.handbook.differences
    return Verdict(
        tuple(d for name, d in found.items() if name not in reasons),
        tuple((d, reasons[name]) for name, d in found.items() if name in reasons),
        tuple(name for name in reasons if name not in found),
    )


class _Comparison:
    def __init__(self, page: Page, policy: Policy) -> None:
        self.page, self.policy = page, policy
        self.names = names_of_teams(policy)
        self.seen_exceptions: set[str] = set()
        self.seen_channels: set[str] = set()  # teams whose channel the page names
        self.seen_handles: set[str] = set()  # teams whose handle it names

    def all(self) -> Iterator[Difference]:
        for unread in self.page.unread:
            yield Difference("unreadable", unread.text or unread.why, "", unread.why, unread.line)
        matched = pairs(self.page.areas, self.policy.routing.areas)
        for area, id_ in zip(self.page.areas, matched, strict=True):
            yield from self._area(area, id_)
        for contact in self.page.contacts:
            yield from self._contact(contact)
        yield from self._handles()
        yield from self._labels()
        yield from self._priorities()
        yield from self._trackers()
        yield from self._only_in_policy(set(matched))

    # ── areas ───────────────────────────────────────────────────────────────────────────────

    def _area(self, area: Area, id_: str | None) -> Iterator[Difference]:
        if id_ is None:
            owners = ", ".join(area.main.owners) if area.main else ""
            yield Difference("area added", area.name, owners, "no such area", area.line)
            return
        ours = self.policy.routing.areas[id_]
        if norm(area.name) not in {norm(ours.name), norm(id_)}:
            yield Difference("area renamed", id_, area.name, ours.name, area.line)
        known = {word.casefold() for word in ours.keywords}
        named = {word.casefold() for word in area.keywords}
        for word in area.keywords:
            if word.casefold() not in known:
                yield Difference("keyword added", id_, word, "", area.line)
        for word in ours.keywords:
            if word.casefold() not in named:
                yield Difference("keyword removed", f"{id_}: {word}", "", word, area.line)
        for rule in area.rules:
            yield from self._rule(id_, ours, rule, main=rule is area.main)
        for rule in area.exceptions:
            yield from self._exception(rule)

    def _rule(self, id_: str, ours: PolicyArea, rule: Rule, *, main: bool) -> Iterator[Difference]:
        """The owner of the area, of a part of it, or of its alerts."""
        team = ours.team or ""
        if not rule.owners:
            if not self.policy.routing.alerts.table:
                yield Difference("alerts by owner", id_, rule.subject, "no alerts", rule.line)
            return
        for name in rule.owners:
            owners = self.names.get(norm(name))
            if owners is None:
                yield Difference("owner unknown", id_, name, "no such team", rule.line)
            elif team not in owners and main:
                yield Difference("owner changed", id_, name, team, rule.line)
            elif team not in owners:
                yield Difference("part of another team", id_, f"{rule.subject} → {name}", team, rule.line)
            else:
                yield from self._renamed(name, owners, rule.line)
        first = self.names.get(norm(rule.owners[0]), frozenset())
        yield from self._channel(first, rule.channel, rule.line)

    def _renamed(self, name: str, teams: frozenset[str], line: int) -> Iterator[Difference]:
        """A team is known by the page's name only as an earlier one."""
        for id_ in teams if len(teams) == 1 else ():
            team = self.policy.teams[id_]
            if norm(name) not in {norm(team.name), norm(id_)}:
                yield Difference("team renamed", id_, name, team.name, line)

    def _exception(self, rule: Rule) -> Iterator[Difference]:
        owner = rule.owners[0]
        subjects = {norm(subject) for subject in _subjects(rule.subject)}
        ours = next(
            (
                exception
                for exception in self.policy.routing.exceptions
                if any(_holds(subject, norm(word)) for subject in subjects for word in exception.when)
            ),
            None,
        )
        if ours is None:
            yield Difference("exception added", rule.subject, owner, "no such exception", rule.line)
            return
        self.seen_exceptions.add(ours.id)
        if ours.team not in self.names.get(norm(owner), ()):
            yield Difference("exception changed", ours.id, owner, ours.team, rule.line)

    # ── Slack ───────────────────────────────────────────────────────────────────────────────

    def _contact(self, contact: Contact) -> Iterator[Difference]:
        teams = self.names.get(norm(contact.team))
        said = " ".join(filter(None, (contact.channel, *contact.handles)))
        if teams is None:
            yield Difference("contact of an unknown team", contact.team, said, "", contact.line)
            return
        self.seen_handles |= teams if contact.handles else set()
        slacks = [self.policy.teams[id_].slack for id_ in sorted(teams)]
        ours = {slack.handle for slack in slacks if slack.handle}
        about = "/".join(sorted(teams))
        if contact.handles and set(contact.handles) != ours:
            shown = " ".join(contact.handles)
            yield Difference("handle changed", about, shown, " ".join(sorted(ours)), contact.line)
        instead = {slack.fallback_for for slack in slacks if slack.fallback_for}
        if instead != ({contact.preferred} if contact.preferred else set()):
            now = contact.preferred or "no handle that comes first"
            yield Difference("first handle changed", about, now, " ".join(instead), contact.line)
        yield from self._channel(teams, contact.channel, contact.line)

    def _channel(self, teams: Iterable[str], channel: str, line: int) -> Iterator[Difference]:
        for id_ in sorted(teams) if channel else ():
            self.seen_channels.add(id_)
            slack = self.policy.teams[id_].slack
            if slack.channel != channel:
                yield Difference("channel changed", id_, channel, slack.channel or "", line)
            elif slack.assumed:
                yield Difference("channel no longer assumed", id_, channel, "assumed: true", line)

    def _handles(self) -> Iterator[Difference]:
        """Handles that prose names: sub-teams by name, support's helpers by their handle."""
        known = {team.slack.handle for team in self.policy.teams.values()}
        for named in self.page.handles:
            if named.value not in known and norm(named.value) not in self.names:
                yield Difference("handle added", named.value, "", "no team has it", named.line)

    # ── labels, priorities, trackers ────────────────────────────────────────────────────────

    def _labels(self) -> Iterator[Difference]:
        ours = self.policy.labels
        marks = folded(ours.rfh, *(kind.label for kind in self.policy.kinds.values() if kind.label))
        for label in self.page.labels:
            if label.name == "customer":
                if label.value.removesuffix("$name").casefold() != ours.customer_prefix.casefold():
                    yield _changed("label changed", "customer", label, ours.customer_prefix)
            elif label.name == "issue":
                if label.value.casefold() not in marks:
                    yield Difference("label added", label.value, "", "no such label", label.line)
            else:
                teams = self.names.get(norm(label.name), frozenset())
                if not teams:
                    yield Difference("label of an unknown team", label.name, label.value, "", label.line)
                for id_ in sorted(teams):
                    if (self.policy.teams[id_].label or "").casefold() != label.value.casefold():
                        yield _changed("label changed", id_, label, self.policy.teams[id_].label or "")
        for name, value in (("customer", ours.customer_prefix), ("issue", ours.rfh)):
            if not any(label.name == name for label in self.page.labels):
                yield Difference("label missing", value, "", value)

    def _priorities(self) -> Iterator[Difference]:
        ours = self.policy.priorities
        seen: set[str] = set()
        for named in self.page.priorities:
            label = named.name.casefold()
            id_ = next((id_ for id_, p in ours.items() if label in folded(p.label, *p.aliases)), None)
            if id_ is None:
                yield Difference("priority added", named.name, "", "no such priority", named.line)
                continue
            seen.add(id_)
            if label != ours[id_].label.casefold():
                yield Difference("priority renamed", id_, named.name, ours[id_].label, named.line)
            if _definition(named.value) != _definition(ours[id_].definition):
                yield _changed("priority defined otherwise", id_, named, ours[id_].definition)
        for id_, priority in ours.items():
            if id_ not in seen:
                yield Difference("priority missing", id_, "", priority.label)

    def _trackers(self) -> Iterator[Difference]:
        named = {tracker.name: tracker for tracker in self.page.trackers}
        support = self.page.support_channel
        ours = {"private": self.policy.tracker.private, "public": self.policy.tracker.public}
        sides = [(f"{use} tracker", named.get(use), value) for use, value in ours.items()]
        for what, one, value in (*sides, ("support channel", support, self.policy.support.channel)):
            if one is None and value is not None:
                yield Difference(f"{what} missing", value, "", value)
            elif one is not None and one.value.casefold() != (value or "").casefold():
                yield Difference(f"{what} changed", one.value, "", value or "none", one.line)

    # ── what the page lacks ─────────────────────────────────────────────────────────────────

    def _only_in_policy(self, matched: set[str | None]) -> Iterator[Difference]:
        """Areas without an owner are the policy's own: they keep the bot from guessing."""
        routing = self.policy.routing
        for id_, area in routing.areas.items():
            if id_ not in matched and area.team is not None:
                yield Difference("area missing", id_, "", area.name)
        for exception in routing.exceptions:
            if exception.id not in self.seen_exceptions:
                yield Difference("exception missing", exception.id, "", exception.team)
        contacts = {handle for contact in self.page.contacts for handle in contact.handles}
        handles = contacts | {named.value for named in self.page.handles}
        for id_, team in self.policy.teams.items():
            slack = team.slack
            if slack.handle and slack.handle not in handles and id_ not in self.seen_handles:
                yield Difference("handle missing", id_, "", slack.handle)
            if slack.channel and not slack.assumed and id_ not in self.seen_channels:
                yield Difference("channel missing", id_, "", slack.channel)


def _changed(kind: str, about: str, named: Named, ours: str) -> Difference:
    return Difference(kind, about, named.value, ours, named.line)


def _subjects(text: str) -> list[str]:
    """`license enforcement/management` → both."""
    head, _, last = text.rpartition(" ")
    return [f"{head} {word}" for word in last.split("/")]


def _holds(text: str, words: str) -> bool:
    """Do the words stand in the text, whole?"""
    return f" {words} " in f" {text} "


def _definition(text: str) -> str:
    """A definition without the link "here", whose target the policy does not quote."""
    return norm(re.sub(r"\bhere\b", "", text))
