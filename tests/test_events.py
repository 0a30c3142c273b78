"""What a delivery names, from payloads as the sandbox makes them: contract tests hold those to GitHub's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events import POLICY_PATH, Named, read
from bot.model import AtLeast, IssueKey
from bot.policy.load import load_default
from bot.sandbox.seed import Demo, demo_world
from bot.sandbox.server import Sandbox

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
WATCHED = {"sourcegraph/customer": "sourcegraph/customer"}
KEY = IssueKey("sourcegraph", "customer", 1)

Act = Callable[[Sandbox, Demo], object]


def payload(act: Act) -> tuple[str, dict[str, Any]]:
    """The event and payload of the last delivery that `act` caused."""
    sandbox = Sandbox(clock=lambda: NOW)
    demo = demo_world(sandbox, load_default())
    sandbox.hooks.deliveries.clear()
    act(sandbox, demo)
    last = sandbox.hooks.deliveries[-1]
    return last.event, json.loads(last.body)


def filed(sandbox: Sandbox, demo: Demo) -> Any:
    return sandbox.world.file_issue(demo.customer, "sam", "title", "body", ["rfh"])


def commented(sandbox: Sandbox, demo: Demo) -> Any:
    return sandbox.world.comment(filed(sandbox, demo), "erin", "/why")


CASES: list[tuple[str, Act, str, Callable[[Named], bool]]] = [
    ("opened", lambda s, d: s.world.file_issue(d.customer, "sam", "t", "b"), "named", lambda n: n.urgent),
    ("labeled", filed, "named", lambda n: n.at_least.updated_at == NOW and not n.urgent),
    (
        "edited",
        lambda s, d: s.world.edit_issue(filed(s, d), "sam", body="x"),
        "named",
        lambda n: n.issue == KEY,
    ),
    ("closed", lambda s, d: s.world.close(filed(s, d), "sam"), "named", lambda n: n.issue == KEY),
    ("locked", lambda s, d: s.world.lock(filed(s, d), "max"), "named", lambda n: n.issue == KEY),
    (
        "deleted",
        lambda s, d: s.world.delete_issue(filed(s, d), "max"),
        "named",
        lambda n: n.at_least == AtLeast(),
    ),
    ("comment", commented, "named", lambda n: n.urgent and n.at_least.comment_id > 0),
    (
        "comment deleted",
        lambda s, d: s.world.delete_comment(commented(s, d), "max"),
        "named",
        lambda n: len(n.at_least.gone) == 1 and not n.at_least.comment_id,
    ),
    (
        "comment edited",
        lambda s, d: s.world.edit_comment(commented(s, d), "max", "x"),
        "named",
        lambda n: n.at_least.comment_id > 0 and not n.urgent,
    ),
    (
        "comment on a pull request",
        lambda s, d: s.world.comment(s.world.file_issue(d.customer, "sam", "t", pull=True), "erin", "/why"),
        "pull request",
        lambda n: n.issue is None,
    ),
    (
        "another repository",
        lambda s, d: s.world.file_issue(d.public, "sam", "t", "b"),
        "not watched",
        lambda n: n.issue is None,
    ),
    (
        "our own write",
        lambda s, d: s.world.comment(filed(s, d), s.access.app.bot, "card"),
        "own write",
        lambda n: n.issue is None,
    ),
    (
        "label created",
        lambda s, d: s.world.create_label(d.customer, "new", actor="max"),
        "named",
        lambda n: n.labels_changed == "sourcegraph/customer" and n.issue is None,
    ),
    (
        "policy pushed",
        lambda s, d: s.world.put_file(d.customer, POLICY_PATH, "x: 1", "max"),
        "named",
        lambda n: n.policy_changed == "sourcegraph/customer",
    ),
    ("other push", lambda s, d: s.world.put_file(d.customer, "a.md", "x", "max"), "ignored", lambda n: True),
    ("installed again", lambda s, d: s.install("sandbox-owner"), "ignored", lambda n: n.issue is None),
]


@pytest.mark.parametrize(("act", "why", "holds"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_a_delivery_names(act: Act, why: str, holds: Callable[[Named], bool]) -> None:
    event, body = payload(act)
    named = read(event, body, WATCHED, own_id=41_000_000)
    assert why == named.why
    assert holds(named), named


def spoken(sandbox: Sandbox, demo: Demo) -> Any:
    return sandbox.world.comment(opened(sandbox, demo), "olu", "me too")


def opened(sandbox: Sandbox, demo: Demo) -> Any:
    return sandbox.world.file_issue(demo.public, "olu", "title", "body")


def moved_in(sandbox: Sandbox, demo: Demo) -> Any:
    other = sandbox.world.create_repo("sourcegraph/docs", private=False)
    return sandbox.world.transfer(sandbox.world.file_issue(other, "olu", "t"), demo.public, "max")


def asked_to_pull(sandbox: Sandbox, demo: Demo) -> Any:
    return sandbox.world.comment(sandbox.world.file_issue(demo.public, "olu", "t", pull=True), "olu", "x")


PUBLIC_CASES: dict[str, tuple[Act, str]] = {
    "opened": (opened, "named"),
    "opened by us": (lambda s, d: s.world.file_issue(d.public, s.access.app.bot, "t", "b"), "named"),
    "edited": (lambda s, d: s.world.edit_issue(opened(s, d), "olu", body="x"), "named"),
    "transferred in": (moved_in, "named"),
    "transferred away": (lambda s, d: s.world.transfer(opened(s, d), d.customer, "max"), "not watched"),
    "deleted": (lambda s, d: s.world.delete_issue(opened(s, d), "max"), "named"),
    "comment": (spoken, "named"),
    "comment edited": (lambda s, d: s.world.edit_comment(spoken(s, d), "olu", "x"), "named"),
    "comment deleted": (lambda s, d: s.world.delete_comment(spoken(s, d), "max"), "named"),
    "comment of ours": (lambda s, d: s.world.comment(opened(s, d), s.access.app.bot, "x"), "own write"),
    "labeled": (lambda s, d: s.world.add_label(opened(s, d), "rfh", "max"), "ignored"),
    "pull request": (asked_to_pull, "pull request"),
    "label created": (lambda s, d: s.world.create_label(d.public, "new", actor="max"), "ignored"),
}


@pytest.mark.parametrize(("act", "why"), PUBLIC_CASES.values(), ids=PUBLIC_CASES)
def test_what_a_delivery_of_the_public_tracker_names(act: Act, why: str) -> None:
    """What changes its words; never an issue to hand over, and never in a hurry."""
    event, body = payload(act)
    named = read(event, body, {}, 41_000_000, {"sourcegraph/sourcegraph": "Sourcegraph/Sourcegraph"})
    assert why == named.why
    assert (None, False) == (named.issue, named.urgent)
    expected = IssueKey("Sourcegraph", "Sourcegraph", 1) if why == "named" else None
    assert expected == named.public


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        pytest.param(lambda s, d: s.world.close(opened(s, d), "max"), True, id="closed"),
        pytest.param(lambda s, d: s.world.delete_issue(opened(s, d), "max"), True, id="deleted"),
        pytest.param(lambda s, d: s.world.edit_issue(opened(s, d), "olu", body="x"), False, id="edited"),
    ],
)
def test_how_a_public_issue_stands_is_told_to_the_private_one(act: Act, expected: bool) -> None:
    event, body = payload(act)
    named = read(event, body, {}, 41_000_000, {"sourcegraph/sourcegraph": "sourcegraph/sourcegraph"})
    assert (IssueKey("sourcegraph", "sourcegraph", 1) if expected else None) == named.published


def test_a_tracker_that_is_watched_is_not_also_the_public_one() -> None:
    event, body = payload(commented)
    named = read(event, body, WATCHED, None, WATCHED)
    assert (KEY, None) == (named.issue, named.public)


def test_the_spelling_of_a_repository_is_the_operators() -> None:
    """Two spellings would be two keys for one issue."""
    event, body = payload(commented)
    named = read(event, body, {"sourcegraph/customer": "Sourcegraph/Customer"}, None)
    assert IssueKey("Sourcegraph", "Customer", 1) == named.issue


def test_own_writes_are_looked_at_while_we_do_not_know_who_we_are() -> None:
    event, body = payload(lambda s, d: s.world.comment(filed(s, d), s.access.app.bot, "card"))
    assert "named" == read(event, body, WATCHED, own_id=None).why


def push(**changes: Any) -> Named:
    event, body = payload(lambda s, d: s.world.put_file(d.customer, POLICY_PATH, "x: 1", "max"))
    return read(event, {**body, **changes}, WATCHED, None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        pytest.param({"deleted": True}, "ignored", id="a branch that is deleted"),
        pytest.param({"ref": "refs/tags/main"}, "ignored", id="a tag"),
        pytest.param({"commits": []}, "named", id="no commits listed: look anyway"),
        pytest.param({"commits": None}, "named", id="no list at all"),
        pytest.param({"commits": [{"removed": [POLICY_PATH]}]}, "named", id="removed"),
        pytest.param({"commits": [{"modified": [POLICY_PATH.upper()]}]}, "ignored", id="another file"),
        pytest.param({"commits": [{"added": ["x"]}] * 2048}, "named", id="a list that may be cut"),
    ],
)
def test_a_push_counts_when_it_may_have_touched_the_policy(changes: dict[str, Any], why: str) -> None:
    assert why == push(**changes).why


@pytest.mark.parametrize("commits", [[], [{"added": ["x"]}]], ids=["no list", "another file"])
def test_a_commit_on_another_branch_may_be_a_pull_request_with_another_policy(commits: list[Any]) -> None:
    named = push(ref="refs/heads/topic", commits=commits)
    assert ("named", None, "sourcegraph/customer") == (
        named.why,
        named.policy_changed,
        named.policy_proposed,
    )


@pytest.mark.parametrize("number", [0, -1, 10**12, "7 ", "x", None, 1.5, [1]], ids=repr)
def test_a_number_that_no_issue_has_names_nothing(number: Any) -> None:
    event, body = payload(filed)
    body["issue"]["number"] = number
    assert Named("unreadable") == read(event, body, WATCHED, None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(["issues", "issue_comment", "label", "push", "ping", ""]), st.data())
@settings(max_examples=150, deadline=None)
def test_no_payload_is_an_exception(event: str, data: st.DataObject) -> None:
    """Signed, but of another shape than we know: counted as unreadable, not a crash."""
    repository = {"full_name": "sourcegraph/customer", "default_branch": "main"}
    whole = {
        "repository": repository,
        "sender": {"id": 1},
        "action": "created",
        "issue": {"number": 1, "updated_at": "2026-11-17T15:00:00Z"},
        "comment": {"id": 5},
        "ref": "refs/heads/main",
        "commits": [{"added": ["x"]}],
    }
    broken = {
        key: data.draw(json_values) if data.draw(st.booleans()) else value for key, value in whole.items()
    }
    named = read(event, broken, WATCHED, own_id=9)
    assert named.why in ("named", "own write", "not watched", "pull request", "ignored", "unreadable")
    if named.issue is not None:
        assert named.issue == IssueKey.parse(str(named.issue))
        assert named.at_least.updated_at is None or named.at_least.updated_at.tzinfo is not None
