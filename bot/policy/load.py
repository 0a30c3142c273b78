"""Floor 0: reads a policy strictly, names every mistake at once, or gives a `Policy`.

A file that states ``version`` stands alone. One that does not is an **override**, laid over the default:

- mappings are merged key by key, all the way down;
- text, numbers and lists replace what the default says (a list as a whole);
- ``null`` deletes an entry (``teams: {code-insights: null}``), or sets a key back to what it is without being
  stated; where null is itself an allowed value (``routing.areas.X.team``), it is that value;
- an override that names every key of a mapping also sets their order (priorities stand most urgent first).

Each problem is a line ``file:line:column: path: message; got VALUE; allowed: A, B`` and points into the file
the value came from. `tree.py` says which YAML is read, `crosscheck.py` what must hold between the parts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from bot.errors import PolicyError
from bot.policy import shape
from bot.policy.crosscheck import crosscheck
from bot.policy.explain import explain
from bot.policy.problems import Position, Problem, in_order, lines
from bot.policy.schema import Policy
from bot.policy.shape import json_schema
from bot.policy.tree import MAX_BYTES, Node, compose, merge

__all__ = [
    "DEFAULT_NAME",
    "Layer",
    "Source",
    "check",
    "check_layers",
    "default_text",
    "json_schema",
    "load_default",
    "load_files",
    "load_layers",
    "load_path",
    "read",
]

Source = str | bytes  # bytes are UTF-8
Layer = tuple[str, Source]  # name and text of a policy file

DEFAULT_NAME = "sourcegraph.yml"


@cache
def default_text() -> str:
    """The shipped default policy, as text."""
    return resources.files("bot").joinpath("policies", DEFAULT_NAME).read_text("utf-8")


@cache
def load_default() -> Policy:
    """The shipped default policy."""
    return load_files(default_text(), base_name=DEFAULT_NAME)


def load_path(path: Path | str) -> Policy:
    """The policy of a file: alone when it states ``version``, else over the shipped default.

    Raises PolicyError, also when the file cannot be read.
    """
    return load_files(default_text(), read(path), base_name=DEFAULT_NAME, override_name=str(path))


def load_files(
    base_text: Source,
    override_text: Source | None = None,
    *,
    base_name: str = "base",
    override_name: str = "override",
) -> Policy:
    """The policy of one text, or of two laid over each other. Raises PolicyError with every problem."""
    layers: list[Layer] = [(base_name, base_text)]
    if override_text is not None:
        layers.append((override_name, override_text))
    return load_layers(layers)


def check(
    base_text: Source,
    override_text: Source | None = None,
    *,
    base_name: str = "base",
    override_name: str = "override",
) -> tuple[Policy | None, list[Problem]]:
    """The policy, if it can be used, or every problem, ordered by place. Raises nothing."""
    layers: list[Layer] = [(base_name, base_text)]
    if override_text is not None:
        layers.append((override_name, override_text))
    return check_layers(layers)


def load_layers(layers: Sequence[Layer]) -> Policy:
    """The policy of several texts, each laid over those before it. Raises PolicyError with every problem."""
    policy, problems = check_layers(layers)
    if policy is None or problems:
        raise PolicyError(lines(problems))
    return policy


def check_layers(layers: Sequence[Layer]) -> tuple[Policy | None, list[Problem]]:
    """Like `check`, for any number of layers, the base first."""
    (base_name, base_text), *overrides = layers
    tree, problems = compose(base_text, base_name)
    for name, text in overrides:
        over, more = compose(text, name)
        if over is not None and "version" in over.entries():
            tree, problems = over, more
        else:
            problems = [*problems, *more]
            if over is not None and tree is not None:
                tree = merge(tree, over, shape.nullable)
            elif more:
                tree = None
    if tree is None:
        return None, in_order(problems or [_empty(base_name)])
    policy, more = _validate(tree)
    return (policy if not problems else None), in_order([*problems, *more])


def read(path: Path | str) -> bytes:
    """The start of a policy file, enough of it to see when it is too large. Raises PolicyError."""
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError([f"{path}: {error.strerror or type(error).__name__}"]) from None


def _empty(name: str) -> Problem:
    return Problem(Position(name, 1, 1), (), "empty; a policy is a mapping")


def _validate(tree: Node) -> tuple[Policy | None, list[Problem]]:
    """Schema and cross-checks. JSON is pydantic's strict way of reading lists as tuples."""
    problems = crosscheck(tree)
    try:
        policy = Policy.model_validate_json(json.dumps(tree.plain()))
    except ValidationError as error:
        return None, [*explain(error, tree, known=problems), *problems]
    return (None if problems else policy), problems
