"""Every parser of people's text is linear: twice the text takes about twice the time, whatever it repeats.

CPU time of this thread, the best of a few tries: a busy machine makes a try slower, never faster. What grows
with the square takes four times as long.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from bot import events, memory
from bot.commands import parse
from bot.handbook.read import read_page
from bot.markdown import clean, command_lines, escape, fence, links, normal, read, verbatim
from bot.policy.load import check, default_text, load_default
from bot.rules.closing import answered
from bot.rules.intake import IntakeRule
from bot.rules.privacy import Context
from bot.rules.publish_text import Text, neutral
from bot.rules.routing import Router
from bot.rules.slack_message import escaped
from bot.rules.speech import Speech
from bot.scanner import scanner

SIZE = 6_000  # characters; then twice as many
MOST = 3.2  # times as long
LEAST = 0.002  # seconds below which a clock says little

PIECES = {
    "words": "the search of large repositories times out ",
    "quotes": "> ",
    "nested quotes": "> > > > text\n",
    "lists": "- * + 1. ",
    "nested lists": "- a\n  - b\n    - c\n",
    "brackets": "[[[[](",
    "links": "[a](http://a.b) ",
    "images": "![",
    "code": "`` ` ",
    "fences": "```\n~~~\n",
    "comments": "<!-- ",
    "closed comments": "<!-- a --> ",
    "html": "<a <b><details>",
    "emphasis": "*_**__",
    "tables": "| a | b |\n",
    "headings": "# a\n",
    "mentions": "@a @b/c ",
    "commands": "/route a\n",
    "slashes": "/",
    "markers": "<!-- rfh-bot:card v1 AAAA.BBBB -->",
    "escapes": "\\[\\](\\",
    "entities": "&amp;&#x41;&",
    "colons": "a: b: ",
    "bidi": "\u202e\u2066a\u2069\u200b",
    "combining": "a\u0301\u0327",
    "crlf": "a\r\n\r",
    "tabs": "\t\t a",
    "secrets": "password=sgp_",
    "mail": "a.b+c@d.e ",
    "surrogates": "\ud800",
    "nul": "\0",
}


@cache
def parsers() -> dict[str, Callable[[str], object]]:
    """What reads text of people, by name."""
    policy = load_default()
    intake, router, speech = IntakeRule(policy), Router(policy), Speech(policy.clocks.no_response)
    scan, publish = (
        scanner(policy),
        Context("publish", ("customer/acme",), ("customer/acme", "customer/zeta")),
    )
    seal = memory.Seal(b"k" * 32)

    def event(text: str) -> object:
        return events.read("issues", payload(text), {"a/b": "a/b"}, None)

    return {
        "markdown": read,
        "commands of a comment": command_lines,
        "links": links,
        "verbatim": verbatim,
        "normal": normal,
        "clean": clean,
        "escape": escape,
        "fence": fence,
        "a command": lambda text: parse(f"/route {text}", policy),
        "docs": lambda text: answered(f"updated {text}"),
        "intake": lambda text: intake.parse(text),
        "routing": lambda text: router.route(text[:200], text),
        "speech": speech.verdict,
        "scanner": lambda text: scan.scan(text, publish),
        "memory": lambda text: seal.read(text, 1, 2),
        "effects": memory.effects_in,
        "inert": memory.inert,
        "neutral": lambda text: neutral(Text("title", text)),
        "Slack": escaped,
        "handbook": read_page,
        "event": event,
    }


def payload(text: str) -> dict[str, Any]:
    """An event with the text everywhere."""
    issue = {"number": 1, "title": text, "body": text, "updated_at": "2026-11-17T15:00:00Z"}
    return {"action": "opened", "issue": issue, "repository": {"full_name": "a/b"}, "sender": {"id": 1}}


def took(work: Callable[[str], object], text: str) -> float:
    began = time.thread_time()
    work(text)
    return time.thread_time() - began


@pytest.mark.parametrize("name", list(parsers()))
def test_twice_the_text_takes_about_twice_the_time(name: str) -> None:
    """For each thing that a text may repeat; the best of a few tries counts."""
    work, slow = parsers()[name], []
    for repeated, piece in PIECES.items():
        once = (piece * (SIZE // len(piece) + 1))[:SIZE]
        short, long = took(work, once), took(work, once * 2)
        for _ in range(8):
            if long <= max(LEAST, MOST * short):
                break
            short, long = min(short, took(work, once)), min(long, took(work, once * 2))
        else:
            slow.append(f"{repeated}: {long / short:.1f} times as long ({long * 1000:.0f} ms)")
    assert [] == slow


def test_a_policy_twice_as_long_is_checked_in_about_twice_the_time() -> None:
    """Many customers, each with names."""

    def override(count: int) -> str:
        return json.dumps({"customers": {f"c{n}": {"names": [f"C {n}", f"c-{n}"]} for n in range(count)}})

    texts = [override(400), override(800)]
    best = [min(took(lambda text: check(default_text(), text), text) for _ in range(3)) for text in texts]
    assert best[1] <= MOST * best[0]


@pytest.mark.parametrize("name", list(parsers()))
def test_a_megabyte_is_read_in_seconds(name: str) -> None:
    """GitHub's bodies end at 65,536 characters; what is longer must not stop the process either."""
    text = "A line of a body, with a `word` and a [link](https://a.b).\n" * 17_000
    assert took(parsers()[name], text) < 20
