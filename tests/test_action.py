"""The Action end to end: jobs on a workflow's token against the sandbox, looked at in the world."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from actions import SHARES, Actions, action_bot, app_bot, comments_by, copies
from click.testing import CliRunner
from harness import World
from issues import COMPLETE, complete

from bot.cli import workflow
from bot.cli.action import action, read_inputs
from bot.cli.action_report import Report, outputs, summary_lines, tell
from bot.errors import UserError
from bot.memory import is_card, visible
from bot.sandbox.faults import Faults

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
JOB = {"GITHUB_REPOSITORY": "sourcegraph/customer", "GITHUB_TOKEN": "ghs_x"}


def texts(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.iterdir())


class Repository(World):
    """A tracker without the App: only workflows write."""

    async def start(self) -> None:
        self.worker = None

    async def stop(self) -> None:
        pass


# ── what it is told ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        pytest.param({"RFH_BOT_MODE": "close"}, "mode is 'close': this version knows", id="unknown-mode"),
        pytest.param({"GITHUB_REPOSITORY": ""}, "runs inside a GitHub Actions job", id="outside"),
        pytest.param({"GITHUB_TOKEN": ""}, "there is no token", id="no-token"),
        pytest.param({"GITHUB_APP_ID": "1"}, "app-id and private-key belong together", id="half-an-app"),
        pytest.param({"GITHUB_PRIVATE_KEY": "x"}, "app-id and private-key belong together", id="other-half"),
        pytest.param({"RFH_BOT_DRY_RUN": "yes"}, "dry-run must be true or false", id="dry-run"),
        pytest.param({"RFH_BOT_MEMORY_KEY": "short"}, "shorter than 32 characters", id="weak-key"),
        pytest.param({"GITHUB_EVENT_PATH": "/nowhere"}, "cannot read the event", id="no-event-file"),
    ],
)
def test_what_cannot_work_is_said(env: dict[str, str], problem: str) -> None:
    with pytest.raises(UserError, match=re.escape(problem)):
        read_inputs(JOB | env)


def test_without_an_event_there_is_no_issue_of_its_own() -> None:
    """A schedule has none, and a comment on a pull request is nobody's issue."""
    assert read_inputs(JOB | {"GITHUB_EVENT_NAME": "schedule"}).named.issue is None


def test_no_secret_is_shown() -> None:
    env = JOB | {"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": "s3cret-key", "RFH_BOT_MEMORY_KEY": "m" * 32}
    shown = repr(read_inputs(env))
    assert [] == [secret for secret in ("ghs_x", "s3cret-key", "m" * 32) if secret in shown]


# ── what it does ────────────────────────────────────────────────────────────────────────────


async def test_an_issue_is_handled_as_github_actions() -> None:
    """Labels and card come from one job, and the next job writes nothing."""
    async with Repository() as w:
        jobs = Actions(w)
        issue = w.file(TITLE, COMPLETE)
        report = await jobs.on_issue(issue)
        assert {"rfh", "team/search-core", "customer/northmere", "cs/p2"} == w.labels(issue)
        (card,) = comments_by(w, issue, action_bot())
        assert visible(card.body).startswith("### ✅ Handed to Search Core")
        told = outputs(report)
        assert ("search-core", []) == (told["team"], json.loads(told["missing"]))
        w.github.calls.clear()
        assert 0 == (await jobs.on_issue(issue)).summary.written  # type: ignore[union-attr]
        assert [] == w.github.calls.writes


async def test_runs_that_were_dropped_lose_nothing() -> None:
    """The group keeps one waiting run: of four events three get no job of their own, and all are answered."""
    async with Repository() as w:
        jobs = Actions(w)
        first, second = w.file(TITLE, COMPLETE), w.file("Odd", complete(Zendesk="_No response_"))
        comment = w.comment(first, "/route delivery", by="erin")
        last = w.file("Lunch?", "Who is in on Friday?")
        report = await jobs.on_issue(last)
        assert ["THUMBS_UP"] == [content for _, content in w.github.world.reactions(comment)]
        assert "team/delivery" in w.labels(first)
        assert "needs-info" in w.labels(second)
        assert [] == w.comments(last)
        assert [3, 1, 2] == [run.key.number for run in report.summary.runs]  # type: ignore[union-attr]


async def test_a_dry_run_writes_nothing_and_tells_all() -> None:
    async with Repository() as w:
        jobs = Actions(w)
        issue = w.file(TITLE, COMPLETE)
        w.github.calls.clear()
        report = await jobs.on_issue(issue, RFH_BOT_DRY_RUN="true")
        assert [] == w.github.calls.writes
        (plan,) = json.loads(outputs(report)["plan"])
        assert ["AddLabels rfh, customer/…, cs/p2, team/search-core", "CreateComment card"] == plan["actions"]


async def test_a_report_is_the_figures_without_private_words_and_writes_nothing() -> None:
    """In the job's summary: goals, weeks, teams; no title and no customer. Whoever the writer is."""
    async with Repository() as w:
        w.file(TITLE, COMPLETE, labels=("rfh", "team/search-core", "customer/northmere"))
        w.github.calls.clear()
        jobs = Actions(w, policy="writer: app\n")
        report = await jobs.job("report")
        assert [] == w.github.calls.writes
        text = "\n".join(summary_lines(report, "https://github.com"))
        assert text.startswith("# Support and engineering, ")
        assert "| Search Core | 1 |" in text
        assert "not known: it takes" in text
        assert TITLE not in text
        assert "northmere" not in text
        assert 0 == tell(report, {})
        assert 4 >= len(w.github.calls.reads), [
            call.operation or call.template for call in w.github.calls.reads
        ]


async def test_a_report_keeps_to_its_share_of_the_hour_and_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Repository() as w:
        issue = w.file("Slow", "Search is slow.", labels=("rfh", "team/search-core"))
        copies(w, issue, 120)
        jobs = Actions(w)
        w.github.calls.clear()
        assert "| Search Core | 121 |" in (await jobs.job("report")).figures
        pages = [call for call in w.github.calls.reads if call.operation == "SweepIssues"]
        assert (3, True) == (len(pages), len(w.github.calls.reads) <= 6)
        monkeypatch.setitem(SHARES, "report", 0.0)
        report = await jobs.job("report")
        assert "| Search Core | 50 |" in report.figures
        assert report.figures.endswith(
            "Only part of the history was read: the job's share of GitHub's limit is used up.\n"
        )


async def test_a_report_that_cannot_be_made_says_why() -> None:
    async with Repository() as w:
        jobs = Actions(w)
        w.github.faults.odds.update(Faults.parse("5xx:1").odds)
        report = await jobs.job("report")
        assert report.summary is not None
        assert 1 == len(report.summary.all_problems)
        assert 0 == tell(report, {})  # it may pass by itself


async def test_where_the_app_writes_the_action_steps_back() -> None:
    """Not an error: both may be set up while one takes over from the other."""
    async with Repository() as w:
        jobs = Actions(w, policy="writer: app\n")
        issue = w.file(TITLE, COMPLETE)
        w.github.calls.clear()
        report = await jobs.on_issue(issue)
        assert [] == w.github.calls.writes
        assert "writer: app" in report.notice
        assert 0 == tell(report, {})


async def test_a_broken_policy_stops_it_and_is_shown_at_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A job has no last good policy, and the shipped one names other teams."""
    async with Repository() as w:
        jobs = Actions(w, policy="writer: action\nlabels:\n  rhf: x\n")
        issue = w.file(TITLE, COMPLETE)
        report = await jobs.on_issue(issue)
        assert set() == w.labels(issue)
        assert 1 == tell(report, {})
        assert "::error file=.github/rfh-bot.yml,line=3,col=3::" in capsys.readouterr().out


async def test_a_missing_permission_is_an_error_and_what_may_pass_is_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with Repository() as w:
        jobs = Actions(w)
        issue = w.file(TITLE, COMPLETE)
        w.failures += [("/graphql", 502)]
        assert 0 == tell(await jobs.on_issue(issue), {})
        assert (
            "::warning::sourcegraph/customer%231: GraphQL LoadIssue: HTTP 502"
            in capsys.readouterr().out.replace("#", "%23")
        )
        w.failures += [("/graphql", 403)]
        w.file(TITLE, COMPLETE)
        assert 1 == tell(await jobs.on_issue(issue), {})
        assert "::error::" in capsys.readouterr().out


async def test_nothing_of_an_issue_or_a_customer_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outputs, summary and log name numbers, ids and kinds of writes."""
    async with Repository() as w:
        jobs = Actions(w)
        body = complete(Zendesk="_No response_", What="Please help Zanzibarius with zoekt.")
        issue = w.file("Zanzibarius is slow | `x` ::error::", body)
        comment = w.comment(issue, "/customer Zanzibarius --new", by="erin")
        report = await jobs.on_comment(issue, comment)
        files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        assert 0 == tell(report, files)
        told = capsys.readouterr().out + texts(tmp_path)
        assert [] == [word for word in ("anzibar", "northmere", "zoekt") if word in told]
        assert "| [#1](https://github.com/sourcegraph/customer/issues/1) | wrote |" in told
        assert "zendesk" in told


async def test_with_an_app_s_credentials_it_writes_as_the_app() -> None:
    """One inbox, another identity; the job's own token is not used then."""
    async with Repository() as w:
        issue = w.file(TITLE, COMPLETE)
        await Actions(w, app=True).job("sweep")
        assert [app_bot(w)] == [c.author_id for c in w.comments(issue) if is_card(c.body)]


# ── how it tells ────────────────────────────────────────────────────────────────────────────


def test_an_output_can_hold_what_it_likes(tmp_path: Path) -> None:
    """The fence is another one each time, so that no value can end itself and begin another output."""
    path = tmp_path / "output"
    workflow.set_output(path, "plan", "a\nEOF\nteam=evil")
    workflow.set_output(path, "team", "x")
    found = re.findall(r"(\w+)<<(\S+)\n(.*?)\n\2\n", path.read_text("utf-8"), re.DOTALL)
    assert [("plan", "a\nEOF\nteam=evil"), ("team", "x")] == [(name, value) for name, _, value in found]
    assert 2 == len({fence for _, fence, _ in found})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(
            workflow.annotation("notice", "a\n::error::b"), "::notice::a%0A::error::b", id="message"
        ),
        pytest.param(
            workflow.annotation("error", "50%", file="a,b:c", line=3),
            "::error file=a%2Cb%3Ac,line=3::50%25",
            id="properties",
        ),
    ],
)
def test_an_annotation_is_one_command(line: str, expected: str) -> None:
    assert expected == line


def test_a_cell_is_one_cell() -> None:
    assert "a \\| b c" == workflow.cell("a | b\nc")


def test_the_summary_of_nothing_says_why() -> None:
    assert "left to the App" in "\n".join(summary_lines(Report(notice="left to the App"), ""))


def test_mode_policy_checks_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a pull request: annotations at the line, and a failed job."""
    path = tmp_path / "rfh-bot.yml"
    monkeypatch.setenv("RFH_BOT_MODE", "policy")
    monkeypatch.setenv("RFH_BOT_POLICY", str(path))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    path.write_text("writer: action\n", "utf-8")
    assert 0 == CliRunner().invoke(action).exit_code
    path.write_text("writer: nobody\n", "utf-8")
    result = CliRunner().invoke(action)
    assert (1, True) == (result.exit_code, ",line=1,col=9::" in result.output)
    monkeypatch.delenv("RFH_BOT_POLICY")
    assert isinstance(CliRunner().invoke(action).exception, UserError)
