"""`rfh-bot route` and `rfh-bot backtest`: JSON lines in and out, tables for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.backtest import backtest
from bot.cli.route import route
from bot.model import Candidate, Route
from bot.policy.load import load_default
from bot.rules.routing_report import Case, labelled_team, measure, owners

ISSUE = {"id": 7, "title": "zoekt-indexserver is out of memory", "body": "Since the weekend."}


def run(*lines: object, args: tuple[str, ...] = ("--jsonl",)) -> Result:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return CliRunner().invoke(route, args, input=text)


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_is_answered_by_a_line() -> None:
    """id, team, decision, score and candidates with their words."""
    result = run(ISSUE)
    (answer,) = answers(result)
    assert 0 == result.exit_code
    assert (7, "search-core", "apply") == (answer["id"], answer["team"], answer["decision"])
    assert 0 < answer["score"] < 1
    assert {"team": "search-core", "score": answer["score"]}.items() <= answer["candidates"][0].items()
    assert "zoekt-indexserver" in answer["candidates"][0]["matched"]


def test_text_and_number_are_accepted() -> None:
    """The names of other exports: `number` for `id`, `text` for `body`, null for an empty body."""
    (one, two) = answers(
        run({"number": 3, "title": "", "text": "zoekt"}, {"id": "x", "title": "Hi", "body": None})
    )
    assert (3, "search-core") == (one["id"], one["team"])
    assert ("x", None, "none", []) == (two["id"], two["team"], two["decision"], two["candidates"])


@pytest.mark.parametrize("label", ["team/batch-changes", "Team/Batchers", {"name": "team/batch-changes"}])
def test_a_team_label_decides(label: object) -> None:
    """A label or an old label of a team wins over the text."""
    (answer,) = answers(run({**ISSUE, "labels": ["bug", label]}))
    assert ("batch-changes", "apply", 1.0) == (answer["team"], answer["decision"], answer["score"])
    assert (["label"], "batch-changes") == (answer["reasons"], answer["candidates"][0]["team"])


def test_ignore_labels_routes_by_the_text_alone() -> None:
    """With --ignore-labels the answer is the one without labels."""
    labelled = run({**ISSUE, "labels": ["team/batch-changes"]}, args=("--jsonl", "--ignore-labels"))
    assert answers(run(ISSUE)) == answers(labelled)


def test_unreadable_lines_are_named_not_shown() -> None:
    """The other lines are answered; exit code 1; nothing of the line is repeated."""
    bad = ["{secret", '["secret"]', '{"title": 5}', '{"labels": "secret"}', '{"labels": [1]}']
    result = run(*bad, ISSUE)
    assert (1, 1) == (result.exit_code, len(answers(result)))
    assert 5 == len(result.stderr.splitlines())
    assert "secret" not in result.stderr


def test_a_person_sees_the_verdict_and_why() -> None:
    """Without --jsonl: one sentence, a table of candidates with their words."""
    result = run("The zoekt pods restart.", args=("--title", "Search is slow"))
    assert 0 == result.exit_code
    assert "Search Core" in result.stdout
    assert "zoekt (body)" in " ".join(result.stdout.split())


# ── backtest ────────────────────────────────────────────────────────────────────────────────

LABELLED = [
    {"id": 1, "title": "zoekt-indexserver is out of memory", "body": "", "team": "search-core"},
    {"id": 2, "title": "Helm chart on Kubernetes", "body": "", "labels": ["team/delivery"]},
    {"id": 3, "title": "Changesets of a batch change", "body": "", "team": "Code Insights"},
    {"id": 4, "title": "Cody chat", "body": "", "team": None},
    {"id": 5, "title": "Search contexts", "body": "", "team": "search"},
    {"id": 6, "title": "Who knows", "body": "", "labels": ["bug"]},
]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    file = tmp_path / "issues.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in LABELLED), "utf-8")
    return file


def test_backtest_measures(labelled: Path) -> None:
    """Shares, confusion and worst cases; issues of unknown owner are left out and counted."""
    result = CliRunner().invoke(backtest, [str(labelled), "--json"])
    found = json.loads(result.stdout)
    assert 0 == result.exit_code
    assert (5, 4, 1) == (found["issues"], found["owned"], found["skipped"])
    assert (0.5, 0.75) == (found["accuracy"], found["accuracy_merged"])
    assert (1.0, 1.0) == (found["coverage"], found["abstention"])
    assert {"batch-changes": 1} == found["confusion"]["code-insights"]
    assert [3] == [case["id"] for case in found["worst"]]
    assert "changed" not in found


def test_backtest_against_another_policy(labelled: Path, tmp_path: Path) -> None:
    """Only the issues that would route differently are listed."""
    other = tmp_path / "other.yml"
    other.write_text(
        "routing: {areas: {own: {team: delivery}, batch-changes: {team: code-insights}}}", "utf-8"
    )
    result = CliRunner().invoke(backtest, [str(labelled), "--against", str(other), "--json"])
    changed = json.loads(result.stdout)["changed"]
    assert [(3, "batch-changes", "code-insights")] == [
        (row["id"], row["before"]["team"], row["after"]["team"]) for row in changed
    ]


def test_backtest_for_people(labelled: Path) -> None:
    """Figures, confusion and worst cases as text, no progress bar where there is no terminal."""
    result = CliRunner().invoke(backtest, [str(labelled), "--against", str(_empty(labelled))])
    assert 0 == result.exit_code
    assert "5 issues, 4 with an owner, 1 left out" in result.stdout
    assert "batch-changes 1" in result.stdout
    assert "routes every issue alike" in result.stdout
    assert "" == result.stderr


def _empty(near: Path) -> Path:
    file = near.with_name("same.yml")
    file.write_text("routing: {keyword_weight: 1}\n", "utf-8")
    return file


# ── the figures themselves ──────────────────────────────────────────────────────────────────


def test_figures_by_hand() -> None:
    """Accuracy, macro-F1, coverage, precision and abstention of a small table worked out by hand."""

    def said(team: str | None, decision: Any = "apply") -> Route:
        candidates = (Candidate(team, "x", 0.5),) if team else ()
        return Route(decision, team, "x", 0.5, 0.5, candidates)

    def case(number: int, owner: str) -> Case:
        return Case(number, "", "", owner)

    report = measure(
        load_default(),
        [
            (case(1, "delivery"), said("delivery")),
            (case(2, "delivery"), said("cloud-saas", "suggest")),
            (case(3, "search-core"), said("search-product")),
            (case(4, "cloud-saas"), said(None, "none")),
            (case(5, "none"), said("delivery")),
            (case(6, "none"), said("delivery", "suggest")),
        ],
    )
    assert (0.25, 0.5) == (report.accuracy, report.accuracy_merged)
    assert (0.5, 0.5) == (report.coverage, report.abstention)
    assert (0.3333, 0.6667) == (report.precision, report.precision_merged)
    assert round((2 / 3 + 1 + 0) / 3, 4) == report.macro_f1  # delivery 2/3, search 1, cloud-saas 0
    assert [5, 2, 4] == [wrong.id for wrong in report.worst]


def test_no_issues_have_no_shares() -> None:
    """Nothing to divide by gives no figure, not zero."""
    report = measure(load_default(), [])
    assert (None, None, None) == (report.accuracy, report.precision, report.macro_f1)


@pytest.mark.parametrize(
    ("name", "owner"),
    [("team/delivery", "delivery"), ("Search Core", "search-core"), ("search", "search"), ("nobody", "none")],
)
def test_owners_are_found_by_every_name(name: str, owner: str) -> None:
    """Ids, names, labels, families and nobody."""
    assert owner == owners(load_default())[name.casefold()]


def test_the_last_team_label_counts() -> None:
    """Several team labels: the newest, which stands last."""
    assert "ce" != labelled_team(load_default(), ["team/delivery", "x", "team/code-insights"])
    assert "code-insights" == labelled_team(load_default(), ["team/delivery", "x", "team/code-insights"])
    assert labelled_team(load_default(), ["bug"]) is None
