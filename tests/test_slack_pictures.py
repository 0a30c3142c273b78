"""Pictures in Slack: the three requests of an upload as Slack takes them, over a wire too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_support import DoubleApi

from bot.errors import SlackDown
from bot.policy.load import load_default
from bot.sandbox import Sandbox
from bot.sandbox.seed import demo_world
from bot.sandbox.slack import PNG, SCOPES, SlackDouble
from bot.sandbox.slack_page import API, PATH, TOKEN, SlackPage
from bot.slack.client import SlackClient, SlackRefused

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DRAWN = PNG + b"the rest"


@pytest.fixture
def double() -> SlackDouble:
    return SlackDouble(lambda: NOW, {"a": "C1", "b": "C2"})


@pytest.fixture
def client(double: SlackDouble) -> SlackClient:
    return SlackClient("", api=DoubleApi(double))


async def test_a_picture_is_one_message_with_its_text(client: SlackClient, double: SlackDouble) -> None:
    await client.picture("C1", "*The week*", "digest.png", DRAWN, "two lines")
    (message,) = double.channel("#a")
    assert "*The week*" == message.text
    assert message.picture is not None
    assert ("digest.png", DRAWN, "two lines") == (
        message.picture.name,
        message.picture.data,
        message.picture.alt,
    )
    assert {} == double.uploads
    assert ["files.getUploadURLExternal", "files.completeUploadExternal"] == double.calls


@pytest.mark.parametrize(
    ("channel", "scopes", "drawn", "expected"),
    [
        ("C9", SCOPES, DRAWN, "channel_not_found"),
        ("C2", SCOPES, DRAWN, "not_in_channel"),
        ("C1", ("chat:write",), DRAWN, "missing_scope"),
        ("C1", SCOPES, b"", "invalid_arguments"),
    ],
)
async def test_what_slack_refuses_says_why_and_posts_nothing(
    double: SlackDouble, channel: str, scopes: tuple[str, ...], drawn: bytes, expected: str
) -> None:
    double.closed, double.scopes = {"C2"}, set(scopes)
    client = SlackClient("", api=DoubleApi(double))
    with pytest.raises(SlackRefused) as raised:
        await client.picture(channel, "*The week*", "digest.png", drawn, "two lines")
    assert expected == raised.value.code
    assert [] == double.messages


async def test_a_file_that_is_no_picture_is_not_taken(client: SlackClient, double: SlackDouble) -> None:
    with pytest.raises(SlackDown) as raised:
        await client.picture("C1", "*The week*", "digest.png", b"CANARY", "two lines")
    assert "CANARY" not in str(raised.value)
    assert [] == double.messages


async def test_a_wrong_address_or_length_is_not_taken(double: SlackDouble) -> None:
    assert 404 == double.take("https://files.sandbox.slack.com/upload/v1/F999", DRAWN)
    values = {"filename": "digest.png", "length": len(DRAWN) + 1}
    _, _, answer = double.call("files.getUploadURLExternal", values)
    assert 400 == double.take(answer["upload_url"], DRAWN)


async def test_what_the_token_may_do(client: SlackClient, double: SlackDouble) -> None:
    assert frozenset(SCOPES) == await client.scopes()
    double.scopes.clear()
    assert None is await client.scopes()


async def test_over_http_the_sandbox_takes_and_shows_it() -> None:
    github = Sandbox(clock=lambda: NOW)
    demo_world(github, load_default())
    page = SlackPage(github.world, github.hooks, SlackDouble(lambda: NOW, {"a": "C1"}))
    app = web.Application()
    page.add_to(app)
    async with TestClient(TestServer(app)) as wire:
        client = SlackClient(TOKEN, base_url=str(wire.make_url(API)))
        await client.picture("C1", "*The week*", "digest.png", DRAWN, "two lines")
        (message,) = page.double.messages
        assert message.picture is not None
        assert DRAWN == message.picture.data
        shown = await wire.get(f"{PATH}/picture/{message.ts}")
        assert (DRAWN, "image/png") == (await shown.read(), shown.content_type)
        assert 404 == (await wire.get(f"{PATH}/picture/1.1")).status
