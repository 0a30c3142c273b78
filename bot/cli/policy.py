"""Floor 4: `rfh-bot policy`: check a policy file before it is merged, and describe its shape to editors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import workflow
from bot.cli.alerts import import_alerts
from bot.cli.handbook import import_handbook
from bot.cli.suggest import suggest

if TYPE_CHECKING:
    from bot.policy.problems import Problem

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("policy")
def policy() -> None:
    """Check, import and tune a policy."""


policy.add_command(import_alerts)
policy.add_command(import_handbook)
policy.add_command(suggest)


@policy.command("check")
@click.argument("file", required=False, type=_FILE)
@click.option("--base", type=_FILE, help="Lay FILE over this policy instead of the shipped default.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github: annotations for the pull request, as workflow commands.",
)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
def check(file: Path | None, base: Path | None, form: str, as_json: bool) -> None:
    """Check FILE, or the shipped default.

    A FILE that states `version` is a complete policy; any other is an override of the shipped default (or of
    --base). Every problem is one line, FILE:LINE:COLUMN: KEY: what is wrong. Exit code 0: fine, 1: problems.

    \b
    Examples:
      rfh-bot policy check
      rfh-bot policy check .github/rfh-bot.yml
      rfh-bot policy check .github/rfh-bot.yml --format github
    """
    from bot.policy import load

    base_source, base_name = (
        (load.read(base), str(base)) if base else (load.default_text(), load.DEFAULT_NAME)
    )
    override = load.read(file) if file else None
    found, problems = load.check(base_source, override, base_name=base_name, override_name=str(file))
    summary = ""
    if found is not None:
        areas = len(found.routing.areas)
        summary = (
            f"{file or base_name}: {len(found.teams)} teams, {areas} areas, {len(found.intake.fields)} fields"
        )
    _report(problems, summary, "json" if as_json else form)
    if problems:
        raise SystemExit(1)


@policy.command("schema", short_help="Print JSON Schema, for editors.")
@click.option("--override", is_flag=True, help="For .github/rfh-bot.yml: nothing is required, null deletes.")
def schema(override: bool) -> None:
    """Print JSON Schema, so that editors complete and check the YAML.

    \b
    Examples:
      rfh-bot policy schema > rfh-policy.schema.json
      rfh-bot policy schema --override > rfh-bot.schema.json
    """
    from bot.policy.load import json_schema

    click.echo(json.dumps(json_schema(override=override), indent=2, ensure_ascii=False))


def _report(problems: list[Problem], summary: str, form: str) -> None:
    """Text goes where people look (problems to stderr), the rest where programs read (stdout)."""
    from bot.policy.problems import lines

    if form == "json":
        click.echo(json.dumps({"ok": not problems, "problems": [_as_json(each) for each in problems]}))
    elif form == "github":
        for problem in problems:
            click.echo(annotation(problem))
    else:
        for line in lines(problems):
            click.echo(line, err=True)
    if not problems and form != "json":
        click.echo(f"ok {summary}")


def _as_json(problem: Problem) -> dict[str, object]:
    at = problem.at
    place = {"file": at.file, "line": at.line, "column": at.column}
    return {**place, "path": list(problem.path), "message": problem.explanation}


def annotation(problem: Problem) -> str:
    """A problem as a workflow command."""
    at = problem.at
    return workflow.annotation("error", problem.explanation, file=at.file, line=at.line, col=at.column)
