"""What is remembered of leaks, without GitHub: no news twice, no value, room for a lot, markers that hold."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privacy_support import WATCH, shipped
from structlog.testing import capture_logs

from bot import kingfisher, words_watch
from bot.kingfisher import ScannerUnavailable
from bot.policy.load import load_default
from bot.policy.watch import Watch
from bot.rules.privacy import External, Kind
from bot.rules.watch import (
    BODY,
    FRESH,
    MAX_DEALT,
    MAX_LEAKS,
    MAX_LINES,
    TITLE,
    Dossier,
    Leak,
    Look,
    Sighting,
    Text,
    conclude,
    effect,
    sightings,
    untold,
)
from bot.rules.watch_marker import WatchSeal, without_marker
from bot.scanner_watch import Examiner

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
PUBLIC = "sourcegraph/sourcegraph#7"
SUBJECT = words_watch.Subject(PUBLIC, "https://github.com/sourcegraph/sourcegraph/issues/7")
SEAL = WatchSeal(b"k" * 32)
KEY = b"v" * 32
KINDS: tuple[Kind, ...] = get_args(Kind)
PLACES = (TITLE, BODY, 3_100_000_001, 3_100_000_002)

seen = st.builds(
    Sighting,
    st.sampled_from(PLACES),
    st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(lambda lines: tuple(sorted(lines))),
    st.sampled_from(KINDS),
    st.sampled_from([f"{n:016x}" for n in range(12)]),
)
looks = st.builds(
    Look,
    at=st.integers(0, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    read=st.frozensets(st.sampled_from(PLACES)),
    missing=st.frozensets(st.sampled_from(PLACES[2:])),
    sightings=st.lists(seen, max_size=8, unique_by=lambda s: (s.where, s.value)).map(tuple),
    end=st.sampled_from(["", "", "", "issue-deleted", "issue-moved"]),
)


def whole(look: Look) -> Look:
    """What stands somewhere was read there."""
    standing = {one.where for one in look.sightings}
    return replace(look, read=look.read | standing, missing=look.missing - standing)


history = st.lists(st.tuples(looks.map(whole), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=50)
@given(history)
def test_a_second_look_changes_nothing_and_is_no_news(steps: list[tuple[Look, bool]]) -> None:
    dossier = Dossier(PUBLIC)
    for look, closed in steps:
        dossier = conclude(dossier, look, closed=closed).dossier
        again = conclude(dossier, look, closed=False)
        assert () == again.news
        assert again.dossier.same_as(dossier) or closed


@settings(max_examples=50)
@given(history)
def test_no_value_is_told_twice(steps: list[tuple[Look, bool]]) -> None:
    """Whatever is edited, put back, deleted, closed and opened."""
    dossier, told = Dossier(PUBLIC), set[str]()
    for look, closed in steps:
        concluded = conclude(dossier, look, closed=closed)
        dossier = concluded.dossier
        news = {leak.value for leak in concluded.news}
        assert set() == news & told
        told |= news


@settings(max_examples=50)
@given(history)
def test_what_stands_there_is_on_the_list_until_somebody_deals_with_it(
    steps: list[tuple[Look, bool]],
) -> None:
    dossier = Dossier(PUBLIC)
    for look, closed in steps:
        dossier = conclude(dossier, look, closed=closed).dossier
        listed = {(leak.where, leak.value) for leak in dossier.leaks if not leak.how}
        standing = {(one.where, one.value) for one in look.sightings if one.value not in dossier.dealt}
        assert standing <= listed or closed


@settings(max_examples=50)
@given(history)
def test_the_marker_brings_all_of_it_back(steps: list[tuple[Look, bool]]) -> None:
    dossier = Dossier(PUBLIC)
    for number, (look, closed) in enumerate(steps):
        dossier = replace(
            conclude(dossier, look, closed=closed).dossier, rev=number, told=("ab",), said=closed
        )
    text = words_watch.report(dossier, SUBJECT)
    body = f"{text}\n\n{SEAL.mark(dossier)}"
    assert dossier == SEAL.read(body)
    assert text.strip() == without_marker(body.replace("\n", "\r\n"))


def test_a_marker_that_was_changed_or_signed_by_somebody_else_is_none() -> None:
    mark = SEAL.mark(Dossier(PUBLIC))
    payload = mark.split(" ")[3].partition(".")[0]
    other = base64.urlsafe_b64encode(b'{"v":1,"public":"a/b#1"}').decode().rstrip("=")
    assert SEAL.read(mark) is not None
    for broken in (
        mark.replace(payload, other),
        mark.replace(".", ".x"),
        mark[:-8],
        "",
        "<!-- rfh-bot:watch v1 ",
    ):
        assert SEAL.read(broken) is None
    assert WatchSeal(b"x" * 32).read(mark) is None


def test_the_longest_list_fits_into_an_issue() -> None:
    """65,536 characters, with every place its own comment and everything dealt with before."""
    lines = tuple(range(9_990, 9_990 + MAX_LINES))
    found = [Sighting(3_100_000_000 + n, lines, "private_asset", f"{n:016x}") for n in range(MAX_LEAKS + 50)]
    nodes = {one.where: f"IC_kwDOAAAAAc8AAAAB{one.where}" for one in found}
    look = Look(NOW, frozenset(nodes), sightings=tuple(found), nodes=nodes)
    dealt = tuple(f"{n:016x}" for n in range(10**6, 10**6 + MAX_DEALT))
    concluded = conclude(Dossier(PUBLIC, dealt=dealt), look, closed=False)
    dossier = replace(concluded.dossier, told=tuple(leak.value for leak in concluded.dossier.leaks))
    subject = replace(
        SUBJECT, url="https://github.example.com/" + "o" * 39 + "/" + "r" * 60 + "/issues/123456"
    )
    body = f"{words_watch.report(dossier, subject)}\n\n{SEAL.mark(dossier)}"
    assert MAX_LEAKS == len(concluded.news)
    assert len(body) <= 65_536


def test_what_slack_was_told_grows_no_longer_than_the_list() -> None:
    """Whoever edits a public issue again and again could fill the private one until nothing fits into it."""
    dossier = Dossier(PUBLIC)
    for number in range(MAX_LEAKS + 20):
        look = Look(
            NOW + timedelta(minutes=number),
            read=frozenset({BODY}),
            sightings=(Sighting(BODY, (1,), "secret", f"{number:016x}"),),
        )
        dossier = conclude(dossier, look, closed=False).dossier
        values = tuple(leak.value for leak in untold(dossier, look.at))
        assert (f"{number:016x}",) == values
        dossier = replace(dossier, told=(*dossier.told, *values))
    assert len(dossier.told) <= MAX_LEAKS + 1


def test_what_is_seen_is_named_by_hmac_and_said_with_its_lines() -> None:
    texts = [Text(TITLE, "Slow"), Text(BODY, "Quandel\n\nquandel and a@b.io"), Text(5, "at QUANDEL")]
    found = [shipped().scan(text.text, WATCH) for text in texts]
    [body, comment] = sightings(texts, found, Watch(), KEY, PUBLIC)
    assert (BODY, (1, 3), "customer") == (body.where, body.lines, body.kind)
    assert body.value == comment.value
    assert "quandel" not in f"{body}{comment}".casefold()
    [other, *_] = sightings(texts, found, Watch(), KEY, "sourcegraph/sourcegraph#8")
    assert other.value != body.value
    assert {"email"} < {one.kind for one in sightings(texts, found, Watch(warnings=True), KEY, PUBLIC)}


def test_every_kind_has_words() -> None:
    assert set(KINDS) == set(words_watch.KINDS)


@given(st.lists(seen, min_size=1, max_size=8, unique_by=lambda s: (s.where, s.value)))
def test_the_words_are_ours_alone(found: list[Sighting]) -> None:
    """Nothing of a report comes from a text: the same kinds and places give the same words."""
    leaks = conclude(
        Dossier(PUBLIC), Look(NOW, frozenset(PLACES), sightings=tuple(found)), closed=False
    ).dossier.leaks
    other = tuple(replace(leak, value=leak.value[::-1]) for leak in leaks)
    for dossier in (Dossier(PUBLIC, leaks=leaks), Dossier(PUBLIC, leaks=other)):
        report = words_watch.report(dossier, SUBJECT)
        assert not [leak for leak in leaks if leak.value in report]
        assert len(words_watch.slack(leaks, SUBJECT, "a/b#1", "https://x")) < 2_500  # a section takes 3,000


def leak(value: str, seen: datetime = NOW) -> Leak:
    return Leak(BODY, (1,), "secret", value, seen)


def test_slack_is_told_each_value_once_while_it_is_news() -> None:
    leaks = (leak("a"), replace(leak("a"), where=5), leak("b"), leak("c", NOW - FRESH - timedelta(1)))
    dossier = Dossier(PUBLIC, leaks=leaks, told=("b",))
    assert ("a",) == tuple(one.value for one in untold(dossier, NOW))
    assert effect("x", leaks[:2]) == effect("x", leaks[1::-1])


STATES = {
    "public": ((leak("a"),), "can be read by everybody now"),
    "edited": ((replace(leak("a"), gone=NOW, how="edited"),), "its history still shows it"),
    "deleted": ((replace(leak("a"), gone=NOW, how="deleted"),), "It was mailed"),
    "issue deleted": ((replace(leak("a"), gone=NOW, how="issue-deleted"),), "no longer there"),
}


@pytest.mark.parametrize(("leaks", "expected"), STATES.values(), ids=STATES)
def test_the_first_line_says_how_it_stands(leaks: tuple[Leak, ...], expected: str) -> None:
    report = words_watch.report(Dossier(PUBLIC, leaks=leaks), SUBJECT)
    assert expected in report.partition("\n")[0]
    assert "What nobody can undo" in report
    assert "Revoke the secret" in report


# ── the scan ────────────────────────────────────────────────────────────────────────────────


async def test_without_kingfisher_our_own_patterns_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kingfisher, "binary", lambda: None)
    [found, none] = await Examiner()(load_default(), ["we at Quandel", "we"], ["customer/quandel"])
    assert ["customer"] == [one.kind for one in found]
    assert () == none


async def test_a_kingfisher_that_fails_stops_no_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(texts: object) -> list[tuple[External, ...]]:
        raise ScannerUnavailable("kingfisher took too long")

    monkeypatch.setattr(kingfisher, "binary", lambda: "kingfisher")
    monkeypatch.setattr(kingfisher, "find_secrets", fails)
    with capture_logs() as lines:
        [found] = await Examiner()(load_default(), ["we at Quandel"], ["customer/quandel"])
    assert 1 == len(found)
    assert ["own patterns only"] == [line["event"] for line in lines]


async def test_what_kingfisher_sees_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "our key is zq8Xw2Lr9TfK4mVb7NcY1pHd"
    monkeypatch.setattr(kingfisher, "binary", lambda: "kingfisher")
    monkeypatch.setattr(
        kingfisher, "find_secrets", lambda texts: [(External("kingfisher:x", 11, len(text)),) for _ in texts]
    )
    [found] = await Examiner()(load_default(), [text], [])
    assert ["secret"] == [one.kind for one in found]
