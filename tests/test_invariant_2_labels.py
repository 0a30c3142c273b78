"""Invariant 2: labels never fight people."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE, complete

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def test_a_label_that_a_person_took_off_is_never_put_back() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.remove_label(issue, "customer/northmere", "erin")
        await w.settle()
        assert "customer/northmere" not in w.labels(issue)
        await w.assert_settled(issue)


async def test_nor_without_any_memory() -> None:
    """Database and card are both gone: the timeline alone says who did what."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.remove_label(issue, "customer/northmere", "erin")
        w.github.world.remove_label(issue, "team/search-core", "erin")
        await w.settle()
        w.github.world.delete_comment(w.cards(issue)[0], "max")
        await w.lose_database()
        await w.settle()
        assert {"rfh", "cs/p2"} == w.labels(issue)
        assert "a person took the label off" in w.card(issue)
        await w.assert_settled(issue)


async def test_a_label_that_a_person_set_is_never_removed() -> None:
    """Also when the bot would set another one: a person's priority stays, and counts."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE, labels=("team/delivery", "cs/p1"))
        await w.settle()
        assert {"rfh", "customer/northmere", "team/delivery", "cs/p1"} == w.labels(issue)
        assert "### ✅ Handed to Delivery" in w.card(issue)
        await w.assert_settled(issue)


async def test_the_bots_own_label_goes_when_a_person_sets_another_team() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "team/search-core" in w.labels(issue)
        w.github.world.add_label(issue, "team/delivery", "erin")
        await w.settle()
        assert "team/delivery" in w.labels(issue)
        assert "team/search-core" not in w.labels(issue)
        assert "Delivery `team/delivery` · set by erin" in w.card(issue)
        await w.assert_settled(issue)


async def test_of_several_team_labels_set_by_people_the_newest_routes_and_none_is_removed() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE, labels=("team/delivery",))
        await w.settle()
        w.github.world.add_label(issue, "team/code-insights", "erin")
        await w.settle()
        assert {"team/delivery", "team/code-insights"} <= w.labels(issue)
        assert "### ✅ Handed to Code Insights" in w.card(issue)
        assert "Delivery is labelled too, by a person" in w.card(issue)
        await w.assert_settled(issue)


async def test_a_person_removing_the_bots_team_label_means_unrouted_by_a_person() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.world.remove_label(issue, "team/search-core", "erin")
        await w.settle()
        assert "team/search-core" not in w.labels(issue)
        assert "none: a person took the label off · `/route TEAM`" in w.card(issue)
        await w.assert_settled(issue)
        await w.say(issue, "/route search-core", by="erin")
        assert "team/search-core" in w.labels(issue)
        await w.assert_settled(issue)


async def test_a_person_removing_their_own_team_label_gives_the_routing_back_to_the_bot() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE, labels=("team/delivery",))
        await w.settle()
        w.github.world.remove_label(issue, "team/delivery", "sam")
        await w.settle()
        assert "team/search-core" in w.labels(issue)
        await w.assert_settled(issue)


async def test_names_compare_case_folded() -> None:
    async with World() as w:
        w.github.world.rename_label(w.repo, "team/search-core", "Team/Search-Core")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "Team/Search-Core" in w.labels(issue)
        await w.assert_settled(issue)


async def test_a_label_missing_in_the_repository_is_said_and_never_created() -> None:
    async with World() as w:
        w.github.world.delete_label(w.repo, "team/search-core")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "The label `team/search-core` is in the policy but not in this repository" in w.card(issue)
        assert w.github.world.state.label(w.repo, "team/search-core") is None
        await w.assert_settled(issue)


async def test_a_label_created_later_is_then_applied() -> None:
    """The repository's `label` event makes the bot look again."""
    async with World() as w:
        w.github.world.delete_label(w.repo, "team/search-core")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.create_label(w.repo, "team/search-core", actor="max")
        await w.settle(1)
        await w.say(issue, "thanks")
        assert "team/search-core" in w.labels(issue)


async def test_needs_info_taken_off_by_a_person_stays_off() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        w.github.world.remove_label(issue, "needs-info", "sam")
        await w.say(issue, "no ticket, sorry")
        assert "needs-info" not in w.labels(issue)
        await w.assert_settled(issue)


async def test_a_priority_alias_set_by_a_person_is_as_good() -> None:
    async with World() as w:
        w.github.world.create_label(w.repo, "se/p2", "ededed", "")
        issue = w.file(TITLE, complete(Priority=""), labels=("se/p2",))
        await w.settle()
        assert "cs/p2" not in w.labels(issue)
        assert w.card(issue).startswith("### ✅ Handed to Search Core")
        await w.assert_settled(issue)


async def test_a_template_edit_moves_the_bots_own_labels_along() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.edit_issue(issue, "sam", body=complete(Customer="Quandel"))
        await w.settle()
        assert "customer/quandel" in w.labels(issue)
        assert "customer/northmere" not in w.labels(issue)
        await w.assert_settled(issue)
