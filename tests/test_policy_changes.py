"""A change of the policy: checked on its commit, with its effect; one that is broken has an issue."""

from __future__ import annotations

from typing import Any

import pytest
from harness import World
from issues import COMPLETE

from bot import words_policy
from bot.events import POLICY_PATH
from bot.policy.load import DEFAULT_NAME, default_text
from bot.rulebooks import compiled
from bot.rules.routing_effect import Change, Effect, Text, Verdict, effect
from bot.sandbox.faults import Faults
from bot.sandbox.records import CheckRun, Issue

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
PRIVATE = "a title that nobody else may see"
GOOD = "labels: {needs_info: wontfix}\n"
BROKEN = "labels: {nedds_info: x}\n"
WORSE = "labels: {nedds_info: x}\nteems: {}\n"
OTHER_ROUTES = "routing: {areas: {search-core: {team: delivery}}}\n"


def checks(w: World) -> list[CheckRun]:
    return list(w.github.world.state.check_runs.values())


async def pushed(w: World, policy: str, *, branch: str = "main") -> None:
    w.github.world.put_file(w.repo, POLICY_PATH, policy, "max", branch=branch)
    await w.settle()


def notices(w: World) -> list[Issue]:
    """The issues that the bot has written about the policy."""
    bot = w.github.access.app.bot.id
    return [one for one in w.github.world.state.issues_of(w.repo) if one.author_id == bot]


# ── on a pull request ───────────────────────────────────────────────────────────────────────


async def test_a_branch_s_policy_is_checked_with_its_effect_and_changes_nothing() -> None:
    async with World() as w:
        for number in range(3):
            w.file(TITLE if number else PRIVATE, COMPLETE)
        w.file("Lunch?", "Who is in?")
        await w.settle()
        await pushed(w, OTHER_ROUTES, branch="topic")
        [check] = checks(w)
        assert ("success", "Of the last 3 issues, 3 would route differently") == (
            check.conclusion,
            check.title,
        )
        assert "| #1 | `search-core` | `delivery` |" in check.summary
        assert PRIVATE not in check.summary
        assert "memory" not in check.summary
        again = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "team/search-core" in w.labels(again)


async def test_a_policy_that_routes_alike_says_so() -> None:
    async with World() as w:
        w.github.world.create_label(w.repo, "wontfix", actor="max")
        w.file(TITLE, COMPLETE)
        await w.settle()
        await pushed(w, GOOD, branch="topic")
        assert ["Of the last 1 issue, none would route differently"] == [one.title for one in checks(w)]


async def test_a_broken_one_is_annotated_at_its_line_and_has_no_issue() -> None:
    async with World() as w:
        await pushed(w, "support: {}\n" + BROKEN, branch="topic")
        [check] = checks(w)
        assert ("failure", words_policy.WOULD_STAY) == (check.conclusion, check.summary)
        assert [(POLICY_PATH, 2)] == [(path, line) for path, line, _ in check.annotations]
        assert [] == notices(w)


async def test_each_commit_is_judged_by_its_own_file() -> None:
    """A broken commit stays broken, though the next one mends it before anybody looked."""
    async with World() as w:
        w.github.world.create_label(w.repo, "wontfix", actor="max")
        w.github.world.put_file(w.repo, POLICY_PATH, BROKEN, "max")
        w.github.world.put_file(w.repo, POLICY_PATH, GOOD, "max")
        await w.settle()
        by_commit = {one.head_sha: one.conclusion for one in checks(w)}
        shas = [sha for (_, sha) in w.github.world.state.trees]
        assert {shas[-2]: "failure", shas[-1]: "success"} == by_commit
        assert [] == notices(w)


async def test_a_commit_that_github_does_not_show_yet_is_looked_for_again() -> None:
    async with World(faults=Faults(lag=3)) as w:
        await w.settle()
        for number in range(5):
            await pushed(w, BROKEN + f"# {number}\n", branch=f"topic-{number}")
        assert ["failure"] * 5 == [one.conclusion for one in checks(w)]


async def test_the_head_of_a_pull_request_has_its_check_whatever_its_last_commit_touched() -> None:
    async with World() as w:
        await pushed(w, BROKEN, branch="topic")
        w.github.world.put_file(w.repo, "README.md", "hello", "max", branch="topic")
        await w.settle()
        assert ["failure", "failure"] == [one.conclusion for one in checks(w)]
        w.github.world.put_file(w.repo, "README.md", "hello", "max", branch="another")
        await w.settle()
        assert 2 == len(checks(w))


async def test_a_push_without_the_permission_to_check_is_no_failure() -> None:
    async with World() as w:
        w.demo.installation.permissions.pop("checks")
        await pushed(w, BROKEN, branch="topic")
        assert [] == checks(w)
        assert 0 == (await w.bot.queue.stats()).dead


# ── a broken one ────────────────────────────────────────────────────────────────────────────


async def test_a_broken_policy_has_one_issue_that_lives_as_long_as_it() -> None:
    async with World() as w:
        await pushed(w, BROKEN)
        [issue] = notices(w)
        assert "open" == issue.state
        assert f"{POLICY_PATH}:1:" in issue.body
        assert words_policy.STAYS in issue.body
        await pushed(w, WORSE)
        [issue] = notices(w)
        assert "2 problems" in issue.body
        await pushed(w, "labels: {}\n")
        [issue] = notices(w)
        assert ("closed", "completed") == (issue.state, issue.state_reason)
        assert "loads again" in issue.body
        await pushed(w, BROKEN)
        [issue] = notices(w)
        assert "open" == issue.state
        await w.settle(1300)
        w.github.calls.clear()
        await w.settle(1300)
        assert [] == list(w.github.calls.writes)


async def test_the_issue_is_none_of_a_customer() -> None:
    async with World() as w:
        await pushed(w, BROKEN)
        await w.settle(1300)
        [issue] = notices(w)
        assert (set(), []) == (w.labels(issue), w.comments(issue))


async def test_people_have_the_last_word_on_the_issue_until_something_changes() -> None:
    async with World() as w:
        await pushed(w, BROKEN)
        [issue] = notices(w)
        w.github.world.close(issue, "max")
        await w.settle(1300)
        assert ["closed"] == [one.state for one in notices(w)]
        await pushed(w, WORSE)
        assert ["closed"] == [one.state for one in notices(w)]
        await pushed(w, "labels: {}\n")
        await pushed(w, BROKEN)
        assert ["open"] == [one.state for one in notices(w)]


async def test_one_that_was_deleted_stays_deleted_until_something_else_is_broken() -> None:
    async with World() as w:
        await pushed(w, BROKEN)
        w.github.world.delete_issue(notices(w)[0], "max")
        await w.settle(1300)
        assert [] == notices(w)
        await pushed(w, WORSE)
        await w.settle(1300)
        await pushed(w, BROKEN)
        assert 1 == len(notices(w))


async def test_without_the_database_the_issue_is_found_again() -> None:
    async with World() as w:
        await pushed(w, BROKEN)
        await w.lose_database()
        await w.settle()
        assert 1 == len(notices(w))
        await w.lose_database()
        await pushed(w, "labels: {}\n")
        assert ["closed"] == [one.state for one in notices(w)]


@pytest.mark.parametrize("status", [502, 500])
async def test_a_lost_answer_makes_no_second_issue(status: int) -> None:
    async with World() as w:
        await w.settle()
        lost(w, status)
        await pushed(w, BROKEN)
        await w.settle(300)
        assert 1 == len(notices(w))


def lost(w: World, status: int) -> None:
    """The next issue is created, and its answer lost."""
    send = w.github.request

    async def request(method: str, url: str, headers: Any, body: bytes = b"") -> Any:
        answer = await send(method, url, headers, body)
        if method == "POST" and url.endswith("/issues"):
            w.github.request = send  # type: ignore[method-assign]
            return status, {"content-type": "application/json"}, b"{}"
        return answer

    w.github.request = request  # type: ignore[method-assign]


async def test_a_lost_push_is_made_up_for() -> None:
    async with World() as w:
        await w.settle()
        w.delivering = False
        await pushed(w, BROKEN)
        w.delivering = True
        await w.settle(1300)
        assert 1 == len(notices(w))


@pytest.mark.parametrize("why", ["shadow", "paused"])
async def test_who_must_not_write_writes_neither_issue_nor_check(why: str) -> None:
    async with World(shadow=why == "shadow") as w:
        if why == "paused":
            await w.bot.store.pause("*", reason="", by="max")
        await pushed(w, BROKEN)
        assert [] == notices(w)
        assert (why == "shadow") == (not checks(w))
        if why == "paused":
            await w.bot.store.unpause("*")
            await w.settle(700)
            assert 1 == len(notices(w))


# ── words ───────────────────────────────────────────────────────────────────────────────────


def test_the_effect_is_told_in_numbers_alone() -> None:
    default = (DEFAULT_NAME, default_text())
    before, after = compiled((default,)), compiled((default, (POLICY_PATH, OTHER_ROUTES)))
    texts = [Text(7, TITLE, COMPLETE), Text(8, "Lunch?", "Who is in?")]
    found = effect(texts, before, after)
    assert Effect(2, (Change(7, Verdict("apply", "search-core"), Verdict("apply", "delivery")),)) == found
    assert effect(texts, before, before) == Effect(2, ())
    assert TITLE not in repr(texts)


def test_a_long_table_ends() -> None:
    changes = tuple(Change(n, Verdict("none"), Verdict("suggest", "delivery")) for n in range(150))
    summary = words_policy.effect_summary(Effect(200, changes))
    assert summary.count("| no team | suggests `delivery` |") == words_policy.MOST_ROWS
    assert summary.endswith("and 50 more")


def test_what_the_policy_says_pings_nobody() -> None:
    body = words_policy.broken_body(POLICY_PATH, ["x.yml:1:1: got '@erin\n```'"])
    assert "\n    x.yml:1:1: got '@erin ```'\n" in body
