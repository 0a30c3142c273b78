"""The command line as people run it, in this process, against a sandbox over HTTP in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from bot.__main__ import main
from bot.policy.load import load_default
from bot.sandbox.seed import Demo, demo_world
from bot.sandbox.server import Sandbox

CLEARED = (
    *("GITHUB_TOKEN", "GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "GITHUB_ACTIONS"),
    *("RFH_BOT_REPOS", "RFH_BOT_POLICY", "RFH_BOT_SHADOW", "SLACK_BOT_TOKEN"),
)


@dataclass
class Ran:
    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@dataclass
class Live:
    sandbox: Sandbox
    demo: Demo


@contextlib.contextmanager
def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Iterator[Cli]:
    """Runs `rfh-bot ARGS` in `folder`, with a clean environment."""
    monkeypatch.chdir(folder)
    for name in CLEARED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("RFH_BOT_DATABASE_URL", f"sqlite:///{folder}/bot.sqlite3")

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


@contextlib.contextmanager
def live_github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """The demo's world over HTTP, and the settings that lead to it. Webhooks arrive."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Live:
        sandbox = Sandbox()
        demo = demo_world(sandbox, load_default())
        await sandbox.__aenter__()
        sandbox.hooks.url = "https://rfh.example/webhook"

        def arrive(_: object = None) -> None:
            for delivery in sandbox.hooks.deliveries:
                delivery.status, delivery.status_code = "OK", 202

        arrive()
        sandbox.world.listeners.append(arrive)
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
