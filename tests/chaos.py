"""A world in which everything goes wrong: faults of GitHub and Slack, lost webhooks, clocks that jump, and a
process that dies between any two of its steps.

A step is a call of GitHub's API or a transaction of the database. `Life` counts them; when its count is up
the process is dead: nothing that it started goes on, and nothing is cleaned up, as after kill -9. The step it
died at was done or not, nobody tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NoReturn

from harness import SandboxGitHub, World

from bot.commands import parse
from bot.db import Database
from bot.github.client import GitHub, TokenSource
from bot.github.pool import Pool
from bot.memory import effects_in, is_card, unsealed
from bot.model import IssueKey
from bot.reconciler import Result
from bot.sandbox.faults import Faults
from bot.sandbox.records import Comment, Issue

ODDS = ("5xx", "reset", "timeout", "secondary", "graphql-200", "duplicate", "drop")
_WISH = re.compile(r"^/(route|priority|undo|kind|customer)", re.MULTILINE)
QUIET = 4 * 3600.0  # seconds in which all is repaired: the catch-up, back-offs, budgets


class Life:
    """One process. `steps` None: it lives until it is told to die."""

    def __init__(self) -> None:
        self.steps: int | None = None
        self.dead = False

    async def before(self) -> None:
        """A step begins; it may be one too many."""
        if self.dead:
            await _for_ever()
        if self.steps is not None:
            self.steps -= 1
            if self.steps < 0:
                self.dead = True
                await _for_ever()

    async def after(self) -> None:
        """A step is done; who died meanwhile does not learn of it."""
        if self.dead:
            await _for_ever()
        if self.steps == 0:
            self.dead = True
            await _for_ever()


async def _for_ever() -> NoReturn:
    await asyncio.Future()
    raise AssertionError("a dead process went on")


class Mortal:
    """A database as one process sees it."""

    def __init__(self, db: Database, life: Life) -> None:
        self._db, self._life = db, life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    async def run(self, work: Any) -> Any:
        await self._life.before()
        result = await self._db.run(work)
        await self._life.after()
        return result

    async def close(self) -> None:
        """The database outlives the process."""


class MortalGitHub(SandboxGitHub):
    life: Life

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        await self.life.before()
        answer = await super()._send(method, url, headers, body)
        await self.life.after()
        return answer


class ChaosWorld(World):
    """The App in it dies and comes back; the database, GitHub and Slack stay."""

    def __init__(self) -> None:
        super().__init__(key=b"chaos" * 8, slack=True, faults=Faults())
        self.life = Life()
        self.deaths = 0
        self.issues: list[Issue] = []
        self.lost = 0  # answers of Slack that never came
        self.moves = 0  # what may have moved an issue to another channel and back

    async def start(self) -> None:
        self.disk: Database = getattr(self, "disk", self.db)
        self.life = Life()
        self.db = Mortal(self.disk, self.life)  # type: ignore[assignment]
        await super().start()

    def _connect(self, tokens: TokenSource, pool: Pool) -> GitHub:
        client = MortalGitHub(
            None,  # type: ignore[arg-type]  # no session: `_send` is the wire
            tokens,
            pool=pool,
            api_url=self.settings.api_url,
            now=self.now,
        )
        client.sandbox, client.failures, client.life = self.github, self.failures, self.life
        return client

    async def _deliver(self, headers: Mapping[str, str], body: bytes) -> int:
        if self.life.dead:
            raise ConnectionRefusedError
        return await super()._deliver(headers, body)

    async def kill(self, steps: int, seconds: float) -> None:
        """Die after so many steps, or after so many seconds; then come back on the same database."""
        self.life.steps = steps
        await asyncio.sleep(seconds)
        self.life.dead = True
        self.deaths += 1
        await self.start()

    async def end(self) -> None:
        """Everything stops; tasks of dead processes too."""
        await self.github.hooks.stop()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        self.life.dead = True
        for task in rest:
            task.cancel()
        with contextlib.suppress(BaseException):
            await asyncio.wait(rest, timeout=60)
        await self.disk.close()

    # ── what must hold in the end ───────────────────────────────────────────────────────────

    async def calm(self) -> None:
        """The faults are over, and time passes until nothing is left to repair."""
        self.github.faults.odds, self.github.faults.reorder = {}, False
        self.github.faults.once.clear()
        self.github.set_lag(0)
        if self.slack is not None:
            self.slack.faults.clear()
        self.delivering = True
        await asyncio.sleep(QUIET)
        await self.github.settle()

    def living(self) -> list[Issue]:
        """The issues that still exist, as they are now."""
        state = self.github.world.state
        return [state.issues[one.id] for one in self.issues if state.issues[one.id].gone is None]

    def ours(self, issue: Issue) -> list[Comment]:
        bot = self.github.access.app.bot.id
        return [comment for comment in self.comments(issue) if comment.author_id == bot]

    async def assert_well(self) -> None:
        """Nothing lost, nothing twice, no fight, and nothing left to do."""
        for issue in self.living():
            self.assert_once(issue)
            self.assert_answered(issue)
            self.assert_peace(issue)
            result = await self.looked(issue)
            if result.plan:  # a reminder may be due in this very moment
                await self.settle(120)
                result = await self.looked(issue)
            assert () == result.plan.actions, f"issue {issue.number}: a second run writes"
            assert () == result.plan.tell, f"issue {issue.number}: a second run tells Slack"
        assert 0 == (await self.bot.queue.stats()).dead
        self.assert_told()

    async def looked(self, issue: Issue) -> Result:
        """What a run would do now."""
        key = IssueKey(self.repo.owner, self.repo.name, issue.number)
        return await self.bot.reconciler.reconcile(key, dry_run=True)

    def assert_once(self, issue: Issue) -> None:
        """One card where there is something to say, and every effect once."""
        cards = [c for c in self.ours(issue) if is_card(c.body)]
        template = "rfh-bot:cs-new-issue" in issue.body
        assert len(cards) <= 1, f"issue {issue.number}: {len(cards)} cards"
        if template and issue.state == "open":
            assert 1 == len(cards), f"issue {issue.number}: no card"
        effects = Counter(key for c in self.ours(issue) if not is_card(c.body) for key in effects_in(c.body))
        assert [] == [key for key, count in effects.items() if count > 1], f"issue {issue.number}"

    def assert_answered(self, issue: Issue) -> None:
        """Every command was run: it has its reaction, or (death came right after it) the card has it done."""
        bot = self.github.access.app.bot.id
        found = [unsealed(c.body) for c in self.ours(issue) if is_card(c.body)]
        done = {ident for memory in found if memory is not None for ident in memory.done}
        said = {key for comment in self.ours(issue) for key in effects_in(comment.body)}
        for comment in self.comments(issue):
            author = self.github.world.state.accounts[comment.author_id]
            if author.kind == "Bot" or not _commands(comment.body, self):
                continue
            reacted = any(r.user_id == bot for r in comment.reactions)
            known = comment.id in done or f"reply:{comment.id}" in said
            assert reacted or known, f"issue {issue.number}: {comment.body!r} has no answer"

    def assert_peace(self, issue: Issue) -> None:
        """No label is put back that a person took off, none taken off that a person set, unasked."""
        state, bot = self.github.world.state, self.github.access.app.bot.id
        last: dict[int, tuple[str, bool]] = {}  # label → its newest event, and whether it was a person's
        events = state.events_on(issue)
        wishes = [c.created_at for c in self.comments(issue) if c.author_id != bot and _WISH.search(c.body)]
        at: dict[int, Any] = {}
        for event in events:
            if event.kind not in {"labeled", "unlabeled"} or event.label_id is None:
                continue
            kind, person = last.get(event.label_id, ("", False))
            if event.actor_id == bot and person and kind != event.kind:
                asked = [wish for wish in wishes if wish >= at[event.label_id]]
                assert asked, f"issue {issue.number}: the bot undid what a person did to a label"
            last[event.label_id] = event.kind, event.actor_id != bot
            at[event.label_id] = event.created_at

    def assert_told(self) -> None:
        """A message in Slack comes once per issue and channel; a crash or a lost answer may repeat one."""
        assert self.slack is not None
        links: Counter[tuple[str, str]] = Counter()
        for message in self.slack.messages:
            if not message.thread:
                for number in set(re.findall(rf"{self.repo.name}/issues/(\d+)", message.everything)):
                    links[message.channel, number] += 1
        again = sum(count - 1 for count in links.values())
        assert again <= self.deaths + self.lost + self.moves, links


def _commands(body: str, world: World) -> bool:
    return any(parse(line, world.policy) is not None for line in body.splitlines())
