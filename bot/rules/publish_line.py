"""Floor 1: what in a public text would call somebody, and what its readers would not see. Pure.

GitHub looks for mentions and references in what is rendered, where an entity is the character it stands for;
and it shows neither a definition nor a tag that it does not know nor most attributes. A character of no width
in the right place ends the one and makes the other plain words; doing it again changes nothing.
"""

from __future__ import annotations

from typing import Protocol

import re2

ZWSP = "\u200b"
# Line ends to some readers (JavaScript, Python), so that a command may follow, and none to markdown.
_BREAKS = dict.fromkeys(map(ord, "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), "\n")
_UNSEEN = re2.compile(
    r"[\x{00}-\x{08}\x{0e}-\x{1f}\x{7f}-\x{9f}\x{61c}\x{180e}\x{200e}\x{200f}\x{202a}-\x{202e}"
    r"\x{2060}-\x{206f}\x{feff}\x{e0000}-\x{e0fff}]"
)
_LIVE = (  # between the two groups the character goes
    re2.compile(r"(@|&commat;|&#0*64;|&#[xX]0*40;)([A-Za-z0-9_&])"),
    re2.compile(r"(?m)((?:^|[^\w&/])#)([\d&])"),
    re2.compile(r"(&num;|&#0*35;|&#[xX]0*23;)([\d&])"),
    re2.compile(r"(?i)(\bGH-)([\d&])"),
    re2.compile(r"(<)(\?|!\[|![A-Za-z])"),  # instructions, CDATA, declarations
    re2.compile(r"(\])(:)"),  # definitions of links and footnotes
    re2.compile(r"(\])(\(\s*(?:<[^<>\n]*>|\S*)\s+[\"'(])"),  # links with a title
)
# Code that GitHub draws, without its comments: https://docs.github.com/en/get-started/writing-on-github
_DRAWN = re2.compile(
    r"(?m)^([ \t>*+0-9.)-]*(?:`{3,}|~{3,})[ \t]*)((?i:mermaid|geojson|topojson|stl|math)\b|[^\s\x{200b}]*&)"
)
_TAG = re2.compile(r"(<)(/?([A-Za-z][A-Za-z0-9-]*)([^<>]*)(>?))")
# https://github.com/gjtorikian/html-pipeline/blob/main/lib/html_pipeline/sanitization_filter.rb
_SHOWN = re2.compile(
    r"(?i)h[1-6]|br|b|i|strong|em|a|pre|code|img|tt|div|ins|del|sup|sub|p|picture|[ou]l|li|table|t[rdh]"
    r"|thead|tbody|tfoot|blockquote|d[ltd]|kbd|q|samp|var|hr|ruby|r[tp]|s|strike|summary|details|caption|figure|figcaption"
    r"|abbr|cite|dfn|mark|small|span|time|wbr"
)
# A picture's other text may be there: it blocks as long as the picture does.
_SHOWING = re2.compile(
    r"(?i)(?:\s+(?:open|(?:align|width|height|colspan|rowspan|start)=[\"']?[a-z0-9%]{1,12}[\"']?"
    r"|(?:href|src)=(?:\"[^\s\"]*\"|'[^\s']*')|alt=(?:\"[^\"]*\"|'[^']*')))*\s*/?"
)


class Found(Protocol):
    """What RE2 found, group by group."""

    def __getitem__(self, group: int, /) -> str: ...


def seen(text: str) -> str:
    """The text without characters that nobody sees, or that change the order of others."""
    return str(_UNSEEN.sub("", text.translate(_BREAKS)))


def defused(text: str) -> str:
    """The text, which is not code and without comments, with nobody called and nothing hidden."""
    for pattern in _LIVE:  # a function: re2's templates garble what is not ASCII
        text = pattern.sub(apart, text)
    return str(_TAG.sub(_tag, text))


def undrawn(text: str) -> str:
    """The text with all of its code shown as code."""
    return str(_DRAWN.sub(apart, text))


def apart(found: Found) -> str:
    return f"{found[1]}{ZWSP}{found[2]}"


def _tag(found: Found) -> str:
    """A tag as it is when it shows all that stands in it, else as words."""
    name, rest, end = found[3], found[4], found[5]
    if rest and rest[0] not in " \t\n/":
        return found[0]  # an address, a type
    shows = end and _SHOWN.fullmatch(name) and _SHOWING.fullmatch(rest)
    return found[0] if shows else apart(found)
