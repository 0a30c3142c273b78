"""Floor 4: how a program talks to the runner of GitHub Actions: annotations, outputs, the job summary.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands; the escapes are those of
actions/toolkit, packages/core/src/command.ts. A value could end a line and begin a command of its own, so
nothing is printed or written here that has not been escaped or fenced.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

Level = Literal["error", "warning", "notice"]


def escape(text: str) -> str:
    """A command's message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """The value of a command's property."""
    return escape(text).replace(":", "%3A").replace(",", "%2C")


def annotation(level: Level, message: str, **place: str | int) -> str:
    """An annotation as a line for stdout; `place` is any of file, line and col."""
    where = ",".join(f"{name}={escape_property(str(value))}" for name, value in place.items())
    return f"::{level}{' ' if where else ''}{where}::{escape(message)}"


def set_output(path: Path, name: str, value: str) -> None:
    """Append an output to the file at GITHUB_OUTPUT, fenced by a delimiter that nobody can foresee."""
    fence = f"rfh_{secrets.token_hex(16)}"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{name}<<{fence}\n{value}\n{fence}\n")


def add_summary(path: Path, markdown: str) -> None:
    """Append to the job summary, the file at GITHUB_STEP_SUMMARY."""
    with path.open("a", encoding="utf-8") as file:
        file.write(markdown.rstrip("\n") + "\n")


def cell(text: str) -> str:
    """Text for a cell of a markdown table."""
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())
