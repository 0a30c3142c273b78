"""Who belongs to a side: the policy's logins and GitHub's teams, as a run sees them."""

from __future__ import annotations

import pytest
from harness import World

from bot.errors import Transient
from bot.policy.load import load_default
from bot.policy.schema import Policy
from bot.rules.turns import SUPPORT

pytestmark = pytest.mark.looptime
TEAM = "sourcegraph/support-engineers"


def policy() -> Policy:
    support = load_default().support.model_copy(update={"github_team": TEAM, "members": ("@Sam",)})
    return load_default().model_copy(update={"support": support})


async def members(w: World) -> frozenset[str]:
    found = await w.bot.reconciler.rosters.of(w.repo.owner, w.repo.name, policy(), [SUPPORT])
    return found[SUPPORT]


def calls(w: World) -> int:
    return len([c for c in w.github.calls.calls if c.operation == "TeamMembers"])


async def test_logins_and_team_are_one_list_of_folded_names() -> None:
    async with World() as w:
        w.github.world.set_team(TEAM, "max", "olu")
        assert {"sam", "max", "olu"} == await members(w)


async def test_a_team_of_more_than_a_page_is_read_to_its_end() -> None:
    async with World() as w:
        people = [w.github.world.add_user(f"person-{n}") for n in range(200)]
        w.github.world.set_team(TEAM, *people)
        assert 201 == len(await members(w))
        assert 2 == calls(w)


async def test_all_the_policys_lists_come_with_one_call() -> None:
    async with World() as w:
        ids = [id_ for id_, team in load_default().teams.items() if team.engineering][:10]
        teams = {
            id_: load_default().teams[id_].model_copy(update={"github_team": f"sourcegraph/{id_}"})
            for id_ in ids
        }
        for id_ in ids:
            w.github.world.set_team(f"sourcegraph/{id_}", w.github.world.add_user(f"in-{id_}"))
        many = policy().model_copy(update={"teams": load_default().teams | teams})
        w.github.world.set_team(TEAM, "max")
        rosters = w.bot.reconciler.rosters
        for id_ in (*ids, SUPPORT):
            found = await rosters.of(w.repo.owner, w.repo.name, many, [id_])
            assert {id_: {f"in-{id_}"} if id_ != SUPPORT else {"sam", "max"}} == found
        assert 1 == calls(w)


async def test_a_team_that_is_not_there_hides_no_other() -> None:
    async with World() as w:
        w.github.world.set_team(TEAM, "max")
        other = load_default().teams["delivery"].model_copy(update={"github_team": "nowhere/nobody"})
        both = policy().model_copy(update={"teams": {**load_default().teams, "delivery": other}})
        found = await w.bot.reconciler.rosters.of(w.repo.owner, w.repo.name, both, ["delivery", SUPPORT])
        assert {"delivery": frozenset(), SUPPORT: {"sam", "max"}} == found


async def test_a_list_is_kept_for_an_hour() -> None:
    async with World() as w:
        w.github.world.set_team(TEAM, "max")
        await members(w)
        w.github.world.set_team(TEAM, "olu")
        assert {"sam", "max"} == await members(w)
        assert 1 == calls(w)
        w.leap(3601)
        assert {"sam", "olu"} == await members(w)


async def test_a_failure_of_github_is_no_empty_list() -> None:
    async with World() as w:
        w.github.world.set_team(TEAM, "max")
        w.failures += [("/graphql", 502)] * 9
        with pytest.raises(Transient):
            await members(w)
        w.failures.clear()
        assert {"sam", "max"} == await members(w)


async def test_without_the_permission_the_policys_logins_are_the_list() -> None:
    async with World() as w:
        w.github.world.set_team(TEAM, "max")
        w.demo.installation.permissions.pop("members")
        assert {"sam"} == await members(w)


async def test_the_token_for_members_can_do_nothing_else() -> None:
    async with World() as w:
        w.github.world.set_team(TEAM, "max")
        await members(w)
        minted = [c for c in w.github.access._tokens.values() if "members" in c.permissions]
        assert [{"members": "read", "metadata": "read"}] == [dict(c.permissions) for c in minted]


async def test_nobody_is_asked_when_policy_names_no_team_of_github() -> None:
    async with World() as w:
        found = await w.bot.reconciler.rosters.of(w.repo.owner, w.repo.name, load_default(), [SUPPORT])
        assert {SUPPORT: frozenset()} == found
        assert 0 == calls(w)
