"""Floor 0: the handbook part of the policy: where the two are meant to differ."""

from __future__ import annotations

from pydantic import Field

from bot.policy.base import Strict


class Handbook(Strict):
    """`rfh-bot policy import-handbook` lists what differs; what has its reason here is no drift."""

    differences: dict[str, str] = Field(
        {},
        description="difference, as `rfh-bot policy import-handbook` names it → why it is meant",
    )
