"""Whose turn it is and who is reminded, end to end and in virtual time: act, wait, look at the issue."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from clock_world import ERIN_IN_SEARCH, ONE_OFFICE, TITLE, clock, filed, last, reminders, turn, until
from harness import World
from issues import complete

pytestmark = pytest.mark.looptime


# ── reminders come when policy says ─────────────────────────────────────────────────────────


async def test_p2_asked_on_tuesday_at_three_is_reminded_of_on_wednesday_at_three() -> None:
    async with World() as w:
        issue = await filed(w)
        assert turn(w, issue) == "Search Core · since 2026-11-17 15:00 UTC · answer due 2026-11-18 15:00 UTC"
        await w.assert_settled(issue)
        await until(w, "2026-11-18 14:59")
        assert [] == reminders(w, issue)
        await until(w, "2026-11-18 15:02")
        assert [("p2:1", "2026-11-18 15:00")] == reminders(w, issue)
        assert last(w, issue).body.startswith("@erin support waits for a first answer since 2026-11-17 15:00")
        await w.assert_settled(issue)


async def test_the_ladder_ends_after_its_levels_and_nothing_is_ever_closed() -> None:
    async with World() as w:
        issue = await filed(w)
        for day in (18, 19, 20, 23, 24, 27):
            await until(w, f"2026-11-{day} 15:01")
        expected = [("p2:1", "2026-11-18 15:00"), ("p2:2", "2026-11-19 15:00"), ("p2:3", "2026-11-20 15:00")]
        assert expected == reminders(w, issue)
        assert "open" == w.live(issue).state
        await w.assert_settled(issue)


async def test_a_weekend_is_skipped() -> None:
    async with World() as w:
        await until(w, "2026-11-20 15:00")
        issue = await filed(w)
        await until(w, "2026-11-23 14:50")
        assert [] == reminders(w, issue)
        await until(w, "2026-11-23 15:01")
        assert [("p2:1", "2026-11-23 15:00")] == reminders(w, issue)


async def test_a_holiday_of_the_only_office_is_skipped() -> None:
    """Thanksgiving and the day after it, a weekend follows: the Californian office opens on 30 November."""
    american = ERIN_IN_SEARCH + "clocks: {offices: {europe: null}}\n"
    async with World() as w:
        await until(w, "2026-11-25 18:00")
        issue = await filed(w, american)
        await until(w, "2026-11-30 17:59")
        assert [] == reminders(w, issue)
        await until(w, "2026-11-30 18:01")
        assert [("p2:1", "2026-11-30 18:00")] == reminders(w, issue)


async def test_p1_is_reminded_of_after_one_and_four_hours_then_support_management_is_called() -> None:
    async with World() as w:
        w_policy = ERIN_IN_SEARCH  # two offices: Europe closes at 17:00 UTC, America at 01:00
        issue = await filed(w, w_policy, Priority="cs/p1")
        for hour in (16, 19, 23):
            await until(w, f"2026-11-17 {hour}:01")
        expected = [("p1:1", "2026-11-17 16:00"), ("p1:2", "2026-11-17 19:00"), ("p1:3", "2026-11-17 23:00")]
        assert expected == reminders(w, issue)
        assert last(w, issue).body.startswith("@max this waits for Search Core since")
        assert "/genie alert" in last(w, issue).body
        await w.assert_settled(issue)


async def test_p1_waits_for_the_opening_and_then_goes_on_level_by_level() -> None:
    """What the night swallowed comes one by one: nobody calls the management first thing in the morning."""
    async with World() as w:
        await until(w, "2026-11-17 16:30")
        issue = await filed(w, Priority="cs/p1")
        await until(w, "2026-11-18 08:59")
        assert [] == reminders(w, issue)
        await until(w, "2026-11-18 09:02")
        await until(w, "2026-11-18 12:02")
        assert [("p1:1", "2026-11-18 09:00"), ("p1:2", "2026-11-18 12:00")] == reminders(w, issue)


@pytest.mark.parametrize("why", ["24x7", "emergency"])
async def test_nobody_waits_for_the_opening_when_the_customer_must_not(why: str) -> None:
    around = ONE_OFFICE + "customers: {northmere: {support_24x7: true}}\n"
    async with World() as w:
        await until(w, "2026-11-17 16:29")
        await w.settle(55)
        issue = await filed(w, around if why == "24x7" else ONE_OFFICE, Priority="cs/p1")
        if why == "emergency":
            await w.say(issue, "/emergency")
            assert "emergency: at any hour" in w.card(issue)
        await until(w, "2026-11-17 17:31")
        assert [("p1:1", "2026-11-17 17:30")] == reminders(w, issue)
        await w.assert_settled(issue)


# ── turns ───────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_gives_the_turn_to_support_and_supports_answer_gives_it_back() -> None:
    async with World() as w:
        issue = await filed(w)
        await until(w, "2026-11-17 16:00")
        await w.say(issue, "The shard limit is too low: set `-max_shards` to 20.", by="erin")
        assert turn(w, issue) == "sam · since 2026-11-17 16:00 UTC"
        await w.assert_settled(issue)
        await until(w, "2026-11-18 15:30")
        assert [] == reminders(w, issue)
        await until(w, "2026-11-18 16:02")
        assert [("p2:1", "2026-11-18 16:00")] == reminders(w, issue)
        assert last(w, issue).body.startswith("@sam Search Core answered and waits for support since")
        await w.say(issue, "Tried that, it is killed again.")
        assert turn(w, issue).startswith("Search Core · since 2026-11-18 16:02 UTC")
        await until(w, "2026-11-19 16:04")
        assert [("p2:1", "2026-11-18 16:00"), ("p2:1", "2026-11-19 16:02")] == reminders(w, issue)
        assert "support answered, and waits for you again" in last(w, issue).body
        await w.assert_settled(issue)


@pytest.mark.parametrize(
    ("by", "text"),
    [
        ("erin", "looking into it"),
        ("erin", "Hi Sam, on it! 👀"),
        ("olu", "I know this one: the shard limit is too low."),
        ("sam", "It happened again at noon."),
    ],
    ids=["no answer", "a greeting", "somebody in no list", "support once more"],
)
async def test_what_is_no_answer_does_not_stop_the_clock(by: str, text: str) -> None:
    async with World() as w:
        issue = await filed(w)
        before = w.card(issue)
        await w.say(issue, text, by=by)
        assert before == w.card(issue)
        await w.assert_settled(issue)
        await until(w, "2026-11-18 15:02")
        assert [("p2:1", "2026-11-18 15:00")] == reminders(w, issue)


async def test_looking_into_it_that_is_edited_into_an_answer_counts() -> None:
    async with World() as w:
        issue = await filed(w)
        comment = await w.say(issue, "Looking into it.", by="erin")
        w.github.world.edit_comment(comment, "erin", "The shard limit is too low.")
        await w.settle()
        assert turn(w, issue).startswith("sam · since")
        assert clock(w, issue).first_response_at is not None


async def test_waiting_corrects_the_turn_and_undo_takes_the_correction_back() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, "/waiting customer")
        assert turn(w, issue).startswith("the customer · since")
        await w.assert_settled(issue)
        await until(w, "2026-11-20 16:00")
        assert [] == reminders(w, issue)
        await w.say(issue, "/undo")
        assert turn(w, issue).startswith("Search Core · since 2026-11-17 15:00")
        await w.say(issue, "/waiting support", by="erin")
        assert turn(w, issue).startswith("sam · since 2026-11-20 16:00")
        await w.assert_settled(issue)


async def test_before_anybody_was_asked_there_is_no_turn_to_correct() -> None:
    async with World() as w:
        issue = w.file("zoekt is slow", complete(Sourcegraph="latest"))
        await w.settle()
        await w.say(issue, "/waiting support")
        assert "Nobody in engineering was asked yet" in w.replies(issue)[0]


@pytest.mark.parametrize(
    ("answers", "command"),
    [
        pytest.param({}, "/route search-core", id="complete and routed"),
        pytest.param({"Zendesk": ""}, "/handoff", id="by command"),
        pytest.param({"Zendesk": ""}, "/priority p1", id="urgent"),
    ],
)
async def test_the_clock_starts_when_engineering_was_asked(answers: dict[str, str], command: str) -> None:
    async with World() as w:
        w.github.world.put_file(w.repo, ".github/rfh-bot.yml", ONE_OFFICE, "max")
        await w.settle()
        issue = w.file(
            "Odd" if not answers else TITLE,
            complete(**answers) if answers else complete(What="Odd.", Steps="look"),
        )
        await w.settle()
        assert "" == turn(w, issue)
        await until(w, "2026-11-17 16:00")
        await w.say(issue, command)
        assert turn(w, issue).startswith("Search Core · since 2026-11-17 16:00 UTC")
        await w.assert_settled(issue)


async def test_the_new_owner_speaks_for_support_and_is_called() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, "/owner @olu")
        await until(w, "2026-11-17 16:00")
        await w.say(issue, "The shard limit is too low.", by="erin")
        assert turn(w, issue).startswith("olu · since 2026-11-17 16:00")
        await until(w, "2026-11-18 16:02")
        assert last(w, issue).body.startswith("@olu Search Core answered")
        await w.say(issue, "That did not help.", by="olu")
        assert turn(w, issue).startswith("Search Core · since 2026-11-18 16:02")
        await w.assert_settled(issue)


async def test_without_the_label_there_is_no_clock() -> None:
    async with World() as w:
        issue = await filed(w)
        w.github.world.remove_label(issue, "rfh", "sam")
        await w.settle()
        assert "" == turn(w, issue)
        await until(w, "2026-11-18 16:00")
        assert [] == reminders(w, issue)
        await w.assert_settled(issue)


async def test_a_defect_and_a_closed_issue_have_no_clock() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, "/kind defect")
        assert "" == turn(w, issue)
        other = await filed(w)
        w.github.world.close(other, "sam")
        await w.settle()
        assert "" == turn(w, other)
        await until(w, "2026-11-20 15:00")
        assert [] == reminders(w, issue) + reminders(w, other)
        w.github.world.reopen(other, "sam")
        await w.settle()
        assert turn(w, other).startswith("Search Core · since 2026-11-20 15:0")
        await w.assert_settled(other)


async def test_another_team_is_asked_anew() -> None:
    async with World() as w:
        issue = await filed(w, ONE_OFFICE.replace("teams:\n", "teams:\n  delivery: {members: [olu]}\n"))
        await w.say(issue, "The shard limit is too low.", by="erin")
        await until(w, "2026-11-18 10:00")
        await w.say(issue, "/route delivery")
        assert turn(w, issue).startswith(
            "Delivery · since 2026-11-18 10:00 UTC · answer due 2026-11-19 10:00"
        )
        assert clock(w, issue).first_response_at is None
        await w.assert_settled(issue)


async def test_a_route_with_a_sentence_by_somebody_in_both_teams_asks_and_does_not_answer() -> None:
    async with World() as w:
        issue = await filed(w, ONE_OFFICE.replace("teams:\n", "teams:\n  delivery: {members: [erin]}\n"))
        await until(w, "2026-11-18 10:00")
        await w.say(issue, "/route delivery\nThe pods are evicted before zoekt starts.", by="erin")
        assert turn(w, issue).startswith("Delivery · since 2026-11-18 10:00 UTC")
        assert clock(w, issue).first_response_at is None
        await w.say(issue, "Raise the memory limit to 8 GB.", by="erin")
        assert turn(w, issue).startswith("sam · since 2026-11-18 10:0")
        assert clock(w, issue).first_response_at is not None
        await w.assert_settled(issue)


async def test_a_priority_that_rises_counts_from_then() -> None:
    """A day-old issue that becomes urgent is not at the end of its ladder at once."""
    async with World() as w:
        issue = await filed(w)
        await until(w, "2026-11-18 10:00")
        await w.say(issue, "/priority p1")
        assert turn(w, issue) == "Search Core · since 2026-11-17 15:00 UTC · answer due 2026-11-18 11:00 UTC"
        await until(w, "2026-11-18 11:01")
        assert [("p1:1", "2026-11-18 11:00")] == reminders(w, issue)


# ── snooze ──────────────────────────────────────────────────────────────────────────────────


async def test_a_snooze_holds_reminders_back_and_then_the_first_level_comes() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, "/snooze until 2026-11-23 the customer is away")
        assert "snoozed until 2026-11-23 09:00 UTC" in w.card(issue)
        await w.assert_settled(issue)
        await until(w, "2026-11-23 08:55")
        assert [] == reminders(w, issue)
        await until(w, "2026-11-23 09:01")
        assert [("p2:1", "2026-11-23 09:00")] == reminders(w, issue)
        assert "snoozed" not in w.card(issue)
        await w.assert_settled(issue)
        await until(w, "2026-11-24 09:01")
        assert ("p2:2", "2026-11-24 09:00") == reminders(w, issue)[-1]


async def test_unsnooze_lets_reminders_go_on() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, "/snooze 3d")
        await w.say(issue, "/unsnooze")
        assert "snoozed" not in w.card(issue)
        await until(w, "2026-11-18 15:02")
        assert [("p2:1", "2026-11-18 15:00")] == reminders(w, issue)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("/snooze later", "is no time"),
        ("/snooze 90d", "too long: `30d` at most"),
        ("/snooze until 2026-11-01", "is over already"),
        ("/unsnooze", "Nothing is snoozed"),
    ],
)
async def test_a_snooze_that_cannot_be_is_refused_with_the_reason(command: str, answer: str) -> None:
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, command)
        assert answer in w.replies(issue)[0]
        await w.assert_settled(issue)


async def test_the_author_may_snooze_whatever_their_role() -> None:
    async with World() as w:
        issue = await filed(w)
        other = w.file("zoekt-indexserver is killed", complete(), by="olu")
        await w.settle()
        await w.say(other, "/snooze 2d", by="olu")
        assert "snoozed until" in w.card(other)
        await w.say(issue, "/snooze 2d", by="olu")
        assert "snoozed until" not in w.card(issue)


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────


async def test_the_due_time_survives_a_restart_and_the_loss_of_the_database() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.stop()
        await w.start()
        await until(w, "2026-11-18 10:00")
        await w.lose_database()
        await until(w, "2026-11-18 15:02")
        assert [("p2:1", "2026-11-18 15:00")] == reminders(w, issue)
        await w.assert_settled(issue)


async def test_the_due_time_of_an_issue_that_was_long_quiet_survives_the_loss_too() -> None:
    """The catch-up does not reach back so far: the next hourly sweep sets it again."""
    async with World() as w:
        issue = await filed(w)
        await w.say(issue, "/snooze until 2026-11-24")
        await until(w, "2026-11-24 07:00")
        await w.lose_database()
        await w.settle(3600)
        await until(w, "2026-11-24 09:02")
        assert [("p2:1", "2026-11-24 09:00")] == reminders(w, issue)
        await w.assert_settled(issue)


async def test_a_bot_that_was_down_over_three_levels_writes_one_reminder() -> None:
    async with World() as w:
        issue = await filed(w)
        await w.stop()
        await until(w, "2026-11-24 10:00")
        await w.start()
        await w.settle(120)
        assert [("p2:1", "2026-11-24 10:00")] == reminders(w, issue)
        await w.assert_settled(issue)
        await until(w, "2026-11-25 10:10")
        assert ["p2:1", "p2:2"] == [level for level, _ in reminders(w, issue)]


async def test_a_crash_between_reminder_and_card_repeats_nothing() -> None:
    """The comment stands, the write of the card that records it fails: the comment itself is the record."""
    async with World() as w:
        issue = await filed(w)
        await until(w, "2026-11-18 15:00")

        async def crash() -> None:
            while not reminders(w, issue):  # noqa: ASYNC110  # the sandbox has no event for it
                await asyncio.sleep(0.02)
            w.failures.append(("/graphql", 502))

        watch = asyncio.create_task(crash())
        await w.settle(40)
        await watch
        assert [] == w.failures
        assert [("p2:1", "2026-11-18 15:00")] == reminders(w, issue)
        await until(w, "2026-11-18 15:05")
        assert [("p2:1", "2026-11-18 15:00")] == reminders(w, issue)
        await w.assert_settled(issue)


async def test_a_lost_memory_holds_reminders_back_and_knows_those_that_were_written() -> None:
    async with World() as w:
        issue = await filed(w)
        await until(w, "2026-11-18 15:02")
        (card,) = w.cards(issue)
        await w.stop()
        w.github.world.edit_comment(card, "max", card.body.replace("Turn", "turn"))
        await w.lose_database()
        await until(w, "2026-11-19 16:00")
        assert 1 == len(reminders(w, issue))
        await w.say(issue, "/resume")
        await until(w, "2026-11-20 16:05")
        assert ["p2:1"] == [level for level, _ in reminders(w, issue)]
        await until(w, "2026-11-23 16:05")
        assert ["p2:1", "p2:2"] == [level for level, _ in reminders(w, issue)]
        await w.assert_settled(issue)


async def test_a_turn_that_the_card_does_not_tell_yet_is_written_there_before_anybody_is_called() -> None:
    """The bot was down while the engineer answered, and support's reminder is due when it is back."""
    async with World() as w:
        issue = await filed(w)
        await w.stop()
        await until(w, "2026-11-17 16:00")
        w.comment(issue, "The shard limit is too low.", by="erin")
        await until(w, "2026-11-19 12:00")
        w.github.calls.clear()
        await w.start()
        await w.settle(120)
        assert [("p2:1", "2026-11-19 12:00")] == reminders(w, issue)
        writes = [body for call in w.github.calls.writes if (body := str(call))]
        assert 3 <= len(writes)  # the card, the reminder, the card
        assert clock(w, issue).since.isoformat() == "2026-11-17T16:00:00+00:00"
        await w.assert_settled(issue)


async def test_an_old_issue_met_for_the_first_time_is_not_nagged_about_the_past() -> None:
    async with World(deliver=False) as w:
        await w.stop()
        w.github.world.put_file(w.repo, ".github/rfh-bot.yml", ONE_OFFICE, "max")
        issue = w.file("zoekt-indexserver runs out of memory", complete())
        w.leap(timedelta(days=20).total_seconds())
        await w.start()
        await w.settle()
        for day in range(8, 14):
            await until(w, f"2026-12-{day:02} 15:01")
        assert turn(w, issue).startswith("Search Core · since 2026-11-17 15:00 UTC")
        assert [] == reminders(w, issue)


async def test_nobody_on_the_list_is_said_and_waiting_still_works() -> None:
    async with World() as w:
        issue = await filed(w, "support: {members: [sam]}\n")
        assert "Nobody is known to be in Search Core" in w.card(issue)
        await w.say(issue, "The shard limit is too low.", by="erin")
        assert turn(w, issue).startswith("Search Core")
        await w.say(issue, "/waiting support")
        assert turn(w, issue).startswith("sam")
        await w.assert_settled(issue)


# ── lists of GitHub ─────────────────────────────────────────────────────────────────────────


async def test_members_of_a_github_team_are_asked_for_once_an_hour() -> None:
    teams = "teams: {search-core: {github_team: sourcegraph/search}}\nsupport: {members: [sam]}\n"
    async with World() as w:
        w.github.world.set_team("sourcegraph/search", "erin")
        issue = await filed(w, teams)
        await w.say(issue, "The shard limit is too low.", by="erin")
        assert turn(w, issue).startswith("sam")
        asked = [c for c in w.github.calls.reads if c.operation == "TeamMembers"]
        assert 1 == len(asked)
        await w.say(issue, "It still happens.")
        await until(w, "2026-11-18 15:10")
        assert last(w, issue).body.startswith("@sourcegraph/search support answered")


async def test_the_engineer_on_the_issue_is_called_and_not_the_whole_team() -> None:
    teams = "teams: {search-core: {github_team: sourcegraph/search}}\nsupport: {members: [sam]}\n"
    async with World() as w:
        w.github.world.set_team("sourcegraph/search", "erin", "max")
        issue = await filed(w, teams)
        w.github.world.assign(issue, ["erin"], "sam")
        await until(w, "2026-11-18 15:02")
        assert last(w, issue).body.startswith("@erin support waits for a first answer")


async def test_a_team_that_cannot_be_seen_is_a_list_of_nobody() -> None:
    async with World() as w:
        issue = await filed(w, "teams: {search-core: {github_team: sourcegraph/nowhere}}\n")
        assert "Nobody is known to be in Search Core" in w.card(issue)
        await w.assert_settled(issue)


# ── the example of docs/clocks.md ───────────────────────────────────────────────────────────


async def test_the_example_of_the_docs() -> None:
    async with World() as w:
        issue = await filed(w)
        await until(w, "2026-11-17 16:10")
        await w.say(issue, "looking into it", by="erin")
        assert turn(w, issue) == "Search Core · since 2026-11-17 15:00 UTC · answer due 2026-11-18 15:00 UTC"
        await until(w, "2026-11-18 15:01")
        assert ["2026-11-18 15:00"] == [when for _, when in reminders(w, issue)]
        await until(w, "2026-11-18 16:00")
        await w.say(issue, "The shard limit is too low: set `-max_shards` to 20.", by="erin")
        assert turn(w, issue) == "sam · since 2026-11-18 16:00 UTC"
        await until(w, "2026-11-18 17:30")
        await w.say(issue, "/waiting customer")
        assert turn(w, issue) == "the customer · since 2026-11-18 17:30 UTC"
        await until(w, "2026-11-20 15:00")
        await w.say(issue, "They tried it, no change.")
        assert turn(w, issue) == "Search Core · since 2026-11-20 15:00 UTC · answer due 2026-11-23 15:00 UTC"
        await until(w, "2026-11-20 15:05")
        await w.say(issue, "/snooze until 2026-11-24")
        assert "snoozed until 2026-11-24 09:00 UTC" in w.card(issue)
        for day in (23, 24, 25):
            await until(w, f"2026-11-{day} 09:01")
        expected = ["2026-11-18 15:00", "2026-11-24 09:00", "2026-11-25 09:00"]
        assert expected == [when for _, when in reminders(w, issue)]
        await w.assert_settled(issue)
