"""The weekly digest: when it is due, and what it says of an invented year."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from figure_year import REPOSITORY, START, TITLE, WEEKS, year

from bot import plots
from bot.errors import PolicyError
from bot.figure_digest import FITS, Measured, body, measured, picture, post
from bot.policy.digest import Digest
from bot.policy.labels import label_specs
from bot.policy.load import DEFAULT_NAME, default_text, load_default, load_layers
from bot.policy.schema import Policy
from bot.rules.durations import Calendar, Calendars
from bot.rules.figures.facts import Facts
from bot.rules.figures.tickets import NONE, Tickets
from bot.rules.weekly import LATE, MARKER, Slot, marked, slots
from bot.sandbox.slack import PNG, problems

POLICY = load_default()
BOTH = Calendars.of(POLICY.clocks).support()  # California and England
ENGLAND = Calendar((Calendars.of(POLICY.clocks).offices["europe"],))
NOW = START + timedelta(weeks=WEEKS, hours=10)  # a Monday


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


# ── when ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "digest", "calendar", "due", "next_"),
    [
        ("2026-11-23 08:59", Digest(), BOTH, None, "2026-11-23 09:00"),
        ("2026-11-23 09:00", Digest(), BOTH, "2026-11-23", "2026-11-30 09:00"),
        ("2026-11-26 08:59", Digest(), BOTH, "2026-11-23", "2026-11-30 09:00"),
        ("2026-11-26 09:00", Digest(), BOTH, None, "2026-11-30 09:00"),
        ("2026-07-06 08:00", Digest(), BOTH, "2026-07-06", "2026-07-13 08:00"),
        ("2026-08-31 12:00", Digest(), ENGLAND, None, "2026-09-01 08:00"),
        ("2026-09-01 08:00", Digest(), ENGLAND, "2026-08-31", "2026-09-07 08:00"),
        ("2026-08-31 16:00", Digest(), BOTH, "2026-08-31", "2026-09-07 08:00"),
        ("2026-11-27 16:30", Digest(day="fri", time="16:30"), ENGLAND, "2026-11-27", "2026-12-04 16:30"),
        ("2026-11-29 12:00", Digest(day="sun"), ENGLAND, None, "2026-11-30 09:00"),
        ("2026-11-22 00:00", Digest(day="sun"), Calendar(), None, "2026-11-22 09:00"),
    ],
    ids=[
        "not yet",
        "its minute",
        "three days later",
        "left out",
        "summer time",
        "a holiday in England",
        "the day after it",
        "California works on that day",
        "another day and time",
        "nobody works on Sundays",
        "no offices: UTC",
    ],
)
def test_when_a_digest_is_due(
    now: str, digest: Digest, calendar: Calendar, due: str | None, next_: str
) -> None:
    slot, later = slots(digest, calendar, at(now))
    assert due == (slot.day.isoformat() if slot is not None else None)
    assert at(next_) == later


def test_every_week_of_ten_years_has_one_digest_in_time() -> None:
    """Each is due within days of its day, and the moment that is announced is the one that comes."""
    now, seen = at("2026-01-01 00:00"), []
    for _ in range(520):
        slot, next_ = slots(Digest(), ENGLAND, now)
        if slot is not None:
            seen.append(slot.day)
            assert slot.at <= now < slot.at + LATE
            assert (
                timedelta() <= slot.at - datetime(*slot.day.timetuple()[:3], tzinfo=UTC) < timedelta(days=4)
            )
        assert next_ > now
        now = next_
    assert [] == [day for day in seen if day.weekday() != 0]
    assert {7} == {(later - day).days for day, later in pairwise(seen)}


# ── what it says ────────────────────────────────────────────────────────────────────────────


def digest(
    policy: Policy = POLICY, facts: tuple[Facts, ...] | None = None, tickets: Tickets | None = None
) -> Measured:
    slot, _ = slots(policy.digest, BOTH, NOW)
    assert slot is not None
    known = year()
    return measured(
        known[0] if facts is None else facts,
        known[1] if tickets is None else tickets,
        slot,
        policy,
        NOW,
        REPOSITORY,
    )


def test_the_issue_of_a_year() -> None:
    """Goals against what was reached, both targets by name, teams, waits, what to act on, and the weeks."""
    text = body(digest(), POLICY, customers=False)
    assert "**16 Nov 2026 to 22 Nov 2026**, sourcegraph/customer." in text
    assert (
        "| Tickets that needed engineering | 5.4 % (2 of 37) | 8.5 % (14 of 164) | at most 10 % | ✓ |" in text
    )
    assert "Engineering's response target: p1 1 hour, p2 1 working day. Support's own, by Zendesk" in text
    assert "| Search Core | 3 | 2 | 1 |" in text
    assert "| [#2](https://github.com/sourcegraph/customer/issues/2) | Delivery |" in text
    assert "Documentation issues promised and open: #8" in text
    assert "<summary>Week by week: 26 weeks</summary>" in text
    assert text.index("| 16 Nov 2026 |") < text.index("| 9 Nov 2026 |")
    assert marked(text)


def test_the_issue_names_customers_only_when_told_to_and_never_quotes_one() -> None:
    found = digest()
    with_, without = (body(found, POLICY, customers=named) for named in (True, False))
    assert "| northmere |" in with_
    assert "northmere" not in without
    assert TITLE not in with_
    assert "Northmere" not in with_


@pytest.mark.parametrize("name", ["<!-- x -->", "a|b", "@sourcegraph/everybody", "</details>", "/route x"])
def test_a_customer_s_name_stays_a_word(name: str) -> None:
    facts, _ = year()
    text = body(digest(facts=(*facts[:-1], replace(facts[-1], customer=name))), POLICY, customers=True)
    assert f"| {name} |" not in text
    assert 1 == text.count("</details>")
    assert text.endswith(MARKER)


def test_a_body_fits_however_much_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of weeks and long names are far from GitHub's limit; near it the oldest weeks are left out."""
    teams = {
        id_: team.model_copy(update={"name": f"{team.name} {'of the north ' * 20}"})
        for id_, team in POLICY.teams.items()
    }
    weekly = POLICY.digest.model_copy(update={"weeks": 52})
    policy = POLICY.model_copy(update={"teams": teams, "digest": weekly})
    found = digest(policy)
    text = body(found, policy, customers=True)
    assert "<summary>Week by week: 52 weeks</summary>" in text
    assert len(text) < FITS
    monkeypatch.setattr("bot.figure_digest.FITS", len(text) - 1000)
    shorter = body(found, policy, customers=True)
    assert "<summary>Week by week: 26 weeks</summary>" in shorter
    assert "| 16 Nov 2026 |" in shorter
    assert len(shorter) <= len(text) - 1000
    assert marked(shorter)


def test_without_a_request_there_are_no_weeks_and_no_picture() -> None:
    found = digest(facts=(), tickets=NONE)
    text = body(found, POLICY, customers=True)
    assert "0 requests filed, 0 closed in the week." in text
    assert "<details>" not in text
    assert picture(found, POLICY) is None


# ── Slack ───────────────────────────────────────────────────────────────────────────────────


def test_the_post_of_a_year() -> None:
    message = post(digest(), POLICY, "https://github.com/sourcegraph/customer/issues/300")
    (block,) = message.blocks
    text = block["text"]["text"]
    assert "✓ Tickets that needed engineering: 8.5 % (14 of 164), goal: at most 10 %" in text
    assert "✗ First engineering response in time: 92.9 % (13 of 14), goal: at least 95 %" in text
    assert "<https://github.com/sourcegraph/customer/issues/300|All figures>" in text
    assert "northmere" not in text.casefold()
    assert [] == list(problems(list(message.blocks), message.text))


def test_the_picture_of_a_year() -> None:
    pytest.importorskip("vl_convert")
    found = picture(digest(), POLICY)
    assert found is not None
    assert plots.png(found.spec).startswith(PNG)
    assert (
        "26 weeks; tickets that needed engineering: 13.2 % then, 8.5 % now;"
        " first engineering response in time: 82.6 % then, 92.9 % now"
    ) == found.alt


def test_without_ticket_counts_the_picture_shows_the_other_goal() -> None:
    found = picture(digest(tickets=NONE), POLICY)
    assert found is not None
    assert 1 == len(found.spec["hconcat"])
    assert "tickets" not in found.alt


def test_a_slot_counts_whole_days_up_to_its_day() -> None:
    slot = Slot(at("2026-11-23 00:00").date(), at("2026-11-23 09:00"))
    assert (at("2026-11-16 00:00"), at("2026-11-23 00:00")) == (
        slot.days_before(7).since,
        slot.days_before(7).until,
    )


# ── the policy ──────────────────────────────────────────────────────────────────────────────


def test_its_label_means_nothing_else_and_is_one_that_the_bot_creates() -> None:
    """A digest labelled as a request would be one to everybody who filters by label."""

    def labelled(name: str) -> Policy:
        return load_layers(((DEFAULT_NAME, default_text()), ("p.yml", f"digest: {{label: {name}}}\n")))

    assert "figures" in [spec.name for spec in label_specs(labelled("figures"))]
    with pytest.raises(PolicyError, match=r"p\.yml:1:17: digest\.label: already means kinds"):
        labelled("RFH")
