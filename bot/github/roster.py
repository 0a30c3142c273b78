"""Floor 2: who belongs to a team, as far as GitHub tells.

Needs the organisation permission `members: read`, with a token that can do nothing else; it is minted only
when the policy names a GitHub team. Without the permission, or with an Action's `GITHUB_TOKEN`, the members
cannot be seen: then nobody is on the list, and the card says so.

https://docs.github.com/en/graphql/reference/objects#team
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import cachetools
import structlog

from bot.errors import Forbidden
from bot.github import parse
from bot.github.auth import MEMBERS, Clients
from bot.github.documents import team_members
from bot.github.pool import Clock, utc_now
from bot.policy.schema import Policy
from bot.rules.turns import SUPPORT

HOUR = 3600.0

Members = frozenset[str]  # case-folded logins


class Rosters:
    """The members of GitHub teams, kept for an hour."""

    def __init__(self, clients: Clients, *, now: Clock = utc_now, ttl: float = HOUR) -> None:
        self._clients = clients
        self._known: cachetools.TTLCache[tuple[str, str], Members] = cachetools.TTLCache(
            1024, ttl, timer=lambda: now().timestamp()
        )

    async def of(self, owner: str, repo: str, policy: Policy, ids: Iterable[str]) -> dict[str, Members]:
        """Team id (or ``support``) → its members: the policy's logins, and the GitHub team's.

        Raises Transient when GitHub cannot answer now: the run is tried again, nobody is taken off a list.
        """
        sides = {id_: policy.support if id_ == SUPPORT else policy.teams[id_] for id_ in ids}
        seen = {side.github_team: None for side in sides.values() if side.github_team is not None}
        known = {team: self._known.get(_key(owner, repo, team)) for team in seen}
        if None in known.values():
            every = {policy.support.github_team, *(team.github_team for team in policy.teams.values())}
            known |= await self._read(owner, repo, filter(None, every))
        roster = {}
        for id_, side in sides.items():
            named = frozenset(login.removeprefix("@").casefold() for login in side.members)
            roster[id_] = named | (known.get(side.github_team or "") or frozenset())
        return roster

    async def _read(self, owner: str, repo: str, teams: Iterable[str]) -> dict[str, Members]:
        """All the policy's lists in one call, as a sweep soon asks for each; a team of over a hundred takes
        a call more for each further hundred."""
        members: dict[str, set[str]] = {team: set() for team in sorted(teams)}
        pages: dict[str, str | None] = dict.fromkeys(members)
        try:
            gh = await self._clients.client(owner, repo, MEMBERS)
            while pages:
                document = team_members(len(pages))
                answer = await gh.graphql(document, _variables(pages))
                pages = parse.readable(document.name, partial(_take, answer.data, list(pages), members))
        except Forbidden as error:
            structlog.get_logger("roster").warning("members not seen", teams=list(pages), error=str(error))
        found = {team: frozenset(logins) for team, logins in members.items()}
        self._known.update({_key(owner, repo, team): logins for team, logins in found.items()})
        return found


def _key(owner: str, repo: str, team: str) -> tuple[str, str]:
    return f"{owner}/{repo}".casefold(), team.casefold()


def _variables(pages: Mapping[str, str | None]) -> dict[str, str | None]:
    """Of `team_members`; pages: team → the cursor that its next page begins after."""
    values: dict[str, str | None] = {}
    for i, (team, after) in enumerate(pages.items()):
        org, slug = team.split("/")
        values |= {f"org{i}": org, f"team{i}": slug, f"after{i}": after}
    return values


def _take(data: parse.Json, teams: Sequence[str], members: Mapping[str, set[str]]) -> dict[str, str | None]:
    """Add one answer to `members`; returns the teams of which there is more. Null: not there, or not ours to
    see."""
    more: dict[str, str | None] = {}
    hidden = []
    for i, team in enumerate(teams):
        found = (data[f"t{i}"] or {}).get("team")
        if found is None:
            hidden.append(team)
            continue
        page = found["members"]
        members[team] |= {str(node["login"]).casefold() for node in parse.nodes(page)}
        if page["pageInfo"]["hasNextPage"]:
            more[team] = str(page["pageInfo"]["endCursor"])
    if hidden:
        structlog.get_logger("roster").warning("members not seen", teams=hidden)
    return more
