"""The proof: private strings of 200 issues go through everything, and come out nowhere that is not private.

Each issue holds a customer, a host, an address, a token, a phone number and a quote that stand nowhere else. All
200 are filed, handed over in Slack, drafted and published; some of the strings also leak in public and are
watched, on good days and on bad ones. Then all that left the App is searched for them, opened and squeezed:
logs, exceptions, metrics, the markers that hold memory, every call to Slack, and every call that reaches the
public tracker. The same search finds a path that leaks.
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import logging
import re
import shutil
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from canary import Canary, Detector
from harness import World
from issues import complete
from prometheus_client import generate_latest
from publish_support import Publication
from structlog.testing import capture_logs
from wiretap import Wiretap

from bot import kingfisher, plan, words_watch
from bot.budget import Budget
from bot.errors import RfhError
from bot.policy.limits import Limits
from bot.rules import slack_message, watch_marker
from bot.sandbox.faults import Faults
from bot.sandbox.records import Issue
from bot.slack.redactor import Redactor

pytestmark = pytest.mark.looptime

ISSUES = 200
GOOD = 160  # of them on days on which GitHub does not fail
BAD_DAY = "5xx:0.03,reset:0.02,graphql-200:0.03"
_MARKER = re.compile(r"<!-- rfh-bot:.*?-->", re.DOTALL)


# ── what leaves ─────────────────────────────────────────────────────────────────────────────


@dataclass
class Outlets:
    """Everything that leaves the App but for the private tracker, by name."""

    world: World
    tap: Wiretap
    logs: list[Any] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    caplog: pytest.LogCaptureFixture | None = None

    def texts(self) -> dict[str, str]:
        state, bot = self.world.github.world.state, self.world.github.access.app.bot.id
        own = [one.body for one in state.comments.values() if one.author_id == bot]
        leaks = [one for one in state.issues_of(self.world.repo) if one.author_id == bot]
        told = [f"{one.title}\n{one.body}" for one in leaks]
        told += [one.body for leak in leaks for one in self.world.comments(leak)]
        return {
            "logs": "\n".join([*map(str, self.logs), self.caplog.text if self.caplog else ""]),
            "exceptions": "\n".join(self.errors),
            "metrics": generate_latest(self.world.metrics.registry).decode(),
            "markers": "\n".join(mark for body in (*own, *told) for mark in _MARKER.findall(body)),
            "issues about leaks": "\n".join(told),
            "public calls": self.tap.to_public(),
            "Slack calls": self.tap.to_slack(),
        }

    def leaks(self, detector: Detector) -> dict[str, set[str]]:
        return {name: found for name, text in self.texts().items() if (found := detector.find(text))}


async def no_wait(self: Budget, installation: int, n: int = 1, *, urgent: bool = False) -> float:
    return 0.0


@contextmanager
def watched(w: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Outlets]:
    """Listen to all outlets. Of exceptions, also those that somebody catches."""
    caplog.set_level(logging.INFO)
    outlets = Outlets(w, Wiretap(w), caplog=caplog)

    def made(self: RfhError, *said: object) -> None:
        outlets.errors.append(f"{type(self).__name__} {said}")
        Exception.__init__(self, *said)

    def unseen(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        outlets.errors.append(str(context))
        if (error := context.get("exception")) is not None:
            outlets.errors.append("".join(traceback.format_exception(error)))

    monkeypatch.setattr(RfhError, "__init__", made)
    # All in some minutes: neither our brakes nor GitHub's are what is tried here.
    monkeypatch.setattr(Limits, "over", lambda *_: False)
    monkeypatch.setattr(Budget, "take", no_wait)
    w.github.limits.content_per_minute = w.github.limits.content_per_hour = w.github.limits.primary = 10**6
    asyncio.get_running_loop().set_exception_handler(unseen)
    with outlets.tap, capture_logs() as lines:
        outlets.logs = lines
        yield outlets


# ── what people write ───────────────────────────────────────────────────────────────────────


def filed(number: int, c: Canary) -> tuple[str, str]:
    """An issue as support files it: title and body. The number decides how the strings are wrapped."""
    both = f"user {c.email} token {c.token}"
    wrapped = (
        f"run it on {c.host} with the token {c.token}",
        f"see the log\n\n```\nlevel=error host={c.host} auth={c.token}\n```",
        f"see below <!-- {c.host} {c.token} {c.email} -->",
        f"open https://x.example/?at={quote(c.host).replace('.', '%2E')} and send {base64.b64encode(both.encode()).decode()}",
        f"mail {c.email.replace('@', '&#64;')}, token: {c.token}, host {c.host.upper()}",
    )[number % 5]
    told = complete(
        What=f"Find out why zoekt-indexserver of {c.customer} is killed during indexing on {c.host}.",
        Timeline=f"this week, {c.email} waits at {c.phone}",
        Customer=c.customer,
        Steps=wrapped,
    )
    return f"zoekt-indexserver runs out of memory at {c.customer}", f"{told}\n> {c.quote}\n"


def remark(c: Canary) -> str:
    """A comment that is folded into the draft."""
    return f"{c.customer} says:\n\n> {c.quote}\n\nCall {c.phone}; {c.host} answers with {c.token}."


def spill(w: World, number: int, c: Canary) -> Issue:
    """Somebody outside writes what is private into the public tracker."""
    world, text = w.github.world, f"We at {c.customer} use {c.host}, {c.email}, {c.phone}.\ntoken={c.token}"
    way = number // 4 % 4
    if way == 0:
        return world.file_issue(w.demo.public, "olu", f"{c.customer} is slow", text)
    issue = world.file_issue(w.demo.public, "olu", "Search is slow", "It is." if way > 1 else text)
    if way == 2:
        world.comment(issue, "olu", text)
    if way == 3:
        world.edit_comment(world.comment(issue, "olu", "me too"), "olu", f"```\n{text}\n```")
    return issue


async def drive(w: World, numbers: Sequence[int], canaries: Sequence[Canary]) -> list[Publication]:
    """Issues through everything: filed, handed over, drafted, published; some of it leaks in public."""
    issues = []
    for number in numbers:
        c = canaries[number]
        w.github.world.create_label(w.repo, f"customer/{c.customer.lower()}")
        issue = w.file(*filed(number, c))
        comment = w.comment(issue, remark(c), by="sam")
        link = f" with https://x.invalid/o/r/issues/1#issuecomment-{comment.id}" if number % 2 else ""
        w.comment(issue, f"/publish{link}", by="erin")
        issues.append(issue)
    spilled = [spill(w, number, canaries[number]) for number in numbers if number % 4 == 0]
    await w.settle(60)
    drafts = [Publication(w, issue) for issue in issues]
    for p in drafts:
        for number, _, mark, _ in p.findings:
            assert "⚠️" == mark
            w.comment(p.issue, f"/ack {number}", by="erin")
    await w.settle(60)
    for p in drafts:
        w.comment(p.issue, f"/publish confirm {p.digest}", by="erin")
    for issue in spilled[::2]:
        w.github.world.edit_issue(issue, "olu", title="Search is slow", body="Never mind.")
    await w.settle(120)
    return drafts


def told(w: World) -> list[Issue]:
    bot = w.github.access.app.bot.id
    return [one for one in w.github.world.state.issues_of(w.repo) if one.author_id == bot]


async def test_what_is_private_in_200_issues_comes_out_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    canaries = tuple(Canary.of(number) for number in range(ISSUES))
    async with World(slack=True, key=b"k" * 32) as w:
        with watched(w, monkeypatch, caplog) as outlets:
            published = await drive(w, range(GOOD), canaries)
            w.github.faults.odds.update(Faults.parse(BAD_DAY).odds)
            published += await drive(w, range(GOOD, ISSUES), canaries)
            await w.settle(600)
            w.github.faults.odds.clear()
            w.leap(26 * 3600)  # reminders, lists and the night
            await w.settle(600)
        assert {} == outlets.leaks(Detector(canaries))

        # And all of it was there, and went through all of that.
        texts = outlets.texts()
        assert all(texts.values())
        assert all(
            w.live(p.issue).body == filed(n, c)[1]
            for n, (p, c) in enumerate(zip(published, canaries, strict=True))
        )
        assert ISSUES == len([p for p in published if "**Public" in p.card])
        assert len(told(w)) == len(canaries[::4])
        assert w.slack is not None
        assert len(w.slack.messages) >= ISSUES + len(told(w))
