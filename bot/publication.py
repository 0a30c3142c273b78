"""Floor 0: what is kept and known of publishing one private issue.

`Publication` is the record in the card's memory: ids, digests, fingerprints and times, no words. States move
forward only: draft → claim → public. `Evidence` is what a run finds out beside the snapshot: the texts as
they would be published, what the scanner said of them, what the public tracker shows. It is never kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

MAX_ACKED = 64  # fingerprints; who acknowledges more should rather edit
MAX_CHOSEN = 50  # comments that a draft is made of besides the issue: the memory holds a digest of each
MAX_BODY = 65_536  # characters of a body on GitHub
GIVE_UP = 2  # looks without a find after an unknown outcome; then a person is asked
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft comment, as it was last checked."""

    asked: int  # id of the `/publish` comment that it was made for
    source: str  # digest of the private title and body it was made of
    comments: tuple[tuple[int, str], ...] = ()  # chosen comments, each with the digest of its text
    digest: str = ""  # of the text that the findings below are of
    checked_at: datetime | None = None
    blocks: int = 0
    warnings: int = 0  # that nobody has acknowledged


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody confirmed: from the moment this is on record, the public issue may exist."""

    digest: str
    by: str  # login
    asked: int  # id of the confirming comment
    at: datetime
    looks: int = 0  # how often the public tracker did not show it
    looked_at: datetime | None = None

    @property
    def given_up(self) -> bool:
        return self.looks >= GIVE_UP


@dataclass(frozen=True, slots=True)
class Public:
    """The public issue, ``owner/repo#7``. `state`: open, gone, or why it was closed."""

    issue: str
    state: str = OPEN


@dataclass(frozen=True, slots=True)
class Publication:
    """All that the memory holds of publishing. `trouble`: a code, why the last attempt published nothing."""

    draft: Draft | None = None
    acked: tuple[str, ...] = ()  # fingerprints of findings
    claim: Claim | None = None
    public: Public | None = None
    trouble: str = ""

    def acknowledge(self, fingerprint: str) -> Publication:
        acked = (*(one for one in self.acked if one != fingerprint), fingerprint)
        return replace(self, acked=acked[-MAX_ACKED:])


NOTHING = Publication()


# ── what a run finds out ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Spot:
    """A finding of the scanner in a draft. `line` 0 is the title, 1 the first line of the body."""

    line: int
    kind: str
    severity: str  # block | warn
    fingerprint: str
    acknowledgeable: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """A text exactly as it would be published, and what was found in it, by place."""

    title: str = field(repr=False)
    body: str = field(repr=False)
    digest: str
    spots: tuple[Spot, ...] = ()
    problem: str = ""  # too-long, no-title …: refused whatever was found
    asked: int = 0  # the `/publish` comment that it was made for
    signature: str = ""  # of its marker
    sources: tuple[tuple[int, str], ...] = ()  # chosen comments, each with the digest of its text

    def left(self, acked: tuple[str, ...]) -> tuple[int, int]:
        """How many findings block, and how many warnings nobody has acknowledged."""
        blocks = sum(not spot.acknowledgeable for spot in self.spots)
        return blocks, sum(s.acknowledgeable and s.fingerprint not in acked for s in self.spots)


@dataclass(frozen=True, slots=True)
class PublicState:
    """The public issue as it was last read; to be read again at `due`."""

    issue: str
    state: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """What `Snapshot` does not show. Each part is there only when `rules.publish.wants` asked for it."""

    trouble: str = ""  # why nothing can be published here and now
    marker: str = ""  # opaque: names this private issue in the public one
    made: Mapping[int, Checked] = field(default_factory=dict)  # `/publish` comment → the draft for it
    present: Checked | None = None  # the draft as it stands; None: there is none, or it cannot be read
    labels: frozenset[str] = frozenset()  # case-folded names that exist in the public tracker
    looked: bool = False  # the public tracker was searched for the marker
    found: str = ""  # the public issue that carries it
    refused: bool = False  # GitHub would not create the issue: nothing was done
    fresh: int = 0  # the claim (`Claim.asked`) that this very run put on record, with nothing sent since
    public: PublicState | None = None


@dataclass(frozen=True, slots=True)
class PublicIssue:
    """The one effect: create this issue in the public tracker."""

    repository: str
    title: str = field(repr=False)
    body: str = field(repr=False)
    labels: tuple[str, ...] = ()


# ── JSON ────────────────────────────────────────────────────────────────────────────────────


def _stamp(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _time(stamp: Any) -> datetime:
    return datetime.fromtimestamp(int(stamp), UTC)


def _maybe(stamp: Any) -> datetime | None:
    return None if stamp is None else _time(stamp)


def dump(publication: Publication) -> list[Any]:
    """As it stands in the marker; empty for nothing."""
    if publication == NOTHING:
        return []
    draft, claim, public = publication.draft, publication.claim, publication.public
    return [
        None
        if draft is None
        else [
            *(draft.asked, draft.source, [list(one) for one in draft.comments], draft.digest),
            *(_stamp(draft.checked_at), draft.blocks, draft.warnings),
        ],
        list(publication.acked),
        None
        if claim is None
        else [claim.digest, claim.by, claim.asked, _stamp(claim.at), claim.looks, _stamp(claim.looked_at)],
        None if public is None else [public.issue, public.state],
        publication.trouble,
    ]


def load(raw: Any) -> Publication:
    """The reverse of `dump`. Raises ValueError, TypeError, IndexError, KeyError on anything else."""
    if not raw:
        return NOTHING
    draft, acked, claim, public, trouble = raw
    return Publication(
        None if draft is None else _draft(*draft),
        tuple(str(one) for one in acked),
        None if claim is None else _claim(*claim),
        None if public is None else Public(str(public[0]), str(public[1])),
        str(trouble),
    )


def _draft(
    asked: Any, source: Any, comments: Any, digest: Any, checked: Any, blocks: Any, warnings: Any
) -> Draft:
    chosen = tuple((int(id_), str(text)) for id_, text in comments)
    counts = int(blocks), int(warnings)
    return Draft(int(asked), str(source), chosen, str(digest), _maybe(checked), *counts)


def _claim(digest: Any, by: Any, asked: Any, at: Any, looks: Any, looked_at: Any) -> Claim:
    return Claim(str(digest), str(by), int(asked), _time(at), int(looks), _maybe(looked_at))
