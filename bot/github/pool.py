"""Floor 2: what GitHub counts per installation: open requests, rate limits, pauses; and answers by ETag.

One `Pool` is shared by all clients of one installation, whatever their tokens are narrowed to, because GitHub
counts them together (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import cachetools

Clock = Callable[[], datetime]

# "No more than 100 concurrent requests are allowed", REST and GraphQL together (page above).
CONCURRENCY = 100
# "Otherwise, wait for at least one minute before retrying" (page above, "Exceeding the rate limit").
DEFAULT_PAUSE = 60.0
# Budgets are hourly: a header that asks for more is wrong, and must not stop us for good.
LONGEST = timedelta(hours=1)


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Limit:
    """One hourly budget as GitHub last stated it. Resources are GitHub's words: core, graphql …"""

    resource: str
    limit: int
    remaining: int
    reset: datetime


class Pool:
    """Shared by every client of one installation; `limits` is for figures and for those who can wait."""

    def __init__(
        self, *, now: Clock = utc_now, concurrency: int = CONCURRENCY, cached_answers: int = 512
    ) -> None:
        self.limits: dict[str, Limit] = {}
        self.gate = asyncio.Semaphore(concurrency)
        # gidgethub's cache is keyed by URL alone, so it must never be shared between installations.
        self.etags: MutableMapping[str, tuple[str | None, str | None, Any, str | None]] = cachetools.LRUCache(
            cached_answers
        )
        self.skew: timedelta | None = None  # our clock minus GitHub's, as the last answer showed
        self._now = now
        self._paused_until: datetime | None = None

    def note(self, resource: str, headers: Mapping[str, str]) -> None:
        """Remember the budget an answer states, and the pause it asks for (GraphQL may ask with status 200).

        `resource` is what we think the request counts against; GitHub's own word wins.
        """
        resource = headers.get("x-ratelimit-resource", resource)
        now = self._now()
        with contextlib.suppress(KeyError, TypeError, ValueError):
            self.skew = now - parsedate_to_datetime(headers["date"])
        reset = _reset(headers, now)
        try:
            limit, remaining = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
        except (KeyError, ValueError):
            pass
        else:
            if reset is not None:
                self.limits[resource] = Limit(resource, limit, remaining, reset)
        if "retry-after" in headers:
            self.pause(retry_after(headers, now) or DEFAULT_PAUSE)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long: a secondary limit was met, and going on may get the App banned."""
        until = self._now() + timedelta(seconds=seconds)
        self._paused_until = max(until, self._paused_until or until)

    def wait(self, resource: str) -> float:
        """Seconds until a request against `resource` may be sent; 0 for now."""
        now = self._now()
        moments = [now]
        if self._paused_until is not None:
            moments.append(self._paused_until)
        limit = self.limits.get(resource)
        if limit is not None and limit.remaining <= 0:
            moments.append(limit.reset)
        return (max(moments) - now).total_seconds()


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds a refusal asks us to wait: `retry-after`, else the reset of a spent budget, else None."""
    try:
        if "retry-after" in headers:
            return min(max(1.0, float(int(headers["retry-after"]))), LONGEST.total_seconds())
        spent = int(headers["x-ratelimit-remaining"]) <= 0
    except (KeyError, ValueError, OverflowError):
        return None
    reset = _reset(headers, now)
    return max(1.0, (reset - now).total_seconds()) if spent and reset is not None else None


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the budget is whole again; never later than the longest window, whatever the header says."""
    try:
        reset = datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    return min(reset, now + LONGEST)
