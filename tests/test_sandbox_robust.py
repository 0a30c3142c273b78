"""No request breaks the sandbox: whatever is asked, it answers in GitHub's shapes and goes on."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_client import bench

from bot.sandbox import Sandbox
from bot.sandbox.graphql_api import served_schema

ROUTES = sorted({(route.method, route.path) for _, route in Sandbox().api.rest.routes})
VALUES = {
    "owner": ["acme", "nobody"],
    "repo": ["customer", "product", "x%2Fy"],
    "issue_number": ["1", "2", "99", "x", "-1", "²"],
    "comment_id": ["3100000001", "3100000002", "1", "x"],
    "reaction_id": ["280000001", "x"],
    "installation_id": ["61000001", "7", "x"],
    "delivery_id": ["12000000002", "x"],
    "username": ["sam", "rfh-bot[bot]", "nobody", "%00"],
    "name": ["rfh", "team%2Fsearch", "none", "%2F"],
    "path": ["a.yml", "a/b", "%2e%2e"],
}
# fmt: off
KEYS = (
    "title", "body", "labels", "assignees", "state", "state_reason", "name", "new_name", "color",
    "description", "content", "message", "sha", "head_sha", "status", "conclusion", "output",
    "repositories", "repository_ids", "permissions",
)
QUERY = ("state", "sort", "direction", "since", "per_page", "page", "labels", "creator", "cursor", "ref")
# fmt: on
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 9)
    | st.sampled_from(["", "rfh", "closed", "open", "+1", "a=", "é"])
)
_JSON = st.recursive(
    _LEAVES,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from(KEYS), x, max_size=3),
    max_leaves=6,
)
_BODIES = (
    st.none()
    | _LEAVES
    | st.lists(_LEAVES, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), _JSON, max_size=6)
)
_QUERIES = st.dictionaries(
    st.sampled_from(QUERY),
    st.sampled_from(
        ["", "all", "closed", "updated", "asc", "2024-05-06", "2024-05-06T09:00:00Z", "0", "-1", "x", "²"]
    ),
    max_size=4,
)


@st.composite
def _requests(draw: st.DrawFn) -> tuple[str, str, Any]:
    method, path = draw(st.sampled_from(ROUTES))
    for name, values in VALUES.items():
        if f"{{{name}}}" in path:
            likely = st.just(values[0])  # mostly the one that is there, so that the body gets its turn
            path = path.replace(f"{{{name}}}", draw(likely | likely | likely | st.sampled_from(values)))
    query = "&".join(f"{name}={value}" for name, value in draw(_QUERIES).items())
    return method, f"{path}?{query}", draw(_BODIES)


@given(
    st.lists(
        st.tuples(_requests(), st.sampled_from(["app", "installation", "sam", "olu"])),
        min_size=8,
        max_size=16,
    )
)
@settings(max_examples=20, deadline=None)
def test_any_rest_request_is_answered(asked: list[tuple[tuple[str, str, Any], str]]) -> None:
    """A described status, an object or list; an error has a message."""

    async def run() -> None:
        gh = bench()
        gh.installation.permissions["contents"] = "write"
        issue = gh.world.file_issue(gh.repo, "sam", "t", "b", ["rfh"])
        gh.world.react(gh.world.comment(issue, gh.gh.bot_login, "card"), "sam", "EYES")
        gh.world.put_file(gh.repo, "a.yml", "a: 1", "max")
        tokens = {"app": gh.jwt(), "installation": gh.token()}
        tokens |= {login: gh.gh.token_for(login) for login in ("sam", "olu")}
        for (method, path, body), who in asked:
            answer = await gh.rest(method, path, body, token=tokens[who])
            assert answer.status in {200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 410, 422}
            if answer.status >= 400:
                assert answer.data["message"]
        await gh.gh.settle()

    asyncio.run(run())


_IDS = st.sampled_from(
    ["", "I_", "I_kwDO", "R_kwDOAAAAABTck4A", "I_kwDOAAAAAJr42gE", "IC_kwDOAAAAALjGPwE", "é_kwDOé"]
)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(served_schema().mutation_type.fields)), _IDS, _IDS), max_size=5)
)
@settings(max_examples=20, deadline=None)
def test_any_mutation_is_answered(asked: list[tuple[str, str, str]]) -> None:
    """Ids of nothing, of other kinds, of the other repository: an error of a known type, or done."""
    texts = {"String": "x", "ReactionContent": "EYES", "ReportedContentClassifiers": "SPAM"}

    async def run() -> None:
        gh = bench()
        gh.world.comment(gh.world.file_issue(gh.repo, "sam", "t"), gh.gh.bot_login, "card")
        for name, ident, other in asked:
            kind = served_schema().mutation_type.fields[name].args["input"].type.of_type
            needed = {
                field: str(part.type).strip("!")
                for field, part in kind.fields.items()
                if "!" in str(part.type)
            }
            given_input: dict[str, Any] = {
                field: [other] if shape.startswith("[") else texts.get(shape, ident)
                for field, shape in needed.items()
            }
            query = f"mutation($i: {kind.name}!) {{ {name}(input: $i) {{ clientMutationId }} }}"
            answer = await gh.graphql(query, i=given_input)
            for error in answer.data.get("errors", ()):
                assert error["type"] in {"NOT_FOUND", "FORBIDDEN", "UNPROCESSABLE"}
        await gh.gh.settle()

    asyncio.run(run())
