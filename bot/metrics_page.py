"""Floor 3: `/metrics`, on a listener of its own.

The figures need no password, so they must not be where the webhooks are: that port is on the internet, and
one rule forgotten in a proxy would publish them. This one is on the loopback unless METRICS_HOST says
otherwise, and off without METRICS_PORT.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog
from aiohttp import web
from prometheus_client.exposition import choose_encoder

from bot.github.pool import Limit
from bot.metrics import Metrics, Shared

Limits = Callable[[], Sequence[Limit]]


class MetricsPage:
    """Serves `metrics`, with the queue and the limits as they are now."""

    def __init__(
        self,
        metrics: Metrics,
        look: Callable[[], Awaitable[Shared]],
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        self._metrics = metrics
        self._look = look
        self._limits = limits
        self._now = now

    async def answer(self, request: web.Request) -> web.Response:
        """One scrape. A database that does not answer is a figure too."""
        shared: Shared | None = None
        try:
            shared = await self._look()
        except Exception as error:  # noqa: BLE001  # whatever the database raised
            structlog.get_logger("metrics").error("database", error=type(error).__name__)
        self._metrics.look(shared, self._limits(), self._now())
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(self._metrics.registry), headers={"Content-Type": content_type})

    def application(self) -> web.Application:
        """What listens on METRICS_PORT: this page and nothing else."""
        app = web.Application()
        app.router.add_get("/metrics", self.answer)
        return app
