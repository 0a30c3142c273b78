"""What the page loads beside its HTML: style, script, label colours, faces."""

from __future__ import annotations

import zlib
from html import escape
from pathlib import Path

from bot.sandbox.state import State

_STATIC = {"page.css": "text/css", "page.js": "text/javascript"}
_HUES = (205, 28, 145, 265, 340, 95, 230, 180)


def static_file(name: str) -> tuple[bytes, str] | None:
    """A file's bytes and type; None for a name that is not on the list."""
    kind = _STATIC.get(name)
    return None if kind is None else ((Path(__file__).parent / "static" / name).read_bytes(), kind)


def label_styles(state: State) -> str:
    """One rule a label. Colours cannot stand in the HTML: the page's own policy forbids inline style."""
    rules = []
    for label in state.labels.values():
        red, green, blue = (int(label.color[i : i + 2], 16) for i in (0, 2, 4))
        bright = (red * 299 + green * 587 + blue * 114) / 255_000
        text = "#1b1f24" if bright > 0.6 else "#ffffff"
        rules.append(f".l{label.id}{{--c:#{label.color};--t:{text}}}")
    return "\n".join(rules)


def avatar(login: str) -> str:
    """A face: the first letter on a colour of its own; bots are square."""
    hue = _HUES[zlib.crc32(login.encode()) % len(_HUES)]
    letter = escape(login[:1].upper())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
        f'<rect width="40" height="40" fill="hsl({hue} 45% 45%)"/>'
        '<text x="20" y="27" text-anchor="middle" font-family="system-ui, sans-serif" font-size="19"'
        f' font-weight="600" fill="#fff">{letter}</text></svg>'
    )
