"""The Action's mode `policy` with a token: what the pull request's policy would route differently."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import Cli, Live, command_line, live_github
from issues import COMPLETE

from bot.cli.action_policy import UNSEEN

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
OTHER_ROUTES = "routing: {areas: {search-core: {team: delivery}}}\n"


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Live]:
    """A job of the tracker's policy workflow."""
    with live_github(monkeypatch) as live:
        for name in ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"):
            monkeypatch.delenv(name)
        issue = live.sandbox.world.file_issue(live.demo.customer, "sam", TITLE, COMPLETE, ["rfh"])
        assert 1 == issue.number
        monkeypatch.setenv("GITHUB_REPOSITORY", live.demo.customer.full_name)
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
        monkeypatch.setenv("RFH_BOT_MODE", "policy")
        monkeypatch.setenv("RFH_BOT_POLICY", "rfh-bot.yml")
        (tmp_path / "rfh-bot.yml").write_text(OTHER_ROUTES)
        yield live


@pytest.fixture
def cli(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, job: Live
) -> Iterator[Cli]:
    keep = {name: value for name, value in os.environ.items() if name == "RFH_BOT_POLICY"}
    with command_line(monkeypatch, capsys, tmp_path) as run:
        for name, value in keep.items():
            monkeypatch.setenv(name, value)
        yield run


def with_token(monkeypatch: pytest.MonkeyPatch, job: Live, **permissions: str) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", job.sandbox.workflow_token(job.demo.customer, permissions))


def test_the_effect_is_a_notice_and_a_table(
    cli: Cli, job: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_token(monkeypatch, job, contents="read", issues="read")
    ran = cli("action")
    assert 0 == ran.code
    assert "::notice::Of the last 1 issue, 1 would route differently" in ran.out.splitlines()
    summary = (tmp_path / "summary").read_text()
    assert "| #1 | `search-core` | `delivery` |" in summary
    assert TITLE not in ran.out + ran.err + summary


def test_a_token_that_cannot_see_is_said_and_fails_nothing(
    cli: Cli, job: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_token(monkeypatch, job, contents="read")
    ran = cli("action")
    assert (0, True) == (ran.code, f"::notice::{UNSEEN}" in ran.out)


def test_a_broken_file_is_not_held_against_anything(
    cli: Cli, job: Live, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_token(monkeypatch, job, contents="read", issues="read")
    (tmp_path / "rfh-bot.yml").write_text("teems: {}\n")
    ran = cli("action")
    assert (1, True, False) == (ran.code, "::error" in ran.out, "::notice" in ran.out)
