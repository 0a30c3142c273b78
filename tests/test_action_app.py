"""What a workflow's own token leaves off, as the card says, and an App's credentials turn on."""

from __future__ import annotations

import pytest
from actions import ACTION_IS_WRITER, Actions, action_bot, app_bot, comments_by
from issues import COMPLETE
from publish_support import Publication
from test_action import TITLE, Repository

from bot.cli.action_report import summary_lines, tell
from bot.memory import is_card, visible
from bot.sandbox.records import Issue

pytestmark = pytest.mark.looptime

TEAM = "sourcegraph/search"
TEAMED = f"{ACTION_IS_WRITER}teams: {{search-core: {{github_team: {TEAM}}}}}\nsupport: {{members: [sam]}}\n"
ANSWER = "The shard limit is too low: set `-max_shards` to 20."
LEAK = "We see this at Quandel too."
OFF = "Off here, as they take the App's credentials: `/publish`, the public watch, members of GitHub teams."


def world() -> Repository:
    """A tracker with a team on GitHub in which erin is."""
    w = Repository()
    w.github.world.put_file(w.repo, ".github/rfh-bot.yml", "", "max")
    w.github.world.set_team(TEAM, "erin")
    return w


def card(w: Repository, issue: Issue, bot: int) -> str:
    (found,) = [c.body for c in comments_by(w, issue, bot) if is_card(c.body)]
    return visible(found)


def turn(text: str) -> str:
    (row,) = [line for line in text.splitlines() if line.startswith("| **Turn** |")]
    return row


def told_in_private(w: Repository) -> list[Issue]:
    bots = {action_bot(), app_bot(w)}
    return [one for one in w.github.world.state.issues_of(w.repo) if one.author_id in bots]


async def test_with_the_job_s_token_publishing_watch_and_teams_are_off_and_the_card_says_so() -> None:
    async with world() as w:
        jobs = Actions(w, policy=TEAMED)
        issue = w.file(TITLE, COMPLETE)
        w.github.world.file_issue(w.demo.public, "olu", "Search fails", LEAK)
        await jobs.on_issue(issue)
        assert OFF in card(w, issue, action_bot())
        said = card(w, issue, action_bot())
        assert "Nobody is known to be in Search Core" in said
        assert f"`{TEAM}` shows the bot nobody; the policy's `members` would tell." in said
        w.comment(issue, ANSWER, by="erin")
        ask = w.comment(issue, "/publish", by="erin")
        await jobs.on_comment(issue, ask)
        assert turn(card(w, issue, action_bot())).startswith("| **Turn** | Search Core")
        assert ["CONFUSED"] == [content for _, content in w.github.world.reactions(ask)]
        assert "Publishing needs the GitHub App's credentials" in "".join(c.body for c in w.comments(issue))
        report = await jobs.job("sweep")
        assert [] == told_in_private(w)
        assert None is report.watched
        w.github.calls.clear()
        await jobs.job("sweep")
        assert [] == w.github.calls.writes


async def test_only_what_the_policy_wants_is_said_to_be_off() -> None:
    async with world() as w:
        jobs = Actions(w, policy=f"{ACTION_IS_WRITER}publish: {{enabled: false}}\n")
        issue = w.file(TITLE, COMPLETE)
        await jobs.on_issue(issue)
        assert "credentials: the public watch." in card(w, issue, action_bot())
        jobs.set_policy(f"{ACTION_IS_WRITER}tracker: {{public: null}}\n")
        await jobs.job("sweep")
        assert "credentials" not in card(w, issue, action_bot())


async def test_with_an_app_s_credentials_they_are_on() -> None:
    async with world() as w:
        jobs = Actions(w, policy=TEAMED, app=True)
        issue = w.file(TITLE, COMPLETE)
        leak = w.github.world.file_issue(w.demo.public, "olu", "Search fails", LEAK)
        await jobs.on_issue(issue)
        assert "credentials" not in card(w, issue, app_bot(w))
        w.comment(issue, ANSWER, by="erin")
        ask = w.comment(issue, "/publish", by="erin")
        await jobs.on_comment(issue, ask)
        assert turn(card(w, issue, app_bot(w))).startswith("| **Turn** | sam")
        assert ["THUMBS_UP"] == [content for _, content in w.github.world.reactions(ask)]
        assert 1 == len(Publication(w, issue).drafts)
        report = await jobs.job("sweep")
        (told,) = told_in_private(w)
        assert f"/{w.demo.public.full_name}/issues/{leak.number}" in told.body
        assert "Quandel" not in told.title + told.body
        assert "In public: looked at 1 issues, 0 not reached." in summary_lines(report, "")
        assert 0 == tell(report, {})
        w.github.calls.clear()
        await jobs.job("sweep")
        assert [] == w.github.calls.writes


async def test_an_app_that_may_not_read_the_public_tracker_says_so_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with world() as w:
        w.demo.installation.repo_ids = frozenset({w.repo.id})
        issue = w.file(TITLE, COMPLETE)
        report = await Actions(w, app=True).job("sweep")
        assert "rfh" in w.labels(issue)
        assert 0 == tell(report, {})
        assert "::warning::sourcegraph/sourcegraph: the App may not read it" in capsys.readouterr().out


async def test_a_dry_run_of_the_watch_writes_nothing() -> None:
    async with world() as w:
        w.github.world.file_issue(w.demo.public, "olu", "Search fails", LEAK)
        jobs = Actions(w, app=True)
        w.github.calls.clear()
        report = await jobs.job("sweep", RFH_BOT_DRY_RUN="true")
        assert report.watched is not None
        assert 1 == report.watched.looked_at
        assert [] == w.github.calls.writes
