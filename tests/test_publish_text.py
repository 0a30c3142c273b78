"""The text of a public issue: harmless whatever was written, and the same when it is made harmless again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_bodies import POLICY, RULE, form, markdown
from pure import BOT, NOW, SAM, snapshot

from bot.markdown import command_lines, verbatim
from bot.model import Comment
from bot.publication import Claim, Draft, Public, Publication, dump, load
from bot.rules import publish_text as text
from bot.rules.publish_text import Text, neutral

WORDS = (
    "<!--",
    "-->",
    "@erin",
    "#12",
    "/close",
    "/etc/x",
    "\n",
    "\n\n",
    "```",
    "    ",
    "> ",
    "`",
    "<",
    "!--",
    "&#64;",
    "&#35;",
    "[",
    "]",
    ":",
    "(",
    ")",
    "'",
    "title=",
    ">",
    "?",
    "\u2028",
    "\u202e",
)
MARKERS = ("<!-- rfh-bot:card v1 x.y -->", "--", "word", " ", "GH-7", "\u200b", "- ", "\r\n", "# ", "<pre>")
PIECES = st.lists(st.sampled_from((*WORDS, *MARKERS)), max_size=24).map("".join)


@given(PIECES, PIECES)
def test_what_is_harmless_stays_as_it_is(title: str, body: str) -> None:
    """The digest is of the result, so doing it again must change nothing."""
    once = neutral(Text(title, body))
    if once is not None:
        assert once == neutral(once)


@given(PIECES)
def test_nobody_is_called_nothing_runs_nothing_is_hidden(body: str) -> None:
    made = neutral(Text("title", body))
    if made is None:
        return
    code = verbatim(made.body)
    plain = "\n".join(line for n, line in enumerate(made.body.split("\n")) if n not in code)
    assert not re.search(r"@[A-Za-z0-9]", plain)
    assert "<!--" not in plain
    assert "<!-- rfh-bot:" not in made.body
    assert () == command_lines(made.body)


@given(PIECES, PIECES)
def test_the_draft_comment_gives_back_what_stands_in_it(title: str, body: str) -> None:
    made = neutral(Text(title, body))
    if made is None or not made.title or text.problem(made):
        return
    written = text.draft_body("### header @erin", text.draft_marker(7, "ab" * 16), made)
    assert made == text.read_draft(written, 7, "ab" * 16)
    assert made == text.read_draft(written.replace("\n", "\r\n"), 7, "ab" * 16)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("mail @erin", "mail @\u200berin", id="a mention"),
        pytest.param("see #12", "see #\u200b12", id="a bare reference"),
        pytest.param("sourcegraph/sourcegraph#12", "sourcegraph/sourcegraph#12", id="a full one is meant"),
        pytest.param("https://x.y/z#12", "https://x.y/z#12", id="a link"),
        pytest.param("/close it", "/\u200bclose it", id="a command"),
        pytest.param("/etc/hosts is empty", "/etc/hosts is empty", id="a path"),
        pytest.param("```\n@a\n```", "```\n@a\n```", id="code keeps its text"),
        pytest.param("```\n/close\n```", "```\n/\u200bclose\n```", id="but for commands"),
        pytest.param("a <!-- b --> c", "a  c", id="a hidden comment"),
        pytest.param("a <!<!-- b -->-- c --> d", "a  d", id="one made of another"),
        pytest.param("a <!-- never closed", "a", id="one without an end"),
        # GitHub looks for mentions and references in what is rendered, where an entity is its character.
        pytest.param("&#64;erin", "&#64;\u200berin", id="a mention by a number"),
        pytest.param("&#X40;erin", "&#X40;\u200berin", id="a mention by a hexadecimal number"),
        pytest.param("&commat;erin", "&commat;\u200berin", id="a mention by a name"),
        pytest.param("@&#101;rin", "@\u200b&#101;rin", id="a mention of an entity"),
        pytest.param("see &#35;12", "see &#35;\u200b12", id="a reference by a number"),
        pytest.param("see #&#49;2", "see #\u200b&#49;2", id="a reference to an entity"),
        # What readers do not see is shown, or its reader approves what they have not read.
        pytest.param("[//]: # (hidden)", "[//]\u200b: # (hidden)", id="a definition that hides words"),
        pytest.param("[^1]: hidden", "[^1]\u200b: hidden", id="a footnote that nothing points to"),
        pytest.param("[a](https://b.c 'd')", "[a]\u200b(https://b.c 'd')", id="a link's title"),
        pytest.param("[a](https://b.c)", "[a](https://b.c)", id="a link without one"),
        pytest.param("a <? hidden ?> b", "a <\u200b? hidden ?> b", id="a processing instruction"),
        pytest.param("a <![CDATA[x]]> b", "a <\u200b![CDATA[x]]> b", id="CDATA"),
        pytest.param("a <!X hidden> b", "a <\u200b!X hidden> b", id="a declaration"),
        pytest.param("<namespace>", "<\u200bnamespace>", id="a tag that GitHub takes out"),
        pytest.param("<b title='x'>", "<\u200bb title='x'>", id="an attribute"),
        pytest.param("<b\ntitle='x'>", "<\u200bb\ntitle='x'>", id="one on the next line"),
        pytest.param("<p align='a b'>", "<\u200bp align='a b'>", id="words in an attribute that may be"),
        pytest.param("<p align='left'>x</p>", "<p align='left'>x</p>", id="a tag that hides nothing"),
        pytest.param("<details open><br/>", "<details open><br/>", id="tags that hide nothing"),
        pytest.param("<https://x.y/z>", "<https://x.y/z>", id="an address is no tag"),
        pytest.param("Map<string, int>", "Map<string, int>", id="a type is no tag"),
        pytest.param("```mermaid\n%% a\n```", "```\u200bmermaid\n%% a\n```", id="a drawing's comments"),
        pytest.param("- ~~~ &#109;ermaid\n", "- ~~~ \u200b&#109;ermaid", id="one in a list, by an entity"),
        pytest.param("```go\na\n```", "```go\na\n```", id="code that is shown as it is"),
        pytest.param("a\u2028/close", "a\n/\u200bclose", id="a command after another line end"),
        pytest.param("a\x0b/close\x85/close", "a\n/\u200bclose\n/\u200bclose", id="and after those"),
        pytest.param("\ufeff/close", "/\u200bclose", id="a command after what nobody sees"),
        pytest.param("a\u202egnp\u202c", "agnp", id="another order than it stands in"),
        pytest.param("```\na\U000e0061\n```", "```\na\n```", id="letters that nobody sees, in code as well"),
    ],
)
def test_a_text_is_made_harmless(written: str, expected: str) -> None:
    assert Text("t", expected) == neutral(Text("t", written))


def test_a_digest_is_of_one_text() -> None:
    """Whoever may edit the draft could have one text approved and another published. These two begin alike
    for 48 bits: such a pair takes a minute to find."""
    first, second = Text("Title", "benign or evil 1497776"), Text("Title", "benign or evil 18032315")
    assert first.digest[:12] == second.digest[:12]
    assert first.digest != second.digest
    assert 128 == 4 * len(first.digest)


@pytest.mark.parametrize(
    ("marker", "asked"),
    [("<!-- rfh-bot:draft v1 8.aa -->", 7), ("<!-- rfh-bot:draft v1 7.bb -->", 7), ("no marker", 7)],
    ids=["of another command", "not ours", "none"],
)
def test_a_draft_with_another_marker_is_none(marker: str, asked: int) -> None:
    assert text.read_draft(f"header\n\n{marker}\n# title\n\nbody", asked, "aa") is None


def test_a_person_cannot_make_a_draft_comment() -> None:
    body = f"header\n{text.draft_marker(7, 'aa')}\n# title"
    ours = Comment(1, "C_1", BOT, body, NOW)
    snap = snapshot("body", comments=[ours, Comment(2, "C_2", SAM, body, NOW)])
    assert (ours,) == text.drafts(snap)


def test_lines_are_counted_as_the_draft_shows_them() -> None:
    whole = Text("the title", "first\nsecond")
    assert [0, 1, 2] == [whole.line_of(whole.whole.index(word)) for word in ("title", "first", "second")]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[customer]: search is slow", "Search is slow"),
        ("[customer-2] - gitserver-0 fails", "Gitserver-0 fails"),
        ("Search at [customer] is slow", "Search at [customer] is slow"),
        ("[customer]", "[customer]"),
    ],
)
def test_a_title_does_not_begin_with_a_placeholder(title: str, expected: str) -> None:
    assert expected == text.without_customer(Text(title, "")).title


def test_the_record_survives_the_marker() -> None:
    """Of a full one, too: ids, digests and fingerprints, no words."""
    full = Publication(
        Draft(7, "ab" * 6, ((8, "cd" * 6),), "ef" * 6, NOW, 1, 2),
        ("12" * 8,) * 2,
        Claim("ef" * 6, "erin", 9, NOW, 1, NOW),
        Public("o/r#7", "completed"),
        "scanner",
    )
    assert full == load(dump(full))
    assert Publication() == load(None)


@pytest.mark.parametrize("write", [form, markdown], ids=["issue form", "markdown"])
def test_the_draft_is_the_issue_without_our_own_fields_and_empty_ones(write: Callable[..., str]) -> None:
    body = write(steps="open the page\n\n\n\nthen wait")
    left_out, filed = POLICY.publish.leave_out, snapshot(body, title=" a  title ")
    made = text.compose(filed, RULE.parse(body), ["", "said"], left_out, "Heading")
    assert "a title" == made.title
    for gone in ("Northmere", "48211", "cs/p2", "docs.google.com", "this week", "No response", "Screens"):
        assert gone not in made.body
    assert "Say whether gitserver may lose a shard." in made.body
    assert "open the page\n\nthen wait" in made.body
    assert made.body.endswith("\n\n**Heading**\n\nsaid")
    assert 1 == made.body.count("Heading")
