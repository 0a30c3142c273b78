"""Every figure that `/metrics` can show, with its labels: for the docs, the rules and the dashboard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prometheus_client import Metric

from bot.github.pool import Limit
from bot.metrics import Metrics, Shared
from bot.queue import Stats

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
QUIET = Shared(Stats(0, 0, 0, 0, 0.0), paused=0, policies_broken=0, catch_up_age=0.0, missed=0)


def families(shared: Shared | None = QUIET) -> list[Metric]:
    """All of them, each with at least one series; without `shared` those of this process alone."""
    metrics = Metrics("1.2.3", "sqlite")
    metrics.look(shared, [Limit("core", 5000, 10, NOW + timedelta(hours=1))], NOW)
    metrics.delivery("issues", "named")
    metrics.run("issue", "wrote", 0.1)
    metrics.call("rest", "GET", "/app", 200)
    metrics.slack("chat.update", "ok")
    metrics.action("AddLabels")
    return list(metrics.registry.collect())


def series() -> dict[str, set[str]]:
    """The series' names and their labels; `job` and `instance` are Prometheus's own."""
    found: dict[str, set[str]] = {"up": {"job", "instance"}}
    for family in families():
        for sample in family.samples:
            found.setdefault(sample.name, {"job", "instance"}).update(sample.labels)
    return found
