"""`rfh-bot serve` as a process: it starts, works, takes a replayed delivery, and ends on SIGTERM with 0."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from issues import COMPLETE
from test_cli_tools import TITLE, Cli, Live, cli, github

__all__ = ["cli", "github"]  # fixtures

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(what: object, seconds: float = 20.0) -> None:
    """Until `what()` holds; fails after some seconds."""
    assert callable(what)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def served(github: Live, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The process, its address, and that of its figures."""
    port = free_port()
    figures = free_port()
    environment = {**os.environ, "PORT": str(port), "METRICS_PORT": str(figures), "PYTHONPATH": str(ROOT)}
    environment["RFH_BOT_DATABASE_URL"] = f"sqlite:///{tmp_path}/bot.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/healthz"))
        yield process, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{figures}"
    finally:
        process.kill()
        process.communicate()


def test_a_servers_life(
    cli: Cli,
    github: Live,
    served: tuple[subprocess.Popen[str], str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process, url, figures = served
    with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
        assert json.load(answer)["ready"] is True

    # No webhook is set up: a saved payload names the issue.
    issue = github.sandbox.world.file_issue(github.demo.customer, "sam", TITLE, COMPLETE)
    (tmp_path / "saved.json").write_bytes(github.sandbox.hooks.deliveries[-1].body)
    ran = cli("replay", "saved.json", "--event", "issues", "--url", f"{url}/webhook")
    assert (0, "202 named\n") == (ran.code, ran.out)
    wait_for(lambda: "team/search-core" in github.labels(issue))

    # The figures know of it, on a listener of their own alone.
    with urllib.request.urlopen(f"{figures}/metrics", timeout=5) as answer:
        shown = answer.read().decode()
    assert 'rfh_bot_deliveries_total{event="issues",outcome="named"} 1.0' in shown
    assert 'rfh_bot_actions_total{type="CreateComment"} 1.0' in shown
    assert not answers(f"{url}/metrics")
    assert not answers(f"{figures}/readyz")

    # Tools beside the running server: its database, its queue, its pause.
    monkeypatch.setenv("RFH_BOT_DATABASE_URL", f"sqlite:///{tmp_path}/bot.sqlite3")
    assert "search-core" in cli("explain", "sourcegraph/customer#1").out
    assert "queued" in cli("reconcile", "sourcegraph/customer#1").out
    assert 0 == cli("reconcile", "sourcegraph/customer#1", "--dry-run").code
    assert 0 == cli("pause").code
    with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
        assert ["*"] == json.load(answer)["paused"]
    assert 0 == cli("resume").code

    # A second server on the same file is refused; a delivery with a wrong secret too.
    monkeypatch.setenv("GITHUB_WEBHOOK_SECRET", "wrong")
    ran = cli("replay", "saved.json", "--event", "issues", "--url", f"{url}/webhook")
    assert (1, "401 bad signature\n") == (ran.code, ran.out)
    monkeypatch.setenv("PORT", str(free_port()))
    ran = cli("serve")
    assert (2, True) == (ran.code, "in use by another" in ran.err)

    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert (0, "") == (process.returncode, out)
    lines = [json.loads(line) for line in err.splitlines()]
    assert {"listening", "delivery", "planned"} <= {line["msg"] for line in lines}
    assert {"sourcegraph/customer#1"} == {line["key"] for line in lines if line["msg"] == "planned"}
    taken = [line for line in lines if line["msg"] == "delivery" and line["status"] == 202]
    assert ["sourcegraph/customer#1"] == [line["key"] for line in taken]
    assert all(line["delivery"] for line in taken)
    assert "indexserver" not in err


def test_a_port_in_use_is_said_in_one_line(cli: Cli, github: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        ran = cli("serve")
    assert 2 == ran.code
    assert "cannot listen on 127.0.0.1" in ran.err
