"""GitHub's rate limits: 5,000 requests an hour, and the secondary ones on creating content and concurrency.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.ground import Clock
from bot.sandbox.http import ApiError

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


class Exceeded(ApiError):
    """The primary limit is used up: 403 in REST, a 200 with an error of type RATE_LIMITED in GraphQL.

    https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
    """


@dataclass(slots=True)
class Window:
    """A budget that starts anew an hour after its first use."""

    reset: datetime
    used: int = 0


@dataclass(slots=True)
class Limits:
    """Counts per caller; tests lower the figures to reach them sooner."""

    clock: Clock
    primary: int = 5000
    content_per_minute: int = 80
    content_per_hour: int = 500
    concurrent: int = 100
    in_flight: int = 0
    peak: int = 0  # the most requests that were in flight together
    of_caller: dict[str, int] = field(default_factory=dict)  # callers with another primary limit
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict)
    _content: dict[str, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def window(self, caller: str, resource: str) -> Window:
        now = self.clock()
        window = self._windows.get((caller, resource))
        if window is None or window.reset <= now:
            window = self._windows[caller, resource] = Window(now + HOUR)
        return window

    def status(self, caller: str, resource: str) -> dict[str, Any]:
        """The figures as GET /rate_limit gives them."""
        window, limit = self.window(caller, resource), self.of_caller.get(caller, self.primary)
        left = max(limit - window.used, 0)
        return {
            "limit": limit,
            "used": window.used,
            "remaining": left,
            "reset": int(window.reset.timestamp()),
            "resource": resource,
        }

    def headers(self, caller: str, resource: str) -> dict[str, str]:
        return {f"x-ratelimit-{name}": str(value) for name, value in self.status(caller, resource).items()}

    def charge(self, caller: str, resource: str, *, content: bool) -> None:
        """Count one request; raises ApiError 403 over a limit. A refused request costs nothing here."""
        self.peak = max(self.peak, self.in_flight)
        if self.in_flight > self.concurrent:
            raise secondary()
        window = self.window(caller, resource)
        if window.used >= self.of_caller.get(caller, self.primary):
            raise Exceeded(403, f"API rate limit exceeded for {caller}.")
        if content:
            self._charge_content(caller)
        window.used += 1

    def refund(self, caller: str, resource: str) -> None:
        """A 304 is free."""
        self.window(caller, resource).used -= 1

    def _charge_content(self, caller: str) -> None:
        now, seen = self.clock(), self._content[caller]
        while seen and seen[0] <= now - HOUR:
            seen.popleft()
        last_minute = sum(at > now - MINUTE for at in seen)
        if last_minute >= self.content_per_minute or len(seen) >= self.content_per_hour:
            raise secondary()
        seen.append(now)


def secondary(retry_after: int = 60) -> ApiError:
    """The secondary limit's answer: 403 with `retry-after`, the primary figures untouched."""
    return ApiError(403, SECONDARY, headers={"retry-after": str(retry_after)})
