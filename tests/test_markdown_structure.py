"""What a line of a comment or a body is, by GitHub's markdown."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.markdown import CommandLine, bold_label, command_lines, links, read

_PIECES = st.sampled_from(
    [
        *(
            "/route x",
            "> ",
            "```",
            "~~~",
            "    ",
            "\n",
            "\n\n",
            "<!--",
            "-->",
            "`",
            "- ",
            "| a |\n|---|\n",
            "# ",
        ),
        *("---", "<details>", "</details>", "<pre>", "[a](", ")", "**Kind:**", "\r\n", "\r", "\0", "\u2028"),
        *("\xa0", "word "),
    ]
)
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=8)), max_size=30).map("".join)


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        pytest.param("/route search-core", [(1, "/route search-core")], id="alone"),
        pytest.param("   /check", [(1, "/check")], id="up to three spaces"),
        pytest.param(
            "Thanks!\n/kind defect\nand then\n/check", [(2, "/kind defect"), (4, "/check")], id="amid prose"
        ),
        pytest.param("a\r\n/kind defect\r\n/check\r\n", [(2, "/kind defect"), (3, "/check")], id="CRLF"),
        pytest.param("a\r/check\r", [(2, "/check")], id="CR alone"),
        pytest.param(
            "see\n/check <!-- at last -->", [(2, "/check")], id="a comment after it is not part of it"
        ),
        pytest.param("a `b`\n/check", [(2, "/check")], id="after closed inline code"),
        pytest.param("one ` tick\n/check", [(2, "/check")], id="after an unpaired backtick"),
        pytest.param(
            "see <!-- not closed\n/check", [(2, "/check")], id="an unclosed comment inside a line is words"
        ),
        pytest.param("<details>\n\nlog\n\n</details>\n\n/check", [(7, "/check")], id="after details"),
        pytest.param("<!-- <details> -->\n\n/check", [(3, "/check")], id="details inside a comment"),
        pytest.param("- a\n\n/check", [(3, "/check")], id="after a list"),
        pytest.param("\xa0\n/check", [(2, "/check")], id="below a line of no-break space"),
        pytest.param("/usr/local/bin is full", [], id="a path"),
        pytest.param("do /check", [], id="inside a sentence"),
        pytest.param("/ check", [], id="no word"),
        pytest.param("    /check", [], id="indented code"),
        pytest.param("```\n/check\n```", [], id="fence"),
        pytest.param("~~~\n/check", [], id="unclosed fence"),
        pytest.param("a `b\n/check c` d", [], id="inline code over lines"),
        pytest.param("> /check", [], id="quote"),
        pytest.param("> a\n/check", [], id="lazy continuation of a quote"),
        pytest.param("> - a\n/check", [], id="lazy continuation of a list in a quote"),
        pytest.param("<!-- a\n/check\n-->", [], id="comment"),
        pytest.param("a <!-- b\n/check\n--> c", [], id="comment inside a paragraph"),
        pytest.param("<!-- never closed\n\n/check", [], id="an unclosed comment runs to the end"),
        pytest.param("<div>\n/check\n</div>", [], id="HTML block"),
        pytest.param("<details>\n\n/check\n\n</details>", [], id="folded away"),
        pytest.param("- /check", [], id="list item"),
        pytest.param("- a\n/check", [], id="lazy continuation of a list item"),
        pytest.param("1. a\n\n   /check", [], id="paragraph of a list item"),
        pytest.param("| a |\n|---|\n| b |\n/check", [], id="row of a table"),
        pytest.param("/check\n---", [], id="heading"),
        pytest.param("[a\n/check](https://example.com)", [], id="words of a link"),
        pytest.param("[a]:\n/check", [], id="target of a link definition"),
    ],
)
def test_a_command_is_a_line_of_plain_top_level_text(text: str, commands: list[tuple[int, str]]) -> None:
    """Handed to the bot only when the author says it plainly (invariant 3)."""
    assert [CommandLine(*each) for each in commands] == list(command_lines(text))


@given(_TEXTS)
def test_reading_never_fails_and_numbers_every_line(text: str) -> None:
    """One `Line` per line of the text, in order; quotes and commands point at lines that exist."""
    lines = read(text).lines
    assert list(range(1, len(lines) + 1)) == [line.number for line in lines]
    assert all(1 <= number <= len(lines) for block in read(text).quotes for number in block)
    assert all(1 <= found.line <= len(lines) and found.text.startswith("/") for found in command_lines(text))


@given(_TEXTS.map(lambda text: text.replace("\r", "")))
def test_line_ends_do_not_matter(text: str) -> None:
    crlf = text.replace("\n", "\r\n")
    assert read(text) == read(crlf)
    assert command_lines(text) == command_lines(crlf)


@given(_TEXTS)
def test_a_quoted_text_holds_no_command(text: str) -> None:
    quoted = "\n".join(f"> {line}" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert () == command_lines(quoted)


@given(_TEXTS)
def test_a_fenced_text_holds_no_command(text: str) -> None:
    assert () == command_lines("`" * 50 + "\n" + text.replace("`", "'") + "\n" + "`" * 50)


@pytest.mark.parametrize("text", ["a\ud800b\n/check", "\0/check\n/check", "x" * 65_536, "> " * 30_000 + "a"])
def test_odd_text_is_read(text: str) -> None:
    """Lone surrogates (JSON may carry them), NUL, GitHub's longest body, absurd nesting."""
    assert len(text.split("\n")) == len(read(text).lines)
    assert all(line.text == "/check" for line in command_lines(text))


def test_every_line_has_its_kind() -> None:
    text = (
        "a\n> q\nlazy\n\n```\ncode\n```\n\n    indented\n\n| t |\n|---|\n\n<div>\n\n# H\n<pre>\nx\n</pre>\n"
    )
    kinds = [line.kind for line in read(text).lines if line.text.strip()]
    fenced = ["fence", "code", "fence"]
    assert ["text", "quote", "quote", *fenced, "code", "table", "table", "html", "heading"] == kinds[:-3]
    assert ["code"] * 3 == kinds[-3:]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <!-- b --> c", ["a  c"]),
        ("<!-- a\nb --> c\nd", ["", " c", "d"]),
        ("**A:** <!-- b\nc --> d", ["**A:** ", " d"]),
        ("- x <!-- b --> y", ["- x  y"]),
        ("> x <!-- b --> y", ["> x  y"]),
        ("### A <!-- b -->", ["A"]),
        ("a\n\n<!-- open\n\nb", ["a", "", "", "", ""]),
        ("`<!-- a -->` <!-- a -->", ["`<!-- a -->` "]),
        ("a <!-- open\n\nb", ["a <!-- open", "", "b"]),
    ],
)
def test_comments_are_not_shown_and_lines_keep_their_numbers(text: str, shown: list[str]) -> None:
    assert shown == [line.text for line in read(text).lines]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("**Kind:** Defect", ("Kind", "Defect")),
        ("**Kind**: Defect", ("Kind", "Defect")),
        ("- **Kind** (one of three): Defect", ("Kind", "Defect")),
        ("__Kind__", ("Kind", "")),
        ("**What do you need?** a hand", ("What do you need?", "a hand")),
        ("**Never** do this", None),
        ("a **Kind:** b", None),
    ],
)
def test_a_bold_label_opens_a_line(text: str, label: tuple[str, str] | None) -> None:
    assert label == bold_label(text)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://docs.google.com/d/1.", ["docs.google.com"]),
        ("[doc](HTTPS://Drive.Google.com:443/x)", ["drive.google.com"]),
        ("https://docs.google.com@evil.example/x", ["evil.example"]),
        ("http://[broken and https://b.example", ["b.example"]),
        ("docs.google.com/d/1", []),
    ],
)
def test_links_have_the_host_a_browser_would_open(text: str, hosts: list[str]) -> None:
    assert hosts == [link.host for link in links(text)]


@pytest.mark.parametrize(
    "unit",
    [
        "/a `x`\n",
        "/a ![\n",
        "/a <!-- x -->\n",
        "/a <!-- \n",
        "/a <?\n",
        "> > /a\n",
        "- /a\n  ",
        "<details>\n\n/a\n\n",
        "`" * 3 + "\n/a\n",
        "/a [x](y)\n",
    ],
)
def test_the_work_grows_with_the_text(unit: str) -> None:
    """No body can keep the bot busy: four times the text takes about four times as long, not sixteen."""

    def calls(text: str) -> int:
        count = 0

        def note(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            command_lines(text)
            read(text)
        finally:
            sys.setprofile(None)
        return count

    small = unit * (3_000 // len(unit))
    assert calls(small * 4) < 5 * calls(small)
