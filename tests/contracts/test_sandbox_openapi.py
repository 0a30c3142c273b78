"""The sandbox's REST answers are such as GitHub's OpenAPI description allows."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from github_schema import OpenApi
from sandbox_client import Bench, bench

from bot.github.documents import ENDPOINTS
from bot.sandbox.rest import Route

R = "/repos/acme/customer"


@pytest.fixture
async def gh() -> Bench:
    made = bench()
    made.installation.permissions["contents"] = "write"
    issue = made.world.file_issue(made.repo, "sam", "t", "b", ["rfh"], ["erin"])
    made.world.file_issue(made.repo, "stranger", "a pull request", pull=True)
    comment = made.world.comment(issue, made.gh.bot_login, "card")
    made.world.react(comment, made.gh.bot_login, "EYES")
    made.world.put_file(made.repo, "a.yml", "a: 1", "max")
    await made.gh.settle()
    return made


def _route(gh: Bench, method: str, template: str) -> Route:
    return next(r for _, r in gh.gh.api.rest.routes if (r.method, r.path) == (method, template))


async def test_each_route_is_one_of_githubs(openapi: OpenApi) -> None:
    """Method and path template, parameter names included."""
    served = [route for _, route in bench().gh.api.rest.routes]
    assert [] == [
        f"{route.method} {route.path}"
        for route in served
        if route.method.lower() not in openapi.description["paths"].get(route.path, {})
    ]


async def test_each_request_of_the_program_is_served() -> None:
    """What the program asks, the sandbox answers."""
    served = {(route.method, route.path) for _, route in bench().gh.api.rest.routes}
    assert set() == {(one.method, one.path) for one in ENDPOINTS} - served


_CONTENT = base64.b64encode(b"a").decode()
_CHECK = {
    "name": "policy",
    "head_sha": "0" * 40,
    "conclusion": "failure",
    "output": {"title": "t", "summary": "s"},
}
CASES: list[tuple[str, str, dict[str, Any], Any]] = [
    ("GET", "/app", {}, None),
    ("GET", "/app/installations", {}, None),
    ("GET", "/app/installations/{installation_id}", {}, None),
    ("POST", "/app/installations/{installation_id}/access_tokens", {}, {"repositories": ["customer"]}),
    ("GET", "/app/hook/config", {}, None),
    ("GET", "/app/hook/deliveries", {}, None),
    ("GET", "/app/hook/deliveries/{delivery_id}", {}, None),
    ("POST", "/app/hook/deliveries/{delivery_id}/attempts", {}, None),
    ("GET", "/repos/{owner}/{repo}/installation", {}, None),
    ("GET", "/installation/repositories", {}, None),
    ("GET", "/rate_limit", {}, None),
    ("GET", "/user", {}, None),
    ("GET", "/users/{username}", {"username": "sam"}, None),
    ("GET", "/repos/{owner}/{repo}", {}, None),
    ("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", {"username": "sam"}, None),
    ("GET", "/repos/{owner}/{repo}/labels", {}, None),
    ("POST", "/repos/{owner}/{repo}/labels", {}, {"name": "new", "color": "ffffff"}),
    ("GET", "/repos/{owner}/{repo}/labels/{name}", {"name": "rfh"}, None),
    ("PATCH", "/repos/{owner}/{repo}/labels/{name}", {"name": "rfh"}, {"new_name": "help"}),
    ("DELETE", "/repos/{owner}/{repo}/labels/{name}", {"name": "rfh"}, None),
    ("GET", "/repos/{owner}/{repo}/issues", {}, None),
    ("POST", "/repos/{owner}/{repo}/issues", {}, {"title": "t", "labels": ["rfh"]}),
    ("GET", "/repos/{owner}/{repo}/issues/{issue_number}", {}, None),
    ("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", {}, {"state": "closed", "labels": ["rfh"]}),
    ("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", {}, None),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", {}, {"body": "b"}),
    ("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", {}, None),
    ("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", {}, {"body": "b2"}),
    ("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", {}, None),
    ("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", {}, None),
    ("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", {}, {"content": "+1"}),
    ("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}", {}, None),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", {}, {"content": "+1"}),
    ("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", {}, None),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", {}, {"labels": ["rfh"]}),
    ("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}", {"name": "rfh"}, None),
    ("POST", "/repos/{owner}/{repo}/issues/{issue_number}/assignees", {}, {"assignees": ["erin"]}),
    ("GET", "/repos/{owner}/{repo}/contents/{path}", {"path": "a.yml"}, None),
    (
        "PUT",
        "/repos/{owner}/{repo}/contents/{path}",
        {"path": "b.yml"},
        {"message": "m", "content": _CONTENT},
    ),
    ("POST", "/repos/{owner}/{repo}/check-runs", {}, _CHECK),
    ("POST", "/app-manifests/{code}/conversions", {}, None),
    # what GitHub refuses
    ("GET", "/repos/{owner}/{repo}/issues/{issue_number}", {"issue_number": "99"}, None),
    ("POST", "/repos/{owner}/{repo}/labels", {}, {"name": "RFH"}),
    ("GET", "/repos/{owner}/{repo}/contents/{path}", {"path": "nowhere.yml"}, None),
    ("GET", "/users/{username}", {"username": "nobody"}, None),
]

_MANIFEST = {
    "name": "rfh-bot",
    "url": "https://x.example",
    "hook_attributes": {"url": "https://x.example/webhook"},
}

# The description of this list alone asks an account to be a user *and* an enterprise; a single one is either.
_SLIPS = {
    ("/app/installations", f"answer $[0].account: '{name}' is a required property")
    for name in ("name", "slug", "created_at", "updated_at")
}


@pytest.mark.parametrize(
    ("method", "template", "values", "body"),
    CASES,
    ids=[f"{case[0]} {case[1]} {case[2] or ''}".strip() for case in CASES],
)
async def test_each_answer_is_as_described(
    openapi: OpenApi, gh: Bench, method: str, template: str, values: dict[str, str], body: Any
) -> None:
    """The request is one GitHub knows, and status and body are among those it describes."""
    comment = gh.world.comments(gh.world.state.issue(gh.repo, 1))[0]
    known = {
        "owner": "acme", "repo": "customer", "issue_number": "1", "comment_id": str(comment.id),
        "installation_id": str(gh.installation.id), "delivery_id": str(gh.gh.hooks.deliveries[-1].id),
        "reaction_id": str(comment.reactions[0].id), "code": gh.gh.manifests.code(_MANIFEST), **values,
    }  # fmt: skip
    wanted = {name: value for name, value in known.items() if f"{{{name}}}" in template}
    assert [] == openapi.request_errors(method, template, wanted, body)
    token = gh.jwt() if _route(gh, method, template).as_app else None
    if template == "/user":  # an installation is nobody
        token = gh.gh.access.user_token(gh.world.state.account("sam"))
    answer = await gh.rest(method, template.format(**known), body, token=token)
    errors = openapi.response_errors(method, template, answer.status, answer.data)
    assert [] == [one for one in errors if (template, one) not in _SLIPS]


async def test_each_route_is_held_against_the_description() -> None:
    """A new route needs a case above."""
    served = {(route.method, route.path) for _, route in bench().gh.api.rest.routes}
    assert set() == served - {(method, template) for method, template, _, _ in CASES}
