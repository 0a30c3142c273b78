"""GitHub's published descriptions as something to hold requests and answers against.

They come from npm (`package.json` beside this file) and are never copied into the repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import graphql
import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

OCTOKIT = Path(__file__).parent / "node_modules" / "@octokit"
MISSING = "GitHub's schemas are not installed: run `npm ci` in tests/contracts"
_JSON = "application/json"


def _nullable(check: Callable[..., Any]) -> Callable[..., Any]:
    """OpenAPI 3.0 says `nullable: true` where JSON Schema says type null."""

    def checked(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        if instance is None and schema.get("nullable"):
            return None
        return check(validator, value, instance, schema)

    return checked


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    {name: _nullable(check) for name, check in jsonschema.Draft202012Validator.VALIDATORS.items()},
)


class OpenApi:
    """GitHub's REST description: which operation a request is, and what is wrong with it or its answer."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.description = description

    @classmethod
    def installed(cls) -> OpenApi:
        return cls(json.loads((OCTOKIT / "openapi/generated/api.github.com.json").read_bytes()))

    @cached_property
    def _registry(self) -> Registry[Any]:
        return Registry().with_resource("urn:github", Resource(self.description, DRAFT202012))

    def _resolve(self, node: Any) -> Any:
        """Follow a reference inside the description."""
        while isinstance(node, Mapping) and "$ref" in node:
            target: Any = self.description
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def operation(self, method: str, template: str) -> Mapping[str, Any]:
        """The operation of a path template as the description spells it; KeyError when there is none."""
        found: Mapping[str, Any] = self.description["paths"][template][method.lower()]
        return found

    def request_errors(
        self, method: str, template: str, values: Mapping[str, str], body: Any = None
    ) -> list[str]:
        """What is wrong with a request: its path and query values (as strings) and its JSON body."""
        operation = self.operation(method, template)
        parameters = [self._resolve(p) for p in operation.get("parameters", ())]
        known = {p["name"]: p["schema"] for p in parameters if p["in"] in ("path", "query")}
        required = {p["name"] for p in parameters if p.get("required") and p["in"] in ("path", "query")}
        errors = [f"unknown parameter {name}" for name in values.keys() - known.keys()]
        errors += [f"missing parameter {name}" for name in required - values.keys()]
        for name, value in values.items():
            if name in known:
                errors += self._errors(known[name], _typed(self._resolve(known[name]), value), name)
        content = self._resolve(operation.get("requestBody", {}))
        if body is not None:
            schema = content.get("content", {}).get(_JSON, {}).get("schema")
            if schema is None:
                return [*errors, "a body where none is described"]
            errors += self._errors(schema, body, "body")
            # The description allows further properties nearly everywhere; a misspelt one must not pass.
            names = self._resolve(schema).get("properties")
            errors += [f"unknown property {n}" for n in body if names is not None and n not in names]
        elif content.get("required"):
            errors.append("no body where one is required")
        return errors

    def response_errors(self, method: str, template: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer: an undescribed status, or a body unlike its schema."""
        responses = self.operation(method, template)["responses"]
        if str(status) not in responses:
            return [f"status {status} is not described"]
        described = self._resolve(responses[str(status)]).get("content", {}).get(_JSON)
        return [] if described is None else self._errors(described["schema"], body, "answer")

    def examples(self, method: str, template: str) -> Iterator[tuple[int, Any]]:
        """Status and body of every example answer GitHub publishes for the operation."""
        for status, response in self.operation(method, template)["responses"].items():
            content = self._resolve(response).get("content", {}).get(_JSON, {})
            for example in content.get("examples", {}).values():
                yield int(status), self._resolve(example)["value"]

    def _errors(self, schema: Any, instance: Any, what: str) -> list[str]:
        rooted = json.loads(re.sub(r'"#/', '"urn:github#/', json.dumps(schema)))
        validator = _Validator(rooted, registry=self._registry)
        return [f"{what} {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(instance)]


def _typed(schema: Mapping[str, Any], value: str) -> Any:
    """A value of a URL as the type its schema asks for, where it can be read as that."""
    if schema.get("type") == "integer":
        return int(value) if value.isdigit() else value
    return value


def sdl() -> graphql.GraphQLSchema:
    """GitHub's public GraphQL schema."""
    text = (OCTOKIT / "graphql-schema/schema.graphql").read_text()
    return graphql.build_schema(text, assume_valid=True)


def variable_errors(schema: graphql.GraphQLSchema, text: str, variables: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document and its variables (unknown ones too, which GitHub ignores)."""
    document = graphql.parse(text)
    errors = [error.message for error in graphql.validate(schema, document)]
    (operation,) = [d for d in document.definitions if isinstance(d, graphql.OperationDefinitionNode)]
    declared = operation.variable_definitions or ()
    values = graphql.execution.values.get_variable_values(schema, declared, dict(variables))
    if isinstance(values, list):
        errors += [error.message for error in values]
    names = {definition.variable.name.value for definition in declared}
    return errors + [f"unknown variable {name}" for name in variables.keys() - names]
