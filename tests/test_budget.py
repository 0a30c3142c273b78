"""The write budget: never over GitHub's limits in any window, no slower than they ask, urgent first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.budget import GITHUB_WINDOWS, Window, seconds_to_wait, still_counting

SMALL = (Window(4, 10.0, 1), Window(6, 30.0, 2))


def simulate(asks: list[tuple[float, bool]], windows: tuple[Window, ...]) -> list[tuple[float, bool]]:
    """Ask after each gap, wait as told, and return when each write was granted."""
    now, spent, granted = 0.0, [], []
    for gap, urgent in asks:
        now += gap
        while wait := seconds_to_wait(spent, now, windows, urgent=urgent):
            now += wait
        spent.append(now)
        granted.append((now, urgent))
        spent = still_counting(spent, now, windows)
    return granted


asks = st.lists(st.tuples(st.integers(0, 20).map(float), st.booleans()), max_size=40)


@given(asks)
def test_no_window_anywhere_holds_more_than_its_limit(asks: list[tuple[float, bool]]) -> None:
    """Wherever a window of the given length is placed, its writes are within the limit."""
    times = [at for at, _ in simulate(asks, SMALL)]
    for window in SMALL:
        for start in times:
            inside = sum(start <= at < start + window.seconds for at in times)
            assert inside <= window.limit


@given(asks)
def test_ordinary_writes_leave_the_reserve_alone(asks: list[tuple[float, bool]]) -> None:
    """A write that is not urgent is granted only while the reserve of every window is untouched."""
    granted = simulate(asks, SMALL)
    for place, (at, urgent) in enumerate(granted):
        for window in SMALL:
            inside = sum(at - window.seconds < other for other, _ in granted[: place + 1])
            assert urgent or inside <= window.limit - window.reserve


@given(st.lists(st.floats(0, 40), max_size=8).map(sorted), st.integers(1, 3))
def test_the_wait_is_the_shortest_one(spent: list[float], n: int) -> None:
    """After the wait the writes are granted; just before, they would not have been."""
    wait = seconds_to_wait(spent, 40.0, SMALL, n)
    assert seconds_to_wait(spent, 40.0 + wait + 1e-6, SMALL, n) == 0.0
    if wait > 0.001:
        assert seconds_to_wait(spent, 40.0 + wait - 0.001, SMALL, n) > 0.0


@pytest.mark.parametrize(
    ("spent", "now", "n", "urgent", "expected"),
    [
        pytest.param([], 100.0, 1, False, 0.0, id="nothing spent"),
        pytest.param([], 100.0, 3, False, 0.0, id="as many at once as fit beside the reserve"),
        pytest.param([97.0, 98.0, 99.0], 100.0, 1, False, 7.0, id="short window full but for the reserve"),
        pytest.param([97.0, 98.0, 99.0], 100.0, 1, True, 0.0, id="urgent uses the reserve"),
        pytest.param([96.0, 97.0, 98.0, 99.0], 100.0, 1, True, 6.0, id="full for urgent ones too"),
        pytest.param([96.0, 97.0], 100.0, 3, False, 26.0, id="several at once wait until all fit"),
        pytest.param([80.0, 81.0, 82.0, 83.0], 100.0, 1, False, 10.0, id="the longer window decides"),
        pytest.param([90.0, 90.0, 90.0], 100.0, 1, False, 0.0, id="a write leaves its window at its end"),
    ],
)
def test_seconds_to_wait(spent: list[float], now: float, n: int, urgent: bool, expected: float) -> None:
    """The rule, case by case, with windows of 4 in 10 s (1 reserved) and 6 in 30 s (2 reserved)."""
    assert expected == seconds_to_wait(spent, now, SMALL, n, urgent=urgent)


def test_more_than_can_ever_happen_at_once_is_refused() -> None:
    """Waiting would never help, so it is an error of the caller."""
    with pytest.raises(ValueError, match="over the limit of 3"):
        seconds_to_wait([], 0.0, SMALL, 4)


def test_a_window_must_leave_room_for_ordinary_writes() -> None:
    """A reserve as large as the limit would block everything that is not urgent for ever."""
    with pytest.raises(ValueError, match="below the limit"):
        Window(5, 10.0, 5)


def test_twenty_events_of_two_writes_are_not_slowed() -> None:
    """A burst that GitHub allows is answered at once (Probot's throttle takes half a minute)."""
    granted = simulate([(0.0, False)] * 35, GITHUB_WINDOWS)
    assert {0.0} == {at for at, _ in granted}


def test_two_thousand_writes_keep_to_githubs_limits_and_use_them() -> None:
    """80 a minute and 500 an hour, nowhere exceeded; both shares are used in full."""
    times = [at for at, _ in simulate([(0.0, True)] * 2000, GITHUB_WINDOWS)]
    for seconds, limit in ((60.0, 80), (3600.0, 500)):
        busiest = max(sum(start <= at < start + seconds for at in times) for start in set(times))
        assert limit == busiest
    assert times[-1] <= 3 * 3602.0 + 500 / 80 * 62.0
