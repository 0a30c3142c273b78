"""The watch of the public tracker: what leaked is told on the private side, once, and nowhere else."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from harness import World
from structlog.testing import capture_logs
from test_private_text import stored
from wiretap import Wiretap

from bot.github.client import GitHub
from bot.model import IssueKey
from bot.rulebooks import Rulebooks
from bot.rules.rulebook import Rulebook
from bot.rules.watch_marker import without_marker
from bot.sandbox.faults import Once
from bot.sandbox.records import Issue
from bot.store_watch import WatchStore

pytestmark = pytest.mark.looptime

PRIVATE = "sourcegraph/customer"
TOKEN = "sgp_0123456789abcdef_" + "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
NAME = "We see this at Quandel too."
VALUES = ("quandel", "northmere", TOKEN[4:], "25,000")


def public(w: World, title: str, body: str = "", *, by: str = "olu") -> Issue:
    return w.github.world.file_issue(w.demo.public, by, title, body)


def key(issue: Issue) -> IssueKey:
    return IssueKey("sourcegraph", "sourcegraph", issue.number)


def told(w: World) -> list[Issue]:
    """The private issues about leaks, as they are now."""
    bot = w.github.access.app.bot.id
    return [issue for issue in w.github.world.state.issues_of(w.repo) if issue.author_id == bot]


def rows(w: World) -> list[list[str]]:
    """The table of the one private issue: where, lines, what, state."""
    [issue] = told(w)
    found = [line.strip("| ").split(" | ") for line in issue.body.splitlines() if line.startswith("| [")]
    return [[re.sub(r"\[(.*?)\]\(.*?\)", r"\1", cell).strip() for cell in row] for row in found]


def said_in_public(w: World, issue: Issue) -> list[str]:
    bot = w.github.access.app.bot.id
    return [comment.body for comment in w.comments(issue) if comment.author_id == bot]


def slack(w: World) -> list[str]:
    assert w.slack is not None
    return [message.text for message in w.slack.messages]


def watching(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Another policy: keys of `privacy.watch`, or `writer`, `shadow`, and `public` for the public tracker."""
    real = Rulebooks.get
    own: dict[str, Any] = {key: changes.pop(key) for key in ("writer", "shadow") if key in changes}

    @cache
    def changed(book: Rulebook) -> Rulebook:
        policy, other = book.policy, copy.copy(book)
        watch = policy.privacy.watch.model_copy(update={k: v for k, v in changes.items() if k != "public"})
        more = {"privacy": policy.privacy.model_copy(update={"watch": watch}), **own}
        if "public" in changes:
            more["tracker"] = policy.tracker.model_copy(update={"public": changes["public"]})
        other.policy = policy.model_copy(update=more)
        return other

    async def get(self: Rulebooks, gh: GitHub, owner: str, repo: str) -> Rulebook:
        return changed(await real(self, gh, owner, repo))

    monkeypatch.setattr(Rulebooks, "get", get)
    monkeypatch.setattr(Rulebooks, "in_force", lambda self, name: changed(self.default))


async def assert_quiet(w: World, issue: Issue) -> None:
    """A second run right after a run writes nothing, tells nobody, and costs a read for each tracker."""
    await w.settle()
    await w.bot.watch.run(key(issue), PRIVATE)  # what is cached for minutes may have expired by now
    messages = len(slack(w)) if w.slack else 0
    w.github.calls.clear()
    await w.bot.watch.run(key(issue), PRIVATE)
    assert [] == w.github.calls.writes
    assert messages == (len(slack(w)) if w.slack else 0)
    assert len(w.github.calls.reads) <= 2, [c.operation or c.template for c in w.github.calls.reads]


# ── what counts ─────────────────────────────────────────────────────────────────────────────


def edited(w: World) -> Issue:
    issue = public(w, "Search fails", "It fails.")
    w.github.world.edit_issue(issue, "olu", body=f"It fails.\n\n{NAME}")
    return issue


def retitled(w: World) -> Issue:
    issue = public(w, "Search fails")
    w.github.world.edit_issue(issue, "olu", title="Search fails at Quandel")
    return issue


def commented(w: World) -> Issue:
    issue = public(w, "Search fails")
    w.comment(issue, f"Same here.\r\n\r\ntoken: {TOKEN}", by="olu")
    return issue


def comment_edited(w: World) -> Issue:
    issue = public(w, "Search fails")
    comment = w.comment(issue, "Same here.", by="olu")
    w.github.world.edit_comment(comment, "olu", NAME)
    return issue


def transferred(w: World) -> Issue:
    other = w.github.world.create_repo("sourcegraph/docs", private=False)
    issue = w.github.world.file_issue(other, "olu", "Search fails", NAME)
    return w.github.world.transfer(issue, w.demo.public, "max")


def published(w: World) -> Issue:
    """By us: what was published is read as well."""
    return w.github.world.file_issue(w.demo.public, w.github.access.app.bot, "Search fails", NAME)


def hidden(w: World) -> Issue:
    return public(w, "Search fails", "<!-- Quandel pays $25,000 for 450 seats -->")


Act = Callable[[World], Issue]
LEAKS: list[tuple[Act, list[tuple[str, str, str]]]] = [
    (lambda w: public(w, "Slow at Quandel"), [("Title", "", "a customer's name")]),
    (lambda w: public(w, "Slow", f"Slow.\n{NAME}\nQuandel!"), [("Description", "2, 3", "a customer's name")]),
    (edited, [("Description", "3", "a customer's name")]),
    (retitled, [("Title", "", "a customer's name")]),
    (commented, [("Comment 3100000001", "3", "a secret")]),
    (comment_edited, [("Comment 3100000001", "1", "a customer's name")]),
    (transferred, [("Description", "1", "a customer's name")]),
    (published, [("Description", "1", "a customer's name")]),
    (hidden, [("Description", "1", "a customer's name"), ("Description", "1", "contract facts")]),
]
NAMES = ["title", "body", "edited", "retitled", "commented", "comment edited"]
NAMES += ["transferred", "published", "hidden"]


@pytest.mark.parametrize(("act", "expected"), LEAKS, ids=NAMES)
async def test_what_leaked_is_told_by_kind_and_place(act: Act, expected: list[tuple[str, str, str]]) -> None:
    """One private issue with its label, one message in Slack, nothing in public, the value nowhere."""
    with capture_logs() as lines:
        async with World(slack=True) as w:
            await w.settle()
            with Wiretap(w) as tap:
                issue = act(w)
                await w.settle()
            [private] = told(w)
            assert set(expected) == {tuple(row[:3]) for row in rows(w)}
            assert all(row[3].startswith("**public**") for row in rows(w))
            assert {"public-leak"} == w.labels(private)
            assert f"https://{issue.number}" not in private.body
            assert f"sourcegraph/sourcegraph/issues/{issue.number}" in private.body
            [message] = slack(w)
            assert f"issues/{private.number}" in message
            assert w.slack is not None
            assert w.slack.messages == w.slack.channel("#customer-support-internal")
            assert [] == said_in_public(w, issue)
            assert [] == tap.written_in_public()
            everything = [private.title, private.body, message, str(lines), await stored(w)]
            everything += [str(one) for one in tap.sent]
            for value in VALUES:
                assert not [text for text in everything if value in text.casefold()]
            await assert_quiet(w, issue)
            assert 1 == len(told(w))


def pull(w: World) -> Issue:
    issue = w.github.world.file_issue(w.demo.public, "olu", "Fix", NAME, pull=True)
    w.comment(issue, NAME, by="olu")
    return issue


CLEAN: list[tuple[str, Act]] = [
    ("words", lambda w: public(w, "Search fails", "It fails with a 500 since 3.43.2.")),
    ("links", lambda w: public(w, "x", "See sourcegraph/customer#7, https://sourcegraph.zendesk.com/x/1")),
    ("commit", lambda w: public(w, "x", "Broken by 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567")),
    ("a warning", lambda w: public(w, "x", "Write to jo@oakhaven.io, 10.1.2.3")),
    ("pull request", pull),
]


@pytest.mark.parametrize("act", [act for _, act in CLEAN], ids=[name for name, _ in CLEAN])
async def test_what_is_no_leak_costs_a_read_at_most(act: Act) -> None:
    async with World(slack=True) as w:
        await w.settle(60)
        await w.bot.reconciler.catalogues.get(
            await w.bot.clients.client(w.repo.owner, w.repo.name), w.repo.owner, w.repo.name
        )
        w.github.calls.clear()
        act(w)
        await w.settle(60)
        assert [] == told(w)
        assert [] == slack(w)
        assert [] == w.github.calls.writes
        assert len([call for call in w.github.calls.reads if call.operation != "SweepIssues"]) <= 1


async def test_a_policy_may_count_warnings_too(monkeypatch: pytest.MonkeyPatch) -> None:
    watching(monkeypatch, warnings=True)
    async with World() as w:
        public(w, "Search fails", "Write to jo@oakhaven.io")
        await w.settle()
        assert [["Description", "1", "an e-mail address"]] == [row[:3] for row in rows(w)]


# ── cost ────────────────────────────────────────────────────────────────────────────────────


async def test_many_events_are_one_look() -> None:
    async with World() as w:
        issue = public(w, "Search fails")
        await w.settle()
        w.github.calls.clear()
        for _ in range(10):
            w.comment(issue, NAME, by="olu")
        await w.settle()
        assert 1 == len(told(w))
        assert sum(call.operation == "WatchIssue" for call in w.github.calls.reads) <= 2


async def test_a_thread_of_360_comments_is_read_once_then_by_what_changed() -> None:
    async with World() as w:
        issue = public(w, "Search fails")
        comments = []
        for _ in range(9):
            comments += [w.comment(issue, f"me too {number}", by="olu") for number in range(40)]
            await w.settle(190)
        w.github.calls.clear()
        w.github.world.edit_comment(comments[3], "olu", NAME)
        await w.settle(300)
        assert [[f"Comment {comments[3].id}", "1", "a customer's name"]] == [row[:3] for row in rows(w)]
        assert 1 == sum(call.operation == "WatchIssue" for call in w.github.calls.reads)
        for _ in range(2):  # the leak is far behind by now, and found all the same
            for number in range(50):
                w.comment(issue, f"and me {number}", by="olu")
            await w.settle(190)
        w.github.world.edit_comment(comments[3], "olu", "me too")
        await w.settle()
        assert rows(w)[0][3].startswith("edited away")


async def test_lost_webhooks_are_made_up_for_within_ten_minutes() -> None:
    """And a round after events that arrived costs one call."""
    async with World() as w:
        await w.settle(700)
        w.delivering = False
        public(w, "Search fails", NAME)
        await w.settle(620)
        assert 1 == len(told(w))
        w.delivering = True
        w.github.calls.clear()
        await w.settle(600)
        assert [] == [call for call in w.github.calls.calls if call.operation == "WatchIssue"]


# ── what happens to it ──────────────────────────────────────────────────────────────────────


async def test_what_was_edited_away_is_said_to_be_in_the_history_still() -> None:
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle()
        w.github.world.edit_issue(issue, "olu", body="It fails.")
        await w.settle()
        assert rows(w)[0][3].startswith("edited away")
        assert "its history still shows it" in told(w)[0].body
        assert "Delete revision from history" in told(w)[0].body
        await assert_quiet(w, issue)
        w.github.world.edit_issue(issue, "olu", body=NAME)  # and put back
        await w.settle()
        assert rows(w)[0][3].startswith("**public**")
        assert 1 == len(slack(w))
        assert [] == w.comments(told(w)[0])


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (lambda w, issue: w.github.world.delete_comment(w.comments(issue)[0], "max"), "comment deleted"),
        (lambda w, issue: w.github.world.delete_issue(issue, "max"), "issue deleted"),
        (
            lambda w, issue: w.github.world.transfer(
                issue, w.github.world.create_repo("sourcegraph/docs", private=False), "max"
            ),
            "issue moved",
        ),
    ],
    ids=["comment deleted", "issue deleted", "issue moved"],
)
async def test_what_was_taken_away_is_said(act: Callable[[World, Issue], object], state: str) -> None:
    """GitHub has mailed it all the same, and the issue says that."""
    async with World(slack=True) as w:
        issue = public(w, "Search fails")
        w.comment(issue, NAME, by="olu")
        await w.settle()
        act(w, issue)
        await w.settle()
        assert rows(w)[0][3].startswith(state)
        assert "It was mailed" in told(w)[0].body
        assert f"sourcegraph/sourcegraph/issues/{issue.number}" in told(w)[0].body
        await w.settle(1300)
        assert 1 == len(told(w))
        assert 1 == len(slack(w))


async def test_what_somebody_dealt_with_is_never_told_again() -> None:
    """Closing says so; a new value opens the issue again, with that value alone."""
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle()
        w.github.world.close(told(w)[0], "sam")
        w.comment(issue, NAME, by="olu")
        await w.settle()
        assert "closed" == told(w)[0].state
        assert 1 == len(slack(w))
        await assert_quiet(w, issue)
        w.comment(issue, "Northmere sees it too.", by="olu")
        await w.settle()
        assert "open" == told(w)[0].state
        assert [["a customer's name"]] == [row[2:3] for row in rows(w)]
        assert 2 == len(slack(w))
        assert 1 == len(w.comments(told(w)[0]))
        await assert_quiet(w, issue)


async def test_a_private_issue_that_somebody_deleted_is_dealt_with() -> None:
    async with World() as w:
        issue = public(w, "Search fails", NAME)
        await w.settle(120)
        w.github.world.delete_issue(told(w)[0], "max")
        w.comment(issue, NAME, by="olu")
        await w.settle(120)
        assert [] == told(w)
        await assert_quiet(w, issue)
        w.comment(issue, "Northmere sees it too.", by="olu")
        await w.settle(120)
        assert 1 == len(told(w))


async def test_more_of_it_calls_people_again() -> None:
    """A comment and a message for a value that is new; the list is up to date."""
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle()
        w.comment(issue, f"Quandel. And token: {TOKEN}", by="olu")
        await w.settle()
        [private] = told(w)
        assert 3 == len(rows(w))
        assert "Revoke the secret" in private.body
        [comment] = w.comments(private)
        assert "a secret" in comment.body
        assert "customer" not in without_marker(comment.body).replace(PRIVATE, "").partition("More")[2]
        assert 2 == len(slack(w))
        await assert_quiet(w, issue)


async def test_a_marker_that_a_person_broke_is_mended() -> None:
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle()
        w.github.world.edit_issue(told(w)[0], "max", body="I take it from here.")
        w.comment(issue, "me too", by="olu")
        await w.settle()
        assert 1 == len(rows(w))
        assert 1 == len(slack(w))
        await assert_quiet(w, issue)


# ── crashes ─────────────────────────────────────────────────────────────────────────────────


async def test_a_crash_between_the_issue_and_its_record_leaves_one_issue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put, broken = WatchStore.put, [True]

    async def crash(self: WatchStore, public: IssueKey, known: object) -> None:
        if getattr(known, "private", None) is not None and broken:
            broken.pop()
            raise RuntimeError
        await put(self, public, known)  # type: ignore[arg-type]

    monkeypatch.setattr(WatchStore, "put", crash)
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle(300)
        assert not broken
        assert 1 == len(told(w))
        assert 1 == len(slack(w))
        await assert_quiet(w, issue)


@pytest.mark.parametrize("fault", ["reset", "reset-after", "before", "after"])
@pytest.mark.parametrize("lag", [0.0, 20.0])
async def test_an_answer_that_was_lost_leaves_one_issue(fault: str, lag: float) -> None:
    """Done or not done, and also while reads are behind."""
    async with World(slack=True) as w:
        await w.settle()
        w.github.faults.once.append(Once(fault, "POST /repos/{owner}/{repo}/issues"))  # type: ignore[arg-type]
        w.github.faults.lag = lag
        issue = public(w, "Search fails", NAME)
        await w.settle(600)
        assert [] == w.github.faults.once
        w.github.faults.lag = 0.0
        await w.settle(600)
        assert 1 == len(told(w))
        assert 1 == len(slack(w))
        await assert_quiet(w, issue)


@pytest.mark.parametrize("on", ["PATCH /repos/{owner}/{repo}/issues/{issue_number}", "addComment"])
@pytest.mark.parametrize("fault", ["reset-after", "before"])
async def test_a_lost_answer_repeats_no_comment(on: str, fault: str) -> None:
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle()
        w.github.faults.once.append(Once(fault, on))  # type: ignore[arg-type]
        w.comment(issue, f"token: {TOKEN}", by="olu")
        await w.settle(300)
        assert [] == w.github.faults.once
        assert 1 == len(told(w))
        assert 1 == len(w.comments(told(w)[0]))
        assert 2 == len(slack(w))
        await assert_quiet(w, issue)


async def test_a_lost_database_is_learned_again_from_the_private_issues() -> None:
    """What is edited away meanwhile is still recorded, and no second issue is made."""
    async with World(slack=True) as w:
        issue = public(w, "Search fails", NAME)
        await w.settle()
        w.delivering = False
        w.github.world.edit_issue(issue, "olu", body="It fails.")
        await w.lose_database()
        w.delivering = True
        await w.settle()
        assert 1 == len(told(w))
        assert rows(w)[0][3].startswith("edited away")
        assert 1 == len(slack(w))


# ── Slack, and the policy ───────────────────────────────────────────────────────────────────


async def test_slack_that_is_down_stops_nothing_and_is_told_later() -> None:
    async with World(slack=True) as w:
        assert w.slack is not None
        await w.settle()
        w.slack.faults += [("chat.postMessage", "5xx")] * 3
        issue = public(w, "Search fails", NAME)
        await w.settle(5)
        assert 1 == len(told(w))
        await w.settle(600)
        assert 1 == len(slack(w))
        await assert_quiet(w, issue)


async def test_a_message_whose_answer_was_lost_may_come_twice_and_never_not_at_all() -> None:
    async with World(slack=True) as w:
        assert w.slack is not None
        await w.settle()
        w.slack.faults.append(("chat.postMessage", "lost-answer"))
        issue = public(w, "Search fails", NAME)
        await w.settle(600)
        assert 2 == len(slack(w))
        await assert_quiet(w, issue)


async def test_a_channel_that_slack_does_not_show_is_said_in_the_issue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watching(monkeypatch, channel="#leaks")
    async with World(slack=True) as w:
        assert w.slack is not None
        issue = public(w, "Search fails", NAME)
        await w.settle()
        assert "it shows us no channel `#leaks`" in told(w)[0].body
        await assert_quiet(w, issue)
        w.slack.channels["leaks"] = "C999"
        await w.settle(1000)
        w.comment(issue, "me too", by="olu")
        await w.settle()
        assert 1 == len(w.slack.channel("#leaks"))
        assert "no channel" not in told(w)[0].body


async def test_the_policy_names_who_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    watching(monkeypatch, channel="#delivery", handle="@delivery-support", label="rfh")
    async with World(slack=True) as w:
        assert w.slack is not None
        public(w, "Search fails", NAME)
        await w.settle()
        [message] = w.slack.channel("#delivery")
        assert (w.slack.groups["delivery-support"],) == message.pings
        assert {"rfh"} == w.labels(told(w)[0])


async def test_a_label_that_is_missing_is_said_and_not_made() -> None:
    async with World() as w:
        w.github.world.delete_label(w.repo, "public-leak")
        issue = public(w, "Search fails", NAME)
        await w.settle()
        assert set() == w.labels(told(w)[0])
        assert "`rfh-bot labels sync`" in told(w)[0].body
        assert w.github.world.state.label(w.repo, "public-leak") is None
        await assert_quiet(w, issue)


async def test_the_policys_sentence_is_said_once_and_only_where_something_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentence = "A maintainer will look at this soon."
    watching(monkeypatch, public_word=sentence)
    async with World(slack=True) as w:
        clean, issue = public(w, "Search works", "It works."), public(w, "Search fails", NAME)
        await w.settle()
        w.github.faults.once.append(Once("before", "PATCH /repos/{owner}/{repo}/issues/{issue_number}"))
        w.comment(issue, f"token: {TOKEN}", by="olu")
        await w.settle(300)
        assert [] == said_in_public(w, clean)
        [said] = said_in_public(w, issue)
        assert sentence == said.partition("\n")[0]
        await assert_quiet(w, issue)


@pytest.mark.parametrize("lost", ["reset-after", "before"])
async def test_the_sentence_is_not_repeated_when_its_answer_is_lost(
    monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    watching(monkeypatch, public_word="Thank you.")
    async with World() as w:
        await w.settle()
        w.github.faults.once.append(Once(lost, "addComment"))  # type: ignore[arg-type]
        issue = public(w, "Search fails", NAME)
        await w.settle(300)
        assert 1 == len(said_in_public(w, issue))
        await assert_quiet(w, issue)


@pytest.mark.parametrize(
    "change",
    [{"enabled": False}, {"writer": "action"}, {"public": None}, {"shadow": True}],
    ids=["off", "the Action writes", "no public tracker", "shadow"],
)
async def test_what_the_policy_switches_off(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    watching(monkeypatch, **change)
    async with World(slack=True) as w:
        public(w, "Search fails", NAME)
        await w.settle(1300)
        assert [] == told(w)
        assert [] == slack(w)
        assert ("shadow" in change) == bool(w.bot.public.names)


async def test_a_pause_holds_and_what_it_held_is_told_after() -> None:
    async with World() as w:
        await w.settle()
        await w.bot.store.pause(PRIVATE, reason="test", by="sam")
        public(w, "Search fails", NAME)
        await w.settle(300)
        assert [] == told(w)
        await w.bot.store.unpause(PRIVATE)
        await w.settle(300)
        assert 1 == len(told(w))


async def test_the_public_tracker_is_read_with_a_token_that_can_only_read() -> None:
    async with World() as w:
        public(w, "Search fails", NAME)
        await w.settle()
        scopes = [scope for scope in w.bot.clients._tokens if scope.repo == "sourcegraph"]
        assert [(("issues", "read"),)] == [scope.permissions for scope in scopes]


async def test_an_app_that_may_not_read_the_public_tracker_stays_calm() -> None:
    async with World(deliver=False) as w:
        w.demo.installation.repo_ids = frozenset({w.repo.id})
        with capture_logs() as lines:
            await w.bot.queue.accept(f"public:{PRIVATE}")
            await w.settle(1800)
        assert [] == [line for line in lines if line["log_level"] == "error"]
        assert 0 == (await w.bot.queue.stats()).dead
