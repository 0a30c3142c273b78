"""The sandbox's webhooks and faults: signatures, what causes what, redelivery, and bad days."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web
from sandbox_client import Bench, bench

from bot.errors import UserError
from bot.sandbox import Faults, Once, Sandbox

CUSTOMER = "/repos/acme/customer"


@pytest.fixture
async def gh() -> Bench:
    made = bench()
    await made.gh.settle()
    made.webhooks.clear()
    return made


async def test_a_delivery_is_signed_over_its_exact_body(gh: Bench) -> None:
    """HMAC-SHA256 in X-Hub-Signature-256, no SHA-1, and GitHub's other headers."""
    gh.world.file_issue(gh.repo, "sam", "ünïcode")
    await gh.gh.settle()
    headers, body = gh.webhooks[0]
    expected = "sha256=" + hmac.new(gh.gh.secret.encode(), body, hashlib.sha256).hexdigest()
    assert expected == headers["X-Hub-Signature-256"]
    assert "X-Hub-Signature" not in headers
    assert ("issues", "application/json") == (headers["X-GitHub-Event"], headers["Content-Type"])
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    payload = json.loads(body)
    assert ("opened", "acme/customer", "sam") == (
        payload["action"],
        payload["repository"]["full_name"],
        payload["sender"]["login"],
    )
    assert gh.installation.id == payload["installation"]["id"]


async def test_what_people_do_and_what_is_told_of_it(gh: Bench) -> None:
    """One line per act: the events it causes, in order."""
    world, repo = gh.world, gh.repo
    issue = world.file_issue(repo, "sam", "t", labels=["rfh"])
    comment = world.comment(issue, "sam", "c")
    acts = {
        "edit": lambda: world.edit_issue(issue, "sam", body="b"),
        "same again": lambda: world.edit_issue(issue, "sam", body="b"),
        "label": lambda: world.add_label(issue, "team/search", "erin"),
        "label again": lambda: world.add_label(issue, "team/search", "erin"),
        "unlabel": lambda: world.remove_label(issue, "team/search", "erin"),
        "edit comment": lambda: world.edit_comment(comment, "sam", "d"),
        "react": lambda: world.react(comment, "erin", "EYES"),
        "minimize": lambda: world.minimize(comment),
        "delete comment": lambda: world.delete_comment(comment, "sam"),
        "assign": lambda: world.assign(issue, ["erin"], "sam"),
        "unassign": lambda: world.unassign(issue, ["erin"], "sam"),
        "close": lambda: world.close(issue, "sam"),
        "reopen": lambda: world.reopen(issue, "sam"),
        "lock": lambda: world.lock(issue, "max"),
        "unlock": lambda: world.unlock(issue, "max"),
        "new label": lambda: world.create_label(repo, "x", actor="max"),
        "rename label": lambda: world.rename_label(repo, "x", "y", "max"),
        "delete label": lambda: world.delete_label(repo, "y", "max"),
        "push": lambda: world.put_file(repo, "a", "b", "max"),
        "transfer": lambda: world.transfer(issue, world.create_repo("acme/other"), "max"),
        "elsewhere": lambda: world.file_issue(world.create_repo("other/repo"), "sam", "t"),
    }
    told: dict[str, list[tuple[str, str | None]]] = {}
    for name, act in acts.items():
        before = len(gh.events())
        act()
        told[name] = gh.events()[before:]
    assert {
        "edit": [("issues", "edited")],
        "same again": [],
        "label": [("issues", "labeled")],
        "label again": [],
        "unlabel": [("issues", "unlabeled")],
        "edit comment": [("issue_comment", "edited")],
        "react": [],
        "minimize": [],
        "delete comment": [("issue_comment", "deleted")],
        "assign": [("issues", "assigned")],
        "unassign": [("issues", "unassigned")],
        "close": [("issues", "closed")],
        "reopen": [("issues", "reopened")],
        "lock": [("issues", "locked")],
        "unlock": [("issues", "unlocked")],
        "new label": [("label", "created")],
        "rename label": [("label", "edited")],
        "delete label": [("label", "deleted")],
        "push": [("push", None)],
        "transfer": [("issues", "transferred"), ("issues", "opened")],
        "elsewhere": [],
    } == told


async def test_an_edit_tells_what_stood_there(gh: Bench) -> None:
    """`changes` holds the old words; `sender` is who did it, the bot included."""
    issue = gh.world.file_issue(gh.repo, "sam", "old title", "old body")
    gh.world.edit_issue(issue, gh.gh.bot_login, title="new", body="new")
    await gh.gh.settle()
    payload = json.loads(gh.webhooks[-1][1])
    assert {"title": {"from": "old title"}, "body": {"from": "old body"}} == payload["changes"]
    assert ("rfh-bot[bot]", "Bot") == (payload["sender"]["login"], payload["sender"]["type"])


async def test_a_failed_delivery_is_listed_and_redelivered_under_its_guid() -> None:
    """Nothing is repeated by itself; a redelivery is a new delivery with the same GUID and body."""
    gh = bench(status=500)
    gh.world.file_issue(gh.repo, "sam", "t")
    await gh.gh.settle()
    gh.clock.forward(minutes=5)
    assert 1 == len([one for one in gh.webhooks if one[0]["X-GitHub-Event"] == "issues"])
    listed = (await gh.rest("GET", "/app/hook/deliveries", token=gh.jwt())).data[0]
    assert ("issues", "opened", 500, False) == (
        listed["event"],
        listed["action"],
        listed["status_code"],
        listed["redelivery"],
    )
    attempt = f"/app/hook/deliveries/{listed['id']}/attempts"
    assert 202 == (await gh.rest("POST", attempt, token=gh.jwt())).status
    await gh.gh.settle()
    (headers, body), (again_headers, again_body) = gh.webhooks[-2:]
    assert headers["X-GitHub-Delivery"] == again_headers["X-GitHub-Delivery"] == listed["guid"]
    assert body == again_body
    newest = (await gh.rest("GET", "/app/hook/deliveries?per_page=1", token=gh.jwt())).data[0]
    assert (True, listed["guid"]) == (newest["redelivery"], newest["guid"])
    assert newest["id"] != listed["id"]
    detail = await gh.rest("GET", f"/app/hook/deliveries/{newest['id']}", token=gh.jwt())
    assert "opened" == detail.data["request"]["payload"]["action"]


async def test_deliveries_page_by_cursor_and_end_after_three_days(gh: Bench) -> None:
    """Newest first; the cursor leads on; what is older is not listed."""
    for _ in range(5):
        gh.world.file_issue(gh.repo, "sam", "t")
    await gh.gh.settle()
    ids: list[int] = []
    path = "/app/hook/deliveries?per_page=2"
    while path:
        page = await gh.rest("GET", path, token=gh.jwt())
        ids += [one["id"] for one in page.data]
        link = page.headers.get("link", "")
        path = link.partition(">")[0].removeprefix(f"<{gh.gh.api_url}") if link else ""
    assert [one.id for one in reversed(gh.gh.hooks.deliveries)] == ids
    gh.clock.forward(days=3, seconds=1)
    assert [] == (await gh.rest("GET", "/app/hook/deliveries", token=gh.jwt())).data


async def test_over_real_http_a_slow_or_dead_app_costs_only_its_delivery() -> None:
    """Deliveries run beside each other; an unreachable App is a failed delivery, not an error here."""
    seen: list[Mapping[str, str]] = []

    async def app(request: web.Request) -> web.Response:
        seen.append(request.headers)
        return web.Response(status=202)

    server = web.Application()
    server.router.add_post("/webhook", app)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with Sandbox() as gh:
        gh.use_webhook(f"http://127.0.0.1:{runner.addresses[0][1]}/webhook")
        repo = gh.world.create_repo("acme/customer")
        gh.world.add_user("sam", "triage")
        gh.install("acme")
        gh.hooks.ping()
        await gh.settle()
        await runner.cleanup()
        gh.world.file_issue(repo, "sam", "t")
        await gh.settle()
        assert {"installation", "ping"} == {headers["X-GitHub-Event"] for headers in seen}
        assert [202, 202, 502] == [one.status_code for one in gh.hooks.deliveries]


# ── bad days ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("spec", ["5xxx:0.1", "5xx:often", "drop:2", "lag:soon"])
def test_a_spec_that_is_none_names_the_part(spec: str) -> None:
    """What is wrong, and for an unknown name what is allowed."""
    with pytest.raises(UserError, match=spec.partition(":")[0]):
        Faults.parse(spec)


def test_a_spec_is_read_in_full() -> None:
    """Every fault of the table."""
    faults = Faults.parse("lag:2s, 5xx:0.1, reorder,drop:1")
    assert (2.0, {"5xx": 0.1, "drop": 1.0}, True) == (faults.lag, faults.odds, faults.reorder)


def test_the_same_seed_is_the_same_day() -> None:
    """Faults repeat from run to run."""

    def day(seed: int) -> list[str | None]:
        faults = Faults.parse("5xx:0.2,secondary:0.1", seed)
        return [faults.for_request("GET /x", (), graphql=False) for _ in range(200)]

    assert day(7) == day(7)
    assert day(7) != day(8)
    assert {"before", "after", "secondary", None} == set(day(7))


@pytest.mark.parametrize(
    ("fault", "status", "done"),
    [("before", 502, 0), ("after", 502, 1), ("secondary", 403, 0), ("graphql-200", 200, 0)],
)
async def test_a_fault_before_and_after_the_write(gh: Bench, fault: str, status: int, done: int) -> None:
    """The caller cannot tell `before` from `after`; the world can."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    gh.gh.faults.once.append(Once(fault, on="addComment"))  # type: ignore[arg-type]
    query = "mutation($i: AddCommentInput!) { addComment(input: $i) { clientMutationId } }"
    answer = await gh.graphql(query, i={"subjectId": issue.node_id, "body": "x"})
    assert (status, done) == (answer.status, len(gh.world.comments(issue)))
    assert fault == gh.gh.calls.writes[-1].fault
    assert 200 == (await gh.graphql(query, i={"subjectId": issue.node_id, "body": "y"})).status
    assert done + 1 == len(gh.world.comments(issue))


@pytest.mark.parametrize(("fault", "done"), [("reset", 0), ("reset-after", 1)])
async def test_a_broken_connection(gh: Bench, fault: str, done: int) -> None:
    """No answer at all, in process and over HTTP alike."""
    issue = gh.world.file_issue(gh.repo, "sam", "t")
    gh.gh.faults.once.append(Once(fault, on="/comments"))  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        await gh.rest("POST", f"{CUSTOMER}/issues/1/comments", {"body": "x"})
    assert done == len(gh.world.comments(issue))
    assert 0 == gh.gh.calls.writes[-1].status
    async with gh.gh as running, aiohttp.ClientSession() as session:
        running.faults.once.append(Once("reset"))
        url = f"{running.api_url}{CUSTOMER}/issues/1/comments"  # a POST: aiohttp repeats a broken GET itself
        with pytest.raises(aiohttp.ClientError):
            await session.post(url, json={"body": "x"}, headers={"authorization": f"token {gh.token()}"})


async def test_webhooks_twice_late_or_never() -> None:
    """duplicate, drop and reorder leave the world alone and the deliveries on record."""
    twice = bench(Faults.parse("duplicate:1"))
    twice.world.file_issue(twice.repo, "sam", "t")
    await twice.gh.settle()
    guids = Counter(headers["X-GitHub-Delivery"] for headers, _ in twice.webhooks)
    assert {2} == set(guids.values())
    never = bench(Faults.parse("drop:1"))
    never.world.file_issue(never.repo, "sam", "t")
    await never.gh.settle()
    assert ([], [502]) == (never.webhooks, [one.status_code for one in never.gh.hooks.deliveries])
    delays = [Faults.parse("reorder", seed).delay() for seed in range(20)]
    assert 0 <= min(delays) < max(delays) <= 2


@pytest.mark.looptime
async def test_in_process_the_sandbox_lives_in_virtual_time() -> None:
    """Without sockets the loop's time may jump: ten seconds of silence and late webhooks cost nothing."""
    loop, begun = asyncio.get_running_loop(), time.monotonic()
    gh = bench(Faults.parse("reorder", seed=1))
    gh.gh.faults.once.append(Once("timeout"))
    assert 504 == (await gh.rest("GET", CUSTOMER)).status
    assert 10 == round(loop.time())
    for _ in range(8):
        gh.world.file_issue(gh.repo, "sam", "t")
    await gh.gh.settle()
    numbers = [
        json.loads(body)["issue"]["number"] for headers, body in gh.webhooks if "issue" in json.loads(body)
    ]
    assert sorted(numbers) == list(range(1, 9)) != numbers
    assert 10 < loop.time() <= 12
    assert time.monotonic() - begun < 5


async def test_over_a_hundred_at_once_is_the_secondary_limit(gh: Bench) -> None:
    """GitHub allows a hundred concurrent requests."""
    token = gh.token()
    answers = await asyncio.gather(*(gh.rest("GET", CUSTOMER, token=token) for _ in range(120)))
    assert Counter({200: 100, 403: 20}) == Counter(one.status for one in answers)
