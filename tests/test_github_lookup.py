"""What a run may ask beside the issue."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from github_wire import Clock, Reply, Request, Wire, github, refusal, reply

from bot.errors import Forbidden, Gone, PolicyError, RfhError
from bot.github.checks import MAX_ANNOTATIONS, report_policy
from bot.github.client import UnexpectedStatus
from bot.github.lookup import Catalogues, account_exists, file_text, issues_updated_since, role
from bot.model import IssueKey, Label

KEY = IssueKey("sourcegraph", "customer", 7)
START = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)

# ── labels ─────────────────────────────────────────────────────────────────────────────────────────


def labels(request: Request) -> Reply:
    """A repository of 150 labels."""
    start = int(request.json["variables"]["after"] or 0)
    nodes = [{"id": f"LA_{n}", "name": f"Team/{n}"} for n in range(start, min(150, start + 100))]
    info = {"hasNextPage": start == 0, "endCursor": "100"}
    return reply({"data": {"repository": {"labels": {"nodes": nodes, "pageInfo": info}}}})


async def test_the_catalogue_is_read_once_in_ten_minutes() -> None:
    """All pages, found by case-folded name; kept, until it is old or said to have changed."""
    clock, wire = Clock(), Wire(labels)
    catalogues, gh = Catalogues(now=clock), github(wire)
    first = await catalogues.get(gh, "sourcegraph", "customer")
    assert Label("LA_149", "Team/149") == first.find("team/149")
    assert (150, None) == (len(first.labels), first.find("team/150"))
    assert first is await catalogues.get(gh, "Sourcegraph", "Customer")
    assert 2 == len(wire.sent)
    clock.advance(601)
    await catalogues.get(gh, "sourcegraph", "customer")
    assert 4 == len(wire.sent)
    catalogues.forget("sourcegraph", "Customer")
    await catalogues.get(gh, "sourcegraph", "customer")
    assert 6 == len(wire.sent)
    catalogues.forget("sourcegraph", "unknown")


@pytest.mark.parametrize(("kind", "error"), [("NOT_FOUND", Gone), ("FORBIDDEN", Forbidden)])
async def test_a_repository_without_labels_to_see(kind: str, error: type[RfhError]) -> None:
    """No catalogue is better than an empty one: every label would count as missing."""
    problem = {"type": kind, "path": ["repository"], "message": "x"}
    gh = github(Wire([reply({"data": {"repository": None}, "errors": [problem]})]))
    with pytest.raises(error):
        await Catalogues().get(gh, "o", "r")


# ── people ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            reply({"permission": "read", "role_name": "triage"}), "triage", id="triage-shows-as-read"
        ),
        pytest.param(
            reply({"permission": "write", "role_name": "maintain"}), "maintain", id="maintain-shows-as-write"
        ),
        pytest.param(reply({"permission": "write", "role_name": "support"}), "support", id="custom-role"),
        pytest.param(reply({"permission": "admin"}), "admin", id="old-server-without-role-names"),
        pytest.param(reply({"permission": "none", "role_name": ""}), "none", id="no-role"),
        pytest.param(refusal(404), "none", id="no-such-person"),
    ],
)
async def test_a_role_is_the_role_name(answer: Reply, expected: str) -> None:
    """Support engineers often have only triage, which `permission` hides."""
    wire = Wire([answer])
    assert expected == await role(github(wire), KEY, "alice")
    assert ["GET /repos/sourcegraph/customer/collaborators/alice/permission"] == wire.operations


async def test_a_failing_role_lookup_is_no_refusal() -> None:
    """Only a 404 says that there is no role; anything else is raised, and the command waits."""
    with pytest.raises(UnexpectedStatus):
        await role(github(Wire([refusal(410)])), KEY, "alice")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(reply({"type": "User"}), True, id="person"),
        pytest.param(reply({"type": "Organization"}), False, id="organization"),
        pytest.param(refusal(404), False, id="nobody"),
    ],
)
async def test_does_an_account_exist(answer: Reply, expected: bool) -> None:
    """For `/owner @login`."""
    assert expected is await account_exists(github(Wire([answer])), "alice")


# ── files ──────────────────────────────────────────────────────────────────────────────────────────


def content(text: bytes, **changes: Any) -> dict[str, Any]:
    return {"encoding": "base64", "content": base64.encodebytes(text).decode(), "sha": "abc"} | changes


async def test_a_file_is_read_with_its_sha() -> None:
    """Of the default branch, or of a commit; the answer is base64 with line ends."""
    wire = Wire([reply(content("version: 1 # ü\n".encode() * 20)), reply(content(b""))])
    gh = github(wire)
    assert ("version: 1 # ü\n" * 20, "abc") == await file_text(gh, "o", "r", ".github/rfh-bot.yml")
    assert ("", "abc") == await file_text(gh, "o", "r", "a b.yml", ref="main")
    assert [
        "GET /repos/o/r/contents/.github/rfh-bot.yml",
        "GET /repos/o/r/contents/a%20b.yml?ref=main",
    ] == wire.operations


async def test_no_file_is_none() -> None:
    assert None is await file_text(github(Wire([refusal(404)])), "o", "r", "x.yml")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param([], "x.yml:1:1: not a text file under 1 MB", id="directory"),
        pytest.param(content(b"", encoding="none"), "x.yml:1:1: not a text file under 1 MB", id="over-1-MB"),
        pytest.param(content(b"a: 1\nb: \xff"), "x.yml:2:1: not UTF-8", id="not-utf-8"),
    ],
)
async def test_a_file_that_is_no_text_is_a_policy_error(payload: Any, expected: str) -> None:
    """Said with file, line and column like every policy error."""
    with pytest.raises(PolicyError) as caught:
        await file_text(github(Wire([reply(payload)])), "o", "r", "x.yml")
    assert [expected] == caught.value.problems


# ── what changed ───────────────────────────────────────────────────────────────────────────────────


@dataclass
class Issues:
    """GitHub's list of issues by update time; `between` runs after each page and may change the world."""

    updated: dict[int, datetime]
    pull_requests: frozenset[int] = frozenset()
    between: Callable[[Issues], None] = lambda _: None
    pages: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, request: Request) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        assert {
            "state": "all",
            "sort": "updated",
            "direction": "asc",
            "per_page": "100",
        }.items() <= query.items()
        self.pages.append((query["since"], query["page"]))
        since = datetime.fromisoformat(query["since"])
        rows = sorted((at, n) for n, at in self.updated.items() if at >= since)
        start = 100 * (int(query["page"]) - 1)
        found = [self.row(n, at) for at, n in rows[start : start + 100]]
        self.between(self)
        return reply(found)

    def row(self, number: int, at: datetime) -> dict[str, Any]:
        row: dict[str, Any] = {"number": number, "updated_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return row | ({"pull_request": {}} if number in self.pull_requests else {})


async def changed(issues: Issues, since: datetime = START) -> list[tuple[int, datetime]]:
    return [found async for found in issues_updated_since(github(Wire(issues)), "o", "r", since)]


def every(seconds: int, count: int) -> dict[int, datetime]:
    return {n: START + timedelta(seconds=seconds * n) for n in range(1, count + 1)}


async def test_every_issue_updated_since_is_named_once() -> None:
    """250 issues and pull requests; ascending, pull requests left out, the time's fraction ignored."""
    issues = Issues(every(3, 250), pull_requests=frozenset({1, 100, 101, 250}))
    found = await changed(issues, START + timedelta(microseconds=5))
    assert [n for n in range(1, 251) if n not in issues.pull_requests] == [n for n, _ in found]
    assert sorted(at for _, at in found) == [at for _, at in found]


async def test_an_issue_updated_while_pages_are_read_hides_none() -> None:
    """It leaves its place and the rest move up: by page number the 101st would be skipped."""

    def touch(issues: Issues) -> None:
        if len(issues.pages) == 1:
            issues.updated[50] = START + timedelta(days=1)

    found = await changed(Issues(every(3, 250), between=touch))
    assert set(range(1, 251)) == {n for n, _ in found}
    assert (50, START + timedelta(days=1)) == found[-1]


async def test_a_second_that_fills_pages_is_got_over() -> None:
    """A bulk edit gives hundreds of issues one time: only then page numbers count."""
    issues = Issues(dict.fromkeys(range(1, 251), START) | {999: START + timedelta(hours=1)})
    found = await changed(issues)
    assert {*range(1, 251), 999} == {n for n, _ in found}
    assert 251 == len(found)
    assert len(issues.pages) <= 4


async def test_nothing_changed_costs_one_call() -> None:
    issues = Issues({})
    assert [] == await changed(issues)
    assert [("2024-05-06T12:00:00Z", "1")] == issues.pages


# ── the check of a policy ──────────────────────────────────────────────────────────────────────────


async def test_a_broken_policy_is_shown_on_its_lines() -> None:
    """Failure with one annotation per problem that has a place, 50 at most."""
    wire = Wire([reply({}, 201)])
    problems = [f".github/rfh-bot.yml:{n}:3: teams: unknown key; got: x" for n in range(1, 61)]
    await report_policy(
        github(wire),
        "o",
        "r",
        "c0ffee",
        ["… and 3 more", *problems],
        title="Broken",
        summary="Kept the last good one",
    )
    body = wire.sent[0].json
    assert ("c0ffee", "completed", "failure") == (body["head_sha"], body["status"], body["conclusion"])
    assert MAX_ANNOTATIONS == len(body["output"]["annotations"])
    expected = {
        "path": ".github/rfh-bot.yml",
        "start_line": 1,
        "end_line": 1,
        "start_column": 3,
        "end_column": 3,
        "annotation_level": "failure",
        "message": "teams: unknown key; got: x",
    }
    assert expected == body["output"]["annotations"][0]


async def test_a_good_policy_passes_its_check() -> None:
    wire = Wire([reply({}, 201)])
    await report_policy(github(wire), "o", "r", "c0ffee", [], title="Fine", summary="In force")
    assert ("success", []) == (wire.sent[0].json["conclusion"], wire.sent[0].json["output"]["annotations"])
