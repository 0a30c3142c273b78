"""Random scenarios in which everything goes wrong; then it is calm, and all must be as if nothing had been.

`make chaos` runs a thousand of them, the suite a few. A failure prints the steps that led to it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

import looptime
from chaos import ODDS, ChaosWorld
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from issues import complete

from bot.sandbox.records import Issue

SCENARIOS = int(os.environ.get("RFH_BOT_CHAOS", "8"))
TITLES = (
    "zoekt-indexserver is killed during indexing",
    "Batch change stays in processing",
    "Repositories are not cloned",
    "Something is odd",
)
BODIES = {
    "complete": complete(),
    "urgent": complete(Priority="cs/p1"),
    "incomplete": complete(Sourcegraph="", Zendesk=""),
    "not ours": "A note to ourselves.",
}
COMMANDS = (
    *("/route delivery", "/route search-core", "/priority p1", "/handoff", "/snooze 3d", "/waiting customer"),
    *(
        "/undo",
        "/help",
        "/why",
        "/check",
        "/take",
        "/docs none it is there",
        "/rout delivery",
        "/owner @erin",
    ),
    "/route delivery\n/priority p2",
)
WORDS = ("Thanks, I will ask them.", "The limit of the pod is too low: raise it.", "> quoted\n\nSee above?")
LABELS = ("team/delivery", "team/search-core", "cs/p1", "rfh", "customer/northmere")
PEOPLE = ("sam", "erin", "max")
MOMENTS = (0.2, 1.0, 3.0, 15.0, 90.0)

which = st.integers(0, 3)
moments = st.sampled_from(MOMENTS)
slack_faults = st.sampled_from(("5xx", "rate-limit", "lost-answer"))
people = st.sampled_from(PEOPLE)


class Chaos(RuleBasedStateMachine):
    """Each rule is something that people, GitHub, Slack, the network or the machine do."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = looptime.new_event_loop(start=0)
        asyncio.set_event_loop(self.loop)

        async def made() -> ChaosWorld:
            return await ChaosWorld().__aenter__()

        self.w = self.run(made())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def wait(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    def issue(self, number: int) -> Issue | None:
        """One of those that still exist."""
        living = self.w.living()
        return living[number % len(living)] if living else None

    # ── people ──────────────────────────────────────────────────────────────────────────────

    @initialize(title=st.sampled_from(TITLES), moment=moments)
    def first(self, title: str, moment: float) -> None:
        self.file(title, "complete", moment)

    @precondition(lambda self: len(self.w.issues) < 4)
    @rule(title=st.sampled_from(TITLES), body=st.sampled_from(sorted(BODIES)), moment=moments)
    def file(self, title: str, body: str, moment: float) -> None:
        self.run(self._do(lambda: self.w.issues.append(self.w.file(title, BODIES[body]))))
        self.wait(moment)

    @rule(number=which, body=st.sampled_from(sorted(BODIES)), moment=moments)
    def edit(self, number: int, body: str, moment: float) -> None:
        if (issue := self.issue(number)) is not None and "rfh-bot" in BODIES[body]:
            self.w.moves += 1
            self.run(self._do(lambda: self.w.github.world.edit_issue(issue, "sam", body=BODIES[body])))
            self.wait(moment)

    @rule(number=which, text=st.sampled_from(COMMANDS), by=people, moment=moments)
    def command(self, number: int, text: str, by: str, moment: float) -> None:
        if (issue := self.issue(number)) is not None:
            self.w.moves += "route" in text or "undo" in text or "priority" in text
            self.run(self._do(lambda: self.w.comment(issue, text, by=by)))
            self.wait(moment)

    @rule(number=which, text=st.sampled_from(WORDS), by=people, moment=moments)
    def say(self, number: int, text: str, by: str, moment: float) -> None:
        if (issue := self.issue(number)) is not None:
            self.run(self._do(lambda: self.w.comment(issue, text, by=by)))
            self.wait(moment)

    @rule(number=which, name=st.sampled_from(LABELS), by=people, moment=moments)
    def label(self, number: int, name: str, by: str, moment: float) -> None:
        """Put a label on, or take it off when it is there."""
        if (issue := self.issue(number)) is not None:
            world = self.w.github.world
            act = world.remove_label if name in self.w.labels(issue) else world.add_label
            self.w.moves += 1
            self.run(self._do(lambda: act(issue, name, by)))
            self.wait(moment)

    @rule(number=which, moment=moments)
    def close_or_reopen(self, number: int, moment: float) -> None:
        if (issue := self.issue(number)) is not None:
            world = self.w.github.world
            act = world.close if issue.state == "open" else world.reopen
            self.run(self._do(lambda: act(issue, "sam")))
            self.wait(moment)

    @rule(number=which, moment=moments)
    def lose_card(self, number: int, moment: float) -> None:
        """Somebody deletes one of the bot's comments."""
        if (issue := self.issue(number)) is not None and (ours := self.w.ours(issue)):
            self.run(self._do(lambda: self.w.github.world.delete_comment(ours[0], "max")))
            self.wait(moment)

    @rule(number=which)
    def delete(self, number: int) -> None:
        if len(self.w.living()) > 1 and (issue := self.issue(number)) is not None:
            self.run(self._do(lambda: self.w.github.world.delete_issue(issue, "max")))

    # ── the world ───────────────────────────────────────────────────────────────────────────

    @rule(name=st.sampled_from(ODDS), odds=st.sampled_from((0.0, 0.1, 0.5)))
    def fault(self, name: str, odds: float) -> None:
        self.w.github.faults.odds[name] = odds

    @rule(seconds=st.sampled_from((0.0, 2.0, 10.0)), reorder=st.booleans())
    def lag(self, seconds: float, reorder: bool) -> None:
        self.w.github.set_lag(seconds)
        self.w.github.faults.reorder = reorder

    @rule(
        method=st.sampled_from(("chat.postMessage", "chat.update")),
        fault=slack_faults,
    )
    def slack_fault(self, method: str, fault: Any) -> None:
        assert self.w.slack is not None
        self.w.lost += fault == "lost-answer"
        self.w.slack.faults.append((method, fault))

    @rule(hears=st.booleans())
    def network(self, hears: bool) -> None:
        """Webhooks reach the App, or none does."""
        self.w.delivering = hears

    @rule(seconds=st.sampled_from((60.0, 3600.0, 86400.0)), moment=moments)
    def clock(self, seconds: float, moment: float) -> None:
        self.w.leap(seconds)
        self.wait(moment)

    @rule(seconds=st.sampled_from((5.0, 60.0, 1800.0)))
    def time(self, seconds: float) -> None:
        self.wait(seconds)

    @rule(steps=st.integers(0, 40), seconds=st.sampled_from((0.1, 1.0, 5.0, 30.0)))
    def kill(self, steps: int, seconds: float) -> None:
        self.run(self.w.kill(steps, seconds))

    # ── the end ─────────────────────────────────────────────────────────────────────────────

    def teardown(self) -> None:
        try:
            self.run(self.w.calm())
            self.run(self.w.assert_well())
        finally:
            self.run(self.w.end())
            self.loop.close()
            asyncio.set_event_loop(None)

    @staticmethod
    async def _do(act: Any) -> None:
        """People act inside the loop: webhooks are tasks."""
        act()


Chaos.TestCase.settings = settings(
    max_examples=SCENARIOS,
    stateful_step_count=12,
    deadline=None,
    derandomize=SCENARIOS <= 20,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
TestChaos = Chaos.TestCase
