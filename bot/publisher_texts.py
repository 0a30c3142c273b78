"""Floor 2: the texts of a publication: the first draft, and the draft as people left it, each scanned.

A text is judged by the own rules and by kingfisher; when either fails, there is no text. The private
tracker's own links pass, whatever its address is. Scanning is done in a thread, one text at a time, as
kingfisher is a process that takes all it gets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ParamSpec, Protocol, TypeVar

from bot import kingfisher, scanner
from bot import words_publish as words
from bot.memory import Memory
from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.publication import Checked, Draft, Evidence, Spot
from bot.rules import publish_text as text
from bot.rules.inbox import customer_labels, slug
from bot.rules.privacy import Context, External, Scanner, fingerprint, redact
from bot.rules.publish import Wants
from bot.rules.rulebook import Rulebook

FINGERPRINT = 16  # hexadecimal digits: 64 bits tell the values of one issue apart

FindSecrets = Callable[[Sequence[str]], Sequence[tuple[External, ...]]]
P = ParamSpec("P")
T = TypeVar("T")


class InThread(Protocol):
    """Runs a function elsewhere, as `asyncio.to_thread` does."""

    async def __call__(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass
class Texts:
    """`key` names and signs: values, drafts, public issues. `find_secrets`: the second scanner."""

    key: bytes = field(repr=False)
    find_secrets: FindSecrets = kingfisher.find_secrets
    build: Callable[[Policy], Scanner] = scanner.scanner
    in_thread: InThread = asyncio.to_thread
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)
    _scanner: tuple[Policy, str, Scanner] | None = field(default=None, repr=False)

    async def checked(
        self, evidence: Evidence, snapshot: Snapshot, memory: Memory, wanted: Wants, book: Rulebook
    ) -> Evidence:
        """The drafts that are asked for, and the one there is, each scanned. Raises ScannerUnavailable."""
        draft = memory.publication.draft
        if not wanted.make and (not wanted.check or draft is None):
            return evidence
        context = _context(snapshot, memory, book)
        made = {}
        async with self._lock:
            scan = await self._scanner_of(book.policy, snapshot)
            for asked, chosen in wanted.make.items():
                made[asked] = await self.in_thread(self._made, scan, snapshot, book, context, asked, chosen)
            present = None
            if wanted.check and draft is not None:
                present = await self.in_thread(self._present, scan, snapshot, draft, context)
        return replace(evidence, made=made, present=present)

    async def _scanner_of(self, policy: Policy, snapshot: Snapshot) -> Scanner:
        """The scanner of the policy, which lets the links to this private tracker pass."""
        path = snapshot.issue.url.partition("://")[2].rpartition("/")[0] + "/"
        if self._scanner is None or self._scanner[0] is not policy or self._scanner[1] != path:
            privacy = policy.privacy.model_copy(
                update={"public_paths": (*policy.privacy.public_paths, path.lower())}
            )
            own = policy.model_copy(update={"privacy": privacy})
            self._scanner = policy, path, await self.in_thread(self.build, own)
        return self._scanner[2]

    def _made(
        self,
        scan: Scanner,
        snapshot: Snapshot,
        book: Rulebook,
        context: Context,
        asked: int,
        chosen: tuple[int, ...],
    ) -> Checked:
        """The first draft: the private issue, redacted."""
        there = {comment.id: comment for comment in snapshot.comments}
        if not set(chosen) <= there.keys():
            return Checked("", "", "", problem="no-comment")
        template = book.intake.parse(snapshot.issue.body)
        bodies = [there[id_].body for id_ in chosen]
        raw = text.compose(
            snapshot, template, bodies, book.policy.publish.leave_out, words.FROM_DISCUSSION
        ).whole
        redacted = redact(scan, raw, context, self.find_secrets([raw])[0]).text
        ticket = _ticket(snapshot, book)
        checked = self._judged(scan, snapshot, text.without_customer(text.Text.of(redacted)), context, ticket)
        sources = tuple((id_, text.comment_digest(there[id_])) for id_ in chosen)
        return replace(checked, asked=asked, signature=self.signature(snapshot, asked), sources=sources)

    def _present(self, scan: Scanner, snapshot: Snapshot, draft: Draft, context: Context) -> Checked | None:
        """The draft as people left it; None: it is gone, or cannot be read."""
        signature = self.signature(snapshot, draft.asked)
        for comment in text.drafts(snapshot)[:1]:
            found = text.read_draft(comment.body, draft.asked, signature)
            if found is not None:
                checked = self._judged(scan, snapshot, found, context, "")
                return replace(checked, asked=draft.asked, signature=signature)
        return None

    def _judged(
        self, scan: Scanner, snapshot: Snapshot, written: text.Text, context: Context, ticket: str
    ) -> Checked:
        """A text as it would be published, with all that is found in it."""
        found = text.neutral(text.linked(written, snapshot.issue.url, ticket, words.footer))
        if found is None:
            return Checked(written.title, written.body, written.digest, problem="unsteady")
        whole, issue = found.whole, f"{snapshot.repository.id}:{snapshot.issue.id}"
        findings = scan.scan(whole, context, self.find_secrets([whole])[0])
        spots = (
            Spot(
                found.line_of(one.start),
                one.kind,
                one.severity,
                fingerprint(self.key, issue, whole, one)[:FINGERPRINT],
                one.acknowledgeable,
            )
            for one in findings
        )
        return Checked(found.title, found.body, found.digest, tuple(spots), text.problem(found))

    def signature(self, snapshot: Snapshot, asked: int) -> str:
        return text.draft_signature(snapshot, self.key, asked)

    def marker(self, snapshot: Snapshot) -> str:
        """Names the private issue in the public one; says nothing to anybody else."""
        return text.sign(self.key, "public", snapshot.repository.id, snapshot.issue.id)


def _context(snapshot: Snapshot, memory: Memory, book: Rulebook) -> Context:
    """Whose names must not be in it: the issue's own customer, also one that has no label, and all others."""
    prefix = book.policy.labels.customer_prefix
    known = customer_labels(snapshot.catalogue.labels, prefix)
    intent = memory.intents.get("customer")
    on_issue = {label.id for label in snapshot.issue.labels} | (
        {intent.value} if intent is not None else set()
    )
    own = [label.name for label in known if label.id in on_issue]
    template = book.intake.parse(snapshot.issue.body)
    for id_, each in book.policy.intake.fields.items():
        if each.answer == "customer" and (named := slug(template.text(id_))):
            own.append(f"{prefix}{named}")
    return Context("publish", tuple(dict.fromkeys(own)), tuple(sorted(label.name for label in known)))


def _ticket(snapshot: Snapshot, book: Rulebook) -> str:
    """The address of the customer's ticket; empty when the issue names none."""
    template = book.intake.parse(snapshot.issue.body)
    known: Mapping[str, str] = book.intake.check(
        template, title="", labels=(), customers=None, kind=None, team=None
    ).values
    for id_, each in book.policy.intake.fields.items():
        if each.answer == "ticket" and id_ in known:
            value = known[id_].partition(",")[0].strip()
            number = value.lstrip("#")
            return each.paste.strip().replace("NUMBER", number) if number.isdigit() else value
    return ""
