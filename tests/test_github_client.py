"""The one call to GitHub: what each answer means, what is remembered, and what never leaks."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from github_wire import Clock, Reply, Wire, github, refusal, reply

from bot.errors import Forbidden, RfhError, Transient
from bot.github.answers import GraphQLError
from bot.github.auth import StaticToken
from bot.github.client import GitHub, Refused, UnexpectedStatus, graphql_url_of
from bot.github.documents import (
    CREATE_LABEL,
    GET_FILE,
    GET_USER,
    LIST_ISSUES,
    READ_COMMENT,
    apply_document,
)
from bot.github.pool import Limit, Pool

CANARY = "acme-corp-secret"
RESET = {
    "x_ratelimit_limit": "5000",
    "x_ratelimit_remaining": "0",
    "x_ratelimit_reset": "1714997100",  # five minutes after the clock's start
}


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        pytest.param("https://api.github.com", "https://api.github.com/graphql", id="github.com"),
        pytest.param("https://ghe.example/api/v3", "https://ghe.example/api/graphql", id="enterprise"),
        pytest.param("https://ghe.example/api/v3/", "https://ghe.example/api/graphql", id="enterprise-slash"),
        pytest.param("http://127.0.0.1:8080", "http://127.0.0.1:8080/graphql", id="sandbox"),
    ],
)
def test_graphql_url_follows_the_rest_url(base: str, expected: str) -> None:
    """GITHUB_API_URL alone is enough to reach any GitHub."""
    assert expected == graphql_url_of(base)


@pytest.mark.parametrize(
    ("answer", "kind", "wait"),
    [
        pytest.param(refusal(403, CANARY, **RESET), Transient, 300.0, id="primary-limit-403"),
        pytest.param(refusal(429, CANARY, **RESET), Transient, 300.0, id="primary-limit-429"),
        pytest.param(
            refusal(403, CANARY, retry_after="30"), Transient, 30.0, id="secondary-with-retry-after"
        ),
        pytest.param(refusal(429, CANARY, retry_after="7"), Transient, 7.0, id="429-with-retry-after"),
        pytest.param(refusal(429, CANARY), Transient, 60.0, id="429-bare"),
        pytest.param(
            refusal(429, CANARY, retry_after="soon"), Transient, 60.0, id="429-unreadable-retry-after"
        ),
        pytest.param(
            refusal(403, "You have exceeded a secondary rate limit."),
            Transient,
            60.0,
            id="secondary-in-words",
        ),
        pytest.param(refusal(500, CANARY), Transient, None, id="500"),
        pytest.param(refusal(502, CANARY), Transient, None, id="502"),
        pytest.param(refusal(503, CANARY, retry_after="9"), Transient, 9.0, id="503-with-retry-after"),
        pytest.param((520, {}, CANARY.encode()), Transient, None, id="status-unknown-to-http"),
        pytest.param(
            (200, {"content-type": "application/json"}, b"<html>" + CANARY.encode()),
            Transient,
            None,
            id="not-json",
        ),
        pytest.param(
            (200, {"content-type": "text/plain; charset=bogus"}, CANARY.encode()),
            Transient,
            None,
            id="unknown-charset",
        ),
        pytest.param(TimeoutError(CANARY), Transient, None, id="timeout"),
        pytest.param(ConnectionResetError(CANARY), Transient, None, id="reset"),
        pytest.param(aiohttp.ServerDisconnectedError(CANARY), Transient, None, id="disconnected"),
        pytest.param(refusal(403, f"Resource not accessible by {CANARY}"), Forbidden, None, id="permission"),
        pytest.param(refusal(401, CANARY), Forbidden, None, id="401-static-token"),
    ],
)
async def test_what_a_failure_means(
    answer: Reply | Exception, kind: type[RfhError], wait: float | None
) -> None:
    """Every status maps to one of our errors, with the wait GitHub asks for, and without GitHub's words."""
    client = github(Wire([answer]), now=Clock())
    with pytest.raises(kind) as caught:
        await client.rest(GET_USER, username="x")
    assert kind is type(caught.value)
    assert wait == getattr(caught.value, "retry_after", None)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert (None, None) == (caught.value.__context__, caught.value.__cause__)


@pytest.mark.parametrize("status", [301, 404, 409, 410, 422, 451])
async def test_the_caller_judges_other_statuses(status: int) -> None:
    """A 404 is an answer to some questions, so it is not an error of ours until the caller says so."""
    client = github(Wire([refusal(status, CANARY)]))
    with pytest.raises(UnexpectedStatus) as caught:
        await client.rest(GET_USER, username="x")
    assert status == caught.value.status
    assert f"GET /users/{{username}}: HTTP {status}" == str(caught.value)


async def test_a_422_tells_its_codes_and_nothing_else() -> None:
    """`already_exists` is what CreateLabel needs to know; the message may quote the label."""
    errors = [{"code": "already_exists", "field": CANARY}, {"code": f"{CANARY} is bad"}, "text"]
    client = github(Wire([reply({"message": CANARY, "errors": errors}, 422)]))
    with pytest.raises(UnexpectedStatus) as caught:
        await client.rest(CREATE_LABEL, {"name": CANARY}, owner="o", repo="r")
    assert frozenset({"already_exists"}) == caught.value.codes
    assert CANARY not in repr(caught.value)


async def test_a_known_limit_is_not_run_against() -> None:
    """After a refusal nothing is sent until its time has come; the other resource goes on."""
    clock = Clock()
    wire = Wire([refusal(403, **RESET), reply({"data": {"node": None}}), reply({"login": "x"})])
    client = github(wire, now=clock)
    with pytest.raises(Transient):
        await client.rest(GET_USER, username="x")
    clock.advance(100)
    with pytest.raises(Transient) as caught:
        await client.rest(GET_USER, username="x")
    assert 200.0 == caught.value.retry_after
    await client.graphql(READ_COMMENT, {"id": "IC_1"})
    clock.advance(200)
    assert {"login": "x"} == await client.rest(GET_USER, username="x")
    assert 3 == len(wire.sent)


async def test_a_secondary_limit_stops_every_client_of_the_installation() -> None:
    """GitHub counts tokens of one installation together, and bans those who go on."""
    clock = Clock()
    pool = Pool(now=clock)
    one, wire = (
        github(Wire([refusal(403, retry_after="20")]), pool=pool, now=clock),
        Wire([reply({"data": {}})]),
    )
    other = github(wire, pool=pool, now=clock)
    with pytest.raises(Transient):
        await one.rest(GET_USER, username="x")
    with pytest.raises(Transient):
        await other.graphql(READ_COMMENT, {"id": "IC_1"})
    assert [] == wire.sent
    clock.advance(20)
    await other.graphql(READ_COMMENT, {"id": "IC_1"})


async def test_limits_are_kept_per_resource() -> None:
    """The figures show what is left of each hourly budget."""
    state = {"x_ratelimit_limit": "5000", "x_ratelimit_reset": "1714997100"}
    wire = Wire(
        [
            reply({}, x_ratelimit_remaining="4999", x_ratelimit_resource="core", **state),
            reply({"data": {}}, x_ratelimit_remaining="4990", x_ratelimit_resource="graphql", **state),
        ]
    )
    client = github(wire, now=Clock())
    await client.rest(GET_USER, username="x")
    await client.graphql(READ_COMMENT, {"id": "IC_1"})
    assert {"core": 4999, "graphql": 4990} == {r: x.remaining for r, x in client.pool.limits.items()}
    assert isinstance(client.pool.limits["core"], Limit)


async def test_an_unchanged_answer_is_free_and_the_same() -> None:
    """The ETag goes out, a 304 brings the kept answer back; another installation's pool has none of it."""
    calls: list[tuple[str, str, str, int]] = []
    wire = Wire([reply({"login": "x"}, etag='"1"'), (304, {}, b""), reply({"login": "y"})])
    client = github(wire, on_call=lambda *call: calls.append(call))
    first = await client.rest(GET_USER, username="x")
    assert first == await client.rest(GET_USER, username="x")
    assert '"1"' == wire.sent[1].headers["if-none-match"]
    assert [200, 304] == [call[3] for call in calls]
    await github(wire).rest(GET_USER, username="x")
    assert "if-none-match" not in wire.sent[2].headers


async def test_calls_are_counted_by_template() -> None:
    """Figures name the operation, never a login, a path or a query."""
    calls: list[tuple[str, str, str, int]] = []
    wire = Wire([refusal(404), reply({"data": {}}), TimeoutError()])
    client = github(wire, on_call=lambda *call: calls.append(call))
    with pytest.raises(UnexpectedStatus):
        await client.rest(GET_FILE, owner="o", repo="r", path=".github/rfh-bot.yml")
    await client.graphql(READ_COMMENT, {"id": "IC_1"})
    with pytest.raises(Transient):
        await client.rest(LIST_ISSUES, owner="o", repo="r", page=2)
    expected = [
        ("rest", "GET", "/repos/{owner}/{repo}/contents/{path}", 404),
        ("graphql", "POST", "ReadComment", 200),
        ("rest", "GET", "/repos/{owner}/{repo}/issues", 0),
    ]
    assert expected == calls
    urls = [request.url.removeprefix("https://api.github.com") for request in wire.sent]
    assert ["/repos/o/r/contents/.github/rfh-bot.yml", "/graphql", "/repos/o/r/issues?page=2"] == urls


async def test_at_most_so_many_requests_are_open_at_once() -> None:
    """The gate belongs to the installation (GitHub allows 100 in all)."""
    open_now, most = 0, 0

    async def slow(_: object) -> Reply:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0)
        open_now -= 1
        return reply({})

    client = github(Wire(slow), pool=Pool(concurrency=3))
    await asyncio.gather(*(client.rest(GET_USER, username="x") for _ in range(12)))
    assert 3 == most


# ── GraphQL ────────────────────────────────────────────────────────────────────────────────────────

WRITE = apply_document(["addComment", "addReaction"])


def error(kind: str | None, *path: str | int, message: str = CANARY) -> dict[str, Any]:
    return {"message": message, "path": list(path)} | ({"type": kind} if kind else {})


async def test_a_missing_part_of_a_query_is_data() -> None:
    """NOT_FOUND at a path is an answer: the part is null, and the error says which."""
    errors = [error("NOT_FOUND", "card")]
    client = github(Wire([reply({"data": {"viewer": {}, "card": None}, "errors": errors})]))
    answer = await client.graphql(READ_COMMENT, {"id": "x"})
    assert (GraphQLError("NOT_FOUND", ("card",)),) == answer.errors
    assert {"viewer": {}, "card": None} == answer.data


async def test_errors_of_a_mutation_come_with_what_was_done() -> None:
    """Some writes of the document may have been done; only their caller can tell what that means."""
    payload = {"data": {"w0": {}, "w1": None}, "errors": [error(None, "w1"), error("RATE_LIMITED", "w1")]}
    client = github(Wire([reply(payload)]))
    answer = await client.graphql(WRITE, {})
    assert ["UNKNOWN at w1", "RATE_LIMITED at w1"] == [str(e) for e in answer.errors]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        pytest.param({"errors": [error("RATE_LIMITED")]}, Transient, id="rate-limited"),
        pytest.param(
            {"data": {"node": None}, "errors": [error(None, "node")]}, Transient, id="partial-without-type"
        ),
        pytest.param(
            {
                "data": None,
                "errors": [error(None, message="Something went wrong while executing your query.")],
            },
            Transient,
            id="something-went-wrong",
        ),
        pytest.param({"data": None, "errors": [error("FORBIDDEN", "node")]}, Forbidden, id="forbidden"),
        pytest.param({"message": CANARY}, Transient, id="neither-data-nor-errors"),
        pytest.param(
            {"errors": [{"message": CANARY, "extensions": {"code": "undefinedField", "fieldName": CANARY}}]},
            Refused,
            id="schema-does-not-know-it",
        ),
        pytest.param(
            {"data": None, "errors": [error("INSUFFICIENT_SCOPES")]}, Forbidden, id="token-without-scope"
        ),
        pytest.param([CANARY], Transient, id="not-an-object"),
        pytest.param({"data": None, "errors": [CANARY]}, Transient, id="error-of-no-shape"),
        pytest.param(
            {"data": None, "errors": [error(f"{CANARY} !", f"{CANARY} !")]}, Transient, id="text-as-type"
        ),
    ],
)
async def test_what_a_graphql_answer_means(payload: Any, kind: type[RfhError]) -> None:
    """A 200 with errors is told by type and path, never by message, variables or document."""
    client = github(Wire([reply(payload)]))
    with pytest.raises(kind) as caught:
        await client.graphql(READ_COMMENT, {"id": CANARY})
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert "ReadComment" in str(caught.value)


async def test_a_limit_told_with_status_200_is_waited_for() -> None:
    """Under either name: `retry-after` counts, else the spent budget's reset, else a minute."""
    for headers, expected in ((RESET, 300.0), ({"retry_after": "9"}, 9.0), ({}, 60.0)):
        for kind in ("RATE_LIMITED", "RATE_LIMIT"):
            limited = reply({"data": None, "errors": [error(kind)]}, **headers)
            with pytest.raises(Transient) as caught:
                await github(Wire([limited]), now=Clock()).graphql(READ_COMMENT, {"id": "x"})
            assert expected == caught.value.retry_after


async def test_values_travel_in_variables() -> None:
    """The document's text is the same whatever is written."""
    wire = Wire([reply({"data": {"w0": {}, "w1": {}}})])
    await github(wire).graphql(WRITE, {"w0": {"body": CANARY}})
    assert CANARY not in wire.sent[0].json["query"]
    assert CANARY == wire.sent[0].json["variables"]["w0"]["body"]


# ── the socket ─────────────────────────────────────────────────────────────────────────────────────


async def test_over_a_real_socket(aiohttp_server: Any) -> None:
    """Redirects are answers, escaped paths stay escaped, credentials and version are sent."""
    seen: list[tuple[str, Mapping[str, str]]] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append((request.raw_path, request.headers))
        if request.path.startswith("/api/v3/users"):
            return web.json_response({"message": "Moved"}, status=301, headers={"location": "/elsewhere"})
        return web.json_response([], headers={"x-ratelimit-remaining": "1"})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        client = GitHub(session, StaticToken("t0ken"), api_url=str(server.make_url("/api/v3")))
        with pytest.raises(UnexpectedStatus) as caught:
            await client.rest(GET_USER, username="a/b c")
        assert 301 == caught.value.status
        assert [] == await client.rest(LIST_ISSUES, owner="o", repo="r", since="2024-01-01T00:00:00Z")
        with pytest.raises(Transient):
            await client.graphql(READ_COMMENT, {"id": "x"})  # answered with a list
        await server.close()
        with pytest.raises(Transient) as dead:
            await client.rest(GET_USER, username="x")
    assert [
        "/api/v3/users/a%2Fb%20c",
        "/api/v3/repos/o/r/issues?since=2024-01-01T00%3A00%3A00Z",
        "/api/graphql",
    ] == [path for path, _ in seen]
    assert {"token t0ken"} == {headers["authorization"] for _, headers in seen}
    assert {"2022-11-28"} == {headers["x-github-api-version"] for _, headers in seen}
    assert "GET /users/{username}: no answer (ClientConnectorError)" == str(dead.value)
