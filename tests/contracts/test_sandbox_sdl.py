"""The sandbox's GraphQL schema is a part of GitHub's: same names, same types, nothing required left out."""

from __future__ import annotations

from collections.abc import Iterator

import graphql
import pytest

from bot.sandbox.graphql_api import served_schema
from bot.sandbox.graphql_fields import RESOLVERS

OURS = {name: kind for name, kind in served_schema().type_map.items() if not name.startswith("__")}
BUILT_IN = {"String", "Int", "Boolean", "ID", "Float"}


def _arguments(theirs: graphql.GraphQLField, ours: graphql.GraphQLField, where: str) -> Iterator[str]:
    for name, argument in ours.args.items():
        known = theirs.args.get(name)
        if known is None or str(known.type) != str(argument.type):
            yield f"{where}({name}: {argument.type}), theirs: {known and known.type}"
        elif known.default_value != argument.default_value:
            yield f"{where}({name}) defaults to {argument.default_value}, theirs to {known.default_value}"
    for name, argument in theirs.args.items():
        if graphql.is_required_argument(argument) and name not in ours.args:
            yield f"{where} lacks the required {name}"


def _differences(theirs: graphql.GraphQLNamedType | None, ours: graphql.GraphQLNamedType) -> Iterator[str]:
    """How our type is no part of theirs."""
    where = ours.name
    if type(theirs) is not type(ours):
        yield f"{where} is {type(theirs).__name__} there"
        return
    if isinstance(ours, graphql.GraphQLEnumType):
        yield from (f"{where}.{value}" for value in ours.values.keys() - theirs.values.keys())
    if isinstance(ours, graphql.GraphQLUnionType):
        known = {member.name for member in theirs.types}
        yield from (f"{where} | {member.name}" for member in ours.types if member.name not in known)
    if isinstance(ours, graphql.GraphQLInputObjectType):
        for name, field in ours.fields.items():
            if name not in theirs.fields or str(theirs.fields[name].type) != str(field.type):
                yield f"{where}.{name}: {field.type}"
        for name, field in theirs.fields.items():
            if graphql.is_required_input_field(field) and name not in ours.fields:
                yield f"{where} lacks the required {name}"
    if isinstance(ours, graphql.GraphQLObjectType | graphql.GraphQLInterfaceType):
        known = {interface.name for interface in theirs.interfaces}
        yield from (f"{where} implements {one.name}" for one in ours.interfaces if one.name not in known)
        for name, field in ours.fields.items():
            if name not in theirs.fields or str(theirs.fields[name].type) != str(field.type):
                yield f"{where}.{name}: {field.type}"
            else:
                yield from _arguments(theirs.fields[name], field, f"{where}.{name}")


@pytest.mark.parametrize("name", sorted(OURS.keys() - BUILT_IN))
def test_each_type_is_githubs(graphql_schema: graphql.GraphQLSchema, name: str) -> None:
    """Fields, arguments, nullability, defaults, enum values, members of unions."""
    assert [] == list(_differences(graphql_schema.type_map.get(name), OURS[name]))


def test_the_comparison_sees_differences(graphql_schema: graphql.GraphQLSchema) -> None:
    """A wrong type, an unknown field, argument and enum value are each named."""
    wrong = graphql.build_schema(
        "type Query { viewer(x: Int): String user(login: String): User nonsense: Int }"
        " type User { login: String! } enum IssueState { OPEN AJAR } input AddCommentInput { body: String! }"
    )
    seen = {
        name: sorted(_differences(graphql_schema.type_map[name], wrong.type_map[name]))
        for name in ("Query", "IssueState", "AddCommentInput")
    }
    assert [
        "Query.nonsense: Int",
        "Query.user(login: String), theirs: String!",
        "Query.viewer: String",
    ] == seen["Query"]
    assert ["IssueState.AJAR"] == seen["IssueState"]
    assert ["AddCommentInput lacks the required subjectId"] == seen["AddCommentInput"]


def test_each_field_of_a_served_record_can_be_read() -> None:
    """No field is only promised: where a type is read by resolvers, each of its fields has one."""
    missing = [
        f"{name}.{field}"
        for name, resolvers in RESOLVERS.items()
        for field in OURS[name].fields  # type: ignore[attr-defined]
        if field not in resolvers
    ]
    assert [] == missing
