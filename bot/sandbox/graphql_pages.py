"""GraphQL connections: pages by cursor, with the bounds and errors of GitHub's."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 100


class Fault(GraphQLError):
    """One field's error, with GitHub's `type`: NOT_FOUND, FORBIDDEN, UNPROCESSABLE … The rest goes on."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message, extensions={"type": kind})


def connection(
    items: Sequence[Any], args: Mapping[str, Any], what: str, cursor_of: Callable[[Any], object]
) -> dict[str, Any]:
    """A page by cursor; raises Fault without first or last, or over 100, as GitHub does.

    https://docs.github.com/graphql/guides/using-pagination-in-the-graphql-api
    """
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise Fault(
            "MISSING_PAGINATION_BOUNDARIES", f"You must provide a `first` or `last` value to page `{what}`."
        )
    for name, value in (("first", first), ("last", last)):
        if value is not None and value > MAX_PAGE:
            over = f"exceeds the `{name}` limit of {MAX_PAGE} records."
            raise Fault(
                "EXCESSIVE_PAGINATION", f"Requesting {value} records on the `{what}` connection {over}"
            )
        if value is not None and value < 0:
            raise Fault("INVALID_PAGINATION", f"`{name}` on `{what}` cannot be less than zero.")
    edges = [{"cursor": _cursor(cursor_of(item)), "node": item} for item in items]
    cursors = [edge["cursor"] for edge in edges]
    start = cursors.index(args["after"]) + 1 if args.get("after") in cursors else 0
    end = cursors.index(args["before"]) if args.get("before") in cursors else len(edges)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    page = edges[start:end]
    return {
        "edges": page,
        "nodes": [edge["node"] for edge in page],
        "totalCount": len(edges),
        "filteredCount": len(edges),
        "pageInfo": {
            "startCursor": page[0]["cursor"] if page else None,
            "endCursor": page[-1]["cursor"] if page else None,
            "hasNextPage": end < len(edges),
            "hasPreviousPage": start > 0,
        },
    }


def _cursor(key: object) -> str:
    return base64.b64encode(f"cursor:v2:{key}".encode()).decode()
