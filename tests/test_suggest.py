"""Proposals from the history of issues: what is proposed, what never is, and that it is measured honestly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from bot.cli.policy import policy as command
from bot.policy.load import default_text, load_default, load_files
from bot.policy.schema import Policy
from bot.rules.routing import Router
from bot.rules.routing_report import NOBODY, Case
from bot.suggest import CHANCE, LEAST, Suggestion, suggest, with_changes

POLICY = """
version: 1
name: two teams
tracker: {private: acme/customer}
kinds: {help: {name: Help}}
priorities: {p1: {label: p1, definition: soon}}
default_priority: p1
teams: {fruit: {name: Fruit, label: team/fruit}, metal: {name: Metal, label: team/metal}}
customers: {quince: {names: [Quince Ltd]}}
intake: INTAKE
routing:
  areas:
    fruit: {name: Fruit, team: fruit, keywords: [apple]}
    metal: {name: Metal, team: metal, keywords: [iron]}
  generic: [basket]
"""
FILLER = ("the page is slow today", "we saw this again", "please have a look", "it happens now and then")


@cache
def small() -> Policy:
    """Two teams with one word each; all else of the policy is the shipped one's."""
    intake = json.dumps(yaml.safe_load(default_text())["intake"] | {"extension_team": "fruit"})
    return load_files(POLICY.replace("INTAKE", intake))


def cases(*given: tuple[str, str, int]) -> list[Case]:
    """(title, owner, how many): numbered, with bodies that say nothing."""
    return [
        Case(f"{number}-{n}", title, FILLER[n % len(FILLER)], owner)
        for number, (title, owner, count) in enumerate(given)
        for n in range(count)
    ]


def last(policy: Policy, given: Sequence[Case], folds: int = 5) -> Suggestion:
    *_, found = suggest(policy, given, folds)
    assert found is not None
    return found


def words(found: Suggestion) -> dict[tuple[str, str], float]:
    return {(one.area, one.word): one.weight for one in found.proposals}


BOTH = cases(("The apple is red", "fruit", 10), ("The iron is hot", "metal", 10))


MANY = [*BOTH, *cases(("The iron bends", "metal", 40))]  # so that eight issues of fruit are no chance


def test_a_word_of_one_team_alone_is_proposed_and_helps() -> None:
    given = [*BOTH, *cases(("A pear fell down", "fruit", 20), ("A nail broke", "metal", 20))]
    found = last(small(), given)
    assert {("fruit", "pear"): 4.0, ("metal", "nail"): 4.0}.items() <= words(found).items()
    assert found.helps
    assert found.before.accuracy is not None
    assert found.after.accuracy is not None
    assert found.before.accuracy < found.after.accuracy


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(cases(("A pear fell down", "fruit", LEAST - 1)), id="too-few-issues"),
        pytest.param(
            cases(("A pear fell down", "fruit", 6), ("A pear of metal", "metal", 6)), id="both-teams-have-it"
        ),
        pytest.param(cases(("The basket", "fruit", 8)), id="generic-by-policy"),
        pytest.param(cases(("Quince", "fruit", 8)), id="a-customers-name"),
        pytest.param(cases(("The 4711", "fruit", 8)), id="a-number"),
        pytest.param(cases(("Where was it", "fruit", 8)), id="words-that-say-nothing"),
        pytest.param(cases(("A pear fell down", NOBODY, 8)), id="nobodys"),
    ],
)
def test_what_is_not_proposed(more: list[Case]) -> None:
    """An ordinary word in as many issues is (the first line)."""
    control = cases(("A grape fell down", "fruit", 8))
    proposed = {word for _, word in words(last(small(), [*MANY, *control, *more]))}
    assert "grape" in proposed
    assert not proposed & {"pear", "basket", "quince", "4711", "was", "where"}


def test_one_issue_that_repeats_a_word_is_one_issue() -> None:
    more = [Case("x", "pear " * 50, "pear\n" * 200, "fruit")]
    assert not any(word == "pear" for _, word in words(last(small(), [*MANY, *more])))


def test_a_word_that_settles_its_issues_already_is_left_alone() -> None:
    """`apple` is known and its issues are labelled right."""
    policy = with_thresholds(small(), 0.1, 0.0)
    assert not any(word == "apple" for _, word in words(last(policy, BOTH)))


def with_thresholds(policy: Policy, score: float, margin: float) -> Policy:
    limits = policy.routing.thresholds.model_copy(update={"apply_score": score, "apply_margin": margin})
    return policy.model_copy(update={"routing": policy.routing.model_copy(update={"thresholds": limits})})


def test_a_known_word_counts_more() -> None:
    """`apple` weighs 1; in ten issues of fruit alone it deserves more, and without more it sets no label."""
    found = {one.word: one for one in last(small(), BOTH).proposals}
    assert (1.0, 4.0, 10, 10) == (
        found["apple"].before,
        found["apple"].weight,
        found["apple"].right,
        found["apple"].issues,
    )


def test_a_word_that_misleads_counts_less() -> None:
    misled = [Case(f"m{n}", f"An apple again {n}", "", "metal") for n in range(9)]
    found = last(small(), [*cases(("An apple", "fruit", 2)), *misled])
    assert {("fruit", "apple"): 0.5}.items() <= words(found).items()


def test_chance_explains_what_it_can() -> None:
    """With nearly all issues being fruit's, three issues with a word prove nothing about fruit."""
    given = cases(
        ("The apple is red", "fruit", 60), ("A pear fell down", "fruit", LEAST), ("Iron", "metal", 3)
    )
    assert (63 / 66) ** LEAST > CHANCE
    assert not any(word == "pear" for _, word in words(last(small(), given)))


def test_the_order_of_the_issues_is_nothing_to_it() -> None:
    given = [*BOTH, *cases(("A pear fell down", "fruit", 8))]
    one, other = last(small(), given), last(small(), given[::-1])
    assert set(one.proposals) == set(other.proposals)
    assert (one.after.accuracy, one.after.coverage) == (other.after.accuracy, other.after.coverage)


def test_an_issue_is_not_judged_by_what_it_proposed_itself() -> None:
    """Three issues propose a word; each of them, left out, leaves two, which propose nothing."""
    metal = cases(("The iron is hot", "metal", 40))
    given = [*metal, *[Case(f"p{n}", f"pear {n}", "", "fruit") for n in range(LEAST)]]
    found = last(small(), given, folds=len(given))
    after = {case.id: new.team for case, _, new in found.answers}
    assert ("fruit", "pear") in words(found)
    assert [None] * LEAST == [after[f"p{n}"] for n in range(LEAST)]


def test_thresholds_are_lowered_while_labels_stay_right() -> None:
    """All scores are low and all verdicts right: more labels, none wrong."""
    given = cases(("The apple is red", "fruit", 40), ("The iron is hot", "metal", 40))
    found = last(with_thresholds(small(), 0.95, 0.9), given)
    assert found.thresholds is not None
    assert found.thresholds.apply_score < 0.95
    assert found.helps


def test_with_changes_lays_the_proposals_over_the_policy() -> None:
    found = last(small(), BOTH)
    router = Router(with_changes(small(), found.proposals, None))
    assert router.route("An apple", "").score > Router(small()).route("An apple", "").score


# ── learned weights ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("learned", "text", "expected"),
    [
        pytest.param("{fruit: {pear: {weight: 4, reason: x}}}", "A pear", "fruit", id="a-new-word"),
        pytest.param("{fruit: {apple: {weight: 0, reason: x}}}", "An apple", None, id="nothing"),
        pytest.param("{fruit: {apples: {weight: 0, reason: x}}}", "An apple", None, id="in-another-form"),
        pytest.param(
            "{metal: {apple: {weight: 5, reason: x}}}", "An apple", "metal", id="beside-the-other-areas-word"
        ),
        pytest.param("{fruit: {basket: {weight: 4, reason: x}}}", "A basket", "fruit", id="a-generic-word"),
    ],
)
def test_a_learned_weight_replaces_what_the_area_says(learned: str, text: str, expected: str | None) -> None:
    intake = json.dumps(yaml.safe_load(default_text())["intake"] | {"extension_team": "fruit"})
    policy = load_files(POLICY.replace("INTAKE", intake), f"routing: {{learned: {learned}}}")
    assert expected == Router(policy).route(text, "").team


# ── the command ─────────────────────────────────────────────────────────────────────────────


def run(tmp_path: Path, given: Sequence[Case], *arguments: str, overridden: bool = False) -> Result:
    file, base = tmp_path / "history.jsonl", tmp_path / "policy.yml"
    rows = [{"id": c.id, "title": c.title, "body": c.body, "team": c.owner} for c in given]
    if overridden:
        rows = [row | {"overridden": True} for row in rows]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    intake = json.dumps(yaml.safe_load(default_text())["intake"] | {"extension_team": "fruit"})
    base.write_text(POLICY.replace("INTAKE", intake))
    return CliRunner().invoke(command, ["suggest", str(file), "--policy", str(base), *arguments])


def test_the_proposal_is_an_override_that_can_be_used(tmp_path: Path) -> None:
    given = [*BOTH, *cases(("A pear fell down", "fruit", 20), ("A nail broke", "metal", 20))]
    result = run(tmp_path, given, overridden=True)
    assert 0 == result.exit_code
    override = yaml.safe_load(result.stdout)
    assert 4.0 == override["routing"]["learned"]["fruit"]["pear"]["weight"]
    policy = load_files((tmp_path / "policy.yml").read_text(), result.stdout)
    assert "fruit" == Router(policy).route("A pear", "").team
    assert "Proposed" in result.stderr
    assert "labels that people changed" in result.stderr


def test_nothing_to_propose_is_exit_code_1(tmp_path: Path) -> None:
    result = run(tmp_path, cases(("Something", "fruit", 4), ("Something else", "metal", 4)))
    assert (1, "") == (result.exit_code, result.stdout)
    assert "Nothing to propose" in result.stderr


def test_too_few_issues_are_refused(tmp_path: Path) -> None:
    assert 2 == run(tmp_path, cases(("Something", "fruit", 3))).exit_code


def test_the_shipped_policy_proposes_nothing_about_a_few_issues_it_routes_right() -> None:
    given = [Case(n, "zoekt-indexserver is out of memory", "", "search-core") for n in range(6)]
    assert () == last(load_default(), given, folds=2).proposals
