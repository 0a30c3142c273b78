"""The tables in README and docs that come from code: `make docs` writes them, a test compares them.

A table stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; the words around it are by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from figures import families
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot import commands, settings
from bot.__main__ import COMMANDS
from bot.metrics import PREFIX
from bot.policy.labels import label_specs
from bot.policy.load import load_default
from bot.policy.schema import Policy

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/commands.md", "docs/operations.md", "docs/policy.md")
_BLOCK = re.compile(r"(<!-- generated: ([\w /.-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def setting_rows() -> Iterator[tuple[str, ...]]:
    for one in settings.SETTINGS:
        default = "required" if one.default is None else f"`{one.default}`" if one.default else ""
        if one.default and " " in one.default:
            default = one.default
        yield f"`{one.name}`", one.meaning, default, "yes" if one.secret else ""


def tool_rows() -> Iterator[tuple[str, ...]]:
    for name, (_, summary) in COMMANDS.items():
        yield f"`rfh-bot {name}`", summary


def command_rows() -> Iterator[tuple[str, ...]]:
    for usage, summary, who in commands.help_rows(load_default()):
        yield f"`{usage}`", summary, who


def team_rows() -> Iterator[tuple[str, ...]]:
    """Every way to write a team in `/route`."""
    policy = load_default()
    for id_, team in policy.teams.items():
        names = [name for name, known in commands.team_names(policy).items() if known == id_ and name != id_]
        yield f"`{id_}`", team.name, ", ".join(f"`{name}`" for name in names)


def label_rows() -> Iterator[tuple[str, ...]]:
    """The labels of the shipped policy, priorities in their whole words; those of customers are one line."""
    policy = load_default()
    whole = {priority.label: priority.definition for priority in policy.priorities.values()}
    for spec in label_specs(policy):
        yield f"`{spec.name}`", whole.get(spec.name, spec.description)
    yield f"`{policy.labels.customer_prefix}NAME`", "the customer; the part after the prefix is its slug"


def metric_rows() -> Iterator[tuple[str, ...]]:
    """Every figure of ours; shared: read from the database, so the same on all replicas."""
    of_process = {family.name for family in families(None)}
    for family in families():
        if family.name.startswith(PREFIX):
            name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
            labels = dict.fromkeys(
                label for sample in family.samples for label in sample.labels if label != "le"
            )
            shared = "" if family.name in of_process else "shared"
            yield f"`{name}`", ", ".join(f"`{label}`" for label in labels), family.documentation, shared


# ── the policy's keys ───────────────────────────────────────────────────────────────────────


def key_rows(name: str) -> Iterator[tuple[str, ...]]:
    """Every key below a top-level key of the policy."""
    field = Policy.model_fields[name]
    yield from _rows(name, field.annotation, field.default, field.description or "")


def _rows(path: str, annotation: Any, default: Any, meaning: str) -> Iterator[tuple[str, ...]]:
    suffix, model = _model(annotation)
    if model is None or suffix:
        yield f"`{path}`", _kind(annotation), _default(default), meaning
    if model is not None:
        for name, field in model.model_fields.items():
            yield from _rows(
                f"{path}{suffix}.{name}", field.annotation, field.default, field.description or ""
            )


def _model(annotation: Any) -> tuple[str, type[BaseModel] | None]:
    """The model inside a mapping, a list or nothing: ``.ID``, ``[]`` or an empty suffix."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _model(inside[0])
    if origin is dict:
        suffix, model = _model(inside[1])
        return f".ID{suffix}", model
    if origin is tuple:
        suffix, model = _model(inside[0])
        return f"[]{suffix}", model
    return "", annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _kind(annotation: Any) -> str:
    """What may stand there, in a word or two."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inside[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inside)
    if origin in (Union, UnionType):
        return _kind(next(one for one in inside if one is not type(None)))
    if origin is dict:
        return "mapping" if _model(annotation)[1] else f"mapping to {_kind(inside[1])}"
    if origin is tuple:
        return "list" if _model(annotation)[1] else f"list of {_kind(inside[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping"
    return {str: "text", bool: "`true` or `false`", int: "whole number", float: "number"}[annotation]


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ((), {}) or isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return ", ".join(f"`{one}`" for one in value) if isinstance(value, tuple) else f"`{value}`"


# ── writing ─────────────────────────────────────────────────────────────────────────────────

TABLES: dict[str, Callable[[], str]] = {
    "settings": lambda: table(("Variable", "Meaning", "Default", "Secret"), setting_rows()),
    "tools": lambda: table(("Command", "What it does"), tool_rows()),
    "commands": lambda: table(("Comment", "What it does", "Who"), command_rows()),
    "teams": lambda: table(("Team", "Name", "Also understood"), team_rows()),
    "metrics": lambda: table(("Figure", "Labels", "Meaning", ""), metric_rows()),
    "labels": lambda: table(("Label", "Meaning"), label_rows()),
}


def block(name: str) -> str:
    """The text of one block. Raises KeyError for a name that means nothing."""
    kind, _, key = name.partition(" ")
    if kind == "policy":
        return table(("Key", "Holds", "Default", "Meaning"), key_rows(key))
    return TABLES[name]()


def rewritten(text: str) -> str:
    """A page with its blocks made anew."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{block(found[2])}\n{found[3]}", text)


def main() -> None:
    for name in PAGES:
        page = ROOT / name
        page.write_text(rewritten(page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
