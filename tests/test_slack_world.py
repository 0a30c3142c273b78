"""The hand-off message in Slack, end to end: act, then look at the channels; a second run sends nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import World
from issues import COMPLETE, complete
from publish_support import Publication

from bot.sandbox.faults import Once
from bot.sandbox.records import Issue
from bot.sandbox.slack import Fault, Message
from bot.told import Withheld

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def settled(w: World, issue: Issue) -> None:
    """Nothing to write, nothing to send."""
    assert w.slack is not None
    await w.settle()
    w.slack.calls.clear()
    await w.assert_settled(issue)
    assert [] == [call for call in w.slack.calls if call.startswith("chat.")]


def messages(w: World, channel: str) -> list[Message]:
    assert w.slack is not None
    return w.slack.channel(channel)


def said(message: Message) -> str:
    return str(message.blocks)


async def test_the_team_is_told_once_where_it_works() -> None:
    """Need, timeline, link, priority and a real ping; the card links the message instead of offering text."""
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        (message,) = messages(w, "#search")
        for expected in (
            "Find out why zoekt-indexserver is killed during indexing.",
            "later this week is fine",
            f"issues/{issue.number}|sourcegraph/customer#{issue.number}>",
            "cs/p2",
            "answer due 2026-",
            "waiting for Search Core",
        ):
            assert expected in said(message)
        assert (w.slack.groups["search-core-support"],) == message.pings
        assert "Told in [#search](https://sandbox.slack.com/archives/" in w.card(issue)
        assert "Tell them in" not in w.card(issue)
        await settled(w, issue)


async def test_without_a_token_the_card_has_the_text_to_paste() -> None:
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "**Tell them in #search**" in w.card(issue)
        await w.assert_settled(issue)


async def test_nobody_is_told_of_an_incomplete_issue() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, complete(Zendesk="_No response_"))
        await w.settle()
        assert [] == w.slack.messages
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        await w.settle()
        assert 1 == len(messages(w, "#search"))
        await settled(w, issue)


async def test_the_labels_come_before_the_message() -> None:
    """A label that cannot be set yet: no message tells a team to look at an issue without its label."""
    async with World(slack=True) as w:
        w.github.faults.once += [Once("before", on="addLabelsToLabelable")]
        issue = w.file(TITLE, COMPLETE)
        await w.settle(0.9)
        assert [] == w.slack.messages
        await w.settle(120)
        assert 1 == len(messages(w, "#search"))
        assert "team/search-core" in w.labels(issue)


async def test_no_word_about_the_customer_leaves_for_slack() -> None:
    """Name, addresses and tickets of the customer are redacted or not shown at all."""
    need = (
        "Northmere (jane.doe@northmere.com, gitserver-0.northmere.internal) needs a fix, call +1 415 555 2671"
    )
    async with World(slack=True) as w:
        w.file(
            "Northmere: zoekt-indexserver runs out of memory",
            complete(What=need, Timeline="before Northmere renews"),
        )
        await w.settle()
        (message,) = messages(w, "#search")
        for canary in ("northmere", "jane", "2671", "5051", "zendesk"):
            assert canary not in message.everything.casefold()
        assert "needs a fix" in said(message)


async def test_a_policy_may_show_words_as_written(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("slack: {customer_words: true}\n")
    async with World(slack=True, policy=policy) as w:
        w.file(TITLE, complete(What="Northmere needs a fix"))
        await w.settle()
        (message,) = messages(w, "#search")
        assert "Northmere needs a fix" in said(message)
        assert "customer/northmere" in said(message)


async def test_words_of_people_ping_nobody() -> None:
    async with World(slack=True) as w:
        w.file(TITLE, complete(What="<!here> <@U1> *please* <https://evil.example|click> & zoekt"))
        await w.settle()
        (message,) = messages(w, "#search")
        assert "<!here>" not in message.everything
        assert "<@U1>" not in message.everything
        assert "|click>" not in message.everything


async def test_a_re_route_points_from_the_old_message_to_the_new_one() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route delivery", by="erin")
        (old,), (new,) = messages(w, "#search"), messages(w, "#delivery")
        assert "Moved to" in said(old)
        assert f"p{new.ts.replace('.', '')}|Delivery>" in said(old)
        assert () == old.pings
        assert (w.slack.groups["delivery-support"],) == new.pings
        assert "Told in [#delivery]" in w.card(issue)
        await settled(w, issue)
        await w.say(issue, "/route search-core", by="erin")
        assert 2 == len(messages(w, "#search"))
        assert "Moved to" in said(messages(w, "#delivery")[0])
        await settled(w, issue)


async def test_taking_the_hand_over_back_is_said_in_place() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.remove_label(issue, "team/search-core", "sam")
        await w.settle()
        (message,) = messages(w, "#search")
        assert "Not for this team any more" in said(message)
        await settled(w, issue)


async def test_a_closed_issue_is_said_in_place_and_opens_again() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.close(issue, "sam")
        await w.settle()
        (message,) = messages(w, "#search")
        assert "*Closed*" in said(message)
        await settled(w, issue)
        w.github.world.reopen(issue, "sam")
        await w.settle()
        (message,) = messages(w, "#search")
        assert "Request for help" in said(message)
        await settled(w, issue)


async def test_a_close_is_told_although_slack_was_down() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.slack.faults += [("chat.update", "5xx")]
        w.github.world.close(issue, "sam")
        await w.settle(300)
        assert "*Closed*" in said(messages(w, "#search")[0])
        assert w.card(issue).startswith("### ☑️ Closed")
        await settled(w, issue)


@pytest.mark.parametrize("fault", ["rate-limit", "5xx"])
async def test_a_slack_that_is_down_holds_up_nothing_and_is_tried_again(fault: Fault) -> None:
    async with World(slack=True) as w:
        w.slack.faults += [("chat.postMessage", fault)] * 3
        issue = w.file(TITLE, COMPLETE)
        await w.settle(2)
        assert "**Tell them in #search**" in w.card(issue)
        await w.settle(900)
        assert 1 == len(messages(w, "#search"))
        assert "Told in [#search]" in w.card(issue)
        await settled(w, issue)


async def test_an_answer_that_is_lost_repeats_the_message_once() -> None:
    """At least once: nobody can know whether Slack has it."""
    async with World(slack=True) as w:
        w.slack.faults += [("chat.postMessage", "lost-answer")]
        issue = w.file(TITLE, COMPLETE)
        await w.settle(300)
        assert 2 == len(messages(w, "#search"))
        await settled(w, issue)


@pytest.mark.parametrize("fault", ["before", "after", "reset", "timeout"])
async def test_a_card_that_cannot_be_written_repeats_no_message(fault: str) -> None:
    """What was sent is in the database before the card is tried."""
    async with World(slack=True) as w:
        w.github.faults.once += [Once(fault, on="addComment")] * 3
        issue = w.file(TITLE, COMPLETE)
        await w.settle(600)
        assert 1 == len(messages(w, "#search"))
        assert "Told in [#search]" in w.card(issue)
        await settled(w, issue)


async def test_a_lost_database_repeats_no_message() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.lose_database()
        await w.settle()
        assert 1 == len(messages(w, "#search"))
        await settled(w, issue)


async def test_a_lost_memory_holds_messages_until_resume() -> None:
    async with World(slack=True, key=b"k" * 32) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        card = w.cards(issue)[0]
        w.github.world.edit_comment(card, "max", card.body.replace("rfh-bot:card v1 ", "rfh-bot:card v1 AA"))
        await w.lose_database()
        await w.say(issue, "/route delivery", by="erin")
        assert [] == messages(w, "#delivery")
        await w.say(issue, "/resume", by="erin")
        assert 1 == len(messages(w, "#delivery"))


async def test_a_missing_channel_is_said_on_the_card() -> None:
    async with World(slack=True) as w:
        del w.slack.channels["search"]
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert [] == w.slack.messages
        assert "Slack shows the bot no channel `#search`" in w.card(issue)
        assert "**Tell them in #search**" in w.card(issue)
        await settled(w, issue)
        w.slack.channels["search"] = "C900"
        await w.settle(16 * 60)
        await w.say(issue, "any news?")
        assert 1 == len(messages(w, "#search"))
        assert "no channel" not in w.card(issue)


async def test_a_refused_message_is_said_on_the_card_and_tried_again() -> None:
    async with World(slack=True) as w:
        w.slack.closed.add(w.slack.channels["search"])
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "Slack refused the message (`not_in_channel`)" in w.card(issue)
        await settled(w, issue)
        w.slack.closed.clear()
        await w.settle(6 * 3600 + 120)
        assert 1 == len(messages(w, "#search"))
        assert "refused" not in w.card(issue)


async def test_a_missing_handle_is_said_and_written_as_text() -> None:
    async with World(slack=True) as w:
        del w.slack.groups["search-core-support"]
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        (message,) = messages(w, "#search")
        assert () == message.pings
        assert "@search-core-support" in said(message)
        assert "Slack has no user group `@search-core-support`" in w.card(issue)
        await settled(w, issue)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        pytest.param({"core-app-support": "S1"}, "S1", id="the old group, while there is no new one"),
        pytest.param({"core-app-support": "S1", "repo-management-support": "S2"}, "S2", id="the new group"),
    ],
)
async def test_repo_management_is_called_by_the_group_that_exists(
    groups: dict[str, str], expected: str
) -> None:
    async with World(slack=True) as w:
        w.slack.groups = groups
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route repo-management", by="erin")
        assert (expected,) == messages(w, "#repo-management")[0].pings


async def test_a_team_without_a_handle_is_told_without_a_mention() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route extensibility", by="erin")
        (message,) = messages(w, "#extensibility")
        assert () == message.pings
        assert "user group" not in w.card(issue)


async def test_an_urgent_issue_without_a_team_alerts_support_once() -> None:
    """The comment stays; Slack is told in support's channel."""
    async with World(slack=True) as w:
        issue = w.file("Something is odd", complete(What="Please help.", Steps="look", Priority="p1"))
        await w.settle()
        (message,) = messages(w, "#customer-support-internal")
        assert "Urgent" in said(message)
        assert 1 == len([body for body in w.replies(issue) if "urgent and has no team" in body])
        await settled(w, issue)
        await w.say(issue, "/route delivery", by="erin")
        assert 1 == len(messages(w, "#delivery"))
        assert 1 == len(messages(w, "#customer-support-internal"))
        await settled(w, issue)


async def test_what_was_handed_over_long_ago_is_not_told() -> None:
    """A token that is configured later starts no flood."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.stop()
        await w.later(4 * 24 * 3600)
        w.use_slack()
        await w.start()
        await w.say(issue, "any news?")
        assert [] == w.slack.messages
        assert "**Tell them in #search**" in w.card(issue)


async def test_shadow_tells_nobody() -> None:
    async with World(slack=True, shadow=True) as w:
        w.file(TITLE, COMPLETE)
        await w.settle()
        assert [] == w.slack.messages


async def test_reminders_come_into_the_thread_and_call_the_team(tmp_path: Path) -> None:
    """Each once, below the hand-off message; where management is called, with the line that pages them."""
    policy = tmp_path / "policy.yml"
    policy.write_text("teams: {search-core: {members: [erin]}}\nsupport: {members: [sam]}\n")
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, complete(Priority="p1"))
        await w.settle()
        await w.later(3 * 24 * 3600)
        first, *_ = messages(w, "#search")
        thread = [message for message in messages(w, "#search") if message.thread]
        reminded = [body for body in w.replies(issue) if "rfh-bot:effect remind:" in body]
        assert 0 < len(reminded) == len(thread)
        assert {first.ts} == {message.thread for message in thread}
        assert all((w.slack.groups["search-core-support"],) == message.pings for message in thread)
        line = "/genie alert sourcegraph/customer#1: cs/p1, waiting for Search Core since 20"
        assert any(line in message.text for message in thread)
        assert len(thread) == len({message.text for message in thread})
        await settled(w, issue)


async def test_a_message_that_somebody_deleted_is_not_posted_again() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.slack.messages.clear()
        await w.say(issue, "/priority p1")
        assert [] == messages(w, "#search")
        assert "Slack refused the message (`message_not_found`)" in w.card(issue)
        await settled(w, issue)


@pytest.mark.parametrize("end", ["deleted", "transferred"])
async def test_an_issue_that_is_gone_is_said_in_place(end: str) -> None:
    """Also when Slack is down just then."""
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.slack.faults += [("chat.update", "5xx")]
        if end == "deleted":
            w.github.world.delete_issue(issue, "max")
        else:
            w.github.world.transfer(issue, w.github.world.create_repo("sourcegraph/other"), "max")
        await w.settle(300)
        (message,) = messages(w, "#search")
        assert "Deleted, or moved to another repository" in said(message)
        assert () == message.pings


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        pytest.param(
            "no-extra", "the words were not checked, as the extra `privacy` is not installed", id="no extra"
        ),
        pytest.param("scanner", "the check of the words failed", id="a scanner that failed"),
        pytest.param("nothing-left", "all that was said is private", id="all private"),
    ],
)
async def test_words_that_cannot_be_cleared_stay_on_the_issue(why: Withheld, expected: str) -> None:
    """The message names the area, and the card says why."""

    async def nothing(*_: object) -> tuple[tuple[str, ...], Withheld]:
        return (), why

    async with World(slack=True) as w:
        await w.stop()
        w.redact = nothing
        await w.start()
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        (message,) = messages(w, "#search")
        assert "details are in the issue" in said(message)
        assert "zoekt" not in message.everything
        assert f"The Slack message names only the area: {expected}" in " ".join(w.card(issue).split())
        await settled(w, issue)


async def test_a_published_issue_is_shown_with_its_link_also_when_it_is_closed() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        publication = Publication(w, issue)
        await publication.draft()
        await publication.clean()
        await publication.confirm()
        (public,) = publication.public
        expected = f"published as <http://sandbox.invalid/{w.demo.public.full_name}/issues/{public.number}|"
        assert expected in said(messages(w, "#search")[0])
        w.github.world.close(issue, "sam")
        await w.settle()
        (message,) = messages(w, "#search")
        assert "*Closed*" in said(message)
        assert expected in said(message)
        await settled(w, issue)


@pytest.mark.parametrize("slack", [False, True], ids=["no token", "token"])
async def test_a_team_without_a_channel_has_the_ready_text_on_the_card(tmp_path: Path, slack: bool) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text("teams: {search-core: {slack: {channel: null}}}\n")
    async with World(slack=slack, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "**Tell Search Core**\n```\n@search-core-support Find out why" in w.card(issue)
        assert w.slack is None or [] == w.slack.messages
        await w.assert_settled(issue)
