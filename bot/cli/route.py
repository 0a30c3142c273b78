"""Floor 4: `rfh-bot route`: who owns an issue, by its text. For people one issue, for programs JSON lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.model import Route
    from bot.policy.schema import Policy

POLICY_OPTION = click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A policy, or an override of the shipped one.",
)


@click.command("route")
@click.argument("file", required=False, type=click.File("rb"), default="-")
@click.option("--jsonl", is_flag=True, help="Read one JSON object a line: id, title, body, labels.")
@click.option("--ignore-labels", is_flag=True, help="Route by the text even where a label names the team.")
@POLICY_OPTION
@click.option("--title", default="", help="The issue's title (without --jsonl).")
@click.option("--label", "labels", multiple=True, help="A label of the issue (without --jsonl); repeatable.")
def route(
    file: IO[bytes],
    jsonl: bool,
    ignore_labels: bool,
    policy_file: Path | None,
    title: str,
    labels: tuple[str, ...],
) -> None:
    """Say which team owns an issue, how sure that is, and why.

    Reads an issue's body from FILE or standard input; with --jsonl, issues, and prints for each its id, team
    (null for none), decision (apply, suggest or none), score and candidates. A team's label decides, unless
    --ignore-labels is given. Exit code 0; with --jsonl 1 when a line could not be read.

    \b
    Examples:
      rfh-bot route issue.md --title "Search is slow"
      rfh-bot route --jsonl --ignore-labels < issues.jsonl > routes.jsonl
    """
    from bot.rules.routing import Router

    policy = policy_of(policy_file)
    router = Router(policy)
    if not jsonl:
        body = file.read().decode("utf-8", "replace")
        _show(_route(policy, router, title, body, () if ignore_labels else labels), policy)
        return
    from bot.cli.jsonl import Lines

    lines = Lines(file)
    for line in lines:
        verdict = _route(policy, router, line.title, line.body, () if ignore_labels else line.labels)
        click.echo(json.dumps({"id": line.id, **as_json(verdict)}))
    if lines.failed:
        raise SystemExit(1)


def policy_of(file: Path | None) -> Policy:
    """The policy of a file, or the shipped one."""
    from bot.policy.load import load_default, load_path

    return load_default() if file is None else load_path(file)


def as_json(verdict: Route) -> dict[str, Any]:
    """A verdict for programs; words are the policy's, never the issue's."""
    return {
        "team": verdict.team,
        "decision": verdict.decision,
        "score": verdict.score,
        "margin": verdict.margin,
        "area": verdict.area,
        "candidates": [
            {"team": found.team, "score": found.score, "matched": [match.word for match in found.matched]}
            for found in verdict.candidates
        ],
        "also": list(verdict.also),
        "reasons": list(verdict.reasons),
    }


def _route(policy: Policy, router: Any, title: str, body: str, labels: tuple[str, ...]) -> Route:
    """A label's team for certain, else what the text says."""
    from bot.model import Candidate, Route
    from bot.rules.routing_report import labelled_team

    by_text: Route = router.route(title, body)
    team = labelled_team(policy, labels)
    if team is None:
        return by_text
    area = next((area_id for area_id, area in policy.routing.areas.items() if area.team == team), "")
    rest = tuple(found for found in by_text.candidates if found.team != team)
    return Route("apply", team, area, 1.0, 1.0, (Candidate(team, area, 1.0), *rest), reasons=("label",))


def _show(verdict: Route, policy: Policy) -> None:
    """The verdict and its evidence as a table."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    heads = {
        "apply": "{team}, sure enough to set the label",
        "suggest": "probably {team}; not sure enough to set the label",
        "none": "no team",
    }
    team = policy.teams[verdict.team].name if verdict.team else ""
    console.print(heads[verdict.decision].format(team=team), style="bold")
    for reason in verdict.reasons:
        console.print(f"  {reason}", markup=False)
    table = Table("Team", "Score", "Why", box=None, pad_edge=False)
    for found in verdict.candidates[:5]:
        why = ", ".join(f"{match.word} ({match.where})" for match in found.matched[:6])
        table.add_row(policy.teams[found.team].name, f"{found.score:.2f}", why)
    if verdict.candidates:
        console.print(table)
