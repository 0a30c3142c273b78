"""The proof: private strings of 200 issues go through everything, and come out nowhere that is not private.

Each issue holds a customer, a host, an address, a token, a phone number and a quote that stand nowhere else.
All 200 are filed, handed over in Slack, drafted and published; some of the strings also leak in public and
are watched, on good days and on bad ones. Then all that left the App is searched for them, opened and
squeezed: logs, exceptions, metrics, the markers that hold memory, every call to Slack, and every call that
reaches the public tracker. The same search finds a path that leaks.
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import logging
import re
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
from bot.sandbox.faults import Faults
from bot.sandbox.records import Issue

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
    blob = base64.b64encode(f"user {c.email} token {c.token}".encode()).decode()
    link = f"https://x.example/?at={quote(c.host).replace('.', '%2E')}"
    wrapped = (
        f"run it on {c.host} with the token {c.token}",
        f"see the log\n\n```\nlevel=error host={c.host} auth={c.token}\n```",
        f"see below <!-- {c.host} {c.token} {c.email} -->",
        f"open {link} and send {blob}",
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


# ── the proof can fail ──────────────────────────────────────────────────────────────────────

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, within a word": lambda text: base64.b64encode(f"x{text}".encode()).decode(),
    "base64url, twice": lambda text: base64.urlsafe_b64encode(
        base64.b64encode(f"ab{text}".encode())
    ).decode(),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent of base64": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "JSON escapes": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "JSON in JSON": lambda text: json.dumps(json.dumps({"text": f"ä {text}"})),
    "hexadecimal": lambda text: text.encode().hex(),
    "invisible characters": "\u200b".join,
    "spaces": " ".join,
    "HTML": html.escape,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_value_is_found_in_whatever_form(form: Callable[[str], str]) -> None:
    canaries = tuple(Canary.of(number) for number in range(ISSUES))
    detector = Detector(canaries)
    for kind, value in canaries[7].kinds().items():
        found = detector.find(f"before {form(value)} after")
        assert f"{kind} 7" in found
        assert {name.partition(" ")[2] for name in found} == {"7"}


def test_canaries_share_nothing_and_are_not_in_ordinary_text() -> None:
    canaries = tuple(Canary.of(number) for number in range(ISSUES))
    assert 6 * ISSUES == len({value for c in canaries for value in c.kinds().values()})
    assert set() == Detector(canaries).find(complete() + words_watch.title("a/b#1") + plan.__doc__ * 3)


class Blind:
    """A scanner that sees nothing."""

    def scan(self, *_: object) -> tuple[()]:
        return ()


async def unredacted(policy: object, texts: Sequence[str], *_: object) -> tuple[tuple[str, ...], str]:
    return tuple(texts), ""


Break = Callable[[World, pytest.MonkeyPatch], None]


def examining(act: Callable[[World, str], object]) -> Break:
    """Something is done with the text while it is scanned."""

    def broken(w: World, _: pytest.MonkeyPatch) -> None:
        real = w.examine

        async def examine(policy: Any, texts: Sequence[str], customers: Sequence[str], /) -> Any:
            act(w, " ".join(texts))
            return await real(policy, texts, customers)

        w.examine = examine

    return broken


def tells(_: World, text: str) -> None:
    if "token=" in text:
        raise RfhError(f"cannot scan {base64.b64encode(text.encode()).decode()}")


def no_redaction(w: World, _: pytest.MonkeyPatch) -> None:
    w.redact = unredacted  # type: ignore[assignment]


def blind(w: World, _: pytest.MonkeyPatch) -> None:
    w.texts.build = lambda _: Blind()  # type: ignore[assignment, return-value]


def values_for_fingerprints(_: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("bot.rules.watch.fingerprint", lambda key, issue, text, f: text[f.start : f.end])


LEAKY: dict[str, tuple[str, Break]] = {
    "a log line": ("logs", examining(lambda w, text: structlog.get_logger().info("scan", text=text))),
    "a line of another library": ("logs", examining(lambda w, text: logging.warning("scan %s", text))),
    "an exception": ("exceptions", examining(tells)),
    "a metric": ("metrics", examining(lambda w, text: w.metrics.slack(text, "ok"))),
    "a marker": ("markers", values_for_fingerprints),
    "a hand-off message": ("Slack calls", no_redaction),
    "a public issue": ("public calls", blind),
}


@pytest.mark.parametrize(("outlet", "damage"), LEAKY.values(), ids=LEAKY)
async def test_a_path_that_leaks_is_found(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, outlet: str, damage: Break
) -> None:
    canary = Canary.of(0)
    w = World(slack=True, key=b"k" * 32)
    damage(w, monkeypatch)
    async with w:
        with watched(w, monkeypatch, caplog) as outlets:
            await drive(w, [0], [canary])
        assert outlet in outlets.leaks(Detector((canary,)))


@pytest.mark.skipif(kingfisher.binary() is None, reason="needs the extra privacy")
async def test_with_the_real_second_scanner(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    """kingfisher reads the draft as a file of its own; it keeps none, and nothing of it comes back."""
    canary = Canary.of(0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with World(slack=True, key=b"k" * 32) as w:
        w.texts.find_secrets = kingfisher.find_secrets
        with watched(w, monkeypatch, caplog) as outlets:
            [published] = await drive(w, [0], [canary])
        assert {} == outlets.leaks(Detector((canary,)))
        assert 1 == len(published.public)
        assert [] == list(tmp_path.iterdir())
