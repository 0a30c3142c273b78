"""Floor 0: what pydantic says about a policy, in words a person can act on, at the place in the file."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from pydantic import ValidationError

from bot.policy import shape
from bot.policy.problems import MAX_COMPARED, Path, Problem
from bot.policy.tree import Node

# pydantic's error types: https://docs.pydantic.dev/latest/errors/validation_errors/
_WANTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "model_type": "must be a mapping",
    "string_type": "must be text",
    "tuple_type": "must be a list",
}


def explain(error: ValidationError, tree: Node, known: Iterable[Problem] = ()) -> list[Problem]:
    """One problem for each of pydantic's errors, in its order.

    A validator speaks of a whole section; it is left out where the `known` problems name the places in it.
    """
    placed = {problem.path[:depth] for problem in known for depth in range(len(problem.path) + 1)}
    return [
        _explain(details, tree)
        for details in error.errors(include_url=False)
        if details["type"] != "value_error" or details["loc"] not in placed
    ]


def _explain(details: Any, tree: Node) -> Problem:
    kind: str = details["type"]
    loc: Path = details["loc"]
    about_key = bool(loc) and loc[-1] == "[key]"
    path, nodes = _follow(loc[:-1] if about_key else loc, tree)
    node = nodes[-1]
    if kind == "missing":
        return _missing(loc, nodes)
    if kind == "extra_forbidden":
        allowed = shape.keys(path[:-1])
        return Problem(node.key_at or node.at, path, "unknown key", allowed=allowed, typed=str(path[-1]))
    if about_key:
        return Problem(node.key_at or node.at, path, f"not a valid key: {_said(details)}")
    if node.value is None and path and isinstance(nodes[-2].value, dict) and not shape.keys(path[:-1]):
        return _nothing_to_delete(path, node, nodes[-2].value)
    if kind in ("literal_error", "enum"):
        typed = node.value if isinstance(node.value, str) else None
        return Problem(
            node.at, path, "not an allowed value", node.plain(), allowed=shape.choices(path), typed=typed
        )
    if kind in _WANTED:
        quote = " (quote it)" if kind == "string_type" and isinstance(node.value, bool | int | float) else ""
        return Problem(node.at, path, _WANTED[kind] + quote, node.plain())
    if isinstance(node.value, dict | list):
        return Problem(node.at, path, _said(details))
    return Problem(node.at, path, _said(details), node.value)


def _nothing_to_delete(path: Path, node: Node, siblings: dict[str, Node]) -> Problem:
    """An entry of a free mapping that is null: in an override, most likely a name misspelt."""
    first = islice(siblings.items(), MAX_COMPARED)
    there = tuple(key for key, entry in first if entry.value is not None)
    message = "null, and there is nothing of this name to delete"
    return Problem(node.key_at or node.at, path, message, allowed=there, typed=str(path[-1]))


def _missing(loc: Path, nodes: list[Node]) -> Problem:
    """A missing key stands nowhere: its mapping is pointed at, or the null that deleted it."""
    parent = nodes[-1]
    key = str(loc[-1])
    if key in parent.gone:
        return Problem(parent.gone[key], loc, "required, so it cannot be deleted")
    whole = " (a file that states `version` is a complete policy)" if len(loc) == 1 else ""
    return Problem(parent.at, loc, f"required key is missing{whole}")


def _follow(loc: Path, tree: Node) -> tuple[Path, list[Node]]:
    """As far as `loc` leads in the tree (it also names members of unions): that path and the nodes on it."""
    nodes = [tree]
    path: Path = ()
    for key in loc:
        child = nodes[-1].child(key)
        if child is not None:
            nodes.append(child)
            path = (*path, key)
    return path, nodes


def _said(details: Any) -> str:
    """pydantic's own sentence, as part of ours."""
    message: str = details["msg"].removeprefix("Value error, ")
    pattern = details.get("ctx", {}).get("pattern")
    if pattern is not None:
        return f"must match {pattern}"
    said = message.removeprefix("Input should ").removeprefix("String should ")
    return f"should {said}" if said != message else said[:1].lower() + said[1:]
