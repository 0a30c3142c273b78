"""App and Action are one bot: the same on every recorded issue, and one card when they take turns."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from actions import ACTION_IS_WRITER, Actions, action_bot, app_bot, comments_by
from harness import World
from issues import COMPLETE, complete
from test_action import Repository

from bot.memory import is_card, visible
from bot.sandbox.records import Issue
from bot.words_publish import without_app

pytestmark = pytest.mark.looptime

KEY = "k" * 32
TITLE = "zoekt-indexserver runs out of memory on a monorepo"
CASES = sorted((Path(__file__).parent / "cases" / "intake").iterdir())
# What people say on the recorded issues, in turn: every kind of answer there is.
SAID = (
    (),
    (("sam", "/check"),),
    (("erin", "/route delivery"), ("erin", "/why")),
    (("olu", "/route delivery"),),
    (("erin", "`/route delivery`"), ("erin", "> /priority p1")),
    (("erin", "/priority p1"), ("sam", "/undo")),
    (("erin", "/customer Newcomer --new"),),
    (("erin", "/owner @nobody-there"), ("erin", "/rout delivery")),
)


def given(folder: Path) -> tuple[str, tuple[str, ...]]:
    """Body and labels of a recorded issue."""
    more: dict[str, Any] = {}
    if (folder / "given.json").exists():
        more = json.loads((folder / "given.json").read_text("utf-8"))
    body = (folder / "input.md").read_text("utf-8")
    return body.replace("\n", "\r\n") if more.get("crlf") else body, tuple(more.get("labels", ()))


async def file_all(w: World) -> list[Issue]:
    """Every recorded case as an issue with comments, ten seconds apart."""
    issues = []
    for position, folder in enumerate(CASES):
        body, labels = given(folder)
        issue = w.file(TITLE if position % 2 else "Something is odd", body, labels=labels)
        for by, text in SAID[position % len(SAID)]:
            w.comment(issue, text, by=by)
        issues.append(issue)
        await w.settle(10)
    return issues


def shown(w: World, issue: Issue, bot: int) -> dict[str, object]:
    """All that people see of what the bot did."""
    ours = comments_by(w, issue, bot)
    return {
        "labels": sorted(w.labels(issue)),
        "cards": [_timeless(visible(c.body)) for c in ours if is_card(c.body)],
        "replies": [_timeless(c.body) for c in ours if not is_card(c.body)],
        "reactions": [
            [content for who, content in w.github.world.reactions(c) if who.endswith("[bot]")]
            for c in w.comments(issue)
            if c.author_id != bot
        ],
        "assigned": w.assignees(issue),
    }


def _timeless(text: str) -> str:
    """Without the minute in which it was written, and with one name for the bot's comments."""
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d|reply:\d+", "…", text)


async def test_every_recorded_issue_ends_the_same() -> None:
    """One world is worked on by the App, event by event, the other by a single sweep of the Action. The one
    difference is what its token cannot do, which every card of the Action names."""
    async with World() as with_app:
        issues = await file_all(with_app)
        await with_app.settle()
        by_app = [shown(with_app, issue, app_bot(with_app)) for issue in issues]
    async with Repository() as with_action:
        jobs = Actions(with_action)
        off = f"\n\n{without_app(with_action.policy)}"
        issues = await file_all(with_action)
        report = await jobs.job("sweep")
        assert report.summary is not None
        assert (len(CASES), True) == (report.summary.looked_at, report.summary.complete)
        for folder, issue, expected in zip(CASES, issues, by_app, strict=True):
            found = shown(with_action, issue, action_bot())
            cards: list[str] = found["cards"]  # type: ignore[assignment]
            assert [1] * len(cards) == [text.count(off) for text in cards], folder.name
            assert expected == found | {"cards": [text.replace(off, "") for text in cards]}, folder.name
        assert 0 == (await jobs.job("sweep")).summary.written  # type: ignore[union-attr]
    assert sum(bool(each["cards"]) for each in by_app) > 20  # the comparison is about something
    assert any(each["replies"] for each in by_app)


# ── taking turns ────────────────────────────────────────────────────────────────────────────


class Both(World):
    """A tracker where first one, then the other writes."""

    def turns(self, writer: str) -> str:
        """Who writes now, and who did before: each names the other, as a switch back may come."""
        app = f"{{login: rfh-bot, id: {app_bot(self)}, kind: Bot}}"
        action = f"{{login: github-actions, id: {action_bot()}, kind: Bot}}"
        return f"writer: {writer}\nidentities:\n  - {app}\n  - {action}\n"

    def cards_seen(self, issue: Issue) -> list[int]:
        """The authors of the cards that people see unfolded."""
        return [c.author_id for c in self.comments(issue) if is_card(c.body) and c.minimized is None]


@pytest.mark.parametrize("key", ["", KEY], ids=["plain", "signed"])
async def test_from_the_app_to_the_action_and_back_there_is_one_card_to_see(key: str) -> None:
    """The memory goes along: a command of before can be undone after, and the second card is the last."""
    async with Both(key=key.encode()) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        assert [app_bot(w)] == w.cards_seen(issue)

        jobs = Actions(w, key=key, policy=w.turns("action"))
        await w.settle()
        await jobs.job("sweep")
        assert [action_bot()] == w.cards_seen(issue)
        assert "team/delivery" in w.labels(issue)
        undo = w.comment(issue, "/undo", by="erin")
        await jobs.on_comment(issue, undo)
        assert {"team/search-core"} == {name for name in w.labels(issue) if name.startswith("team/")}
        w.github.calls.clear()
        await jobs.job("sweep")
        assert [] == w.github.calls.writes

        jobs.set_policy(w.turns("app"))
        await w.settle()
        await w.say(issue, "/priority p1", by="erin")
        assert [app_bot(w)] == w.cards_seen(issue)
        assert {"cs/p1", "team/search-core"} <= w.labels(issue)
        assert "The memory in this card was edited or lost" not in w.card(issue)
        assert 2 == sum(is_card(c.body) for c in w.comments(issue))
        await w.assert_settled(issue)


@pytest.mark.parametrize("key", ["", KEY], ids=["plain", "signed"])
async def test_from_the_action_to_the_app_nothing_is_said_twice(key: str) -> None:
    """An alert that the Action gave is not given again; nor is a command run again."""
    async with Both(key=key.encode()) as w:
        jobs = Actions(w, key=key, policy=w.turns("action"))
        await w.settle()
        issue = w.file("Something is odd", complete(What="Please help.", Steps="look", Priority="p1"))
        why = w.comment(issue, "/why", by="erin")
        await jobs.on_comment(issue, why)
        said = [c for c in comments_by(w, issue, action_bot()) if not is_card(c.body)]
        assert 2 == len(said)

        jobs.set_policy(w.turns("app"))
        await w.settle()
        await w.bot.queue.accept(f"{w.repo.full_name}#{issue.number}")
        await w.settle()
        assert [app_bot(w)] == w.cards_seen(issue)
        assert [True] == [is_card(c.body) for c in comments_by(w, issue, app_bot(w))]
        await w.assert_settled(issue)


async def test_the_shipped_policy_knows_the_action_as_predecessor() -> None:
    """Action → App needs no line of policy but `writer`."""
    async with World() as w:
        jobs = Actions(w, policy=ACTION_IS_WRITER)
        await w.settle()
        issue = w.file(TITLE, COMPLETE)
        await jobs.on_issue(issue)
        await w.settle()
        jobs.set_policy("writer: app\n")
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        assert w.card(issue).startswith("### ✅ Handed to Delivery")
        (old,) = [c for c in comments_by(w, issue, action_bot()) if is_card(c.body)]
        assert "OUTDATED" == old.minimized
        await w.assert_settled(issue)


async def test_a_refusal_to_fold_the_old_card_stops_nothing() -> None:
    """Folding is a courtesy: it is tried once, and the memory goes on in our own card."""
    async with World() as w:
        jobs = Actions(w, policy=ACTION_IS_WRITER)
        await w.settle()
        issue = w.file(TITLE, COMPLETE)
        await jobs.on_issue(issue)
        jobs.set_policy("writer: app\n")
        refused = w.github.world.minimize
        try:
            w.github.world.minimize = _refuse  # type: ignore[method-assign]
            await w.settle()
            await w.say(issue, "/route delivery", by="erin")
        finally:
            w.github.world.minimize = refused  # type: ignore[method-assign]
        assert w.card(issue).startswith("### ✅ Handed to Delivery")
        assert [None] == [c.minimized for c in comments_by(w, issue, action_bot())]
        await w.assert_settled(issue)


def _refuse(*_: object) -> None:
    from bot.sandbox.resolvers import Fault

    raise Fault("FORBIDDEN", "Resource not accessible by integration")
