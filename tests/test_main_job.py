"""The main job in the world: act, then look at the issue; then a second run writes nothing."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE, complete

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def test_a_complete_request_is_labelled_routed_and_handed_over() -> None:
    """Labels, card and hand-off come from one event; a second run writes nothing."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle(1)
        assert {"rfh", "team/search-core", "customer/northmere", "cs/p2"} == w.labels(issue)
        assert w.card(issue).startswith("### ✅ Handed to Search Core")
        await w.assert_settled(issue)


async def test_an_incomplete_request_gets_every_gap_at_once_and_is_completed_by_an_edit() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Sourcegraph="latest", Zendesk="_No response_"))
        await w.settle(1)
        assert {"rfh", "team/search-core", "customer/northmere", "cs/p2", "needs-info"} == w.labels(issue)
        card = w.card(issue)
        assert card.startswith("### ✏️ 2 things missing · not handed over yet")
        assert "**Sourcegraph version** – `latest` is no version" in card
        assert "**Zendesk ticket**" in card
        await w.assert_settled(issue)
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        await w.settle(1)
        assert "needs-info" not in w.labels(issue)
        assert w.card(issue).startswith("### ✅ Handed to Search Core")
        await w.assert_settled(issue)


async def test_an_issue_that_is_not_from_the_template_is_left_alone() -> None:
    async with World() as w:
        issue = w.file("Lunch?", "Who is in on Friday?")
        await w.settle()
        assert [] == w.comments(issue)
        assert set() == w.labels(issue)
        await w.assert_settled(issue)
