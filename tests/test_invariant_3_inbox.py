"""Invariant 3: comments are an inbox. Each command once, from the right people, and never from a quote."""

from __future__ import annotations

from datetime import timedelta

import pytest
from harness import World
from issues import COMPLETE, complete

from bot.commands import COMMANDS, filled
from bot.policy.load import load_default

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def test_a_command_is_acknowledged_by_a_reaction_and_the_card_alone() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, "/route delivery", by="erin")
        assert {"team/delivery"} == {x for x in w.labels(issue) if x.startswith("team/")}
        assert "`/route` by erin" in w.card(issue)
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert [] == w.replies(issue)
        await w.assert_settled(issue)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("```\n/route delivery\n```", id="fenced code"),
        pytest.param("    /route delivery", id="indented code"),
        pytest.param("`/route delivery`", id="inline code"),
        pytest.param("> /route delivery", id="quote"),
        pytest.param("> somebody said\n/route delivery", id="lazy continuation of a quote"),
        pytest.param("<!-- \n/route delivery\n-->", id="HTML comment"),
        pytest.param("please /route delivery", id="in the middle of a line"),
        pytest.param("/etc/route delivery", id="a path"),
        pytest.param("/genie alert everything for support-mgmt", id="another bot's command"),
    ],
)
async def test_what_is_no_command_gets_no_answer(body: str) -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, body, by="erin")
        assert "team/search-core" in w.labels(issue)
        assert set() == w.reactions(comment)
        assert [] == w.replies(issue)
        await w.assert_settled(issue)


async def test_crlf_does_not_break_a_command() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE.replace("\n", "\r\n"))
        await w.settle()
        await w.say(issue, "hello\r\n\r\n/route delivery\r\n", by="erin")
        assert "team/delivery" in w.labels(issue)
        await w.assert_settled(issue)


async def test_several_commands_in_one_comment_are_run_in_order() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, "/route delivery\n/priority p1\n/route code-insights", by="erin")
        assert {"rfh", "customer/northmere", "team/code-insights", "cs/p1"} == w.labels(issue)
        assert {"THUMBS_UP"} == w.reactions(comment)
        await w.assert_settled(issue)


async def test_a_typo_gets_one_reply_with_a_guess() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, "/rout delivery", by="erin")
        assert {"CONFUSED"} == w.reactions(comment)
        (reply,) = w.replies(issue)
        assert "`/rout` is no command. Did you mean `/route`?" in reply
        await w.assert_settled(issue)


async def test_an_unknown_team_gets_the_teams() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route serch-core", by="erin")
        (reply,) = w.replies(issue)
        assert "`serch-core` is unknown here. Known: `search-core`" in reply
        assert "team/search-core" in w.labels(issue)


@pytest.mark.parametrize(
    ("who", "role", "allowed"),
    [
        ("sam", "triage", True),
        ("erin", "write", True),
        ("max", "maintain", True),
        ("olu", "read", False),
    ],
)
async def test_the_role_is_asked_for_by_name(who: str, role: str, allowed: bool) -> None:
    """Triage and maintain do not show in `permission`."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE, by="max")
        await w.settle()
        comment = await w.say(issue, "/route delivery", by=who)
        assert allowed == ("team/delivery" in w.labels(issue))
        if not allowed:
            assert {"CONFUSED"} == w.reactions(comment)
            (reply,) = w.replies(issue)
            assert f"`/route` takes the role *triage* in this repository; yours is *{role}*." in reply
        await w.assert_settled(issue)


async def test_the_author_may_always_check_and_ask_why() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""), by="olu")
        await w.settle()
        comment = await w.say(issue, "/check\n/why", by="olu")
        assert {"THUMBS_UP"} == w.reactions(comment)
        (reply,) = w.replies(issue)
        assert "**Zendesk ticket**" in reply
        assert "Search Core" in reply
        await w.assert_settled(issue)


async def test_an_edited_comment_is_to_be_posted_again() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, "fine", by="erin")
        w.github.world.edit_comment(comment, "erin", "/route delivery")
        await w.settle()
        assert "team/search-core" in w.labels(issue)
        (reply,) = w.replies(issue)
        assert "post it again" in reply
        await w.assert_settled(issue)


async def test_an_edit_of_an_old_command_does_not_run_it_again() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        comment = await w.say(issue, "/route delivery", by="erin")
        await w.say(issue, "/route code-insights", by="erin")
        w.github.world.edit_comment(comment, "erin", "/route delivery please")
        await w.settle()
        assert "team/code-insights" in w.labels(issue)
        assert [] == w.replies(issue)
        await w.assert_settled(issue)


async def test_commands_filed_while_the_bot_was_down_are_run_when_it_is_back() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.stop()
        w.comment(issue, "/route delivery", by="erin")
        await w.settle(3600)
        await w.start()
        await w.settle()
        assert "team/delivery" in w.labels(issue)
        await w.assert_settled(issue)


async def test_two_comments_that_become_visible_in_the_wrong_order_are_both_run() -> None:
    """The floor passes only comments that are older than ten minutes."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.delivering = False
        first = w.comment(issue, "/priority p1", by="erin")
        await w.settle(5)
        w.delivering = True
        second = await w.say(issue, "/route delivery", by="erin")
        assert {"THUMBS_UP"} == w.reactions(first) == w.reactions(second)
        assert {"team/delivery", "cs/p1"} <= w.labels(issue)


async def test_a_first_look_at_an_old_issue_runs_no_ancient_command() -> None:
    async with World(deliver=False) as w:
        issue = w.file(TITLE, COMPLETE)
        w.comment(issue, "/route delivery", by="erin")
        await w.stop()
        await w.settle(timedelta(days=8).total_seconds())
        w.delivering = True
        await w.start()
        await w.say(issue, "any news?")
        assert "team/search-core" in w.labels(issue)


async def test_a_failing_permission_lookup_is_retried_and_never_a_refusal() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.failures += [("/permission", 502), ("/permission", 403), ("/permission", 502)]
        comment = await w.say(issue, "/route delivery", by="erin")
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert [] == w.replies(issue)


async def test_comments_of_bots_are_never_commands() -> None:
    async with World() as w:
        w.github.world.add_account("other[bot]", "Bot")
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="other[bot]")
        assert "team/search-core" in w.labels(issue)
        assert [] == w.replies(issue)


async def test_undo_takes_the_last_command_back() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        await w.say(issue, "/undo", by="sam")
        assert "team/search-core" in w.labels(issue)
        assert "team/delivery" not in w.labels(issue)
        (reply,) = w.replies(issue)
        assert "Took back `/route`." in reply
        await w.assert_settled(issue)
        await w.say(issue, "/undo", by="sam")
        assert "There is no command to take back." in w.replies(issue)[1]


async def test_undo_says_what_it_cannot_take_back() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/take")
        await w.say(issue, "/undo")
        assert ["sam"] == w.assignees(issue)
        assert "Took back `/take`. Who was assigned stays assigned." in w.replies(issue)[-1]
        await w.assert_settled(issue)


async def test_a_new_customer_gets_a_label_once() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Customer="Brightwater"))
        await w.settle()
        assert "no label for `Brightwater`" in w.card(issue)
        await w.say(issue, "/customer Brightwater")
        assert "`/customer brightwater --new`" in w.replies(issue)[0]
        comment = await w.say(issue, "/customer Brightwater --new")
        assert "customer/brightwater" in w.labels(issue)
        assert {"THUMBS_UP"} == w.reactions(comment)
        await w.assert_settled(issue)


async def test_kind_defect_keeps_rfh_for_the_figures() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/kind defect", by="erin")
        assert "rfh" in w.labels(issue)
        assert w.card(issue).startswith("### ✅ Defect · complete")
        await w.assert_settled(issue)


async def test_handoff_hands_over_in_spite_of_gaps_which_stay_listed() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Zendesk=""))
        await w.settle()
        await w.say(issue, "/handoff customer is blocked")
        card = w.card(issue)
        assert card.startswith("### ✅ Handed to Search Core · 1 thing missing")
        assert "**Zendesk ticket**" in card
        assert "needs-info" in w.labels(issue)
        await w.assert_settled(issue)


async def test_p1_with_a_team_is_handed_over_at_once() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Priority="p1", Zendesk=""))
        await w.settle()
        assert w.card(issue).startswith("### ✅ Handed to Search Core · 1 thing missing")
        await w.assert_settled(issue)


async def test_p1_without_a_team_alerts_support_once() -> None:
    async with World() as w:
        issue = w.file("Something is odd", complete(Priority="p1", What="Please help.", Steps="look"))
        await w.settle()
        (alert,) = w.replies(issue)
        assert "urgent and has no team" in alert
        await w.assert_settled(issue)


async def test_owner_takes_over_and_is_assigned_once() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/owner @max", by="erin")
        assert "| **Owner** | max |" in w.card(issue)
        assert ["max"] == w.assignees(issue)
        w.github.world.unassign(w.live(issue), ["max"], "max")
        await w.say(issue, "not me")
        assert [] == w.assignees(issue)
        await w.assert_settled(issue)


async def test_owner_of_an_account_that_does_not_exist_is_refused() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/owner @nobody-here")
        assert "GitHub knows no account `nobody-here`." in w.replies(issue)[0]


async def test_help_lists_every_command() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/help")
        (reply,) = w.replies(issue)
        usages = [filled(spec.usage, load_default()).replace("|", r"\|") for spec in COMMANDS.values()]
        assert all(f"`{usage}`" in reply for usage in usages)
        await w.assert_settled(issue)


async def test_the_350th_comment_is_read_and_the_reads_do_not_grow_with_the_comments() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        for number in range(350):
            w.comment(issue, f"note {number}", by="erin")
        await w.settle()
        await w.settle(1200)
        w.comment(issue, "/route delivery", by="erin")
        await w.settle()
        assert "team/delivery" in w.labels(issue)
        await w.settle(1200)
        await w.assert_settled(issue)


async def test_p1_does_not_wait_for_an_answer_to_what_it_is() -> None:
    async with World() as w:
        issue = w.file(TITLE, complete(Kind="", Priority="p1"))
        await w.settle()
        card = w.card(issue)
        assert card.startswith("### ✅ Handed to Search Core · 1 thing missing")
        assert "**Kind**" in card
        await w.assert_settled(issue)
