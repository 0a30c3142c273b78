"""Floor 0: the intake part of the policy: the fields of the template and what counts as an answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bot.policy.base import Strict


class IntakeField(Strict):
    """One field of the CS template (handbook steps 1 to 4)."""

    label: str = Field(description="the heading in the template")
    aliases: tuple[str, ...] = Field((), description="other headings that mean the same")
    need: Literal["required", "help", "extension", "customer-reported", "would-help", "optional"] = Field(
        description="required: always; help: for a request for help; extension: when the issue is the"
        " extension owner's; customer-reported: when a customer reported it; would-help: asked for, never"
        " blocking; optional: never asked for"
    )
    hint: str = Field("", description="the template's hint; it does not count as an answer")
    paste: str = Field("", description="an example value for the card's text to paste")


class Intake(Strict):
    fields: dict[str, IntakeField]
