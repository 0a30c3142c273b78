"""Floor 0: what every line of a body is, by a real markdown parse (CommonMark and tables, like GitHub's).

Guarantees: never raises, whatever the text; linear in its length (markdown-it bounds nesting; inlines are
parsed only where code, comments or links may span lines); ``\\r\\n`` and ``\\n`` read alike; line numbers are
1-based, as people count. Code, quotes (with their lazy continuation lines), HTML comments (an unclosed
``<!--`` that opens a block runs to the end, CommonMark 4.6) and tables are told apart from what the author
says plainly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import re2
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, backtick, html_inline, image, link
from markdown_it.token import Token

LineKind = Literal["text", "heading", "quote", "code", "fence", "html", "table"]
Rule = Callable[[StateInline, bool], bool]

_COMMAND = re2.compile(r"(?m)^ {0,3}/[A-Za-z][A-Za-z0-9_-]*(?:[ \t]|$)")
_COMMENT = re2.compile(r"(?s)<!--.*?(?:-->|\z)")
_HIDING = re2.compile(r"(?i)<(/?)(?:details|blockquote)\b")
_VERBATIM = re2.compile(r"(?i)^\s*<(?:pre|script|style|textarea)\b")
_BOLD = re2.compile(
    r"^\s*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(?:\*\*([^*\n]{1,120})\*\*|__([^_\n]{1,120})__)"
    r"(?:[ \t]*\([^()]{0,200}\))?[ \t]*(:?)[ \t]*(.*)$"
)
_URL = re2.compile(r"""(?i)\bhttps?://[^\s<>()\[\]{}"'`|\\]+""")


class CommandLine(NamedTuple):
    """A line that asks the bot for something; `text` starts with the slash."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as its reader sees it: `text` is without HTML comments (and a heading's without ``#``)."""

    number: int
    text: str
    kind: LineKind = "text"
    level: int = 0  # of a heading, 1 to 6; also set on the words of an underlined one, whose kind is text


@dataclass(frozen=True, slots=True)
class Document:
    lines: tuple[Line, ...]
    quotes: tuple[range, ...] = ()  # line numbers of each outermost block quote
    comments: tuple[str, ...] = ()  # the HTML comments taken out


class Link(NamedTuple):
    url: str
    host: str  # lower case, without port


class _Span(NamedTuple):
    """A stretch of a paragraph's text that is code, HTML or a link."""

    start: int
    end: int
    comment: bool


def _recorded(rule: Rule) -> Rule:
    """markdown-it's inline tokens know no positions; this notes the stretch a rule has consumed."""

    def run(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent and len(state.tokens) > before:
            state.env["spans"].append(_Span(start, state.pos, state.src.startswith("<!--", start)))
        return found

    return run


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    rules = {
        "backticks": backtick,
        "html_inline": html_inline,
        "link": link,
        "image": image,
        "autolink": autolink,
    }
    for name, rule in rules.items():
        parser.inline.ruler.at(name, _recorded(rule))
    return parser


_PARSER = _parser()


def normal(text: str) -> str:
    """Line ends as ``\\n``; what cannot be encoded (lone surrogates) or shown (NUL) as a replacement."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def command_lines(text: str) -> tuple[CommandLine, ...]:
    """The lines of a comment that are commands: ``/word`` first, in a plain paragraph of the top level.

    Code, quotes, lists, tables, headings, links, HTML, comments and what ``<details>`` folds away hold none.
    """
    text = normal(text)
    if _COMMAND.search(text) is None:
        return ()
    env: dict[str, object] = {}
    lines = text.split("\n")
    found: list[CommandLine] = []
    hidden, opener = 0, ""
    for token in _PARSER.parse(text, env):
        if token.type == "html_block" and token.level == 0:
            hidden = max(0, hidden + _opened(token.content))
        elif token.type == "inline" and opener == "paragraph_open" and token.level == 1 and not hidden:
            found += _commands_of(token, lines, env)
        opener = token.type
    return tuple(found)


def _opened(html: str) -> int:
    """How many folding or quoting elements an HTML block leaves open (negative: closes)."""
    return sum(-1 if slash else 1 for slash in _HIDING.findall(_COMMENT.sub("", html)))


def _commands_of(token: Token, lines: list[str], env: dict[str, object]) -> Iterator[CommandLine]:
    spans = _spans(token.content, env) if any(c in token.content for c in "`<[") else []
    at, reach, ahead = 0, 0, deque(spans)
    for number, written, shown in _placed(token, lines, spans):
        while ahead and ahead[0].start < at:
            reach = max(reach, ahead.popleft().end)
        inside = at < reach
        at += len(written) + 1
        if not inside and _COMMAND.match(lines[number]):
            yield CommandLine(number + 1, shown.strip())


def _spans(content: str, env: dict[str, object]) -> list[_Span]:
    """Code, HTML and links inside a paragraph's text, in order."""
    env["spans"] = spans = list[_Span]()
    _PARSER.inline.parse(content, _PARSER, env, [])
    return sorted(spans)  # a link is noted after what stands in it


def _placed(token: Token, lines: list[str], spans: list[_Span]) -> Iterator[tuple[int, str, str]]:
    """The lines of an inline token: index in `lines`, as written, and as shown (without HTML comments)."""
    if token.map is None:
        return
    number, end = token.map
    # The content is stripped of all Unicode space; to markdown only spaces and tabs make a blank line.
    while number < end - 1 and not lines[number].strip():
        number += 1
    shown = _without_comments(token.content, spans)
    yield from zip(range(number, len(lines)), token.content.split("\n"), shown.split("\n"), strict=False)


def _without_comments(content: str, spans: list[_Span]) -> str:
    """The text with its comments taken out; their line ends stay, so that lines keep their numbers."""
    kept, done = [], 0
    for span in spans:
        if span.comment:
            kept += [content[done : span.start], "\n" * content.count("\n", span.start, span.end)]
            done = span.end
    return "".join([*kept, content[done:]])


def read(text: str) -> Document:
    """Say of every line of a body what it is."""
    return _Reader(normal(text)).document()


class _Reader:
    """One pass over the block tokens, outermost first; what stands in a quote stays quote."""

    def __init__(self, text: str) -> None:
        self.source = text.split("\n")
        self.lines = [Line(number, line) for number, line in enumerate(self.source, 1)]
        self.quotes: list[range] = []
        self.comments: list[str] = []
        self.env: dict[str, object] = {}
        self.tokens = _PARSER.parse(text, self.env)

    def document(self) -> Document:
        depth = 0
        heading: Token | None = None
        for token in self.tokens:
            if token.type == "blockquote_open":
                depth += 1
                if depth == 1:
                    self._quote(token)
            elif token.type == "blockquote_close":
                depth -= 1
            elif token.type == "inline":
                self._inline(token, heading if not depth else None, quoted=bool(depth))
            elif token.type == "html_block":
                self._html(token, quoted=bool(depth))
            elif not depth:
                self._block(token)
            heading = token if token.type == "heading_open" else None
        return Document(tuple(self.lines), tuple(self.quotes), tuple(self.comments))

    def _mark(self, first: int, end: int, kind: LineKind) -> None:
        for number in range(first, min(end, len(self.lines))):
            self.lines[number] = replace(self.lines[number], kind=kind)

    def _quote(self, token: Token) -> None:
        first, end = token.map or (0, 0)
        while end > first and not self.source[end - 1].strip():
            end -= 1
        self._mark(first, end, "quote")
        self.quotes.append(range(first + 1, end + 1))

    def _block(self, token: Token) -> None:
        first, end = token.map or (0, 0)
        if token.type == "table_open":
            self._mark(first, end, "table")
        elif token.type == "code_block":
            self._mark(first, end, "code")
        elif token.type == "fence":
            self._mark(first, end, "code")
            self._mark(first, first + 1, "fence")
            if end - first - 1 > token.content.count("\n"):
                self._mark(end - 1, end, "fence")

    def _html(self, token: Token, *, quoted: bool) -> None:
        first, end = token.map or (0, 0)
        if not quoted and _VERBATIM.match(token.content):
            self._mark(first, end, "code")
            return
        if not quoted and not token.content.lstrip().startswith("<!--"):
            self._mark(first, end, "html")
        if not quoted:
            self.comments += _COMMENT.findall(token.content)
        shown = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), token.content)
        for number, *texts in zip(
            range(first, end), token.content.split("\n"), shown.split("\n"), strict=False
        ):
            self._show(number, *texts)

    def _inline(self, token: Token, heading: Token | None, *, quoted: bool) -> None:
        spans = _spans(token.content, self.env) if "<!--" in token.content else []
        if not quoted:
            self.comments += [token.content[span.start : span.end] for span in spans if span.comment]
        if heading is None and not spans:
            return
        level = int(heading.tag[1]) if heading else 0
        atx = heading is not None and heading.markup.startswith("#")
        for number, written, shown in _placed(token, self.source, spans):
            line = self.lines[number]
            if atx:
                self.lines[number] = replace(line, text=shown.strip(), kind="heading", level=level)
            elif line.kind != "table":  # a table's line has several inline tokens
                self._show(number, written, shown)
                self.lines[number] = replace(self.lines[number], level=level)
        if heading is not None and not atx and heading.map is not None:
            rule = heading.map[1] - 1  # the underline of a heading is no words
            self.lines[rule] = replace(self.lines[rule], text="")

    def _show(self, number: int, written: str, shown: str) -> None:
        """Put what is shown in the place of what is written: a line may begin with list and quote marks."""
        source = self.source[number]
        at = max(source.rfind(written), 0)
        self.lines[number] = replace(
            self.lines[number], text=source[:at] + shown + source[at + len(written) :]
        )


def bold_label(text: str) -> tuple[str, str] | None:
    """``**Label:** value`` (also ``__``, in a list, with a bracketed hint) → (label, value)."""
    match = _BOLD.match(text)
    if match is None:
        return None
    label = (match[1] or match[2]).strip()
    if not (match[3] or label.endswith((":", "?")) or not match[4].strip()):
        return None  # bold words at the start of a sentence
    return label.rstrip(": \t"), match[4].strip()


def verbatim(text: str) -> frozenset[int]:
    """The lines, from 0, of fenced and indented code: nothing in them is markup, a mention or a comment."""
    found: set[int] = set()
    for token in _PARSER.parse(text, {}):
        if token.type in ("fence", "code_block") and token.map is not None:
            found.update(range(*token.map))
    return frozenset(found)


def links(text: str) -> tuple[Link, ...]:
    """The web addresses in a text, in order."""
    found = []
    for url in _URL.findall(normal(text)):
        url = url.rstrip(".,;:!?*_~")
        try:
            host = urlsplit(url).hostname
        except ValueError:  # "Invalid IPv6 URL" and the like: an address nobody can open
            continue
        if host:
            found.append(Link(url, host))
    return tuple(found)
