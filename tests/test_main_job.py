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


@pytest.mark.parametrize(
    ("text", "by", "answer"),
    [
        ("/check", "sam", "neither from the template nor labelled `rfh`"),
        ("/route cloud-saas", "olu", "takes the role *triage*"),
        ("/route nowhere-at-all", "sam", "unknown here"),
    ],
    ids=["a question", "not allowed", "not understood"],
)
async def test_an_answer_does_not_make_somebody_elses_issue_ours(text: str, by: str, answer: str) -> None:
    async with World() as w:
        issue = w.file("Lunch?", "Who is in on Friday?")
        await w.settle()
        comment = await w.say(issue, text, by=by)
        assert [] == w.cards(issue)
        assert set() == w.labels(issue)
        [reply] = w.replies(issue)
        assert answer in reply
        assert 1 == len(w.reactions(comment))
        await w.say(issue, "anything else", by="olu")
        assert 1 == len(w.replies(issue))
        await w.assert_settled(issue)


async def test_a_near_miss_on_somebody_elses_issue_may_be_another_bots_command() -> None:
    async with World() as w:
        issue = w.file("Lunch?", "Who is in on Friday?")
        await w.settle()
        comment = await w.say(issue, "/checks")
        assert [comment.id] == [c.id for c in w.comments(issue)]
        await w.assert_settled(issue)


async def test_a_command_that_decides_something_takes_an_issue_in_and_asks_what_it_is() -> None:
    async with World() as w:
        issue = w.file("Lunch?", "Who is in on Friday?")
        await w.settle()
        await w.say(issue, "/handoff")
        assert [] == w.cards(issue)
        assert "`/kind help` first" in w.replies(issue)[0]
        await w.say(issue, "/route search-core")
        assert {"team/search-core"} == w.labels(issue)
        assert w.card(issue).startswith("### ❓ Not from the template")
        assert r"sam says what it is: `/kind help\|defect\|feature` |" in w.card(issue)
        await w.say(issue, "/kind help")
        assert {"rfh", "needs-info", "team/search-core"} == w.labels(issue)
        await w.assert_settled(issue)


async def test_licence_enforcement_goes_to_ce_with_the_other_team_named_second() -> None:
    """The exception names a team that no word in the issue speaks for."""
    async with World() as w:
        issue = w.file(
            "Licence enforcement counts too many users", complete(What="license enforcement is off")
        )
        await w.settle()
        card = w.card(issue)
        assert card.startswith("### ➡️ For Customer Engineering, not for engineering")
        assert "**It may also be for**\n- **Batch Changes** (by an exception of the process)" in card
        assert "comment `/route batch-changes`" in card
        await w.assert_settled(issue)
