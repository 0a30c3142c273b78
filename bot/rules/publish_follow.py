"""Floor 1: what follows from the state of publishing: draft comment, effect, what people are told. Pure.

See publish.py for what holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot import words_publish as words
from bot.memory import Memory
from bot.model import CreateComment, DeleteComment, MinimizeComment, Snapshot, UpdateComment
from bot.policy.schema import Policy
from bot.publication import MAX_BODY, OPEN, Checked, Claim, Evidence, Public, Publication, PublicIssue
from bot.rules import publish_text as text
from bot.rules.publish import AGAIN, UNANSWERED, checked_of, look_due

DRAFT = "draft:"  # what the effect keys of draft comments start with
TOLD = "public:closed"  # the effect: support was told that the public issue is closed

DraftAction = CreateComment | UpdateComment | DeleteComment | MinimizeComment


@dataclass(frozen=True, slots=True)
class Followed:
    memory: Memory
    draft: tuple[DraftAction, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()  # effect key → comment, each written once
    effect: PublicIssue | None = None
    look_again: datetime | None = None


def follow(
    snapshot: Snapshot,
    memory: Memory,
    before: Memory,
    policy: Policy,
    team_label: str,
    who: str,
    now: datetime,
) -> Followed:
    """What to write and what to remember. `before`: the memory as it is on record; `who`: whom to tell."""
    if memory.publication == before.publication and snapshot.evidence is None:
        return Followed(memory, look_again=_unanswered(memory, now))
    now = now.replace(microsecond=0)
    memory, draft = _draft(snapshot, memory, before, policy, now)
    claim = memory.publication.claim
    done = Followed(memory, draft)
    if claim is not None and before.publication.claim == claim:
        done = _progress(done, claim, snapshot, policy, team_label, now)
    if done.memory.publication.public is not None:
        done = _public(done, before, snapshot, who)
    return done


# ── the draft comment ───────────────────────────────────────────────────────────────────────


def _draft(
    snapshot: Snapshot, memory: Memory, before: Memory, policy: Policy, now: datetime
) -> tuple[Memory, tuple[DraftAction, ...]]:
    """The draft comment as it should be; untouched when this run has not looked at it."""
    publication, checked = memory.publication, checked_of(memory, before, snapshot.evidence)
    if publication.draft is None or checked is None or checked.problem == "unsteady":
        return memory, ()
    draft = publication.draft
    blocks, warnings = checked.left(publication.acked)
    same = checked.digest == draft.digest and draft.checked_at is not None
    draft = replace(
        draft,
        digest=checked.digest,
        checked_at=draft.checked_at if same else now,
        blocks=blocks,
        warnings=warnings,
    )
    memory = replace(memory, publication=replace(publication, draft=draft))
    marker = text.draft_marker(draft.asked, checked.signature)
    for rows in (words.MAX_ROWS, 0):  # a long draft leaves no room for a list
        header = words.draft_header(
            checked, publication.acked, policy, ticket=_ticket(checked, policy), rows=rows
        )
        body = text.draft_body(header, marker, text.Text(checked.title, checked.body))
        if len(body) <= MAX_BODY:
            return memory, tuple(_written(snapshot, f"{DRAFT}{draft.asked}", body))
    return memory, ()  # edited to be too long: the card says what is left to do


def _written(snapshot: Snapshot, key: str, body: str) -> Iterable[DraftAction]:
    """One draft comment, the oldest; younger ones are copies whose answer was lost."""
    there = text.drafts(snapshot)
    if not there:
        yield CreateComment(key, body)
    elif there[0].body.replace("\r\n", "\n").strip() != body.strip():
        yield UpdateComment(there[0].id, there[0].node_id, body)
    yield from (DeleteComment(one.id, one.node_id) for one in there[1:])


def _ticket(checked: Checked, policy: Policy) -> bool:
    """Is a ticket linked in the draft?"""
    return any(host in checked.body for host in policy.intake.ticket_hosts)


# ── the effect ──────────────────────────────────────────────────────────────────────────────


def _progress(
    done: Followed, claim: Claim, snapshot: Snapshot, policy: Policy, team_label: str, now: datetime
) -> Followed:
    """One step on from a claim that is on record."""
    evidence = snapshot.evidence
    if evidence is not None and evidence.trouble and evidence.fresh == claim.asked:
        return _stopped(done, claim, evidence.trouble)
    if evidence is None or not evidence.looked:
        again = now + UNANSWERED if evidence is not None and evidence.trouble else _look(claim, now)
        return replace(done, look_again=again)
    if evidence.found:
        public = Public(evidence.found)
        return replace(done, memory=_with(done.memory, claim=None, public=public, trouble=""))
    if evidence.refused or evidence.fresh == claim.asked:
        why = "refused" if evidence.refused else _stop(done.memory, claim, snapshot, evidence)
        if why:
            return _stopped(done, claim, why)
        return replace(done, effect=_effect(snapshot, evidence, policy, team_label))
    if claim.given_up or look_due(claim) > now:
        return replace(done, look_again=_look(claim, now))
    missed = replace(claim, looks=claim.looks + 1, looked_at=now)
    memory = _with(done.memory, claim=missed)
    if not missed.given_up:
        return replace(done, memory=memory, look_again=now + AGAIN)
    ask = (f"publish:unknown:{claim.asked}", words.unknown(claim, policy.tracker.public or ""))
    return replace(done, memory=memory, texts=(ask,))


def _stopped(done: Followed, claim: Claim, why: str) -> Followed:
    """The claim is given back: nothing was sent. Who confirmed is told."""
    texts = ((f"publish:stopped:{claim.asked}", words.stopped(claim.by, why)),)
    return replace(done, memory=_with(done.memory, claim=None, trouble=why), texts=texts)


def _stop(memory: Memory, claim: Claim, snapshot: Snapshot, evidence: Evidence) -> str:
    """Why the effect must not happen after all; nothing was sent yet."""
    present = evidence.present
    if not snapshot.repository.private:
        return "not-private"
    if memory.held:
        return "held"
    if present is None:
        return "draft-unreadable"
    if present.problem:
        return present.problem
    if present.digest != claim.digest:
        return "draft-changed"
    return "found-more" if any(present.left(memory.publication.acked)) else ""


def _effect(snapshot: Snapshot, evidence: Evidence, policy: Policy, team_label: str) -> PublicIssue:
    assert evidence.present is not None  # `_stop` has seen to it
    carried = [name for name in policy.publish.carry if snapshot.has_label(name)]
    prefix = policy.labels.customer_prefix.casefold()
    wanted = dict.fromkeys(filter(None, (team_label, *policy.publish.labels, *carried)))
    labels = (n for n in wanted if n.casefold() in evidence.labels and not n.casefold().startswith(prefix))
    body = text.with_marker(evidence.present.body, evidence.marker)
    return PublicIssue(policy.tracker.public or "", evidence.present.title, body, tuple(labels))


def _with(memory: Memory, **changes: object) -> Memory:
    publication: Publication = replace(memory.publication, **changes)  # type: ignore[arg-type]
    return replace(memory, publication=publication)


def _look(claim: Claim, now: datetime) -> datetime | None:
    if claim.given_up:
        return None
    return now + AGAIN if claim.looked_at is None else claim.looked_at + AGAIN


def _unanswered(memory: Memory, now: datetime) -> datetime | None:
    claim = memory.publication.claim
    return _look(claim, now) if claim is not None else None


# ── the public issue ────────────────────────────────────────────────────────────────────────


def _public(done: Followed, before: Memory, snapshot: Snapshot, who: str) -> Followed:
    """The public issue's state; when it is closed, who is responsible for the customer is told, once."""
    public, evidence = done.memory.publication.public, snapshot.evidence
    assert public is not None
    if before.publication.public is None:
        fold = (MinimizeComment(c.id, c.node_id) for c in text.drafts(snapshot)[:1] if not c.minimized)
        done = replace(done, draft=(*done.draft, *fold))
    seen = evidence.public if evidence is not None else None
    if seen is None or seen.issue != public.issue:
        return replace(done, look_again=None)
    if seen.state != public.state:
        public = replace(public, state=seen.state)
        done = replace(done, memory=_with(done.memory, public=public))
    texts = ((TOLD, words.public_closed(who, public)),) if public.state != OPEN else ()
    return replace(done, texts=texts, look_again=seen.due)


def source_changed(snapshot: Snapshot, memory: Memory) -> bool:
    """Does the private issue, or a chosen comment, say something else than when the draft was made of it?"""
    draft = memory.publication.draft
    if draft is None or memory.publication.public is not None:
        return False
    chosen = dict(draft.comments)
    seen = {c.id: text.comment_digest(c) for c in snapshot.comments if c.id in chosen}
    changed = any(chosen[id_] != digest for id_, digest in seen.items())
    return changed or draft.source != text.source_digest(snapshot)
