"""Floor 0: the publishing part of the policy. Who may publish stands in `commands.permissions`, where to in
`tracker.public`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.policy.base import Strict

_Label = Annotated[str, Field(min_length=1, max_length=50)]


class Publish(Strict):
    """How a private issue becomes a public one (docs/publishing.md)."""

    enabled: bool = Field(True, description="false: `/publish` refuses")
    labels: tuple[_Label, ...] = Field(
        (), description="set on every public issue, where they exist there; the team's label comes by itself"
    )
    carry: tuple[_Label, ...] = Field(
        (), description="labels that the public issue gets when the private one has them"
    )
    leave_out: tuple[str, ...] = Field(
        (), description="fields of the template (`intake.fields`) that are not for the public"
    )
    tell: Literal["owner", "support"] = Field(
        "owner",
        description="who is told that the public issue is closed: the case's owner, or support's team",
    )
