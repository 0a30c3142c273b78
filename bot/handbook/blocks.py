"""Floor 1: a saved page as blocks of plain words: markdown, plain text or HTML in, headings and text out.

Pages get saved in many ways, so that little is taken for granted: markdown marks, links, curly quotes,
no-break spaces, bullets of every kind and hard-wrapped lines are understood; line numbers are the file's own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

Kind = Literal["heading", "bullet", "text"]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, one item of a list, or a paragraph: plain words on one line."""

    kind: Kind
    line: int  # 1-based, where it starts
    text: str


# Patterns run on one line of a page that people of ours wrote, or on a block of few lines.
_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*(?:\{#[^}]*\})?\s*#*")
_UNDERLINE = re.compile(r"=+|-{3,}")
_BULLET = re.compile(r"(?:[•◦‣▪·*+–-]|\d{1,2}[.)])(?:\s+(.*))?")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_ITALIC = re.compile(r"(?<!\w)_([^_]+)_(?!\w)")
_ESCAPE = re.compile(r"\\([*_#`\[\]<>-])")
_FENCE = ("```", "~~~")
_STEP = re.compile(r"step \d+\b.*", re.IGNORECASE)
# What begins a paragraph of its own even where no empty line stands before it.
_START = re.compile(
    r"key ?words?\b|any (?:other )?questions\b|questions about\b|for any questions\b|note that\b"
    r"|exceptions?\b|when posting\b|label it with\b",
    re.IGNORECASE,
)
KEYWORDS = re.compile(r"key ?words?\s*[:–-]\s*", re.IGNORECASE)
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u2009\u200a\u3000\t"), " ")
_GONE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"), None)
_PLAIN = {ord("“"): '"', ord("”"): '"', ord("‘"): "'", ord("’"): "'", ord("："): ":", ord("‑"): "-"}
_CHARACTERS = {**_SPACES, **_GONE, **_PLAIN}
_HEADING_MAX = 80  # characters of a heading without a mark


def blocks(source: str) -> tuple[Block, ...]:
    """Read a page."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    if re.match(r"\s*(?:<!doctype html|<html\b)", source, re.IGNORECASE):
        return _from_html(source)
    return tuple(block for block in _from_text(_without_comments(source).split("\n")))


def plain(text: str) -> str:
    """Words without markdown, HTML and typographic variants."""
    text = _LINK.sub(r"\1", text.translate(_CHARACTERS))
    text = _ESCAPE.sub(r"\1", _TAG.sub("", text).replace("**", "").replace("__", "").replace("`", ""))
    return " ".join(html.unescape(_ITALIC.sub(r"\1", text)).translate(_CHARACTERS).split())


def is_title(text: str) -> bool:
    """Can a line without a mark be a heading: short, and no sentence."""
    return 0 < len(text) <= _HEADING_MAX and text[-1] not in ".:,;!?…" and not KEYWORDS.match(text)


def _from_text(lines: list[str]) -> Iterator[Block]:
    """Blocks of markdown and of plain text."""
    kind: Kind = "text"
    start, parts = 0, list[str]()

    def end() -> Iterator[Block]:
        if parts or kind == "bullet":
            text = " ".join(parts)
            yield Block("heading" if _STEP.fullmatch(text) else kind, start, text)
        parts.clear()

    at = _after_front_matter(lines)
    for number, raw in enumerate(lines[at:], at + 1):
        line = raw.translate(_CHARACTERS).strip()
        while line.startswith(">"):
            line = line[1:].lstrip()
        text = plain(line)
        if heading := _HEADING.fullmatch(line):
            yield from end()
            kind = "text"
            yield Block("heading", number, plain(heading[1]))
        elif _UNDERLINE.fullmatch(line) and len(parts) == 1 and kind == "text" and is_title(parts[0]):
            yield Block("heading", start, parts.pop())
        elif not text or line.startswith(_FENCE) or _UNDERLINE.fullmatch(line):
            if bullet := _BULLET.fullmatch(line):  # an item without words is one all the same
                yield from end()
                yield Block("bullet", number, "")
            else:
                yield from end()
            kind = "text"
        elif (bullet := _BULLET.fullmatch(line)) and not line.startswith("**"):
            yield from end()
            kind, start = "bullet", number
            if words := plain(bullet[1] or ""):
                parts.append(words)
        else:
            nxt = plain(lines[number]) if number < len(lines) else ""
            own = line.startswith("|") or _START.match(text) or (KEYWORDS.match(nxt) and is_title(text))
            if own or (not parts and kind != "bullet"):
                yield from end()
                kind, start = "text", number
            parts.append(text)
    yield from end()


def _after_front_matter(lines: list[str]) -> int:
    """Where the page begins, after YAML between two lines of dashes."""
    if lines and lines[0].strip() == "---":
        for number, line in enumerate(lines[1:], 1):
            if line.strip() == "---":
                return number + 1
    return 0


def _without_comments(source: str) -> str:
    """What readers of the page see; line numbers stay."""
    kept, at = list[str](), 0
    while (start := source.find("<!--", at)) >= 0 and (end := source.find("-->", start)) >= 0:
        kept += [source[at:start], "\n" * source.count("\n", start, end)]
        at = end + 3
    return "".join([*kept, source[at:]])


class _Reader(HTMLParser):
    """Collects headings, list items, paragraphs and table rows of a saved web page."""

    _ENDS = frozenset(
        {"p", "div", "section", "tr", "br", "ul", "ol", "table", "article", "main", "blockquote"}
    )
    _HIDDEN = frozenset({"script", "style", "nav", "svg", "template", "head", "footer"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Block] = []
        self._kind: Kind = "text"
        self._line = 0
        self._parts: list[str] = []
        self._hidden = 0

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """`<![if …]>` is a comment, as browsers have it; the base class would raise for most of them."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        elif tag == "body":  # the end tag of the head may be left out
            self._hidden = 0
        elif self._hidden:
            return
        elif tag == "li":
            self.end("bullet")
        elif re.fullmatch("h[1-6]", tag):
            self.end("heading")
        elif tag in self._ENDS and (self._parts or self._kind == "text"):
            self.end("text")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif not self._hidden and (
            tag == "li" or (self._parts and (tag in self._ENDS or re.fullmatch("h[1-6]", tag)))
        ):
            self.end("text")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            if not self._parts and self._kind != "bullet":
                self._line = self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n")
            self._parts.append(data)

    def end(self, kind: Kind) -> None:
        """The block so far is complete; the next one is of this kind."""
        text = plain(" ".join("".join(self._parts).split()))
        if text or self._kind == "bullet":
            self.found.append(
                Block(
                    "heading" if _STEP.fullmatch(text) else self._kind, self._line or self.getpos()[0], text
                )
            )
        self._kind, self._parts, self._line = kind, [], self.getpos()[0]


def _from_html(source: str) -> tuple[Block, ...]:
    reader = _Reader()
    reader.feed(source)
    reader.close()
    reader.end("text")
    return tuple(reader.found)
