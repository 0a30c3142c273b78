"""Floor 0: other people's words inside our comments. They stay words, whatever they are.

What holds for every text, each a property in the tests:
- `code`: exactly one inline code span, on one line; it does not end early, split a table cell or close a
  comment.
- `fence`: exactly one code block with the text in it.
- `escape`: plain words on one line: no markup, no HTML, no mention, reference, autolink, e-mail or formula,
  no command. Nobody is notified, nothing is cross-referenced.
- Control, bidirectional and invisible characters are gone: nothing is shown in another order than it stands.

GitHub looks for mentions, references and addresses in the *rendered* text, where a backslash or an entity has
become the plain character again; only a character in between stops them. Hence the zero-width space after
``@``, ``#`` and the like. Entities instead of backslashes: they mean the same in markdown and in HTML blocks
such as ``<summary>``.
"""

from __future__ import annotations

from itertools import chain
from textwrap import wrap

import re2

_INVISIBLE = re2.compile(r"[\p{Cc}\p{Cf}\x{115F}\x{1160}\x{3164}\x{FFA0}]")
_INVISIBLE_BUT_LAYOUT = re2.compile(r"[\x{00}-\x{08}\x{0B}-\x{1F}\x{7F}-\x{9F}\p{Cf}\x{2028}\x{2029}]")
_RUNS = {"`": re2.compile("`+"), "~": re2.compile("~+")}

_ZWSP = "\u200b"
# What GitHub turns into links or notifications: mentions and e-mail, #7 and owner/repo#7, addresses, GH-7 and
# custom autolink prefixes, commit ids. See "Autolinked references and URLs",
# https://docs.github.com/en/get-started/writing-on-github
_LIVE = (  # each in two groups, between which the character goes
    re2.compile(r"([@#])()"),
    re2.compile(r"(?i)([a-z]:)(/)"),
    re2.compile(r"(?i)(mailto|xmpp)(:)"),
    re2.compile(r"(?i)(www)(\.)"),
    re2.compile(r"([A-Za-z]-)(\d)"),
)
_COMMIT = re2.compile(r"(?i)\b[0-9a-f]{7,}\b")  # GitHub links 7 digits and more
_ENTITIES = str.maketrans({c: f"&#{ord(c)};" for c in "\\`*_[]<>&|~$"})
_NUMBERED = re2.compile(r"^(\d+)([.)])")
_STARTS = "#-+=:/@"


def _utf8(text: str) -> str:
    """Lone surrogates (JSON may carry them) become question marks: nothing else may encode."""
    return text.encode("utf-8", "replace").decode("utf-8")


def clean(text: str, limit: int | None = None) -> str:
    """One line without invisible characters, at most `limit` characters (then it ends in ``…``)."""
    # Spaces first (some count as control characters), and again: what was invisible may have held two apart.
    visible: str = " ".join(_INVISIBLE.sub("", " ".join(_utf8(text).split())).split())
    if limit is not None and len(visible) > limit:
        return visible[: max(limit - 1, 0)].rstrip() + "…"
    return visible


def code(text: str, limit: int = 80) -> str:
    """The text as one inline code span, at most `limit` characters of it.

    A pipe would split a table cell and ``-->`` close a comment, escaped or not: look-alikes stand for both.
    """
    inner = clean(text, limit).replace("|", "¦").replace("-->", "‑‑>").replace("--!>", "‑‑!>")
    if not inner:
        return "` `"
    ticks = "`" * _longer_than_any_run("`", inner, least=1)
    pad = " " if inner[0] == "`" or inner[-1] == "`" else ""
    return f"{ticks}{pad}{inner}{pad}{ticks}"


def fence(text: str, info: str = "") -> str:
    """The text as a code block of its own; `info` is ours (a language). Ends without a newline.

    A code block must not stand inside an HTML comment or block: its text is not changed for those.
    """
    body = _INVISIBLE_BUT_LAYOUT.sub("", _utf8(text).replace("\r\n", "\n").replace("\r", "\n"))
    marks = "`" * _longer_than_any_run("`", body, least=3)
    return f"{marks}{info}\n{body}{'' if body.endswith(chr(10)) or not body else chr(10)}{marks}"


def escape(text: str, limit: int | None = None) -> str:
    """The text as plain words on one line, at most `limit` characters of it."""
    words = clean(text, limit)
    for pattern in _LIVE:  # a function: re2's templates garble what is not ASCII
        words = pattern.sub(lambda found: f"{found[1]}{_ZWSP}{found[2]}", words)
    words = _COMMIT.sub(lambda found: _ZWSP.join(wrap(found[0], 6)), words)
    words = words.translate(_ENTITIES)
    words = _NUMBERED.sub(lambda m: f"{m[1]}&#{ord(m[2])};", words)
    if words[:1] and words[0] in _STARTS:
        words = f"&#{ord(words[0])};{words[1:]}"
    return words


def _longer_than_any_run(mark: str, text: str, least: int) -> int:
    return max(chain((least,), (len(run) + 1 for run in _RUNS[mark].findall(text))))
