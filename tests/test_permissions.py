"""Least permissions: each call is covered, each permission and each event is used, each token is narrowed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from harness import World
from permissions import (
    ANY_TOKEN,
    AS_APP,
    LEVELS,
    METADATA,
    NEEDS,
    NOBODY,
    PERSON,
    WITHOUT,
    Need,
    by_installation,
    covers,
    needs,
    uncovered,
)
from publish_support import ready
from sandbox_client import bench

from bot import history, watch
from bot.doctor import identity
from bot.events import POLICY_PATH
from bot.github import auth
from bot.github.documents import ENDPOINTS, MUTATIONS, QUERIES, team_members
from bot.github.people import reads_while_private
from bot.history import read_history
from bot.model import Actor
from bot.sandbox import Sandbox, access
from bot.sandbox.api import Logged

MANIFEST = json.loads((Path(__file__).parents[1] / "app-manifest.json").read_text("utf-8"))
ASKED: Mapping[str, str] = MANIFEST["default_permissions"]
_OF_AUTH = {name: use for name, use in vars(auth).items() if name.isupper() and isinstance(use, dict)}
USES: Mapping[str, Mapping[str, str]] = {
    **{f"auth.{name}": use for name, use in _OF_AUTH.items()},
    "history.READ": history.READ,
    "watch.READ": watch.READ,
}


def together(wanted: Iterable[Need]) -> dict[str, str]:
    """The least permissions that cover all; metadata comes with every token."""
    found = {"metadata": "read"}
    for name, level in wanted:
        found[name] = max(level, found.get(name, "none"), key=LEVELS.index)
    return found


# ── the table ───────────────────────────────────────────────────────────────────────────────


def test_every_call_has_its_row_and_no_row_is_of_none() -> None:
    calls = [f"{one.method} {one.path}" for one in ENDPOINTS]
    assert sorted([*calls, *(query.name for query in QUERIES), *MUTATIONS]) == sorted(NEEDS)


def test_the_manifest_asks_for_what_the_calls_need_and_for_nothing_else() -> None:
    assert together(need for need in NEEDS.values() if need not in WITHOUT) == ASKED


def test_sandbox_and_doctor_know_the_same_permissions() -> None:
    assert ASKED == access.PERMISSIONS
    assert ASKED == {name: each.level for name, each in identity.PERMISSIONS.items()}


@pytest.mark.parametrize("name", [f"{one.method} {one.path}" for one in ENDPOINTS])
def test_the_sandbox_demands_what_the_table_says(name: str) -> None:
    """So each world test proves that its tokens suffice: one that lacks something is refused."""
    routes = {f"{route.method} {route.path}": route for _, route in Sandbox().api.rest.routes}
    route, need = routes[name], NEEDS[name]
    assert (need == AS_APP) == route.as_app
    if need not in WITHOUT and need[0] != "members":
        assert need == route.needs


async def test_the_sandbox_shows_a_team_only_with_members() -> None:
    b = bench()
    b.world.set_team("acme/support", "sam")
    asked = {"org0": "acme", "team0": "support", "after0": None}
    for permissions, seen in (({"issues": "write"}, None), ({"members": "read"}, [{"login": "sam"}])):
        token, _ = b.gh.access.mint(b.installation, {"permissions": permissions}, b.world.state)
        answer = await b.graphql(team_members(1).text, token=token, **asked)
        team = answer.data["data"]["t0"]["team"]
        assert seen == (team and team["members"]["nodes"])


# ── tokens ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", USES)
def test_a_use_asks_for_no_more_than_the_app_has(name: str) -> None:
    assert all(covers(ASKED, need) for need in USES[name].items())


def test_the_uses_together_are_what_the_app_has() -> None:
    assert together(need for use in USES.values() for need in use.items()) == ASKED


async def everything(w: World) -> list[Logged]:
    """A story in which each use of GitHub happens."""
    w.github.world.set_team("sourcegraph/support", "sam")
    p = await ready(w)
    await p.confirm()
    await w.say(p.issue, "/take", by="erin")
    await w.say(p.issue, "/customer Quandel --new", by="max")
    policy = w.github.world.state.files[w.repo.id, POLICY_PATH].content.decode()
    teamed = policy.replace("support: {", "support: {github_team: sourcegraph/support, ")
    w.github.world.put_file(w.repo, POLICY_PATH, teamed, "max")
    await w.settle()
    await w.say(p.issue, "It is the index, see above.", by="sam")
    w.github.world.put_file(w.repo, POLICY_PATH, "teems: {}", "max")
    w.github.world.file_issue(w.demo.public, "olu", "Search is slow", "It takes a second.")
    await w.settle(1300)
    clients, owner, repo = w.bot.clients, w.repo.owner, w.repo.name
    assert await reads_while_private(
        await clients.client(owner, repo, auth.METADATA), owner, repo, Actor("erin", w.demo.people["erin"].id)
    )
    past = await clients.client(owner, repo, history.READ)
    await w.bot.reconciler.rulebooks.at(past, owner, repo, "main")
    async for _ in read_history(past, w.repo.full_name, w.policy, str):
        pass
    return by_installation((*w.github.calls.cleared, *w.github.calls.calls))


@pytest.mark.looptime
async def test_each_token_is_for_one_repository_and_its_use_alone() -> None:
    """Each permission of each use is used with it, and none that is not."""
    async with World() as w:
        calls = await everything(w)
    assert {1} == {call.reaches for call in calls}
    used: dict[frozenset[tuple[str, str]], set[Need]] = {}
    for call in calls:
        wanted = {need for need in needs(call) if need not in WITHOUT}
        used.setdefault(frozenset(call.permissions.items()), set()).update(wanted)
    expected = {frozenset({**use, "metadata": "read"}.items()) for use in USES.values()}
    assert expected == set(used)
    assert {granted: dict(granted) for granted in used} == {
        granted: together(wanted) for granted, wanted in used.items()
    }


def test_a_token_that_holds_too_little_would_be_noticed() -> None:
    short = {"issues": "read"}
    call = Logged("POST", "/repos/{owner}/{repo}/labels", 201, "installation 1", permissions=short)
    assert [(call, ("issues", "write"))] == uncovered([call])
    assert [] == uncovered([Logged("GET", "/app", 200, "app")])
    assert {NOBODY, PERSON, ANY_TOKEN, AS_APP} == set(WITHOUT)
    assert METADATA not in WITHOUT


# ── events ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.looptime
async def test_each_event_of_the_manifest_leads_to_work() -> None:
    async with World() as w:
        seen = set()
        accept = w.bot.accept

        async def listening(guid: str, event: str, payload: Mapping[str, object]) -> object:
            named = await accept(guid, event, payload)
            if named.why == "named":
                seen.add(event)
            return named

        w.bot.accept = listening  # type: ignore[method-assign,assignment]
        issue = w.file("a", "b")
        w.comment(issue, "c")
        w.github.world.create_label(w.repo, "new", actor="max")
        w.github.world.put_file(w.repo, POLICY_PATH, "labels: {}", "max")
        await w.settle()
    assert set(MANIFEST["default_events"]) == seen
