"""Floor 2: figures for Prometheus.

What holds
- Nothing here is global: each `Metrics` has its own registry, each replica its own `Metrics`.
- Labels hold words of this program, of GitHub's API and of Slack's, never a name, a login or text; an event
  that this program does not know is "other", as its name comes from whoever called.
- What all replicas share (queue, pauses, policies) is read from the database at each scrape, so every replica
  shows the same: take `max`, not `sum`. What a process counted is its own: take `sum`.

Names follow https://prometheus.io/docs/practices/naming/: base units, counters end in ``_total``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.events import EVENTS
from bot.github.pool import Limit
from bot.meter import Meter
from bot.queue import Stats

PREFIX = "rfh_bot"
# A first event takes about a second, a run that waits for a lagging read up to half a minute.
RUN_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Shared:
    """What holds for all replicas at a scrape. `catch_up_age`: seconds, infinite before the first pass;
    `missed`: webhooks of the last day."""

    queue: Stats
    paused: int
    policies_broken: int
    catch_up_age: float
    missed: int


class Metrics(Meter):
    """A `Meter` that counts. `look` sets what only a scrape asks for; `registry` is what is served."""

    def __init__(self, version: str = "", database: str = "") -> None:
        self.registry = CollectorRegistry()
        self._now = _Now({"version": version, "database": database})
        self.registry.register(self._now)
        ProcessCollector(registry=self.registry)
        self._deliveries = self._counter(
            "deliveries", "Webhooks answered, by event and outcome.", "event", "outcome"
        )
        self._runs = Histogram(
            f"{PREFIX}_run_seconds",
            "How long runs took, by kind of key and outcome.",
            ("kind", "outcome"),
            buckets=RUN_SECONDS,
            registry=self.registry,
        )
        self._calls = self._counter(
            "api_calls",
            "Calls to GitHub, by kind, endpoint and HTTP status (0: no answer).",
            "kind",
            "method",
            "endpoint",
            "status",
        )
        self._slack = self._counter(
            "slack_calls", "Calls to Slack, by method and outcome.", "method", "outcome"
        )
        self._stale = self._counter(
            "stale_reads", "Reads that were behind their event: read again, or gave_up.", "outcome"
        )
        self._actions = self._counter("actions", "Actions of plans that were applied, by type.", "type")
        self._budget = self._counter(
            "budget_waits", "Writes that found no budget: waited, put_off or overdrawn.", "outcome"
        )
        # Known from the start, so that the first one shows in `increase()`.
        for event in EVENTS:
            self._deliveries.labels(event, "named")
        for outcome in ("again", "gave_up"):
            self._stale.labels(outcome)
        for outcome in ("waited", "put_off", "overdrawn"):
            self._budget.labels(outcome)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", meaning, labels, registry=self.registry)

    # ── what the parts tell ─────────────────────────────────────────────────────────────────

    def delivery(self, event: str, outcome: str) -> None:
        self._deliveries.labels(event if event in EVENTS else "other", outcome).inc()

    def run(self, kind: str, outcome: str, seconds: float) -> None:
        self._runs.labels(kind, outcome).observe(seconds)

    def call(self, kind: str, method: str, endpoint: str, status: int) -> None:
        self._calls.labels(kind, method, endpoint or "other", str(status)).inc()

    def slack(self, method: str, outcome: str) -> None:
        self._slack.labels(method, outcome).inc()

    def stale(self, *, gave_up: bool = False) -> None:
        self._stale.labels("gave_up" if gave_up else "again").inc()

    def action(self, kind: str) -> None:
        self._actions.labels(kind).inc()

    def budget(self, outcome: str) -> None:
        self._budget.labels(outcome).inc()

    # ── what a scrape asks for ──────────────────────────────────────────────────────────────

    def look(self, shared: Shared | None, limits: Sequence[Limit], now: datetime) -> None:
        """Set what the next `registry` read shows; `shared` None: the database did not answer."""
        self._now.shared = shared
        self._now.limits = tuple(_scarcest(limits, now))


class _Now(Collector):
    """Gauges as they are at this scrape; those that could not be read are left out, not stale."""

    def __init__(self, info: dict[str, str]) -> None:
        self._info = info
        self.shared: Shared | None = None
        self.limits: tuple[Limit, ...] = ()

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        info = InfoMetricFamily(PREFIX, "What runs here.")
        info.add_metric((), self._info)
        yield info
        yield _gauge("database_up", "1: the database answered this scrape.", float(self.shared is not None))
        remaining = GaugeMetricFamily(
            f"{PREFIX}_api_remaining",
            "Calls left in GitHub's hourly limit, of the installation that has the fewest.",
            labels=("resource",),
        )
        whole = GaugeMetricFamily(f"{PREFIX}_api_limit", "GitHub's hourly limit.", labels=("resource",))
        for limit in self.limits:
            remaining.add_metric((limit.resource,), limit.remaining)
            whole.add_metric((limit.resource,), limit.limit)
        yield remaining
        yield whole
        if self.shared is not None:
            yield from _of_database(self.shared)


def _of_database(shared: Shared) -> Iterator[Metric]:
    queue = shared.queue
    keys = GaugeMetricFamily(f"{PREFIX}_queue_keys", "Keys in the queue, by state.", labels=("state",))
    states = {"due": queue.due, "later": queue.later, "running": queue.running, "dead": queue.dead}
    for state, number in states.items():
        keys.add_metric((state,), number)
    yield keys
    yield _gauge("queue_lag_seconds", "How long the oldest due key has been waiting for a worker.", queue.lag)
    yield _gauge(
        "deliveries_missed",
        "Webhooks of the last day that GitHub sent and that did not arrive.",
        shared.missed,
    )
    yield _gauge("paused", "Pauses in force, the global one and those of repositories.", shared.paused)
    yield _gauge(
        "policies_broken",
        "Repositories whose policy is broken, as far as this replica looked.",
        shared.policies_broken,
    )
    yield _gauge(
        "catch_up_age_seconds", "Since the last complete catch-up, the oldest of all.", shared.catch_up_age
    )


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", meaning, value=value)


def _scarcest(limits: Sequence[Limit], now: datetime) -> Iterator[Limit]:
    """Of each resource the limit with the fewest calls left; one whose hour is over is whole again."""
    found: dict[str, Limit] = {}
    for limit in limits:
        left = limit if limit.reset > now else Limit(limit.resource, limit.limit, limit.limit, limit.reset)
        known = found.get(limit.resource)
        if known is None or left.remaining < known.remaining:
            found[limit.resource] = left
    for resource in sorted(found):
        yield found[resource]
