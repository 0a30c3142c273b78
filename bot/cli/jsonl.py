"""Floor 4: issues as JSON lines: one object a line with id (or number), title, body (or text), labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Line:
    """One issue as it came; `raw` holds further keys (`team`: the real owner)."""

    id: Any
    title: str
    body: str
    labels: tuple[str, ...]
    raw: dict[str, Any]


class Lines:
    """Reads lines; what cannot be read is named on standard error, never shown, and counted in `failed`."""

    def __init__(self, source: Iterable[bytes]) -> None:
        self._source = source
        self.failed = 0

    def __iter__(self) -> Iterator[Line]:
        for number, line in enumerate(self._source, 1):
            if not line.strip():
                continue
            try:
                yield parse(line)
            except ValueError as error:
                click.echo(f"rfh-bot: line {number}: {error}", err=True)
                self.failed += 1


def parse(line: bytes) -> Line:
    """Read one line. Raises ValueError with a sentence that quotes nothing of it."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    title = found.get("title") or ""
    body = found.get("body", found.get("text")) or ""  # GitHub: null when empty
    if not isinstance(title, str) or not isinstance(body, str):
        raise ValueError("title and body must be strings")
    labels = found.get("labels") or []
    if not isinstance(labels, list):
        raise ValueError("labels must be a list")
    names: list[str] = []
    for label in labels:
        name = label.get("name") if isinstance(label, dict) else label
        if not isinstance(name, str):
            raise ValueError("each label must be a name or an object with a name")
        names.append(name)
    return Line(found.get("id", found.get("number")), title, body, tuple(names), found)
