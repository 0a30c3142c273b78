"""Slack's calls: two kinds of errors, no words of anybody in them, and what exists there is kept."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_support import DoubleApi

from bot.errors import SlackDown
from bot.rules.slack_message import Message, label
from bot.sandbox.slack import SlackDouble
from bot.slack.client import SlackClient, SlackRefused
from bot.slack.directory import KEEP, Directory

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
MESSAGE = Message("CANARY", ({"type": "section", "text": label("CANARY")},))


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def double() -> SlackDouble:
    return SlackDouble(Clock(), {"a": "C1", "b": "C2", "c": "C3"}, {"team": "S1"}, {"U1": "u@x.example"})


@pytest.fixture
def client(double: SlackDouble) -> SlackClient:
    return SlackClient("", api=DoubleApi(double))


async def test_calls_reach_what_they_name(client: SlackClient, double: SlackDouble) -> None:
    channel, ts = await client.post("C1", MESSAGE)
    assert "C1" == channel
    await client.update("C1", ts, MESSAGE)
    await client.post("C1", MESSAGE, ts)
    assert [(ts, 1, ""), (double.messages[1].ts, 0, ts)] == [
        (message.ts, message.edits, message.thread) for message in double.messages
    ]
    assert "u@x.example" == await client.email("U1")
    assert {"a": "C1", "b": "C2", "c": "C3"} == await client.channels()
    assert {"team": "S1"} == await client.groups()


async def test_a_refusal_carries_slacks_code_alone(client: SlackClient) -> None:
    with pytest.raises(SlackRefused) as found:
        await client.post("C9", MESSAGE)
    assert "channel_not_found" == found.value.code
    assert "CANARY" not in repr(found.value)
    assert None is found.value.__context__


async def over_http(answer: web.Response) -> BaseException:
    """What a call raises when Slack answers so, over a real socket."""

    async def handle(_: web.Request) -> web.Response:
        return answer

    app = web.Application()
    app.router.add_post("/chat.postMessage", handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        client = SlackClient("xoxb-secret", base_url=str(server.make_url("")), session=session)
        with pytest.raises((SlackDown, SlackRefused)) as found:
            await client.post("C1", MESSAGE)
        return found.value


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        pytest.param({"status": 429, "headers": {"Retry-After": "30"}, "text": "{}"}, 30.0, id="rate limit"),
        pytest.param({"status": 503, "text": "<html>CANARY"}, None, id="5xx with a page"),
        pytest.param(
            {"status": 200, "text": "CANARY", "content_type": "application/json"}, None, id="no JSON"
        ),
        pytest.param({"status": 200, "text": "[]", "content_type": "application/json"}, None, id="no object"),
    ],
)
async def test_what_may_pass_is_told_as_such(answer: dict[str, Any], wait: float | None) -> None:
    found = await over_http(web.Response(**answer))
    assert isinstance(found, SlackDown)
    assert wait == found.retry_after
    assert "CANARY" not in str(found)
    assert "secret" not in str(found)
    assert found.__context__ is None


@pytest.mark.parametrize("error", ["internal_error", "service_unavailable", "ratelimited"])
async def test_some_of_slacks_codes_may_pass(error: str) -> None:
    found = await over_http(web.json_response({"ok": False, "error": error}))
    assert isinstance(found, SlackDown)


@pytest.mark.parametrize("error", ["invalid_auth", "is_archived", "msg_too_long"])
async def test_the_others_need_a_person(error: str) -> None:
    found = await over_http(web.json_response({"ok": False, "error": error}))
    assert isinstance(found, SlackRefused)
    assert error == found.code


async def test_a_slack_that_cannot_be_reached_may_come_back() -> None:
    with pytest.raises(SlackDown):
        await SlackClient("xoxb-secret", base_url="http://127.0.0.1:9").home()


async def test_nothing_that_is_sent_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await over_http(web.json_response({"ok": False, "error": "is_archived"}))
    assert "CANARY" not in caplog.text
    assert "secret" not in caplog.text


# ── what exists ─────────────────────────────────────────────────────────────────────────────


async def test_the_directory_is_kept_for_some_minutes(client: SlackClient, double: SlackDouble) -> None:
    clock = Clock()
    directory = Directory(client, clock, buttons=True)
    first = await directory.get()
    calls = len(double.calls)
    double.channels["d"] = "C4"
    assert first is await directory.get()
    assert calls == len(double.calls)
    clock.at += KEEP
    found = await directory.get()
    assert found is not None
    assert "C4" == found.channels["d"]


async def test_an_outage_leaves_the_last_answer_in_force(client: SlackClient, double: SlackDouble) -> None:
    clock = Clock()
    directory = Directory(client, clock, buttons=True)
    double.faults = [("auth.test", "5xx")]
    with pytest.raises(SlackDown):
        await directory.get()
    first = await directory.get()
    clock.at += KEEP + timedelta(seconds=1)
    double.faults = [("conversations.list", "rate-limit")]
    assert first is not None
    assert first is await directory.get()


async def test_groups_that_may_not_be_listed_are_none(double: SlackDouble) -> None:
    class NoGroups(SlackClient):
        async def groups(self) -> dict[str, str]:
            raise SlackRefused("usergroups.list", "missing_scope")

    found = await Directory(NoGroups("", api=DoubleApi(double)), Clock(), buttons=False).get()
    assert found is not None
    assert {} == found.groups
    assert "C1" == found.channels["a"]


async def test_a_token_that_slack_refuses_means_no_slack(double: SlackDouble) -> None:
    class Refused(SlackClient):
        async def home(self) -> str:
            raise SlackRefused("auth.test", "invalid_auth")

    assert None is await Directory(Refused("", api=DoubleApi(double)), Clock(), buttons=False).get()
