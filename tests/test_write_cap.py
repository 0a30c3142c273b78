"""The write cap: over it the bot pauses itself, tells the operators, and goes on when a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from databases import Machines
from harness import World
from issues import COMPLETE

from bot.model import IssueKey
from bot.pace import BY, CAP
from bot.store import Store

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
NAME = "sourcegraph/customer"


@pytest.fixture
def capped(tmp_path: Path) -> Path:
    """A policy with a low cap, and a channel for operators (which is the double's first team channel)."""
    path = tmp_path / "policy.yml"
    path.write_text('limits: {writes_per_hour: 3, alert_channel: "#search"}\n')
    return path


def written(w: World) -> int:
    return len(w.github.calls.writes)


@pytest.mark.looptime
async def test_over_the_cap_the_bot_pauses_itself_once_and_goes_on_after_a_resume(capped: Path) -> None:
    async with World(policy=capped, slack=True) as w:
        await w.settle()
        w.github.calls.clear()
        issues = [w.file(TITLE, COMPLETE) for _ in range(6)]
        await w.settle(600)
        (pause,) = await w.bot.store.pauses()
        assert (NAME, BY) == (pause.scope, pause.by)
        assert "limits.writes_per_hour" in pause.reason
        before = written(w)
        assert before <= 3 + 3  # a run that has begun to write is finished
        assert w.slack is not None
        alerts = [m for m in w.slack.messages if "paused myself" in m.text]
        assert [f"`rfh-bot resume {NAME}`"] == [m.text.partition("then: ")[2] for m in alerts]
        await w.settle(2 * 3600)
        assert before == written(w)
        assert None is await w.bot.queue.get(f"{CAP}:{NAME}")

        # A person looks, and resumes: nothing was lost, and the cap counts anew.
        for _ in range(6):
            await w.bot.store.unpause(NAME)
            await w.settle(120)
        assert [1] * 6 == [len(w.cards(issue)) for issue in issues]
        assert 0 == (await w.bot.queue.stats()).dead
        await w.bot.store.unpause(NAME)
        await w.assert_settled(issues[0])


@pytest.mark.looptime
async def test_writes_of_another_hour_do_not_count(capped: Path) -> None:
    async with World(policy=capped) as w:
        for _ in range(5):
            w.file(TITLE, COMPLETE)
            await w.settle(3700)
        assert [] == await w.bot.store.pauses()
        assert 5 <= written(w)


@pytest.mark.looptime
async def test_the_key_of_the_cap_repeats_no_pause_that_a_person_has_ended(capped: Path) -> None:
    """Slack was down, the person was quicker."""
    async with World(policy=capped, slack=True) as w:
        assert w.slack is not None
        await w.settle()
        w.slack.faults += [("chat.postMessage", "5xx")] * 50
        for _ in range(6):
            w.file(TITLE, COMPLETE)
        await w.settle(60)
        assert [NAME] == [pause.scope for pause in await w.bot.store.pauses()]
        await w.bot.store.pause("*", reason="look", by="ada")
        await w.bot.store.unpause(NAME)
        w.slack.faults.clear()
        await w.settle(3600)
        assert ["*"] == [pause.scope for pause in await w.bot.store.pauses()]


@pytest.mark.looptime
async def test_without_slack_and_without_a_cap(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("limits: {writes_per_hour: null}\n")
    async with World(policy=path) as w:
        issues = [w.file(TITLE, COMPLETE) for _ in range(20)]
        await w.settle(60)
        assert [1] * 20 == [len(w.cards(issue)) for issue in issues]
        assert [] == await w.bot.store.pauses()


async def test_replicas_count_together_and_a_resume_counts_anew(machines: Machines) -> None:
    here, there = Store(machines.open()), Store(machines.open())
    assert [1, 2, 3] == [await store.count_write(NAME) for store in (here, there, here)]
    assert 1 == await here.count_write("sourcegraph/other")
    machines.clock.advance(3599)
    assert (4, 4) == (await there.count_write(NAME.upper()), await here.writes_this_hour(NAME))
    machines.clock.advance(1)
    assert (0, 1) == (await here.writes_this_hour(NAME), await here.count_write(NAME))
    await here.pause(NAME, reason="cap", by=BY)
    assert await there.unpause(NAME)
    assert (0, 1) == (await here.writes_this_hour(NAME), await here.count_write(NAME))


def test_the_key_of_the_cap_is_no_issue() -> None:
    with pytest.raises(ValueError, match=r".+"):
        IssueKey.parse(f"{CAP}:{NAME}")


@pytest.mark.looptime
async def test_the_public_cannot_make_the_bot_pause_itself(tmp_path: Path) -> None:
    """Anybody may write there what looks like a leak, again and again. Only the telling of it has to wait."""
    path = tmp_path / "policy.yml"
    path.write_text("limits: {writes_per_hour: 12}\n")
    async with World(policy=path) as w:
        await w.settle()
        for number in range(16):
            name = f"sgp_0123456789abcdef_{number:02d}1b2c3d4e5f60718293a4b5c6d7e8f901234567"
            w.github.world.file_issue(w.demo.public, "olu", "Search fails", f"token: {name}")
        await w.settle(600)
        bot = w.github.access.app.bot.id
        assert 3 == len([i for i in w.github.world.state.issues_of(w.repo) if i.author_id == bot])
        assert [] == await w.bot.store.pauses()
        request = w.file(TITLE, COMPLETE)
        await w.settle()
        assert 1 == len(w.cards(request))
        await w.settle(6 * 3600)  # and nothing of it is lost
        assert 16 == len([i for i in w.github.world.state.issues_of(w.repo) if i.author_id == bot])
        assert [] == await w.bot.store.pauses()
