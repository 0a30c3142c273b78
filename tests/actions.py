"""The Action in a `World`: jobs that run on a workflow's token, as the runner would start them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness import World

from bot.app import build_reconciler
from bot.budget import Budget
from bot.cli.action import SHARES, Inputs, act, read_inputs
from bot.cli.action_report import Report
from bot.db import open_database
from bot.events import POLICY_PATH
from bot.github.auth import App, Clients, OneToken
from bot.sandbox.access import ACTIONS_BOT
from bot.sandbox.records import Comment, Issue
from bot.store import Store
from bot.sweep import Allowance, paced

ACTION_IS_WRITER = "writer: action\n"
PERMISSIONS = {"issues": "write", "contents": "read"}  # as the workflows ask for


@dataclass
class Actions:
    """Jobs of workflows in the world's tracker. Each starts with nothing but the environment."""

    w: World
    key: str = ""
    policy: str = ACTION_IS_WRITER
    app: bool = False  # with an App's credentials
    reports: list[Report] = field(default_factory=list)
    kept: str = field(init=False)

    def __post_init__(self) -> None:
        there = self.w.github.world.state.files.get((self.w.repo.id, POLICY_PATH))
        self.kept = there.content.decode() if there is not None else ""
        self.set_policy(self.policy)

    def set_policy(self, text: str) -> None:
        """Put lines before those that the tracker's policy had at first."""
        self.w.github.world.put_file(self.w.repo, POLICY_PATH, text + self.kept, "max")

    def environment(
        self, mode: str, event: str = "", payload: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """What the runner gives a job."""
        env = {
            "RFH_BOT_MODE": mode,
            "RFH_BOT_MEMORY_KEY": self.key,
            "GITHUB_REPOSITORY": self.w.repo.full_name,
            "GITHUB_TOKEN": self.w.github.workflow_token(self.w.repo, PERMISSIONS),
            "GITHUB_API_URL": self.w.github.api_url,
            "GITHUB_EVENT_NAME": event,
        }
        if self.app:
            env["GITHUB_APP_ID"] = str(self.w.github.app_id)
            env["GITHUB_PRIVATE_KEY"] = self.w.github.private_key_pem
        if payload is not None:
            with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
                json.dump(payload, file)
            env["GITHUB_EVENT_PATH"] = file.name
        return env

    async def job(
        self, mode: str = "event", event: str = "", payload: Mapping[str, Any] | None = None, **env: str
    ) -> Report:
        """One job, with a database of its own that is gone afterwards."""
        environment = self.environment(mode, event, payload) | env
        inputs: Inputs = read_inputs(environment)
        _forget(environment)
        db = open_database("sqlite://", clock=self.w.now)
        w, settings = self.w, inputs.settings
        clients: Clients = OneToken(inputs.token, w._connect, now=w.now)
        if settings.app_id:
            clients = App(settings.app_id, settings.private_key, w._connect, now=w.now)
        rec = build_reconciler(settings, clients, Store(db), w.now, writer="action", texts=w.texts)
        allowance, guard = Allowance(share=SHARES[inputs.mode]), paced(Budget(db), w.now)
        report = await act(inputs, rec, allowance, guard, examine=w.examine)
        await db.close()
        self.reports.append(report)
        return report

    async def on_issue(self, issue: Issue, action: str = "opened", **env: str) -> Report:
        """The job that an `issues` event starts."""
        return await self.job("event", "issues", self._payload(issue, action), **env)

    async def on_comment(self, issue: Issue, comment: Comment) -> Report:
        """The job that an `issue_comment` event starts."""
        payload = self._payload(issue, "created") | {"comment": {"id": comment.id}}
        return await self.job("event", "issue_comment", payload)

    def _payload(self, issue: Issue, action: str) -> dict[str, Any]:
        updated = self.w.live(issue).updated_at.isoformat()
        return {
            "action": action,
            "repository": {"full_name": self.w.repo.full_name},
            "sender": {"id": self.w.live(issue).author_id},
            "issue": {"number": issue.number, "updated_at": updated},
        }


def _forget(environment: Mapping[str, str]) -> None:
    """The runner's files go with the job."""
    if "GITHUB_EVENT_PATH" in environment:
        Path(environment["GITHUB_EVENT_PATH"]).unlink()


def comments_by(w: World, issue: Issue, *idents: int) -> list[Comment]:
    """The comments of these accounts, oldest first."""
    return [c for c in w.comments(issue) if c.author_id in idents]


def action_bot() -> int:
    return ACTIONS_BOT[1]


def app_bot(w: World) -> int:
    return w.github.access.app.bot.id


def copies(w: World, original: Issue, count: int) -> list[Issue]:
    """More issues like one that the bot has settled, card and all, without a call and without a webhook.

    Only with an unsigned memory: a signature holds for one issue alone.
    """
    world, state = w.github.world, w.github.world.state
    original = w.live(original)
    made = []
    for _ in range(count):
        ident, number = world.next_id("issue"), world.next_number(w.repo)
        comments = []
        for old in state.comments_on(original):
            body = old.body.replace(f"/issues/{original.number}\n", f"/issues/{number}\n")
            new = replace(old, id=world.next_id("comment"), issue_id=ident, body=body)
            state.comments[new.id] = new
            comments.append(new.id)
        events = []
        for event in state.events_on(original):
            twin = replace(event, id=world.next_id("event"), issue_id=ident)
            state.events[twin.id] = twin
            events.append(twin.id)
        issue = replace(
            original, id=ident, number=number, comment_ids=tuple(comments), event_ids=tuple(events)
        )
        state.issues[ident] = issue
        state.numbers[issue.repo_id, number] = ident
        made.append(issue)
    return made
