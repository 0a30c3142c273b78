"""The lists in Slack: who is above the cap, when a digest goes out, what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure import book

from bot.policy.schema import Policy
from bot.rules.durations import Calendars
from bot.rules.slack_lists import LATE, Say, caps, digests, slot
from bot.sandbox.slack import problems
from bot.standing import Standing

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday
POLICY = book().policy


def policy(**slack: Any) -> Policy:
    return POLICY.model_copy(update={"slack": POLICY.slack.model_copy(update=slack)})


def one(number: int = 1, **values: Any) -> Standing:
    """An open p2 request of Search Core that waits for its answer since yesterday, due tomorrow."""
    plain = Standing(
        issue=f"sourcegraph/customer#{number}",
        url=f"https://github.com/sourcegraph/customer/issues/{number}",
        team="search-core",
        priority="p2",
        customer="customer/northmere",
        turn="engineering",
        asked_at=NOON - timedelta(days=1),
        since=NOON - timedelta(days=1),
        due=NOON + timedelta(days=1),
    )
    return replace(plain, **values)


def text(say: Say) -> str:
    return "\n".join(block["text"]["text"] for page in say.pages for block in page.blocks)


def order(say: Say) -> list[int]:
    return [int(part.partition("|")[0]) for part in text(say).split("/issues/")[1:]]


# ── caps ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "said", "expected"),
    [
        pytest.param(3, {}, (False, False), id="at the cap: nothing"),
        pytest.param(4, {}, (True, False), id="above: said"),
        pytest.param(9, {"cap:search-core": "4"}, (False, False), id="above, and said: nothing"),
        pytest.param(3, {"cap:search-core": "4"}, (False, False), id="at the cap again: not below yet"),
        pytest.param(2, {"cap:search-core": "4"}, (False, True), id="below: may be said again"),
    ],
)
def test_a_team_above_its_cap_is_said_once_until_it_was_below(
    count: int, said: dict[str, str], expected: tuple[bool, bool]
) -> None:
    says, over = caps([one(n) for n in range(1, count + 1)], policy(cap=3), said, "")
    assert expected == (bool(says), bool(over))


@pytest.mark.parametrize(
    ("default", "own", "expected"),
    [
        pytest.param(1, None, True, id="the default"),
        pytest.param(1, 5, False, id="the team's own"),
        pytest.param(1, 0, False, id="a team without a cap"),
        pytest.param(0, None, False, id="no cap"),
        pytest.param(0, 1, True, id="one team alone"),
    ],
)
def test_a_team_may_have_a_cap_of_its_own(default: int, own: int | None, expected: bool) -> None:
    given_ = policy(cap=default)
    team = given_.teams["search-core"].model_copy(update={"cap": own})
    given_ = given_.model_copy(update={"teams": {**given_.teams, "search-core": team}})
    assert expected == bool(caps([one(1), one(2)], given_, {}, "")[0])


def test_all_are_ranked_by_priority_then_age_then_customer() -> None:
    old = NOON - timedelta(days=9)
    requests = [
        one(1, asked_at=NOON - timedelta(days=2)),
        one(2, asked_at=old, customer="customer/zebra"),
        one(3, asked_at=old, customer="customer/acme"),
        one(4, priority="p1", asked_at=NOON),
        one(5, team="delivery", priority="p1"),
        one(6, priority=""),
    ]
    ((say,), _) = caps(requests, policy(cap=1), {}, "<!subteam^S1>")
    assert [4, 3, 2, 1, 6] == order(say)
    assert text(say).startswith("<!subteam^S1> *Search Core has 5 open requests for help* (cap: 1).")
    assert "#customer-support-internal" == say.channel


@pytest.mark.parametrize("shown", [False, True])
def test_a_customer_is_named_only_where_policy_shows_customers_words(shown: bool) -> None:
    ((say,), _) = caps([one(1), one(2)], policy(cap=1, customer_words=shown), {}, "")
    assert shown == ("northmere" in text(say))


# ── when ────────────────────────────────────────────────────────────────────────────────────

CALENDAR = book().calendars.everybody()  # Los Angeles and London, with their holidays


@pytest.mark.parametrize(
    ("now", "day", "next_"),
    [
        pytest.param("2026-11-18 09:29", None, "2026-11-18 09:30", id="before"),
        pytest.param("2026-11-18 09:30", "2026-11-18", "2026-11-19 09:30", id="London's morning"),
        pytest.param("2026-11-18 13:29", "2026-11-18", "2026-11-19 09:30", id="late, and worth it"),
        pytest.param("2026-11-18 13:30", None, "2026-11-19 09:30", id="in the evening not the morning's"),
        pytest.param("2026-11-21 12:00", None, "2026-11-23 09:30", id="Saturday"),
        pytest.param("2026-08-31 16:30", "2026-08-31", "2026-09-01 08:30", id="a holiday in London"),
        pytest.param("2026-12-25 12:00", None, "2026-12-28 17:30", id="Christmas and Boxing Day"),
    ],
)
def test_a_digest_has_its_time_in_the_first_office_that_works(now: str, day: str | None, next_: str) -> None:
    found, following = slot(CALENDAR, 9 * 60 + 30, datetime.fromisoformat(f"{now}+00:00"))
    assert (day, next_) == (found and found.isoformat(), following.strftime("%Y-%m-%d %H:%M"))


@given(st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)))
def test_the_next_time_is_one_at_which_a_digest_may_go_out(now: datetime) -> None:
    _, following = slot(CALENDAR, 570, now)
    assert now < following
    day, _ = slot(CALENDAR, 570, following)
    assert day is not None
    assert day == slot(CALENDAR, 570, following + LATE - timedelta(seconds=1))[0]
    assert day != slot(CALENDAR, 570, following + LATE)[0]


# ── digests ─────────────────────────────────────────────────────────────────────────────────

MORNING = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
REQUESTS = [
    one(1, due=MORNING - timedelta(hours=2)),
    one(2, due=MORNING + timedelta(hours=5)),
    one(3, due=MORNING + timedelta(hours=21)),  # 22:30 in Los Angeles
    one(4, due=MORNING + timedelta(hours=23)),  # tomorrow, everywhere
    one(5, turn="support", due=None),
    one(6, turn="customer", due=None),
    one(7, team="", turn="", due=None),
    one(8, team="delivery", due=MORNING - timedelta(days=1)),
]


def said(requests: list[Standing], now: datetime = MORNING, **slack: Any) -> dict[str, str]:
    """Channel and group → the digest's text, of those that say something."""
    says, _ = digests(requests, policy(**slack), book().calendars, {}, now)
    return {f"{say.what} in {say.channel}": text(say) for say in says if say.pages}


def test_a_digest_says_what_is_overdue_due_today_and_with_support() -> None:
    found = said(REQUESTS)["digest:#search in #search"]
    head, overdue, today, waiting = found.split("\n*")
    assert (
        "*Search Core and Search Product, 2026-11-18:* 1 overdue, 2 due today, 1 waiting for support" == head
    )
    assert "customer#1> · cs/p2 · Search Core · due 2026-11-18 07:30 UTC" in overdue
    assert ["2", "3"] == [part[0] for part in today.split("/issues/")[1:]]
    assert "customer#5> · cs/p2 · Search Core · since 2026-11-17 12:00 UTC" in waiting
    assert "northmere" not in found


def test_what_no_team_has_goes_to_support_and_no_team() -> None:
    found = said(REQUESTS)
    assert {
        "digest:#search in #search",
        "digest:#delivery in #delivery",
        "digest:support in #customer-support-internal",
    } == set(found)
    support = found["digest:support in #customer-support-internal"]
    assert "*No team yet*" in support
    assert "customer#7>" in support
    assert "customer#5> · cs/p2 · Search Core" in support
    assert "customer#7>" not in found["digest:#search in #search"]


def test_there_is_no_digest_where_there_is_nothing() -> None:
    """Noted as said all the same: what becomes due later waits for the card and the reminders."""
    says, _ = digests([one(1)], POLICY, book().calendars, {}, MORNING)
    assert {()} == {say.pages for say in says}
    assert {"2026-11-18"} == {say.value for say in says}


def test_a_digest_is_said_once_a_day() -> None:
    says, _ = digests(REQUESTS, POLICY, book().calendars, {"digest:#search": "2026-11-18"}, MORNING)
    assert "digest:#search" not in {say.what for say in says}
    says, _ = digests(
        REQUESTS, POLICY, book().calendars, {"digest:#search": "2026-11-18"}, MORNING + timedelta(days=1)
    )
    assert "digest:#search" in {say.what for say in says}


def test_a_policy_without_a_time_has_no_digest() -> None:
    assert ((), None) == digests(REQUESTS, policy(digest=None), book().calendars, {}, MORNING)


def test_a_team_has_its_digest_by_its_own_offices() -> None:
    clocks = POLICY.clocks.model_copy(update={"teams": {"delivery": ("americas",)}})
    says, next_ = digests(REQUESTS, POLICY, Calendars.of(clocks), {}, MORNING)
    assert "digest:#delivery" not in {say.what for say in says}
    assert datetime(2026, 11, 18, 17, 30, tzinfo=UTC) == next_


@pytest.mark.parametrize("count", [1, 30, 120, 400])
def test_all_rows_are_shown_within_slacks_limits(count: int) -> None:
    ((say,), _) = caps([one(n) for n in range(1, count + 1)] + [one(0)], policy(cap=1), {}, "")
    assert list(range(count + 1)) == sorted(order(say))
    for page in say.pages:
        assert [] == list(problems(list(page.blocks), page.text))


def test_a_standing_survives_the_database() -> None:
    assert REQUESTS == [Standing.loaded(request.dumped()) for request in REQUESTS]
