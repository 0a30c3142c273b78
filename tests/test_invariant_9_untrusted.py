"""Invariant 9: text of people stays text: it never pings, runs, breaks out, or makes a comment too long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from harness import World
from hypothesis import given, settings
from hypothesis import strategies as st
from issues import COMPLETE, complete
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pure import ERIN, SAM, applied, book, card_of, conclude, said, settled, snapshot

from bot.commands import parse
from bot.markdown import command_lines
from bot.memory import effects_in, is_card
from bot.model import Action, CreateComment, Snapshot, UpdateComment

GITHUB_LIMIT = 65_536  # characters of a comment's body; more is refused with 422
TITLE = "zoekt-indexserver runs out of memory on a monorepo"

HOSTILE = {
    "mention": "@erin @sourcegraph/everyone please",
    "command": "/route delivery",
    "command on a line of its own": "x\n\n/route delivery\n\ny",
    "card marker": "<!-- rfh-bot:card v1 eyJ2IjoxfQ. -->",
    "effect marker": "<!-- rfh-bot:effect alert:urgent-unrouted -->",
    "html": "<img src=x onerror=alert(1)><script>alert(1)</script></details></table>",
    "end of an HTML comment": "--> --!> <!-- ",
    "backticks": "`` ``` ```` ` x",
    "fence": "```\nx\n~~~\n````",
    "bidi": "abc \u202e txt.exe \u2066 \u200f",
    "pipes": "a | b | c \\| d",
    "link": "[x](https://evil.example) ![i](https://evil.example/i.png) https://evil.example www.evil.test",
    "references": "#1 sourcegraph/customer#2 GH-3 deadbeefdeadbeef sam@evil.example",
    "heading": "# big\n\n---\n\n| a |\n|---|\n",
    "task list": "- [ ] click me",
    "nulls": "a\x00b\x08c\x7f",
    "surrogates and emoji": "🙂" * 30 + "\u0301" * 30,
    "one endless word": "w" * 5_000,
    "deep nesting": "> " * 3_000 + "x",
    "brackets": "[" * 3_000,
    "many lines": "\n".join(f'"we cannot do this {n} please help us"' for n in range(1_500)),
    "nearly all that fits": "lorem ipsum " * 5_400,
}


class Tags(HTMLParser):
    """The elements of rendered HTML, and its text outside code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._code += tag in ("code", "pre")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre")

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.text += data


# What our own words are made of; nothing else may come out of a rendering.
OURS = {"h3", "table", "thead", "tbody", "tr", "th", "td", "strong", "em", "code", "pre", "p", "ul", "li"}
OURS |= {"blockquote", "details", "summary"}


# What GitHub would make a link or a notification of, outside code.
LIVE = ("@erin", "@sourcegraph/everyone", "https://evil", "www.evil", "sam@evil", "#1 ", "customer#2", "GH-3")


def bodies(actions: tuple[Action, ...]) -> list[str]:
    return [a.body for a in actions if isinstance(a, CreateComment | UpdateComment)]


def written(snap: Snapshot) -> list[str]:
    """Every body that the bot writes on its way to the end."""
    found: list[str] = []
    for _ in range(4):
        actions = conclude(snap)[2].actions
        if not actions:
            return found
        found += bodies(actions)
        snap = applied(snap, actions)
    raise AssertionError("not settled")


def tokens(found: list[Token]) -> Iterator[Token]:
    for token in found:
        yield token
        yield from tokens(token.children or [])


def assert_harmless(body: str) -> None:
    """Rendered as GitHub would: our own elements, no link, no mention, no command, one marker."""
    assert len(body) <= GITHUB_LIMIT
    markdown = MarkdownIt("gfm-like", {"linkify": False})
    rendered = Tags()
    rendered.feed(markdown.render(body))
    assert rendered.tags <= OURS, rendered.tags - OURS
    assert [] == [live for live in LIVE if live in rendered.text]
    assert not [t for t in tokens(markdown.parse(body)) if t.type in ("link_open", "image")]
    assert not [line for line in command_lines(body) if parse(line.text, book().policy)]
    assert 1 == body.count("<!-- rfh-bot:")
    assert body.rstrip().endswith("-->")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "field",
    ["title", "What", "Timeline", "Customer", "Sourcegraph", "Zendesk", "Deployment", "Kind", "Priority"],
)
def test_no_answer_of_the_template_breaks_out_of_the_card(field: str, text: str) -> None:
    if field == "title":
        snap = snapshot(complete(What="", Priority="p1"), title=text.replace("\n", " ")[:256])
    else:
        snap = snapshot(complete(**{"Priority": "p1", field: text}), title=TITLE)
    found = written(snap)
    assert found
    for body in found:
        assert_harmless(body)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize(
    "command", ["/route", "/customer", "/priority", "/kind", "/owner", "/handoff", "/rout"]
)
def test_no_argument_of_a_command_breaks_out_of_its_reply(command: str, text: str) -> None:
    snap = snapshot(COMPLETE, title=TITLE, comments=(said(f"{command} {text}"[:GITHUB_LIMIT]),))
    for body in written(snap):
        assert_harmless(body)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_body_of_nothing_else_breaks_nothing(text: str) -> None:
    for body in written(snapshot(text[:GITHUB_LIMIT], title=TITLE, labels=("rfh",))):
        assert_harmless(body)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_worked_through_in_no_time(text: str) -> None:
    """Linear: 65,536 characters of it take the time of a few cards, not minutes."""
    body = (f"{COMPLETE}\n{text}\n" * (GITHUB_LIMIT // len(text) + 1))[:GITHUB_LIMIT]
    snap = snapshot(body, title=TITLE, comments=(said((f"{text}\n/why\n" * 2_000)[:GITHUB_LIMIT]),))
    began = time.process_time()
    found = conclude(snap)[2].actions
    assert time.process_time() - began < 3.0
    for written_ in bodies(found):
        assert len(written_) <= GITHUB_LIMIT


@pytest.mark.parametrize(
    "name", ["customer/a|b", "customer/`x`", "customer/<b>", "customer/@erin", "customer/a\u202eb"]
)
def test_names_of_labels_are_text_too(name: str) -> None:
    """Whoever may create labels is no author of the card."""
    for body in written(snapshot(complete(Customer=""), title=TITLE, labels=(f"customer/{name}",))):
        assert_harmless(body)
        rows = [line for line in body.partition("<details>")[0].splitlines() if line.startswith("|")]
        assert {3} == {row.count("|") for row in rows}


def test_logins_of_people_are_no_mentions() -> None:
    snap = snapshot(
        COMPLETE, title=TITLE, comments=(said("/owner @erin"), said("/route delivery", 101, ERIN))
    )
    snap = replace(snap, issue=replace(snap.issue, author=SAM))
    for body in written(snap):
        assert_harmless(body)
    assert "@erin" not in card_of(settled(snap)).body


def test_the_filer_with_a_wild_login_or_none_is_named_without_harm() -> None:
    """Enterprise-managed accounts carry underscores; a deleted account has no login at all."""
    for author in (replace(SAM, login="sam_acme"), replace(SAM, login="a_b_c"), None):
        for body in written(snapshot(complete(Zendesk=""), title=TITLE, author=author)):
            assert_harmless(body)
    assert "the filer" in card_of(settled(snapshot(COMPLETE, author=None))).body


@given(st.text(max_size=400), st.text(max_size=80))
@settings(max_examples=40, deadline=None)
def test_any_text_is_harmless(answer: str, title: str) -> None:
    body = complete(What=answer, Zendesk=answer, Customer=answer, Priority="p1")
    snap = snapshot(body, title=title, comments=(said(f"/route {answer}"), said(f"/customer {title}", 101)))
    for found in written(snap):
        assert_harmless(found)


def test_everything_at_once_stays_below_githubs_limit() -> None:
    """All fields wrong, as long as an issue can be, with a hundred labels and eleven commands."""
    word = "we cannot go on please help us "
    body = "".join(
        f"{line}{word * 160}\n" if line.startswith("**") else f"{line}\n" for line in COMPLETE.splitlines()
    )
    body += "\n".join(f'"{word}"' for _ in range(800))
    labels = [f"customer/{'long-name-' * 3}{n}" for n in range(95)] + ["cs/p1", "cs/p2", "team/delivery"]
    commands = "\n".join(
        f"/{c} {'x' * 5_000}" for c in ["route", "customer", "kind", "priority", "why", "help"] * 2
    )
    snap = snapshot(body[:GITHUB_LIMIT], title="t" * 256, labels=labels, comments=(said(commands),))
    for found in written(snap):
        assert_harmless(found)


# ── in the world ────────────────────────────────────────────────────────────────────────────


@pytest.mark.looptime
@pytest.mark.parametrize("text", [HOSTILE["card marker"], HOSTILE["effect marker"]], ids=["card", "effect"])
async def test_markers_that_users_file_are_not_trusted(text: str) -> None:
    async with World() as w:
        issue = w.file(f"zoekt {text}", complete(What=text, Zendesk=text, Priority="p1"))
        await w.settle()
        w.comment(issue, text, by="olu")
        await w.say(issue, f"/route {text}", by="erin")
        assert 1 == len(w.cards(issue))
        assert 1 == len(w.replies(issue))
        assert all(1 == len(effects_in(body)) and not is_card(body) for body in w.replies(issue))
        await w.lose_database()
        await w.settle()
        assert "was edited or lost" not in w.card(issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_an_issue_as_long_as_it_can_be_gets_its_card() -> None:
    async with World() as w:
        text = ("x " * 40_000)[: GITHUB_LIMIT - len(complete(What=""))]
        issue = w.file(TITLE, complete(What=text))
        await w.settle()
        assert len(w.live(issue).body) > 65_000
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)
