"""The least that a durable webhook endpoint does: verify the signature, commit one row, answer 202.

    python -m benchmarks._bare DATABASE_URL

What the App's door is measured against (benchmarks/serving.py): the same server library, the same database
layer with its group commit, the same durability, and nothing else. Prints the port it listens on.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys

import sqlalchemy as sa
from aiohttp import web

from bot.db import open_database

events = sa.Table("event", sa.MetaData(), sa.Column("guid", sa.Text, primary_key=True))


async def serve(url: str, secret: bytes) -> None:
    """Answer until killed."""
    db = open_database(url)
    await db.run(lambda connection: events.metadata.create_all(connection))

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers["X-Hub-Signature-256"]):
            return web.Response(status=401)
        guid = request.headers["X-GitHub-Delivery"]
        await db.run(lambda connection: connection.execute(events.insert().values(guid=guid)))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/webhook", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], os.environ["GITHUB_WEBHOOK_SECRET"].encode()))
