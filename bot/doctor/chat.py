"""Floor 2: can Slack be told, and does the policy say where?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot import plots
from bot.doctor.finding import Finding, Findings, listed
from bot.errors import SlackDown
from bot.events import POLICY_PATH
from bot.policy.schema import Policy, Slack, Team
from bot.slack.client import SlackClient, SlackRefused

SCOPE = "files:write"


def named(policy: Policy) -> Findings:
    """What the policy lacks: channels, handles, and channels that are only assumed."""
    teams = _teams(policy)
    gaps = (
        (
            "have no channel: the card carries the text to paste",
            [id_ for id_, team in teams.items() if team.slack.channel is None],
            "channel: '#NAME'",
        ),
        (
            "have a channel that the handbook does not name",
            [id_ for id_, team in teams.items() if team.slack.channel and team.slack.assumed],
            "assumed: false, once somebody has confirmed it",
        ),
        (
            "have no handle: the message pings nobody",
            [id_ for id_, team in teams.items() if team.slack.channel and team.slack.handle is None],
            "handle: '@NAME'",
        ),
    )
    findings = [
        Finding(
            "slack",
            "warn",
            f"{len(ids)} teams {what}: {listed(ids)}",
            f"In {POLICY_PATH}: teams.TEAM.slack.{set_}",
        )
        for what, ids, set_ in gaps
        if ids
    ]
    return findings or [Finding("slack", "ok", f"{len(teams)} teams have a channel and a handle")]


async def asked(policy: Policy, client: SlackClient, *, buttons: bool) -> Findings:
    """Does Slack take our token, and has it the channels and user groups that the policy names?"""
    try:
        scopes = await client.scopes()
        channels, groups = await client.channels(), await client.groups()
    except SlackRefused as error:
        remedy = (
            "SLACK_BOT_TOKEN: scopes chat:write, channels:read, groups:read, usergroups:read; then reinstall"
        )
        return [Finding("slack", "fail", str(error), remedy)]
    except SlackDown as error:
        return [
            Finding("slack", "fail", f"no answer: {error}", "See https://status.slack.com, and try again.")
        ]
    teams = _teams(policy)
    support = policy.support
    wanted = {team.slack.channel for team in teams.values() if team.slack.channel}
    wanted |= {name for name in (support.channel, support.leads.channel, policy.digest.channel) if name}
    absent = sorted(name for name in wanted if name.removeprefix("#") not in channels)
    slacks = {id_: team.slack for id_, team in teams.items()} | {"support.leads": support.leads}
    slacks = {id_: slack for id_, slack in slacks.items() if _nobody(slack, groups)}
    findings = list(_picture(scopes)) if policy.digest.enabled else []
    if absent:
        what = f"Slack shows the bot no channel {listed(absent)}"
        findings.append(Finding("slack", "fail", what, f"/invite the bot there, or correct {POLICY_PATH}"))
    if slacks:
        handles = listed([f"{id_} ({slack.handle})" for id_, slack in sorted(slacks.items())])
        what = f"the handle is no user group: {handles}"
        findings.append(Finding("slack", "warn", what, f"Create the user group, or correct {POLICY_PATH}"))
    if not buttons:
        what = "neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN is set: messages have no buttons"
        findings.append(Finding("slack", "warn", what, "Both: Basic Information of the Slack app"))
    return findings or [Finding("slack", "ok", f"Slack has {len(wanted)} channels and all handles")]


def _picture(scopes: frozenset[str] | None) -> Iterator[Finding]:
    """What the weekly digest's post lacks for its picture; it is posted without one."""
    if scopes is not None and SCOPE not in scopes:
        what = f"the token has no scope {SCOPE}: the weekly digest is posted without its picture"
        yield Finding("slack", "warn", what, f"OAuth & Permissions of the Slack app: {SCOPE}; then reinstall")
    if not plots.available():
        what = "the extra `report` is missing: the weekly digest is posted without its picture"
        yield Finding("slack", "warn", what, "pip install 'rfh-bot[report]'")


def _teams(policy: Policy) -> Mapping[str, Team]:
    return {id_: team for id_, team in policy.teams.items() if team.engineering}


def _nobody(slack: Slack, groups: Mapping[str, str]) -> bool:
    """Is there a handle to ping, and neither it nor the one before it exists?"""
    handles = [handle.removeprefix("@") for handle in (slack.fallback_for, slack.handle) if handle]
    return bool(handles) and not any(handle in groups for handle in handles)
