"""Floor 4: `rfh-bot check`: what an issue lacks, without GitHub. For people one issue, for programs JSON
lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.model import Intake
    from bot.policy.schema import Policy
    from bot.rules.intake import IntakeRule
    from bot.rules.routing import Router


@click.command("check")
@click.argument("file", required=False, type=click.File("rb"), default="-")
@click.option("--jsonl", is_flag=True, help="Read one JSON object a line: id, title, body, labels.")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A policy, or an override of the shipped one.",
)
@click.option("--title", default="", help="The issue's title (without --jsonl).")
@click.option("--label", "labels", multiple=True, help="A label of the issue (without --jsonl); repeatable.")
def check(
    file: IO[bytes], jsonl: bool, policy_file: Path | None, title: str, labels: tuple[str, ...]
) -> None:
    """Check an issue's body against the template.

    Reads FILE, or standard input. Whether a customer has a label cannot be known here: any name is taken.
    Exit code 0: complete, or not from the template; 1: something required is missing. With --jsonl the exit
    code is 1 only when a line could not be read.

    \b
    Examples:
      rfh-bot check issue.md --title "Search is slow" --label rfh
      pbpaste | rfh-bot check
      rfh-bot check --jsonl < issues.jsonl > results.jsonl
    """
    from bot.policy.load import load_default, load_path

    checker = _Checker.of(load_path(policy_file) if policy_file else load_default())
    if jsonl:
        raise SystemExit(_lines(file, checker))
    body = file.read().decode("utf-8", "replace")
    intake = checker.check(title, body, labels)
    _table(intake, checker.policy)
    if intake.missing:
        raise SystemExit(1)


@dataclass(frozen=True)
class _Checker:
    """The rules, put together as a run of the bot does."""

    policy: Policy
    intake: IntakeRule
    router: Router

    @classmethod
    def of(cls, policy: Policy) -> _Checker:
        from bot.rules.intake import IntakeRule
        from bot.rules.routing import Router

        return cls(policy, IntakeRule(policy), Router(policy))

    def check(self, title: str, body: str, labels: tuple[str, ...]) -> Intake:
        template = self.intake.parse(body)
        team = self._labelled(labels) or template.team
        if team is None:
            route = self.router.route(title, template.routing_text)
            team = route.team if route.decision == "apply" else None
        return self.intake.check(template, title=title, labels=labels, customers=None, kind=None, team=team)

    def _labelled(self, labels: tuple[str, ...]) -> str | None:
        names = {label.casefold() for label in labels}
        for id_, team in self.policy.teams.items():
            if any(name and name.casefold() in names for name in (team.label, *team.label_aliases)):
                return id_
        return None


# ── JSON lines ──────────────────────────────────────────────────────────────────────────────


def _lines(source: IO[bytes], checker: _Checker) -> int:
    """Answer each line; what cannot be read is named on standard error, never shown. Returns the exit
    code."""
    code = 0
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        try:
            id_, title, body, labels = _issue(line)
        except ValueError as error:
            click.echo(f"rfh-bot: line {number}: {error}", err=True)
            code = 1
            continue
        intake = checker.check(title, body, labels)
        result = {
            "id": id_,
            "template": intake.template,
            "fields": dict(intake.values),
            "missing": [gap.field for gap in intake.missing],
        }
        click.echo(json.dumps(result))
    return code


def _issue(line: bytes) -> tuple[Any, str, str, tuple[str, ...]]:
    """Read a line: id (or number), title, body (or text), labels as names or as GitHub's objects.

    Raises ValueError with a sentence that quotes nothing of the line.
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    if "body" not in found and "text" not in found:
        raise ValueError("has no body")
    title = found.get("title") or ""
    body = (found["body"] if "body" in found else found["text"]) or ""  # GitHub: null when empty
    if not isinstance(title, str) or not isinstance(body, str):
        raise ValueError("title and body must be strings")
    return found.get("id", found.get("number")), title, body, tuple(_names(found.get("labels") or []))


def _names(labels: object) -> Iterator[str]:
    if not isinstance(labels, list):
        raise ValueError("labels must be a list")
    for label in labels:
        name = label.get("name") if isinstance(label, dict) else label
        if not isinstance(name, str):
            raise ValueError("each label must be a name or an object with a name")
        yield name


# ── for people ──────────────────────────────────────────────────────────────────────────────


def _table(intake: Intake, policy: Policy) -> None:
    """One row a field: what it says, or why it is asked for."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if intake.template is None and not intake.gaps:
        console.print("Not from the template: nothing to check.")
        return
    gaps = {gap.field: gap for gap in intake.gaps}
    table = Table("", "Field", "Answer or gap", box=None, pad_edge=False)
    for id_, field in policy.intake.fields.items():
        gap = gaps.get(id_)
        if gap is not None:
            said = ", ".join(
                filter(
                    None,
                    (
                        gap.reason.replace("-", " "),
                        f"“{gap.seen[:60]}”" if gap.seen else "",
                        f"line {', '.join(map(str, gap.lines))}" if gap.lines else "",
                        f"known: {', '.join(gap.near)}" if gap.near else "",
                    ),
                )
            )
            style = "bold red" if gap.required else "yellow"
            table.add_row(Text("✗" if gap.required else "·", style), field.label, Text(said, style))
        elif id_ in intake.values:
            shown = " ".join(intake.values[id_].split())
            table.add_row(
                Text("✓", "green"), field.label, Text(shown if len(shown) <= 80 else shown[:79] + "…")
            )
    console.print(table)
    missing, helpful = len(intake.missing), len(intake.helpful)
    form = f"{intake.template} template" if intake.template else "not from the template"
    console.print(f"\n{form}: {missing} missing, {helpful} would help", highlight=False)
