"""`/metrics`: what a run leaves in the figures, what replicas share, and that no name or text is in it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from figures import QUIET
from harness import START, World, signature
from issues import COMPLETE, complete
from prometheus_client.parser import text_string_to_metric_families

from bot.budget import Budget, Window
from bot.events import EVENTS, Named
from bot.github.pool import Limit
from bot.metrics import Metrics, Shared
from bot.metrics_page import MetricsPage
from bot.model import AtLeast
from bot.sandbox.faults import Faults
from bot.webhook import Webhook

TITLE = "zoekt-indexserver runs out of memory"
SEED = "zanzibarius"  # in every text that people write below, nowhere else


class Page:
    """What a scrape shows, by name and labels."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def value(self, name: str, **labels: str) -> float | None:
        """The sum over all series of `name` whose labels include `labels`; None: there is none."""
        found = [
            s.value
            for s in self.samples
            if s.name == f"rfh_bot_{name}" and labels.items() <= s.labels.items()
        ]
        return sum(found) if found else None

    @property
    def label_values(self) -> set[str]:
        return {value for sample in self.samples for value in sample.labels.values()}


async def scrape(w: World) -> Page:
    page = MetricsPage(w.metrics, w.bot.figures, w.bot.limits, w.now)
    answer = await page.answer(make_mocked_request("GET", "/metrics"))
    assert isinstance(answer.body, bytes)
    return Page(answer.body.decode())


# ── the world ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.looptime
async def test_a_run_shows_in_the_figures() -> None:
    async with World(slack=True) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/why", by="erin")
        page = await scrape(w)
    assert 2 == page.value("run_seconds_count", kind="issue", outcome="wrote")
    assert 1 == page.value("run_seconds_count", kind="catchup", outcome="caught up")
    assert 1 == page.value("actions_total", type="AddLabels")
    assert 1 == page.value("actions_total", type="React")
    assert page.value("api_calls_total", endpoint="/repos/{owner}/{repo}/installation", status="200")
    assert page.value("api_calls_total", kind="graphql", method="POST")
    assert 1 == page.value("slack_calls_total", method="chat.postMessage", outcome="ok")
    assert 0 == page.value("stale_reads_total")
    assert 0 == page.value("budget_waits_total")
    assert 1 == page.value("database_up")
    assert 0 == page.value("queue_keys", state="due")
    assert 0 == page.value("queue_keys", state="dead")
    assert page.value("queue_keys", state="later")
    assert 0 == page.value("paused")
    for resource in ("core", "graphql"):
        remaining, limit = (page.value(name, resource=resource) for name in ("api_remaining", "api_limit"))
        assert remaining is not None
        assert limit is not None
        assert 0 < remaining < limit


@pytest.mark.looptime
async def test_reads_that_lag_are_counted_and_those_that_are_given_up_apart() -> None:
    """A comment that an event told of and that no read ever shows."""
    async with World() as w:
        w.file(TITLE, COMPLETE)
        await w.settle()
        await w.bot.queue.accept("sourcegraph/customer#1", AtLeast(comment_id=10**12))
        await w.settle(60)
        page = await scrape(w)
    assert 5 == page.value("stale_reads_total", outcome="again")
    assert 1 == page.value("stale_reads_total", outcome="gave_up")


@pytest.mark.looptime
async def test_a_write_without_budget_is_counted() -> None:
    async with World() as w:
        w.bot.pace.budget = Budget(w.db, (Window(1, 120.0, 0),))
        for _ in range(2):
            w.file(TITLE, COMPLETE)
        await w.settle(30)
        page = await scrape(w)
    assert page.value("budget_waits_total", outcome="put_off")


@pytest.mark.looptime
async def test_a_dead_key_a_pause_a_stuck_queue_and_a_broken_policy_show() -> None:
    async with World() as w:
        await w.settle()
        w.failures += [("/graphql", 403)] * 100
        w.file(TITLE, COMPLETE)
        await w.settle(400)
        w.failures.clear()
        await w.bot.store.pause("*", reason="test", by="erin")
        w.github.world.put_file(w.repo, ".github/rfh-bot.yml", "teams: 3\n", "erin")
        await w.settle()
        await w.stop()
        await w.bot.queue.accept("issue-that-waits")
        await asyncio.sleep(100)
        page = await scrape(w)
    assert (page.value("queue_keys", state="dead") or 0) >= 1
    assert (page.value("run_seconds_count", kind="issue", outcome="refused") or 0) >= 8
    assert 1 == page.value("paused")
    assert 1 == page.value("policies_broken")
    assert page.value("queue_lag_seconds") == pytest.approx(100)
    assert page.value("catch_up_age_seconds") == pytest.approx(100, abs=600)


@pytest.mark.looptime
async def test_before_the_first_catch_up_its_age_is_infinite() -> None:
    async with World() as w:
        assert (await scrape(w)).value("catch_up_age_seconds") == float("inf")


@pytest.mark.looptime
@pytest.mark.parametrize("fault", ["", "5xx:0.3,reset:0.1", "graphql-200:0.4", "secondary:0.2,timeout:0.1"])
async def test_no_label_holds_a_name_or_what_people_wrote(fault: str) -> None:
    """Also on bad days: each label is a word of ours, of GitHub's API or of Slack's."""
    async with World(faults=Faults.parse(fault, seed=3), slack=True) as w:
        issue = w.file(f"{SEED}: zoekt-indexserver", complete(What=f"{SEED} is down", Zendesk=SEED))
        await w.settle(60)
        for command in (f"/route {SEED}", f"/customer {SEED}", f"/owner {SEED}", "/why"):
            w.comment(issue, f"{SEED}\n\n{command}", by="erin")
            await w.settle(30)
        await w.settle(600)
        page = await scrape(w)
        people = {account.login for account in w.github.world.state.accounts.values()}
        customers = {"northmere", "customer/northmere"}
    assert SEED not in page.text.casefold()
    assert set() == page.label_values & (people | customers)
    assert [] == [value for value in page.label_values if "sourcegraph" in value or "#" in value]


# ── replicas, and a database that is away ───────────────────────────────────────────────────


@pytest.mark.looptime
async def test_replicas_show_one_queue_and_count_each_for_itself() -> None:
    async with World() as w:
        w.file(TITLE, COMPLETE)
        await w.settle()
        first = await scrape(w)
        w.metrics = Metrics()  # another replica, on the same database
        second = await scrape(w)
    shared = [s for s in first.samples if s.name in ("rfh_bot_queue_keys", "rfh_bot_paused")]
    assert shared
    assert shared == [s for s in second.samples if s.name in ("rfh_bot_queue_keys", "rfh_bot_paused")]
    assert first.value("run_seconds_count", kind="issue")
    assert second.value("run_seconds_count", kind="issue") is None


@pytest.mark.looptime
async def test_a_database_that_is_away_is_a_figure_and_what_it_would_have_said_is_left_out() -> None:
    """A gauge that stands still would look like a quiet day."""
    async with World() as w:
        await w.settle()
        assert 1 == (await scrape(w)).value("database_up")

        async def away() -> Shared:
            raise OSError("disk I/O error")

        answer = await MetricsPage(w.metrics, away, w.bot.limits, w.now).answer(
            make_mocked_request("GET", "/metrics")
        )
    assert 200 == answer.status
    assert isinstance(answer.body, bytes)
    page = Page(answer.body.decode())
    assert 0 == page.value("database_up")
    assert page.value("queue_keys") is None
    assert page.value("run_seconds_count", kind="catchup")


def test_of_several_installations_the_scarcest_limit_shows_and_an_hour_that_is_over_is_whole() -> None:
    later, over = START.replace(hour=16), START.replace(hour=14)
    metrics = Metrics()
    limits = [
        Limit("core", 5000, 4000, later),
        Limit("core", 5000, 10, later),
        Limit("core", 5000, 1, over),
        Limit("graphql", 5000, 0, over),
    ]
    metrics.look(QUIET, limits, START)
    found = {
        sample.labels["resource"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "rfh_bot_api_remaining"
    }
    assert {"core": 10, "graphql": 5000} == found


# ── the door ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def door() -> AsyncIterator[tuple[TestClient[web.Request, web.Application], Metrics]]:
    metrics = Metrics()

    async def accept(guid: str, event: str, payload: dict[str, str]) -> Named:
        if "fail" in payload:
            raise OSError
        return Named("named" if event in EVENTS else "ignored")

    app = web.Application()
    app.router.add_post("/webhook", Webhook((b"secret",), accept, metrics).answer)
    async with TestClient(TestServer(app)) as client:
        yield client, metrics


@pytest.mark.parametrize(
    ("event", "body", "secret", "counted"),
    [
        pytest.param("issues", b"{}", b"secret", ("issues", "named"), id="taken"),
        pytest.param("star", b"{}", b"secret", ("other", "ignored"), id="not subscribed"),
        pytest.param("issues", b"{}", b"guess", ("issues", "refused"), id="bad signature"),
        pytest.param(SEED, b"{}", b"guess", ("other", "refused"), id="an event that a stranger invented"),
        pytest.param("issues", b'{"fail": ""}', b"secret", ("issues", "not accepted"), id="database"),
    ],
)
async def test_deliveries_are_counted_by_event_and_outcome(
    door: tuple[TestClient[web.Request, web.Application], Metrics],
    event: str,
    body: bytes,
    secret: bytes,
    counted: tuple[str, str],
) -> None:
    client, metrics = door
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "1",
        "X-Hub-Signature-256": signature(secret, body),
    }
    await client.post("/webhook", data=body, headers=headers)
    found = {
        (s.labels["event"], s.labels["outcome"])
        for family in metrics.registry.collect()
        for s in family.samples
        if s.name == "rfh_bot_deliveries_total" and s.value
    }
    assert {counted} == found


async def test_the_page_is_the_only_one_of_its_listener() -> None:
    async def look() -> Shared:
        return QUIET

    page = MetricsPage(Metrics("1.2.3", "sqlite"), look, list, lambda: START)
    async with TestClient(TestServer(page.application())) as client:
        answer = await client.get("/metrics")
        text = await answer.text()
        elsewhere = await client.get("/healthz")
    assert (200, 404) == (answer.status, elsewhere.status)
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert 'rfh_bot_info{database="sqlite",version="1.2.3"} 1.0' in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here (Debian: prometheus)")
def test_promtool_finds_nothing_to_mend() -> None:
    from prometheus_client import generate_latest

    metrics = Metrics("1.2.3", "sqlite")
    metrics.look(QUIET, [Limit("core", 5000, 10, START.replace(hour=16))], START)
    text = generate_latest(metrics.registry)
    ran = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (0, b"") == (ran.returncode, ran.stderr)


@pytest.mark.looptime
async def test_webhooks_that_did_not_arrive_show_for_a_day() -> None:
    async with World() as w:
        await w.settle()
        await w.bot.store.record_missed({"a": "issues", "b": "label"})
        assert 2 == (await scrape(w)).value("deliveries_missed")
        await w.bot.store.record_delivery("a", "issues", "handled")  # it came after all
        assert 1 == (await scrape(w)).value("deliveries_missed")
        w.leap(90_000)
        assert 0 == (await scrape(w)).value("deliveries_missed")
