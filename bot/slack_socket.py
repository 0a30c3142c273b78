"""Floor 3: Slack's other door: interactions over a socket that we open (Socket Mode).

The app token stands for the signature. What is not acknowledged Slack sends again; a click that comes twice
is one act (bot/slack_door.py). https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_door import SlackDoor
from bot.told import code

RETRY = 60.0  # seconds between attempts to open the socket; once it stood, slack_sdk opens it again
_SILENT = logging.getLogger("rfh-bot.slack_socket")
_SILENT.setLevel(logging.CRITICAL)  # its errors quote addresses with tickets, and messages


async def listen(door: SlackDoor, app_token: str, api_url: str) -> None:
    """Take interactions until cancelled."""
    log = structlog.get_logger("slack")
    web = AsyncWebClient(base_url=api_url if api_url.endswith("/") else f"{api_url}/", logger=_SILENT)
    client = SocketModeClient(app_token, logger=_SILENT, web_client=web)

    async def take(_: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        status, why = 200, "no interaction"
        if request.type == "interactive":
            status, why = await door.interaction(request.payload)
        log.info("interaction", status=status, why=why)
        if status < 500:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    client.socket_mode_request_listeners.append(take)
    try:
        while client.wss_uri is None:
            try:
                client.wss_uri = (await web.apps_connections_open(app_token=app_token))["url"]
            except SlackApiError as error:
                log.error("no socket", error=code(str(error.response.get("error", ""))))
            except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("no socket", error=type(error).__name__)
            if client.wss_uri is None:
                await asyncio.sleep(RETRY)
        await client.connect()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()
    finally:
        await client.close()  # type: ignore[no-untyped-call]
