"""The commands over HTTP: `rfh-bot action` as action.yml starts it, and `rfh-bot sweep`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from issues import COMPLETE

from bot.cli.sweep import sweep
from bot.db import open_database
from bot.events import POLICY_PATH
from bot.policy.load import load_default
from bot.queue import Queue
from bot.sandbox.records import Issue
from bot.sandbox.seed import Demo, demo_world
from bot.sandbox.server import Sandbox

ROOT = Path(__file__).parent.parent
TITLE = "zoekt-indexserver runs out of memory on a monorepo"


@pytest.fixture
async def github() -> AsyncIterator[tuple[Sandbox, Demo, Issue]]:
    """A tracker over HTTP, with one issue."""
    async with Sandbox() as sandbox:
        demo = demo_world(sandbox, load_default())
        sandbox.world.put_file(demo.customer, POLICY_PATH, "writer: action\n", "max")
        yield sandbox, demo, sandbox.world.file_issue(demo.customer, "sam", TITLE, COMPLETE)


async def sweep_command(*arguments: str, **env: str) -> tuple[int, str]:
    """Exit code and output of `rfh-bot sweep`, in a thread: the sandbox is on this one's loop."""
    result = await asyncio.to_thread(CliRunner().invoke, sweep, arguments, env=env)
    return result.exit_code, result.stdout


async def run(folder: Path, *command: str, **env: str) -> tuple[int, str]:
    """Exit code and output of the program, started in a folder with a module that has our name."""
    (folder / "bot.py").write_text("raise SystemExit('the checkout was imported')", "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "bot", *command),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **env},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_a_job_from_start_to_end(github: tuple[Sandbox, Demo, Issue], tmp_path: Path) -> None:
    """As the runner starts it: event, files and token by environment; then outputs and summary are there."""
    sandbox, demo, issue = github
    payload = {
        "action": "opened",
        "repository": {"full_name": demo.customer.full_name},
        "sender": {"id": 1},
        "issue": {"number": issue.number, "updated_at": issue.updated_at.isoformat()},
    }
    event, output, summary = (tmp_path / name for name in ("event.json", "output", "summary"))
    event.write_text(json.dumps(payload), "utf-8")
    code, said = await run(
        tmp_path,
        "action",
        RFH_BOT_MODE="event",
        GITHUB_EVENT_NAME="issues",
        GITHUB_EVENT_PATH=str(event),
        GITHUB_REPOSITORY=demo.customer.full_name,
        GITHUB_TOKEN=sandbox.workflow_token(demo.customer, {"issues": "write", "contents": "read"}),
        GITHUB_API_URL=sandbox.api_url,
        GITHUB_GRAPHQL_URL=sandbox.graphql_url,
        GITHUB_OUTPUT=str(output),
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert (0, "") == (code, said)
    assert {"rfh", "team/search-core", "customer/northmere", "cs/p2"} == set(sandbox.world.labels(issue))
    assert "\nsearch-core\n" in output.read_text("utf-8")
    assert "Looked at 1 issues, wrote to 1, 0 not reached, 0 problems." in summary.read_text("utf-8")


async def test_a_report_of_figures_is_the_job_s_summary(
    github: tuple[Sandbox, Demo, Issue], tmp_path: Path
) -> None:
    """Nothing but the token is there: no database, no event."""
    sandbox, demo, issue = github
    sandbox.world.add_label(issue, "rfh", "sam")
    sandbox.world.add_label(issue, "team/search-core", "sam")
    summary = tmp_path / "summary"
    code, said = await run(
        tmp_path,
        "action",
        RFH_BOT_MODE="report",
        GITHUB_EVENT_NAME="schedule",
        GITHUB_REPOSITORY=demo.customer.full_name,
        GITHUB_TOKEN=sandbox.workflow_token(demo.customer, {"issues": "read", "contents": "read"}),
        GITHUB_API_URL=sandbox.api_url,
        GITHUB_GRAPHQL_URL=sandbox.graphql_url,
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert (0, "") == (code, said)
    text = summary.read_text("utf-8")
    assert text.startswith("# Support and engineering, ")
    assert "| Search Core | 1 |" in text
    assert TITLE not in text


async def test_a_sweep_from_a_terminal(github: tuple[Sandbox, Demo, Issue], tmp_path: Path) -> None:
    """First what it would do, then it does it, then there is nothing left."""
    sandbox, demo, issue = github
    sandbox.world.delete_file(demo.customer, POLICY_PATH, "max")
    settings = {
        "GITHUB_APP_ID": str(sandbox.app_id),
        "GITHUB_PRIVATE_KEY": sandbox.private_key_pem,
        "GITHUB_WEBHOOK_SECRET": "s" * 20,
        "GITHUB_API_URL": sandbox.api_url,
        "GITHUB_GRAPHQL_URL": sandbox.graphql_url,
        "RFH_BOT_DATABASE_URL": f"sqlite:///{tmp_path}/bot.sqlite3",
        "GITHUB_TOKEN": "",
    }
    code, said = await sweep_command("--dry-run", **settings)
    assert (0, True) == (code, "#1      would: AddLabels rfh" in said), said
    assert [] == sandbox.world.labels(issue)
    code, said = await sweep_command(demo.customer.full_name, "--json", **settings)
    told = json.loads(said.splitlines()[-1])
    assert (0, 1, 1, 0) == (code, told["looked_at"], told["written"], told["not_reached"])
    assert "team/search-core" in sandbox.world.labels(issue)
    code, said = await sweep_command("--hours", "1", **settings)
    assert (0, True) == (code, "looked at 1, wrote to 0, 0 not reached, 0 problems" in said), said


async def test_beside_a_server_a_sweep_fills_its_queue(
    github: tuple[Sandbox, Demo, Issue], tmp_path: Path
) -> None:
    """One writer: the process that holds the database does the work."""
    sandbox, demo, issue = github
    url = f"sqlite:///{tmp_path}/bot.sqlite3"
    server = open_database(url)
    try:
        code, said = await sweep_command(
            demo.customer.full_name,
            RFH_BOT_DATABASE_URL=url,
            GITHUB_APP_ID="",
            GITHUB_TOKEN=sandbox.token_for("max"),
            GITHUB_API_URL=sandbox.api_url,
            GITHUB_GRAPHQL_URL=sandbox.graphql_url,
        )
        assert (0, True) == (code, "#1      queued" in said), said
        assert [] == sandbox.world.labels(issue)
        assert (await Queue(server).stats()).due == 1
    finally:
        await server.close()
