"""Floor 4: `rfh-bot demo`: a sandbox GitHub and the App in one process, a story played in it, and a page."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import sys
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from bot.demo.story import Scene, Stage
    from bot.sandbox.server import Sandbox
    from bot.settings import Settings
    from bot.work import Bot

PATIENCE = 10.0  # seconds a step may take
PATIENCE_WITH_FAULTS = 120.0
CATCH_UP = (
    5.0  # seconds between passes where webhooks are lost on purpose; `serve` makes one every ten minutes
)
LOG_TAIL = 20  # lines of the App's log that are shown when something went wrong


@click.command(
    epilog="""\b
    Examples:
      rfh-bot demo
      rfh-bot demo --once
      rfh-bot demo --fault lag:2s,5xx:0.1,duplicate:0.2
    """
)
@click.option("--once", is_flag=True, help="Do not stay. Exit code 0: all went as expected, 1: not.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; 0: any free one.")
@click.option("--fault", default="", metavar="SPEC", help="Let the sandbox misbehave, e.g. lag:2s,5xx:0.1.")
@click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
@click.option("--verbose", is_flag=True, help="Say where the App listens and logs.")
def demo(*, once: bool, port: int, fault: str, no_color: bool, verbose: bool) -> None:
    """See it work, on this machine alone.

    Starts a small GitHub on loopback and the App beside it, on a database in a temporary folder. Files
    issues made from real ones, shows what the bot did, then leaves a page open to file issues and comment.
    Ctrl-C ends it; nothing is left behind.
    """
    from rich.console import Console

    console = Console(no_color=no_color or None, highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = 100
    with tempfile.TemporaryDirectory(prefix="rfh-bot-demo-") as folder:
        held = asyncio.run(_demo(console, Path(folder), port, fault, once=once, verbose=verbose))
    if once and not held:
        raise SystemExit(1)


async def _demo(console: Console, folder: Path, port: int, fault: str, *, once: bool, verbose: bool) -> bool:
    """Play the story, then stay; False when something was not as expected."""
    from bot.demo.story import Stage

    patience = PATIENCE_WITH_FAULTS if fault else PATIENCE
    async with _world(folder, port, fault) as (sandbox, bot):
        if verbose:
            console.print(f"App at {bot.url}, log in {_log(folder)}")
        repo = sandbox.world.state.repo(*bot.repositories[0].split("/"))
        assert repo is not None, "the policy's tracker is in the sandbox"
        held = await _tell(console, Stage(sandbox, repo, bot.queue, patience))
        if not held:
            with _log(folder).open(encoding="utf-8") as log:
                sys.stderr.writelines(deque(log, LOG_TAIL))
        if not once:
            console.print(f"\nFile issues and comment as any of four people: {sandbox.url}")
            console.print(f"What the App's own pages show: {bot.url}\nCtrl-C ends it.")
            await _interrupted()
    return held


@contextlib.asynccontextmanager
async def _world(folder: Path, port: int, fault: str) -> AsyncIterator[tuple[Sandbox, Bot]]:
    """The sandbox and the App, talking to each other over HTTP on loopback."""
    from bot.app import running
    from bot.cli.sandbox import opened
    from bot.logs import set_up
    from bot.sandbox.faults import Faults

    faults = Faults.parse(fault)
    async with contextlib.AsyncExitStack() as stack:
        set_up("info", stack.enter_context(_log(folder).open("w", encoding="utf-8", buffering=1)))
        sandbox = await stack.enter_async_context(opened(port, faults))
        bot = await stack.enter_async_context(running(_settings(sandbox, folder)))
        sandbox.use_webhook(f"{bot.url}/webhook")
        if faults.odds.get("drop"):
            repair = asyncio.create_task(_catch_up(bot))
            stack.callback(repair.cancel)
        yield sandbox, bot


def _log(folder: Path) -> Path:
    return folder / "app.log"


def _settings(sandbox: Sandbox, folder: Path) -> Settings:
    """What the environment would say."""
    from bot.sandbox import slack_page
    from bot.settings import Settings

    return Settings(
        app_id=str(sandbox.app_id),
        private_key=sandbox.private_key_pem,
        webhook_secrets=(sandbox.secret.encode(),),
        api_url=sandbox.api_url,
        database_url=f"sqlite:///{folder}/rfh-bot.sqlite3",
        memory_key=secrets.token_hex(32).encode(),
        client_id=sandbox.access.app.client_id,
        client_secret=sandbox.oauth.client_secret,
        slack_token=slack_page.TOKEN,
        slack_secret=slack_page.SECRET.encode(),
        slack_url=f"{sandbox.url}{slack_page.API}",
        port=0,
    )


async def _catch_up(bot: Bot) -> None:
    """Lost webhooks are found by the catch-up: have it sooner, so that one sees it."""
    from bot.schedule import catch_up_key

    while True:
        await asyncio.sleep(CATCH_UP)
        for name in bot.repositories:
            await bot.queue.accept(catch_up_key(name))


async def _interrupted() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


# ── the terminal ────────────────────────────────────────────────────────────────────────────


async def _tell(console: Console, stage: Stage) -> bool:
    """Play and show the steps as they come; True when all held."""
    from bot.demo.story import steps

    story = steps()
    good = 0
    async for scene in stage.play(story):
        good += not scene.wrong
        _show(console, stage, scene)
    wrong = await stage.look_again()
    good += not wrong
    _headline(console, "every issue looked at once more: nothing is written", not wrong, "")
    _complain(console, wrong)
    total = len(story) + 1
    console.print(f"{good} of {total} as expected", style="green" if good == total else "red")
    return good == total


def _show(console: Console, stage: Stage, scene: Scene) -> None:
    """One step: what a person did, and what became of the issue."""
    from rich.table import Table

    where = f"#{scene.number} · {scene.step.by} · {scene.took * 1000:.0f} ms"
    _headline(console, scene.step.what, not scene.wrong, where)
    grid = Table.grid(padding=(0, 2), pad_edge=False)
    grid.add_column(width=8, style="dim")
    grid.add_column(overflow="fold")
    if scene.step.file is not None:
        grid.add_row("title", scene.title)
    if scene.step.comment is not None:
        command = scene.step.comment.body.strip().splitlines()[-1]
        reactions = " ".join(_EMOJI.get(name, name) for name in scene.after.reactions)
        grid.add_row("comment", f"{command}  {reactions}".rstrip())
    grid.add_row("labels", _labels(stage, scene))
    grid.add_row("card", scene.after.card or "none: the bot stays silent")
    if scene.after.team:
        grid.add_row("team", scene.after.team)
    for gap in scene.after.gaps:
        grid.add_row("missing", gap)
    console.print(_indented(grid))
    _complain(console, scene.wrong)
    console.print()


_EMOJI = {"THUMBS_UP": "👍", "CONFUSED": "😕"}


def _headline(console: Console, what: str, held: bool, where: str) -> None:
    from rich.text import Text

    line = Text.assemble(("✓ ", "green") if held else ("✗ ", "red"), (what, "bold"), f"  {where}")
    console.print(line)


def _indented(grid: object) -> object:
    from rich.padding import Padding

    return Padding(grid, (0, 0, 0, 2))  # type: ignore[arg-type]


def _complain(console: Console, wrong: tuple[str, ...]) -> None:
    for line in wrong:
        console.print(f"  {line}", style="red")


def _labels(stage: Stage, scene: Scene) -> Text:
    """The labels in their colours; where the step changed some, those come first, with a sign."""
    from rich.text import Text

    before, after = scene.before.labels, scene.after.labels
    signs = dict.fromkeys(before - after, "− ")
    if before:
        signs |= dict.fromkeys(after - before, "+ ")
    colors = {label.name: label.color for label in stage.sandbox.world.state.labels_of(stage.repo)}
    text = Text()
    for name in sorted(before | after, key=lambda name: (name not in signs, signs.get(name) == "+ ", name)):
        text.append(f"{signs.get(name, '')}")
        text.append(f" {name} ", style=f"{_ink(colors[name])} on #{colors[name]}")
        text.append("  ")
    return text if text else Text("none")


def _ink(color: str) -> str:
    """Black or white, whichever is readable on a colour."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (0, 2, 4))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
