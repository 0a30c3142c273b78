"""Socket Mode: interactions over a socket that we open, acknowledged once they are durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from slack_support import slack_signature
from test_slack_buttons import click

from bot.model import IssueKey
from bot.sandbox.records import Issue
from bot.settings import read_settings
from bot.slack_door import SlackDoor
from bot.slack_socket import listen
from bot.told import Act

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)


class FakeSlack:
    """Slack's end of the socket: sends one envelope, keeps what is acknowledged."""

    def __init__(self, envelope: Mapping[str, Any]) -> None:
        self.envelope = envelope
        self.tokens: list[str] = []
        self.acknowledged: asyncio.Queue[str] = asyncio.Queue()

    async def open(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers["Authorization"])
        url = request.url.with_scheme("ws").with_path("/socket")
        return web.json_response({"ok": True, "url": str(url)})

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})
        await socket.send_json(self.envelope)
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                await self.acknowledged.put(message.json()["envelope_id"])
        return socket


class NoClient:
    """Nothing is asked of Slack."""

    async def email(self, user: str) -> str:
        return ""

    async def hint(self, channel: str, user: str, text: str) -> None:
        raise AssertionError(user)

    async def open_form(self, trigger: str, view: Any) -> None:
        raise AssertionError(trigger)


@contextlib.asynccontextmanager
async def listening(slack: FakeSlack, door: SlackDoor) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/api/apps.connections.open", slack.open)
    app.router.add_get("/socket", slack.socket)
    async with TestServer(app) as server:
        task = asyncio.create_task(listen(door, "xapp-1", str(server.make_url("/api"))))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def door(acts: list[tuple[IssueKey, Act]], fails: int = 0) -> SlackDoor:
    async def accept(key: IssueKey, act: Act) -> None:
        acts.append((key, act))
        if len(acts) <= fails:
            raise OSError

    async def people(_: IssueKey) -> Mapping[str, str]:
        return {"U0ERIN": "erin"}

    return SlackDoor(b"", NoClient(), accept, people, lambda: NOW)


def envelope(**values: Any) -> dict[str, Any]:
    issue = cast(Issue, SimpleNamespace(number=7))
    return {"type": "interactive", "envelope_id": "E1", "payload": click(issue, "rfh:take")} | values


async def test_a_click_is_an_act_and_is_acknowledged() -> None:
    acts: list[tuple[IssueKey, Act]] = []
    slack = FakeSlack(envelope())
    async with listening(slack, door(acts)):
        assert "E1" == await asyncio.wait_for(slack.acknowledged.get(), 5)
    ((key, act),) = acts
    assert ("sourcegraph/customer#7", "erin", "/take") == (str(key), act.login, act.text)
    assert ["Bearer xapp-1"] == slack.tokens


async def test_what_could_not_be_kept_is_not_acknowledged() -> None:
    """Slack shows the person that it failed."""
    acts: list[tuple[IssueKey, Act]] = []
    slack = FakeSlack(envelope())
    async with listening(slack, door(acts, fails=1)):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slack.acknowledged.get(), 0.3)
    assert 1 == len(acts)


async def test_what_is_no_interaction_is_acknowledged_and_dropped() -> None:
    acts: list[tuple[IssueKey, Act]] = []
    slack = FakeSlack(envelope(type="events_api", payload={}))
    async with listening(slack, door(acts)):
        assert "E1" == await asyncio.wait_for(slack.acknowledged.get(), 5)
    assert [] == acts


async def test_without_a_signing_secret_nothing_is_taken_over_http() -> None:
    """An empty key would sign for anybody."""
    at, body = int(NOW.timestamp()), b"payload={}"
    status, _ = await door([]).take(body, str(at), slack_signature(body, at, b""))
    assert 401 == status


@pytest.mark.parametrize("name", ["SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"])
def test_buttons_need_one_of_the_two(name: str) -> None:
    assert read_settings({name: "x"}, app=False).slack_buttons
    assert not read_settings({}, app=False).slack_buttons
