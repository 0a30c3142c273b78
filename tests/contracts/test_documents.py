"""Every request this program makes is one that GitHub describes, and its described answers are understood.

The program's own functions run against GitHub's descriptions: a GraphQL document is executed on GitHub's
schema with made-up values, a REST request is answered with the example that GitHub publishes for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import graphql
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github_schema import OpenApi, variable_errors
from github_wire import Clock, Reply, Request, Wire, github, reply

from bot.doctor.identity import credentials, deliveries, installation, token, webhook
from bot.errors import RfhError
from bot.github import auth, documents
from bot.github.apply import apply, reread_comment
from bot.github.checks import report_policy
from bot.github.documents import CONVERT_MANIFEST, ENDPOINTS, QUERIES, Endpoint, apply_document
from bot.github.load import load
from bot.github.lookup import Catalogues, account_exists, file_text, issues_updated_since, role
from bot.github.people import itself, reads_while_private
from bot.github.public import all_comments
from bot.github.roster import Rosters
from bot.github.sweep import Selection, issue_pages
from bot.github.watched import add_comment, create_issue, listed, load_thread, update_issue
from bot.model import (
    Actor,
    AddLabels,
    Assign,
    CreateComment,
    CreateLabel,
    DeleteComment,
    IssueKey,
    Label,
    MinimizeComment,
    MirroredCard,
    React,
    RemoveLabels,
    Snapshot,
    UnminimizeComment,
    UpdateComment,
)
from bot.policy.load import load_default
from bot.policy.schema import Support
from bot.rules.turns import SUPPORT

KEY = IssueKey("octocat", "Hello-World", 1347)
MIRROR = MirroredCard(4, "IC_4", 1, "marker")
SCALARS: dict[str, Any] = {
    "Int": 3,
    "Boolean": False,
    "BigInt": "8589934592",
    "DateTime": "2024-05-06T12:00:00Z",
}
NO_OVERRIDES: Mapping[str, Any] = {}


@dataclass
class Described:
    """A GitHub that is nothing but its own description; what is wrong with a request fails the test."""

    openapi: OpenApi
    schema: graphql.GraphQLSchema
    actor: str = "User"
    event: str = "LabeledEvent"
    overrides: Mapping[str, Any] = field(default_factory=dict)  # path in the answer of LoadIssue → value
    asked: set[str] = field(default_factory=set)
    nullable: set[str] = field(default_factory=set)  # paths that GitHub may answer with null

    def __call__(self, request: Request) -> Reply:
        return self._graphql(request.json) if request.url.endswith("/graphql") else self._rest(request)

    # ── REST

    def _rest(self, request: Request) -> Reply:
        url = urlsplit(request.url)
        endpoint, values = _endpoint(request.method, url.path)
        values |= dict(parse_qsl(url.query))
        body = request.json if request.body else None
        assert [] == self.openapi.request_errors(endpoint.method, endpoint.path, values, body)
        self.asked.add(f"{endpoint.method} {endpoint.path}")
        status, example = next(self.openapi.examples(endpoint.method, endpoint.path))
        if endpoint is documents.GET_FILE:  # GitHub's example says "encoded content ..." there
            example = example | {"content": "aGVsbG8K"}
        return reply(example, status)

    # ── GraphQL

    def _graphql(self, payload: Mapping[str, Any]) -> Reply:
        text, variables = payload["query"], payload["variables"]
        assert [] == variable_errors(self.schema, text, variables)
        self.asked.add(re.findall(r"(?:query|mutation) (\w+)", text)[0])
        result = graphql.graphql_sync(
            self.schema,
            text,
            variable_values=variables,
            field_resolver=self._value,
            type_resolver=self._type,
        )
        assert result.errors is None
        return reply({"data": result.data})

    def _value(self, source: Any, info: graphql.GraphQLResolveInfo, **arguments: Any) -> Any:
        path = ".".join(str(step) for step in info.path.as_list() if isinstance(step, str))
        if not isinstance(info.return_type, graphql.GraphQLNonNull):
            self.nullable.add(path)
        if path in self.overrides and info.operation.name and info.operation.name.value == "LoadIssue":
            return self.overrides[path]
        return self._made_up(graphql.get_nullable_type(info.return_type), arguments)

    def _made_up(self, kind: Any, arguments: Mapping[str, Any]) -> Any:
        if isinstance(kind, graphql.GraphQLList):
            return [self._made_up(graphql.get_nullable_type(kind.of_type), arguments)]
        if isinstance(kind, graphql.GraphQLScalarType):
            return SCALARS.get(kind.name, f"a {kind.name}")
        if isinstance(kind, graphql.GraphQLEnumType):
            return next(iter(kind.values))
        return dict(arguments)

    def _type(
        self, value: Any, info: graphql.GraphQLResolveInfo, abstract: graphql.GraphQLAbstractType
    ) -> str:
        nodes = {"IC": "IssueComment"}
        return {
            "Actor": self.actor,
            "IssueTimelineItems": self.event,
            "Labelable": "Issue",
            "Minimizable": "IssueComment",
            "RepositoryOwner": "Organization",
            "Node": nodes.get(str(value.get("id", ""))[:2], "Issue"),
        }[abstract.name]


def _endpoint(method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
    """The endpoint of a URL, and the values in its path."""
    for endpoint in ENDPOINTS:
        pattern = re.sub(
            r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'path' else '[^/]+'})", endpoint.path
        )
        found = re.fullmatch(pattern, path)
        if endpoint.method == method and found:
            return endpoint, {name: unquote(value) for name, value in found.groupdict().items()}
    raise AssertionError(f"{method} {path} is not among ENDPOINTS")


Make = Callable[..., Described]


@pytest.fixture
def described(openapi: OpenApi, graphql_schema: graphql.GraphQLSchema) -> Make:
    return lambda **changes: Described(openapi, graphql_schema, **changes)


async def free() -> None:
    """`before_write` of a run whose claim holds."""


async def read(world: Described) -> Snapshot:
    return await load(github(Wire(world)), KEY, mirror=MIRROR, floor_of=lambda _: None)


# ── requests ───────────────────────────────────────────────────────────────────────────────────────


async def test_everything_that_is_asked_is_described(described: Make) -> None:
    """GitHub's descriptions know every request our functions make, and none is listed in vain."""
    world = described(
        overrides={
            "repository.issue.labels.pageInfo.hasNextPage": True,
            "repository.issue.timelineItems.pageInfo.hasPreviousPage": True,
            "repository.issue.tail.pageInfo.hasPreviousPage": True,
            "repository.issue.head.totalCount": 500,
            "repository.issue.head.nodes": [],
        }
    )
    gh = github(Wire(world), now=Clock())
    snapshot = await load(gh, KEY, mirror=MIRROR, floor_of=lambda _: None)
    world.overrides = {"repository.issue": None}
    with pytest.raises(RfhError):
        await load(gh, KEY, mirror=None, floor_of=lambda _: None)
    await Catalogues().get(gh, KEY.owner, KEY.repo)
    selection = Selection("rfh", open_only=True, since=datetime(2024, 1, 1, tzinfo=UTC))
    assert [1] == [len(page.glimpses) async for page in issue_pages(gh, KEY.owner, KEY.repo, selection)]
    await reread_comment(gh, "IC_4")
    await role(gh, KEY, "octocat")
    await account_exists(gh, "octocat")
    await itself(gh)
    await reads_while_private(gh, KEY.owner, KEY.repo, Actor("octocat", 1))
    await file_text(gh, KEY.owner, KEY.repo, ".github/rfh-bot.yml", ref="main")
    async for _ in issues_updated_since(gh, KEY.owner, KEY.repo, datetime(2024, 1, 1, tzinfo=UTC)):
        pass
    since = datetime(2024, 1, 1, tzinfo=UTC)
    thread = await load_thread(gh, KEY, since=since, known={4: "IC_4"})
    assert [] == [
        one async for one in listed(gh, KEY.owner, KEY.repo, {"creator": "x[bot]"}) if not one.number
    ]
    made = await create_issue(gh, KEY.owner, KEY.repo, title="t", body="b", labels=["public-leak"])
    await update_issue(gh, IssueKey(KEY.owner, KEY.repo, made.number), body="b", reopen=True)
    await add_comment(gh, thread.node_id, "b")
    assert (await all_comments(gh, snapshot)).comments
    await report_policy(gh, KEY.owner, KEY.repo, "c0ffee", ["x.yml:3:1: wrong"], title="t", summary="s")
    written = await apply(
        gh,
        snapshot,
        [
            CreateLabel("customer/acme", "c5def5", "a customer"),
            RemoveLabels((Label("LA_1", "x"),)),
            AddLabels((Label("LA_2", "y"),)),
            Assign(("octocat",)),
            CreateComment("card", "body"),
            UpdateComment(4, "IC_4", "body"),
            MinimizeComment(7, "IC_7"),
            UnminimizeComment(8, "IC_8"),
            React(5, "IC_5", "THUMBS_UP"),
            DeleteComment(6, "IC_6"),
        ],
        before_write=free,
    )
    assert ({"card": 2**33}, (6,)) == (written.comment_ids, written.deleted_ids)
    app = auth.App("123", _pem(), lambda tokens, pool: github(Wire(world), tokens, pool=pool), now=Clock())
    for use in (auth.RECONCILE, auth.REPORT):
        client = await app.client(KEY.owner, KEY.repo, use)
        await account_exists(client, "octocat")
    policy = load_default().model_copy(update={"support": Support(github_team="acme/support")})
    assert await Rosters(app).of(KEY.owner, KEY.repo, policy, [SUPPORT])
    await github(Wire(world), auth.Nobody()).rest(CONVERT_MANIFEST, code="abc")
    await token(gh, KEY.owner, KEY.repo)
    _, registered = await credentials(app)
    assert registered is not None
    await installation(app, KEY.owner, KEY.repo, registered)
    await webhook(app, registered)
    await deliveries(app, registered)
    await app.itself.rest(documents.REDELIVER, delivery_id=1)
    expected = {f"{e.method} {e.path}" for e in ENDPOINTS} | {q.name for q in QUERIES} | {"Apply"}
    assert expected == world.asked


def _pem() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path}")
def test_every_endpoint_and_its_query_is_described(endpoint: Endpoint, openapi: OpenApi) -> None:
    """The list in documents.py is spelled as GitHub spells it."""
    values = dict.fromkeys(re.findall(r"\{(\w+)\}", endpoint.path), "1")
    errors = openapi.request_errors(endpoint.method, endpoint.path, values)
    assert [] == [error for error in errors if "body" not in error]
    parameters = [
        openapi._resolve(p) for p in openapi.operation(endpoint.method, endpoint.path).get("parameters", [])
    ]
    assert set(endpoint.query) <= {p["name"] for p in parameters if p["in"] == "query"}


def test_every_order_of_mutations_is_a_document(graphql_schema: graphql.GraphQLSchema) -> None:
    """Whatever a plan holds, also the same kind twice."""
    text = apply_document([*documents.MUTATIONS, *reversed(documents.MUTATIONS)]).text
    assert [] == [e.message for e in graphql.validate(graphql_schema, graphql.parse(text))]


@pytest.mark.parametrize(
    ("values", "body", "expected"),
    [
        pytest.param({"owner": "o", "repo": "r"}, {"name": "x"}, [], id="good"),
        pytest.param({"owner": "o"}, {"name": "x"}, ["missing parameter repo"], id="missing-parameter"),
        pytest.param(
            {"owner": "o", "repo": "r", "page": "1"}, {"name": "x"}, ["unknown parameter page"], id="unknown"
        ),
        pytest.param(
            {"owner": "o", "repo": "r"}, {"colour": "x", "name": "x"}, ["unknown property colour"], id="typo"
        ),
        pytest.param(
            {"owner": "o", "repo": "r"}, {"name": 5}, ["body $.name: 5 is not of type 'string'"], id="type"
        ),
        pytest.param({"owner": "o", "repo": "r"}, None, ["no body where one is required"], id="no-body"),
    ],
)
def test_the_check_itself_finds_what_is_wrong(
    values: dict[str, str], body: Any, expected: list[str], openapi: OpenApi
) -> None:
    """A check that passes everything would be no contract."""
    assert expected == openapi.request_errors("POST", "/repos/{owner}/{repo}/labels", values, body)


def test_the_check_of_answers_finds_what_is_wrong(openapi: OpenApi) -> None:
    """GitHub's own example passes; one without a required property, or of another status, does not."""
    template = "/repos/{owner}/{repo}/labels"
    status, label = next(openapi.examples("POST", template))
    assert [] == openapi.response_errors("POST", template, status, label)
    assert [] == openapi.response_errors("POST", template, status, label | {"description": None})
    without = {name: value for name, value in label.items() if name != "node_id"}
    assert ["answer $: 'node_id' is a required property"] == openapi.response_errors(
        "POST", template, 201, without
    )
    assert ["status 418 is not described"] == openapi.response_errors("POST", template, 418, label)


# ── answers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("User", Actor("a String", 3, "User"), id="user"),
        pytest.param("Bot", Actor("a String", 3, "Bot"), id="bot"),
        pytest.param("Mannequin", Actor("a String", 3, "Mannequin"), id="mannequin"),
        pytest.param("Organization", Actor("a String", 3, "Organization"), id="organization"),
        pytest.param("EnterpriseUserAccount", Actor("a String", 0, "EnterpriseUserAccount"), id="enterprise"),
    ],
)
async def test_every_kind_of_actor_is_read(kind: str, expected: Actor, described: Make) -> None:
    """As GitHub's schema has them; an account of an enterprise has no database id."""
    snapshot = await read(described(actor=kind))
    assert [expected] * 3 == [
        snapshot.issue.author,
        snapshot.comments[0].author,
        snapshot.label_events[0].actor,
    ]


@pytest.mark.parametrize(("event", "added"), [("LabeledEvent", True), ("UnlabeledEvent", False)])
async def test_both_label_events_are_read(event: str, added: bool, described: Make) -> None:
    snapshot = await read(described(event=event))
    assert [added] == [e.added for e in snapshot.label_events]


# What may be null without making the answer useless: people (or their ids), times, lists that may be empty,
# and cursors of pages that are not read.
_OF_A_COMMENT = (
    "author",
    "author.databaseId",
    "editor",
    "editor.databaseId",
    "lastEditedAt",
    "reactionGroups",
)
NULL_IS_FINE = {
    "card",
    "repository.issue.author",
    "repository.issue.author.databaseId",
    "repository.issue.lastEditedAt",
    "repository.issue.stateReason",
    "repository.issue.assignees.nodes",
    "repository.issue.assignees.nodes.databaseId",
    "repository.issue.labels",
    "repository.issue.labels.nodes",
    "repository.issue.labels.pageInfo.endCursor",
    "repository.issue.tail.pageInfo.startCursor",
    "repository.issue.timelineItems.nodes",
    "repository.issue.timelineItems.nodes.actor",
    "repository.issue.timelineItems.nodes.actor.databaseId",
    "repository.issue.timelineItems.pageInfo.startCursor",
} | {
    f"{comment}.{name}"
    for comment in ("card", "repository.issue.head.nodes", "repository.issue.tail.nodes")
    for name in _OF_A_COMMENT
}


async def test_whatever_github_leaves_null_is_understood(described: Make) -> None:
    """Each nullable field in turn: a snapshot where nothing of worth is missing, else one of our errors."""
    whole = described()
    await read(whole)
    understood = set()
    for path in sorted(whole.nullable):
        try:
            await read(described(overrides={path: None}))
        except RfhError:
            continue
        understood.add(path)
    assert NULL_IS_FINE == understood


async def test_github_s_examples_are_understood(described: Make) -> None:
    """Values out of the example answers that GitHub publishes."""
    gh = github(Wire(described()))
    since = datetime(2011, 1, 1, tzinfo=UTC)
    assert "admin" == await role(gh, KEY, "octocat")
    assert await account_exists(gh, "octocat")
    text, sha = await file_text(gh, KEY.owner, KEY.repo, "README.md") or ("", "")
    assert ("hello\n", 40) == (text, len(sha))
    assert [] == [n async for n, _ in issues_updated_since(gh, KEY.owner, KEY.repo, since)]  # a pull request
