"""What a comment says, and what it does to the turn. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure import BOT, ERIN, OLU, SAM, book, snapshot

from bot.memory import Clock, Handed, Intent, Memory, Side
from bot.model import Actor, Comment, Snapshot
from bot.policy.clocks import Target
from bot.policy.durations import duration
from bot.rules import reminders, snooze, turns
from bot.rules.durations import Calendar
from bot.rules.speech import MEANS

ASKED = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
START = Clock(ASKED, "engineering", ASKED, ASKED, "p2")
ROSTER = {"search-core": frozenset({"erin", "max"}), "support": frozenset({"sam", "max"})}
MAX = Actor("max", 4)


# ── speech ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "Looking into it",
        "Looking into it now, will report back tomorrow.",
        "Hi Sam, on it!",
        "@sam we are on it :eyes:",
        "Thanks Sam!",
        "I'll take a look this afternoon",
        "We're still looking into this, sorry for the delay.",
        "Let me check with the team.",
        "+1",
        "👀",
        "",
        "<!-- nothing -->",
        "> set max_shards to 20\n\nthanks!",
        "/waiting support",
        "/route search-core\nThanks!",
        "ok, will do 👍",
    ],
)
def test_these_are_no_answer(text: str) -> None:
    assert book().speech.verdict(text) not in MEANS


@pytest.mark.parametrize(
    "text",
    [
        "Fixed in 3.43.3.",
        "Looking into it. Which version?",
        "Can you send the logs?",
        "Thanks for the logs, the disk of gitserver is full.",
        "https://github.com/sourcegraph/sourcegraph/pull/1",
        "```\nkubectl rollout restart deploy/zoekt\n```",
        "![graph](https://example.com/x.png)",
        "No.",
        "Not reproducible here",
        "/waiting customer\nThe customer should restart zoekt first.",
        "Set `max_shards` to 20",
    ],
)
def test_these_are_answers(text: str) -> None:
    assert book().speech.verdict(text) in MEANS


def test_speech_is_linear_in_the_text() -> None:
    """A comment of GitHub's greatest length is read in a moment, whatever it repeats."""
    for unit in ("looking into ", "hi ", "thanks, ", "> ", ":", "?!", "@a "):
        book().speech.verdict((unit * 65536)[:65536])


# ── turns ───────────────────────────────────────────────────────────────────────────────────


def said(by: Actor | None, text: str, hour: int, **more: object) -> Comment:
    comment = Comment(1000 + hour, f"IC_{hour}", by, text, ASKED + timedelta(hours=hour))
    return replace(comment, **more)  # type: ignore[arg-type]


def fold(*comments: Comment, clock: Clock = START, waiting: tuple[Side, int] | None = None) -> Clock:
    snap: Snapshot = replace(snapshot(comments=comments), roster=ROSTER)
    memory = Memory()
    if waiting is not None:
        side, hour = waiting
        memory = memory.with_intent(
            "waiting", Intent(side, "sam", ASKED + timedelta(hours=hour), 1000 + hour)
        )
    return turns.fold(clock, snap, memory, turns.Sides(snap, "search-core", "sam"), book().speech)


ANSWER = "The shard limit is too low."


@pytest.mark.parametrize(
    ("comments", "turn", "hour"),
    [
        ([], "engineering", 0),
        ([(ERIN, ANSWER)], "support", 1),
        ([(ERIN, "on it")], "engineering", 0),
        ([(ERIN, ANSWER), (ERIN, "And restart it.")], "support", 1),
        ([(ERIN, ANSWER), (SAM, "Did not help.")], "engineering", 2),
        ([(ERIN, ANSWER), (SAM, "Thanks!")], "support", 1),
        ([(SAM, "Again at noon.")], "engineering", 0),
        ([(OLU, ANSWER)], "engineering", 0),
        ([(BOT, ANSWER)], "engineering", 0),
        ([(None, ANSWER)], "engineering", 0),
        ([(MAX, ANSWER)], "support", 1),
    ],
    ids=[
        "nobody said a thing",
        "the team answered",
        "the team is on it",
        "a second answer changes nothing",
        "support answered back",
        "support said thanks",
        "support said more",
        "somebody in no list",
        "a bot",
        "a vanished account",
        "who is on both lists speaks for the team",
    ],
)
def test_whose_turn_it_is_after(comments: list[tuple[Actor | None, str]], turn: Side, hour: int) -> None:
    clock = fold(*(said(by, text, n) for n, (by, text) in enumerate(comments, 1)))
    assert (turn, ASKED + timedelta(hours=hour)) == (clock.turn, clock.since)


def test_the_first_response_is_the_teams_first_answer() -> None:
    clock = fold(
        said(ERIN, "on it", 1), said(ERIN, ANSWER, 2), said(SAM, "No luck.", 3), said(ERIN, ANSWER, 4)
    )
    assert ASKED + timedelta(hours=2) == clock.first_response_at


def test_what_was_said_before_engineering_was_asked_does_not_count() -> None:
    assert START == replace(fold(said(ERIN, ANSWER, -1)), folded_to=0)


def test_the_comment_that_asks_engineering_is_no_answer_of_theirs() -> None:
    """`/route search-core` with a sentence, by somebody of that team: asked, and not answered."""
    asks = said(ERIN, "/route search-core\nThis looks like the index, not the code host.", 0)
    assert "engineering" == fold(asks).turn
    assert fold(asks).first_response_at is None
    assert "support" == fold(asks, said(ERIN, ANSWER, 1)).turn


def test_a_minimised_comment_does_not_count() -> None:
    assert "engineering" == fold(said(ERIN, ANSWER, 1, minimized=True)).turn


def test_a_correction_is_the_last_word_at_its_time() -> None:
    assert "customer" == fold(said(SAM, "/waiting customer", 1), waiting=("customer", 1)).turn
    later = fold(said(SAM, "/waiting customer", 1), said(ERIN, ANSWER, 2), waiting=("customer", 1))
    assert ("support", ASKED + timedelta(hours=2)) == (later.turn, later.since)
    earlier = fold(said(ERIN, ANSWER, 1), said(SAM, "/waiting engineering", 2), waiting=("engineering", 2))
    assert ("engineering", ASKED + timedelta(hours=2)) == (earlier.turn, earlier.since)


def test_what_becomes_visible_late_does_not_undo_a_newer_turn() -> None:
    clock = fold(said(ERIN, ANSWER, 2))
    assert "support" == fold(said(SAM, "Again at noon.", 1), said(ERIN, ANSWER, 2), clock=clock).turn


def test_a_typo_corrected_in_an_old_answer_changes_no_turn() -> None:
    talk = [said(SAM, "Did it.", 1), said(ERIN, ANSWER, 2), said(SAM, "No luck.", 3), said(ERIN, ANSWER, 4)]
    clock = fold(*talk)
    edited = [replace(talk[2], edited_at=ASKED + timedelta(hours=9)), *talk]
    assert "support" == fold(*edited, clock=clock).turn == clock.turn


people = st.sampled_from([SAM, ERIN, OLU, BOT, MAX])
texts = st.sampled_from([ANSWER, "on it", "Which version?", "thanks", "/waiting customer", ""])
talks = st.lists(st.tuples(people, texts), max_size=12)


@given(talks, st.integers(0, 12))
def test_folding_in_parts_is_folding_at_once_and_twice_is_once(
    talk: list[tuple[Actor, str]], cut: int
) -> None:
    """The memory may be written after any comment, and need not be."""
    comments = [said(by, text, n) for n, (by, text) in enumerate(talk, 1)]
    whole = fold(*comments)
    assert whole == fold(*comments, clock=fold(*comments[:cut]))
    assert whole == fold(*comments, clock=whole)
    assert whole == fold(*comments, clock=replace(fold(*comments[:cut]), folded_to=0))


# ── reminders ───────────────────────────────────────────────────────────────────────────────

P2 = Target.model_validate_json(
    '{"response": "1wd", "reminders": [{"after": "1h wall"}, {"after": "3h wall"}, {"after": "4h wall"}]}'
)
HANDED = Handed(ASKED, "complete", "search-core")


@given(
    st.lists(st.integers(1, 600), min_size=1, max_size=60),
    st.one_of(st.none(), st.integers(0, 5000)),
)
def test_whenever_the_bot_runs_each_level_comes_once_in_order_and_apart(
    pauses: list[int], snoozed: int | None
) -> None:
    """However irregular the runs: one reminder a run at most, never closer than the policy says."""
    until = None if snoozed is None else ASKED + timedelta(minutes=snoozed)
    sent: dict[str, datetime] = {}
    now = ASKED
    for pause in pauses:
        now += timedelta(minutes=pause)
        found = reminders.upcoming(START, HANDED, P2, sent, Calendar(), snoozed_until=until)
        if found is not None and found.at <= now:
            assert found.key not in sent
            assert until is None or now >= until
            sent[found.key] = now
    levels = [int(key.split(":")[2]) for key in sent]
    assert levels == list(range(1, len(levels) + 1))
    times = [ASKED, *sent.values()]
    apart = [timedelta(hours=1), timedelta(hours=2), timedelta(hours=1)]
    assert all(b - a >= least for a, b, least in zip(times, times[1:], apart, strict=False))


# ── snooze ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("3d", "3d"),
        ("3 days, the customer is away", "3d"),
        ("for 2 weeks", "2w"),
        ("90m", "90m"),
        ("2wd until they are back", "2wd"),
        ("2 working days", "2wd"),
        ("until 2026-12-24", "2026-12-24"),
        ("2026-12-24 holidays", "2026-12-24"),
        ("until Friday", None),
        ("until 2026-02-30", None),
        ("3", None),
        ("3dd", None),
        ("", None),
    ],
)
def test_how_people_say_how_long(text: str, wish: str | None) -> None:
    assert wish == snooze.wish(text)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("3d", "2026-11-20T15:00:00Z"),
        ("1wd", "2026-11-18T15:00:00Z"),
        ("2026-11-21", "2026-11-23T09:00:00Z"),  # a Saturday: when work begins after it
        ("2026-11-17", "past"),
        ("0d", "past"),
        ("31d", "too-long"),
        ("99999w", "too-long"),
    ],
)
def test_until_when_a_snooze_lasts(wish: str, expected: str) -> None:
    found = snooze.ends(wish, ASKED, book().calendars.everybody(), "30d wall")
    assert expected == (found if isinstance(found, str) else snooze.written(found))
    assert duration("30d wall").wall == timedelta(days=30)
