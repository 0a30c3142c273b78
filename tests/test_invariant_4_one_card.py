"""Invariant 4: one living comment per issue, edited in place, whatever people do to it."""

from __future__ import annotations

import pytest
from harness import World
from issues import COMPLETE, complete
from markdown_it import MarkdownIt

from bot.memory import visible
from bot.sandbox.faults import Faults, Once

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def test_one_card_edited_in_place() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        (card,) = w.cards(issue)
        for body in (COMPLETE, complete(Priority=""), complete(Kind="Defect"), COMPLETE):
            w.github.world.edit_issue(issue, "sam", body=body)
            await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        assert [card.id] == [c.id for c in w.cards(issue)]
        assert [] == w.replies(issue)


async def test_a_person_editing_the_visible_part_gets_it_restored() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        before, (card,) = w.card(issue), w.cards(issue)
        w.github.world.edit_comment(card, "erin", card.body.replace("Search Core", "Delivery"))
        await w.settle(1)
        assert before == w.card(issue)
        await w.assert_settled(issue)


async def test_a_card_cut_to_nothing_is_restored_in_place() -> None:
    """No marker is left in it: the mirror knows which comment it was."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        before, (card,) = w.card(issue), w.cards(issue)
        w.github.world.edit_comment(card, "erin", "gone")
        await w.settle()
        assert [card.id] == [c.id for c in w.cards(issue)]
        assert before == w.card(issue)
        await w.assert_settled(issue)


async def test_a_deleted_card_comes_back_with_its_memory() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        before = w.card(issue)
        w.github.world.delete_comment(w.cards(issue)[0], "max")
        await w.settle()
        assert before == w.card(issue)
        assert {"team/delivery", "rfh", "cs/p2", "customer/northmere"} == w.labels(issue)
        await w.assert_settled(issue)


async def test_a_card_deleted_while_the_bot_was_down_comes_back_too() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        before = w.card(issue)
        await w.stop()
        w.github.world.delete_comment(w.cards(issue)[0], "max")
        w.comment(issue, "who deleted the card?")
        await w.start()
        await w.settle()
        assert before == w.card(issue)
        await w.assert_settled(issue)


async def test_with_card_and_mirror_gone_the_card_is_rebuilt_from_the_issue() -> None:
    """Commands that had our reaction are not run again; what stands on the issue stays."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.delete_comment(w.cards(issue)[0], "max")
        await w.lose_database()
        await w.settle()
        assert w.card(issue).startswith("### ✅ Handed to Search Core")
        assert {"team/search-core", "rfh", "cs/p2", "customer/northmere"} == w.labels(issue)
        await w.assert_settled(issue)


@pytest.mark.parametrize("mirrored", [True, False])
async def test_a_duplicate_is_deleted_and_its_memory_merged(mirrored: bool) -> None:
    """Two cards of ours, as after a create whose answer was lost: the older lives."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        (card,) = w.cards(issue)
        await w.say(issue, "/route delivery", by="erin")
        w.github.world.comment(issue, w.github.access.app.bot, w.cards(issue)[0].body)
        w.github.world.edit_comment(card, w.github.access.app.bot, card.body)  # the older one is behind
        if mirrored:
            await w.say(issue, "hm")
        else:
            await w.lose_database()
            await w.settle()
        assert [card.id] == [c.id for c in w.cards(issue)]
        assert "`/route` by erin" in w.card(issue)
        assert "team/delivery" in w.labels(issue)
        await w.assert_settled(issue)


@pytest.mark.parametrize("fault", ["after", "reset-after", "before", "reset", "timeout", "graphql-200"])
async def test_a_create_of_unknown_outcome_leaves_one_card(fault: str) -> None:
    async with World(faults=Faults(once=[Once(fault, on="addComment")])) as w:  # type: ignore[arg-type]
        issue = w.file(TITLE, COMPLETE)
        await w.settle(90)
        assert 1 == len(w.cards(issue))
        assert {"team/search-core", "rfh", "cs/p2", "customer/northmere"} == w.labels(issue)
        await w.assert_settled(issue)


async def test_the_card_has_no_task_list() -> None:
    """A click by a person would edit our comment."""
    async with World() as w:
        issue = w.file(
            "- [ ] zoekt-indexserver",
            complete(What="- [ ] this\n- [x] that", Zendesk="- [ ] later", Priority="p1"),
        )
        await w.settle()
        tokens = MarkdownIt("commonmark").parse(w.card(issue))
        items = [tokens[n + 2].content for n, t in enumerate(tokens) if t.type == "list_item_open"]
        assert items
        assert [] == [text for text in items if text.startswith(("[ ]", "[x]"))]


async def test_a_minimized_card_stays_the_card() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        (card,) = w.cards(issue)
        w.github.world.minimize(card)
        await w.say(issue, "/route delivery", by="erin")
        assert [card.id] == [c.id for c in w.cards(issue)]
        assert visible(w.cards(issue)[0].body) == w.card(issue)
        assert "`/route` by erin" in w.card(issue)
