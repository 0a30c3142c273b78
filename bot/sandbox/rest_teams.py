"""REST: the members of an organisation's teams."""

from __future__ import annotations

from bot.sandbox.http import ApiError, Reply, not_found
from bot.sandbox.rest import Call, Route


def list_members(call: Call) -> Reply:
    """Who is in a team. Apps need `members: read`; a workflow's token cannot have it.
    https://docs.github.com/rest/teams/members#list-team-members"""
    caller = call.caller
    if caller.kind == "installation" and caller.permissions.get("members", "none") == "none":
        raise ApiError(403, "Resource not accessible by integration")
    team = call.state.team(call.params["org"], call.params["team_slug"])
    if team is None or caller.account is None:
        raise not_found()
    return call.listing([call.state.accounts[ident] for ident in team], call.views.user)


ROUTES = (Route("GET", "/orgs/{org}/teams/{team_slug}/members", list_members),)
