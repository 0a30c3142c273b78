"""The webhook door over HTTP: what is refused and how, what is durable before the 202, one log line each."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bot.app import build
from bot.db import open_database
from bot.events import Named
from bot.github.client import GitHub
from bot.sandbox.access import app_key
from bot.settings import Settings
from bot.webhook import Webhook, signed
from bot.work import Bot

SECRET, OLD = b"new-secret", b"old-secret"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"

Post = Callable[..., Awaitable[aiohttp.ClientResponse]]


@dataclass
class Door:
    """A door with a recording room behind it."""

    client: TestClient[web.Request, web.Application]
    taken: list[tuple[str, str, Any]] = field(default_factory=list)
    error: Exception | None = None

    async def accept(self, guid: str, event: str, payload: Any) -> Named:
        if self.error is not None:
            raise self.error
        self.taken.append((guid, event, payload))
        return Named("named")

    async def post(
        self,
        body: bytes = b"{}",
        *,
        secret: bytes = SECRET,
        without: tuple[str, ...] = (),
        **headers: str,
    ) -> tuple[int, str, list[Any]]:
        """Status, text and log lines of one delivery; `without` leaves headers out, others replace them."""
        all_ = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "issues",
            "X-GitHub-Delivery": GUID,
            "X-Hub-Signature-256": signature(secret, body),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in all_.items() if name not in without}
        with capture_logs([merge_contextvars]) as lines:
            answer = await self.client.post("/webhook", data=body, headers=kept)
            text = await answer.text()
        return answer.status, text, lines


def signature(secret: bytes, body: bytes, name: str = "sha256") -> str:
    return f"{name}={hmac.new(secret, body, name).hexdigest()}"


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    found: list[Door] = []

    async def accept(guid: str, event: str, payload: Any) -> Named:
        return await found[0].accept(guid, event, payload)

    app = web.Application(client_max_size=50_000)
    app.router.add_post("/webhook", Webhook((SECRET, OLD), accept).answer)
    async with TestClient(TestServer(app)) as client:
        found.append(Door(client))
        yield found[0]


async def test_a_signed_delivery_is_taken_and_answered_202(door: Door) -> None:
    status, text, lines = await door.post(b'{"action":"opened"}')
    assert (202, "named\n") == (status, text)
    assert [(GUID, "issues", {"action": "opened"})] == door.taken
    line = {"event": "delivery", "status": 202, "why": "named", "event_type": "issues", "delivery": GUID}
    assert [{**line, "log_level": "info"}] == lines


async def test_the_previous_secret_counts_while_it_is_rotated(door: Door) -> None:
    assert 202 == (await door.post(secret=OLD))[0]
    assert 401 == (await door.post(secret=b"third"))[0]


SHA_1 = signature(SECRET, b"{}", "sha1")
REFUSED: list[tuple[str, int, dict[str, Any]]] = [
    ("bad signature", 401, {"secret": b"wrong"}),
    ("signature of another body", 401, {"X_Hub_Signature_256": signature(SECRET, b"{} ")}),
    ("no signature", 401, {"without": ("X-Hub-Signature-256",)}),
    ("empty signature", 401, {"X_Hub_Signature_256": ""}),
    (
        "SHA-1 alone",
        401,
        {"without": ("X-Hub-Signature-256",), "X_Hub_Signature": signature(SECRET, b"{}", "sha1")},
    ),
    ("SHA-1 in its place", 401, {"X_Hub_Signature_256": signature(SECRET, b"{}", "sha1")}),
    ("signature without its name", 401, {"X_Hub_Signature_256": signature(SECRET, b"{}")[7:]}),
    ("signature in another case", 401, {"X_Hub_Signature_256": signature(SECRET, b"{}").upper()}),
    ("no event", 400, {"without": ("X-GitHub-Event",)}),
    ("no delivery", 400, {"without": ("X-GitHub-Delivery",)}),
    ("wild event", 400, {"X_GitHub_Event": "../../etc/passwd"}),
    ("wild delivery", 400, {"X_GitHub_Delivery": "x" * 65}),
    ("a form", 415, {"Content_Type": "application/x-www-form-urlencoded"}),
    ("no content type", 415, {"Content_Type": ""}),
    ("no JSON", 400, {"body": b"payload=%7B%7D"}),
    ("half a JSON", 400, {"body": b'{"a":'}),
    ("no UTF-8", 400, {"body": b'{"a":"\xff"}'}),
    ("a list", 400, {"body": b"[]"}),
    ("a number", 400, {"body": b"1"}),
    ("nothing", 400, {"body": b""}),
    ("nested deeply", 400, {"body": b"[" * 40_000}),
    ("a number of many digits", 400, {"body": b'{"a":' + b"9" * 10_000 + b"}"}),
    ("too large", 413, {"body": b'{"a":"' + b"x" * 60_000 + b'"}'}),
]


@pytest.mark.parametrize(("status", "how"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
async def test_what_is_refused(door: Door, status: int, how: dict[str, Any]) -> None:
    """Nothing is enqueued; one log line, which quotes nothing of the delivery."""
    how = dict(how)
    answered, text, lines = await door.post(how.pop("body", b"{}"), **how)
    assert status == answered
    assert [] == door.taken
    assert 1 == len(lines)
    assert ("warning", status) == (lines[0]["log_level"], lines[0]["status"])
    assert "passwd" not in str(lines) + text
    assert "xxxx" not in str(lines)


async def test_other_content_type_parameters_are_fine(door: Door) -> None:
    assert 202 == (await door.post(Content_Type="application/json; charset=utf-8"))[0]


async def test_only_post_is_answered(door: Door) -> None:
    assert 405 == (await door.client.get("/webhook")).status


async def test_a_failing_database_is_said_to_github_and_its_words_are_not(door: Door) -> None:
    door.error = RuntimeError("INSERT … secret text of an issue")
    status, text, lines = await door.post(b'{"a":"secret text of an issue"}')
    assert 500 == status
    assert "RuntimeError" in text
    assert "secret text" not in text + str(lines)


async def test_a_payload_of_12_kb_is_taken_whole(door: Door) -> None:
    body = json.dumps({"issue": {"body": "ü" * 12_000}}, ensure_ascii=False).encode()
    assert 202 == (await door.post(body))[0]
    assert 12_000 == len(door.taken[0][2]["issue"]["body"])


def test_a_door_without_a_secret_is_not_built() -> None:
    async def accept(guid: str, event: str, payload: Any) -> Named:
        return Named("named")

    for secrets in ((), (b"",), (SECRET, b"")):
        with pytest.raises(ValueError, match="secret"):
            Webhook(secrets, accept)


def test_the_signature_of_githubs_documentation() -> None:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation"""
    known = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert signed([b"It's a Secret to Everybody"], b"Hello, World!", known)
    assert not signed([b"It's a Secret to Everybody"], b"Hello, World", known)
    assert not signed([b"It's a Secret to Everybody"], b"Hello, World!", "sha256=ümläut")


# ── with the App behind it ──────────────────────────────────────────────────────────────────


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    db = open_database("sqlite://")
    settings = Settings(app_id="1", private_key=app_key()[0], webhook_secrets=(SECRET,))
    built = build(settings, db, lambda tokens, pool: GitHub(None, tokens, pool=pool))  # type: ignore[arg-type]
    yield built
    await built.queue.close()
    await db.close()


def comment_payload(number: int = 7) -> bytes:
    return json.dumps(
        {
            "action": "created",
            "issue": {"number": number, "updated_at": "2026-11-17T15:00:00Z", "body": "x" * 12_000},
            "comment": {"id": 4711, "body": "/why"},
            "repository": {"full_name": "sourcegraph/customer"},
            "sender": {"id": 5},
        }
    ).encode()


@pytest.fixture
async def live(bot: Bot) -> AsyncIterator[Door]:
    app = web.Application()
    app.router.add_post("/webhook", Webhook((SECRET,), bot.accept).answer)
    async with TestClient(TestServer(app)) as client:
        yield Door(client)


async def test_it_is_durable_before_the_202(bot: Bot, live: Door) -> None:
    """The key is in the database when the answer comes, with what the read must show."""
    assert 202 == (await live.post(comment_payload(), X_GitHub_Event="issue_comment"))[0]
    claim = await bot.queue.claim()
    assert claim is not None
    assert ("sourcegraph/customer#7", 4711, True) == (claim.key, claim.at_least.comment_id, claim.urgent)


@pytest.mark.parametrize("event", ["ping", "star", "a_new_event_of_next_year"])
async def test_unknown_events_are_answered_202_and_name_nothing(bot: Bot, live: Door, event: str) -> None:
    assert (202, "ignored\n") == (await live.post(X_GitHub_Event=event))[:2]
    assert await bot.queue.claim() is None


async def test_a_redelivery_marks_again(bot: Bot) -> None:
    """Nothing is dropped because its GUID was seen: marking twice is harmless, losing one is not."""
    await bot.accept(GUID, "issue_comment", json.loads(comment_payload()))
    claim = await bot.queue.claim()
    assert claim is not None
    await bot.queue.finish(claim, None)
    await bot.accept(GUID, "issue_comment", json.loads(comment_payload()))
    entry = await bot.queue.get("sourcegraph/customer#7")
    assert entry is not None
    assert entry.due_at is not None


async def test_a_database_that_is_gone_answers_500(bot: Bot, live: Door) -> None:
    await bot.db.close()
    status, text, lines = await live.post(comment_payload(), X_GitHub_Event="issue_comment")
    assert 500 == status
    assert "xxxx" not in text + str(lines)


async def test_a_hundred_deliveries_at_once_are_all_taken(bot: Bot, live: Door) -> None:
    bodies = [comment_payload(number) for number in range(1, 101)]
    answers = await asyncio.gather(*(live.post(body, X_GitHub_Event="issue_comment") for body in bodies))
    assert {202} == {status for status, _, _ in answers}
    assert 100 == (await bot.queue.stats()).due
