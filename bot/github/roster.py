"""Floor 2: who belongs to a team, as far as GitHub tells.

Needs the organisation permission `members: read`, with a token that can do nothing else; it is minted only
when the policy names a GitHub team. Without the permission, or with an Action's `GITHUB_TOKEN`, the members
cannot be seen: then nobody is on the list, and the card says so.

https://docs.github.com/en/rest/teams/members#list-team-members
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import cachetools
import structlog

from bot.errors import Forbidden
from bot.github import parse
from bot.github.auth import MEMBERS, Clients
from bot.github.client import UnexpectedStatus
from bot.github.documents import TEAM_MEMBERS
from bot.github.pool import Clock, utc_now
from bot.policy.schema import Policy
from bot.rules.turns import SUPPORT

PER_PAGE = 100
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
        roster = {}
        for id_ in ids:
            side = policy.support if id_ == SUPPORT else policy.teams[id_]
            named = frozenset(login.removeprefix("@").casefold() for login in side.members)
            if side.github_team is not None:
                named |= await self._members(owner, repo, side.github_team)
            roster[id_] = named
        return roster

    async def _members(self, owner: str, repo: str, team: str) -> Members:
        key = (f"{owner}/{repo}".casefold(), team.casefold())
        known = self._known.get(key)
        if known is None:
            try:
                known = await self._read(owner, repo, team)
            except Forbidden as error:
                structlog.get_logger("roster").warning("members not seen", team=team, error=str(error))
                known = frozenset()
            self._known[key] = known
        return known

    async def _read(self, owner: str, repo: str, team: str) -> Members:
        gh = await self._clients.client(owner, repo, MEMBERS)
        org, slug = team.split("/")
        members: list[str] = []
        page = 1
        while True:
            try:
                batch = await gh.rest(TEAM_MEMBERS, org=org, team_slug=slug, per_page=PER_PAGE, page=page)
            except UnexpectedStatus as error:
                # 404 for a team that is not there, and for one that this token may not see.
                raise Forbidden(f"{TEAM_MEMBERS.path}: HTTP {error.status}") from error
            found = parse.readable(TEAM_MEMBERS.path, partial(_logins, batch))
            members += found
            if len(found) < PER_PAGE:
                return frozenset(members)
            page += 1


def _logins(batch: list[parse.Json]) -> list[str]:
    return [str(row["login"]).casefold() for row in batch]
