"""Floor 4: what a run of the Action tells: annotations, outputs, the job summary; never text of an issue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli import workflow

if TYPE_CHECKING:
    from bot.cli.action_watch import Watched
    from bot.model import Action
    from bot.sweep import Run, Summary

MOST_RUNS = 100  # told in outputs and summary; GitHub cuts both at 1 MB


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to: `notice` says why nothing was done, `broken` what is wrong with the policy;
    `figures` is the whole summary of a run in mode report."""

    summary: Summary | None = None
    notice: str = ""
    figures: str = ""
    broken: tuple[str, ...] = ()
    own: str = ""  # the event's issue
    customer_prefix: str = ""
    watched: Watched | None = None  # None: the public watch is off


def tell(report: Report, env: Mapping[str, str]) -> int:
    """Annotations to stdout, outputs and summary to the runner's files; the exit code.

    0: done, or nothing to do, or what failed may pass by itself. 1: somebody must act.
    """
    for level, message in _annotations(report):
        click.echo(workflow.annotation(level, message))
    for problem in report.broken:
        click.echo(_policy_annotation(problem))
    if env.get("GITHUB_OUTPUT"):
        for name, value in outputs(report).items():
            workflow.set_output(Path(env["GITHUB_OUTPUT"]), name, value)
    if env.get("GITHUB_STEP_SUMMARY"):
        server = env.get("GITHUB_SERVER_URL", "https://github.com")
        workflow.add_summary(Path(env["GITHUB_STEP_SUMMARY"]), "\n".join(summary_lines(report, server)))
    problems = report.summary.all_problems if report.summary is not None else ()
    return 1 if report.broken or any(not problem.passing for problem in problems) else 0


def _annotations(report: Report) -> list[tuple[workflow.Level, str]]:
    """What people must see, at most one line each."""
    lines: list[tuple[workflow.Level, str]] = []
    if report.notice:
        lines.append(("notice", report.notice))
    if report.summary is None:
        return lines
    lines += [("warning" if each.passing else "error", each.text) for each in report.summary.problems]
    for run in report.summary.runs:
        if run.problem is not None:
            lines.append(("warning" if run.problem.passing else "error", f"{run.key}: {run.problem.text}"))
        elif run.result is not None:
            lines += [("warning", f"{run.key}: {_masked(each, report)}") for each in run.result.plan.problems]
    if report.summary.not_reached:
        count = report.summary.not_reached
        lines.append(("warning", f"{count} issues were not reached; the next run goes on"))
    return lines


def _policy_annotation(problem: str) -> str:
    """A policy problem, ``file:line:column: message``, at its place."""
    file, line, column, message = (*problem.split(":", 3), "", "", "")[:4]
    if line.isdecimal() and column.isdecimal():
        return workflow.annotation("error", message.strip(), file=file, line=int(line), col=int(column))
    return workflow.annotation("error", problem)


def outputs(report: Report) -> dict[str, str]:
    """`team` and `missing` are the event's issue's; `plan` lists every run. Ids and kinds, no text."""
    runs = report.summary.runs if report.summary is not None else ()
    own = next((run for run in runs if str(run.key) == report.own), None)
    facts = _facts(own) if own is not None else {}
    plan = [
        {
            "issue": str(run.key),
            "result": run.word,
            "team": _facts(run).get("team"),
            "missing": _facts(run).get("missing", []),
            "actions": _actions(run, report),
        }
        for run in runs[:MOST_RUNS]
    ]
    return {
        "team": str(facts.get("team") or ""),
        "missing": json.dumps(facts.get("missing", [])),
        "plan": json.dumps(plan),
    }


def summary_lines(report: Report, server: str) -> list[str]:
    """The job summary, as markdown."""
    if report.figures:
        return report.figures.splitlines()
    lines = ["### rfh-bot", ""]
    if report.notice:
        lines.append(report.notice)
    if report.broken:
        lines += ["The policy in `.github/rfh-bot.yml` is broken, so nothing was done:", ""]
        lines += [f"- {workflow.cell(problem)}" for problem in report.broken]
    summary = report.summary
    if summary is None:
        return lines
    lines.append(
        f"Looked at {summary.looked_at} issues, wrote to {summary.written}, "
        f"{summary.not_reached} not reached, {len(summary.all_problems)} problems."
    )
    if report.watched is not None:
        watched = report.watched
        lines.append(f"In public: looked at {watched.looked_at} issues, {watched.not_reached} not reached.")
    if summary.runs:
        lines += ["", "| Issue | Result | Done | Team | Missing |", "|:---|:---|:---|:---|:---|"]
        lines += [_row(run, report, server) for run in summary.runs[:MOST_RUNS]]
    return lines


def _row(run: Run, report: Report, server: str) -> str:
    facts = _facts(run)
    link = f"[#{run.key.number}]({server}/{run.key.full_name}/issues/{run.key.number})"
    word = run.word if run.problem is None else f"{run.word}: {run.problem.text}"
    done, missing = "; ".join(_actions(run, report)), ", ".join(facts.get("missing", []))
    cells = [workflow.cell(text) for text in (word, done, str(facts.get("team") or ""), missing)]
    return f"| {link} | {' | '.join(cells)} |"


def _facts(run: Run) -> Mapping[str, Any]:
    desired = run.result.desired if run.result is not None else None
    return desired.facts if desired is not None else {}


def _actions(run: Run, report: Report) -> list[str]:
    actions: tuple[Action, ...] = run.result.plan.actions if run.result is not None else ()
    return [_shown(action, report) for action in actions]


def _shown(action: Action, report: Report) -> str:
    """One action; of a customer's label only that it is one."""
    from bot.model import AddLabels, CreateLabel, RemoveLabels
    from bot.plan import describe

    match action:
        case AddLabels(labels) | RemoveLabels(labels):
            names = ", ".join(_masked(label.name, report) for label in labels)
            return f"{type(action).__name__} {names}"
        case CreateLabel(name):
            return f"CreateLabel {_masked(name, report)}"
        case _:
            return describe(action)


def _masked(text: str, report: Report) -> str:
    """Text up to a customer's name."""
    before, prefix, _ = text.partition(report.customer_prefix) if report.customer_prefix else (text, "", "")
    return f"{before}{prefix}…" if prefix else before
