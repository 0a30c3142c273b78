"""Invariant 8: all of the process is data: overridden in the repository, replaced by another company's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.events import POLICY_PATH
from bot.sandbox.records import CheckRun

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
BOATYARD = Path(__file__).with_name("cases") / "world" / "boatyard.yml"
RENAMED = "labels: {needs_info: wontfix}\n"  # any label that the sandbox has will do


def checks(w: World) -> list[CheckRun]:
    return list(w.github.world.state.check_runs.values())


async def prepared(w: World, policy: str) -> None:
    w.github.world.create_label(w.repo, "wontfix", actor="max")
    w.github.world.put_file(w.repo, POLICY_PATH, policy, "max")
    await w.settle()


async def test_an_override_is_laid_over_the_shipped_policy() -> None:
    async with World() as w:
        await prepared(w, RENAMED)
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        assert {"rfh", "team/search-core", "customer/northmere", "cs/p2", "wontfix"} == w.labels(issue)
        await w.assert_settled(issue)


async def test_a_push_makes_it_read_again() -> None:
    async with World() as w:
        first = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        assert "needs-info" in w.labels(first)
        await prepared(w, RENAMED)
        await w.say(first, "any news?")
        assert "wontfix" in w.labels(first)
        assert "needs-info" not in w.labels(first)
        w.github.world.delete_file(w.repo, POLICY_PATH, "max")
        await w.say(first, "and now?")
        assert "needs-info" in w.labels(first)
        assert "wontfix" not in w.labels(first)


async def test_a_lost_push_is_made_up_for_within_minutes() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.world.create_label(w.repo, "wontfix", actor="max")
        await w.settle()
        w.delivering = False
        w.github.world.put_file(w.repo, POLICY_PATH, RENAMED, "max")
        await w.settle()
        w.delivering = True
        await w.settle(300)
        await w.say(issue, "any news?")
        assert "wontfix" in w.labels(issue)


async def test_a_good_policy_passes_its_check() -> None:
    async with World() as w:
        await prepared(w, RENAMED)
        (check,) = checks(w)
        assert ("completed", "success", "The policy is in force") == (
            check.status,
            check.conclusion,
            check.title,
        )


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("labels: {nedds_info: x}\n", id="unknown key"),
        pytest.param("labels: [\n", id="no YAML"),
        pytest.param("teams: {delivery: {label: 7}}\n", id="wrong type"),
        pytest.param("\x00\x01", id="control characters"),
        pytest.param("a: &a [*a]\n", id="recursive alias"),
    ],
)
async def test_a_broken_override_keeps_the_last_good_one_and_says_so(broken: str) -> None:
    async with World() as w:
        await prepared(w, RENAMED)
        w.github.world.put_file(w.repo, POLICY_PATH, broken, "max")
        await w.settle()
        assert ["success", "failure"] == [check.conclusion for check in checks(w)]
        assert "problem" in checks(w)[1].title
        assert "The last good policy stays in force." == checks(w)[1].summary
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        assert "wontfix" in w.labels(issue)
        w.github.world.put_file(w.repo, POLICY_PATH, "labels: {needs_info: needs-info}\n", "max")
        await w.settle()
        assert "success" == checks(w)[2].conclusion
        await w.say(issue, "fixed")
        assert "needs-info" in w.labels(issue)


async def test_after_a_restart_the_last_good_one_is_still_in_force() -> None:
    async with World() as w:
        await prepared(w, RENAMED)
        w.github.world.put_file(w.repo, POLICY_PATH, "labels: [", "max")
        await w.settle()
        await w.stop()
        await w.start()
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        assert "wontfix" in w.labels(issue)


async def test_after_a_removal_the_last_good_one_is_the_shipped_one() -> None:
    """An override that was taken away must not come back because a later one is broken."""
    async with World() as w:
        await prepared(w, RENAMED)
        w.github.world.delete_file(w.repo, POLICY_PATH, "max")
        await w.settle()
        w.github.world.put_file(w.repo, POLICY_PATH, "labels: [", "max")
        await w.settle()
        await w.stop()
        await w.start()
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        assert "needs-info" in w.labels(issue)


async def test_a_push_of_other_files_reads_nothing() -> None:
    async with World() as w:
        await w.settle()
        w.github.calls.clear()
        w.github.world.put_file(w.repo, "README.md", "hello", "max")
        await w.settle()
        assert [] == w.github.calls.calls


async def test_a_team_that_left_the_policy_means_nothing_any_more() -> None:
    """Memory speaks in ids; one that the policy no longer knows is passed over."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery\n/priority p1\n/kind help", by="erin")
        text = BOATYARD.read_text().replace("boatyard/requests", "sourcegraph/customer")
        w.github.world.put_file(w.repo, POLICY_PATH, text, "max")
        await w.say(issue, "new times")
        assert 1 == len(w.cards(issue))
        await w.assert_settled(issue)


# ── another company ─────────────────────────────────────────────────────────────────────────

ASK = """<!-- boatyard:ask -->
**Sort:** Ask

**Name of the boat:** Marie

**Boat owner:** Anna

**State:** ashore

**Story:** The keel has a leak since Sunday.
"""


async def test_the_main_job_for_another_company() -> None:
    """Everything that people see comes from their policy: not one word of the shipped one is left."""
    async with World(policy=BOATYARD) as w:
        issue = w.file("The keel leaks", ASK)
        await w.settle()
        assert {"ask", "crew:hull", "owner:anna", "ashore"} == w.labels(issue)
        card = w.card(issue)
        assert card.startswith("### ✅ Handed to Hull")
        assert "@hull-watch" in card
        await w.assert_settled(issue)

        w.github.world.edit_issue(issue, "sam", body=ASK.replace("Marie", "").replace("ashore", "?"))
        await w.settle()
        assert "incomplete" in w.labels(issue)
        assert "**Name of the boat**" in w.card(issue)
        assert "Water is coming in." in w.card(issue)

        comment = await w.say(issue, "/route sails\n/priority sinking\n/kind damage", by="erin")
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert {"crew:sails", "sinking", "owner:anna", "ask", "incomplete"} == w.labels(issue)
        await w.say(issue, "/help\n/why\n/check\n/route search-core")
        await w.assert_settled(issue)
        text = "\n".join([w.card(issue), *w.replies(issue)]).casefold()
        found = [word for word in SHIPPED if word in text]
        assert [] == found


SHIPPED = (
    "sourcegraph",
    "zendesk",
    "cs/p",
    "delivery",
    "team/",
    "rfh ",
    "`rfh`",
    "customer/",
    "northmere",
    "p1",
)


async def test_two_repositories_with_different_policies() -> None:
    """Compiled policies are shared by text, never mixed up by place."""
    async with World(repos=("sourcegraph/customer", "sourcegraph/second")) as w:
        second = w.github.world.create_repo("sourcegraph/second")
        for name in ("rfh", "wontfix", "needs-info"):
            w.github.world.create_label(second, name)
        w.github.world.put_file(second, POLICY_PATH, RENAMED, "max")
        await w.settle(timedelta(minutes=1).total_seconds())
        one = w.file(TITLE, complete(Zendesk=""))
        two = w.github.world.file_issue(second, "sam", TITLE, complete(Zendesk=""))
        await w.settle()
        assert "needs-info" in w.labels(one)
        assert {"rfh", "wontfix"} == w.labels(two)
