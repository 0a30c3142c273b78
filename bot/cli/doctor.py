"""`rfh-bot doctor`: is everything as it must be, and if not, what to do about it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.cli.access import Access
    from bot.doctor.finding import Finding, Findings
    from bot.doctor.repository import Watched
    from bot.settings import Settings

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    epilog="""Examples:

    \b
      rfh-bot doctor
      rfh-bot doctor --fix
      rfh-bot doctor --json
    """
)
@click.option("--fix", is_flag=True, help="Create labels that the policy names and a repository lacks.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(fix: bool, as_json: bool) -> None:
    """Check the settings, the App, the watched repositories, the policy, Slack, the database.

    Uses the variables of `serve`, or GITHUB_TOKEN alone. A line each: ok, warn or fail, what was found, and
    the remedy. Writes nothing, but for --fix. Exit code 1: something failed; warnings alone exit 0.
    """
    from bot.logs import set_up

    set_up("error")  # findings are said here
    findings = asyncio.run(_examine(fix=fix))
    failed = any(finding.level == "fail" for finding in findings)
    if as_json:
        click.echo(
            json.dumps({"ok": not failed, "findings": [_as_json(each) for each in findings]}, indent=2)
        )
    else:
        _print(findings)
    sys.exit(1 if failed else 0)


async def _examine(*, fix: bool) -> Findings:
    """All findings, in the order of docs/operator.md; of what was found twice, one."""
    from bot.cli.access import opened, plain_token
    from bot.doctor import host
    from bot.doctor.finding import Finding
    from bot.errors import PolicyError, UserError
    from bot.settings import DATABASE

    token = plain_token()
    findings, settings = _settings(token)
    if settings is not None:
        try:
            async with opened(settings, token) as access:
                findings += await _github(access, fix=fix)
        except PolicyError as error:
            remedy = f"rfh-bot policy check {settings.policy_path}"
            findings += [Finding("policy", "fail", problem, remedy) for problem in error.problems]
        except UserError as error:
            remedy = "The whole .pem file, or its path in GITHUB_PRIVATE_KEY_FILE"
            findings.append(Finding("settings", "fail", str(error), remedy))
    findings += host.privacy()
    url = (
        settings.database_url if settings is not None else os.environ.get("RFH_BOT_DATABASE_URL") or DATABASE
    )
    peeked, readable = await asyncio.to_thread(host.peeked, url)
    findings += peeked
    if readable:
        findings += await host.work(url)
    return list(dict.fromkeys([*findings, *host.versions()]))


def _settings(token: str) -> tuple[Findings, Settings | None]:
    """What is wrong with the variables, and the settings as far as GitHub can be asked with them."""
    from bot.doctor.finding import Finding
    from bot.errors import UserError
    from bot.settings import read_settings
    from bot.settings_file import complete, nameless

    findings: Findings = []
    remedy = "export NAME=VALUE, or NAME_FILE=PATH for a secret; README lists all"
    try:
        settings = read_settings(complete(os.environ), app=not token)
    except UserError as error:
        findings = [Finding("settings", "fail", line, remedy) for line in str(error).splitlines()]
        try:
            environment = complete(os.environ)
            settings = read_settings(environment, app=False)
        except UserError:
            return findings, None
        if nameless(environment):
            remedy = "rfh-bot serve prints a link to a page that registers one; README has the variables"
            return [Finding("settings", "fail", "no GitHub App is configured", remedy)], None
        if not token and not (settings.app_id and settings.private_key):
            return findings, None
    if not settings.memory_key:
        what = "RFH_BOT_MEMORY_KEY is not set: the memory of a card that a person edited is not trusted"
        findings.append(Finding("settings", "warn", what, "RFH_BOT_MEMORY_KEY=$(openssl rand -hex 32)"))
    if settings.shadow:
        what = "RFH_BOT_SHADOW is set: nothing is written"
        findings.append(Finding("settings", "warn", what, "unset RFH_BOT_SHADOW"))
    return findings or [Finding("settings", "ok", "complete")], settings


async def _github(access: Access, *, fix: bool) -> Findings:
    """The App, then each watched repository, then Slack; nothing of it when GitHub does not let us in."""
    from bot.doctor import identity
    from bot.doctor.finding import guarded

    owner, repo = access.repositories[0].split("/")
    if access.app is None:
        gh = await access.clients.client(owner, repo)
        findings, accepted = await identity.token(gh, owner, repo)
        findings += identity.clock(gh)
        return findings + (await _repositories(access, fix=fix) if accepted else [])
    app = access.app
    findings, registered = await identity.credentials(app)
    findings += identity.clock(app.itself)
    if registered is None:
        return findings
    for name in access.repositories:
        owner, repo = name.split("/")
        covers = partial(identity.installation, app, owner, repo, registered)
        findings += await guarded("installation", covers)
    findings += await guarded("webhook", partial(identity.webhook, app, registered))
    findings += await guarded("deliveries", partial(identity.deliveries, app, registered))
    return findings + await _repositories(access, fix=fix)


async def _repositories(access: Access, *, fix: bool) -> Findings:
    """Each watched repository, and Slack as its policy has it. What cannot be opened has been told of."""
    from bot.doctor import public, repository
    from bot.doctor.finding import guarded
    from bot.errors import Forbidden
    from bot.github.roster import Rosters

    rosters = Rosters(access.clients)
    in_a_job = access.app is None and os.environ.get("GITHUB_ACTIONS") == "true"
    findings: Findings = []
    for name in access.repositories:
        owner, repo = name.split("/")
        at = repository.Watched(
            owner, repo, access.clients, access.rulebooks, "action" if in_a_job else "app"
        )
        try:
            await at.client()
        except Forbidden:
            continue
        seen = await guarded("repository", partial(repository.repository, at))
        findings += seen
        if seen == repository.absent(at):
            continue
        found = await guarded("policy", partial(repository.policy, at))
        findings += found
        if any(finding.level == "fail" for finding in found):
            continue
        findings += await guarded("labels", partial(repository.label_set, at, fix=fix))
        findings += await guarded("people", partial(repository.people, at, rosters))
        findings += await guarded("slack", partial(_slack, at, access.settings))
        findings += await guarded("watch", partial(public.watch, at))
        findings += await guarded("publish", partial(public.publish, at))
    return findings


async def _slack(at: Watched, settings: Settings) -> Findings:
    """What the policy lacks, and, with a token, what Slack does."""
    from bot.doctor import chat
    from bot.slack.client import SlackClient

    policy = await at.policy()
    if not settings.slack_token:
        return chat.named(policy)
    client = SlackClient(settings.slack_token, base_url=settings.slack_url)
    return chat.named(policy) + await chat.asked(policy, client, buttons=settings.slack_buttons)


def _as_json(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "level": finding.level,
        "what": finding.what,
        "remedy": finding.remedy,
    }


def _print(findings: Findings) -> None:
    """A line for people each; colours only on a terminal (click takes them off elsewhere)."""
    for line in _lines(findings):
        click.echo(line)


def _lines(findings: Findings) -> Iterator[str]:
    from bot.policy.problems import one_line

    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        level = click.style(f"{finding.level:<4}", fg=_COLORS[finding.level], bold=finding.level != "ok")
        yield f"{level}  {finding.check:<{width}}  {one_line(finding.what)}"
        if finding.remedy:
            yield f"{'':{width + 8}}→ {one_line(finding.remedy)}"
    count = Counter(finding.level for finding in findings)
    yield f"{count['ok']} ok, {count['warn']} to look at, {count['fail']} failed"
