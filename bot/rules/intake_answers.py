"""Floor 1: read one answer of the template: is it one, and what does it say. Each reading gives its
reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import re2

from bot.markdown import links
from bot.policy.schema import Policy
from bot.rules.intake_template import Answer
from bot.rules.intake_text import bare, phrases_in, within
from bot.rules.intake_versions import VersionReader

_SEEN = 200
_TICKET_PATH = re2.compile(r"(?i)/(?:agent/)?(?:tickets|requests)/(\d{1,12})\b")
_TICKET = re2.compile(  # the number after "#", "ZD-", "Zendesk ticket no. "
    r"(?i)(?:#[ \t]?|\b(?:zd|zendesk|ticket|case)[-#: \t]{1,3}(?:(?:no|nr)\.?|number)?[-#: \t]{0,3})"
    r"(\d{2,12})\b"
)
_NUMBERS = re2.compile(r"^\W*\d{2,12}(?:\W+\d{2,12})*\W*$")
_NUMBER = re2.compile(r"\d{2,12}")


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says (`value`), or why it is none (`reason`, a code that words.py explains)."""

    value: str | None = None
    reason: str = ""
    seen: str = ""
    near: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()


def no(reason: str, seen: str = "", near: tuple[str, ...] = (), lines: tuple[int, ...] = ()) -> Reading:
    return Reading(None, reason, " ".join(seen[: 2 * _SEEN].split())[:_SEEN], near, lines)


class Choice(NamedTuple):
    """What people may write for each id; keys are `bare`."""

    names: Mapping[str, str]
    shown: tuple[str, ...]  # what to offer

    def found(self, text: str) -> tuple[str, ...]:
        """The ids an answer names: by its whole text, else by every name that stands in it."""
        words = bare(text)
        if words in self.names:
            return (self.names[words],)
        return tuple(dict.fromkeys(self.names[phrase] for phrase in phrases_in(words, self.names)))


def kind_choice(policy: Policy) -> Choice:
    written = {id_: (id_, kind.name, *kind.names) for id_, kind in policy.kinds.items()}
    return Choice(_by_name(written), tuple(kind.name for kind in policy.kinds.values()))


def priority_choice(policy: Policy) -> Choice:
    written = {id_: (id_, p.label, *p.aliases, *p.names) for id_, p in policy.priorities.items()}
    return Choice(_by_name(written), tuple(p.label for p in policy.priorities.values()))


def team_choice(policy: Policy) -> Choice:
    written: dict[str, tuple[str, ...]] = {}
    for id_, team in policy.teams.items():
        slack = (team.slack.handle or "", team.slack.fallback_for or "")
        written[id_] = (id_, team.name, team.label or "", *team.label_aliases, *team.aliases, *slack)
    return Choice(_by_name(written), tuple(team.label for team in policy.teams.values() if team.label))


def _by_name(written: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    names: dict[str, str] = {}
    for id_, ways in written.items():
        for way in filter(None, map(bare, ways)):
            names.setdefault(way, id_)
    return names


class AnswerReader:
    """The readings that need only the answer and the policy."""

    def __init__(self, policy: Policy) -> None:
        self._intake = policy.intake
        self._placeholders = frozenset(map(bare, policy.intake.placeholders)) | {""}
        self._none = sorted({bare(words) for words in policy.intake.docs.none} - {""}, key=len, reverse=True)
        self._fillers = frozenset(" ".join(map(bare, policy.intake.docs.fillers)).split())
        self._yes = frozenset(map(bare, policy.intake.yes))
        self._versions = VersionReader(policy.intake.versions)

    def text(self, answer: Answer | None) -> Reading:
        """Any words that are not a placeholder."""
        text = answer.text if answer is not None else ""
        if not text:
            return no("missing")
        pictured = "<img" in text or "](" in text
        if bare(text) in self._placeholders and not pictured:
            return no("placeholder", text)
        return Reading(text)

    def version(self, answer: Answer | None) -> Reading:
        return self._typed(answer, self._versions.sourcegraph, "not-a-version")

    def extension_version(self, answer: Answer | None, other: Answer | None) -> Reading:
        """`other`: the answer that may hold it too ("browser extension 22.4.7.1712")."""
        reading = self._typed(answer, self._versions.extension, "not-a-version")
        beside = self._versions.extension(other.text) if reading.value is None and other is not None else None
        return Reading(beside) if beside is not None else reading

    def _typed(self, answer: Answer | None, read: Callable[[str], str | None], reason: str) -> Reading:
        plain = self.text(answer)
        if answer is None or plain.value is None:
            return plain
        value = read(answer.text)
        return Reading(value) if value is not None else no(reason, answer.text)

    def ticket(self, answer: Answer | None, body: str) -> Reading:
        """A ticket's link (anywhere in the issue) or its number (in its field)."""
        for text in (answer.text if answer is not None else "", body):
            for link in links(text):
                if within(link.host, self._intake.ticket_hosts) and _TICKET_PATH.search(link.url):
                    return Reading(link.url)
        plain = self.text(answer)
        if answer is None or plain.value is None:
            return plain
        numbers = (
            _NUMBER.findall(answer.text) if _NUMBERS.match(answer.text) else _TICKET.findall(answer.text)
        )
        if numbers:
            return Reading(", ".join(f"#{number}" for number in numbers))
        return no("not-a-ticket", answer.text)

    def tickets(self, answer: Answer | None, body: str) -> tuple[int, ...]:
        """The numbers of all tickets that an accepted `ticket` names."""
        for text in (answer.text if answer is not None else "", body):
            urls = [link.url for link in links(text) if within(link.host, self._intake.ticket_hosts)]
            numbers = [found[1] for url in urls if (found := _TICKET_PATH.search(url)) is not None]
            if numbers:
                return tuple(dict.fromkeys(map(int, numbers)))
        value = self.ticket(answer, body).value or ""
        return tuple(dict.fromkeys(map(int, _NUMBER.findall(value))))

    def doc(self, answer: Answer | None) -> Reading:
        """A link to an allowed host, or "none" with a reason."""
        text = answer.text if answer is not None else ""
        if answer is None or not text:
            return no("missing")
        found = links(text)
        allowed = [link.url for link in found if within(link.host, self._intake.docs.hosts)]
        if allowed:
            return Reading(", ".join(allowed))
        if found:
            return no("host-not-allowed", found[0].url, self._intake.docs.hosts)
        words = bare(text)
        none = next((n for n in self._none if f"{words} ".startswith(f"{n} ")), None)
        if none is not None:
            reason = [word for word in words[len(none) :].split() if word not in self._fillers]
            return Reading(text) if len(reason) > 1 else no("none-without-reason", text)
        return no("placeholder" if words in self._placeholders else "not-a-link", text)

    def reported(self, answer: Answer | None) -> Reading:
        """Does the template say that a customer reported it: yes, no, or nothing."""
        plain = self.text(answer)
        if answer is None or plain.value is None:
            return plain
        return Reading("yes" if bare(answer.text).split(" ")[0] in self._yes else "no")

    def chosen(self, answer: Answer | None, choice: Choice, what: str) -> Reading:
        """Exactly one of a list."""
        plain = self.text(answer)
        if answer is None or plain.value is None:
            return plain
        ids = choice.found(answer.text)
        if len(ids) == 1:
            return Reading(ids[0])
        return no(f"unknown-{what}", answer.text, choice.shown)
