"""The clocks of a policy: what is refused, and where it says so."""

from __future__ import annotations

import pytest

from bot.policy.load import DEFAULT_NAME, check_layers, default_text
from bot.policy.problems import lines

WHERE = "rfh-bot.yml"


def problems(override: str) -> list[str]:
    return list(lines(check_layers([(DEFAULT_NAME, default_text()), (WHERE, override)])[1]))


@pytest.mark.parametrize(
    ("override", "place", "words"),
    [
        ("clocks: {offices: {paris: {timezone: Europe/Pariss}}}", "1:38", "not a time zone"),
        ("clocks: {offices: {europe: {hours: 17:00-09:00}}}", "1:36", "must open before it closes"),
        ("clocks: {offices: {europe: {hours: 9-17}}}", "1:36", "not office hours; write 09:00-17:30"),
        ("clocks: {offices: {europe: {days: [mon, tues]}}}", "1:41", "allowed"),
        ("clocks: {offices: {europe: {holidays: {country: XX}}}}", "1:39", "XX"),
        ("clocks: {offices: {europe: {holidays: {country: US, subdiv: ZZ}}}}", "1:39", "ZZ"),
        ("clocks: {teams: {search: [europe]}}", "1:18", "not one of `teams`"),
        ("clocks: {teams: {delivery: [asia]}}", "1:29", "not one of `clocks.offices`"),
        ("clocks: {support: [asia]}", "1:20", "not one of `clocks.offices`"),
        ("clocks: {priorities: {p9: {response: 1wd}}}", "1:23", "not one of `priorities`"),
        ("clocks: {priorities: {p2: {response: 24h}}}", "1:38", "not a duration"),
        ("clocks: {snooze: {longest: 20wd}}", "1:28", "must be on the wall"),
        (
            "clocks: {priorities: {p2: {reminders: [{after: 2wd}, {after: 1wd}]}}}",
            "1:27",
            "later than the one before",
        ),
        (
            "clocks: {priorities: {p2: {reminders: [{after: 1wd}, {after: 72h wall}]}}}",
            "1:27",
            "in one unit",
        ),
        ("clocks: {offices: {americas: null, europe: null}}", "1:9", "at least one office"),
        ("commands: {permissions: {snoze: write}}", "1:26", "no such command"),
    ],
)
def test_a_mistake_is_named_with_its_place(override: str, place: str, words: str) -> None:
    found = problems(override)
    assert 1 == len(found), found
    assert found[0].startswith(f"{WHERE}:{place}:"), found
    assert words in found[0]


def test_a_team_may_have_its_own_offices_and_a_priority_no_reminders() -> None:
    assert [] == problems(
        "clocks: {teams: {delivery: [europe]}, support: [americas], priorities: {p2: {reminders: []}}}"
    )
