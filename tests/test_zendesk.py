"""Tickets from Zendesk's export, over HTTP against a double, and from a CSV file."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from figure_facts import NOVEMBER, NOW, at

from bot.errors import ServiceDown, UserError
from bot.policy.load import load_default
from bot.rules.figures.ticket_sources import from_csv
from bot.rules.figures.tickets import Ticket
from bot.zendesk import EXPORT, TRIES, Access, Zendesk

POLICY = load_default()


def ticket(number: int, created: str, minutes: int | None = None, **more: Any) -> dict[str, Any]:
    """As the export shows it; `minutes`: business time until the first reply."""
    metrics = {"ticket_id": number, "reply_time_in_minutes": {"business": minutes, "calendar": 9999}}
    known = {
        "id": number,
        "created_at": at(created).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": "open",
        "priority": "normal",
        "satisfaction_rating": {"score": "unoffered"},
        "subject": "private words",
        "metric_set": metrics,
    }
    return known | more


class Double:
    """Zendesk's side: pages by cursor; `answers` are given first, one each."""

    def __init__(self) -> None:
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.beside = False  # metrics in a list of their own
        self.answers: list[web.Response] = []
        self.asked: list[tuple[dict[str, str], str]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((dict(request.query), request.headers.get("Authorization", "")))
        if self.answers:
            return self.answers.pop(0)
        number = int(request.query.get("cursor", "0"))
        found = self.pages[number] if number < len(self.pages) else []
        last = number >= len(self.pages) - 1
        page: dict[str, Any] = {
            "tickets": found,
            "after_cursor": str(min(number + 1, len(self.pages))),
            "end_of_stream": last,
        }
        if self.beside:
            page["metric_sets"] = [one["metric_set"] for one in found]
            page["tickets"] = [{k: v for k, v in one.items() if k != "metric_set"} for one in found]
        return web.json_response(page)


@pytest.fixture
async def double() -> AsyncIterator[tuple[Double, TestServer]]:
    far = Double()
    app = web.Application()
    app.router.add_get(EXPORT, far.answer)
    async with TestServer(app) as server:
        yield far, server


class Reader:
    """Zendesk as the program sees it, with a clock and a sleep of its own."""

    def __init__(self, server: TestServer, session: aiohttp.ClientSession, email: str = "") -> None:
        self.now = NOW
        self.slept: list[float] = []
        access = Access(str(server.make_url("")), "s3cret", email)
        self.zendesk = Zendesk(session, access, lambda: self.now, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def read(self, since: datetime = NOVEMBER.since) -> tuple[Ticket, ...]:
        return (await self.zendesk.tickets(since, POLICY)).listed


@pytest.fixture
async def reader(double: tuple[Double, TestServer]) -> AsyncIterator[Reader]:
    async with aiohttp.ClientSession() as session:
        yield Reader(double[1], session)


@pytest.mark.parametrize("beside", [False, True], ids=["in the ticket", "beside it"])
async def test_tickets_come_with_replies_and_ratings(
    double: tuple[Double, TestServer], reader: Reader, beside: bool
) -> None:
    """All pages; times in business minutes; what was opened before, or deleted, does not count."""
    far, _ = double
    far.beside = beside
    far.pages = [
        [
            ticket(1, "11-02 09:00", 30, satisfaction_rating={"score": "good"}),
            ticket(2, "10-02 09:00", 30),
            ticket(3, "11-03 09:00", status="deleted"),
        ],
        [
            ticket(4, "11-03 09:00", 481, satisfaction_rating={"score": "bad"}),
            ticket(5, "11-04 09:00", 61, priority="urgent"),
        ],
    ]
    assert {
        Ticket(1, at("11-02 09:00"), 1800.0, True, True),
        Ticket(4, at("11-03 09:00"), 28860.0, False, False),
        Ticket(5, at("11-04 09:00"), 3660.0, False, None),
    } == set(await reader.read())
    first, second = (query for query, _ in far.asked)
    assert (str(int(NOVEMBER.since.timestamp())), "metric_sets") == (first["start_time"], first["include"])
    assert ("1", False) == (second["cursor"], "start_time" in second)


async def test_who_waits_for_a_first_reply_counts_once_it_is_late(
    double: tuple[Double, TestServer], reader: Reader
) -> None:
    """Opened weeks ago without a reply: late. Opened on a Saturday: not yet. Solved without one: neither."""
    double[0].pages = [
        [
            ticket(1, "11-02 09:00"),
            ticket(2, "11-28 09:00"),
            ticket(3, "11-02 09:00", status="solved"),
            ticket(4, "11-02 09:00", priority="strange"),
        ]
    ]
    assert {1: False, 2: None, 3: None, 4: None} == {one.id: one.in_time for one in await reader.read()}


async def test_a_process_that_goes_on_reads_only_what_changed(
    double: tuple[Double, TestServer], reader: Reader
) -> None:
    """Within a quarter of an hour nothing; then from the cursor on. A ticket that changed counts once."""
    far, _ = double
    far.pages = [[ticket(1, "11-02 09:00")]]
    await reader.read()
    await reader.read()
    assert 1 == len(far.asked)
    reader.now += timedelta(minutes=20)
    far.pages.append([ticket(1, "11-02 09:00", 5), ticket(2, "11-20 09:00", 5)])
    assert {1: True, 2: True} == {one.id: one.in_time for one in await reader.read()}
    assert ["0", "1"] == [query.get("cursor", "0") for query, _ in far.asked]
    await reader.read(NOVEMBER.before.since)
    assert "start_time" in far.asked[-2][0]  # further back than ever: from the start


async def test_a_limit_is_waited_for_and_a_failure_tried_again(
    double: tuple[Double, TestServer], reader: Reader
) -> None:
    far, _ = double
    far.pages = [[ticket(1, "11-02 09:00")]]
    far.answers = [
        web.Response(status=429, headers={"Retry-After": "7"}),
        web.Response(status=503),
        web.Response(text="<html>"),
    ]
    assert 1 == len(await reader.read())
    assert [7.0, 4.0, 8.0] == reader.slept


@pytest.mark.parametrize("status", [500, 429, 302])
async def test_what_does_not_pass_is_said(
    double: tuple[Double, TestServer], reader: Reader, status: int
) -> None:
    """After some tries, by its status, without a word of the answer."""
    double[0].answers = [web.Response(status=status, text="private words") for _ in range(TRIES)]
    with pytest.raises(ServiceDown, match=f"^Zendesk: HTTP {status}$"):
        await reader.read()
    assert TRIES - 1 == len(reader.slept)


@pytest.mark.parametrize(
    "page",
    [[], {}, {"tickets": None}, {"tickets": [{"subject": "private words"}], "end_of_stream": True}],
    ids=["a list", "nothing", "no tickets", "a ticket without a number"],
)
async def test_an_unreadable_answer_tells_nothing_of_itself(
    double: tuple[Double, TestServer], reader: Reader, page: object
) -> None:
    double[0].answers = [web.json_response(page)]
    with pytest.raises(ServiceDown, match=r"^Zendesk: an unreadable answer$"):
        await reader.read()


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_refused_credentials_name_the_settings(
    double: tuple[Double, TestServer], reader: Reader, status: int
) -> None:
    """At once; and no secret is told."""
    double[0].answers = [web.Response(status=status)]
    with pytest.raises(UserError, match="ZENDESK_TOKEN") as refused:
        await reader.read()
    assert [] == reader.slept
    assert "s3cret" not in str(refused.value) + repr(reader.zendesk.access)


async def test_an_address_makes_it_an_api_token(double: tuple[Double, TestServer]) -> None:
    far, server = double
    async with aiohttp.ClientSession() as session:
        await Reader(server, session).read()
        await Reader(server, session, "max@example.com").read()
    basic = base64.b64encode(b"max@example.com/token:s3cret").decode()
    assert ["Bearer s3cret", f"Basic {basic}"] == [header for _, header in far.asked]


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────


FILES = {
    "plain": "id,created_at\n1,2026-11-02\n2,2026-11-03T09:00:00Z\n",
    "a view's": "\ufeffSubject,ID,Created At\r\nx,#1,2026-11-02\r\n\r\ny,2,2026-11-03 09:00 UTC\r\n",
    "one twice": "ticket_id,created\n1,2026-11-02\n2,2026-11-03T10:00:00+01:00\n1,2026-11-02\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_lists_tickets(text: str) -> None:
    found = from_csv(text, "tickets.csv", NOVEMBER)
    assert (Ticket(1, at("11-02 00:00")), Ticket(2, at("11-03 09:00"))) == found.listed
    assert (2, False, "tickets.csv") == (found.within(NOVEMBER), found.rated, found.source)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param("", "first row", id="empty"),
        pytest.param("number,when\n1,2026-11-02\n", "first row", id="other columns"),
        pytest.param("id,created_at\n1,2026-11-02\nx,2026-11-02\n", "tickets.csv:3", id="no number"),
        pytest.param("id,created_at\n1,yesterday\n", "tickets.csv:2", id="no date"),
        pytest.param("id,created_at\n1\n", "tickets.csv:2", id="too short"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_row(text: str, where: str) -> None:
    with pytest.raises(UserError, match=where):
        from_csv(text, "tickets.csv", NOVEMBER)
