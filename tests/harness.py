"""A whole world for tests: the sandbox GitHub and the App, joined without sockets, under virtual time.

async with World() as w:
    issue = w.file("title", body)
    await w.settle()
    assert w.labels(issue) == {…}
    await w.assert_settled(issue)      # a second run writes nothing
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from permissions import uncovered
from publish_support import texts_for
from slack_support import SECRET, examined, redacted, slack_double, slack_signature, teller_for

from bot.app import build
from bot.db import open_database
from bot.github.client import GitHub, TokenSource
from bot.github.pool import Pool
from bot.memory import is_card, visible
from bot.metrics import Metrics
from bot.model import IssueKey
from bot.pager import Pager
from bot.policy.load import DEFAULT_NAME, default_text, read
from bot.rulebooks import compiled
from bot.sandbox.faults import Faults
from bot.sandbox.records import Comment, Issue
from bot.sandbox.seed import demo_world
from bot.sandbox.server import Sandbox
from bot.sandbox.slack import SlackDouble
from bot.scanner_watch import Examine
from bot.settings import Settings
from bot.slack.redactor import Redact
from bot.webhook import signed
from bot.work import Bot
from bot.worker import Worker

START = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)  # a Tuesday
# What periodic work may ask in the same moment.
PERIODIC = frozenset({"SweepIssues", "/repos/{owner}/{repo}/issues", "/app/hook/deliveries"})


class SandboxGitHub(GitHub):
    """The real client; only the wire is the sandbox in this process."""

    sandbox: Sandbox
    failures: list[tuple[str, int]]  # (part of a URL, status): each fails one request

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        await asyncio.sleep(0.05)  # a call takes time, so that things can happen meanwhile
        for failure in self.failures:
            if failure[0] in url:
                self.failures.remove(failure)
                return failure[1], {"content-type": "application/json"}, b"{}"
        return await self.sandbox.request(method, url, headers, body)


class World:
    def __init__(
        self,
        *,
        key: bytes = b"",
        faults: Faults | None = None,
        repos: tuple[str, ...] = (),
        shadow: bool = False,
        deliver: bool = True,
        policy: Path | None = None,
        slack: bool = False,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self._began = self.loop.time()
        self.github = Sandbox(
            clock=self.now, deliver=self._deliver, faults=faults, wall=lambda: self.now().timestamp()
        )
        layers = [(DEFAULT_NAME, default_text()), *([(str(policy), read(policy))] if policy else [])]
        self.policy = compiled(tuple(layers)).policy
        self.demo = demo_world(self.github, self.policy)
        self.repo = self.demo.customer
        self.settings = Settings(
            app_id=str(self.github.app_id),
            private_key=self.github.private_key_pem,
            webhook_secrets=(self.github.secret.encode(),),
            api_url=self.github.api_url,
            memory_key=key,
            repos=repos,
            shadow=shadow,
            policy_path=str(policy) if policy else None,
            slack_secret=SECRET,
        )
        self.slack: SlackDouble | None = None
        self.pager: Pager | None = None
        self.redact: Redact = redacted
        self.examine: Examine = examined
        self.texts = texts_for(self.settings.value_key)
        if slack:
            self.use_slack()
        self.metrics = Metrics()
        self.delivering = deliver
        self.failures: list[tuple[str, int]] = []
        self.bot: Bot
        self.worker: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        """The world's clock: virtual."""
        return START + timedelta(seconds=self.loop.time() - self._began)

    # ── the App ─────────────────────────────────────────────────────────────────────────────

    async def __aenter__(self) -> Self:
        self.db = open_database("sqlite://", clock=self.now)
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        await self.github.hooks.stop()
        await self.db.close()
        if error is None:
            log = self.github.calls
            assert [] == uncovered((*log.cleared, *log.calls))

    async def start(self) -> None:
        """Start the App on the world's database, as `serve` does."""
        teller = None
        if self.slack is not None:
            teller = teller_for(self.slack, self.now, self.redact, self.metrics)
        self.bot = build(
            self.settings,
            self.db,
            self._connect,
            now=self.now,
            teller=teller,
            pager=self.pager,
            meter=self.metrics,
            examine=self.examine,
            texts=self.texts,
        )
        await self.bot.queue.recover()
        await self.bot.schedule.start(self.bot.repositories)
        self.worker = asyncio.create_task(
            Worker(self.bot.queue, self.bot.handlers, note=self.metrics.run).run()
        )

    async def stop(self) -> None:
        """A graceful shutdown."""
        if self.worker is not None:
            self.worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.worker
            self.worker = None
        await self.bot.queue.close()

    async def lose_database(self) -> None:
        """Restart on an empty database: the mirror, the queue and all figures are gone."""
        await self.stop()
        await self.db.close()
        self.db = open_database("sqlite://", clock=self.now)
        await self.start()

    def use_slack(self) -> None:
        """Configure Slack; takes effect with the next `start`."""
        self.slack = slack_double(self.policy, self.now)

    def _connect(self, tokens: TokenSource, pool: Pool) -> GitHub:
        client = SandboxGitHub(
            None,  # type: ignore[arg-type]  # no session: `_send` is the wire
            tokens,
            pool=pool,
            api_url=self.settings.api_url,
            now=self.now,
            on_call=self.metrics.call,
        )
        client.sandbox, client.failures = self.github, self.failures
        return client

    async def _deliver(self, headers: Mapping[str, str], body: bytes) -> int:
        """GitHub's webhook arrives at the App's door (the HTTP part has tests of its own)."""
        if not self.delivering or self.worker is None:
            return 503
        lowered = {name.lower(): value for name, value in headers.items()}
        assert signed(self.settings.webhook_secrets, body, lowered["x-hub-signature-256"])
        await self.bot.accept(lowered["x-github-delivery"], lowered["x-github-event"], json.loads(body))
        return 202

    # ── people ──────────────────────────────────────────────────────────────────────────────

    def file(self, title: str, body: str, *, by: str = "sam", labels: tuple[str, ...] = ()) -> Issue:
        return self.github.world.file_issue(self.repo, by, title, body, labels)

    def comment(self, issue: Issue, body: str, *, by: str = "sam") -> Comment:
        return self.github.world.comment(issue, by, body)

    async def say(self, issue: Issue, body: str, *, by: str = "sam") -> Comment:
        """Comment, and let the App work."""
        comment = self.comment(issue, body, by=by)
        await self.settle()
        return comment

    async def press(self, payload: dict[str, Any], *, at: datetime | None = None) -> int:
        """Somebody does something in Slack; returns the door's status."""
        door = self.bot.slack_door()
        assert door is not None
        body = urlencode({"payload": json.dumps(payload)}).encode()
        stamp = int((at or self.now()).timestamp())
        status, _ = await door.take(body, str(stamp), slack_signature(body, stamp))
        await self.settle()
        return status

    # ── looking ─────────────────────────────────────────────────────────────────────────────

    async def settle(self, seconds: float = 30.0) -> None:
        """Let virtual time pass until webhooks were delivered and keys were run."""
        await asyncio.sleep(seconds)
        await self.github.settle()

    def leap(self, seconds: float) -> None:
        """Days in an instant: the clock is set on, and what was due meanwhile is due now, once."""
        self._began -= seconds
        self.bot.queue._wakeups.wake()

    async def later(self, seconds: float, step: float = 3600.0) -> None:
        """Let days pass in leaps: what is due comes within a step, and little else is played."""
        while seconds > 0:
            self.leap(min(step, seconds))
            await self.settle(10)
            seconds -= step

    def labels(self, issue: Issue) -> set[str]:
        return set(self.github.world.labels(issue))

    def comments(self, issue: Issue) -> list[Comment]:
        return list(self.github.world.comments(issue))

    def live(self, issue: Issue) -> Issue:
        """The issue as it is now (records are snapshots)."""
        return self.github.world.state.issues[issue.id]

    def assignees(self, issue: Issue) -> list[str]:
        state = self.github.world.state
        return [state.accounts[ident].login for ident in self.live(issue).assignee_ids]

    def cards(self, issue: Issue) -> list[Comment]:
        bot = self.github.access.app.bot.id
        return [c for c in self.comments(issue) if c.author_id == bot and is_card(c.body)]

    def card(self, issue: Issue) -> str:
        """The visible text of the one card."""
        cards = self.cards(issue)
        assert 1 == len(cards), f"{len(cards)} cards"
        return visible(cards[0].body)

    def replies(self, issue: Issue) -> list[str]:
        bot = self.github.access.app.bot.id
        return [c.body for c in self.comments(issue) if c.author_id == bot and not is_card(c.body)]

    def reactions(self, comment: Comment) -> set[str]:
        """Contents of the bot's reactions on a comment."""
        live = self.github.world.state.comments[comment.id]
        return {r.content for r in live.reactions if r.user_id == self.github.access.app.bot.id}

    async def assert_settled(self, issue: Issue) -> None:
        """A second run right after a run writes nothing, and costs one read."""
        await self.settle()
        key = IssueKey(self.repo.owner, self.repo.name, issue.number)
        await self.bot.reconciler.reconcile(key)  # what is cached for minutes may have expired by now
        self.github.calls.clear()
        result = await self.bot.reconciler.reconcile(key)
        assert () == result.plan.actions
        assert [] == list(self.github.calls.writes)
        asked = [call.operation or call.template for call in self.github.calls.reads]
        assert 1 == len([one for one in asked if one not in PERIODIC]), asked


def signature(secret: bytes, body: bytes) -> str:
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
