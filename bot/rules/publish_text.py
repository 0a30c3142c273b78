"""Floor 1: the text of a public issue: how it is made of the private one, and what is taken out of it. Pure.

`neutral` is what makes a text fit to leave, whoever wrote it; it is applied to the first draft and to each
edit, and applying it again changes nothing. What holds of its result
- nothing is hidden: outside code no HTML comments are left, and what else GitHub would not show is made plain
  words (publish_line.py), so that who approves it has read all of it;
- nobody is called: a mention outside code has a character in it that ends it, and so has a bare ``#7``, which
  in the public tracker would point at somebody else's issue;
- nothing is a command: a slash that begins a line is not followed by its word, in code as well, as many bots
  look there.
The draft comment's marker ends our part of the comment: all that stands below it is the draft.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

import re2

from bot.markdown import normal, verbatim
from bot.memory import inert
from bot.model import Comment, Snapshot
from bot.publication import MAX_BODY
from bot.rules.intake_template import Template
from bot.rules.publish_line import apart, defused, seen, undrawn

_COMMENT = re2.compile(r"(?s)<!--.*?(?:-->|\z)")
_BLANKS = re2.compile(r"\n(?:[ \t]*\n){2,}")
_COMMAND = re2.compile(r"(?m)^([ \t>*+-]*/)([A-Za-z][A-Za-z0-9_-]*(?:[ \t].*)?)$")
_CODE = re2.compile(r"(?m)```|~~~|^ *\t|^[ >*+0-9.)-]* {4}")  # without one of these there is no code block
_CUSTOMER_FIRST = re2.compile(r"^(?:\[customer(?:-\d+)?\](?:'s)?[\s:|/–—-]*)+")
_EMPTY = "_No response_"  # what GitHub writes into an empty field of an issue form
_ROUNDS = 4  # taking a comment out can make another one of what stood around it
_DRAFT = re.compile(r"<!-- rfh-bot:draft v1 ([0-9]{1,19})\.([0-9a-f]{0,32}) -->")
_PUBLIC = "<!-- rfh-bot:public v1 {marker} -->"
_PUBLIC_READ = re.compile(r"<!-- rfh-bot:public v1 ([0-9a-f]{32}) -->")
MAX_TITLE = 256  # characters of a title on GitHub
ROOM = 1_000  # characters for our part of the draft comment, and for the marker of the public issue


@dataclass(frozen=True, slots=True)
class Text:
    """Title and body of an issue, scanned as one text, so that what one shows counts in both."""

    title: str = field(repr=False)
    body: str = field(repr=False)

    @property
    def whole(self) -> str:
        return f"{self.title}\n\n{self.body}"

    @property
    def digest(self) -> str:
        """Names exactly this text: 128 bits, so that nobody finds two texts of one digest."""
        return hashlib.sha256(f"{self.title}\0{self.body}".encode("utf-8", "replace")).hexdigest()[:32]

    @classmethod
    def of(cls, whole: str) -> Text:
        """The reverse of `whole`."""
        title, _, body = whole.partition("\n")
        return cls(title.strip(), body.strip())

    def line_of(self, offset: int) -> int:
        """The body's line, from 1, at an offset of `whole`; 0: the title."""
        return max(self.whole.count("\n", 0, offset) - 1, 0)


# ── making it harmless ──────────────────────────────────────────────────────────────────────


def neutral(text: Text) -> Text | None:
    """The text without what must not be public, see the module's header; None: it does not settle."""
    for _ in range(_ROUNDS):
        before = text
        title = defused(_COMMENT.sub("", " ".join(seen(normal(text.title)).split())))
        text = Text(title.strip(), _neutral_body(seen(normal(text.body))))
        if text == before:
            return text
    return None


def _neutral_body(body: str) -> str:
    code = verbatim(body) if _CODE.search(body) else frozenset[int]()
    parts: list[str] = []
    for is_code, group in groupby(enumerate(body.split("\n")), lambda line: line[0] in code):
        lines = "\n".join(line for _, line in group)
        parts.append(lines if is_code else defused(_COMMENT.sub("", lines)))
    body = _COMMAND.sub(apart, undrawn("\n".join(parts)))
    return inert(body if code else _BLANKS.sub("\n\n", body)).strip()


def problem(text: Text) -> str:
    """Why GitHub would not take it, or people could not read it; empty when it would."""
    if not text.title or len(text.title) > MAX_TITLE:
        return "no-title" if not text.title else "long-title"
    return "too-long" if len(text.whole) + ROOM > MAX_BODY else ""


# ── the first draft ─────────────────────────────────────────────────────────────────────────


def source_digest(snapshot: Snapshot) -> str:
    """Names what the private issue says now; enough digits to notice a change."""
    return Text(snapshot.issue.title, snapshot.issue.body).digest[:12]


def comment_digest(comment: Comment) -> str:
    return Text("", comment.body).digest[:12]


def compose(
    snapshot: Snapshot, template: Template, chosen: Iterable[str], left_out: Iterable[str], heading: str
) -> Text:
    """Title and body of the private issue without the template's administrative and empty fields, then the
    chosen comments. Not redacted yet."""
    gone: set[int] = set()
    body, hidden = normal(snapshot.issue.body), set(left_out)
    for id_, answer in template.fields.items():
        if id_ in hidden or not answer.text:
            gone |= {answer.line, *(line.number for line in answer.lines if line.text.strip())}
    gone |= {n for n, line in enumerate(body.split("\n"), 1) if line.strip() == _EMPTY and template.form}
    code, kept = verbatim(body), list[str]()
    for number, line in enumerate(body.split("\n")):
        doubled = not line.strip() and number not in code and (not kept or not kept[-1].strip())
        if number + 1 not in gone and not doubled:
            kept.append(line)
    parts = ["\n".join(kept)]
    parts += [f"**{heading}**\n\n{normal(body).strip()}" for body in chosen if body.strip()]
    return Text(" ".join(normal(snapshot.issue.title).split()), "\n\n".join(part.strip() for part in parts))


def without_customer(text: Text) -> Text:
    """A title that begins with the customer's placeholder says more without it."""
    title = str(_CUSTOMER_FIRST.sub("", text.title)) or text.title
    return Text(f"{title[:1].upper()}{title[1:]}" if title[1:2].islower() else title, text.body)


def linked(text: Text, url: str, ticket: str, words: Callable[[str, str], str]) -> Text:
    """The text with the link back to the private issue, and to the ticket when one is known."""
    if url in text.body:
        return text
    footer = words(url, "" if ticket and ticket in text.body else ticket)
    return Text(text.title, f"{text.body}\n\n{footer}".strip())


# ── the draft comment ───────────────────────────────────────────────────────────────────────


def sign(key: bytes, *parts: object) -> str:
    """An opaque name that only we can make; empty without a key."""
    message = "\0".join(map(str, parts)).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:32] if key else ""


def draft_signature(snapshot: Snapshot, key: bytes, asked: int) -> str:
    return sign(key, "draft", snapshot.repository.id, snapshot.issue.id, asked)


def draft_marker(asked: int, signature: str) -> str:
    return f"<!-- rfh-bot:draft v1 {asked}.{signature} -->"


def is_draft(comment: Comment, snapshot: Snapshot) -> bool:
    return snapshot.viewer.same_as(comment.author) and _DRAFT.search(comment.body) is not None


def drafts(snapshot: Snapshot) -> tuple[Comment, ...]:
    """The draft comments of ours, oldest first; the oldest lives."""
    return tuple(comment for comment in snapshot.comments if is_draft(comment, snapshot))


def read_draft(body: str, asked: int, signature: str) -> Text | None:
    """What people made of the draft; None: its marker is damaged, or of another draft."""
    body = normal(body)
    marker = _DRAFT.search(body)
    if marker is None or (int(marker[1]), marker[2]) != (asked, signature):
        return None
    title, _, rest = body[marker.end() :].strip().partition("\n")
    return neutral(Text(title.lstrip("#").strip(), rest))


def draft_body(header: str, marker: str, text: Text) -> str:
    """The draft comment: our part, then the text."""
    return f"{header}\n\n---\n\n{marker}\n# {text.title}\n\n{text.body}"


# ── the public issue ────────────────────────────────────────────────────────────────────────


def with_marker(body: str, marker: str) -> str:
    """The public body, with the hidden line by which it is found again."""
    return f"{body}\n\n{_PUBLIC.format(marker=marker)}"


def marker_in(body: str) -> str:
    """The marker in a public body of ours, to which people may have added something; empty for none."""
    found = _PUBLIC_READ.findall(body)
    return str(found[-1]) if found else ""
