"""Floor 1: what the parts tell while they work, for figures: kinds and outcomes, never names or text.

The parts know only `Meter`, which hears and does nothing; `bot.metrics.Metrics` counts for Prometheus.
"""

from __future__ import annotations


class Meter:
    """Every argument is a word of ours, of GitHub's documentation or of Slack's, so that labels stay few."""

    def delivery(self, event: str, outcome: str) -> None:
        """A webhook was answered. `event` may be anything that was sent; `outcome`: why, in a word or two."""

    def run(self, kind: str, outcome: str, seconds: float) -> None:
        """A key was run; `kind` is issue, catchup …"""

    def call(self, kind: str, method: str, endpoint: str, status: int) -> None:
        """GitHub was called: rest or graphql, path template or operation, HTTP status (0: no answer)."""

    def slack(self, method: str, outcome: str) -> None:
        """Slack was called; `outcome` is ok, down or refused."""

    def stale(self, *, gave_up: bool = False) -> None:
        """A read was behind the event that asked for it: it is read again, or `gave_up`."""

    def action(self, kind: str) -> None:
        """An action of a plan was applied; `kind` is its class."""

    def budget(self, outcome: str) -> None:
        """A write found no budget: waited, put off (its key was given back) or overdrawn."""


SILENT = Meter()
