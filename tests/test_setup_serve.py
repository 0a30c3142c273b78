"""From nothing to a working App, as a process: the link, the manifest, the webhook at the same address."""

from __future__ import annotations

import asyncio
import html
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from cli_world import Live, live_github
from issues import COMPLETE
from test_cli_serve import free_port, wait_for
from yarl import URL

ROOT = Path(__file__).parents[1]
SECRETS = ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET")


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A GitHub to set up against; who the App is is not known yet."""
    with live_github(monkeypatch) as live:
        for name in (*SECRETS, "RFH_BOT_REPOS", "RFH_BOT_MEMORY_KEY", "GITHUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        yield live


class Server:
    """`rfh-bot serve` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()

    def start(self) -> None:
        environment = {**os.environ, "PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        environment["RFH_BOT_DATABASE_URL"] = f"sqlite:///{self.folder}/bot.sqlite3"
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "bot", "serve"],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "log").open("a"),
            text=True,
        )

    def link(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "/setup?token=" in line:
                return line.strip()
        pytest.fail("no link was printed")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path)
    yield one
    one.process.kill()
    one.process.communicate()


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None, name
    return html.unescape(found[1])


async def click_through(link: str, github: str) -> str:
    """What a person does in a browser; returns the last page."""
    here = str(URL(link).origin())
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(link) as page:
            assert (200, f"{here}/setup") == (page.status, str(page.url))
        form = {"tracker": "sourcegraph/customer", "kind": "organisation", "url": here, "keep": "file"}
        async with browser.post(f"{here}/setup", data=form, headers={"Origin": here}) as page:
            text = await page.text()
            action = re.search(r'<form method="post" action="([^"]+)"', text)
        assert action is not None
        assert action[1].startswith(f"{github}/organizations/sourcegraph/settings/apps/new?state=")
        sent = {"manifest": hidden(text, "manifest")}
        async with browser.post(action[1], data=sent, headers={"Origin": "null"}) as page:
            text = await page.text()
            assert f"form-action 'self' {here}" in page.headers["Content-Security-Policy"]
        sent = {"manifest": hidden(text, "manifest"), "state": hidden(text, "state")}
        async with browser.post(
            f"{github}/-/apps/create",
            data=sent,
            headers={"Origin": github},
            timeout=aiohttp.ClientTimeout(20),
        ) as page:
            assert 200 == page.status
            return await page.text()


async def status(url: str) -> int:
    try:
        async with aiohttp.ClientSession() as browser, browser.get(url) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


async def file_issue(github: Live) -> None:
    """As sam, over the API."""
    url = f"{github.sandbox.api_url}/repos/{github.demo.customer.full_name}/issues"
    headers = {"Authorization": f"token {github.sandbox.token_for('sam')}"}
    issue = {"title": "zoekt-indexserver runs out of memory on a monorepo", "body": COMPLETE}
    async with aiohttp.ClientSession() as sam, sam.post(url, headers=headers, json=issue) as answer:
        assert 201 == answer.status


def test_from_nothing_to_a_working_app_without_a_restart(github: Live, server: Server) -> None:
    server.start()
    link = server.link()
    last = asyncio.run(click_through(link, github.sandbox.url))
    assert "The App is registered, and runs" in last
    assert f'href="{github.sandbox.url}/apps/rfh-bot/installations/new"' in last

    # The same process at the same address is the App now, and its set-up page is gone.
    here = f"http://127.0.0.1:{server.port}"
    wait_for(lambda: asyncio.run(status(f"{here}/readyz")) == 200)
    assert 404 == asyncio.run(status(link))
    assert 404 == asyncio.run(status(f"{here}/setup"))
    assert f"{here}/webhook" == github.sandbox.hooks.url
    asyncio.run(file_issue(github))
    [issue] = github.sandbox.world.state.issues_of(github.demo.customer)
    wait_for(lambda: "team/search-core" in github.sandbox.world.labels(issue))

    # The next start finds who it is in the file, which is its owner's alone.
    file = server.folder / "rfh-bot.env"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert 0 == server.stop()
    server.start()
    wait_for(lambda: asyncio.run(status(f"{here}/readyz")) == 200)
    assert 404 == asyncio.run(status(f"{here}/setup"))
    assert 0 == server.stop()
    assert "/setup" not in (server.process.stdout.read() if server.process.stdout else "")

    # No line of the log holds what opens anything.
    log = (server.folder / "log").read_text()
    assert [json.loads(line)["msg"] for line in log.splitlines()].count("set up") == 1
    token = URL(link).query["token"]
    secret = github.sandbox.secret
    assert not any(word in log for word in (token, secret, "PRIVATE KEY", "RFH_BOT_MEMORY_KEY"))


def test_a_signal_ends_a_server_that_waits_to_be_set_up(github: Live, server: Server) -> None:
    server.start()
    server.link()
    began = time.monotonic()
    assert 0 == server.stop()
    assert time.monotonic() - began < 10


def test_half_an_identity_is_a_mistake_and_no_set_up(
    github: Live, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_APP_ID", "7")
    server.start()
    assert 2 == server.process.wait(20)
    assert "GITHUB_PRIVATE_KEY is not set" in (server.folder / "log").read_text()
