"""Floor 0: the limits that the bot keeps by itself, below GitHub's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict


class Limits(Strict):
    """What the bot may do at most, and who is told when it stops itself."""

    writes_per_hour: Annotated[int, Field(ge=1)] | None = Field(
        400,
        description="writes to one repository in an hour; beyond, the bot pauses itself; none: no cap",
    )
    alert_channel: Annotated[str, Field(pattern=r"^#[^\s#@]{1,80}$")] | None = Field(
        None, description="Slack channel that is told when the bot has paused itself"
    )

    def over(self, number: int) -> bool:
        """Are so many writes within an hour too many?"""
        return self.writes_per_hour is not None and number > self.writes_per_hour
