"""Other people's words in our comments stay words (invariant 9)."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.markdown import clean, code, command_lines, escape, fence

_RENDER = MarkdownIt("commonmark").enable(["table"])
_NASTY = st.sampled_from(
    [
        *(
            "`",
            "``",
            "```",
            "~~~",
            "\n",
            "\r\n",
            "|",
            "-->",
            "<!--",
            "--!>",
            "@octocat",
            "#12",
            "o/r#3",
            "GH-7",
        ),
        *("https://evil.example", "www.evil.example", "me@evil.example", "**b**", "_i_", "[a](b)", "![a](b)"),
        *(
            "# ",
            "- ",
            "+ ",
            "1. ",
            "2) ",
            "> ",
            "    ",
            "\t",
            "===",
            "---",
            ":--",
            "\\",
            "$x$",
            "~~s~~",
            "/route x",
        ),
        *(
            "\u2028",
            "\x00",
            "\x1b[31m",
            "\ufeff",
            "a",
            " ",
            "deadbeefcafe",
            "deadbee" * 6,
            "mailto:x",
            "\ud83d",
            "<b>",
            "&lt;",
        ),
        *("\u202e", "\u200b"),
    ]
)
_TEXTS = st.lists(st.one_of(_NASTY, st.text(max_size=6)), max_size=20).map("".join)


def _inline(text: str) -> list[Token]:
    """The inline tokens of a text that must be one paragraph."""
    tokens = _RENDER.parse(text)
    assert ["paragraph_open", "inline", "paragraph_close"] == [token.type for token in tokens]
    return tokens[1].children or []


def _invisible(text: str) -> list[str]:
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@given(_TEXTS)
def test_code_is_one_code_span_with_the_text(text: str) -> None:
    """Whatever the text: one span, nothing before or after it, and its words in it."""
    (token,) = _inline(code(text, limit=1_000))
    assert "code_inline" == token.type
    shown = token.content.replace("¦", "|").replace("‑‑", "--")
    assert clean(text).replace("‑‑", "--").replace("¦", "|") == shown.strip()


@given(_TEXTS)
def test_code_splits_no_table_and_closes_no_comment(text: str) -> None:
    shown = code(text)
    assert "|" not in shown
    assert "\n" not in shown
    assert "-->" not in shown
    assert "--!>" not in shown
    assert [] == _invisible(shown)
    cells = [t for t in _RENDER.parse(f"| a | b |\n|---|---|\n| {shown} | x |") if t.type == "td_open"]
    assert 2 == len(cells)


@given(_TEXTS, st.integers(1, 30))
def test_code_is_bounded(text: str, limit: int) -> None:
    (token,) = _inline(code(text, limit))
    assert len(token.content) <= limit + 2  # the shown text and, around a backtick, its padding


@given(_TEXTS)
def test_fence_is_one_code_block_with_the_text(text: str) -> None:
    (token,) = _RENDER.parse(f"{fence(text, 'text')}\n")
    assert ("fence", "text") == (token.type, token.info)
    expected = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    visible = "".join(c for c in expected if c in "\n\t" or not _invisible(c))
    assert visible == (token.content if visible.endswith("\n") else token.content.removesuffix("\n"))


@given(_TEXTS)
def test_what_follows_a_fence_is_not_code(text: str) -> None:
    *_, last = [token for token in _RENDER.parse(f"{fence(text)}\n\nours") if token.type == "inline"]
    assert "ours" == last.content


@given(_TEXTS)
def test_escape_is_plain_words(text: str) -> None:
    """One paragraph of text with no markup, which reads as the text did."""
    shown = escape(text)
    if not shown:
        assert not clean(text)
        return
    tokens = _inline(shown)
    assert {"text"} == {token.type for token in tokens}
    assert clean(text) == "".join(token.content for token in tokens).replace("\u200b", "")


@given(_TEXTS)
def test_escape_pings_nobody_and_links_nothing(text: str) -> None:
    """In the rendered text, where GitHub looks, nothing is a mention, reference, address or command."""
    rendered = "".join(token.content for token in _inline(f"x {escape(text)}"))
    for live in (
        r"@\w",
        r"#\d",
        r"(?i)(https?|ftp):/",
        r"(?i)www\.",
        r"(?i)\bgh-\d",
        r"(?i)mailto:",
        r"\b[0-9a-f]{7,40}\b",
    ):
        assert None is re.search(live, rendered, re.ASCII)
    assert () == command_lines(escape(text))
    assert "-->" not in escape(text)


@pytest.mark.parametrize(
    "block",
    [
        "# a",
        "- a",
        "+ a",
        "* a",
        "1. a",
        "2) a",
        "> a",
        "    a",
        "===",
        "---",
        "```",
        "~~~",
        "<div>",
        "/route a",
        ":--",
        "| a |",
    ],
)
def test_escape_begins_no_block(block: str) -> None:
    """Also right below a line of ours, where an underline or a table row would change it."""
    kinds = [token.type for token in _RENDER.parse(f"ours\n{escape(block)}") if token.type != "inline"]
    assert ["paragraph_open", "paragraph_close"] == kinds


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("  a \n b\t\u2028c ", None, "a b c"),
        ("a\u200bb\u202ec\x00d", None, "abcd"),
        ("abcdef", 4, "abc…"),
        ("abcd", 4, "abcd"),
        ("ab cdef", 4, "ab…"),
        ("\ud800", None, "?"),
    ],
)
def test_clean_is_one_short_visible_line(text: str, limit: int | None, shown: str) -> None:
    assert shown == clean(text, limit)
