"""Floor 4: `rfh-bot policy import-handbook`: what a saved handbook page says otherwise than the policy."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot.cli.route import POLICY_OPTION, policy_of

if TYPE_CHECKING:
    from rich.console import Console

    from bot.handbook.compare import Difference, Verdict
    from bot.handbook.page import Page

MAX_BYTES = 2 * 1024 * 1024


@click.command("import-handbook", short_help="Compare a handbook page with the policy.")
@click.argument("page", type=click.Path(dir_okay=False, path_type=Path))
@POLICY_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: facts and differences.")
def import_handbook(page: Path, policy_file: Path | None, as_json: bool) -> None:
    """Read PAGE, a saved "Engaging Other Teams" page (markdown, plain text or HTML); print what differs.

    Areas, keywords, owners, exceptions, channels, handles, labels, priorities and trackers are compared with
    the policy in force. What cannot be read is listed with its line and counts as a difference. A difference
    that has its reason in the policy, under `handbook.differences`, is listed apart and is no drift. Nothing
    is changed.

    Exit code 0: no drift, 1: drift, 2: the page cannot be read.

    \b
    Examples:
      rfh-bot policy import-handbook engaging-other-teams.md
      rfh-bot policy import-handbook page.html --policy .github/rfh-bot.yml --json | jq -r '.drift[].name'
    """
    from bot.handbook.compare import compare
    from bot.handbook.read import read_page

    found = read_page(_source(page))
    if not found.areas:
        _fail(f"{page}: no area with keywords found; is it the page on engaging other teams?")
    verdict = compare(found, policy_of(policy_file))
    if as_json:
        click.echo(json.dumps(_as_json(found, verdict), ensure_ascii=False))
    else:
        from rich.console import Console

        _print(Console(highlight=False, markup=False), found, verdict)
    if verdict.drift:
        raise SystemExit(1)


def _source(page: Path) -> str:
    """The file's text; ends with code 2 when there is none."""
    try:
        with page.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        _fail(f"{page}: {error.strerror or type(error).__name__}")
    if len(content) > MAX_BYTES:
        _fail(f"{page}: larger than {MAX_BYTES // 1024 // 1024} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _fail(f"{page}: not UTF-8 text (byte {error.start})")


def _fail(message: str) -> NoReturn:
    from bot.errors import UserError

    raise UserError(message)


def _as_json(page: Page, verdict: Verdict) -> dict[str, Any]:
    return {
        "page": dataclasses.asdict(page),
        "drift": [_difference(one) for one in verdict.drift],
        "meant": [_difference(one) | {"reason": reason} for one, reason in verdict.meant],
        "needless_reasons": list(verdict.needless),
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {"name": one.name, **dataclasses.asdict(one)}


def _print(console: Console, page: Page, verdict: Verdict) -> None:
    """For people: how much was read, the drift, and what is meant to differ."""
    from rich.table import Table

    words = sum(len(area.keywords) for area in page.areas)
    handles = {handle for contact in page.contacts for handle in contact.handles}
    console.print(f"Read {len(page.areas)} areas, {words} keywords, {len(handles)} handles.")
    if verdict.drift:
        table = Table("Line", "Differs", "The policy says", box=None, pad_edge=False, title="\nDrift")
        for one in verdict.drift:
            table.add_row(str(one.line or ""), one.name, one.policy)
        console.print(table)
        console.print(
            "\nChange the policy, or say there why it differs: handbook.differences, by the middle column."
        )
    else:
        console.print("No drift.")
    if verdict.meant:
        table = Table(
            "Line", "Meant to differ", "Because", box=None, pad_edge=False, title="\nKnown differences"
        )
        for one, reason in verdict.meant:
            table.add_row(str(one.line or ""), one.name, reason)
        console.print(table)
    for name in verdict.needless:
        console.print(f"A reason that is no longer needed: {name}")
