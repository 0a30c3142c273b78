"""What people write on issues never reaches a log line, an exception, the database's notes or `explain`."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa
from harness import World
from issues import COMPLETE, complete
from structlog.testing import capture_logs

from bot import tables
from bot.errors import RfhError
from bot.model import IssueKey
from bot.sandbox.faults import Faults
from bot.sandbox.records import Issue

pytestmark = pytest.mark.looptime

SEED = "zanzibarius"  # in every text that people write below, nowhere else
KEY = IssueKey("sourcegraph", "customer", 1)


async def stored(w: World) -> str:
    """Everything in every table, as text; the cards' markers opened."""
    rows: list[str] = []
    for table in tables.metadata.sorted_tables:
        query = sa.select(table)
        rows += map(str, await w.db.run(lambda c, q=query: list(c.execute(q))))  # type: ignore[misc]
    return "\n".join(rows)


def file(w: World) -> Issue:
    body = complete(What=f"{SEED} zoekt is down", Zendesk=f"{SEED}", Sourcegraph=f"{SEED} latest")
    return w.file(f"{SEED}: zoekt-indexserver", f"{body}\n> {SEED} says we cannot work\n")


@pytest.mark.parametrize("fault", ["", "5xx:0.3,reset:0.1", "graphql-200:0.4", "secondary:0.2,timeout:0.1"])
async def test_no_log_line_and_no_row_holds_it(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """Also on bad days: answers of GitHub quote requests and bodies."""
    caplog.set_level(logging.WARNING)
    with capture_logs() as lines:
        async with World(faults=Faults.parse(fault, seed=3)) as w:
            issue = file(w)
            await w.settle(60)
            for command in (
                f"/route {SEED}",
                f"/customer {SEED}",
                f"/handoff {SEED}",
                f"/owner {SEED}",
                "/why",
            ):
                w.comment(issue, f"{SEED}\n\n{command}", by="erin")
                await w.settle(30)
            w.github.world.edit_issue(issue, "sam", body=f"{COMPLETE}\n{SEED}")
            await w.settle(900)
            rows = await stored(w)
    assert lines
    assert SEED not in str(lines)
    assert SEED not in caplog.text
    assert SEED not in rows


async def test_a_bug_that_quotes_text_is_told_by_type_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> None:
        raise ValueError(f"bad body: {SEED}")

    monkeypatch.setattr("bot.conclude.decide", broken)
    with capture_logs() as lines:
        async with World() as w:
            file(w)
            await w.settle(600)
            rows = await stored(w)
    failed = [line for line in lines if line["event"] == "failed"]
    assert failed
    assert {"ValueError"} == {line["error"] for line in failed}
    assert SEED not in str(lines)
    assert SEED not in rows


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
async def test_no_exception_of_ours_holds_it(status: int) -> None:
    """A refusal of GitHub may echo what was sent."""
    async with World(deliver=False) as w:
        await w.settle()
        file(w)
        w.failures += [("/graphql", status)] * 3
        with pytest.raises(RfhError) as raised:
            await w.bot.reconciler.reconcile(KEY)
        error: BaseException | None = raised.value
        while error is not None:
            assert SEED not in f"{error!s}{error!r}{vars(error)}"
            error = error.__cause__ or error.__context__


async def test_the_note_for_explain_holds_reasons_and_names_of_labels_only() -> None:
    async with World() as w:
        issue = file(w)
        await w.settle()
        await w.say(issue, f"/route {SEED}\n/customer {SEED}", by="erin")
        plan = await w.bot.store.last_plan(KEY)
        assert plan is not None
        assert "search-core" in plan.plan
        assert SEED not in plan.plan
