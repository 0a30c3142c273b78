"""Floor 4: the settings of `rfh-bot serve`: environment variables only; one table for parser and docs.

Secrets come from the variable or, with ``_FILE`` appended to its name, from a file (a mounted secret); never
from the command line, which others on the machine can read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UserError

DATABASE = "sqlite:///rfh-bot.sqlite3"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable. `default` None: it must be set."""

    name: str
    meaning: str
    default: str | None = ""
    secret: bool = False


SETTINGS = (
    Setting("GITHUB_APP_ID", "The App's id (or client id).", None),
    Setting("GITHUB_PRIVATE_KEY", "The App's private key, PEM.", None, secret=True),
    Setting("GITHUB_WEBHOOK_SECRET", "The webhook secret set in the App.", None, secret=True),
    Setting("GITHUB_WEBHOOK_SECRET_OLD", "The previous secret, accepted too while you rotate.", secret=True),
    Setting("GITHUB_API_URL", "REST base URL; for GitHub Enterprise `https://HOST/api/v3`.", "https://api.github.com"),
    Setting("GITHUB_GRAPHQL_URL", "GraphQL URL, when it is not the one that belongs to GITHUB_API_URL."),
    Setting("RFH_BOT_ENV_FILE", "Where set-up keeps the App's credentials, for each start.", "rfh-bot.env"),
    Setting("RFH_BOT_DATABASE_URL", "`sqlite:///PATH` or `postgresql://…`.", DATABASE),
    Setting("RFH_BOT_MEMORY_KEY", "Signs the memory in the cards: 32 characters or more.", secret=True),
    Setting("RFH_BOT_POLICY", "A policy file laid over the shipped one, for every repository."),
    Setting("RFH_BOT_REPOS", "What to watch: `owner/name`, comma-separated.", "the policy's tracker"),
    Setting("RFH_BOT_SHADOW", "`1`: plan and log, write nothing.", "0"),
    Setting("RFH_BOT_URL", "Where people reach the pages, e.g. `https://rfh.example.com`."),
    Setting("GITHUB_CLIENT_ID", "The App's client id: with it the pages are served, behind a sign-in."),
    Setting("GITHUB_CLIENT_SECRET", "The App's client secret; it seals the pages' cookies too.", secret=True),
    Setting("RFH_BOT_CONCURRENCY", "Issues worked on at the same time.", "32"),
    Setting("RFH_BOT_LOG", "Log level: debug, info, warning or error.", "info"),
    Setting("SLACK_BOT_TOKEN", "Bot token; without it the card has the text to paste.", secret=True),
    Setting("SLACK_SIGNING_SECRET", "Verifies what Slack sends; without it: no buttons.", secret=True),
    Setting("SLACK_APP_TOKEN", "For buttons without a public address: Socket Mode.", secret=True),
    Setting("SLACK_API_URL", "Base URL of Slack's Web API.", "https://slack.com/api/"),
    Setting("RFH_BOT_PAGING_URL", "Create Alert address of the paging service (Opsgenie's API). None: off."),
    Setting("RFH_BOT_PAGING_KEY", "API key of an integration there.", secret=True),
    Setting("ZENDESK_URL", "For figures of tickets: `https://NAME.zendesk.com`."),
    Setting("ZENDESK_TOKEN", "An administrator's token: OAuth, or API with ZENDESK_EMAIL.", secret=True),
    Setting("ZENDESK_EMAIL", "The address that the API token belongs to."),
    Setting("HOST", "Address to listen on.", "127.0.0.1"),
    Setting("PORT", "Port to listen on.", "8080"),
    Setting("METRICS_HOST", "Address of `/metrics`, which asks nobody who they are.", "127.0.0.1"),
    Setting("METRICS_PORT", "Port of `/metrics`, never the public one; without it: none."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Checked settings. Secrets are left out of repr."""

    app_id: str
    private_key: str = field(repr=False)
    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    api_url: str = "https://api.github.com"
    graphql_url: str | None = None
    database_url: str = DATABASE
    memory_key: bytes = field(default=b"", repr=False)
    policy_path: str | None = None
    repos: tuple[str, ...] = ()
    shadow: bool = False
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    url: str = ""  # without a path; empty: where it listens
    concurrency: int = 32
    log_level: str = "info"
    slack_token: str = field(default="", repr=False)
    slack_secret: bytes = field(default=b"", repr=False)
    slack_app_token: str = field(default="", repr=False)
    slack_url: str = "https://slack.com/api/"
    paging_url: str = ""
    paging_key: str = field(default="", repr=False)
    zendesk_url: str = ""
    zendesk_token: str = field(default="", repr=False)
    zendesk_email: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None

    @property
    def slack_buttons(self) -> bool:
        """Can it be heard when somebody presses one?"""
        return bool(self.slack_secret or self.slack_app_token)

    @property
    def value_key(self) -> bytes:
        """Names private values by HMAC. Without a memory key it comes from the App's own key: never none."""
        return self.memory_key or hashlib.sha256(b"rfh-bot:values:" + self.private_key.encode()).digest()


def read_settings(environment: Mapping[str, str], *, app: bool = True) -> Settings:
    """Read and check all variables; without `app`, the App's own may be missing.

    Raises UserError that names every problem at once, and no value.
    """
    problems: list[str] = []

    def get(name: str) -> str:
        value = environment.get(name, "")
        path = environment.get(f"{name}_FILE", "")
        if path and not value:
            try:
                value = Path(path).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name}_FILE: cannot read the file ({type(error).__name__})")
            else:
                if not value.strip():
                    problems.append(f"{name}_FILE: the file is empty")
        setting = next(s for s in SETTINGS if s.name == name)
        if app and not value.strip() and setting.default is None and not path:
            problems.append(f"{name} is not set: {setting.meaning}")
        return value.strip()

    def url(name: str, default: str = "") -> str:
        text = get(name) or default
        if text and not text.startswith(("https://", "http://")):
            problems.append(f"{name} must start with https:// (or http://)")
        return text

    def number(name: str, default: int, least: int, most: int) -> int:
        text = get(name)
        if not text:
            return default
        if not text.isdecimal() or not least <= int(text) <= most:
            problems.append(f"{name} must be a number from {least} to {most}")
            return default
        return int(text)

    memory_key = get("RFH_BOT_MEMORY_KEY")
    if memory_key and len(memory_key) < 32:
        problems.append(
            "RFH_BOT_MEMORY_KEY is shorter than 32 characters: make one with `openssl rand -hex 32`"
        )
    repos = tuple(name.strip() for name in get("RFH_BOT_REPOS").split(",") if name.strip())
    problems += [
        f"RFH_BOT_REPOS: write owner/name, not {name!r}"
        for name in repos
        if name.count("/") != 1 or name[0] == "/" or name[-1] == "/"
    ]
    level = get("RFH_BOT_LOG").lower() or "info"
    if level not in ("debug", "info", "warning", "error"):
        problems.append("RFH_BOT_LOG must be debug, info, warning or error")
    shadow = get("RFH_BOT_SHADOW").lower()
    if shadow not in ("", "0", "1", "false", "true"):
        problems.append("RFH_BOT_SHADOW must be 0 or 1")
    client_id, client_secret = get("GITHUB_CLIENT_ID"), get("GITHUB_CLIENT_SECRET")
    public = get("RFH_BOT_URL").rstrip("/")
    problems += pages_problems(client_id, client_secret, public)
    secrets = (get("GITHUB_WEBHOOK_SECRET"), get("GITHUB_WEBHOOK_SECRET_OLD"))
    if get("RFH_BOT_PAGING_URL") and not get("RFH_BOT_PAGING_KEY"):
        problems.append("RFH_BOT_PAGING_KEY is not set: the paging service asks for it")
    if bool(get("ZENDESK_URL")) != bool(get("ZENDESK_TOKEN")):
        problems.append("ZENDESK_URL and ZENDESK_TOKEN belong together: set both, or neither")
    settings = Settings(
        app_id=get("GITHUB_APP_ID"),
        private_key=get("GITHUB_PRIVATE_KEY"),
        webhook_secrets=tuple(s.encode() for s in secrets if s),
        api_url=url("GITHUB_API_URL", "https://api.github.com"),
        graphql_url=url("GITHUB_GRAPHQL_URL") or None,
        database_url=get("RFH_BOT_DATABASE_URL") or DATABASE,
        memory_key=memory_key.encode(),
        policy_path=get("RFH_BOT_POLICY") or None,
        repos=repos,
        shadow=shadow in ("1", "true"),
        client_id=client_id,
        client_secret=client_secret,
        url=public,
        concurrency=number("RFH_BOT_CONCURRENCY", 32, 1, 100),
        log_level=level,
        slack_token=get("SLACK_BOT_TOKEN"),
        slack_secret=get("SLACK_SIGNING_SECRET").encode(),
        slack_app_token=get("SLACK_APP_TOKEN"),
        slack_url=get("SLACK_API_URL") or "https://slack.com/api/",
        paging_url=url("RFH_BOT_PAGING_URL"),
        paging_key=get("RFH_BOT_PAGING_KEY"),
        zendesk_url=url("ZENDESK_URL"),
        zendesk_token=get("ZENDESK_TOKEN"),
        zendesk_email=get("ZENDESK_EMAIL"),
        host=get("HOST") or "127.0.0.1",
        port=number("PORT", 8080, 1, 65535),
        metrics_host=get("METRICS_HOST") or "127.0.0.1",
        metrics_port=number("METRICS_PORT", 0, 1, 65535) or None,
    )
    if problems:
        raise UserError("\n".join(problems))
    return settings


def pages_problems(client_id: str, client_secret: str, url: str) -> list[str]:
    """What is missing for the pages, when some of it is set; and an address that cookies are not safe on."""
    given = {"GITHUB_CLIENT_ID": client_id, "GITHUB_CLIENT_SECRET": client_secret, "RFH_BOT_URL": url}
    if not client_id and not client_secret:
        return []
    problems = [f"{name} is not set: the pages need it" for name, value in given.items() if not value]
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    )
    if url and not (safe and parts.netloc and url == f"{parts.scheme}://{parts.netloc}"):
        problems.append("RFH_BOT_URL must be https://HOST, without a path (http:// on this machine alone)")
    return problems
