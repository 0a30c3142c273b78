"""Floor 4: `rfh-bot scan`: private data in a text. For people one file, for programs JSON lines.

Values are shown on a terminal only: a log of this command must not become a leak of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from bot.cli.route import POLICY_OPTION, policy_of
from bot.errors import UserError

if TYPE_CHECKING:
    from bot.rules.privacy import Context, External, Finding, Scanner

_BATCH = 64
_AROUND = 30  # characters of context in an excerpt


@click.command("scan")
@click.argument("file", required=False, type=click.File("rb"), default="-")
@click.option("--jsonl", is_flag=True, help="Read one JSON object a line: id, text, context.")
@click.option(
    "--mode",
    type=click.Choice(["publish", "watch"]),
    default="publish",
    show_default=True,
    help="Strict, or as public text is watched (without --jsonl).",
)
@click.option(
    "--customer",
    "customers",
    multiple=True,
    help="The issue's own customer label (without --jsonl); repeatable.",
)
@click.option("--known", multiple=True, help="A label of another customer (without --jsonl); repeatable.")
@click.option("--own-rules", is_flag=True, help="Without kingfisher: quicker; never enough to publish.")
@POLICY_OPTION
def scan(
    file: IO[bytes],
    jsonl: bool,
    mode: str,
    customers: tuple[str, ...],
    known: tuple[str, ...],
    own_rules: bool,
    policy_file: Path | None,
) -> None:
    """Say what in a text must not become public, and where.

    Reads FILE or standard input. With --jsonl, one object a line: {"id", "text", "context": {"mode",
    "customer_labels", "known_customers"}}; prints {"id", "findings": [{"rule", "kind", "severity", "start",
    "end"}]} with offsets in code points. Publish mode needs the extra `privacy` (pip install
    'rfh-bot[privacy]'), watch mode goes on without it.

    Exit code 0; 1 when something blocks, or with --jsonl when a line could not be read.

    \b
    Examples:
      rfh-bot scan issue.md --customer customer/northmere
      rfh-bot scan --mode watch comment.md
      rfh-bot scan --jsonl < issues.jsonl > findings.jsonl
    """
    from bot.rules.privacy import Context
    from bot.scanner import scanner

    scan_ = scanner(policy_of(policy_file))
    if jsonl:
        failed = False
        for line in _batches(scan_, file, own_rules):
            failed |= line is None
            if line is not None:
                click.echo(json.dumps(line))
        raise SystemExit(1 if failed else 0)
    text = file.read().decode("utf-8", "replace")
    context = Context("watch" if mode == "watch" else "publish", customers, known)
    findings = scan_.scan(text, context, _kingfisher([(text, context)], own_rules)[0])
    _show(text, findings)
    raise SystemExit(1 if any(f.severity == "block" for f in findings) else 0)


def _batches(scan_: Scanner, source: IO[bytes], own_rules: bool) -> Iterator[dict[str, Any] | None]:
    """The answer to each line, None for one that could not be read; kingfisher runs once for a batch."""
    batch: list[tuple[Any, str, Context]] = []

    def answers() -> Iterator[dict[str, Any]]:
        seen = _kingfisher([(text, context) for _, text, context in batch], own_rules)
        for (id_, text, context), external in zip(batch, seen, strict=True):
            yield {"id": id_, "findings": [_as_json(f) for f in scan_.scan(text, context, external)]}
        batch.clear()

    for number, raw in enumerate(source, 1):
        if not raw.strip():
            continue
        try:
            batch.append(_parse(raw))
        except ValueError as error:
            click.echo(f"rfh-bot: line {number}: {error}", err=True)
            yield None
        if len(batch) == _BATCH:
            yield from answers()
    yield from answers()


def _parse(raw: bytes) -> tuple[Any, str, Context]:
    """Read one line. Raises ValueError with a sentence that quotes nothing of it."""
    from bot.rules.privacy import Context

    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise ValueError("not an object with a text")
    context = found.get("context") or {}
    if not isinstance(context, dict) or context.get("mode", "publish") not in ("publish", "watch"):
        raise ValueError("context.mode must be publish or watch")
    labels = [context.get(key) or [] for key in ("customer_labels", "known_customers")]
    if not all(isinstance(each, list) and all(isinstance(name, str) for name in each) for each in labels):
        raise ValueError("customer_labels and known_customers must be lists of names")
    return (
        found.get("id"),
        found["text"],
        Context(context.get("mode", "publish"), tuple(labels[0]), tuple(labels[1])),
    )


def _kingfisher(texts: list[tuple[str, Context]], own_rules: bool) -> list[tuple[External, ...]]:
    """What kingfisher sees in the texts. Publishing needs it; watching goes on without."""
    from bot import kingfisher
    from bot.scanner import missing, require_extra

    nothing: list[tuple[External, ...]] = [() for _ in texts]
    if own_rules or not texts:
        return nothing
    publishing = any(context.mode == "publish" for _, context in texts)
    if publishing:
        require_extra()
    try:
        return kingfisher.find_secrets([text for text, _ in texts])
    except kingfisher.ScannerUnavailable as error:
        if publishing:
            raise UserError(str(error)) from None
        if not missing():
            click.echo(f"rfh-bot: {error}; own rules only", err=True)
        return nothing


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "start": finding.start,
        "end": finding.end,
    }


def _show(text: str, findings: tuple[Finding, ...]) -> None:
    """A line per finding; on a terminal with a coloured excerpt."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for found in findings:
        line = text.count("\n", 0, found.start) + 1
        column = found.start - (text.rfind("\n", 0, found.start) + 1) + 1
        colour = "red" if found.severity == "block" else "yellow"
        head = Text.assemble(
            f"{line}:{column} ", (found.severity, f"bold {colour}"), f" {found.kind} ({found.rule})"
        )
        if console.is_terminal:
            head.append_text(_excerpt(text, found, colour))
        console.print(head)
    blocks = sum(f.severity == "block" for f in findings)
    console.print(
        f"{blocks} must go, {len(findings) - blocks} to be looked at."
        if findings
        else "Nothing private found."
    )


def _excerpt(text: str, found: Finding, colour: str) -> Any:
    """The finding with a little of its line, for the eyes of whoever sits at the terminal."""
    from rich.text import Text

    start = max(text.rfind("\n", 0, found.start) + 1, found.start - _AROUND)
    stop = text.find("\n", found.end)
    end = min(len(text) if stop < 0 else stop, found.end + _AROUND)
    value = text[found.start : found.end].replace("\n", " ⏎ ")
    return Text.assemble(
        "  ", (text[start : found.start], "dim"), (value, f"{colour} reverse"), (text[found.end : end], "dim")
    )
