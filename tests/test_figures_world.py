"""Facts from a history played in the sandbox: by runs as they end, and again from GitHub alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from clock_world import ERIN_IN_SEARCH, TITLE, until
from harness import World
from issues import COMPLETE, complete

from bot.figures import Collector
from bot.model import IssueKey
from bot.rules.figures.facts import Facts, Wait
from bot.sandbox.records import Issue
from bot.sweep import Allowance

POLICY = """\
teams:
  search-core: {members: [erin]}
  delivery: {members: [max]}
support: {members: [sam]}
clocks:
  offices:
    americas: null
    europe: {timezone: Europe/London}
"""
HOUR = 3600.0


def key(w: World, issue: Issue) -> IssueKey:
    return IssueKey(w.repo.owner, w.repo.name, issue.number)


async def kept(w: World, issue: Issue) -> Facts:
    """What the runs have kept."""
    found = await w.bot.facts.get(key(w, issue))
    assert found is not None
    return found


async def collected(w: World, issue: Issue) -> Facts:
    """What a pass over the history finds on an empty table."""
    await w.bot.facts.forget([key(w, issue)])
    assert (await Collector(w.bot.reconciler, w.bot.facts).collect(w.repo.full_name, Allowance())).whole
    return await kept(w, issue)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}+00:00")


async def start(w: World, policy: str = POLICY) -> None:
    w.github.world.put_file(w.repo, ".github/rfh-bot.yml", policy, "max")
    await w.settle()
    await until(w, "2026-11-18 10:00")  # a Wednesday


def waits(facts: Facts) -> list[tuple[str, str, str | None, float | None]]:
    """(side, since, until, business hours)."""

    def when(moment: datetime | None) -> str | None:
        return moment.strftime("%d %H:%M") if moment is not None else None

    return [
        (
            one.side,
            when(one.since) or "",
            when(one.until),
            None if one.seconds is None else one.seconds / HOUR,
        )
        for one in facts.waits
    ]


@pytest.mark.looptime
async def test_a_request_from_filing_to_its_end() -> None:
    """Filed at ten; answered at noon; support is back a day later; closed, opened again, closed."""
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await until(w, "2026-11-18 12:00")
        await w.say(issue, "Please send the output of `zoekt-git-index -version`.", by="erin")
        await until(w, "2026-11-19 12:00")
        await w.say(issue, "It says 1.2, and the pod restarts every hour.", by="sam")
        await until(w, "2026-11-19 16:00")
        w.github.world.close(issue, "sam")
        await until(w, "2026-11-20 10:00")
        w.github.world.reopen(issue, "sam")
        await until(w, "2026-11-20 11:00")
        w.github.world.close(issue, "sam")
        await w.settle()
        facts = await kept(w, issue)
        (ask,) = facts.asks
        assert ("search-core", "p2", at("18 10:00"), at("19 10:00"), at("18 12:00"), "erin", 2 * HOUR) == (
            ask.team,
            ask.priority,
            ask.asked_at,
            ask.due_at,
            ask.answered_at,
            ask.answered_by,
            ask.seconds,
        )
        assert [
            ("engineering", "18 10:00", "18 12:00", 2),
            ("support", "18 12:00", "19 12:00", 8),
            ("engineering", "19 12:00", "19 16:00", 4),
            ("engineering", "20 10:00", "20 11:00", 1),
        ] == waits(facts)
        assert ((at("19 16:00"), at("20 11:00")), (at("20 10:00"),)) == (facts.closed_at, facts.reopened_at)
        assert (True, (), at("18 10:00")) == (facts.complete_at_filing, facts.missing, facts.completed_at)
        assert ((5051,), "northmere", "search-core", "sam") == (
            facts.tickets,
            facts.customer,
            facts.area,
            facts.filer,
        )
        assert ("applied", "search-core", False) == (
            facts.routing and facts.routing.decision,
            facts.routing and facts.routing.team,
            facts.routing and facts.routing.overridden,
        )
        assert facts == await collected(w, issue)


@pytest.mark.looptime
async def test_another_team_is_asked_anew_and_the_router_was_overridden() -> None:
    """Handed on after three hours without an answer; Delivery's time begins then."""
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await until(w, "2026-11-18 13:00")
        await w.say(issue, "/route delivery", by="erin")
        await until(w, "2026-11-18 15:00")
        await w.say(issue, "Raise the memory limit of the pod to 16 GB.", by="max")
        facts = await kept(w, issue)
        assert [("search-core", "router"), ("delivery", "person")] == [(c.team, c.by) for c in facts.teams]
        first, second = facts.asks
        assert ("search-core", None, at("18 13:00"), 3 * HOUR) == (
            first.team,
            first.answered_at,
            first.ended_at,
            first.seconds,
        )
        assert ("delivery", at("18 13:00"), at("18 15:00"), "max", 2 * HOUR) == (
            second.team,
            second.asked_at,
            second.answered_at,
            second.answered_by,
            second.seconds,
        )
        assert facts.routing is not None
        assert (True, "delivery") == (facts.routing.overridden, facts.routing.person)
        again = await collected(w, issue)
        assert facts == again
        assert not again.partial


@pytest.mark.looptime
async def test_a_request_with_gaps_is_asked_when_it_is_complete() -> None:
    """Filed without version and ticket at ten, completed at one: engineering was asked then."""
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, complete(Sourcegraph="latest", Zendesk=""))
        await w.settle()
        early = await kept(w, issue)
        assert (False, ("zendesk", "version"), None, ()) == (
            early.complete_at_filing,
            early.missing,
            early.completed_at,
            early.asks,
        )
        await until(w, "2026-11-18 13:00")
        w.github.world.edit_issue(issue, "sam", body=COMPLETE)
        await w.settle()
        facts = await kept(w, issue)
        assert (False, ("zendesk", "version")) == (facts.complete_at_filing, facts.missing)
        assert facts.completed_at is not None
        assert abs((facts.completed_at - at("18 13:00")).total_seconds()) < 5
        assert [at("18 13:00")] == [ask.asked_at for ask in facts.asks]
        lost = await collected(w, issue)
        assert (False, None) == (lost.complete_at_filing, lost.missing)  # the first text is gone
        assert replace(facts, missing=None) == lost


@pytest.mark.looptime
async def test_words_of_people_about_turns_and_empty_answers() -> None:
    """ "Looking into it" is no answer; `/waiting customer` is the last word."""
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await until(w, "2026-11-18 11:00")
        await w.say(issue, "Looking into it, thanks!", by="erin")
        await until(w, "2026-11-18 14:00")
        await w.say(issue, "Set `cpus: 2` and tell us what happens.", by="erin")
        await until(w, "2026-11-18 15:00")
        await w.say(issue, "/waiting customer", by="sam")
        facts = await kept(w, issue)
        assert [
            ("engineering", "18 10:00", "18 14:00", 4),
            ("support", "18 14:00", "18 15:00", 1),
            ("customer", "18 15:00", None, None),
        ] == waits(facts)
        assert Wait("customer", at("18 15:00")) == facts.waiting
        assert facts == await collected(w, issue)


@pytest.mark.looptime
async def test_reminders_are_counted() -> None:
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await until(w, "2026-11-19 10:02")
        await w.settle()
        facts = await kept(w, issue)
        assert ["19 10:00"] == [one.strftime("%d %H:%M") for one in facts.reminders]
        assert facts == await collected(w, issue)


@pytest.mark.looptime
async def test_a_tracker_from_before_the_bot_has_figures_too() -> None:
    """Labels by people alone; the label's team was asked when it was labelled, and nobody checked gaps."""
    async with World(policy=None) as w:
        await w.stop()
        await until(w, "2026-11-18 10:00")
        labels = ("rfh", "cs/p2", "team/search-core", "customer/northmere")
        issue = w.file("Indexing is killed", "It dies.", labels=labels)
        w.github.world.put_file(w.repo, ".github/rfh-bot.yml", ERIN_IN_SEARCH, "max")
        await until(w, "2026-11-18 14:00")
        w.comment(issue, "Raise the memory limit.", by="erin")
        await until(w, "2026-11-18 15:00")
        w.github.world.close(issue, "sam")
        facts = await collected(w, issue)
        assert (True, None, False) == (facts.request, facts.routing, facts.complete_at_filing)
        (ask,) = facts.asks
        assert (at("18 10:00"), at("18 14:00"), "erin") == (ask.asked_at, ask.answered_at, ask.answered_by)


@pytest.mark.looptime
async def test_a_second_pass_reads_only_what_changed() -> None:
    """The mark is kept after each page; a pass without news costs one call."""
    async with World() as w:
        await start(w)
        for _ in range(3):
            w.file(TITLE, COMPLETE)
        await w.settle(130)
        collector = Collector(w.bot.reconciler, w.bot.facts)
        assert 3 == (await collector.collect(w.repo.full_name, Allowance())).read
        w.github.calls.clear()
        assert 0 == (await collector.collect(w.repo.full_name, Allowance())).read
        assert ["SweepIssues"] == [call.operation for call in w.github.calls.reads]


@pytest.mark.looptime
async def test_a_pass_that_is_cut_off_goes_on_where_it_was() -> None:
    """Of 60 issues the first pass may read one page; the second one reads the rest."""
    async with World() as w:
        await w.stop()
        await until(w, "2026-11-18 10:00")
        for minute in range(60):
            w.file(f"{TITLE} {minute}", COMPLETE, labels=("rfh",))
            w.leap(60)
        collector = Collector(w.bot.reconciler, w.bot.facts)
        first = await collector.collect(w.repo.full_name, Allowance(calls=0))
        assert (50, False) == (first.read, first.whole)
        second = await collector.collect(w.repo.full_name, Allowance())
        assert second.whole
        assert 10 <= second.read <= 14  # and those of the overlap
        assert 60 == len(await w.bot.facts.load(w.repo.full_name))


@pytest.mark.looptime
async def test_long_threads_are_read_whole() -> None:
    """Seventy comments: a run sees only some, and says so; the next pass reads them all."""
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await until(w, "2026-11-18 11:00")
        w.comment(issue, "Which version of zoekt is it?", by="erin")
        for number in range(70):
            w.comment(issue, f"Line {number} of the log says that it was killed.", by="sam")
        await w.settle()
        whole = await collected(w, issue)
        assert not whole.partial
        assert [at("18 11:00")] == [ask.answered_at for ask in whole.asks]
        w.leap(3600)
        await w.say(issue, "Set `cpus: 2`.", by="erin")
        assert (await kept(w, issue)).partial
        assert (key(w, issue),) == await w.bot.facts.unread(w.repo.full_name)


@pytest.mark.looptime
async def test_facts_cost_a_run_no_call() -> None:
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await kept(w, issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_what_is_no_request_any_more_is_forgotten() -> None:
    """An issue of no template whose label is taken off again counts nowhere."""
    async with World() as w:
        await start(w)
        issue = w.file("Lunch?", "Who is in?", labels=("rfh",))
        await w.settle()
        assert (await kept(w, issue)).request
        w.github.world.remove_label(issue, "rfh", "sam")
        await w.settle()
        assert await w.bot.facts.get(key(w, issue)) is None


@pytest.mark.looptime
async def test_an_issue_that_is_deleted_takes_its_facts_with_it() -> None:
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await kept(w, issue)
        w.github.world.delete_issue(issue, "max")
        await w.settle()
        assert await w.bot.facts.get(key(w, issue)) is None


@pytest.mark.looptime
async def test_a_team_that_lists_nobody_is_not_measured() -> None:
    """Its answers cannot be told from other people's words: no ask is better than one that is missed."""
    async with World() as w:
        await start(w, POLICY.replace("[erin]", "[]"))
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        facts = await kept(w, issue)
        assert ("search-core", (), ()) == (facts.team, facts.asks, facts.waits)
        assert facts == await collected(w, issue)


@pytest.mark.looptime
async def test_a_bug_in_the_figures_holds_up_no_hand_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The request is handed over; the log says where it broke, and nobody's words."""

    def broken(*_: object) -> Facts:
        raise ValueError(TITLE)

    monkeypatch.setattr("bot.figures_note.facts_of", broken)
    async with World() as w:
        await start(w)
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert "team/search-core" in w.labels(issue)
        said = capsys.readouterr().out
        assert "not kept" in said
        assert TITLE not in said


@pytest.mark.looptime
async def test_what_is_settled_stays_when_the_next_team_answers() -> None:
    """The bot came a minute after the filing; the first team's time is what it was while it had the issue."""
    async with World() as w:
        await start(w)
        await w.stop()
        issue = w.file(TITLE, COMPLETE)
        w.leap(60)
        await w.start()
        await w.settle()
        (running,) = (await kept(w, issue)).asks
        await until(w, "2026-11-18 13:00")
        await w.say(issue, "/route delivery", by="erin")
        await until(w, "2026-11-18 15:00")
        await w.say(issue, "Raise the memory limit of the pod to 16 GB.", by="max")
        facts = await kept(w, issue)
        assert (2, False) == (len(facts.asks), facts.partial)
        assert facts.teams[0].at > running.asked_at == facts.asks[0].asked_at
        assert at("18 13:00") == facts.asks[0].ended_at
