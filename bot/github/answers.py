"""Floor 2: what a GraphQL answer says, without its words: messages quote ids, variables and people's text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

_LIMIT = re.compile(r"rate limit|abuse detection|submitted too quickly", re.IGNORECASE)
_CODE = re.compile(r"\A[A-Za-z0-9_]{1,60}\Z")


@dataclass(frozen=True, slots=True)
class GraphQLError:
    """What may be told of an error: its type and where in the answer it stands, never its message."""

    type: str
    path: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"{self.type} at {'.'.join(map(str, self.path)) or 'top'}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Data of a GraphQL call, possibly partial, and the errors that say which parts are missing."""

    data: Mapping[str, Any]
    errors: tuple[GraphQLError, ...] = ()


def tells_of_a_limit(message: str) -> bool:
    """Some limits are told in words only, in REST and in GraphQL."""
    return _LIMIT.search(message) is not None


def is_code(value: object) -> TypeGuard[str]:
    """Is it one of GitHub's code words, and not a text?"""
    return isinstance(value, str) and _CODE.match(value) is not None


def errors_of(payload: Mapping[str, Any]) -> tuple[GraphQLError, ...]:
    """The errors of a GraphQL response, none when there are none."""
    errors = payload.get("errors") or []
    return tuple(_error(error) for error in (errors if isinstance(errors, list) else [errors]))


def _error(error: Any) -> GraphQLError:
    """Type and path of an error, in few words of GitHub's and two of ours, UNKNOWN and INVALID.

    Limits come as RATE_LIMITED, as RATE_LIMIT (https://github.com/yanyongyu/githubkit/issues/271), or in
    words only ("was submitted too quickly", https://github.com/cli/cli/issues/4801). A document that the
    schema does not know (an older GitHub Enterprise Server) has a code in `extensions` and no type.
    """
    if not isinstance(error, dict):
        return GraphQLError("UNKNOWN", ())
    kind = error.get("type")
    extensions = error.get("extensions")
    if tells_of_a_limit(str(error.get("message", ""))) or kind == "RATE_LIMIT":
        kind = "RATE_LIMITED"
    elif kind == "INSUFFICIENT_SCOPES":
        kind = "FORBIDDEN"
    elif kind is None and isinstance(extensions, dict) and "code" in extensions:
        kind = "INVALID"
    elif not is_code(kind):
        kind = "UNKNOWN"
    path = error.get("path")
    steps = path if isinstance(path, list) else []
    return GraphQLError(kind, tuple(step for step in steps if isinstance(step, int) or is_code(step)))
