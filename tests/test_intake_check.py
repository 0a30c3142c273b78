"""`rfh-bot check`: what an issue lacks, for people and as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from intake_bodies import form, markdown

from bot.cli.check import check


def _run(text: str | bytes, *options: str) -> Result:
    return CliRunner().invoke(check, [*options], input=text)


def _jsonl(*issues: object) -> list[dict[str, Any]]:
    result = _run("\n".join(map(json.dumps, issues)), "--jsonl")
    assert (0, "") == (result.exit_code, result.stderr)
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_is_answered_in_order() -> None:
    """id, template, fields and the ids of what is required and missing; nothing else."""
    bodies = [form(version="latest"), markdown(), "It is slow."]
    results = _jsonl(*({"id": n, "title": "t", "body": body, "labels": []} for n, body in enumerate(bodies)))
    assert [0, 1, 2] == [each["id"] for each in results]
    assert ["form", "markdown", None] == [each["template"] for each in results]
    assert [["version"], [], []] == [each["missing"] for each in results]
    assert {"id", "template", "fields", "missing"} == set(results[0])
    assert "3.43.2" == results[1]["fields"]["version"]


@pytest.mark.parametrize(
    ("issue", "id_", "missing"),
    [
        ({"number": 7, "text": "x", "labels": [{"name": "rfh"}]}, 7, 7),
        ({"id": "a", "number": 7, "body": None, "labels": ["RFH"]}, "a", 7),
        ({"body": "x", "labels": None}, None, 0),
    ],
    ids=["number, text and label objects", "an empty body is null", "neither id nor labels"],
)
def test_a_line_may_be_what_github_sends(issue: dict[str, Any], id_: object, missing: int) -> None:
    (result,) = _jsonl(issue)
    assert (id_, missing) == (result["id"], len(result["missing"]))


@pytest.mark.parametrize(
    ("body", "title", "labels"),
    [
        (markdown(), "Extension of Firefox", ["team/extensibility"]),
        (markdown(team="team/extensibility"), "", []),
        (markdown(), "The browser extension does not load in Chrome and Firefox", []),
    ],
    ids=["label", "template", "router"],
)
def test_the_extension_is_asked_for_when_the_issue_is_the_extension_owners(
    body: str, title: str, labels: list[str]
) -> None:
    """As in a run of the bot: by a label, by the template's choice, or by where the text would be routed."""
    (result,) = _jsonl({"id": 1, "title": title, "body": body, "labels": labels})
    assert ["extension-name", "extension-version"] == result["missing"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"secret words", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"id": 1}', "has no body"),
        (b'{"body": 1}', "title and body must be strings"),
        (b'{"body": "x", "labels": "rfh"}', "labels must be a list"),
        (b'{"body": "x", "labels": [1]}', "each label must be a name or an object with a name"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_answered(line: bytes, problem: str) -> None:
    """By its number, without its words; exit code 1 at the end."""
    result = _run(b'{"id": 1, "body": "x"}\n\n' + line + b'\n{"id": 2, "body": "x"}\n', "--jsonl")
    assert 1 == result.exit_code
    assert f"rfh-bot: line 3: {problem}\n" == result.stderr
    assert [1, 2] == [json.loads(answer)["id"] for answer in result.stdout.splitlines()]


def test_odd_text_survives_the_way_through() -> None:
    result = _run('{"id": "\\ud800", "body": "\\ud800 \\u0000 \\u202e"}\n', "--jsonl")
    assert (0, "\ud800") == (result.exit_code, json.loads(result.stdout)["id"])


def test_people_see_what_is_missing_and_exit_code_1(tmp_path: Path) -> None:
    body = tmp_path / "issue.md"
    body.write_text(markdown(version="latest", customer="Northmere"), "utf-8")
    result = CliRunner().invoke(check, [str(body)])
    assert 1 == result.exit_code
    assert "placeholder, “latest”" in result.stdout
    assert "markdown template: 1 missing, 10 would help" in result.stdout


@pytest.mark.parametrize(
    ("body", "options", "code", "said"),
    [
        (markdown(), (), 0, "0 missing"),
        ("It is slow.", (), 0, "Not from the template: nothing to check."),
        ("It is slow.", ("--label", "rfh"), 1, "not from the template: 7 missing"),
        (markdown(priority="p1 or p2"), (), 1, "several priorities, known: cs/p1, cs/p2"),
    ],
)
def test_the_exit_code_says_whether_it_is_complete(
    body: str, options: tuple[str, ...], code: int, said: str
) -> None:
    result = _run(body, *options)
    assert code == result.exit_code
    assert said in " ".join(result.stdout.split())


def test_another_policy_may_be_given(tmp_path: Path) -> None:
    override = tmp_path / "rfh-bot.yml"
    override.write_text("intake:\n  fields:\n    version: {need: optional}\n", "utf-8")
    result = _run(markdown(version=""), "--policy", str(override))
    assert 0 == result.exit_code
