"""Floor 0: the closing part of the policy: what is asked for when a request is closed (handbook step 5)."""

from __future__ import annotations

from pydantic import Field

from bot.policy.base import Strict


class Closing(Strict):
    """On close the owner is asked once for docs and, when nobody said it, how it was resolved."""

    ask: bool = Field(True, description="false: nothing is asked; `/docs` and `/resolved` work all the same")
    last: int = Field(
        5, ge=1, le=20, description="comments of people, the last ones, that may say how it was resolved"
    )
    resolution: tuple[str, ...] = Field((), description="words that say it; inflections are not guessed")
