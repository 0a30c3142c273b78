"""`rfh-bot replay`: send a saved webhook payload to a running App, signed as GitHub would."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys
import uuid
from pathlib import Path

import click

from bot.errors import UserError
from bot.settings import read_settings
from bot.settings_file import complete


@click.command(
    epilog="""Example:

    \b
      rfh-bot replay issue-opened.json --event issues
    """
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--event", required=True, help="What X-GitHub-Event said: issues, issue_comment, label, push …")
@click.option("--url", default="http://127.0.0.1:8080/webhook", show_default=True, help="The App's webhook.")
def replay(file: Path, event: str, url: str) -> None:
    """Send FILE, a saved webhook payload (JSON), to the App at --url.

    Signed with GITHUB_WEBHOOK_SECRET (or its _FILE). Exit code 0 when the App accepted it.
    """
    secrets = read_settings(complete(os.environ), app=False).webhook_secrets
    if not secrets:
        raise UserError("GITHUB_WEBHOOK_SECRET is not set: it signs the delivery")
    status, text = asyncio.run(_send(file.read_bytes(), event, url, secrets[0]))
    click.echo(f"{status} {text.strip()}")
    sys.exit(0 if 200 <= status < 300 else 1)


async def _send(body: bytes, event: str, url: str, secret: bytes) -> tuple[int, str]:
    import aiohttp

    signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()
    except (aiohttp.ClientError, OSError) as error:
        raise UserError(f"cannot reach {url} ({type(error).__name__}): is `rfh-bot serve` running?") from None
