"""Open requests, and what the lists in Slack said, on every database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from databases import Machines

from bot.model import IssueKey
from bot.standing import Standing
from bot.store import Store
from bot.store_standing import Standings

REPOSITORY = "Sourcegraph/customer"
ISSUE = IssueKey("sourcegraph", "customer", 7)
AT = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
OPEN = Standing(str(ISSUE), "https://x.example/7", "delivery", "p2", "", "engineering", AT, AT, AT)


@pytest.fixture
def standings(machines: Machines) -> Standings:
    return Standings(machines.open())


async def test_where_an_issue_stands_is_kept_until_it_is_no_open_request(standings: Standings) -> None:
    """The newest counts; another repository's are not ours."""
    await standings.save(ISSUE, OPEN)
    await standings.save(ISSUE, replace(OPEN, team="search-core", due=None))
    await standings.save(IssueKey("sourcegraph", "other", 7), OPEN)
    assert (replace(OPEN, team="search-core", due=None),) == await standings.all(REPOSITORY)
    await standings.save(ISSUE, None)
    assert () == await standings.all(REPOSITORY)


async def test_an_issue_that_is_gone_is_forgotten(standings: Standings) -> None:
    await standings.save(ISSUE, OPEN)
    await Store(standings.db).forget_issue(ISSUE)
    assert () == await standings.all(REPOSITORY)


async def test_what_was_said_is_known_until_it_is_unsaid(standings: Standings) -> None:
    await standings.say(REPOSITORY, "digest:#search", "2026-11-17")
    await standings.say(REPOSITORY, "digest:#search", "2026-11-18")
    await standings.say(REPOSITORY, "cap:delivery", "11")
    await standings.unsay(REPOSITORY, "cap:delivery")
    assert {"digest:#search": "2026-11-18"} == await standings.said(REPOSITORY.lower())
