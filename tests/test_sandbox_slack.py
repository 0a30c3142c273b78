"""The sandbox's Slack over HTTP: slack_sdk as its client, the page, and its buttons."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.policy.load import load_default
from bot.rules.slack_message import hand_off, need_info_form, note
from bot.sandbox.seed import demo_slack, demo_world
from bot.sandbox.server import Sandbox
from bot.sandbox.slack import SlackDouble, member
from bot.sandbox.slack_page import API, PATH, SECRET, TOKEN, SlackPage
from bot.slack.client import SlackClient, SlackRefused
from bot.slack_door import SlackDoor
from bot.told import Note, Telling

HERE = "sourcegraph/customer#7"
TELLING = Telling("open", HERE, "http://x.example/7", "Search Core", teams=(("delivery", "Delivery"),))


@pytest.fixture
async def sandbox() -> AsyncIterator[tuple[Sandbox, SlackDouble]]:
    github = Sandbox()
    demo_world(github, load_default())
    double = demo_slack(github, load_default())
    github.add_page(PATH, "Slack", SlackPage(github.world, github.hooks, double).add_to)
    async with github:
        yield github, double


def client(github: Sandbox, token: str = TOKEN) -> SlackClient:
    return SlackClient(token, base_url=f"{github.url}{API}")


async def page(github: Sandbox) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{github.url}{PATH}") as got:
        assert 200 == got.status
        return await got.text()


async def test_the_real_client_works_against_it(sandbox: Any) -> None:
    github, double = sandbox
    slack = client(github)
    channels = await slack.channels()
    assert double.channels == channels
    assert double.groups == await slack.groups()
    channel, ts = await slack.post(channels["search"], hand_off(TELLING, "Find <!here> & fix *it*", ""))
    await slack.post(channel, note(Note("reminded", "<!subteam^S003>")), ts)
    shown = await page(github)
    assert "&lt;!here&gt; &amp; fix" in shown
    assert f'<a href="http://x.example/7">{HERE}</a>' in shown
    assert f"@{next(name for name, id_ in double.groups.items() if id_ == 'S003')}</span> reminded" in shown
    assert "#search</h2>" in shown


async def test_a_wrong_token_and_wrong_blocks_are_refused(sandbox: Any) -> None:
    github, double = sandbox
    with pytest.raises(SlackRefused, match="invalid_auth"):
        await client(github, "xoxb-other").home()
    with pytest.raises(SlackRefused, match="channel_not_found"):
        await client(github).post("C404", note(Note("x")))
    assert [] == double.messages


async def test_its_buttons_are_sent_to_the_app_signed(sandbox: Any) -> None:
    """As the App's own door takes them."""
    github, double = sandbox
    taken: list[Any] = []

    async def unused(*_: Any) -> Any:
        raise AssertionError

    async def app(request: web.Request) -> web.Response:
        door = SlackDoor(SECRET.encode(), client(github), unused, unused, github.world.now)
        body = await request.read()
        stamp, signature = (request.headers[f"X-Slack-{n}"] for n in ("Request-Timestamp", "Signature"))
        assert door._signed(body, stamp, signature)
        taken.append(json.loads(parse_qs(body.decode())["payload"][0]))
        return web.Response()

    application = web.Application()
    application.router.add_post("/slack/interactions", app)
    async with TestServer(application) as server:
        github.use_webhook(str(server.make_url("/webhook")))
        async with aiohttp.ClientSession(headers={"Origin": github.url}) as session:
            for form in (
                {"channel": "C001", "block": f"rfh:{HERE}", "action": "rfh:take"},
                {"channel": "C001", "block": f"rfh:{HERE}", "action": "rfh:route", "value": "delivery"},
            ):
                async with session.post(f"{github.url}{PATH}", data=form, allow_redirects=False) as got:
                    assert 303 == got.status
            double.call("views.open", {"view": need_info_form(HERE)})
            async with session.post(f"{github.url}{PATH}", data={"text": "Which?"}) as got:
                assert 200 == got.status
    take, route, words = taken
    assert {member("sam")} == {one["user"]["id"] for one in taken}
    assert "rfh:take" == take["actions"][0]["action_id"]
    assert "delivery" == route["actions"][0]["selected_option"]["value"]
    assert "Which?" == words["view"]["state"]["values"]["question"]["text"]["value"]
    assert [] == double.forms


async def test_a_page_elsewhere_presses_nothing(sandbox: Any) -> None:
    github, _ = sandbox
    elsewhere = {"Origin": "https://evil.example"}
    async with (
        aiohttp.ClientSession(headers=elsewhere) as session,
        session.post(f"{github.url}{PATH}", data={"action": "rfh:take"}) as got,
    ):
        assert 403 == got.status
