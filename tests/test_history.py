"""What people decided on past issues: read from the sandbox, told by `rfh-bot backtest --repo`."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from harness import World
from issues import COMPLETE
from test_cli_tools import TITLE, Cli, Live, cli, github  # noqa: F401  # fixtures

from bot.history import Past, read_history
from bot.rules.intake import IntakeRule

OWNER, OTHER = "team/search-core", "team/batch-changes"


async def history(w: World) -> dict[int, Past]:
    """The world's history, by number."""
    policy = w.bot.reconciler.rulebooks.default.policy
    rule = IntakeRule(policy)
    gh = await w.bot.clients.client(w.repo.owner, w.repo.name)
    pages = read_history(gh, w.repo.full_name, policy, lambda body: rule.parse(body).routing_text)
    return {one.number: one async for page, _ in pages for one in page}


def said(one: Past) -> tuple[str | None, str | None, bool, bool]:
    return one.owner, one.bot, one.overridden, one.unconfirmed


@pytest.mark.looptime
async def test_the_truth_is_a_persons_last_word() -> None:
    """Labels, taking a label off, and /route; silence is no truth; a person's own label is no override."""
    async with World() as w:
        world = w.github.world
        untouched = w.file(TITLE, COMPLETE)
        changed, added, routed, agreed, off = (w.file(TITLE, COMPLETE) for _ in range(5))
        theirs = w.file(TITLE, COMPLETE, labels=(OTHER,))
        await w.settle()
        world.remove_label(changed, OWNER, "erin")
        world.add_label(changed, OTHER, "erin")
        world.add_label(added, OTHER, "erin")
        world.remove_label(off, OWNER, "erin")
        await w.settle()
        w.comment(routed, "/route batch-changes", by="erin")
        w.comment(agreed, "/route search-core", by="erin")
        await w.settle()
        assert {OTHER} <= w.labels(routed)
        found = await history(w)
        assert {
            untouched.number: (None, "search-core", False, True),
            changed.number: ("batch-changes", "search-core", True, False),
            added.number: ("batch-changes", "search-core", True, False),
            routed.number: ("batch-changes", "search-core", True, False),
            agreed.number: ("search-core", "search-core", False, False),
            off.number: (None, "search-core", True, False),
            theirs.number: ("batch-changes", None, False, False),
        } == {number: said(one) for number, one in found.items()}


@pytest.mark.looptime
async def test_a_persons_later_word_counts_not_an_earlier_one() -> None:
    """A label after /route; a second label; the second one taken off again."""
    async with World() as w:
        world = w.github.world
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.say(issue, "/route batch-changes", by="erin")
        world.add_label(issue, "team/code-insights", "erin")
        await w.settle()
        assert ("code-insights", True) == (lambda one: (one.owner, one.overridden))((await history(w))[1])
        world.remove_label(issue, "team/code-insights", "erin")
        await w.settle()
        assert (await history(w))[issue.number].owner is None


@pytest.mark.looptime
async def test_the_text_is_the_one_the_router_reads() -> None:
    """Without the template's answers that name the team, the customer or links."""
    async with World() as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        found = (await history(w))[issue.number]
        rulebook = w.bot.reconciler.rulebooks.default
        assert (TITLE, rulebook.intake.parse(COMPLETE).routing_text) == (found.title, found.text)
        assert "zendesk" not in found.text.casefold()


# ── the command ─────────────────────────────────────────────────────────────────────────────


def overridden(github: Live) -> tuple[int, int]:  # noqa: F811
    """Two issues that the bot routed; a person changed the second."""
    world, bot = github.sandbox.world, github.sandbox.access.app.bot
    kept, changed = github.file(), github.file()
    for issue in (kept, changed):
        world.add_label(issue, OWNER, bot)
    world.remove_label(changed, OWNER, "erin")
    world.add_label(changed, OTHER, "erin")
    return kept.number, changed.number


def test_overrides_are_counted_and_listed_by_number(cli: Cli, github: Live) -> None:  # noqa: F811
    kept, changed = overridden(github)
    ran = cli("backtest", "--repo", "sourcegraph/customer", "--json")
    assert (0, "") == (ran.code, ran.err)
    answer = json.loads(ran.out)
    assert (2, 1) == (answer["routed_by_bot"], answer["unconfirmed"])
    assert [{"number": changed, "bot": "search-core", "person": "batch-changes"}] == answer["overrides"]
    assert (1, 1) == (answer["issues"], answer["skipped"])
    assert {"batch-changes": {"search-core": 1}} == answer["confusion"]
    assert kept != changed


def test_no_text_of_an_issue_is_shown(cli: Cli, github: Live) -> None:  # noqa: F811
    overridden(github)
    ran = cli("backtest", "--repo", "sourcegraph/customer")
    assert "Overrides" in ran.out
    assert "monorepo" not in ran.out + ran.err


def test_a_saved_history_is_for_its_reader_alone_and_can_be_read_again(
    cli: Cli,  # noqa: F811
    github: Live,  # noqa: F811
    tmp_path: Path,
) -> None:
    _, changed = overridden(github)
    file = tmp_path / "history.jsonl"
    assert 0 == cli("backtest", "--repo", "sourcegraph/customer", "--save", str(file)).code
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    (line,) = [json.loads(line) for line in file.read_text().splitlines()]
    assert (changed, TITLE, "batch-changes", True) == tuple(
        line[k] for k in ("id", "title", "team", "overridden")
    )
    again = json.loads(cli("backtest", str(file), "--json").out)
    assert {"batch-changes": {"search-core": 1}} == again["confusion"]


def test_since_leaves_out_what_nobody_touched_since(cli: Cli, github: Live) -> None:  # noqa: F811
    overridden(github)
    tomorrow = github.sandbox.world.now() + timedelta(days=2)
    ran = cli("backtest", "--repo", "sourcegraph/customer", "--since", f"{tomorrow:%Y-%m-%d}", "--json")
    assert (0, 0) == (json.loads(ran.out)["issues"], json.loads(ran.out)["routed_by_bot"])


def test_a_repository_that_is_not_there(cli: Cli, github: Live) -> None:  # noqa: F811
    """Said in one line, with exit code 2."""
    ran = cli("backtest", "--repo", "sourcegraph/nothing")
    assert 2 == ran.code
    assert 1 == len(ran.err.splitlines())


def test_one_source_is_asked_for(cli: Cli) -> None:  # noqa: F811
    for arguments in ((), ("--since", "2026-01-01"), ("--repo", "x")):
        assert 2 == cli("backtest", *arguments).code
