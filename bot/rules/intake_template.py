"""Floor 1: find the CS template's fields in a body, in whichever form it was filled in.

Two forms: the issue form (``### Label`` sections, GitHub writes ``_No response_`` into empty ones) and the
markdown template (bold or heading labels, hints in HTML comments). Filers delete, reorder and rename; so a
field is known by its label or an alias wherever it stands, and its answer runs to the next label. What is
not an answer is taken out here: comments, the template's hints and examples, boxes left unticked, empty
code blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import dropwhile, takewhile
from typing import Literal, NamedTuple

import re2

from bot.markdown import Document, Line, bold_label, read
from bot.policy.intake import Intake
from bot.rules.intake_text import bare, label_key

Form = Literal["form", "markdown"]

_BOX = re2.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+\[([ xX])\](?:\s+(.*))?$")
_TAG = re2.compile(
    r"(?i)</?(?:details|summary|p|div|br|hr|span|b|i|em|strong|sub|sup|ul|ol|li|a|kbd)\b[^<>]*>"
)
_IMAGE = re2.compile(r"(?i)!\[[^\]]*\]\(|<(?:img|video)\b|https://github\.com/[^\s)]*/assets/")
_BLANKS = re2.compile(r"\n(?:[ \t]*\n){2,}")
_NO_RESPONSE = "no response"  # what GitHub writes under an empty field of an issue form
# Answers of one paragraph: what is written below one speaks of something else.
_SHORT = frozenset(
    ("kind", "priority", "customer", "team", "version", "extension-version", "ticket", "reported")
)
_BOLD, _PLAIN = 7, 8  # levels below any heading's


@dataclass(frozen=True, slots=True)
class Answer:
    """What stands under a field's label; `lines` are only those that may be an answer."""

    line: int  # of the label
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines).strip()


@dataclass(frozen=True, slots=True)
class Template:
    """A body taken apart. Without a `form` it is not from the template; known labels count all the same."""

    form: Form | None
    fields: Mapping[str, Answer]
    kind: str | None = None  # policy kind id the filer chose
    team: str | None = None  # policy team id the filer chose
    routing_text: str = ""
    document: Document = field(default_factory=lambda: Document(()))
    prose: tuple[Line, ...] = ()  # the filer's plain lines, without labels
    shows: frozenset[Literal["image", "code"]] = frozenset()  # what stands in the parts about the topic

    def text(self, field_id: str) -> str:
        answer = self.fields.get(field_id)
        return answer.text if answer is not None else ""


class _Mark(NamedTuple):
    """A label: where it stands, which field it names (None: none of ours), and what follows on its line."""

    at: int
    field: str | None
    level: int
    rest: str


class TemplateReader:
    """Knows the policy's labels and hints; reads any body."""

    def __init__(self, intake: Intake) -> None:
        self._recognition = intake.recognition
        self._ids: dict[str, str] = {}
        self._hints: dict[str, frozenset[str]] = {}
        self._topical = {None, *(id_ for id_, field in intake.fields.items() if field.topic)}
        self._short = {id_ for id_, field in intake.fields.items() if field.answer in _SHORT}
        for id_, known in intake.fields.items():
            for label in (known.label, *known.aliases):
                self._ids.setdefault(label_key(label), id_)
            said = (*known.hint.split("\n"), *known.paste.split("\n"), known.hint, known.paste)
            self._hints[id_] = frozenset(map(bare, said)) - {""} | {_NO_RESPONSE}

    def read(self, body: str) -> Template:
        """Take a body apart; kind and team are left to the caller. Never raises."""
        document = read(body)
        form, marks = self._recognise(document, list(self._marks(document)))
        found: dict[str, list[Line]] = {}
        first: dict[str, int] = {}  # field → number of its label's line
        owner: dict[int, str] = {}  # line number → the field it belongs to
        for mark, end in self._ends(document, marks):
            if mark.field is None:
                continue
            label = document.lines[mark.at]
            lines = [Line(label.number, mark.rest), *document.lines[mark.at + 1 : end]]
            kept = _answering(lines, self._hints[mark.field])
            if mark.field in self._short:
                kept = _first_paragraph(kept)
                lines = [line for line in lines if not kept or line.number <= kept[-1].number]
            owner.update((line.number, mark.field) for line in lines)
            first.setdefault(mark.field, label.number)
            # Asked twice, or two labels of one field: both answers count.
            found.setdefault(mark.field, []).extend((*kept, Line(lines[-1].number, "")))
        fields = {id_: Answer(first[id_], tuple(lines)) for id_, lines in found.items()}
        rest = _without_labels(document, fields, owner)
        topic = [line for line in rest if owner.get(line.number) in self._topical]
        return Template(
            form=form,
            fields=fields,
            routing_text=_BLANKS.sub("\n\n", "\n".join(map(_markdown, topic))).strip(),
            document=document,
            prose=tuple(line for line in rest if line.text and line.kind in ("text", "html")),
            shows=_shows(topic),
        )

    def _marks(self, document: Document) -> Iterator[_Mark]:
        for index, line in enumerate(document.lines):
            if not line.text:
                continue
            if line.kind == "heading" or (line.kind == "text" and line.level):
                id_, rest = self._heading(line.text)
                if id_ is not None or line.kind == "heading":
                    yield _Mark(index, id_, line.level, rest)
            elif line.kind in ("text", "html"):
                bold = bold_label(line.text)
                if bold is not None:
                    yield _Mark(index, self._ids.get(label_key(bold[0])), _BOLD, bold[1])
                    continue
                label, colon, rest = line.text.partition(":")
                id_ = self._ids.get(label_key(label)) if colon and len(label) <= 80 else None
                if id_ is not None:
                    yield _Mark(index, id_, _PLAIN, rest.strip())

    def _heading(self, text: str) -> tuple[str | None, str]:
        """``Label``, ``**Label**`` or ``Label: value``."""
        whole = self._ids.get(label_key(text))
        if whole is not None:
            return whole, ""
        bold = bold_label(text)
        label, rest = bold if bold is not None else (text.partition(":")[0], text.partition(":")[2].strip())
        return self._ids.get(label_key(label)), rest

    def _recognise(self, document: Document, marks: list[_Mark]) -> tuple[Form | None, list[_Mark]]:
        """Which form it is, and the marks that count in it."""
        strong = [mark for mark in marks if mark.level < _PLAIN]
        certain = {mark.field for mark in strong}
        # Bold taken off by hand: a bare `Label:` counts where no proper label names the field.
        lenient = [mark for mark in marks if mark.level < _PLAIN or mark.field not in certain]
        if any(self._recognition.marker in comment for comment in document.comments):
            known = {mark.field for mark in lenient} - {None}
            return ("markdown" if len(known) >= self._recognition.marked_labels else None), lenient
        headings = [mark for mark in strong if mark.level <= 3]
        if self._enough(mark.field for mark in headings if mark.level == 3):
            return "form", headings
        if self._enough(certain):
            return "markdown", lenient
        return None, strong

    def _enough(self, fields: Iterable[str | None]) -> bool:
        known = set(fields) - {None}
        signed = not self._recognition.signature or not known.isdisjoint(self._recognition.signature)
        return len(known) >= self._recognition.labels and signed

    def _ends(self, document: Document, marks: list[_Mark]) -> Iterator[tuple[_Mark, int]]:
        """Each mark with the index where its answer ends.

        A label that is none of ours ends an answer when there is one already and the label is not below the
        field's own: headings inside a long answer stay in it.
        """
        open_: _Mark | None = None
        for mark in marks:
            if open_ is None:
                open_ = mark
            elif mark.field is not None or (mark.level <= open_.level and self._said(document, open_, mark)):
                yield open_, mark.at
                open_ = mark
        if open_ is not None:
            yield open_, len(document.lines)

    def _said(self, document: Document, mark: _Mark, until: _Mark) -> bool:
        between = document.lines[mark.at + 1 : until.at]
        return bool(mark.rest) or any(line.text.strip() for line in between)


def _without_labels(document: Document, fields: Mapping[str, Answer], owner: Mapping[int, str]) -> list[Line]:
    """The filer's own lines: what stands outside the fields, and what answers in them."""
    answers = {line.number: line for answer in fields.values() for line in answer.lines if line.text}
    rest = []
    for line in document.lines:
        own = line.number not in owner or not line.text.strip()
        if own or line.number in answers:
            rest.append(line if own else answers[line.number])
    return rest


def _first_paragraph(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    said = dropwhile(lambda line: not line.text.strip(), lines)
    return tuple(takewhile(lambda line: line.text.strip(), said))


def _shows(lines: Iterable[Line]) -> frozenset[Literal["image", "code"]]:
    found: set[Literal["image", "code"]] = set()
    for line in lines:
        if line.kind == "code" and line.text.strip():
            found.add("code")
        elif line.kind != "code" and _IMAGE.search(line.text) is not None:
            found.add("image")
    return frozenset(found)


def _markdown(line: Line) -> str:
    return f"{'#' * line.level} {line.text}" if line.kind == "heading" else line.text


def _answering(lines: list[Line], hints: frozenset[str]) -> tuple[Line, ...]:
    """The lines that may be an answer."""
    kept: list[Line] = []
    block: int | None = None  # where an open code block begins
    for line in lines:
        if line.kind == "html":
            line = replace(line, text=_TAG.sub("", line.text))
        box = _BOX.match(line.text) if line.kind == "text" else None
        if box is not None:
            if box[1] == " ":
                continue
            line = replace(line, text=box[2] or "")
        if line.text and line.kind != "code" and bare(line.text) in hints:
            continue
        kept.append(line)
        if line.kind not in ("fence", "code"):
            block = None
        elif line.kind == "fence":
            if block is not None and not any(inside.text.strip() for inside in kept[block + 1 : -1]):
                del kept[block:]
            block = len(kept) - 1 if block is None else None
    return tuple(kept)
