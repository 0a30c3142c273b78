"""The vocabulary as data: every sample in the policy is a test, and every group is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from bot.errors import PolicyError
from bot.policy.load import default_text, load_default, load_files
from bot.rules.routing import Router
from bot.rules.text import phrase

POLICY = load_default()
ROUTER = Router(POLICY)


def _words(text: str) -> set[str]:
    return {found.word.casefold() for found in ROUTER.explain("", text)}


def _samples() -> Iterator[tuple[str, frozenset[str], str, bool]]:
    """(id, words, sample, is it one) of every word group and exception."""
    for area_id, area in POLICY.routing.areas.items():
        for number, group in enumerate(area.words):
            name, words = f"{area_id}[{number}]", frozenset(word.casefold() for word in group.words)
            yield from ((f"{name}: {text}", words, text, True) for text in group.matches)
            yield from ((f"{name}: not {text}", words, text, False) for text in group.ignores)


SAMPLES = list(_samples())


@pytest.mark.parametrize(("words", "text", "wanted"), [s[1:] for s in SAMPLES], ids=[s[0] for s in SAMPLES])
def test_samples_of_word_groups(words: frozenset[str], text: str, wanted: bool) -> None:
    """`matches` holds a word of its group, `ignores` none."""
    assert wanted == bool(words & _words(text))


@pytest.mark.parametrize("rule", POLICY.routing.rules, ids=lambda rule: rule.id)
def test_samples_of_context_rules(rule: object) -> None:
    """Every rule has a sample that it fires on; none fires on what it ignores."""
    from bot.policy.routing import ContextRule

    assert isinstance(rule, ContextRule)
    assert rule.matches

    def fires(text: str) -> bool:
        route = ROUTER.route("", text)
        return any(match.word == rule.id for found in route.candidates for match in found.matched)

    assert [True] * len(rule.matches) == [fires(text) for text in rule.matches]
    assert [False] * len(rule.ignores) == [fires(text) for text in rule.ignores]


@pytest.mark.parametrize("exception", POLICY.routing.exceptions, ids=lambda exception: exception.id)
def test_samples_of_exceptions(exception: object) -> None:
    """An exception's sample goes to its team and says so."""
    from bot.policy.routing import RoutingException

    assert isinstance(exception, RoutingException)
    assert exception.matches
    for text in exception.matches:
        route = ROUTER.route(text, "")
        assert (exception.team, True) == (route.team, f"exception:{exception.id}" in route.reasons)
    for text in exception.ignores:
        assert f"exception:{exception.id}" not in ROUTER.route(text, "").reasons


def test_every_group_says_why() -> None:
    """A group without a real reason cannot be reviewed."""
    groups = [group for area in POLICY.routing.areas.values() for group in area.words]
    assert [] == [group.reason for group in groups if len(group.reason.split()) < 4]


def test_no_word_stands_twice_in_an_area() -> None:
    """A word belongs to one group of an area, or its weight is a matter of chance."""
    twice = []
    for area_id, area in POLICY.routing.areas.items():
        counted = Counter(phrase(word) for group in area.words for word in group.words)
        twice += [(area_id, " ".join(word)) for word, count in counted.items() if count > 1]
    assert [] == twice


def test_every_area_with_an_owner_has_words_of_its_own() -> None:
    """Keywords alone get half of the issues right: each area needs its parts' names."""
    areas = POLICY.routing.areas
    assert [] == [id_ for id_, area in areas.items() if area.team and max(g.weight for g in area.words) < 3]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("routing: {rules: [{id: x, reason: y, all: [no-such-list], gives: {cloud: 1}}]}", "no-such-list"),
        ("routing: {rules: [{id: x, reason: y, all: [code-host], gives: {nowhere: 1}}]}", "nowhere"),
        ("routing: {areas: {search: {general: false}}}", "general"),
        ("routing: {areas: {cloud: {words: [{weight: 99, reason: r, words: [w]}]}}}", "weight"),
        ("routing: {areas: {cloud: {words: [{weight: 1, words: [w]}]}}}", "reason"),
        ("routing: {alerts: {table: {svc: {Nobody: [some_alert_name]}}}}", "Nobody"),
        ("routing: {exceptions: [{id: x, when: [w], team: no-team, reason: r}]}", "no-team"),
    ],
)
def test_mistakes_in_the_vocabulary_are_named(override: str, message: str) -> None:
    """A rule that names nothing, or a word without a reason, is refused with its name."""
    with pytest.raises(PolicyError) as caught:
        load_files(default_text(), override)
    assert message in str(caught.value)
