"""Many issues with few calls: what a sweep reads, what it runs, in which order, and what it leaves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from actions import ACTION_IS_WRITER, Actions, action_bot, comments_by, copies
from github_wire import Request, Wire, github, refusal, reply
from harness import World
from issues import COMPLETE, complete
from permissions import AS_APP, NEEDS
from test_action import Repository
from test_action_parity import CASES, SAID, given

from bot.app import build_reconciler
from bot.budget import Budget
from bot.db import open_database
from bot.errors import Forbidden, Gone, Transient
from bot.github.auth import App
from bot.github.client import GitHub, TokenSource
from bot.github.pool import Limit, Pool
from bot.github.sweep import PAGE, Selection, issue_pages
from bot.model import IssueKey, Plan
from bot.policy.load import load_default
from bot.reconciler import Reconciler
from bot.sandbox.records import Issue
from bot.store import Store
from bot.sweep import REACH, Allowance, find, paced, sweep

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


async def free(begun: bool = False, /) -> None:
    """A guard that lets everything pass."""


def reconciler(w: World, writer: str = "app") -> Reconciler:
    """A run's parts with an empty database, as the App."""
    clients = App(w.settings.app_id, w.settings.private_key, w._connect, now=w.now)
    db = open_database("sqlite://", clock=w.now)
    return build_reconciler(w.settings, clients, Store(db), w.now, writer=writer)


def key_of(w: World, issue: Issue) -> IssueKey:
    return IssueKey(w.repo.owner, w.repo.name, issue.number)


# ── pages ───────────────────────────────────────────────────────────────────────────────────


def node(number: int) -> dict[str, Any]:
    """An issue as a page shows it, short."""
    comments = {"totalCount": 0, "nodes": []}
    nothing = {"nodes": [], "pageInfo": {"hasPreviousPage": False, "startCursor": None}}
    at = "2026-11-17T15:00:00Z"
    return {
        "id": f"I_{number}", "fullDatabaseId": str(number), "number": number, "title": "t", "body": "",
        "state": "OPEN", "stateReason": None, "author": None, "createdAt": at, "updatedAt": at,
        "lastEditedAt": None, "locked": False, "url": "", "assignees": {"nodes": []},
        "labels": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}},
        "head": comments, "tail": nothing, "timelineItems": nothing,
    }  # fmt: skip


class Tracker:
    """Answers pages of numbered issues; more than `most` on one page are too much for it."""

    def __init__(self, count: int, most: int = PAGE) -> None:
        self.nodes: list[dict[str, Any] | None] = [node(n) for n in range(1, count + 1)]
        self.most = most
        self.sizes: list[int] = []

    def __call__(self, request: Request) -> Any:
        asked = request.json["variables"]
        self.sizes.append(asked["first"])
        if asked["first"] > self.most:
            return refusal(502)
        start = int(asked.get("after", 0))
        end = start + asked["first"]
        info = {"hasNextPage": end < len(self.nodes), "endCursor": str(end)}
        issues = {"totalCount": len(self.nodes), "nodes": self.nodes[start:end], "pageInfo": info}
        repository = {
            "id": "R", "databaseId": 1, "name": "r", "owner": {"login": "o"}, "isPrivate": True,
            "isArchived": False, "issues": issues,
        }  # fmt: skip
        return reply({"data": {"viewer": {"login": "x", "databaseId": 1}, "repository": repository}})


async def numbers(script: Any) -> list[int]:
    pages = issue_pages(github(Wire(script)), "o", "r", Selection())
    return [seen.snapshot.issue.number async for page in pages for seen in page.glimpses]


async def test_fifty_issues_are_one_call() -> None:
    tracker = Tracker(120)
    assert list(range(1, 121)) == await numbers(tracker)
    assert [50, 50, 50] == tracker.sizes


async def test_a_page_that_is_too_much_is_halved_until_it_fits() -> None:
    """GitHub cuts off what takes over ten seconds; nothing is skipped and nothing read twice."""
    tracker = Tracker(40, most=12)
    assert list(range(1, 41)) == await numbers(tracker)
    assert [50, 25, 12, 12, 12, 12] == tracker.sizes


async def test_the_page_grows_again_when_it_goes_well() -> None:
    tracker = Tracker(400)
    failed = []

    def once(request: Request) -> Any:
        if not failed:
            failed.append(True)
            return refusal(502)
        return tracker(request)

    assert list(range(1, 401)) == await numbers(once)
    assert [25] * 5 + [50] * 6 == tracker.sizes


async def test_what_fails_with_one_issue_fails() -> None:
    with pytest.raises(Transient, match="HTTP 502"):
        await numbers(Tracker(3, most=0))


async def test_a_limit_is_no_reason_to_ask_for_less() -> None:
    wire = Wire([refusal(403, retry_after="60")])
    with pytest.raises(Transient) as caught:
        [page async for page in issue_pages(github(wire), "o", "r", Selection())]
    assert (60.0, 1) == (caught.value.retry_after, len(wire.sent))


async def test_a_repository_that_is_gone_or_hidden_is_told_apart() -> None:
    with pytest.raises(Gone):
        await numbers([reply({"data": {"viewer": None, "repository": None}})])
    error = {"type": "FORBIDDEN", "path": ["repository"], "message": "x"}
    with pytest.raises(Forbidden):
        await numbers([reply({"data": {"repository": None}, "errors": [error]})])


async def test_an_unreadable_issue_does_not_hide_the_others() -> None:
    tracker = Tracker(3)
    tracker.nodes[0] = None
    tracker.nodes[1] = node(2) | {"createdAt": None}
    pages = [page async for page in issue_pages(github(Wire(tracker)), "o", "r", Selection())]
    assert [([3], (2,))] == [([s.snapshot.issue.number for s in p.glimpses], p.unreadable) for p in pages]


# ── what it finds ───────────────────────────────────────────────────────────────────────────


async def test_what_a_page_foresees_is_what_a_run_plans() -> None:
    """For recorded issues, fresh and settled: a sweep skips nothing that a run would do, and no more."""
    async with Repository() as w:
        cases = CASES[::2]
        for position, folder in enumerate(cases):
            body, labels = given(folder)
            issue = w.file(TITLE, body, labels=labels)
            for by, text in SAID[position % len(SAID)]:
                w.comment(issue, text, by=by)
        rec = reconciler(w)
        gh = await rec.clients.client(w.repo.owner, w.repo.name)
        book = await rec.rulebooks.get(gh, w.repo.owner, w.repo.name)
        for _ in range(2):
            compared = 0
            async for page in issue_pages(gh, w.repo.owner, w.repo.name, Selection()):
                for seen in page.glimpses:
                    key = seen.snapshot.key
                    foreseen = await rec.foresee(gh, key, book, seen)
                    planned = (await rec.reconcile(key, dry_run=True)).plan
                    if foreseen is None:  # commands are pending, roles are needed
                        assert planned
                    else:
                        assert [type(a) for a in planned.actions] == [type(a) for a in foreseen.actions]
                        compared += 1
            guard = paced(Budget(open_database("sqlite://", clock=w.now)), w.now)
            await sweep(rec, w.repo.owner, w.repo.name, Allowance(), guard=guard)
        assert len(cases) == compared  # settled: nothing is pending any more


async def test_urgent_first_then_what_changed_then_by_age() -> None:
    async with Repository() as w:
        rec = reconciler(w)
        due = w.file(TITLE, COMPLETE)
        older = w.file("Lunch?", "", labels=("rfh",))
        await w.settle(60)
        w.github.world.add_label(due, "rfh", "sam")
        await w.settle(REACH.total_seconds() + 3600)
        changed = w.file(TITLE, COMPLETE)
        await w.settle(60)
        changed_later = w.file(TITLE, complete(Zendesk=""))
        await w.settle(60)
        urgent = w.file(TITLE, complete(Priority="p1"))
        quiet = w.file("Lunch?", "Who is in on Friday?")
        found = await find(rec, w.repo.owner, w.repo.name, w.now() - REACH, Allowance())
        expected = [urgent, changed, changed_later, older, due]
        assert [issue.number for issue in expected] == [key.number for key in found.work]
        assert (6, quiet.number) == (found.looked_at, 6)


async def test_a_command_between_what_a_page_shows_is_not_missed() -> None:
    """Forty comments: the page shows the first ten and the last twenty; the eleventh is a command."""
    async with Repository() as w:
        rec = reconciler(w)
        issue = w.file(TITLE, COMPLETE)
        await rec.reconcile(key_of(w, issue))
        comments = [w.comment(issue, "/route delivery" if n == 12 else "hm", by="erin") for n in range(45)]
        rec = reconciler(w)
        summary = await sweep(rec, w.repo.owner, w.repo.name, Allowance(), guard=free)
        assert ["wrote"] == [run.word for run in summary.runs]
        assert "team/delivery" in w.labels(issue)
        assert ["THUMBS_UP"] == [content for _, content in w.github.world.reactions(comments[12])]


async def test_an_old_issue_with_many_settled_comments_costs_no_run() -> None:
    """What lies between is older than the memory's floor: a trusted card says that it is done."""
    async with Repository() as w:
        rec = reconciler(w)
        issue = w.file(TITLE, COMPLETE)
        for _ in range(45):
            w.comment(issue, "hm", by="sam")
        await w.settle(3600)
        await rec.reconcile(key_of(w, issue))
        w.comment(issue, "/route delivery", by="erin")
        await rec.reconcile(key_of(w, issue))
        w.github.calls.clear()
        summary = await sweep(reconciler(w), w.repo.owner, w.repo.name, Allowance(), guard=free)
        assert (1, ()) == (summary.looked_at, summary.runs)
        assert "LoadIssue" not in [call.operation for call in w.github.calls.calls]


async def test_what_is_due_later_is_told_with_its_time() -> None:
    """The App's sweep sets it again in its queue, should the database have been lost."""
    async with Repository() as w:
        issue = w.file(TITLE, COMPLETE)
        rec = reconciler(w)
        await rec.reconcile(key_of(w, issue))
        found = await find(rec, w.repo.owner, w.repo.name, w.now() - REACH, Allowance())
        due = (await rec.reconcile(key_of(w, issue))).look_again
        assert due is not None
        assert ((), ((key_of(w, issue), due),)) == (found.work, found.later)


async def test_a_reminder_comes_with_the_sweep_once_a_level() -> None:
    """The Action has no clock of its own: every sweep finds what has become due by then."""
    async with Repository() as w:
        jobs = Actions(w)
        issue = w.file(TITLE, COMPLETE)
        await jobs.on_issue(issue)
        written = []
        for _ in range(10):
            await w.settle(12 * 3600)
            summary = (await jobs.job("sweep")).summary
            assert summary is not None
            written.append(summary.written)
        assert [
            0,
            1,
            0,
            1,
            0,
            1,
            0,
            0,
            0,
            0,
        ] == written  # one, two and three working days after Tuesday 15:00
        assert 4 == len(comments_by(w, issue, action_bot()))  # the card, and one for each level


# ── what it does, and what it leaves ────────────────────────────────────────────────────────


async def test_a_run_that_is_cut_off_leaves_the_rest_to_the_next() -> None:
    """A budget of calls; no cursor: the next run finds by the same rule what is left."""
    async with Repository() as w:
        issues = [w.file(TITLE, COMPLETE) for _ in range(6)]
        rec = reconciler(w)
        first = await sweep(rec, w.repo.owner, w.repo.name, counted(w, 12), guard=free)
        assert 0 < first.written < 6
        assert (6 - first.written, False) == (first.not_reached, first.complete)
        second = await sweep(rec, w.repo.owner, w.repo.name, counted(w, 100), guard=free)
        assert (6 - first.written, True) == (second.written, second.complete)
        assert all("rfh" in w.labels(issue) for issue in issues)


def counted(w: World, calls: int) -> Allowance:
    """An allowance that reads the sandbox's own log."""

    class Counted(Allowance):
        def left(self, pool: Pool, part: float = 1.0) -> bool:
            self.made = len(w.github.calls.calls) - before
            return super().left(pool, part)

    before = len(w.github.calls.calls)
    return Counted(calls)


async def test_a_poison_issue_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is told by its place, without words of the issue."""
    async with Repository() as w:
        w.file("poison", COMPLETE)
        healthy = w.file(TITLE, COMPLETE)
        rec = reconciler(w)
        real = Reconciler.reconcile

        async def failing(self: Reconciler, key: IssueKey, **more: Any) -> Any:
            if key.number == 1:
                raise ValueError("words of the issue")
            return await real(self, key, **more)

        monkeypatch.setattr(Reconciler, "reconcile", failing)
        summary = await sweep(rec, w.repo.owner, w.repo.name, Allowance(), guard=free)
        assert "rfh" in w.labels(healthy)
        (problem,) = summary.all_problems
        assert problem.text.startswith("ValueError at test_sweep.py:")
        assert not problem.passing


async def test_a_limit_ends_the_run_and_says_what_was_not_reached() -> None:
    async with Repository() as w:
        for _ in range(3):
            w.file(TITLE, COMPLETE)
        rec = reconciler(w)
        w.github.limits.content_per_hour = 1
        summary = await sweep(rec, w.repo.owner, w.repo.name, Allowance(), guard=free)
        assert (3, False) == (summary.not_reached + summary.written, summary.complete)
        assert [True] == [problem.limit for problem in summary.all_problems]


async def test_its_own_issue_comes_even_before_an_urgent_one() -> None:
    async with Repository() as w:
        w.file(TITLE, complete(Priority="p1"))
        own = w.file(TITLE, COMPLETE)
        rec = reconciler(w)
        await rec.rulebooks.get(
            await rec.clients.client(*w.repo.full_name.split("/")), w.repo.owner, w.repo.name
        )
        w.github.set_lag(0)
        summary = await sweep(rec, w.repo.owner, w.repo.name, Allowance(), own=key_of(w, own), guard=free)
        assert [2, 1] == [run.key.number for run in summary.runs]


@pytest.mark.parametrize(
    ("remaining", "part", "expected"),
    [
        pytest.param(1000, 1.0, True, id="untouched"),
        pytest.param(901, 1.0, True, id="within-the-share"),
        pytest.param(900, 1.0, False, id="share-used-up"),
        pytest.param(941, 0.6, True, id="reading-within-its-part"),
        pytest.param(940, 0.6, False, id="reading-used-up"),
    ],
)
def test_a_share_of_the_limit(remaining: int, part: float, expected: bool) -> None:
    """A tenth of 1,000 is 100 points, of which six tenths may be spent on looking."""
    reset = datetime.fromisoformat("2026-11-17T16:00:00Z")
    pool, allowance = Pool(), Allowance(share=0.1)
    pool.limits["graphql"] = Limit("graphql", 1000, 1000, reset)
    assert allowance.left(pool)
    pool.limits["graphql"] = Limit("graphql", 1000, remaining, reset)
    assert expected is allowance.left(pool, part)


def test_of_an_empty_limit_nothing_is_left() -> None:
    pool = Pool()
    pool.limits["graphql"] = Limit("graphql", 1000, 0, datetime.fromisoformat("2026-11-17T16:00:00Z"))
    assert not Allowance().left(pool)


# ── what it costs ───────────────────────────────────────────────────────────────────────────


async def test_no_issue_is_read_twice_and_none_is_left_out() -> None:
    """Half of them changed of late: those come with the first pass, and the second ends where it began."""
    async with Repository() as w:
        jobs = Actions(w)
        for _ in range(2):
            issue = w.file("Slow", "Search is slow.", labels=("rfh",))
            await jobs.on_issue(issue)
            copies(w, issue, 69)
            await w.settle(REACH.total_seconds() - 3600)
        w.github.calls.clear()
        report = await jobs.job("sweep")
        assert report.summary is not None
        assert (140, True) == (report.summary.looked_at, report.summary.complete)
        assert [] == w.github.calls.writes
        asked = [call.operation or call.template for call in w.github.calls.calls]
        assert ["SweepIssues"] * 4 == [
            name for name in asked if name == "SweepIssues"
        ]  # 50 + 20 changed; 50 + 20 others
        assert 6 == len(asked)  # the policy and the labels


class Many(Repository):
    """A tracker of many equal issues, whose pages are made of one that the sandbox showed.

    Counts what GitHub counts: calls, and points (a page of 50 is three).
    """

    page: bytes = b""
    count, calls, points = 0, 0, 0

    def _connect(self, tokens: TokenSource, pool: Pool) -> GitHub:
        client = super()._connect(tokens, pool)
        send = client._send

        async def counting(
            method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            self.calls += 1
            self.points += 3 if b"SweepIssues" in body else 1
            if self.page and b"SweepIssues" in body:
                status, answered, content = 200, {"content-type": "application/json"}, self.shown(body)
            else:
                status, answered, content = await send(method, url, headers, body)
            if b"SweepIssues" in body and not self.page:
                self.page = content
            left = {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": str(1000 - self.points)}
            left["x-ratelimit-reset"] = str(int(self.now().timestamp()) + 3600)
            return status, {**answered, **(left if "graphql" in url else {})}, content

        client._send = counting  # type: ignore[method-assign]
        return client

    def shown(self, body: bytes) -> bytes:
        """A page of copies, or the empty one of those that changed of late."""
        asked, answer = json.loads(body)["variables"], json.loads(self.page)
        issues = answer["data"]["repository"]["issues"]
        (one,) = issues["nodes"]
        start, count = int(asked.get("after", 0)), 0 if "filterBy" in asked else self.count
        end = min(start + asked["first"], count)
        issues["nodes"] = [one | {"number": n + 1, "fullDatabaseId": str(n + 1)} for n in range(start, end)]
        issues |= {"totalCount": count, "pageInfo": {"hasNextPage": end < count, "endCursor": str(end)}}
        return json.dumps(answer).encode()


async def test_a_thousand_issues_that_need_nothing_cost_25_calls_and_no_write() -> None:
    async with Many() as w:
        jobs = Actions(w)
        await jobs.on_issue(w.file("Slow", "Search is slow.", labels=("rfh",)))
        await w.settle(REACH.total_seconds() + 3600)
        w.count, w.calls = 1000, 0
        w.github.calls.clear()
        report = await jobs.job("sweep")
        assert report.summary is not None
        assert (1000, (), True) == (report.summary.looked_at, report.summary.runs, report.summary.complete)
        assert [] == w.github.calls.writes
        assert w.calls <= 25


TEAMED = "teams:\n" + "".join(
    f"  {id_}: {{github_team: sourcegraph/{id_}}}\n"
    for id_ in [id_ for id_, team in load_default().teams.items() if team.engineering][:9]
)  # the tenth is support's


@pytest.mark.parametrize("app", [False, True], ids=["workflow token", "App"])
async def test_with_ten_teams_on_github_it_costs_25_calls_still(app: bool) -> None:
    """Each of 150 issues waits for its team; all lists come with one call. What an App asks as itself, its
    installation and its tokens, is counted by GitHub elsewhere."""
    policy = (
        f"{ACTION_IS_WRITER}{TEAMED}support: {{github_team: sourcegraph/cs}}\ntracker: {{public: null}}\n"
    )
    async with Many() as w:
        w.github.world.put_file(w.repo, ".github/rfh-bot.yml", "", "max")
        w.github.world.set_team("sourcegraph/search-core", "erin")
        jobs = Actions(w, policy=policy, app=app)
        issue = w.file(TITLE, COMPLETE)
        await jobs.on_issue(issue)
        w.comment(issue, "/snooze 20d", by="sam")
        await jobs.on_issue(issue)
        w.page = b""  # as it is now
        await jobs.on_issue(issue)
        await w.settle(REACH.total_seconds() + 3600)
        w.count, w.calls = 150, 0
        w.github.calls.clear()
        report = await jobs.job("sweep")
        assert report.summary is not None
        assert (150, (), True) == (report.summary.looked_at, report.summary.runs, report.summary.complete)
        asked = w.github.calls.calls
        assert [] == w.github.calls.writes
        assert 1 == len([call for call in asked if call.operation == "TeamMembers"])
        itself = [call for call in asked if NEEDS.get(f"{call.method} {call.template}") == AS_APP]
        assert (3 if app else 0) == len(itself)
        assert w.calls - len(itself) + (1000 - 150) / PAGE <= 25


async def test_five_thousand_issues_fit_into_the_hour_of_a_workflow_s_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One in fifty needs a run. That looking at one makes no call is tested above, so it is left out here."""

    async def foresee(rec: Reconciler, gh: GitHub, key: IssueKey, *_: object) -> Plan | None:
        return None if key.number % 50 == 0 else Plan()

    async with Many() as w:
        jobs = Actions(w)
        issue = w.file("Slow", "Search is slow.", labels=("rfh",))
        await jobs.on_issue(issue)
        copies(w, issue, 4999)
        await w.settle(REACH.total_seconds() + 3600)
        monkeypatch.setattr(Reconciler, "foresee", foresee)
        w.count, w.calls, w.points = 5000, 0, 0
        report = await jobs.job("sweep")
        assert report.summary is not None
        assert (5000, 100, True) == (
            report.summary.looked_at,
            len(report.summary.runs),
            report.summary.complete,
        )
        assert w.calls < 1000
        assert w.points < 1000


async def test_what_does_not_fit_into_the_hour_is_left_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event's run takes a tenth of what the hour allows, and most of that for looking."""

    async def foresee(rec: Reconciler, gh: GitHub, key: IssueKey, *_: object) -> Plan | None:
        return Plan()

    async with Many() as w:
        jobs = Actions(w)
        issue = w.file("Slow", "Search is slow.", labels=("rfh",))
        await jobs.on_issue(issue)
        await w.settle(REACH.total_seconds() + 3600)
        monkeypatch.setattr(Reconciler, "foresee", foresee)
        w.count, w.calls, w.points = 5000, 0, 0
        report = await jobs.on_issue(issue)
        assert report.summary is not None
        assert w.points <= 100
        assert 5000 == report.summary.looked_at + report.summary.not_reached
        assert report.summary.not_reached > 0


# ── the App's hour ──────────────────────────────────────────────────────────────────────────


async def test_the_app_names_by_the_hour_what_is_not_as_it_should_be() -> None:
    """Whatever went wrong: here every webhook was lost, and the catch-up was too."""
    async with World() as w:
        settled = w.file(TITLE, COMPLETE)
        await w.settle()
        w.delivering = False
        w.github.world.remove_label(settled, "rfh", "sam")
        await w.bot.queue.accept(f"sweep:{w.repo.full_name}")
        before = len(w.github.calls.calls)
        await w.settle(60)
        assert "rfh" not in w.labels(settled)  # a person took it off
        lost = w.file(TITLE, COMPLETE)
        await w.bot.queue.accept(f"sweep:{w.repo.full_name}")
        await w.settle(60)
        assert {"rfh", "cs/p2"} <= w.labels(lost)
        asked = [call.operation for call in w.github.calls.calls[before:]]
        assert "SweepIssues" in asked
        assert json.dumps(asked).count("LoadIssue") <= 3
