"""Slack for tests: the double behind the real client, and a redactor that needs no process."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.file_upload_v2_result import FileUploadV2Result

from bot.meter import SILENT, Meter
from bot.policy.schema import Policy
from bot.rules.privacy import Context, Scanner, redact
from bot.sandbox.slack import SlackDouble
from bot.scanner import scanner
from bot.scanner_watch import Findings
from bot.slack.client import SlackClient
from bot.slack.directory import Directory
from bot.slack.redactor import Redact
from bot.slack.teller import Teller
from bot.told import Withheld

SECRET = b"slack-signing-secret"
_SCANNERS: dict[int, tuple[Policy, Scanner]] = {}  # building one takes a second


class DoubleApi(AsyncWebClient):
    """slack_sdk's client, whose wire is the double."""

    def __init__(self, double: SlackDouble) -> None:
        super().__init__("xoxb-test", retry_handlers=[])
        self.double = double

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.05)
        method = api_url.rpartition("/")[2]
        values = req_args.get("json") or req_args.get("params") or {}
        status, headers, data = self.double.call(method, values)
        return {"status_code": status, "headers": headers, "data": data}

    async def _upload_file(self, *, url: str, data: bytes, **_: object) -> FileUploadV2Result:
        await asyncio.sleep(0.05)
        return FileUploadV2Result(status=self.double.take(url, data), body="")


def slack_double(policy: Policy, now: Callable[[], datetime]) -> SlackDouble:
    """A workspace with every channel and handle of a policy; `@repo-management-support` does not exist."""
    names = [team.slack.channel for team in policy.teams.values()] + [policy.support.channel]
    channels = {
        name.removeprefix("#"): f"C{i:03d}" for i, name in enumerate(dict.fromkeys(filter(None, names)))
    }
    handles = [team.slack.handle for team in policy.teams.values()]
    groups = {
        name.removeprefix("@"): f"S{i:03d}" for i, name in enumerate(dict.fromkeys(filter(None, handles)))
    }
    return SlackDouble(now, channels, groups)


def teller_for(
    double: SlackDouble, now: Callable[[], datetime], redact: Redact, meter: Meter = SILENT
) -> Teller:
    client = SlackClient("", api=DoubleApi(double), meter=meter)
    return Teller(client, Directory(client, now, buttons=True), redact, now)


async def redacted(
    policy: Policy, texts: Sequence[str], customers: Sequence[str], own: Sequence[str], /
) -> tuple[tuple[str, ...], Withheld]:
    """As `Redactor`, without kingfisher."""
    context = Context("publish", tuple(own), tuple(customers))
    if id(policy) not in _SCANNERS:
        _SCANNERS[id(policy)] = policy, scanner(policy)
    return tuple(redact(_SCANNERS[id(policy)][1], text, context).text for text in texts), ""


async def examined(policy: Policy, texts: Sequence[str], customers: Sequence[str], /) -> list[Findings]:
    """As `Examiner`, without kingfisher and without threads."""
    if id(policy) not in _SCANNERS:
        _SCANNERS[id(policy)] = policy, scanner(policy)
    context = Context("watch", (), tuple(customers))
    return [_SCANNERS[id(policy)][1].scan(text, context) for text in texts]


def slack_signature(body: bytes, at: int, secret: bytes = SECRET) -> str:
    return "v0=" + hmac.new(secret, b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
