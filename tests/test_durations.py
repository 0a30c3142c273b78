"""Counting time as offices live it: units, weekends, holidays, changes to summer time, several offices."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.clocks import Holidays
from bot.policy.clocks import Office as OfficePolicy
from bot.policy.durations import Duration, duration
from bot.rules.durations import Calendar, Office, instant

LONDON = OfficePolicy(timezone="Europe/London", holidays=Holidays(country="GB", subdiv="ENG"))
CALIFORNIA = OfficePolicy(timezone="America/Los_Angeles", holidays=Holidays(country="US", subdiv="CA"))
TEL_AVIV = OfficePolicy(
    timezone="Asia/Jerusalem", days=("sun", "mon", "tue", "wed", "thu"), hours="08:30-17:30"
)
CAIRO = OfficePolicy(  # summer time begins there at midnight, while this office is open
    timezone="Africa/Cairo", days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), hours="00:00-24:00"
)
POLICIES = {"london": LONDON, "california": CALIFORNIA, "tel-aviv": TEL_AVIV, "cairo": CAIRO}
OFFICES = {name: Office.of(policy) for name, policy in POLICIES.items()}


def calendar(*names: str) -> Calendar:
    return Calendar(tuple(OFFICES[name] for name in names))


def at(text: str) -> datetime:
    """``2026-11-17 15:00`` in UTC, or in a zone that follows: ``2026-11-17 15:00 Europe/London``."""
    day, time, *zone = text.split()
    return datetime.fromisoformat(f"{day} {time}").replace(tzinfo=ZoneInfo(zone[0]) if zone else UTC)


# ── reading ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1wd", Duration(1, "wd")),
        ("90m business", Duration(90, "business")),
        ("2h business", Duration(120, "business")),
        ("30m wall", Duration(30, "wall")),
        ("4h wall", Duration(240, "wall")),
        ("3d  wall", Duration(3 * 24 * 60, "wall")),
    ],
)
def test_a_duration_names_its_unit(text: str, expected: Duration) -> None:
    assert expected == duration(text)
    assert expected == duration(str(expected))


@pytest.mark.parametrize(
    "text", ["4h", "1d", "1d business", "wd", "0wd", "-1wd", "1.5h wall", "500d wall", ""]
)
def test_a_duration_without_a_unit_or_a_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        duration(text)


# ── adding ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("offices", "start", "span", "expected"),
    [
        ("london", "2026-11-17 15:00", "1wd", "2026-11-18 15:00"),  # Tuesday → Wednesday
        ("london", "2026-11-20 15:00", "1wd", "2026-11-23 15:00"),  # Friday → Monday
        ("london", "2026-11-21 12:00", "1wd", "2026-11-24 09:00"),  # Saturday counts from Monday's opening
        ("london", "2026-11-17 20:00", "1wd", "2026-11-19 09:00"),  # the evening counts from the next opening
        ("london", "2026-11-17 17:00", "1wd", "2026-11-19 09:00"),  # so does the moment of closing
        ("london", "2026-11-17 06:00", "2wd", "2026-11-19 09:00"),
        ("london", "2026-12-24 15:00", "1wd", "2026-12-29 15:00"),  # Christmas, weekend, Boxing Day observed
        ("california", "2026-11-25 18:00", "1wd", "2026-11-30 18:00"),  # Thanksgiving and the day after it
        ("tel-aviv", "2026-11-19 10:00", "1wd", "2026-11-22 10:00"),  # Thursday → Sunday
        ("london california", "2026-11-20 15:00", "1wd", "2026-11-23 15:00"),  # London is first
        ("london california", "2026-11-17 20:00", "1wd", "2026-11-18 20:00"),  # California is open then
        ("london california", "2026-12-24 15:00", "1wd", "2026-12-28 17:00"),  # no holiday in California
        ("london", "2026-11-17 16:00", "90m business", "2026-11-18 09:30"),
        ("london", "2026-11-20 16:00", "1h business", "2026-11-20 17:00"),  # ends with the day
        ("london", "2026-11-20 16:00", "10h business", "2026-11-24 10:00"),
        ("london california", "2026-11-17 16:30", "8h business", "2026-11-18 00:30"),  # one after the other
        ("london", "2026-11-20 16:00", "4h wall", "2026-11-20 20:00"),
        # summer time: the time of day stays, the hours between do not
        ("london", "2026-03-27 15:00", "1wd", "2026-03-30 15:00 Europe/London"),
        ("london", "2026-10-23 15:00 Europe/London", "1wd", "2026-10-26 15:00"),
        ("london", "2026-03-28 12:00", "24h wall", "2026-03-29 12:00"),
    ],
)
def test_time_is_counted_as_the_offices_live_it(offices: str, start: str, span: str, expected: str) -> None:
    assert at(expected) == calendar(*offices.split()).add(at(start), duration(span))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-17 15:00", "2026-11-18 15:00", 8),
        ("2026-11-20 15:00", "2026-11-23 10:00", 3),
        ("2026-11-21 00:00", "2026-11-22 00:00", 0),
        ("2026-11-18 15:00", "2026-11-17 15:00", 0),
    ],
)
def test_business_time_between_two_moments(start: str, end: str, hours: float) -> None:
    assert timedelta(hours=hours) == calendar("london").business(at(start), at(end))


def test_without_offices_it_is_always_open() -> None:
    night = at("2026-11-21 03:00")
    assert night == Calendar().next_open(night)
    assert at("2026-11-24 00:00") == Calendar().opening_of(date(2026, 11, 24))


def test_a_time_of_day_that_does_not_exist_is_the_moment_of_the_change() -> None:
    """In Cairo the clocks went from 23:59 on 23 April 2026 to 01:00 on the 24th."""
    assert at("2026-04-23 22:00") == instant(date(2026, 4, 24), 30, ZoneInfo("Africa/Cairo"))
    assert at("2026-04-23 22:00") == instant(date(2026, 4, 24), 60, ZoneInfo("Africa/Cairo"))


# ── what always holds ───────────────────────────────────────────────────────────────────────

moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=0)
)
calendars = st.lists(st.sampled_from(sorted(POLICIES)), min_size=1, unique=True).map(lambda n: calendar(*n))
spans = st.one_of(
    st.integers(1, 15).map(lambda n: Duration(n, "wd")),
    st.integers(1, 3000).map(lambda n: Duration(n, "business")),
    st.integers(1, 9000).map(lambda n: Duration(n, "wall")),
)
gaps = st.one_of(st.integers(0, 7200), st.integers(0, 20 * 86400)).map(lambda s: timedelta(seconds=s))


@given(calendars, moments, gaps, spans)
def test_later_starts_never_end_earlier(
    cal: Calendar, start: datetime, gap: timedelta, span: Duration
) -> None:
    assert start < cal.add(start, span) <= cal.add(start + gap, span)


@given(calendars, moments, spans)
def test_longer_spans_never_end_earlier(cal: Calendar, start: datetime, span: Duration) -> None:
    longer = Duration(span.amount + 1, span.unit)
    assert cal.add(start, span) < cal.add(start, longer)


@given(calendars, moments, spans.filter(lambda span: span.unit != "wall"))
def test_business_time_never_ends_inside_closed_hours(cal: Calendar, start: datetime, span: Duration) -> None:
    end = cal.add(start, span)
    just_before = end - timedelta(seconds=1)  # business time may be used up with the closing
    assert end == cal.next_open(end) or just_before == cal.next_open(just_before)


@given(calendars, moments, st.integers(1, 3000))
def test_business_time_added_is_business_time_between(cal: Calendar, start: datetime, amount: int) -> None:
    end = cal.add(start, Duration(amount, "business"))
    assert timedelta(minutes=amount) == cal.business(start, end)


@given(calendars, moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(cal: Calendar, start: datetime) -> None:
    opens = cal.next_open(start)
    assert start <= opens == cal.next_open(opens)
    assert timedelta() == cal.business(start, opens)


def test_a_country_comes_without_all_others() -> None:
    """In a process of its own: the offices' countries are loaded, no other; their days are the library's."""
    code = (
        "import sys; from bot.policy.load import load_default; load_default();"
        "from bot.policy.holiday_tables import public_holidays as p;"
        "assert '2026-12-25' in p('GB', 'ENG') and '2026-03-31' in p('US', 'CA');"
        "print(sorted(m for m in sys.modules if m.startswith('holidays.countries.')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "['holidays.countries.united_kingdom', 'holidays.countries.united_states']" == out.strip()
