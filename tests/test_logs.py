"""Log lines carry ids: a delivery's its GUID and the key it named, a run's its key, wherever they arise."""

from __future__ import annotations

import io
import json
import logging
import sys
from urllib.parse import urlencode

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from harness import START, World, signature
from issues import COMPLETE
from slack_support import SECRET, slack_signature
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bot import logs
from bot.events import Named
from bot.model import IssueKey
from bot.rules.slack_message import BLOCK, TAKE, Block
from bot.sandbox.faults import Faults
from bot.slack_door import SlackDoor
from bot.told import Act
from bot.webhook import Webhook

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


async def deliver(client: TestClient[web.Request, web.Application], guid: str) -> None:
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": signature(b"secret", b"{}"),
    }
    await client.post("/webhook", data=b"{}", headers=headers)


async def test_every_line_of_a_deliverys_handling_carries_its_guid_and_the_last_one_its_issue() -> None:
    """Also lines of whoever is called on the way; and the next delivery on the connection has its own."""

    async def accept(guid: str, event: str, payload: object) -> Named:
        structlog.get_logger("somewhere").info("on the way")
        return Named("named", IssueKey("o", "r", 7)) if guid == GUID else Named("ignored")

    app = web.Application()
    app.router.add_post("/webhook", Webhook((b"secret",), accept).answer)
    with capture_logs([merge_contextvars]) as lines:
        async with TestClient(TestServer(app)) as client:
            await deliver(client, GUID)
            await deliver(client, "second")
    assert [("on the way", GUID), ("delivery", GUID), ("on the way", "second"), ("delivery", "second")] == [
        (line["event"], line["delivery"]) for line in lines
    ]
    assert [None, "o/r#7", None, None] == [line.get("key") for line in lines]


@pytest.mark.looptime
@pytest.mark.parametrize("fault", ["", "5xx:0.3,reset:0.1", "secondary:0.2,timeout:0.1"])
async def test_every_line_of_a_run_carries_its_key(fault: str) -> None:
    with capture_logs([merge_contextvars]) as lines:
        async with World(faults=Faults.parse(fault, seed=3), slack=True) as w:
            issue = w.file("zoekt-indexserver runs out of memory", COMPLETE)
            await w.settle(60)
            for text in ("/why", "/route delivery", "/route nowhere"):
                w.comment(issue, text, by="erin")
                await w.settle(30)
            w.github.world.put_file(w.repo, ".github/rfh-bot.yml", "teams: 3\n", "erin")
            await w.settle(700)
    assert {"sourcegraph/customer#1", "catchup:sourcegraph/customer"} <= {line["key"] for line in lines}
    assert {"planned", "caught up"} <= {line["event"] for line in lines}
    assert all(line["attempt"] >= 1 for line in lines)
    planned = [line for line in lines if line["event"] == "planned"]
    assert [line["key"] for line in planned] == [line["issue"] for line in planned]


class NoSlack:
    """Is never asked."""

    async def email(self, user: str) -> str:
        raise NotImplementedError

    async def hint(self, channel: str, user: str, text: str) -> None:
        raise NotImplementedError

    async def open_form(self, trigger: str, view: Block) -> None:
        raise NotImplementedError


async def test_a_clicks_line_carries_its_issue_and_the_next_one_does_not() -> None:
    acts: list[str] = []

    async def accept(key: IssueKey, act: Act) -> None:
        structlog.get_logger("somewhere").info("on the way")
        acts.append(act.text)

    async def people(key: IssueKey) -> dict[str, str]:
        return {"U1": "erin"}

    door = SlackDoor(SECRET, NoSlack(), accept, people, lambda: START)
    app = web.Application()
    app.router.add_post("/slack/interactions", door.answer)
    click = {"block_id": f"{BLOCK}o/r#7", "action_id": TAKE, "action_ts": "1.2"}
    payload = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C1"}, "actions": [click]}
    with capture_logs([merge_contextvars]) as lines:
        async with TestClient(TestServer(app)) as client:
            for body in (urlencode({"payload": json.dumps(payload)}).encode(), b"unreadable"):
                stamp = int(START.timestamp())
                headers = {
                    "X-Slack-Request-Timestamp": str(stamp),
                    "X-Slack-Signature": slack_signature(body, stamp),
                }
                await client.post("/slack/interactions", data=body, headers=headers)
    assert ["/take"] == acts
    assert [("on the way", "o/r#7"), ("interaction", "o/r#7"), ("interaction", None)] == [
        (line["event"], line.get("key")) for line in lines
    ]


def test_a_line_is_one_json_object_with_time_and_level(monkeypatch: pytest.MonkeyPatch) -> None:
    before, stream = structlog.get_config() if structlog.is_configured() else None, io.StringIO()
    try:
        logs.set_up("info", stream)
        with structlog.contextvars.bound_contextvars(key="o/r#7"):
            structlog.get_logger("test").info("planned\n", delivery="x")
            structlog.get_logger("test").debug("not told")
    finally:
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)
    [line] = stream.getvalue().splitlines()
    assert {"msg": "planned\n", "key": "o/r#7", "delivery": "x", "level": "info"}.items() <= json.loads(
        line
    ).items()
    assert json.loads(line)["timestamp"].endswith("Z")


def test_a_librarys_error_is_told_by_logger_and_type_alone() -> None:
    """Its message and its traceback may quote what somebody wrote."""
    formatter = logs._Library()
    try:
        raise ValueError("the customer's words")
    except ValueError:
        record = logging.LogRecord(
            "aiohttp.server", logging.ERROR, "", 1, "the customer's %s", ("words",), sys.exc_info()
        )
    assert {
        "level": "error",
        "msg": "library",
        "logger": "aiohttp.server",
        "error": "ValueError",
    } == json.loads(formatter.format(record))
