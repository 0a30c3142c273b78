"""Floor 2: the paging service: one alert per call, in the payload of Opsgenie's Alert API (v2).

What it guarantees
- It is asked only with our own words (`bot.rules.paging`); nothing of the answer but its status is used.
- 429, 5xx and a broken connection are raised as `PagerDown` and tried again; any other status but 2xx is a
  refusal for good, which is on record too.
- A page whose answer was lost may be asked for twice: the alias names it, and the service opens one alert.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import structlog

from bot.errors import PagerDown
from bot.told import REFUSED, Page, Sent

TIMEOUT = aiohttp.ClientTimeout(total=15)
LONGEST = (
    900.0  # seconds that a page may be put off: it is somebody's emergency, whatever the service asks for
)
MESSAGE = 130  # characters of an alert's message, by its reference; the description has the rest
ALIAS = 250


@dataclass(frozen=True)
class Pager:
    """`url` is the service's Create Alert address, `key` an integration's API key."""

    url: str
    key: str = field(repr=False)
    now: Callable[[], datetime]

    async def page(self, page: Page) -> Sent:
        """Ask the service; what became of it. Raises PagerDown."""
        headers = {"Authorization": f"GenieKey {self.key}"}
        status, retry_after, trouble = 0, None, ""
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.post(self.url, json=payload(page), headers=headers, allow_redirects=False) as answer,
            ):
                status, retry_after = answer.status, _seconds(answer.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            trouble = type(error).__name__
        if trouble or status == 429 or status >= 500:
            raise PagerDown(f"paging: {trouble or f'HTTP {status}'}", retry_after)
        refused = not 200 <= status < 300
        log = structlog.get_logger("paging")
        (log.error if refused else log.info)("paged", target=page.target, alias=page.alias, status=status)
        at = self.now().replace(microsecond=0)
        return Sent(f"{page.key}{REFUSED}" if refused else page.key, at)


def payload(page: Page) -> Mapping[str, Any]:
    """As https://docs.opsgenie.com/docs/alert-api#create-alert has it."""
    return {
        "message": page.text[:MESSAGE],
        "alias": page.alias[:ALIAS],
        "description": page.text,
        "responders": [{"type": "team", "name": page.target}],
        "source": "rfh-bot",
        "tags": ["rfh"],
        "priority": "P1",
    }


def _seconds(given: str) -> float | None:
    return min(float(given), LONGEST) if given.isdecimal() else None
