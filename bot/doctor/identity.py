"""Floor 2: is the App known to GitHub, allowed what it needs, and told what happens?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.doctor.finding import Finding, Findings
from bot.errors import Forbidden, Transient
from bot.events import EVENTS
from bot.github import parse
from bot.github.auth import App
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import FIND_INSTALLATION, GET_APP, GET_HOOK, GET_REPOSITORY, LIST_DELIVERIES

GOOD_SKEW, WORST_SKEW = timedelta(seconds=10), timedelta(seconds=60)
DELIVERIES = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission that app-manifest.json asks for, and what is lost without it."""

    level: Literal["read", "write"]
    lost: str
    vital: bool = True


PERMISSIONS: Mapping[str, Asked] = {
    "metadata": Asked("read", "nothing can be read"),
    "issues": Asked("write", "no issue can be read, no label and no comment written"),
    "contents": Asked("read", "`.github/rfh-bot.yml` cannot be read"),
    "checks": Asked("write", "a broken policy is not shown on its commit", vital=False),
    "members": Asked(
        "read", "members of GitHub teams are not seen: their answers change no turn", vital=False
    ),
}
_LEVELS = ("", "read", "write", "admin")


@dataclass(frozen=True, slots=True)
class Registration:
    """The App as it is registered: where its settings are, what it asks for."""

    slug: str
    settings: str
    permissions: Mapping[str, str]
    events: frozenset[str]


async def credentials(app: App) -> tuple[Findings, Registration | None]:
    """Does GitHub accept the App's JWT? The registration, when it does."""
    try:
        registered = parse.readable(GET_APP.path, partial(_registration, await app.itself.rest(GET_APP)))
    except (Forbidden, UnexpectedStatus) as error:
        remedy = (
            "GITHUB_APP_ID and GITHUB_PRIVATE_KEY must be of one App, and the key must still stand in its "
            "settings (Private keys); GITHUB_API_URL must be its GitHub. A clock that is off does the same."
        )
        return [Finding("credentials", "fail", f"GitHub refuses the App's key: {error}", remedy)], None
    except Transient as error:
        return [unreachable(error)], None
    return [Finding("credentials", "ok", f"GitHub knows the App {registered.slug}")], registered


async def token(gh: GitHub, owner: str, repo: str) -> tuple[Findings, bool]:
    """Does GitHub accept GITHUB_TOKEN? What it opens is another question."""
    try:
        await gh.rest(GET_REPOSITORY, owner=owner, repo=repo)
    except Forbidden as error:
        remedy = "Make another, with issues: write and contents: read on the repository: GITHUB_TOKEN"
        return [Finding("credentials", "fail", f"GitHub refuses GITHUB_TOKEN: {error}", remedy)], False
    except UnexpectedStatus:
        pass
    except Transient as error:
        return [unreachable(error)], False
    return [Finding("credentials", "ok", "GitHub accepts GITHUB_TOKEN")], True


def unreachable(error: Transient) -> Finding:
    """GitHub does not answer us, or not now."""
    remedy = "Look at the network, at GITHUB_API_URL and at https://www.githubstatus.com, and try again."
    return Finding("credentials", "fail", f"no answer from GitHub: {error}", remedy)


def _registration(found: Mapping[str, Any]) -> Registration:
    """Out of the answer of `GET /app`."""
    page = urlsplit(str(found["html_url"]))
    slug, owner = str(found["slug"]), found.get("owner") or {}
    scope = f"organizations/{owner['login']}/" if owner.get("type") == "Organization" else ""
    settings = f"{page.scheme}://{page.netloc}/{scope}settings/apps/{slug}"
    return Registration(slug, settings, dict(found["permissions"]), frozenset(found["events"]))


def clock(gh: GitHub) -> Findings:
    """Our clock beside the date of GitHub's last answer. A JWT from the future is refused; reminders and
    turns are reckoned by this clock."""
    if gh.pool.skew is None:  # no answer came, which is a finding already
        return []
    seconds = round(gh.pool.skew.total_seconds())
    off = f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} GitHub's"
    if abs(gh.pool.skew) <= GOOD_SKEW:
        return [Finding("clock", "ok", f"within {GOOD_SKEW.seconds} s of GitHub's")]
    level: Literal["warn", "fail"] = "fail" if abs(gh.pool.skew) > WORST_SKEW else "warn"
    return [Finding("clock", level, f"this clock is {off}", "timedatectl set-ntp true")]


async def installation(app: App, owner: str, repo: str, registered: Registration) -> Findings:
    """Does an installation cover the repository, and does it grant what is needed?"""
    name = f"{owner}/{repo}"
    try:
        answer = await app.itself.rest(FIND_INSTALLATION, owner=owner, repo=repo)
    except UnexpectedStatus:
        what = f"the App is not installed on {name}"
        return [Finding("installation", "fail", what, f"{registered.settings}/installations")]
    found = parse.readable(FIND_INSTALLATION.path, lambda: dict(answer))
    page = str(found.get("html_url") or f"{registered.settings}/installations")
    if found.get("suspended_at"):
        return [Finding("installation", "fail", f"the installation for {name} is suspended", page)]
    granted, events = dict(found.get("permissions") or {}), frozenset(found.get("events") or ())
    return [
        Finding("installation", "ok", f"installed on {name}"),
        *_permissions(name, granted, registered, page),
        *_events(name, events, registered, page),
    ]


def _permissions(name: str, granted: Mapping[str, str], registered: Registration, page: str) -> Findings:
    findings = []
    for permission, asked in PERMISSIONS.items():
        if _reaches(granted.get(permission), asked.level):
            continue
        if _reaches(registered.permissions.get(permission), asked.level):
            remedy = f"An owner of {name.partition('/')[0]} accepts the new permissions: {page}"
        else:
            remedy = (
                f"Set {permission} to {asked.level}: {registered.settings}/permissions, accept it: {page}"
            )
        what = f"{name}: `{permission}: {asked.level}` is not granted, so {asked.lost}"
        findings.append(Finding("permissions", "fail" if asked.vital else "warn", what, remedy))
    return findings or [Finding("permissions", "ok", f"{name}: {', '.join(PERMISSIONS)} as needed")]


def _reaches(granted: str | None, asked: str) -> bool:
    known = granted if granted in _LEVELS else ""
    return _LEVELS.index(known or "") >= _LEVELS.index(asked)


def _events(name: str, granted: frozenset[str], registered: Registration, page: str) -> Findings:
    missing = sorted(set(EVENTS) - granted)
    if not missing:
        return [Finding("events", "ok", f"{name}: {', '.join(EVENTS)}")]
    unasked = sorted(set(missing) - registered.events)
    what = (
        f"{name}: no webhook for {', '.join(missing)}; the catch-up finds what they would tell, minutes later"
    )
    subscribe = f"{registered.settings}/permissions (Subscribe to events: {', '.join(unasked)})"
    return [Finding("events", "fail", what, subscribe if unasked else page)]


async def webhook(app: App, registered: Registration) -> Findings:
    """Where webhooks go."""
    answer = await app.itself.rest(GET_HOOK)
    hook = parse.readable(GET_HOOK.path, lambda: dict(answer))
    url, secret = str(hook.get("url") or ""), hook.get("secret")
    address, settings = urlsplit(url), registered.settings
    if not url:
        return [Finding("webhook", "fail", "the App has no webhook URL", f"{settings} (Webhook URL)")]
    where = f"{address.scheme}://{address.hostname}{address.path}"  # what else an address holds may be secret
    findings = []
    if hook.get("content_type") != "json":
        what = "webhooks are sent as forms, and refused with 415"
        findings.append(Finding("webhook", "fail", what, f"{settings} (Content type: application/json)"))
    if not secret:
        remedy = f"openssl rand -hex 32, as GITHUB_WEBHOOK_SECRET and at {settings} (Webhook secret)"
        findings.append(Finding("webhook", "fail", "webhooks are not signed, and refused with 401", remedy))
    if not address.path.endswith("/webhook"):
        what = f"webhooks go to {where}, the App answers at /webhook"
        findings.append(Finding("webhook", "warn", what, f"{settings} (Webhook URL), unless a proxy maps it"))
    if address.scheme != "https" or str(hook.get("insecure_ssl")) == "1":
        what = f"webhooks go to {where} without a verified TLS connection"
        findings.append(Finding("webhook", "warn", what, f"{settings} (Webhook URL, SSL verification)"))
    return findings or [Finding("webhook", "ok", f"webhooks go to {where}")]


async def deliveries(app: App, registered: Registration) -> Findings:
    """How the last webhooks fared; one that failed and was delivered again has arrived."""
    rows = await app.itself.rest(LIST_DELIVERIES, per_page=DELIVERIES)
    newest = parse.readable(
        LIST_DELIVERIES.path, lambda: [(str(r["guid"]), int(r["status_code"])) for r in rows]
    )
    arrived = {guid for guid, status in newest if 200 <= status < 300}
    lost = {guid: status for guid, status in reversed(newest) if guid not in arrived}
    total, page = len({guid for guid, _ in newest}), f"{registered.settings}/advanced"
    if not total:
        what = "GitHub lists no webhook of the last days"
        return [
            Finding("deliveries", "warn", what, f"Edit an issue in a watched repository, then see {page}")
        ]
    if not lost:
        return [Finding("deliveries", "ok", f"the last {total} webhooks arrived")]
    status, _ = Counter(lost.values()).most_common(1)[0]
    share = len(lost) / total
    what = f"{len(lost)} of the last {total} webhooks failed ({share:.0%}), most with status {status}"
    level: Literal["warn", "fail"] = "fail" if share > 0.5 or newest[0][0] in lost else "warn"
    return [Finding("deliveries", level, what, f"{_why(status)} See {page}")]


def _why(status: int) -> str:
    """What a status of our webhook, or of what stands before it, means."""
    match status:
        case 401:
            return "GITHUB_WEBHOOK_SECRET is not the secret in the App's settings."
        case 404 | 405:
            return "The webhook URL does not end where the App answers: /webhook."
        case 415:
            return "The webhook's content type must be application/json."
        case 500:
            return "The App could not write to its database; its log says why."
        case _:
            return "The App was not reached: does it run, and does what stands before it pass requests on?"
