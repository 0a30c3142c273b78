"""Markdown for the page: what GitHub would show, and never markup that the writer made up.

Raw HTML is parsed, because people and the bot hide hints and memory in HTML comments; then only a short list
of exact tags goes through, comments vanish, and everything else is shown as the text it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

import re2
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

_PIECES = re2.compile(r"(?s)<!--.*?(?:-->|\z)|<[^<>]*>|[^<]+|<")
_TAGS = frozenset(
    f"<{slash}{name}>"
    for name in ("details", "summary", "sub", "sup", "kbd", "b", "i")
    for slash in ("", "/")
) | {"<details open>", "<br>", "<br/>", "<br />", "<hr>"}


def _safe_html(raw: str) -> str:
    """Comments go, tags of the list stay exactly as listed, the rest becomes text."""
    kept = []
    for piece in _PIECES.findall(raw):
        if piece.startswith("<!--"):
            continue
        kept.append(piece.lower() if piece.lower() in _TAGS else escape(piece))
    return "".join(kept)


def _html(_: RendererHTML, tokens: Sequence[Token], index: int, *__: Any) -> str:
    return _safe_html(tokens[index].content)


def _link(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "nofollow noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Alignment as GitHub writes it: a style would be refused by the page's own policy."""
    style = str(tokens[index].attrs.pop("style", ""))
    if style:
        tokens[index].attrSet("align", style.removeprefix("text-align:"))
    return renderer.renderToken(tokens, index, options, env)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "breaks": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("html_block", _html)
    parser.add_render_rule("html_inline", _html)
    parser.add_render_rule("link_open", _link)
    parser.add_render_rule("th_open", _cell)
    parser.add_render_rule("td_open", _cell)
    return parser


def rendered(text: str) -> Markup:
    """Safe HTML of an issue's or comment's words."""
    return Markup(_parser().render(text))  # noqa: S704 (every tag in it is ours)
