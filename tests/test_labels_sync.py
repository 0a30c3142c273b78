"""`rfh-bot labels sync`: creates what the policy names and the repository lacks, and touches nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Cli, Live, command_line, live_github

from bot.policy.labels import LONGEST, label_specs
from bot.policy.load import load_default

REPO = "sourcegraph/customer"


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    with command_line(monkeypatch, capsys, tmp_path) as run:
        yield run


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """One label is missing, one is written in another case, one was changed by people."""
    with live_github(monkeypatch) as live:
        github, repo = live.sandbox.world, live.demo.customer
        github.delete_label(repo, "team/delivery", "max")
        github.edit_label(repo, "cs/p1", "max", name="CS/P1")
        github.edit_label(repo, "rfh", "max", color="000000", description="ours")
        yield live


def labels(live: Live) -> dict[str, tuple[str, str]]:
    found = live.sandbox.world.state.labels_of(live.demo.customer)
    return {label.name: (label.color, label.description or "") for label in found}


def test_it_creates_what_is_missing_and_nothing_else(cli: Cli, world: Live) -> None:
    before = labels(world)
    ran = cli("labels", "sync", REPO)
    assert 0 == ran.code
    after = labels(world)
    assert before == {name: after[name] for name in before}
    assert {"team/delivery"} == set(after) - set(before)
    assert "Delivery" == after["team/delivery"][1]
    assert "created team/delivery" in ran.out
    assert "in another case: CS/P1 (the policy says cs/p1)" in ran.out


def test_a_second_run_creates_nothing(cli: Cli, world: Live) -> None:
    cli("labels", "sync", REPO)
    world.sandbox.calls.clear()
    assert "created 0, 14 were there" in cli("labels", "sync", REPO).out
    assert [] == world.sandbox.calls.writes


def test_a_dry_run_says_what_it_would_create(cli: Cli, world: Live) -> None:
    before = labels(world)
    ran = cli("labels", "sync", "--dry-run")  # what `serve` watches
    assert (0, before) == (ran.code, labels(world))
    assert "would create team/delivery" in ran.out
    assert f"{REPO}: would create 1, 13 were there" in ran.out


@pytest.mark.parametrize(("options", "key"), [((), "created"), (("--dry-run",), "would_create")])
def test_json_is_json(cli: Cli, world: Live, options: tuple[str, ...], key: str) -> None:
    found = json.loads(cli("labels", "sync", REPO, "--json", *options).out)
    assert (REPO, {"cs/p1": "CS/P1"}, 13) == (found["repository"], found["other_case"], found["present"])
    assert ["team/delivery"] == [label["name"] for label in found[key]]


def test_it_makes_no_database(cli: Cli, world: Live, tmp_path: Path) -> None:
    cli("labels", "sync", REPO)
    assert [] == list(tmp_path.iterdir())


def test_the_repository_s_policy_says_which_labels(cli: Cli, world: Live) -> None:
    text = "kinds: {feature: {label: enhancement}}\nteams: {delivery: {label: team/ship}}"
    world.sandbox.world.put_file(world.demo.customer, ".github/rfh-bot.yml", text, "max")
    cli("labels", "sync", REPO)
    assert {"enhancement", "team/ship"} <= set(labels(world))
    assert "team/delivery" not in labels(world)


def test_a_broken_policy_names_no_labels(cli: Cli, world: Live) -> None:
    """Else the shipped policy's labels would come into a repository that has its own."""
    before = labels(world)
    world.sandbox.world.put_file(world.demo.customer, ".github/rfh-bot.yml", "nonsense: 1", "max")
    ran = cli("labels", "sync", REPO)
    assert (2, True) == (ran.code, "rfh-bot.yml:1:1" in ran.err)
    assert before == labels(world)


@pytest.mark.parametrize(
    ("repository", "code", "said"),
    [("customer", 2, "write owner/repo"), ("else/where", 1, "not installed")],
)
def test_what_goes_wrong_is_said(cli: Cli, world: Live, repository: str, code: int, said: str) -> None:
    ran = cli("labels", "sync", repository)
    assert (code, True) == (ran.code, said in ran.err)


def test_the_labels_are_such_as_github_takes() -> None:
    specs = label_specs(load_default())
    folded = [spec.name.casefold() for spec in specs]
    assert sorted(set(folded)) == sorted(folded)
    for spec in specs:
        assert 0 < len(spec.name) <= 50
        assert 0 < len(spec.description) <= LONGEST
        assert 6 == len(bytes.fromhex(spec.color)) * 2


def test_no_customer_s_label_and_no_alias_is_among_them() -> None:
    """Customers are added by people, and aliases only mean something where they exist."""
    policy = load_default()
    names = {spec.name for spec in label_specs(policy)}
    assert not any(name.startswith(policy.labels.customer_prefix) for name in names)
    assert names.isdisjoint(alias for team in policy.teams.values() for alias in team.label_aliases)
