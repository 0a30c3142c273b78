"""The command line as people and scripts use it, against a sandbox over HTTP: exit codes and output."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog
from issues import COMPLETE

from bot.__main__ import COMMANDS, FOR_MACHINES, main
from bot.db import open_database
from bot.policy.load import load_default
from bot.sandbox.records import Issue
from bot.sandbox.seed import Demo, demo_world
from bot.sandbox.server import Sandbox
from bot.store import Store

TITLE = "zoekt-indexserver runs out of memory on a monorepo"


@dataclass
class Ran:
    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    """Runs `rfh-bot ARGS` in this process, in an empty folder, with a clean environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_TOKEN", "GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RFH_BOT_DATABASE_URL", f"sqlite:///{tmp_path}/bot.sqlite3")

    def run(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["rfh-bot", *args])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        code = end.value.code
        return Ran(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)

    handlers = list(logging.root.handlers)
    yield run
    structlog.reset_defaults()  # a command sets up the logs of its process
    logging.root.handlers[:] = handlers


@dataclass
class Live:
    sandbox: Sandbox
    demo: Demo

    def file(self, body: str = COMPLETE) -> Issue:
        return self.sandbox.world.file_issue(self.demo.customer, "sam", TITLE, body)

    def labels(self, issue: Issue) -> set[str]:
        return set(self.sandbox.world.labels(issue))


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A sandbox over HTTP in a thread of its own, and the settings that lead to it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Live:
        sandbox = Sandbox()
        demo = demo_world(sandbox, load_default())
        await sandbox.__aenter__()
        return Live(sandbox, demo)

    live = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    monkeypatch.setenv("GITHUB_API_URL", live.sandbox.api_url)
    monkeypatch.setenv("GITHUB_APP_ID", str(live.sandbox.app_id))
    monkeypatch.setenv("GITHUB_PRIVATE_KEY", live.sandbox.private_key_pem)
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", live.sandbox.secret)
    yield live
    asyncio.run_coroutine_threadsafe(live.sandbox.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


# ── help and wrong use ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(cli: Cli, name: str) -> None:
    ran = cli(name, "--help")
    assert 0 == ran.code
    assert f"Usage: rfh-bot {name}" in ran.out
    for_machines = name in FOR_MACHINES
    assert for_machines or re.search(rf"Examples?:.*rfh-bot {name}|Commands:", ran.out, re.DOTALL), ran.out


def test_help_names_what_there_is_and_where_to_start(cli: Cli) -> None:
    ran = cli("--help")
    assert 0 == ran.code
    assert "rfh-bot demo" in ran.out
    assert all(
        f"  {name} " in ran.out for name in ("serve", "reconcile", "explain", "pause", "check", "route")
    )
    assert ran.out == cli("-h").out


def test_the_version_is_printed(cli: Cli) -> None:
    assert re.fullmatch(r"rfh-bot, version \d+\.\d+\.\d+\n", cli("--version").out)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(("nonsense",), "No such command", id="no such command"),
        pytest.param(("reconcile",), "Missing argument", id="no issue"),
        pytest.param(("reconcile", "customer#7"), "not an issue", id="no owner"),
        pytest.param(("explain", "a/b#0"), "not an issue", id="number zero"),
        pytest.param(("reconcile", "a/b#1", "--dryrun"), "No such option", id="unknown option"),
        pytest.param(("replay", "missing.json", "--event", "issues"), "does not exist", id="no such file"),
        pytest.param(("pause", "customer"), "write owner/repo", id="pause without owner"),
        pytest.param(("pause",), "no database at", id="pause where no server ever ran"),
        pytest.param(("explain", "a/b#1"), "no database at", id="explain where no server ever ran"),
        pytest.param(("reconcile", "a/b#1"), "Set GITHUB_TOKEN, or", id="reconcile without credentials"),
        pytest.param(("labels", "sync", "a/b"), "Set GITHUB_TOKEN, or", id="labels without credentials"),
    ],
)
def test_wrong_use_exits_2_and_says_why_on_stderr(cli: Cli, args: tuple[str, ...], said: str) -> None:
    ran = cli(*args)
    assert 2 == ran.code
    assert said in ran.err
    assert "" == ran.out
    assert "Traceback" not in ran.err


# ── pause, resume, explain ──────────────────────────────────────────────────────────────────


@pytest.fixture
def known(tmp_path: Path) -> None:
    """The database of a server that has run."""

    async def make() -> None:
        db = open_database(f"sqlite:///{tmp_path}/bot.sqlite3")
        await Store(db).pauses()
        await db.close()

    asyncio.run(make())


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("scope", [(), ("sourcegraph/customer",)], ids=["everything", "one repository"])
def test_a_pause_and_its_end(cli: Cli, scope: tuple[str, ...]) -> None:
    name = scope[0] if scope else "everything"
    assert f"paused: {name}." in cli("pause", *scope, "--reason", "clean-up").out
    ran = cli("resume", *scope)
    assert (0, f"resumed: {name}\n") == (ran.code, ran.out)
    assert 2 == cli("resume", *scope).code


@pytest.mark.usefixtures("known")
def test_explain_of_an_issue_never_seen_exits_1(cli: Cli) -> None:
    ran = cli("explain", "sourcegraph/customer#7")
    assert 1 == ran.code
    assert "never seen here" in ran.out


def test_explain_says_memory_ledger_plan_and_pause(cli: Cli, github: Live) -> None:
    issue = github.file()
    github.sandbox.world.comment(issue, "erin", "/route delivery\n/why")
    assert 0 == cli("reconcile", "sourcegraph/customer#1").code
    assert 0 == cli("reconcile", "sourcegraph/customer#1").code
    cli("pause", "--reason", "clean-up")
    text = cli("explain", "sourcegraph/customer#1").out
    assert "delivery by erin" in text
    assert "clean-up" in text
    assert "reply:" in text
    found = json.loads(cli("explain", "sourcegraph/customer#1", "--json").out)
    assert {"paused", "last run", "memory", "ledger"} <= set(found)
    assert "zoekt" not in text + json.dumps(found)


def test_looking_makes_no_database(cli: Cli, tmp_path: Path) -> None:
    """A typo in RFH_BOT_DATABASE_URL or the wrong folder is said, not answered with an empty new file."""
    cli("explain", "sourcegraph/customer#7")
    assert [] == list(tmp_path.glob("*.sqlite3"))


# ── reconcile ───────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_prints_the_plan_and_writes_nothing(cli: Cli, github: Live) -> None:
    issue = github.file()
    ran = cli("reconcile", "sourcegraph/customer#1", "--dry-run")
    assert 0 == ran.code
    assert "AddLabels rfh" in ran.out
    assert "│ ### ✅ Handed to Search Core" in ran.out
    assert "<!-- rfh-bot" not in ran.out
    assert set() == github.labels(issue)


def test_a_run_writes_and_a_second_one_finds_nothing_to_do(cli: Cli, github: Live) -> None:
    issue = github.file()
    assert "sourcegraph/customer#1: wrote" in cli("reconcile", "sourcegraph/customer#1").out
    assert "team/search-core" in github.labels(issue)
    assert "nothing to do" in cli("reconcile", "sourcegraph/customer#1").out


def test_json_is_json_and_holds_no_text_of_the_issue(cli: Cli, github: Live) -> None:
    github.file()
    found = json.loads(cli("reconcile", "sourcegraph/customer#1", "--dry-run", "--json").out)
    assert "search-core" == found["facts"]["team"]
    assert ["CreateComment card"] == [a for a in found["actions"] if a.startswith("CreateComment")]
    assert "indexserver" not in json.dumps(found)
    ran = cli("reconcile", "sourcegraph/customer#1", "--json")
    assert "wrote" == json.loads(ran.out)["result"]
    assert "" == ran.err


def test_a_plain_token_is_enough(cli: Cli, github: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    github.file()
    monkeypatch.delenv("GITHUB_APP_ID")
    monkeypatch.setenv("GITHUB_TOKEN", github.sandbox.token_for("max"))
    assert "AddLabels" in cli("reconcile", "sourcegraph/customer#1", "--dry-run").out


ISSUE = "sourcegraph/customer#1"
WRONG: list[tuple[str, dict[str, str], str, int, str]] = [
    ("no such issue", {}, "sourcegraph/customer#99", 2, "no such issue"),
    ("not installed", {}, "elsewhere/repo#1", 1, "not installed"),
    ("no key", {"GITHUB_PRIVATE_KEY": "x"}, ISSUE, 2, "PEM"),
    ("unreachable", {"GITHUB_API_URL": "http://127.0.0.1:9"}, ISSUE, 1, "GitHub:"),
    ("no policy", {"RFH_BOT_POLICY": "none.yml"}, ISSUE, 2, "none.yml"),
    ("unknown database", {"RFH_BOT_DATABASE_URL": "mysql://x"}, ISSUE, 2, "mysql"),
    ("no database URL", {"RFH_BOT_DATABASE_URL": "x"}, ISSUE, 2, "not a database URL"),
    ("unwritable", {"RFH_BOT_DATABASE_URL": "sqlite:////dev/null/x.db"}, ISSUE, 2, "/dev/null"),
]


@pytest.mark.parametrize(
    ("environment", "issue", "code", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG]
)
def test_what_goes_wrong_is_said_in_one_line(
    cli: Cli,
    github: Live,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    issue: str,
    code: int,
    said: str,
) -> None:
    github.file()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = cli("reconcile", issue)
    assert (code, True) == (ran.code, said in ran.err), ran
    assert "Traceback" not in ran.err


# ── replay ──────────────────────────────────────────────────────────────────────────────────


def test_replay_without_a_secret_or_a_server(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "saved.json").write_text("{}")
    ran = cli("replay", "saved.json", "--event", "ping")
    assert (2, True) == (ran.code, "GITHUB_WEBHOOK_SECRET is not set" in ran.err)
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET_FILE", str(tmp_path / "missing"))
    ran = cli("replay", "saved.json", "--event", "ping")
    assert (2, True) == (ran.code, "GITHUB_WEBHOOK_SECRET_FILE" in ran.err)
    monkeypatch.delenv("GITHUB_WEBHOOK_SECRET_FILE")
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "hush")
    ran = cli("replay", "saved.json", "--event", "ping", "--url", "http://127.0.0.1:9/webhook")
    assert (2, True) == (ran.code, "is `rfh-bot serve` running?" in ran.err)
