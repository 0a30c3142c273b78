"""Floor 0: what is wrong with a policy, said so that a person can mend it at once.

One problem is one line: ``file:line:column: path.to.key: message; got VALUE; allowed: A, B``. Values are
shown cut and without control characters, for a policy file may come from a pull request.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import islice

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]

MAX_SHOWN = 60
MAX_LINE = 1000
MAX_COMPARED = 300
MAX_PROBLEMS = 100
_PLAIN_KEY = re.compile(r"\A[\w-]+\Z")
_NOTHING = object()


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text, counted from one."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `typed` is what was written where one of `allowed` was expected: a near one is named."""

    at: Position
    path: Path
    message: str
    got: object = field(default=_NOTHING)
    allowed: Collection[str] = ()
    typed: str | None = None

    @property
    def explanation(self) -> str:
        """The line without its position."""
        parts = [f"{show_path(self.path)}: {self.message}" if self.path else self.message]
        if self.got is not _NOTHING:
            parts.append(f"got {show(self.got)}")
        if near := self._near():
            parts.append(f"did you mean {show(near)}?")
        if self.allowed:
            parts.append(f"allowed: {', '.join(self.allowed)}")
        return one_line("; ".join(parts))

    def _near(self) -> str | None:
        if self.typed is None:
            return None
        known = list(islice(self.allowed, MAX_COMPARED))
        near = difflib.get_close_matches(self.typed[:MAX_SHOWN], known, n=1)
        return near[0] if near else None

    def __str__(self) -> str:
        return f"{self.at}: {self.explanation}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By position; of several problems of one key at one place the first stays, the rest follow from it."""
    once: dict[tuple[Position, Path], Problem] = {}
    for problem in problems:
        once.setdefault((problem.at, problem.path), problem)
    return sorted(once.values(), key=lambda problem: problem.at)


def lines(problems: list[Problem]) -> list[str]:
    """Ready to print, at most `MAX_PROBLEMS` and a last line that counts the rest."""
    shown = [str(problem) for problem in problems[:MAX_PROBLEMS]]
    rest = len(problems) - len(shown)
    return [*shown, f"… and {rest} more"] if rest else shown


def show(value: object) -> str:
    """A value as JSON would write it, on one line, at most `MAX_SHOWN` characters."""
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = value if isinstance(value, str) else json.dumps(value)
    cut = text[: MAX_SHOWN - 1] + "…" if len(text) > MAX_SHOWN else text
    return json.dumps(cut, ensure_ascii=False) if isinstance(value, str) else cut


def one_line(text: str) -> str:
    """Text that may hold parts of the file: control characters spelt out, at most `MAX_LINE` characters."""
    cut = text if len(text) <= MAX_LINE else text[: MAX_LINE - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def show_path(path: Path) -> str:
    """``teams.ce.guidance[0].text``; a key that is no plain word stands in brackets."""
    shown = ""
    for key in path:
        if isinstance(key, int):
            shown += f"[{key}]"
        elif _PLAIN_KEY.match(key) and len(key) <= MAX_SHOWN:
            shown += f".{key}" if shown else key
        else:
            shown += f"[{show(key)}]"
    return shown
