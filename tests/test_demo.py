"""The demo's story holds, says so when it does not, and the sandbox serves an App in another process."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness import World

from bot.demo.story import Scene, Stage, Step, steps
from bot.sandbox import Faults

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
BOT = [sys.executable, "-m", "bot"]


async def play(
    world: World, story: tuple[Step, ...], patience: float = 30.0
) -> tuple[list[Scene], tuple[str, ...]]:
    stage = Stage(world.github, world.repo, world.bot.queue, patience)
    scenes = [scene async for scene in stage.play(story)]
    return scenes, await stage.look_again()


@pytest.mark.looptime
async def test_every_step_of_the_story_ends_as_expected() -> None:
    async with World() as w:
        scenes, again = await play(w, steps())
        assert {} == {scene.step.id: scene.wrong for scene in scenes if scene.wrong}
        assert () == again


@pytest.mark.looptime
async def test_the_first_answer_comes_within_a_second() -> None:
    """Each call takes 50 ms in this world."""
    async with World() as w:
        scenes, _ = await play(w, steps()[:3])
        assert [] == [scene.took for scene in scenes if scene.took > 1]


@pytest.mark.looptime
async def test_the_story_holds_when_reads_lag_and_webhooks_come_twice() -> None:
    async with World(faults=Faults.parse("lag:2s,duplicate:0.5,reorder", seed=3)) as w:
        scenes, again = await play(w, steps(), patience=120.0)
        assert {} == {scene.step.id: scene.wrong for scene in scenes if scene.wrong}
        assert () == again


@pytest.mark.looptime
async def test_a_step_that_ends_otherwise_is_told_with_what_was_seen() -> None:
    async with World() as w:
        first = steps()[0]
        wrong = first.model_copy(update={"expect": first.expect.model_copy(update={"card": "☑️ Closed"})})
        scenes, _ = await play(w, (wrong,))
        assert ("card: expected ☑️ Closed, saw ✅ Handed to Batch Changes",) == scenes[0].wrong


@pytest.mark.looptime
async def test_silence_counts_only_after_the_bot_has_looked() -> None:
    """An App that is down is not mistaken for one that rightly says nothing."""
    async with World() as w:
        await w.stop()
        scenes, _ = await play(w, (steps()[3],), patience=5.0)
        assert ("the bot has not looked at it",) == scenes[0].wrong


def test_the_story_covers_both_forms_no_owner_and_no_template() -> None:
    bodies = {step.id: step.file.body for step in steps() if step.file}
    assert "**Kind:**" in bodies["complete"]
    assert "### Kind" in bodies["incomplete"]
    assert {"nobody", "chatter"} < bodies.keys()


# ── as programs ─────────────────────────────────────────────────────────────────────────────


def test_demo_once_exits_1_and_says_what_did_not_hold(tmp_path: Path) -> None:
    """One step, whose expectation is falsified; nothing is left in the temporary folder."""
    program = """
import bot.cli.demo, bot.demo.story as story
from bot.__main__ import main
step = story.steps()[3]
wrong = step.model_copy(update={"expect": step.expect.model_copy(update={"labels": frozenset({"rfh"})})})
story.steps = lambda: (wrong,)
bot.cli.demo.PATIENCE = 0.5
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "demo", "--once"],
        env={**ENVIRONMENT, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 1 == done.returncode, done.stderr
    assert "labels: expected rfh, saw none" in done.stdout
    assert "✗ one that is not from the template" in done.stdout
    assert "\x1b[" not in done.stdout
    assert [] == list(tmp_path.iterdir())


@contextmanager
def program(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until it is interrupted, and then ends well."""
    process = subprocess.Popen(
        [*BOT, *arguments],
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert 0 == process.returncode, errors
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_sandbox_prints_what_serve_needs_and_serve_works_against_it(tmp_path: Path) -> None:
    """As README says it: two terminals, a paste between them, an issue filed on the page."""
    port = free_port()
    with program(
        "sandbox", "--webhook-url", f"http://127.0.0.1:{port}/webhook", TMPDIR=str(tmp_path)
    ) as sandbox:
        exports, page = read_exports(sandbox)
        assert f"http://127.0.0.1:{port}" == exports["RFH_BOT_URL"]
        key = Path(exports["GITHUB_PRIVATE_KEY_FILE"])
        assert 0o600 == key.stat().st_mode & 0o777
        database = f"sqlite:///{tmp_path}/serve.sqlite3"
        with program("serve", **exports, PORT=str(port), RFH_BOT_DATABASE_URL=database):
            eventually(lambda: "ready" in get(f"http://127.0.0.1:{port}/readyz"))
            file_issue(page)
            eventually(lambda: "Handed to Batch Changes" in get(f"{page}/sourcegraph/customer/issues/1"))
    assert not key.exists()


def read_exports(sandbox: subprocess.Popen[str]) -> tuple[dict[str, str], str]:
    """What a person would paste, and where the page is."""
    assert sandbox.stdout is not None
    exports = {}
    for line in sandbox.stdout:
        if found := re.match(r"# page: (\S+)", line):
            return exports, found[1]
        name, _, value = line.removeprefix("export ").partition("=")
        exports[name] = shlex.split(value)[0]
    raise AssertionError("the sandbox ended early")


def file_issue(page: str) -> None:
    filed = steps()[0].file
    assert filed is not None
    form = urllib.parse.urlencode({"template": "", "title": filed.title, "body": filed.body}).encode()
    headers = {"Origin": page, "Cookie": "acting_as=sam"}
    request = urllib.request.Request(f"{page}/sourcegraph/customer/issues", form, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert 200 == answer.status


def get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            text: str = answer.read().decode()
            return text
    except urllib.error.URLError:
        return ""


def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
