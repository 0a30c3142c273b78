"""The text as the router sees it: zones, words and phrases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.routing_index import Index, inflections
from bot.rules.text import FILTER, Reader, fold, phrase, words

READER = Reader(("steps to reproduce", "expected behavior"), ("sourcegraph version", "platform information"))


def zones(text: str) -> list[tuple[str, str]]:
    found = [(zone, text[start:end].strip()) for zone, start, end in READER.pieces(text, fold(text))]
    return [(zone, part) for zone, part in found if part]


CASES = {
    "prose": ("one\ntwo", [("body", "one\ntwo")]),
    "fence": ("a\n```go\nb\n```\nc", [("body", "a"), ("code", "b"), ("body", "c")]),
    "tilde fence holds backticks": ("~~~\n```\n~~~\na", [("code", "```"), ("body", "a")]),
    "open fence": ("```\na\nb", [("code", "a\nb")]),
    "comment": ("a <!-- b --> c", [("body", "a"), ("body", "c")]),
    "comment over lines": ("a\n<!-- b\nc\n-->d", [("body", "a"), ("body", "d")]),
    "open comment": ("a\n<!-- b\nc", [("body", "a")]),
    "cc line": ("a\ncc @x\n/cc y\nb", [("body", "a"), ("body", "b")]),
    "mention": ("ask @acme/team now", [("body", "ask"), ("body", "now")]),
    "address": ("see https://a.b/c, ok", [("body", "see"), ("link", "https://a.b/c,"), ("body", "ok")]),
    "link text counts": (
        "[a word](http://x.y)",
        [("body", "[a word]("), ("link", "http://x.y"), ("body", ")")],
    ),
    "template heading": ("### Steps to reproduce\na", [("body", "a")]),
    "bold template label": ("**Steps to reproduce**\na", [("body", "a")]),
    "own heading": ("## Zoekt\na", [("body", "## Zoekt\na")]),
    "context label": ("**Sourcegraph version:** 3.2\na", [("context", "** 3.2"), ("body", "a")]),
    "context heading": (
        "#### Platform information\nk8s\n# Else\na",
        [("context", "k8s"), ("body", "# Else\na")],
    ),
    "labels in one line": (
        "Sourcegraph version: 3.2. Platform information: GKE. Steps to reproduce: run",
        [("context", "3.2."), ("context", "GKE."), ("body", "run")],
    ),
    "not a label": ("The sourcegraph version: no", [("body", "The sourcegraph version: no")]),
    "log line": ("t=2022-01-01 lvl=eror\nthen", [("code", "t=2022-01-01 lvl=eror"), ("body", "then")]),
    "log with a date": ("[2022-01-01 10:00] x", [("code", "[2022-01-01 10:00] x")]),
    "numbered list is no log": ("1. one\n10. two", [("body", "1. one\n10. two")]),
    "quote counts": ("> it fails", [("body", "> it fails")]),
    "empty": ("", []),
}


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES)
def test_zones(text: str, wanted: list[tuple[str, str]]) -> None:
    """Each stretch of a body counts as what it is."""
    assert wanted == zones(text)


@pytest.mark.parametrize(("text", "wanted"), CASES.values(), ids=CASES)
def test_zones_do_not_depend_on_line_ends(text: str, wanted: list[tuple[str, str]]) -> None:
    """CRLF is a line end as any other."""
    crlf = [(zone, part.replace("\r\n", "\n")) for zone, part in zones(text.replace("\n", "\r\n"))]
    assert wanted == crlf


@given(st.text())
def test_pieces_are_in_order_and_inside(text: str) -> None:
    """Pieces never overlap and never leave the text."""
    at = 0
    for _, start, end in READER.pieces(text, fold(text)):
        assert at <= start < end <= len(text)
        at = end


@given(st.text())
def test_folding_keeps_offsets(text: str) -> None:
    """Folded text is as long as the text, so that places stay places."""
    assert len(text) == len(fold(text))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Repo-Updater_x", ["repo", "updater", "x"]),
        ("C++ and C#", ["cpp", "and", "cº"]),
        ("repo:^a lang:go", ["repo", FILTER, "a", "lang", FILTER, "go"]),
        ("Note: this", ["note", "this"]),
        ("“zoekt”…", ["zoekt"]),
        ("🔥zoekt🔥 \u202ehelm\u200b", ["zoekt", "helm"]),
        ("NUL\x00 and\x02control", ["nul", "and", "control"]),
        ("Über uns", ["über", "uns"]),
    ],
)
def test_words(text: str, wanted: list[str]) -> None:
    """Separators vanish, languages with marks and search filters stay."""
    assert wanted == words(fold(text))


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("clone", {"clone", "clones", "cloned", "cloning"}),
        ("repository", {"repository", "repositories", "repositoried", "repositorying"}),
        ("index", {"index", "indexes", "indexed", "indexing"}),
        ("plug", {"plug", "plugs", "pluged", "pluging", "plugged", "plugging"}),
        ("go", {"go"}),
        ("k8s", {"k8s"}),
    ],
)
def test_inflections(word: str, forms: set[str]) -> None:
    """Regular forms of words, nothing for names with digits and for very short words."""
    assert forms == inflections(word)


def found(phrases: list[str], text: str) -> list[str]:
    index = Index(phrases)
    return [phrases[entry] for entry, _, _ in index.find(words(fold(text)))]


INDEX_CASES = {
    "longest phrase": (["search", "search context"], "the search contexts", ["search context"]),
    "inner phrase is hidden": (["context", "my search context"], "my search context", ["my search context"]),
    "overlap is kept": (
        ["code host", "host connection"],
        "code host connection",
        ["code host", "host connection"],
    ),
    "part of a phrase is nothing": (["batch change"], "a batch of changes", []),
    "joined": (["code insights"], "codeinsights CodeInsight", ["code insights"]),
    "short joined is another word": (["a b"], "ab", []),
    "form of a shorter word": (["indexing", "index"], "indexes", ["indexing"]),
    "filter": (["repo:"], "repo:x repo: x repo", ["repo:"]),
    "phrase backs off": (["go to definition", "go"], "go to town", ["go"]),
}


@pytest.mark.parametrize(("phrases", "text", "wanted"), INDEX_CASES.values(), ids=INDEX_CASES)
def test_index(phrases: list[str], text: str, wanted: list[str]) -> None:
    """What the index finds in a text."""
    assert wanted == found(phrases, text)


def test_phrases_that_read_the_same_are_one_entry() -> None:
    """The first phrase stands for all that read alike."""
    assert [0, 0, 2] == Index(["campaign", "Campaigns", "batch"]).entries


@given(
    st.lists(st.text("abc ", min_size=1, max_size=6).filter(str.strip), min_size=1, max_size=6),
    st.text("abc "),
)
def test_every_hit_is_the_phrase_it_claims(phrases: list[str], text: str) -> None:
    """A hit's words are forms of the phrase's words, or the phrase written together."""
    index = Index(phrases)
    tokens = words(fold(text))
    for entry, start, end in index.find(tokens):
        said, wanted = tokens[start:end], phrase(phrases[entry])
        joined = len(said) == 1 and said[0] in inflections("".join(wanted))
        assert joined or len(said) == len(wanted)
