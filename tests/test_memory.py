"""The memory in the card: what it holds, that it stays small, and who can make the bot believe it."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.memory import (
    MAX_BYTES,
    Handed,
    Intent,
    Memory,
    Seal,
    Undo,
    effect_marker,
    effects_in,
    inert,
    is_card,
    marker_of,
    unsealed,
    visible,
)
from bot.publication import MAX_ACKED, MAX_CHOSEN, Claim, Draft, Publication

AT = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
KEY = Seal(b"k" * 32)
REPO, ISSUE = 71, 5_000_000_007

ids = st.integers(1, 2**53)
times = st.integers(1_600_000_000, 2_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC))
words = st.from_regex(r"[a-z0-9][a-z0-9-]{0,49}", fullmatch=True)
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=50)
intents = st.builds(Intent, value=words, by=words, at=times, comment=ids)
memories = st.builds(
    Memory,
    rev=ids,
    floor=st.none() | times,
    done=st.lists(ids, max_size=5).map(tuple),
    applied=st.frozensets(names, max_size=5),
    intents=st.dictionaries(words, intents, max_size=6),
    undo=st.lists(st.builds(Undo, words, words, st.none() | intents, ids), max_size=5).map(tuple),
    effects=st.dictionaries(st.from_regex(r"[a-z]{1,9}:[0-9]{1,15}", fullmatch=True), times, max_size=5),
    handed=st.none() | st.builds(Handed, times, words, words),
    held=st.booleans(),
    closed=st.booleans(),
)


@given(memories)
@settings(max_examples=30, deadline=None)
def test_what_is_written_is_read_again(memory: Memory) -> None:
    """Signed and plain; other people's words and line ends around the marker change nothing."""
    for seal, kind in ((KEY, "valid"), (Seal(), "plain")):
        body = f"words\r\n\r\n{seal.mark(memory, REPO, ISSUE)}\r\n"
        assert (memory, kind) == seal.read(body, REPO, ISSUE)
        assert "words" == visible(body)
        assert is_card(body)
        assert memory.rev == marker_of(body)[0]
        assert memory == unsealed(marker_of(body)[1])


def full() -> Memory:
    """The most that an issue can bring together, with everything as long as it may be."""
    intent = Intent("x" * 50, "l" * 39, AT, 2**53)
    return Memory(
        rev=10**9,
        floor=AT,
        done=tuple(range(10**12, 10**12 + 500)),
        applied=frozenset(f"LA_kwDOABCDEFGHIJKLMNOP{n}" for n in range(7)),
        intents=dict.fromkeys(("team", "kind", "priority", "customer", "owner", "handoff"), intent),
        undo=tuple(Undo("customer", "customer", intent, n) for n in range(10**12, 10**12 + 40)),
        effects={f"reply:{n}": AT for n in range(10**12, 10**12 + 300)},
        handed=Handed(AT, "complete", "x" * 50),
        held=True,
    )


def test_what_cannot_be_made_smaller_ends_its_own_run_alone() -> None:
    """It is an error of one issue, and no loop that holds up all."""
    chosen = tuple((number, "0" * 12) for number in range(10**9, 10**9 + 400))
    memory = Memory(publication=Publication(Draft(1, "0" * 12, chosen))).bounded(AT)
    with pytest.raises(ValueError, match="is over"):
        KEY.mark(memory, REPO, ISSUE)


def test_the_most_that_can_be_chosen_for_a_publication_fits() -> None:
    chosen = tuple((10**18 + number, "0" * 12) for number in range(MAX_CHOSEN))
    draft = Draft(10**18, "0" * 12, chosen, "0" * 32, AT)
    acked = tuple(f"{number:016x}" for number in range(MAX_ACKED))
    claim = Claim("0" * 32, "l" * 39, 10**18, AT, 1, AT)
    memory = replace(full(), publication=Publication(draft, acked, claim)).bounded(AT)
    assert len(KEY.mark(memory, REPO, ISSUE)) <= MAX_BYTES
    assert draft == memory.publication.draft


@pytest.mark.parametrize("minutes", [0, 60], ids=["all within ten minutes", "all long settled"])
def test_a_bounded_memory_always_fits_into_its_marker(minutes: int) -> None:
    memory = full().bounded(AT + timedelta(minutes=minutes))
    marker = KEY.mark(memory, REPO, ISSUE)
    assert len(marker) <= MAX_BYTES
    read = KEY.read(marker, REPO, ISSUE)
    assert read is not None
    assert memory == read[0]
    assert full().intents == memory.intents
    assert full().applied == memory.applied
    assert full().done[-1] == memory.done[-1]
    assert full().undo[-1] == memory.undo[-1]


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 120), st.integers(0, 12))
@settings(max_examples=25, deadline=None)
def test_no_mix_of_much_is_too_much(done: int, effects: int, labels: int, undo: int) -> None:
    """Also more labels than the bot ever sets: an issue must not die of its memory."""
    memory = replace(
        full(),
        done=tuple(range(10**12, 10**12 + done)),
        effects={f"slack:{'routed' * 10}:{n}": AT for n in range(effects)},
        applied=frozenset(f"LA_kwDOABCDEFGHIJKLMNOP{n}" for n in range(labels)),
        undo=full().undo[:undo],
    )
    assert len(KEY.mark(memory.bounded(AT), REPO, ISSUE)) <= MAX_BYTES


def test_what_small_issues_remember_is_not_dropped() -> None:
    memory = replace(
        full(), done=full().done[:50], undo=full().undo[:10], effects={"alert:x": AT, "slack:team:2": AT}
    )
    memory = replace(memory, applied=frozenset({"LA_1"}))
    assert replace(memory, floor=AT) == memory.bounded(AT)


def test_replies_to_settled_comments_leave_the_ledger_and_other_effects_stay() -> None:
    """A comment at or before the floor is never pending again, so nobody asks whether it was answered."""
    memory = Memory(effects={"reply:7": AT, "alert:urgent-unrouted": AT})
    assert {"alert:urgent-unrouted": AT} == memory.bounded(AT).effects
    assert memory.effects == memory.bounded(AT - timedelta(seconds=1)).effects


def test_dropping_what_is_settled_is_no_reason_to_write_the_card() -> None:
    memory = Memory(effects={"reply:7": AT}, done=(7,), floor=AT)
    assert memory.same_content(memory.bounded(AT + timedelta(hours=1)))
    assert not Memory().same_content(memory)
    assert not memory.same_content(replace(memory, effects={"alert:x": AT}))


# ── trust ───────────────────────────────────────────────────────────────────────────────────


def payload(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_another_issue_or_repository_or_key_breaks_the_signature() -> None:
    marker = KEY.mark(Memory(rev=3), REPO, ISSUE)
    assert (Memory(rev=3), "bad") == KEY.read(marker, REPO, ISSUE + 1)
    assert (Memory(rev=3), "bad") == KEY.read(marker, REPO + 1, ISSUE)
    assert (Memory(rev=3), "bad") == Seal(b"j" * 32).read(marker, REPO, ISSUE)
    assert (Memory(rev=3), "bad") == Seal().read(marker, REPO, ISSUE)


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_no_changed_marker_is_valid(data: st.DataObject) -> None:
    marker = KEY.mark(Memory(rev=3, done=(1, 2)), REPO, ISSUE)
    at = data.draw(st.integers(0, len(marker) - 1))
    changed = marker[:at] + data.draw(st.sampled_from("AZaz09-_. ")) + marker[at + 1 :]
    read = KEY.read(changed, REPO, ISSUE)
    assert changed == marker or read is None or read[1] != "valid" or read[0] == Memory(rev=3, done=(1, 2))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param([], id="a list"),
        pytest.param({"v": 2}, id="another version"),
        pytest.param({"v": 1, "rev": "x"}, id="a word for a number"),
        pytest.param({"v": 1, "rev": 1e400}, id="infinity"),
        pytest.param({"v": 1, "done": 5}, id="a number for a list"),
        pytest.param({"v": 1, "done": [None]}, id="null in a list"),
        pytest.param({"v": 1, "floor": 10**30}, id="a time beyond the calendar"),
        pytest.param({"v": 1, "intents": {"team": [1]}}, id="a short intent"),
        pytest.param({"v": 1, "intents": []}, id="a list for a mapping"),
        pytest.param({"v": 1, "undo": [[1, 2]]}, id="a short undo"),
        pytest.param({"v": 1, "handed": ["x", 1, 2]}, id="a word for a time"),
        pytest.param({"v": 1, "effects": {"x": {}}}, id="a mapping for a time"),
    ],
)
def test_what_is_no_memory_counts_as_lost(content: Any) -> None:
    assert KEY.read(f"<!-- rfh-bot:card v1 {payload(content)}. -->", REPO, ISSUE) is None


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param("A" * 11_999, id="giant"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 8_000).decode().rstrip("="), id="deeply nested"),
        pytest.param("A", id="not base64"),
        pytest.param(base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("="), id="not UTF-8"),
        pytest.param(
            base64.urlsafe_b64encode(b'{"v":1,"rev":' + b"9" * 5_000 + b"}").decode().rstrip("="), id="digits"
        ),
    ],
)
def test_hostile_markers_are_read_as_lost(raw: str) -> None:
    assert KEY.read(f"<!-- rfh-bot:card v1 {raw}. -->", REPO, ISSUE) is None


def test_of_several_markers_the_last_is_ours() -> None:
    """Words of people stand before our marker, never behind it; both readers agree on which one counts."""
    forged = f"<!-- rfh-bot:card v1 {payload({'v': 1, 'rev': 10**9})}. -->"
    body = f"{forged}\n\n{KEY.mark(Memory(rev=3), REPO, ISSUE)}"
    assert (Memory(rev=3), "valid") == KEY.read(body, REPO, ISSUE)
    assert 3 == marker_of(body)[0]
    assert forged not in marker_of(body)[1]


@pytest.mark.parametrize(
    "text",
    [
        f"<!-- rfh-bot:card v1 {payload({'v': 1})}. -->",
        "<!-- rfh-bot:card v1 x",
        "<!-- rfh-bot:effect reply:7 -->",
        "<!--  RFH-bot:effect reply:7 -->",
    ],
)
def test_words_of_people_are_never_markers(text: str) -> None:
    assert not is_card(inert(text))
    assert () == effects_in(inert(text))
    assert visible(inert(text)) == inert(text)
    assert "fine" == inert("fine")


# ── effects ─────────────────────────────────────────────────────────────────────────────────


def test_an_effects_key_is_found_again_in_its_comment() -> None:
    assert ("reply:7",) == effects_in(f"You asked.\n\n{effect_marker('reply:7')}")


@pytest.mark.parametrize("key", ["", "Reply:7", "reply 7", "a-->", "x" * 101])
def test_an_effects_key_cannot_hold_anything_else(key: str) -> None:
    with pytest.raises(ValueError, match="effect keys"):
        effect_marker(key)


def test_the_key_is_never_shown() -> None:
    assert "kkk" not in repr(KEY)
