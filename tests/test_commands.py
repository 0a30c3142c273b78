"""The one table of commands: what a line means, who may, and what `/help` says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pure import book

from bot.commands import COMMANDS, ROLES, filled, help_rows, needed_role, parse, role_counts, team_names

POLICY = book().policy


@pytest.mark.parametrize(
    ("line", "word", "value"),
    [
        ("/route search-core", "route", "search-core"),
        ("/route team/search-core", "route", "search-core"),
        ("/route @search-core-support", "route", "search-core"),
        ("/route Search Core", "route", "search-core"),
        ("/route  `delivery` ", "route", "delivery"),
        ("/ROUTE Delivery", "route", "delivery"),
        ("   /route delivery", "route", "delivery"),
        ("/route\tdelivery", "route", "delivery"),
        ("/route team/distribution", "route", "delivery"),
        ("/priority p1", "priority", "p1"),
        ("/priority CS/P2", "priority", "p2"),
        ("/priority se/p1", "priority", "p1"),
        ("/kind bug", "kind", "defect"),
        ("/kind Request for help", "kind", "help"),
        ("/kind enhancement", "kind", "feature"),
        ("/owner @sam", "owner", "sam"),
        ("/owner sam-2", "owner", "sam-2"),
        ("/customer Northmere Inc", "customer", "Northmere Inc"),
        ("/handoff", "handoff", ""),
        ("/handoff the customer is  blocked", "handoff", "the customer is blocked"),
        ("/why please?", "why", ""),
        ("/help", "help", ""),
    ],
)
def test_a_line_and_what_it_means(line: str, word: str, value: str) -> None:
    call = parse(line, POLICY)
    assert call is not None
    assert (word, value, None) == (call.word, call.value, call.refusal)


@pytest.mark.parametrize(
    ("line", "code", "near"),
    [
        ("/rout delivery", "unknown-command", ("route",)),
        ("/prioritty p1", "unknown-command", ("priority",)),
        ("/hand-off", "unknown-command", ("handoff",)),
        ("/route", "missing-argument", ()),
        ("/priority ", "missing-argument", ()),
        ("/customer --new", "missing-argument", ()),
        ("/route delivry", "unknown-value", ("delivery",)),
        ("/kind helpp", "unknown-value", ("help",)),
        ("/owner @-x", "not-a-login", ()),
        ("/owner two people", "not-a-login", ()),
        ("/owner " + "x" * 40, "not-a-login", ()),
    ],
)
def test_what_is_refused_and_what_is_near(line: str, code: str, near: tuple[str, ...]) -> None:
    call = parse(line, POLICY)
    assert call is not None
    assert call.refusal is not None
    assert code == call.refusal.code
    assert near == call.refusal.near[:1] if near else True


def test_a_word_near_nothing_gets_all_there_is() -> None:
    call = parse("/route zzzzzz", POLICY)
    assert call is not None
    assert call.refusal is not None
    assert tuple(POLICY.teams) == call.refusal.near


@pytest.mark.parametrize(
    "line",
    [
        *("", "/", "//route x", "/ route x", "route x", "please /route x", "/etc/hosts", "/9", "\\/route x"),
        *("/genie alert x", "/retest", "/assign @sam", "/label bug", "/close", "/lgtm", "/shrug"),
        *("    /route x", "/r", "/route/x", "/" + "x" * 99),
    ],
)
def test_what_is_no_command_of_ours(line: str) -> None:
    """Other bots have commands too."""
    assert parse(line, POLICY) is None


def test_new_may_stand_anywhere() -> None:
    for line in (
        "/customer --new Bright Water",
        "/customer Bright Water --new",
        "/customer Bright --new Water",
    ):
        call = parse(line, POLICY)
        assert call is not None
        assert ("Bright Water", True) == (call.value, call.new)


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_line_is_an_exception(text: str) -> None:
    for line in (text, f"/{text}", *(f"/{name} {text}" for name in COMMANDS)):
        parse(line, POLICY)


def test_every_way_to_write_a_team_is_found() -> None:
    for written, id_ in team_names(POLICY).items():
        call = parse(f"/route {written}", POLICY)
        assert call is not None
        assert id_ == call.value


# ── who ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("needed", ROLES)
@pytest.mark.parametrize("role", [*ROLES, "none", "", "unknown-custom-role"])
def test_a_role_counts_from_its_rank_on(role: str, needed: str) -> None:
    expected = role in ROLES and ROLES.index(role) >= ROLES.index(needed)
    assert expected == role_counts(role, needed, POLICY)


def test_custom_roles_count_as_the_policy_says() -> None:
    policy = POLICY.model_copy(
        update={"commands": POLICY.commands.model_copy(update={"roles": {"support-lead": "maintain"}})}
    )
    assert role_counts("support-lead", "write", policy)
    assert not role_counts("support-lead", "admin", policy)


def test_the_shipped_permissions() -> None:
    """Support engineers often have triage only; what cannot be undone takes write."""
    writers = {name for name in COMMANDS if needed_role(name, POLICY) == "write"}
    assert {"ack", "publish confirm"} == writers
    assert {"triage"} == {needed_role(name, POLICY) for name in COMMANDS if name not in writers}
    assert {"check", "why"} <= set(POLICY.commands.author)


# ── help ────────────────────────────────────────────────────────────────────────────────────


def test_help_names_every_command_once_in_the_tables_order() -> None:
    rows = help_rows(POLICY)
    for name, (usage, _, _) in zip(COMMANDS, rows, strict=True):
        assert f"{usage} ".startswith(f"/{name} ")
    assert all(summary.endswith(".") for _, summary, _ in rows)


def test_every_example_is_a_command_that_runs() -> None:
    for name, spec in COMMANDS.items():
        call = parse(filled(spec.example, POLICY), POLICY)
        assert call is not None
        assert (spec, None) == (call.spec, call.refusal), name
