"""Publishing twice gives one issue: the program is killed before and after each write, answers are lost."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import pytest
from harness import World
from issues import COMPLETE
from publish_support import Publication, ready

from bot.model import IssueKey
from bot.sandbox.faults import Fault, Once

pytestmark = pytest.mark.looptime

CREATE = "POST /repos/{owner}/{repo}/issues"
MINUTE = 61.0


class Killed(BaseException):
    """kill -9: nothing catches it, nothing is put in order."""


class Killer:
    """Kills the program before the `at`-th write of a run, or right after GitHub has done it.

    To die at a read is to die before the write that follows it.
    """

    def __init__(self, w: World) -> None:
        self._w, self._request = w, w.github.request
        self.at, self.before, self.seen = 0, True, 0
        w.github.request = self.request  # type: ignore[method-assign]

    def arm(self, at: int, *, before: bool) -> None:
        self.at, self.before, self.seen = at, before, 0

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, Mapping[str, str], bytes]:
        if b"mutation Apply" not in body and not (method == "POST" and url.endswith("/issues")):
            return await self._request(method, url, headers, body)
        self.seen += 1
        if self.seen == self.at and self.before:
            raise Killed
        answer = await self._request(method, url, headers, body)
        if self.seen == self.at:
            raise Killed
        return answer


async def run(w: World, p: Publication) -> None:
    """One run of the issue, by whatever process is alive."""
    await w.bot.reconciler.reconcile(IssueKey(w.repo.owner, w.repo.name, p.issue.number))


async def settle(w: World, p: Publication) -> None:
    """The runs that look again after a crash."""
    for _ in range(3):
        await run(w, p)
        w.leap(MINUTE)


async def confirmed(w: World) -> Publication:
    """A draft that is ready, and the word that it may go; runs are made by hand."""
    p = Publication(w, w.file("zoekt-indexserver runs out of memory", COMPLETE))
    await run(w, p)
    w.comment(p.issue, "/publish", by="erin")
    await run(w, p)
    w.leap(MINUTE)
    w.comment(p.issue, f"/publish confirm {p.digest}", by="erin")
    return p


@pytest.mark.parametrize("forgets", [False, True], ids=["the database stays", "the database is lost"])
async def test_a_kill_at_any_point_leaves_one_public_issue(forgets: bool) -> None:
    """Afterwards it is there and linked, or a person is asked and confirms again: then there is one."""
    async with World(deliver=False) as w:
        await w.stop()
        killer = Killer(w)
        asked = at = 0
        over = False
        while not over:
            at += 1
            over = True
            for before in (True, False):
                p = await confirmed(w)
                there = len(p.public)
                killer.arm(at, before=before)
                with contextlib.suppress(Killed):
                    await run(w, p)
                over = over and killer.seen < at  # the run ended before
                killer.arm(0, before=True)
                if forgets:
                    await w.lose_database()
                    await w.stop()
                await settle(w, p)
                if len(p.public) == there:
                    asked += 1
                    (question,) = [body for body in w.replies(p.issue) if "did not say whether" in body]
                    assert question.startswith("@erin ")
                    w.comment(p.issue, f"/publish confirm {p.digest}", by="erin")
                    await settle(w, p)
                assert there + 1 == len(p.public), f"killed {'before' if before else 'after'} write {at}"
                assert f"sourcegraph/sourcegraph#{p.public[-1].number} · open" in p.card
        assert at > 4
        assert asked > 0


@pytest.mark.parametrize("fault", ["after", "reset-after"])
async def test_an_answer_that_was_lost_is_found_by_the_marker(fault: Fault) -> None:
    async with World() as w:
        p = await ready(w)
        w.github.faults.once += [Once(fault, on=CREATE)]
        await p.confirm()
        (public,) = p.public
        assert f"sourcegraph/sourcegraph#{public.number} · open" in p.card
        assert not [body for body in w.replies(p.issue) if "did not say whether" in body]
        await w.assert_settled(p.issue)


@pytest.mark.parametrize("fault", ["before", "reset", "timeout"])
async def test_what_was_not_created_is_asked_about_once_and_made_on_the_second_word(fault: Fault) -> None:
    async with World() as w:
        p = await ready(w)
        digest = p.digest
        w.github.faults.once += [Once(fault, on=CREATE)]
        await p.confirm()
        await w.settle(240)
        assert [] == p.public
        assert 1 == len([body for body in w.replies(p.issue) if "did not say whether" in body])
        assert "unknown whether it was created" in p.card
        await w.assert_settled(p.issue)
        await p.confirm(digest)
        assert 1 == len(p.public)
        await w.assert_settled(p.issue)


async def test_a_list_that_lags_shows_the_issue_a_minute_later() -> None:
    async with World() as w:
        p = await ready(w)
        w.github.faults.once += [Once("reset-after", on=CREATE)]
        w.github.set_lag(20)
        await p.say(f"/publish confirm {p.digest}", seconds=1)
        await w.settle(200)
        w.github.set_lag(0)
        await w.settle(100)
        (public,) = p.public
        assert f"sourcegraph/sourcegraph#{public.number} · open" in p.card


async def test_a_claim_made_by_a_worker_that_lost_its_key_sends_nothing() -> None:
    """Frozen between the claim and the effect; another worker has the key by then."""
    async with World() as w:
        p = await ready(w)
        await w.stop()
        w.comment(p.issue, f"/publish confirm {p.digest}", by="erin")
        asked = 0

        async def guard(begun: bool = False, /) -> None:
            nonlocal asked
            asked += 1
            if lists() - before > 1:
                raise Killed  # the claim is on record, and the list was read again: next is the effect

        def lists() -> int:
            calls = w.github.calls.calls
            return len([c for c in calls if c.template == "/repos/{owner}/{repo}/issues"])

        before = lists()
        key = IssueKey(w.repo.owner, w.repo.name, p.issue.number)
        with pytest.raises(Killed):
            await w.bot.reconciler.reconcile(key, guard=guard)
        assert asked > 1
        assert [] == p.public


async def test_the_marker_outlives_the_memory() -> None:
    """Card and database are lost after it was published: confirming anew finds the issue, and makes none."""
    async with World() as w:
        p = await ready(w)
        await p.confirm()
        w.github.world.delete_comment(w.cards(p.issue)[0], "max")
        w.github.world.delete_comment(p.comment, "max")
        await w.lose_database()
        await w.settle()
        await p.draft()
        await p.clean()
        await p.confirm()
        assert 1 == len(p.public)
        assert "sourcegraph/sourcegraph#1 · open" in p.card
