"""Floor 4: `rfh-bot backtest`: how well the router does on issues whose owner is known."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from bot.cli.route import POLICY_OPTION, policy_of

if TYPE_CHECKING:
    from rich.console import Console

    from bot.cli.jsonl import Line
    from bot.model import Route
    from bot.policy.schema import Policy
    from bot.rules.routing_report import Case, Report

_WORST = 10


@click.command("backtest")
@click.argument("file", required=False, type=click.File("rb"))
@POLICY_OPTION
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A second policy: list the issues that it routes differently.",
)
@click.option("--repo", metavar="OWNER/REPO", help="Instead of FILE: the history of a repository.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="With --repo: updated at or after that day.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --repo: write the issues as JSON lines, texts included, for `policy suggest`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def backtest(
    file: IO[bytes] | None,
    policy_file: Path | None,
    against: Path | None,
    repo: str | None,
    since: datetime | None,
    save: Path | None,
    as_json: bool,
) -> None:
    """Route labelled issues by their text alone and compare with their owners.

    FILE has one JSON object a line: id, title, body, and the owner as `team` (a team's id, name or label;
    null or "none" for nobody), or else as a team label among `labels`. Issues without an owner in either
    place are left out and counted. With --repo the owner is a person's last word (a team label, or /route);
    labels that people changed are counted and listed by number. Exit code 0; 1 when a line could not be read.

    \b
    Examples:
      rfh-bot backtest issues.jsonl
      rfh-bot backtest issues.jsonl --against .github/rfh-bot.yml
      rfh-bot backtest issues.jsonl --json | jq .precision
      GITHUB_TOKEN=… rfh-bot backtest --repo sourcegraph/customer --since 2026-01-01
    """
    from rich.console import Console

    from bot.cli.jsonl import Lines

    if (file is None) == (repo is None):
        raise click.UsageError("give either FILE or --repo")
    if repo is None and (since or save):
        raise click.UsageError("--since and --save go with --repo")
    said: dict[str, Any] = {}
    failed = 0
    if file is not None:
        policy = policy_of(policy_file)
        lines = Lines(file)
        cases, skipped = cases_of(policy, lines)
        failed = lines.failed
    else:
        from bot.cli.history import history

        policy, past = history(str(repo), policy_file, since)
        cases, skipped, said = past.cases, past.skipped, past.overrides
        if save is not None:
            past.save(save)
    answers = _answer(policy, cases)
    report = _report(policy, answers)
    changed = _changed(answers, _answer(policy_of(against), cases)) if against else []
    if as_json:
        found = {"skipped": skipped, **said, **dataclasses.asdict(report)}
        click.echo(json.dumps(found | {"changed": changed} if against else found))
    else:
        console = Console(highlight=False)
        _print(console, report, skipped)
        if said:
            _print_overrides(console, said)
        if against:
            _print_changed(console, changed)
    if failed:
        raise SystemExit(1)


def cases_of(policy: Policy, lines: Iterable[Line]) -> tuple[list[Case], int]:
    """The issues whose owner is known, and how many were left out."""
    from bot.rules.routing_report import NOBODY, Case, labelled_team, owners

    known = owners(policy)
    cases: list[Case] = []
    skipped = 0
    for line in lines:
        if "team" in line.raw:
            name = line.raw["team"]
            owner = NOBODY if name is None else known.get(str(name).casefold())
        else:
            owner = labelled_team(policy, line.labels)
        if owner is None:
            skipped += 1
        else:
            cases.append(Case(line.id, line.title, line.body, owner))
    return cases, skipped


def _answer(policy: Policy, cases: Sequence[Case]) -> list[tuple[Case, Route]]:
    """Route every issue; on a terminal with a progress bar."""
    from rich.console import Console
    from rich.progress import track

    from bot.rules.routing import Router

    router = Router(policy)
    console = Console(stderr=True)
    shown = track(cases, "Routing", console=console, transient=True, disable=not console.is_terminal)
    return [(case, router.route(case.title, case.body)) for case in shown]


def _report(policy: Policy, answers: Sequence[tuple[Case, Route]]) -> Report:
    from bot.rules.routing_report import measure

    return measure(policy, answers)


def _changed(
    before: Sequence[tuple[Case, Route]], after: Sequence[tuple[Case, Route]]
) -> list[dict[str, object]]:
    """The issues that the two policies do not route alike."""
    return [
        {
            "id": case.id,
            "owner": case.owner,
            "before": {"team": old.team, "decision": old.decision, "score": old.score},
            "after": {"team": new.team, "decision": new.decision, "score": new.score},
        }
        for (case, old), (_, new) in zip(before, after, strict=True)
        if (old.team, old.decision) != (new.team, new.decision)
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _print(console: Console, report: Report, skipped: int) -> None:
    """Figures, confusion table and worst cases."""
    from rich.table import Table

    left_out = f", {skipped} left out (owner unknown)" if skipped else ""
    console.print(f"{report.issues} issues, {report.owned} with an owner{left_out}\n")
    figures = Table(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("accuracy, each team", report.accuracy),
        ("accuracy, teams of a family as one", report.accuracy_merged),
        ("macro-F1, teams of a family as one", report.macro_f1),
        ("coverage: owned issues that get a label", report.coverage),
        ("precision of these labels, each team", report.precision),
        ("precision, teams of a family as one", report.precision_merged),
        ("abstention on issues of nobody", report.abstention),
    ):
        figures.add_row(name, _percent(value))
    console.print(figures)
    table = Table("Owner", "Issues", "Right", "Taken for", box=None, pad_edge=False, title="\nConfusion")
    for owner, row in sorted(report.confusion.items()):
        others = sorted((item for item in row.items() if item[0] != owner), key=lambda item: -item[1])
        taken_for = ", ".join(f"{team} {count}" for team, count in others)
        table.add_row(owner, str(sum(row.values())), str(row.get(owner, 0)), taken_for)
    console.print(table)
    if report.worst:
        worst = Table("Issue", "Owner", "Router says", "Decision", "Score", box=None, title="\nWorst cases")
        for case in report.worst[:_WORST]:
            worst.add_row(str(case.id), case.owner, case.team, case.decision, f"{case.score:.2f}")
        console.print(worst)


def _print_overrides(console: Console, said: dict[str, Any]) -> None:
    """What people made of the labels that the bot set."""
    from rich.table import Table

    counts = f"{said['routed_by_bot']} issues got their team from the bot"
    console.print(
        f"\n{counts}; people changed {len(said['overrides'])}, left {said['unconfirmed']} without a word"
    )
    if said["overrides"]:
        table = Table("Issue", "The bot", "A person", box=None, pad_edge=False, title="\nOverrides")
        for one in said["overrides"]:
            table.add_row(f"#{one['number']}", one["bot"], one["person"] or "took it off")
        console.print(table)


def _print_changed(console: Console, changed: Sequence[dict[str, object]]) -> None:
    """What the second policy does differently."""
    from rich.table import Table

    if not changed:
        console.print("\nThe other policy routes every issue alike.")
        return
    table = Table("Issue", "Owner", "Now", "With the other policy", box=None, title="\nRouted differently")
    for row in changed:
        sides = [f"{side['team']} ({side['decision']})" for side in (row["before"], row["after"])]  # type: ignore[index]
        table.add_row(str(row["id"]), str(row["owner"]), *sides)
    console.print(table)
