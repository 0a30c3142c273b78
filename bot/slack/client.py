"""Floor 2: one thin, careful call to Slack.

What it guarantees
- Two errors leave it: `SlackDown` (network, 5xx, rate limit: with Slack's ``Retry-After``) and `SlackRefused`
  (the same call would be refused again), which carries Slack's error code and nothing else: slack_sdk's
  exceptions and debug lines hold whole payloads.
- Nothing is retried here: the queue is the one place that does. A post whose answer was lost may then stand
  in Slack twice; Slack has no key that would prevent it.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.errors import RfhError, SlackDown
from bot.meter import SILENT, Meter
from bot.rules.slack_message import Block, Message
from bot.told import code

if (
    TYPE_CHECKING
):  # imported where it is used: many run without Slack, and loading it is a part of every start
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

API_URL = "https://slack.com/api/"
TIMEOUT = 15  # seconds
UPLOAD = "files.completeUploadExternal"  # the last of the three requests that an upload takes
PAGE = 999  # of channels; Slack takes up to 1000, and few calls matter more than small ones
# https://docs.slack.dev/apis/web-api/ ("Errors"): these may pass; all others need a person.
_PASSING = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "timeout",
        "external_channel_migrating",
    }
)
_QUIET = logging.getLogger("rfh-bot.slack_sdk")
_QUIET.setLevel(logging.WARNING)  # its debug lines are whole messages


class SlackRefused(RfhError):
    """Slack will not do it. `code` is Slack's word for why: channel_not_found, missing_scope …"""

    def __init__(self, method: str, why: str) -> None:
        super().__init__(f"Slack: {method}: {why}")
        self.code = why


class SlackClient:
    """The calls that this program makes. `api` may be given for another wire (tests, doubles)."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str = API_URL,
        session: aiohttp.ClientSession | None = None,
        api: AsyncWebClient | None = None,
        meter: Meter = SILENT,
    ) -> None:
        from slack_sdk.web.async_client import AsyncWebClient

        self._meter = meter
        self._api = api or AsyncWebClient(
            token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            session=session,
            timeout=TIMEOUT,
            retry_handlers=[],
            logger=_QUIET,
        )

    async def post(self, channel: str, message: Message, thread: str = "") -> tuple[str, str]:
        """Post; returns the channel's id and the message's ts, which name it."""
        data = await self._call(
            "chat.postMessage",
            channel=channel,
            **_body(message),
            **({"thread_ts": thread} if thread else {}),
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(data.get("channel", channel)), str(data["ts"])

    async def picture(self, channel: str, text: str, name: str, png: bytes, alt: str) -> None:
        """Post a picture under a text, as one message. It takes the scope `files:write`, and the bot in the
        channel. `text` is mrkdwn, `alt` what is seen without eyes.
        """
        await self._answer(
            UPLOAD,
            self._api.files_upload_v2(
                filename=name, content=png, title=name, alt_txt=alt, channel=channel, initial_comment=text
            ),
        )

    async def update(self, channel: str, ts: str, message: Message) -> None:
        await self._call("chat.update", channel=channel, ts=ts, **_body(message))

    async def hint(self, channel: str, user: str, text: str) -> None:
        """A line that only one person sees, in the channel where they pressed a button."""
        await self._call("chat.postEphemeral", channel=channel, user=user, text=text)

    async def open_form(self, trigger: str, view: Block) -> None:
        """Open a modal; a trigger is good for three seconds."""
        await self._call("views.open", trigger_id=trigger, view=view)

    async def email(self, user: str) -> str:
        """The address in a person's profile; empty when there is none to see."""
        data = await self._call("users.info", user=user)
        return str(((data.get("user") or {}).get("profile") or {}).get("email") or "")

    async def home(self) -> str:
        """The workspace's URL, with a slash at its end; says too whether the token is good."""
        return str((await self._call("auth.test")).get("url", ""))

    async def scopes(self) -> frozenset[str] | None:
        """What the token may do; None when Slack does not say (https://docs.slack.dev/reference/scopes)."""
        answer = await self._answer("auth.test", self._api.api_call("auth.test"))
        given = _header(answer, "x-oauth-scopes")
        return frozenset(scope.strip() for scope in given.split(",")) if given else None

    async def groups(self) -> dict[str, str]:
        """User groups: handle → id."""
        data = await self._call("usergroups.list")
        return {
            str(g["handle"]): str(g["id"]) for g in data.get("usergroups", ()) if not g.get("date_delete")
        }

    async def channels(self) -> dict[str, str]:
        """Channels that the bot can see: name → id."""
        return {str(c["name"]): str(c["id"]) async for c in self._channels()}

    async def _channels(self) -> AsyncIterator[Mapping[str, Any]]:
        cursor = ""
        while True:
            data = await self._call(
                "conversations.list",
                types="public_channel,private_channel",
                exclude_archived=True,
                limit=PAGE,
                **({"cursor": cursor} if cursor else {}),
            )
            for channel in data.get("channels", ()):
                yield channel
            cursor = str((data.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    async def _call(self, method: str, **values: Any) -> Mapping[str, Any]:
        """One call of a method; its answer."""
        if method in _READS:
            call = self._api.api_call(method, http_verb="GET", params=values)
        else:
            call = self._api.api_call(method, json=values)
        data: Mapping[str, Any] = (await self._answer(method, call)).data
        return data

    async def _answer(self, method: str, call: Awaitable[AsyncSlackResponse]) -> Any:
        """A good answer. Errors are raised outside the `except` block: no chain leads to slack_sdk's."""
        from slack_sdk.errors import SlackApiError, SlackClientError

        failure: RfhError
        try:
            answer = await call
            if isinstance(answer.data, Mapping):
                self._meter.slack(method, "ok")
                return answer
            failure = SlackDown(f"Slack: {method}: no JSON")
        except SlackApiError as error:
            failure = _failure(method, error.response)
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            failure = SlackDown(f"Slack: {method}: {type(error).__name__}")
        self._meter.slack(method, "down" if isinstance(failure, SlackDown) else "refused")
        raise failure


_READS = frozenset({"users.info", "usergroups.list", "conversations.list"})  # they take no JSON


def _body(message: Message) -> dict[str, Any]:
    blocks: Sequence[Block] = message.blocks
    return {"text": message.text, "blocks": list(blocks), "parse": "none", "link_names": False}


def _failure(method: str, response: Any) -> RfhError:
    """What a failed call means. `response` is slack_sdk's, or aiohttp's when the body was no JSON."""
    status: int = getattr(response, "status_code", None) or getattr(response, "status", 0) or 0
    data = getattr(response, "data", None)
    why = code(str(data.get("error", ""))) if isinstance(data, Mapping) else "unknown"
    if status == 429 or why in _PASSING or status >= 500 or why == "unknown":
        return SlackDown(f"Slack: {method}: HTTP {status} {why}", _retry_after(response))
    return SlackRefused(method, why)


def _retry_after(response: Any) -> float | None:
    """Seconds that Slack asked to wait (https://docs.slack.dev/apis/web-api/rate-limits)."""
    given = _header(response, "retry-after")
    return float(given) if given.isdecimal() else None


def _header(response: Any, wanted: str) -> str:
    headers = getattr(response, "headers", None) or {}
    return next((str(value) for name, value in headers.items() if name.lower() == wanted), "")
