"""`rfh-bot policy`: what people and workflows see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.policy import annotation, policy
from bot.policy import load
from bot.policy.problems import Position, Problem


def run(*arguments: str) -> Result:
    return CliRunner().invoke(policy, arguments, catch_exceptions=False)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """An override with two mistakes."""
    file = tmp_path / "rfh-bot.yml"
    file.write_text("shadow: yes\nwriter: apps\n")
    return file


def test_check_without_a_file_checks_the_shipped_default() -> None:
    result = run("check")
    assert (0, "") == (result.exit_code, result.stderr)
    assert result.stdout.startswith("ok sourcegraph.yml: 11 teams, ")
    assert 1 == len(result.stdout.splitlines())


def test_check_takes_a_file_as_an_override_of_the_default(tmp_path: Path) -> None:
    file = tmp_path / "rfh-bot.yml"
    file.write_text("teams: {docs: {name: Docs}}\n")
    result = run("check", str(file))
    assert (0, True) == (result.exit_code, result.stdout.startswith(f"ok {file}: 12 teams, "))


def test_check_takes_a_file_with_a_version_alone(tmp_path: Path) -> None:
    file = tmp_path / "policy.yml"
    file.write_text(load.default_text())
    assert run("check", str(file)).stdout.startswith(f"ok {file}: 11 teams, ")
    file.write_text("version: 1\n")
    assert f"{file}:1:1: kinds: required key is missing" in run("check", str(file)).stderr


def test_check_lays_a_file_over_the_base_it_is_given(tmp_path: Path) -> None:
    base, file = tmp_path / "base.yml", tmp_path / "rfh-bot.yml"
    base.write_text(load.default_text().replace("writer: app\n", "writer: robot\n"))
    file.write_text("writer: action\n")
    assert f"ok {file}: " == run("check", str(file), "--base", str(base)).stdout[: len(f"ok {file}: ")]
    file.write_text("shadow: true\n")
    assert f'{base}:12:9: writer: not an allowed value; got "robot"; allowed: app, action\n' == (
        run("check", str(file), "--base", str(base)).stderr
    )


def test_check_prints_one_problem_per_line_on_stderr_and_exits_1(broken: Path) -> None:
    result = run("check", str(broken))
    assert (1, "") == (result.exit_code, result.stdout)
    assert [
        f'{broken}:1:9: shadow: must be true or false; got "yes"',
        f'{broken}:2:9: writer: not an allowed value; got "apps"; did you mean "app"?; allowed: app, action',
    ] == result.stderr.splitlines()


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
def test_check_as_json_is_one_object_on_stdout(broken: Path, option: list[str]) -> None:
    result = run("check", str(broken), *option)
    found = json.loads(result.stdout)
    assert (1, "", False) == (result.exit_code, result.stderr, found["ok"])
    assert {
        "file": str(broken),
        "line": 1,
        "column": 9,
        "path": ["shadow"],
        "message": 'shadow: must be true or false; got "yes"',
    } == found["problems"][0]
    assert {"ok": True, "problems": []} == json.loads(run("check", "--json").stdout)


def test_check_for_github_annotates_file_line_and_column(broken: Path) -> None:
    result = run("check", str(broken), "--format", "github")
    assert 1 == result.exit_code
    assert (
        f'::error file={broken},line=1,col=9::shadow: must be true or false; got "yes"'
        == result.stdout.splitlines()[0]
    )


def test_an_annotation_cannot_be_broken_out_of() -> None:
    """A file name or value with a line end or a colon stays one workflow command."""
    problem = Problem(Position("a:b,c%\n.yml", 3, 4), (), "100%\r\n::stop-commands::x")
    assert "::error file=a%3Ab%2Cc%25%0A.yml,line=3,col=4::100%25\\r\\n::stop-commands::x" == annotation(
        problem
    )


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = run("check", str(tmp_path / "none.yml"))
    assert (2, True) == (result.exit_code, "does not exist" in result.stderr)


def test_schema_prints_json_schema_for_editors() -> None:
    assert load.json_schema() == json.loads(run("schema").stdout)
    assert "required" not in json.loads(run("schema", "--override").stdout)


def test_importing_the_command_loads_no_policy_code() -> None:
    """`rfh-bot --help` stays quick."""
    code = "import sys, bot.cli.policy; print({'pydantic', 'yaml', 'bot.policy.load'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "set()" == done.stdout.strip()
