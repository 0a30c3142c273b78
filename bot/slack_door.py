"""Floor 3: Slack's door: buttons and modals. Verify, say who it was, make durable, answer. No other work.

What holds
- Nothing is taken that is not signed with our secret, older or newer than five minutes, or seen before
  (https://docs.slack.dev/authentication/verifying-requests-from-slack).
- A click is an act of a GitHub login, found through the policy by Slack's member id or e-mail address;
  somebody who is not in the policy gets a hint that only they see, and nothing happens.
- 200 is answered after the database has committed the act. What it does, and whether the person may, is
  decided by the issue's next run, as for a comment.
- A click that arrives twice is one act: its id is made of what Slack says about the click.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qs

import cachetools
import structlog
from aiohttp import web

from bot import words
from bot.model import IssueKey
from bot.rules.slack_message import BLOCK, NEED_INFO, REROUTE, SNOOZE, TAKE, Block, need_info_form
from bot.slack.client import SlackRefused
from bot.told import Act

MAX_BODY = 256 * 1024
WINDOW = timedelta(minutes=5)
REMEMBERED = 10_000  # signatures, for twice the window

Accept = Callable[[IssueKey, Act], Awaitable[None]]
"""Makes an act durable and names its issue."""
People = Callable[[IssueKey], Awaitable[Mapping[str, str] | None]]
"""Slack member id or e-mail → GitHub login, of the issue's repository; None: not watched."""


class Client(Protocol):
    """What the door asks of Slack."""

    async def email(self, user: str) -> str: ...

    async def hint(self, channel: str, user: str, text: str) -> None: ...

    async def open_form(self, trigger: str, view: Block) -> None: ...


class Unreadable(Exception):
    """A payload of another shape than ours."""


@dataclass
class SlackDoor:
    """`answer` is the POST handler of ``/slack/interactions``. Log lines hold ids, never text."""

    secret: bytes = field(repr=False)  # empty: nothing is taken over HTTP (Socket Mode)
    client: Client
    accept: Accept
    people: People
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._seen: cachetools.TTLCache[str, bool] = cachetools.TTLCache(
            REMEMBERED, 2 * WINDOW.total_seconds(), timer=lambda: self.now().timestamp()
        )
        self._log = structlog.get_logger("slack")

    async def answer(self, request: web.Request) -> web.Response:
        """Take one interaction, and log it in one line."""
        structlog.contextvars.clear_contextvars()  # what the last one on this connection left
        body = b""
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > MAX_BODY:  # nothing is signed yet: do not hold what anybody may send
                return web.Response(status=413)
        status, why = await self.take(
            body,
            request.headers.get("X-Slack-Request-Timestamp", ""),
            request.headers.get("X-Slack-Signature", ""),
        )
        (self._log.info if status < 400 else self._log.warning)("interaction", status=status, why=why)
        return web.Response(status=status)  # an empty 200 closes a modal

    async def take(self, body: bytes, timestamp: str, signature: str) -> tuple[int, str]:
        """Status and a word for the log. Raises nothing: Slack shows the person that a 500 failed."""
        if not self._signed(body, timestamp, signature):
            return 401, "bad signature"
        if signature in self._seen:
            return 401, "replayed"
        self._seen[signature] = True
        try:
            payload = json.loads(parse_qs(body.decode("utf-8", "strict"))["payload"][0])
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            return 400, "unreadable"
        status, why = await self.interaction(payload)
        if status >= 500:
            self._seen.pop(signature, None)
        return status, why

    async def interaction(self, payload: Mapping[str, Any]) -> tuple[int, str]:
        """Status and a word for the log, of what is known to come from Slack. Raises nothing."""
        structlog.contextvars.clear_contextvars()
        try:
            return 200, await self._act(payload)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, Unreadable):
            return 400, "unreadable"
        except Exception as error:  # noqa: BLE001  # the database, or Slack: the person sees that it failed
            return 500, f"not accepted: {type(error).__name__}"

    def _signed(self, body: bytes, timestamp: str, signature: str) -> bool:
        if not self.secret or not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
            return False
        age = abs(self.now().timestamp() - int(timestamp))
        base = b"v0:" + timestamp.encode() + b":" + body
        expected = b"v0=" + hmac.new(self.secret, base, hashlib.sha256).hexdigest().encode()
        good = hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
        return good and age <= WINDOW.total_seconds()

    # ── what was done ───────────────────────────────────────────────────────────────────────

    async def _act(self, payload: Mapping[str, Any]) -> str:
        """Do what the payload asks; returns a word for the log."""
        user = str(payload["user"]["id"])
        if payload["type"] == "view_submission":
            view = payload["view"]
            if view["callback_id"] != NEED_INFO:
                raise Unreadable
            text = str(view["state"]["values"]["question"]["text"]["value"] or "").strip()
            click, key = f"{view['id']}", IssueKey.parse(str(view["private_metadata"]))
            return await self._record(key, user, "", click, f"{text}\n\n/waiting support")
        if payload["type"] != "block_actions":
            raise Unreadable
        action = payload["actions"][0]
        block = str(action["block_id"])
        if not block.startswith(BLOCK):
            raise Unreadable
        key, channel = IssueKey.parse(block.removeprefix(BLOCK)), str(payload["channel"]["id"])
        kind, click = str(action["action_id"]), f"{action['action_id']}:{action['action_ts']}"
        if kind == NEED_INFO:
            if await self._who(key, user, channel):
                await self.client.open_form(str(payload["trigger_id"]), need_info_form(str(key)))
            return "form"
        text = {TAKE: "/take", SNOOZE: "/snooze 1d"}.get(kind, "")
        if kind == REROUTE:
            team = str(action["selected_option"]["value"])
            text = f"/route {' '.join(team.split())}"
        if not text:
            raise Unreadable
        return await self._record(key, user, channel, click, text)

    async def _record(self, key: IssueKey, user: str, channel: str, click: str, text: str) -> str:
        login = await self._who(key, user, channel)
        if not login:
            return "unknown person"
        id_ = hashlib.sha256(f"{user}:{click}".encode()).hexdigest()[:16]
        await self.accept(key, Act(id_, login, text, self.now()))
        return "taken"

    async def _who(self, key: IssueKey, user: str, channel: str) -> str:
        """The person's GitHub login; empty, and they are told, when the policy does not name them."""
        structlog.contextvars.bind_contextvars(key=str(key))  # of what is logged from here on
        people = await self.people(key)
        if people is None:
            raise Unreadable
        known = {name.casefold(): login for name, login in people.items()}
        login = known.get(user.casefold(), "")
        if not login and any("@" in name for name in known):
            try:
                login = known.get((await self.client.email(user)).casefold(), "")
            except SlackRefused as error:
                self._log.error("refused", error=str(error))
        if not login and channel:
            await self.client.hint(channel, user, words.SLACK_STRANGER)
        return login
