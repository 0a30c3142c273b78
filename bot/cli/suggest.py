"""Floor 4: `rfh-bot policy suggest`: what the history of issues says about the words of the policy."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from bot.cli.route import POLICY_OPTION, policy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from bot.policy.schema import Policy
    from bot.rules.routing_report import Case
    from bot.suggest import Suggestion

_FIGURES = (
    ("accuracy", "accuracy, each team"),
    ("accuracy_merged", "accuracy, teams of a family as one"),
    ("coverage", "coverage: owned issues that get a label"),
    ("precision_merged", "precision of these labels"),
    ("abstention", "abstention on issues of nobody"),
)


@click.command("suggest", short_help="Propose words, weights and thresholds.")
@click.argument("file", type=click.File("rb"))
@POLICY_OPTION
@click.option(
    "--folds", type=click.IntRange(2, 20), default=5, show_default=True, help="Parts of the history."
)
def suggest(file: IO[bytes], policy_file: Path | None, folds: int) -> None:
    """Propose words, weights and thresholds from issues whose owner is known; nothing is changed.

    FILE has one JSON object a line, as for `backtest`; `backtest --repo … --save FILE` writes it. The
    proposal is printed as YAML for .github/rfh-bot.yml, for a person to review; what it is worth, to
    standard error: each part of the history is routed with what the other parts propose. A word must
    stand in three issues of a team or more, and nearly only there. Words of private issues are printed:
    keep them private.

    Exit code 0: a proposal that helps, 1: none.

    \b
    Examples:
      rfh-bot policy suggest history.jsonl > proposal.yml
      rfh-bot backtest history.jsonl --against proposal.yml
    """
    from rich.console import Console

    from bot.cli.backtest import cases_of
    from bot.cli.jsonl import Lines

    policy = policy_of(policy_file)
    lines = list(Lines(file))
    cases, skipped = cases_of(policy, lines)
    console = Console(stderr=True, highlight=False)
    if len(cases) < folds:
        raise click.UsageError(f"{len(cases)} issues with a known owner are too few for {folds} folds")
    found = _steps(policy, cases, folds, console)
    changed = {line.id for line in lines if line.raw.get("overridden") is True}
    _tell(console, found, skipped, changed)
    if not found.helps or not (found.proposals or found.thresholds):
        console.print("\nNothing to propose: no change holds on issues that were left out when it was made.")
        raise SystemExit(1)
    click.echo(_yaml(policy, found), nl=False)


def _steps(policy: Policy, cases: Sequence[Case], folds: int, console: Console) -> Suggestion:
    """Run the folds; with a progress bar on a terminal."""
    from rich.progress import track

    from bot.suggest import suggest as steps

    shown = track(
        steps(policy, cases, folds),
        "Measuring",
        total=folds + 2,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    *_, last = shown
    assert last is not None  # the last step is the suggestion
    return last


def _tell(console: Console, found: Suggestion, skipped: int, changed: set[Any]) -> None:
    """Figures before and after, on issues left out; and what becomes of the labels that people changed."""
    from rich.table import Table

    left_out = f", {skipped} left out (owner unknown)" if skipped else ""
    console.print(f"{found.before.issues} issues{left_out}; measured on issues left out of the proposal\n")
    table = Table("", "Now", "Proposed", box=None, pad_edge=False)
    for key, name in _FIGURES:
        table.add_row(name, *(_percent(getattr(report, key)) for report in (found.before, found.after)))
    if changed:
        ours = [(case, old, new) for case, old, new in found.answers if case.id in changed]
        sides = [sum(route.team == case.owner for case, route in side) for side in _sides(ours)]
        table.add_row(f"right of {len(ours)} labels that people changed", *map(str, sides))
    console.print(table)


def _sides(rows: Sequence[tuple[Case, Any, Any]]) -> tuple[list[tuple[Case, Any]], list[tuple[Case, Any]]]:
    """Before and after."""
    return [(case, old) for case, old, _ in rows], [(case, new) for case, _, new in rows]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _yaml(policy: Policy, found: Suggestion) -> str:
    """The proposal as an override; each word with what speaks for it."""
    import yaml

    routing: dict[str, Any] = {}
    learned: dict[str, Any] = {}
    for one in found.proposals:
        learned.setdefault(one.area, {})[one.word] = {"weight": one.weight, "reason": one.reason}
    if learned:
        routing["learned"] = learned
    if found.thresholds is not None:
        routing["thresholds"] = found.thresholds.model_dump(include={"apply_score", "apply_margin"})
    text = yaml.safe_dump({"routing": routing}, sort_keys=False, allow_unicode=True, width=110)
    notes = [
        f"# {policy.routing.areas[one.area].name}: {one.word}: {_change(one.before, one.weight)},"
        f" {one.issues} issues, {one.right} of the owner's, {one.unsettled} not settled now"
        for one in found.proposals
    ]
    head = (
        "# A proposal for .github/rfh-bot.yml: review each line, and take out what says nothing in general."
    )
    return "\n".join([head, *notes, text])


def _change(before: float | None, weight: float) -> str:
    return f"new, weight {weight:g}" if before is None else f"weight {before:g} → {weight:g}"
