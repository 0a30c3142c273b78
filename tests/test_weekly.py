"""The weekly digest, end to end: one issue and one post, whatever is killed, lost or down."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from clock_world import ERIN_IN_SEARCH, until
from harness import World
from issues import COMPLETE

from bot.errors import ServiceDown, UserError
from bot.figure_digest import NO_TICKETS
from bot.github import watched
from bot.policy.schema import Policy
from bot.rules.figures.period import Period
from bot.rules.figures.tickets import Ticket, Tickets
from bot.rules.weekly import MARKER, marked
from bot.sandbox.faults import Once
from bot.sandbox.records import Issue
from bot.sandbox.slack import PNG, Fault, Message
from bot.store_standing import Standings
from bot.tables import catch_up, due
from bot.weekly import SLACK
from bot.worker import Worker

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
LONDON = (
    ERIN_IN_SEARCH
    + """\
clocks:
  offices:
    americas: null
    europe: {timezone: Europe/London, holidays: {country: GB, subdiv: ENG}}
"""
)
MONDAY = "2026-11-23"
ISSUES = ("/repos/{owner}/{repo}/issues", "/repos/{owner}/{repo}/issues/{issue_number}")
CHANNEL = "#customer-support-internal"


def world(folder: Path, policy: str = "") -> World:
    """Of one folder for all tests: a policy that was read before is not compiled again."""
    path = folder / f"{hashlib.sha256(policy.encode()).hexdigest()}.yml"
    path.write_text(LONDON + policy)
    return World(slack=True, policy=path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("policies")


async def filed(w: World, count: int = 1) -> list[Issue]:
    issues = [w.file(f"{TITLE} {n}", COMPLETE) for n in range(count)]
    await w.settle(700)  # five minutes after the start the history is read, then the digest looks
    return issues


async def morning(w: World, day: str) -> None:
    """Let time pass until some minutes after nine; what leapt over is made good before."""
    if f"{day} 08:58" > f"{w.now():%Y-%m-%d %H:%M}":
        await until(w, f"{day} 08:58")
    await until(w, f"{day} 09:03")


def ours(w: World) -> list[Issue]:
    bot = w.github.access.app.bot.id
    return [one for one in w.github.world.state.issues.values() if one.author_id == bot and one.gone is None]


def digest(w: World) -> Issue:
    (issue,) = [one for one in ours(w) if marked(one.body)]
    return issue


def posts(w: World) -> list[Message]:
    assert w.slack is not None
    return [m for m in w.slack.channel(CHANNEL) if "Weekly digest" in m.text]


async def quiet(w: World) -> None:
    """The next looks write nothing."""
    before = digest(w), len(posts(w))
    w.github.calls.clear()
    for _ in range(2):
        w.leap(3600)
        await w.settle(60)
    assert [] == [call for call in w.github.calls.writes if call.template in ISSUES]
    assert before == (digest(w), len(posts(w)))


# ── what is written ─────────────────────────────────────────────────────────────────────────


async def test_a_digest_is_created_once_and_edited_next_week(folder: Path) -> None:
    async with world(folder) as w:
        (request,) = await filed(w)
        await until(w, "2026-11-23 08:59")
        assert [] == ours(w)
        await morning(w, MONDAY)
        first = digest(w)
        assert "Weekly digest: does support need engineering less?" == first.title
        assert "**16 Nov 2026 to 22 Nov 2026**" in first.body
        assert f"[#{request.number}](" in first.body
        assert "Search Core" in first.body
        await quiet(w)
        await morning(w, "2026-11-30")
        second = digest(w)
        assert first.number == second.number
        assert "**23 Nov 2026 to 29 Nov 2026**" in second.body
        assert "| 16 Nov 2026 | 1 |" in second.body
        assert [] == w.comments(second)
        assert 2 == len(posts(w))
        await quiet(w)


async def test_no_word_of_a_customer_and_no_customer_is_shown(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        for text in (digest(w).body, posts(w)[0].everything):
            assert "zoekt" not in text
            assert "northmere" not in text.casefold()
            assert TITLE not in text


@pytest.mark.parametrize(("private", "named"), [(True, True), (False, False)])
async def test_customers_are_named_where_policy_allows_and_the_tracker_is_private(
    folder: Path, private: bool, named: bool
) -> None:
    async with world(folder, "digest: {customers: true}\n") as w:
        await filed(w)
        w.github.world._put_repo(replace(w.repo, private=private))
        await morning(w, MONDAY)
        assert named == ("northmere" in digest(w).body)
        assert "northmere" not in posts(w)[0].everything.casefold()


async def test_one_post_with_the_headline_figures_and_a_picture(folder: Path) -> None:
    pytest.importorskip("vl_convert")
    async with world(folder) as w:
        await filed(w)
        await morning(w, "2026-11-30")
        message = posts(w)[-1]
        assert "First engineering response in time: 0 % (0 of 1), goal: at least 95 %" in message.text
        assert f"/issues/{digest(w).number}|All figures>" in message.text
        assert message.picture is not None
        assert message.picture.data.startswith(PNG)
        assert "first engineering response in time" in message.picture.alt


async def test_it_is_no_request_whatever_people_do_to_it(folder: Path) -> None:
    """Not adopted, not counted, not caught up with: even labelled as a request, with a command on it."""
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        issue = digest(w)
        w.github.world.add_label(issue, "rfh", "sam")
        await w.settle()
        await w.say(issue, "/route delivery")
        assert [] == w.cards(issue)
        assert {"rfh"} == w.labels(issue)
        assert [1] == [one.key.number for one in await w.bot.facts.load(w.repo.full_name)]
        standings = await Standings(w.db).all(w.repo.full_name)
        assert [f"{w.repo.full_name}#1"] == [one.issue for one in standings]


async def test_the_catch_up_leaves_it_alone(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        await w.settle(1300)
        named = await w.db.run(lambda c: set(c.execute(sa.select(due.c.key)).scalars()))
        assert f"{w.repo.full_name}#1" in named
        assert f"{w.repo.full_name}#{digest(w).number}" not in named


# ── tickets ─────────────────────────────────────────────────────────────────────────────────


class Counted:
    """A Zendesk that answers, or fails so often."""

    def __init__(self, w: World, *failures: Exception) -> None:
        self.w, self.failures = w, list(failures)

    async def tickets(self, since: datetime, policy: Policy) -> Tickets:
        if self.failures:
            raise self.failures.pop(0)
        opened = datetime.fromisoformat("2026-11-18 10:00+00:00")
        tickets = tuple(Ticket(5051 + n, opened) for n in range(20))
        return Tickets("Zendesk (example)", tickets, Period(since, self.w.now()))


async def test_without_ticket_counts_it_says_so_and_what_to_do(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        assert f"| Tickets that needed engineering | {NO_TICKETS}; 1 request |" in digest(w).body
        assert "set `ZENDESK_URL` and `ZENDESK_TOKEN`" in digest(w).body
        assert f"Tickets that needed engineering: {NO_TICKETS}" in posts(w)[0].everything


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ((), "| Tickets that needed engineering | 5 % (1 of 20) |"),
        ((ServiceDown("Zendesk: HTTP 503"),), "| Tickets that needed engineering | 5 % (1 of 20) |"),
        ((ServiceDown("Zendesk: HTTP 503"),) * 9, "is not known: Zendesk did not answer."),
        ((UserError("Zendesk: HTTP 401"),), "is not known: Zendesk refuses the token"),
    ],
    ids=["answers", "fails once", "keeps failing", "refuses"],
)
async def test_tickets_of_zendesk(folder: Path, failures: tuple[Exception, ...], expected: str) -> None:
    async with world(folder) as w:
        w.bot.zendesk = Counted(w, *failures)  # type: ignore[assignment]
        await restarted(w)
        await filed(w)
        await morning(w, MONDAY)
        await w.settle(1800)
        assert expected in digest(w).body


async def restarted(w: World) -> None:
    """The handlers hold the parts that there were when the worker began."""
    assert w.worker is not None
    w.worker.cancel()
    w.worker = asyncio.create_task(Worker(w.bot.queue, w.bot.handlers).run())


# ── once ────────────────────────────────────────────────────────────────────────────────────


async def test_two_replicas_write_one_issue_and_one_post(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        second = asyncio.create_task(Worker(w.bot.queue, w.bot.handlers).run())
        await morning(w, "2026-11-30")
        assert digest(w)
        assert 1 == len(posts(w))
        second.cancel()


async def test_an_answer_to_the_creation_is_lost_and_there_is_one_issue(folder: Path) -> None:
    """It is found by its marker among our own issues, when GitHub lists it."""
    async with world(folder) as w:
        await filed(w)
        await until(w, "2026-11-23 08:59")
        w.github.faults.once += [Once("reset-after", on="POST /repos/sourcegraph/customer/issues")]
        await morning(w, MONDAY)
        assert 1 == len(ours(w))
        assert 1 == len(posts(w))
        await quiet(w)


async def test_a_death_between_the_creation_and_its_record_leaves_one_issue(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(folder) as w:
        await filed(w)
        real: Callable[..., Awaitable[watched.Made]] = watched.create_issue
        died = asyncio.Event()

        async def create_and_die(*args: Any, **values: Any) -> watched.Made:
            await real(*args, **values)
            died.set()
            monkeypatch.undo()
            await asyncio.sleep(3600)
            raise AssertionError("it was killed")

        monkeypatch.setattr("bot.weekly_issue.create_issue", create_and_die)
        await until(w, "2026-11-23 08:59")
        await died.wait()
        await w.stop()
        await w.start()
        await w.settle(600)
        assert 1 == len(ours(w))
        assert 1 == len(posts(w))


async def test_a_lost_database_finds_the_issue_again_and_repeats_no_post(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        number = digest(w).number
        await w.lose_database()
        await w.settle(600)
        await quiet(w)
        assert 1 == len(posts(w))
        await morning(w, "2026-11-30")
        assert number == digest(w).number
        assert "**23 Nov 2026 to 29 Nov 2026**" in digest(w).body
        assert 2 == len(posts(w))


async def test_a_deleted_issue_is_made_anew_and_a_closed_one_stays_closed(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        w.github.world.close(digest(w), "max")
        await morning(w, "2026-11-30")
        closed = digest(w)
        assert "closed" == closed.state
        assert "**23 Nov 2026" in closed.body
        w.github.world.delete_issue(closed, "max")
        await morning(w, "2026-12-07")
        assert closed.number < digest(w).number


async def test_a_title_that_people_changed_is_theirs(folder: Path) -> None:
    async with world(folder) as w:
        await filed(w)
        await morning(w, MONDAY)
        w.github.world.edit_issue(digest(w), "max", title="Our numbers")
        await morning(w, "2026-11-30")
        assert "Our numbers" == digest(w).title


# ── Slack ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("method", "fault", "expected"),
    [
        ("files.getUploadURLExternal", "5xx", 1),
        ("files.completeUploadExternal", "lost-answer", 2),
    ],
)
async def test_a_slack_that_fails_is_tried_again(
    folder: Path, method: str, fault: Fault, expected: int
) -> None:
    """At least once: an answer that is lost repeats it. The issue is not written again."""
    async with world(folder) as w:
        assert w.slack is not None
        await filed(w, 2)
        await until(w, "2026-11-30 08:59")
        w.slack.faults += [(method, fault)]
        before = len(posts(w))
        await morning(w, "2026-11-30")
        assert expected == len(posts(w)) - before
        assert posts(w)[-1].picture is not None
        await quiet(w)


async def test_a_picture_that_keeps_failing_is_left_out(folder: Path) -> None:
    async with world(folder) as w:
        assert w.slack is not None
        await filed(w)
        await until(w, "2026-11-30 08:59")
        w.slack.faults += [("files.getUploadURLExternal", "5xx")] * 9
        await morning(w, "2026-11-30")
        assert [None] == [one.picture for one in posts(w)]


async def test_without_the_scope_the_post_comes_without_the_picture(folder: Path) -> None:
    async with world(folder) as w:
        assert w.slack is not None
        w.slack.scopes.discard("files:write")
        await filed(w)
        await morning(w, "2026-11-30")
        assert [None] == [one.picture for one in posts(w)]
        assert [] == list(w.slack.uploads)


async def test_without_the_extra_the_post_comes_without_the_picture(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.plots.available", lambda: False)
    async with world(folder) as w:
        await filed(w)
        await morning(w, "2026-11-30")
        assert [None] == [one.picture for one in posts(w)]


async def test_a_channel_that_is_there_later_gets_the_post_then(folder: Path) -> None:
    async with world(folder, "digest: {channel: '#numbers'}\n") as w:
        assert w.slack is not None
        await filed(w)
        await morning(w, MONDAY)
        assert digest(w)
        w.slack.channels["numbers"] = "C777"
        await until(w, "2026-11-23 12:00")
        assert 1 == len(w.slack.channel("#numbers"))
        assert "2026-11-23" == (await Standings(w.db).said(w.repo.full_name))[SLACK]


# ── when ────────────────────────────────────────────────────────────────────────────────────


async def test_a_holiday_moves_it_to_the_next_working_day(folder: Path) -> None:
    """England: the 28th of December 2026 is Boxing Day's substitute, a Monday."""
    async with world(folder) as w:
        await filed(w)
        await morning(w, "2026-12-21")
        assert "14 Dec 2026 to 20 Dec 2026" in digest(w).body
        await until(w, "2026-12-28 20:00")
        assert "14 Dec 2026 to 20 Dec 2026" in digest(w).body
        await morning(w, "2026-12-29")
        assert "21 Dec 2026 to 27 Dec 2026" in digest(w).body


async def test_after_an_outage_the_week_has_its_digest_or_none(folder: Path) -> None:
    """Back on Wednesday: late, and once. Back on Friday: left out."""
    async with world(folder) as w:
        await filed(w)
        await w.stop()
        w.leap(7.7 * 24 * 3600)
        await w.start()
        assert "2026-11-25" == w.now().date().isoformat()
        await w.settle(3600)
        assert "16 Nov 2026 to 22 Nov 2026" in digest(w).body
        assert 1 == len(posts(w))
        await w.stop()
        w.leap(9 * 24 * 3600)
        await w.start()
        assert "2026-12-04" == w.now().date().isoformat()
        await w.settle(3600)
        assert 1 == len(posts(w))


@pytest.mark.parametrize("off", ["digest: {enabled: false}\n", "shadow: true\n", "writer: action\n"])
async def test_it_can_be_turned_off(folder: Path, off: str) -> None:
    async with world(folder, off) as w:
        await filed(w)
        await morning(w, MONDAY)
        assert [] == ours(w)
        assert [] == posts(w)


async def test_it_waits_until_the_history_was_read(folder: Path) -> None:
    """A digest of half the requests would praise everybody."""
    async with world(folder) as w:
        await filed(w)
        await until(w, "2026-11-23 08:59")
        await w.db.run(lambda c: c.execute(catch_up.delete().where(catch_up.c.repository.like("figures:%"))))
        w.failures += [("/graphql", 502)] * 3
        await until(w, "2026-11-23 09:01")
        assert [] == ours(w)
        await until(w, "2026-11-23 09:15")
        assert 1 == len(posts(w))


async def test_the_label_is_set_where_it_exists(folder: Path) -> None:
    async with world(folder, "digest: {label: question, title: Our week}\n") as w:
        await filed(w)
        await morning(w, MONDAY)
        assert {"question"} == w.labels(digest(w))
        assert "Our week" == digest(w).title
        assert digest(w).body.endswith(MARKER)
