"""Floor 1: publishing one private issue: what must be looked at, what a command does, what follows. Pure.

    /publish → draft → (edits, /ack) → /publish confirm → claim → the public issue → both are linked

What holds
- Exactly the text that was checked and confirmed is published: the draft is read and scanned again in the run
  that publishes, and its digest is the confirmed one.
- The claim is in the card before the public issue is created, in the same run. A claim that another run finds
  is of unknown outcome: the public tracker is looked through for the issue's marker, twice, a minute apart;
  then a person is asked. So a crash anywhere leaves one public issue or none, never two.
- Whatever is missing, unreadable or fails publishes nothing, and the card says which it was.

Races
- The draft is edited between the confirmation and the effect: the digest differs, the claim is given back.
- The draft is edited between its findings and `/ack N`: N may mean another finding by now, so it is refused.
- A worker is frozen before the effect, another takes over: the first asks for its claim on the key before it
  sends anything. Inside that one request GitHub has no compare-and-swap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.commands import Call, Refusal, needed_role, role_counts
from bot.memory import Memory
from bot.model import Comment, Snapshot
from bot.policy.schema import Policy
from bot.publication import Checked, Claim, Draft, Evidence, Publication
from bot.rules import publish_text as text

AGAIN = timedelta(minutes=1)  # between two looks for a public issue that may exist
UNANSWERED = timedelta(minutes=10)  # before the public tracker is asked again when it could not be
COMMANDS = frozenset({"publish", "publish confirm", "ack"})
# What is wrong here, not with the draft: the card shows it until the next command that gets through.
TROUBLES = frozenset({"off", "no-app", "no-public", "no-extra", "scanner", "not-installed", "partial"})


# ── what must be looked at ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Wants:
    """What of `Evidence` a run needs. Empty for nearly every run of nearly every issue."""

    make: Mapping[int, tuple[int, ...]] = field(default_factory=dict)  # `/publish` comment → chosen comments
    check: bool = False  # the draft as it stands
    tracker: bool = False  # the public tracker: its labels, and is the issue there already
    state: bool = False  # of the public issue

    def __bool__(self) -> bool:
        return bool(self.make or self.check or self.tracker or self.state)


def wants(
    snapshot: Snapshot,
    memory: Memory,
    calls: Iterable[tuple[Comment, Call]],
    policy: Policy,
    signature: str,
    fresh: int,
    now: datetime,
) -> Wants:
    """What this run has to find out. `signature`: of the present draft; `fresh`: see `Evidence.fresh`."""
    publication = memory.publication
    if publication.public is not None:
        return Wants(state=snapshot.issue.state == "OPEN")
    make: dict[int, tuple[int, ...]] = {}
    check = confirm = False
    for comment, call in calls:
        name = call.spec.name if call.spec is not None else ""
        if name not in COMMANDS or call.refusal is not None or not _allowed(name, comment, snapshot, policy):
            continue
        if name == "publish":
            make[comment.id] = tuple(int(id_) for id_ in call.value.split(",") if id_)
        check = check or name != "publish"
        confirm = confirm or name == "publish confirm"
    claim = publication.claim
    if claim is not None and fresh == claim.asked:
        return Wants(make, check=True, tracker=True)
    waiting = claim is not None and not claim.given_up and look_due(claim) <= now
    draft = publication.draft
    idle = claim is None or claim.given_up
    edited = draft is not None and idle and draft.digest != draft_digest(snapshot, draft, signature)
    return Wants(make, check or edited, tracker=waiting or confirm)


def draft_digest(snapshot: Snapshot, draft: Draft, signature: str) -> str:
    """Digest of the draft as it stands; the known one while it is not in sight or cannot be read."""
    for comment in text.drafts(snapshot)[:1]:
        found = text.read_draft(comment.body, draft.asked, signature)
        return found.digest if found is not None else draft.digest
    return draft.digest


def _allowed(name: str, comment: Comment, snapshot: Snapshot, policy: Policy) -> bool:
    login = comment.author.login.casefold() if comment.author is not None else ""
    role = snapshot.roles.get(login, "none")
    return comment.edited_at is None and role_counts(role, needed_role(name, policy), policy)


def look_due(claim: Claim) -> datetime:
    """When the public tracker may be looked through for a claim of unknown outcome."""
    return claim.at if claim.looked_at is None else claim.looked_at + AGAIN


def unsettled(memory: Memory, snapshot: Snapshot) -> bool:
    """Must publishing go on, also on an issue that is closed?"""
    claim = memory.publication.claim
    return snapshot.evidence is not None or (claim is not None and not claim.given_up)


# ── what a command does ─────────────────────────────────────────────────────────────────────


def command(
    name: str, value: str, comment: Comment, memory: Memory, snapshot: Snapshot
) -> tuple[Memory, Refusal | None]:
    """Run one of `COMMANDS`, by somebody who may. A refusal changes nothing, but for the trouble shown."""
    publication, evidence = memory.publication, snapshot.evidence
    refused = _unable(memory, snapshot, evidence)
    if refused is None and evidence is not None:
        if name == "publish":
            found = _ask(comment, publication, snapshot, evidence)
        else:
            act = _acknowledge if name == "ack" else _confirm
            found = _of_draft(publication, comment, evidence) or act(value, comment, publication, evidence)
        if isinstance(found, Publication):
            return replace(memory, publication=replace(found, trouble="")), None
        refused = found
    assert refused is not None
    if refused.code.removeprefix("publish-") in TROUBLES:
        trouble = refused.code.removeprefix("publish-")
        memory = replace(memory, publication=replace(publication, trouble=trouble))
    return memory, refused


def _unable(memory: Memory, snapshot: Snapshot, evidence: Evidence | None) -> Refusal | None:
    """Why no command about publishing can be run on this issue now."""
    if memory.publication.public is not None:
        return Refusal("publish-published", memory.publication.public.issue)
    if not snapshot.repository.private:
        return Refusal("publish-not-private")
    if memory.held:
        return Refusal("publish-held")
    if evidence is None or evidence.trouble:
        return Refusal(f"publish-{evidence.trouble if evidence is not None else 'no-app'}")
    claim = memory.publication.claim
    return Refusal("publish-claimed") if claim is not None and not claim.given_up else None


def _ask(
    comment: Comment, publication: Publication, snapshot: Snapshot, evidence: Evidence
) -> Publication | Refusal:
    """`/publish`: a new draft, also in the place of an older one."""
    made = evidence.made[comment.id]
    if made.problem:
        return Refusal(f"publish-{made.problem}")
    draft = Draft(
        asked=comment.id,
        source=text.source_digest(snapshot),
        comments=tuple(made.sources),
        digest=made.digest,
    )
    return replace(publication, draft=draft)


def _of_draft(publication: Publication, comment: Comment, evidence: Evidence) -> Refusal | None:
    """Why a command about the present draft means nothing."""
    if publication.draft is None:
        return Refusal("publish-no-draft")
    if publication.draft.checked_at is None:
        return Refusal("publish-draft-changed")  # asked for in the same breath
    if evidence.present is None:
        return Refusal("publish-draft-unreadable")
    if evidence.present.problem:
        return Refusal(f"publish-{evidence.present.problem}")
    stale = comment.created_at < publication.draft.checked_at
    changed = stale or evidence.present.digest != publication.draft.digest
    return Refusal("publish-draft-changed") if changed else None


def _acknowledge(
    value: str, comment: Comment, publication: Publication, evidence: Evidence
) -> Publication | Refusal:
    """`/ack N`: a warning of the present draft; a secret or another block never."""
    del comment
    spots = evidence.present.spots if evidence.present is not None else ()
    number = int(value)
    if not 1 <= number <= len(spots):
        return Refusal("publish-no-such-finding", value)
    if not spots[number - 1].acknowledgeable:
        return Refusal("publish-not-acknowledgeable", value)
    return publication.acknowledge(spots[number - 1].fingerprint)


def _confirm(
    value: str, comment: Comment, publication: Publication, evidence: Evidence
) -> Publication | Refusal:
    """`/publish confirm DIGEST`: the claim. A claim that was given up goes on where it stands."""
    present = evidence.present
    if present is None or value != present.digest:
        return Refusal("publish-draft-changed")
    blocks, warnings = present.left(publication.acked)
    if blocks or warnings:
        return Refusal("publish-blocks" if blocks else "publish-warnings", str(blocks or warnings))
    by = comment.author.login if comment.author is not None else ""
    earlier = publication.claim
    since = comment.created_at if earlier is None else min(earlier.at, comment.created_at)
    return replace(publication, claim=Claim(value, by, comment.id, since))


def checked_of(memory: Memory, before: Memory, evidence: Evidence | None) -> Checked | None:
    """What was found in the draft that the memory is about, when this run has looked."""
    draft = memory.publication.draft
    if evidence is None or draft is None:
        return None
    is_new = before.publication.draft is None or before.publication.draft.asked != draft.asked
    return evidence.made.get(draft.asked) if is_new else evidence.present
