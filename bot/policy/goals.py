"""Floor 0: the goals part of the policy: what the figures are held against.

Engineering's own target is not here: it is what the clocks remind by (`clocks.priorities.*.response`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict

Fraction = Annotated[float, Field(ge=0, le=1)]
Minutes = Annotated[int, Field(ge=1, le=400 * 24 * 60)]


class Goals(Strict):
    """What the team means to reach (Support Engineering, KPIs; "Engaging Other Teams", introduction)."""

    window: int = Field(30, ge=7, le=366, description="days that a share is measured over, each week anew")
    engineering_needed: Fraction = Field(
        0.10, description="share of tickets that may need engineering, at most"
    )
    engineering_in_time: Fraction = Field(
        0.95, description="share of first engineering responses within `clocks.priorities.*.response`"
    )
    support_in_time: Fraction = Field(
        0.95, description="share of support's first responses to customers within `support_response`"
    )
    support_response: dict[str, Minutes] = Field(
        {}, description="Zendesk priority → minutes of Zendesk's business hours; not named: never late"
    )
