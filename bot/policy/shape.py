"""Floor 0: the shape of a policy as JSON Schema: for editors, and to say what is allowed where.

Two forms: a complete policy, and an override, in which nothing is required and null deletes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from bot.policy.problems import Path
from bot.policy.schema import Policy

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def _complete() -> Schema:
    return Policy.model_json_schema()


def json_schema(*, override: bool = False) -> Schema:
    """JSON Schema of a complete policy, or of an override."""
    head = {"$schema": _DIALECT, "title": "rfh-bot policy (override)" if override else "rfh-bot policy"}
    schema = _complete()
    return {**(_overriding(schema, schema) if override else schema), **head}


def _overriding(schema: Schema, root: Schema) -> Schema:
    """The same mappings, nothing required, null allowed, down to where a value replaces another as a whole.

    Definitions that mappings lead to are written out in place: lists go on using the strict ones.
    """
    schema = _resolve(schema, root)
    if schema.get("type") != "object":
        return schema
    loose = {key: value for key, value in schema.items() if key != "required"}
    for group in ("properties", "patternProperties"):
        if group in schema:
            loose[group] = {name: _or_null(_overriding(each, root)) for name, each in schema[group].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        loose["additionalProperties"] = _or_null(_overriding(schema["additionalProperties"], root))
    return loose


def _or_null(schema: Schema) -> Schema:
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"anyOf": [schema, {"type": "null"}], **described}


def at(path: Path) -> Schema | None:
    """What is allowed at a path of the policy; None where nothing is."""
    root = _complete()
    found: Schema | None = root
    for key in path:
        if found is None:
            return None
        found = _step(_resolve(found, root), key)
    return _resolve(found, root) if found is not None else None


def nullable(path: Path) -> bool:
    """May the value at a path be null? Then null is a value there and deletes nothing."""
    found = at(path)
    return found is not None and {"type": "null"} in found.get("anyOf", [])


def keys(path: Path) -> tuple[str, ...]:
    """The fixed keys of the mapping at a path; none where keys are free."""
    found = at(path)
    return tuple(_not_null(found).get("properties", ())) if found is not None else ()


def choices(path: Path) -> tuple[str, ...]:
    """The values allowed at a path, when they can be listed."""
    found = _not_null(at(path) or {})
    listed = found["enum"] if "enum" in found else [found["const"]] if "const" in found else []
    return tuple(str(value) for value in listed)


def _step(schema: Schema, key: str | int) -> Schema | None:
    schema = _resolve(_not_null(schema), _complete())
    if isinstance(key, int):
        return schema.get("items")
    if key in schema.get("properties", {}):
        return schema["properties"][key]  # type: ignore[no-any-return]
    free = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return next((each for each in free if isinstance(each, dict)), None)


def _resolve(schema: Schema, root: Schema) -> Schema:
    """Follow a reference; what stands beside it (a description) wins."""
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**root["$defs"][schema["$ref"].removeprefix("#/$defs/")], **beside}


def _not_null(schema: Schema) -> Schema:
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    return _resolve(options[0], _complete()) if len(options) == 1 else schema
