"""Floor 3: the App that set-up registers: app-manifest.json with the addresses of this installation.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from yarl import URL

WEBHOOK = "/webhook"
CALLBACK = "/signin/callback"  # of the pages
LONGEST_NAME = 34  # of an App, at GitHub
_TRACKER = re.compile(r"\A[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}\Z")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Kind = Literal["organisation", "account"]


@cache
def shipped() -> Mapping[str, Any]:
    """app-manifest.json, of the package or of the checkout."""
    package = resources.files("bot")
    file = package.joinpath("app-manifest.json")
    if not file.is_file():
        file = Path(str(package)).parent / "app-manifest.json"
    found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Choices:
    """What the page asks: the tracker, whether its owner is an organisation, where GitHub reaches us."""

    tracker: str
    kind: Kind
    url: str

    @property
    def owner(self) -> str:
        return self.tracker.partition("/")[0]

    def problems(self) -> dict[str, str]:
        """What cannot work, by field."""
        found = {}
        if not _TRACKER.match(self.tracker):
            found["tracker"] = "Write OWNER/REPOSITORY."
        if self.kind not in ("organisation", "account"):
            found["kind"] = "Choose one."
        try:
            url = URL(self.url)
            bad = url.scheme not in ("https", "http") or not url.host or url != url.origin()
        except ValueError:
            bad = True
        if bad:
            found["url"] = "Write an address such as https://rfh-bot.example.com."
        elif url.scheme == "http" and url.host not in LOOPBACK:
            found["url"] = "Private text arrives there: it must be https."
        return found


def manifest(choices: Choices, redirect_url: str) -> str:
    """The manifest as JSON; `redirect_url` is where GitHub sends the browser back to, with the code."""
    base = choices.url.rstrip("/")
    return json.dumps(
        {
            **shipped(),
            "name": f"rfh-bot-{choices.owner}"[:LONGEST_NAME].rstrip("-"),
            "url": base,
            "hook_attributes": {"url": base + WEBHOOK, "active": True},
            "redirect_url": redirect_url,
            "callback_urls": [base + CALLBACK],
        }
    )


def registration_url(web_url: str, choices: Choices, state: str) -> str:
    """Where the form with the manifest is posted to."""
    owner = f"organizations/{quote(choices.owner)}/" if choices.kind == "organisation" else ""
    return f"{web_url}/{owner}settings/apps/new?state={quote(state)}"
