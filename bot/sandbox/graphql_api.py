"""GraphQL: from a request to an answer in GitHub's shape. Errors stand beside the data, by path."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from bot.sandbox.graphql_fields import RESOLVERS, type_name
from bot.sandbox.http import ApiError, Reply, Request
from bot.sandbox.mutations import MUTATION_RESOLVERS
from bot.sandbox.resolvers import Context
from bot.sandbox.views import when

SDL = Path(__file__).with_name("schema.graphql")


@functools.cache
def served_schema() -> GraphQLSchema:
    """The schema. Its scalars pass values through; `_resolve` spells times, resolvers spell ids."""
    return build_schema(SDL.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Operation:
    """One parsed request. `errors` are those found before anything ran."""

    name: str
    variables: dict[str, Any]
    document: DocumentNode | None = None
    is_mutation: bool = False
    mutations: tuple[str, ...] = ()  # field names, in order
    errors: tuple[GraphQLError, ...] = ()


def read_operation(request: Request) -> Operation:
    """Parse and validate; raises ApiError 400 when the body is no GraphQL request at all."""
    data = request.json()
    if not isinstance(data, dict) or not isinstance(data.get("query"), str):
        raise ApiError(400, "A query attribute must be specified and must be a string.")
    name, variables = data.get("operationName") or "", data.get("variables") or {}
    document, errors = _parsed(data["query"])
    if document is None:
        return Operation(name, variables, errors=errors)
    chosen = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    chosen = [d for d in chosen if not name or (d.name and d.name.value == name)]
    if len(chosen) != 1:
        return Operation(name, variables, errors=(GraphQLError("An operation name is required"),))
    operation = chosen[0]
    fields = [
        field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode)
    ]
    is_mutation = operation.operation == OperationType.MUTATION
    return Operation(
        name or (operation.name.value if operation.name else ""),
        variables,
        document,
        is_mutation,
        tuple(fields) if is_mutation else (),
        errors,
    )


@functools.lru_cache(maxsize=256)
def _parsed(query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """The document, None when it cannot be read, and what is wrong with it. Clients repeat a few."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (error,)
    return document, tuple(validate(served_schema(), document))


def run_operation(operation: Operation, context: Context) -> Reply:
    """Answer: 200 with data, errors or both, as GitHub does."""
    if operation.errors or operation.document is None:
        return Reply(200, {"errors": [_shape(error) for error in operation.errors]})
    result = execute_sync(
        served_schema(),
        operation.document,
        context_value=context,
        variable_values=operation.variables,
        operation_name=operation.name or None,
        field_resolver=_resolve,
        type_resolver=lambda value, *_: type_name(value),
    )
    data: dict[str, Any] = {"data": result.data}
    if result.errors:
        data["errors"] = [_shape(error) for error in result.errors]
    return Reply(200, data)


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Any:
    """Every field; times leave as GitHub spells them."""
    value = _value(source, info, args)
    return when(value) if isinstance(value, datetime) else value


def _value(source: Any, info: GraphQLResolveInfo[Any], args: dict[str, Any]) -> Any:
    """A mutation, a key of a payload, or what the type's resolver reads."""
    parent: GraphQLObjectType = info.parent_type
    context: Context = info.context
    if parent.name == "Mutation":
        return MUTATION_RESOLVERS[info.field_name](source, context, args)
    if isinstance(source, dict):
        return source.get(info.field_name)
    return RESOLVERS[parent.name][info.field_name](source, context, args)


def _shape(error: GraphQLError) -> dict[str, Any]:
    """GitHub puts `type` beside the message. https://docs.github.com/graphql/overview/rate-limits"""
    shape: dict[str, Any] = {"message": error.message}
    extensions = dict(error.extensions or {})
    if "type" in extensions:
        shape["type"] = extensions.pop("type")
    if error.path:
        shape["path"] = list(error.path)
    if error.locations:
        shape["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if extensions:
        shape["extensions"] = extensions
    return shape
