"""Floor 0: the routing part of the policy: areas, their words, and how much what counts."""

from __future__ import annotations

from pydantic import Field

from bot.policy.base import Strict


class Area(Strict):
    """A subject a question can be about, and who owns it (handbook step 3)."""

    name: str
    team: str = Field(description="id of the owner in `teams`")
    keywords: tuple[str, ...] = Field((), description="the handbook's keywords, as it spells them")


class Routing(Strict):
    areas: dict[str, Area]
