"""What the pages show: the figures that were measured, lists by urgency, and what arrives, as text."""

from __future__ import annotations

import asyncio
import dataclasses
import html
import logging
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from pages_support import NOW, House, house
from sandbox_client import TurnedClock

from benchmarks._facts import made_up
from bot import plots
from bot.model import IssueKey
from bot.pages import pictures, wording
from bot.pages.health import DAYS, look
from bot.pages.overview import charts, goals
from bot.pages.reports import FRESH, USABLE, Reports
from bot.pages.requests import NOBODY, PER_PAGE, Filters, listing
from bot.policy.load import load_default
from bot.rules.figures.facts import Ask, Facts, Wait
from bot.rules.figures.measure import measure
from bot.rules.figures.period import Period
from bot.rules.figures.report import Line, Quantile, Report, Share
from bot.rules.figures.tickets import NONE

POLICY = load_default()
SECRET = "Kestrelheim"


def request(number: int, title: str = "a title", **more: Any) -> Facts:
    """An open request of this morning that waits for nobody."""
    key = IssueKey("sourcegraph", "customer", number)
    filed = NOW - timedelta(hours=5)
    values: dict[str, Any] = {
        "title": title,
        "url": f"https://github.com/{key.full_name}/issues/{number}",
        "state": "OPEN",
        "created_at": filed,
        "updated_at": filed,
        "filer": "sam",
        "request": True,
        "priority": "p2",
    }
    return Facts(key=key, **values | more)


def late(number: int, team: str = "delivery") -> Facts:
    """A p1 that its team should have answered an hour ago."""
    asked = NOW - timedelta(hours=3)
    ask = Ask(team, "p1", asked, NOW - timedelta(hours=1))
    wait = Wait("engineering", asked)
    return request(number, "nobody can search", priority="p1", team=team, asks=(ask,), waits=(wait,))


def reported(*facts: Facts) -> Report:
    period = Period.last(30, NOW)
    return measure(facts, NONE, period, POLICY, NOW, repository="sourcegraph/customer")


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """Somebody is signed in; plots are left out, as they have tests of their own."""
    monkeypatch.setattr(plots, "available", lambda: False)
    async with house() as found:
        await found.sign_in("max")
        yield found


def bare(text: str) -> str:
    """What a reader sees, without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


# ── the overview and teams ──────────────────────────────────────────────────────────────────


async def test_the_overview_shows_goals_and_what_is_overdue(here: House) -> None:
    await here.keep([late(1), request(2)])
    text = bare((await here.get("/")).text)
    assert "2 requests for help filed" in text
    assert "0 % ✗ missed goal: at least 95 %" in text
    assert "1 overdue See the list" in text
    assert "cs/p1 1 hour" in text
    assert plots.MISSING in text


async def test_a_teams_page_shows_the_teams_own(here: House) -> None:
    await here.keep([late(1), late(2, "search-core"), request(3)])
    text = bare((await here.get("/teams/search-core")).text)
    assert "Search Core" in text
    assert "#2" in text
    assert "#1 " not in text
    assert 404 == (await here.get("/teams/nobody")).status


async def test_an_empty_database_has_its_pages_too(here: House) -> None:
    for path in ("/", "/requests", "/deliveries", "/teams/delivery", "/?days=365", "/?days=x"):
        assert 200 == (await here.get(path)).status, path
    assert "No request is open." in (await here.get("/requests")).text


def test_a_goal_is_met_missed_or_open_and_says_what_it_counts() -> None:
    by_name = {goal.name: goal for goal in goals(reported(late(1)))}
    needed, response = by_name["Tickets that needed engineering"], by_name["Engineering answered in time"]
    assert ("open", "no source of ticket counts") == (needed.verdict, needed.why)
    assert ("missed", "engineering's own target") == (response.verdict, response.why)


# ── the list ────────────────────────────────────────────────────────────────────────────────


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r'rel="noreferrer">#(\d+)<', text)]


async def test_the_most_urgent_comes_first_and_filters_are_kept(here: House) -> None:
    await here.keep([request(1), request(2, team="delivery", customer="acme"), late(3)])
    assert 3 == numbers((await here.get("/requests")).text)[0]
    shown = (await here.get("/requests?team=delivery&text=nobody")).text
    assert [3] == numbers(shown)
    assert '<option value="delivery" selected>' in shown
    assert 'value="nobody"' in shown
    assert "1 of 3 open, 1 overdue" in re.sub(" ,", ",", bare(shown))
    assert "No open request fits." in (await here.get("/requests?text=zzz")).text


LINES = reported(
    late(11),
    request(12, "Search is slow", team="search-core", customer="acme", tickets=(4001,)),
    request(120, "SAML", priority=None, waits=(Wait("support", NOW - timedelta(hours=1)),)),
).open_requests


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param({}, {11, 12, 120}, id="all"),
        pytest.param({"team": "search-core"}, {12}, id="team"),
        pytest.param({"team": NOBODY}, {120}, id="no-team"),
        pytest.param({"turn": "support"}, {120}, id="turn"),
        pytest.param({"turn": NOBODY}, {12}, id="nobodys-turn"),
        pytest.param({"priority": "p1"}, {11}, id="priority"),
        pytest.param({"priority": NOBODY}, {120}, id="no-priority"),
        pytest.param({"customer": "acme"}, {12}, id="customer"),
        pytest.param({"customer": "nobody-knows"}, set(), id="unknown"),
        pytest.param({"text": "#12"}, {12, 120}, id="number-begins"),
        pytest.param({"text": "4001"}, {12}, id="ticket"),
        pytest.param({"text": "sEARCH"}, {11, 12}, id="title"),
        pytest.param({"text": "search", "priority": "p1"}, {11}, id="both"),
        pytest.param({"page": "x", "team": " search-core "}, {12}, id="odd-spelling"),
    ],
)
def test_what_filters_find(query: dict[str, str], expected: set[int]) -> None:
    found = listing(LINES, Filters.of(query))
    assert expected == {line.key.number for line in found.lines}
    assert len(LINES) == found.all


def test_a_long_list_has_pages_that_keep_the_filter() -> None:
    lines: list[Line] = [dataclasses.replace(LINES[0], overdue=False) for _ in range(2 * PER_PAGE + 1)]
    query = {"team": "delivery", "page": "2", "text": "a&b=c"}
    filters = Filters.of(query | {"text": ""})
    found = listing(lines, filters)
    assert (PER_PAGE, 2, 3) == (len(found.lines), found.page, found.pages)
    assert 3 == listing(lines, Filters.of({"page": "99"})).page
    assert "team=delivery&page=3" == filters.address(3)
    assert "team=delivery&text=a%26b%3Dc" == Filters.of(query).address(1)


async def test_words_of_people_are_text(here: House) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}'
    await here.keep([request(1, evil, customer="<b>acme</b>")])
    for path in ("/", "/requests", "/requests?text=%22%3E%3Cscript%3E"):
        shown = (await here.get(path)).text
        assert not re.search(r"<script|<img|<b>", shown)
    assert html.escape(evil, quote=False)[:30] in (await here.get("/requests")).text
    assert "{{ 7*7 }}" in (await here.get("/requests")).text


async def test_nothing_shown_is_logged(here: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await here.keep([request(1, SECRET, customer=SECRET)])
    assert SECRET in (await here.get(f"/requests?text={SECRET}")).text
    assert SECRET not in caplog.text


async def test_a_fault_is_said_and_tells_the_log_nothing_private(
    here: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> object:
        raise ValueError(SECRET)

    monkeypatch.setattr("bot.pages.site.listing", broken)
    answer = await here.get(f"/requests?text={SECRET}")
    assert (500, True) == (answer.status, "Something went wrong" in answer.text)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    said = capsys.readouterr().out
    assert "ValueError" in said
    assert "/requests" in said
    assert SECRET not in said


# ── deliveries ──────────────────────────────────────────────────────────────────────────────


async def test_deliveries_are_counted_by_what_became_of_them(here: House) -> None:
    store = here.bot.store
    for guid, event in (("1", "issues"), ("2", "issues"), ("3", "push")):
        await store.record_delivery(guid, event, "handled" if event == "issues" else "ignored")
    await store.record_missed({"4": "issues", "5": "issue_comment"})
    await store.record_delivery("4", "issues", "handled")
    await store.pause("sourcegraph/customer", reason="maintenance", by="max")
    await here.bot.queue.accept("sourcegraph/customer#7")
    shown = (await here.get("/deliveries")).text
    cells = re.findall(r'<tr><th scope="row">([\w#/]+)</th>((?:<td class="num">\d+</td>)+)', shown)
    rows = {name: [int(found) for found in re.findall(r"\d+", cell)] for name, cell in cells}
    # seen, handled, of no interest, repaired, not arrived
    assert [3, 2, 0, 1, 0] == rows["issues"]
    assert [1, 0, 1, 0, 0] == rows["push"]
    assert [1, 0, 0, 0, 1] == rows["issue_comment"]
    assert "maintenance" in shown


async def test_each_day_has_its_count(here: House) -> None:
    """By UTC's midnight, also days without any; late ones stand apart."""
    store, late = here.bot.store, timedelta(days=2)
    here.clock.now = NOW.replace(hour=0, minute=0, second=1) - late
    await store.record_delivery("1", "issues", "handled")
    here.clock.now = NOW.replace(hour=23, minute=59, second=59) - late
    await store.record_delivery("2", "issues", "ignored")
    await store.record_missed({"3": "issues"})
    here.clock.now = NOW
    found = await look(store, here.bot.queue, here.bot.repositories, NOW)
    assert 2 * [DAYS] == [len(days) for days in found.days.values()]
    assert [2, 0, 0] == [number for _, number in found.days["arrived"]][-3:]
    assert [1, 0, 0] == [number for _, number in found.days["did not arrive at first"]][-3:]
    assert NOW.date() == found.days["arrived"][-1][0].date()
    assert (
        '16 Nov 2026</th><td class="num">2</td><td class="num">1</td>' in (await here.get("/deliveries")).text
    )


async def test_keys_of_other_repositories_are_not_shown() -> None:
    async with house(repos=("sourcegraph/customer", "sourcegraph/second")) as here:
        second = here.github.world.create_repo("sourcegraph/second", private=True)
        here.github.world.set_role("sam", "none", second)
        await here.sign_in("sam")
        await here.bot.store.pause("sourcegraph/second", reason=SECRET, by="max")
        assert SECRET not in (await here.get("/deliveries")).text


# ── how often the database is asked, and how reports are kept ───────────────────────────────


async def test_a_page_asks_the_database_a_few_times_whatever_its_size(here: House) -> None:
    """The same for 3 and for 400 requests; a report that was just made is not measured again."""
    asked: list[int] = []
    run = here.bot.db.run

    async def counted(work: Callable[..., Any]) -> Any:
        asked.append(1)
        return await run(work)

    here.bot.db.run = counted  # type: ignore[method-assign]
    seen = {}
    for number in (3, 400):
        await here.keep(made_up(number, POLICY, NOW))
        here.clock.forward(seconds=USABLE.total_seconds() + 1)
        for path in ("/", "/requests", "/requests?team=delivery", "/deliveries", "/teams/delivery"):
            asked.clear()
            assert 200 == (await here.get(path)).status
            seen[number, path] = len(asked)
    for path in ("/requests", "/requests?team=delivery"):
        assert 0 == seen[400, path]
    assert max(seen.values()) <= 6
    assert seen[3, "/teams/delivery"] == seen[400, "/teams/delivery"]


class Measured:
    """Counts measurements; each takes until it is let go."""

    def __init__(self, clock: TurnedClock) -> None:
        self.clock, self.number, self.open = clock, 0, asyncio.Event()

    async def __call__(self, repository: str, period: Period, team: str | None) -> Report:
        self.number += 1
        await self.open.wait()
        if self.number == 99:
            raise RuntimeError
        return dataclasses.replace(reported(), now=self.clock(), repository=repository, team=team)


async def test_many_askers_cause_one_measurement() -> None:
    measured = Measured(TurnedClock(NOW))
    reports = Reports(measured, measured.clock)
    asking = [asyncio.ensure_future(reports.get("a/b")) for _ in range(5)]
    await asyncio.sleep(0)
    measured.open.set()
    assert 1 == len({id(await one) for one in asking})
    assert 1 == measured.number
    await reports.get("a/b", 90)
    await reports.get("a/b", 30, "delivery")
    assert 3 == measured.number


async def test_an_older_report_is_shown_while_the_next_is_made() -> None:
    """A minute it counts as new, ten minutes it may be shown, then one waits."""
    measured = Measured(TurnedClock(NOW))
    measured.open.set()
    reports = Reports(measured, measured.clock)
    first = await reports.get("a/b")
    measured.clock.forward(seconds=FRESH.total_seconds() - 1)
    assert first is await reports.get("a/b")
    assert 1 == measured.number
    measured.clock.forward(seconds=2)
    assert first is await reports.get("a/b")
    await asyncio.sleep(0.01)
    second = await reports.get("a/b")
    assert (2, True) == (measured.number, second.now > first.now)
    measured.clock.forward(seconds=USABLE.total_seconds())
    assert measured.clock() == (await reports.get("a/b")).now


async def test_a_failed_measurement_is_tried_again() -> None:
    measured = Measured(TurnedClock(NOW))
    measured.open.set()
    measured.number = 98
    reports = Reports(measured, measured.clock)
    with pytest.raises(RuntimeError):
        await reports.get("a/b")
    assert (await reports.get("a/b")).repository == "a/b"


# ── words and plots ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (wording.percent(0.0769), "7.7 %"),
        (wording.percent(1.0), "100 %"),
        (wording.percent(None), "–"),
        (wording.of(Share(8, 96)), "8 of 96"),
        (wording.of(Share(0, 0)), "none in this time"),
        (wording.of(Share(8, None)), "8; of how many is not known"),
        (wording.goal(Share(8, 96, 0.1, at_most=True)), "goal: at most 10 %"),
        (wording.goal(Share(8, 96)), ""),
        (wording.hours(90), "2 min"),
        (wording.hours(19_000), "5.3 h"),
        (wording.hours(7200), "2 h"),
        (wording.hours(500_000), "139 h"),
        (wording.days(250_000), "2.9 days"),
        (wording.days(7200), "2 h"),
        (wording.quantile(Quantile(7200, at_least=True)), "more than 2 h"),
        (wording.quantile(None), "–"),
        (wording.target("1wd"), "1 working day"),
        (wording.target("2h business"), "2 business hours"),
        (wording.target("90m business"), "90 business minutes"),
        (wording.target("3d wall"), "3 days"),
        (wording.target("1h wall"), "1 hour"),
        (wording.day(datetime(2026, 11, 2, tzinfo=NOW.tzinfo)), "2 Nov 2026"),
    ],
)
def test_numbers_in_words(shown: str, expected: str) -> None:
    assert expected == shown


def test_plots_are_drawn_in_the_pages_colours_and_hold_no_style() -> None:
    """Nothing in them is refused by the pages' policy, names of people's making are escaped."""
    pytest.importorskip("vl_convert")
    report = measure(
        made_up(60, POLICY, NOW), NONE, Period.last(30, NOW), POLICY, NOW, repository="sourcegraph/customer"
    )
    drawn = {name: plots.svg(chart) for name, chart in charts(report).items()}
    assert {"response", "requests"} == set(drawn)
    for svg in drawn.values():
        assert svg.startswith("<svg")
        assert not re.search(r"<style|\sstyle=|<script|href=", svg)
        assert "var(--p1)" in svg
    assert "goal" in drawn["response"]
    assert "&lt;b&gt;" in plots.svg(plots.bars([("<b>", 1)]))


def test_a_picture_for_a_file_is_a_png() -> None:
    pytest.importorskip("vl_convert")
    series = plots.Series("filed", [(NOW, 1), (NOW + timedelta(days=7), None), (NOW + timedelta(days=14), 3)])
    assert plots.png(plots.trend([series], goal=2, look=plots.DARK)).startswith(b"\x89PNG")


async def test_a_picture_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []
    monkeypatch.setattr(plots, "available", lambda: True)
    monkeypatch.setattr(plots, "svg", lambda chart: drawn.append(chart) or "<svg></svg>")
    found = pictures.Pictures()
    for _ in range(3):
        assert "<svg></svg>" == await found.draw(plots.bars([("a", 1)]))
    assert 1 == len(drawn)
