"""Floor 1: quote blocks: they are the customer's words, whole, and never leave."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.normalise import View

_FENCE = re2.compile(r"^ {0,3}(```+|~~~+)")
_QUOTED = re2.compile(r"^(?: {0,3}(?:[-*+]|\d{1,3}[.)]) {1,4}| {0,3})>")
_NEW_BLOCK = re2.compile(r"^ {0,3}(?:#{1,6} |```|~~~|[-*+] |\d{1,3}[.)] |\||<|(?:[-*_] ?){3,}$|\[)")
_HTML_QUOTE = re2.compile(rb"(?i)<blockquote\b[^>]{0,200}>")
_HTML_QUOTE_END = re2.compile(rb"(?i)</blockquote[ ]*>")


def quote_hits(view: View) -> Iterator[Hit]:
    """Markdown quote blocks (with lazy continuation lines, CommonMark 5.1) and HTML ones; not inside
    code fences.
    """
    if ">" not in view.text:
        return
    fence = ""
    begin = end = -1
    at = 0
    lazy = False
    for line in view.text.split("\n"):
        bare = line.rstrip("\r")
        stripped = bare.lstrip(" ")
        opened = _FENCE.match(bare) if stripped.startswith(("```", "~~~")) else None
        if fence:
            fence = "" if opened and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1][:3]
            lazy = False
        elif ">" in stripped[:6] and _QUOTED.match(bare):
            begin = at + len(bare) - len(bare.lstrip()) if begin < 0 else begin
            end = at + len(bare)
            lazy = bool(bare.strip(" \t>"))
            at += len(line) + 1
            continue
        elif begin >= 0 and lazy and bare.strip() and not _NEW_BLOCK.match(bare):
            end = at + len(bare)
            at += len(line) + 1
            continue
        if begin >= 0:
            yield Hit("quote-block", "quote", begin, end)
            begin, lazy = -1, False
        at += len(line) + 1
    if begin >= 0:
        yield Hit("quote-block", "quote", begin, end)
    if b"<blockquote" in view.data or b"<BLOCKQUOTE" in view.data:
        for opened_html in _HTML_QUOTE.finditer(view.data):
            closed = _HTML_QUOTE_END.search(view.data, opened_html.end())
            yield Hit("quote-block", "quote", opened_html.start(), closed.end() if closed else len(view.data))


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "text\n\n«> We cannot see it.\n> Please help.»\n\nmore",
    "«> quoted\nand lazily continued»\n\nnext",
    "<b>x</b> «<blockquote>words</blockquote>»",
)
IGNORES = ("a > b and c > d", "```\n> not a quote\n```", "1 -> 2")
