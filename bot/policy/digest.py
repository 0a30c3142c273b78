"""Floor 0: the digest part of the policy: the weekly issue and the weekly Slack post about the figures."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict
from bot.policy.clocks import Day
from bot.policy.slack import ClockTime


class Digest(Strict):
    """Once a week: are the goals met, who answers how fast, what waits (docs/figures.md)."""

    enabled: bool = Field(True, description="write the issue, and post in Slack where there is a token")
    day: Day = Field("mon", description="when; on a day on which support is closed, the next one it works")
    time: ClockTime = Field("09:00", description="local time in the first of support's offices that works")
    title: str = Field(
        "Weekly digest: does support need engineering less?",
        min_length=1,
        max_length=200,
        description="of the issue, when it is created; people may change it there",
    )
    label: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        None, description="label of the issue, when it is created; one with no other meaning"
    )
    customers: bool = Field(False, description="name customers in the issue, while the tracker is private")
    weeks: int = Field(26, ge=2, le=52, description="weeks in the issue's table and in the picture")
    channel: Annotated[str, Field(pattern=r"^#[^\s#@]{1,80}$")] | None = Field(
        None, description="Slack channel that gets the post; none: `support.channel`"
    )
