"""Floor 0: GitHub's markdown, as far as this product reads and writes it. Pure.

`structure` reads: which lines are commands, what every line of a body is. `defuse` writes: other people's
words into our comments, so that they stay words.
"""

from bot.markdown.defuse import clean, code, escape, fence
from bot.markdown.structure import (
    CommandLine,
    Document,
    Line,
    Link,
    bold_label,
    command_lines,
    links,
    normal,
    read,
    verbatim,
)

__all__ = [
    "CommandLine",
    "Document",
    "Line",
    "Link",
    "bold_label",
    "clean",
    "code",
    "command_lines",
    "escape",
    "fence",
    "links",
    "normal",
    "read",
    "verbatim",
]
