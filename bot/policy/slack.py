"""Floor 0: the Slack part of the policy: what may be said there, and who is who there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict

SlackPerson = Annotated[str, Field(pattern=r"^([UW][A-Z0-9]{2,20}|[^\s@]{1,64}@[^\s@]{1,190})$")]
ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$")]


class SlackUse(Strict):
    """How Slack is used (handbook, step 5)."""

    customer_words: bool = Field(
        False, description="show need and timeline as written, and the customer; else redacted, without"
    )
    cap: int = Field(
        0, ge=0, description="open requests of one team above which `support.leads` are told; 0: never"
    )
    digest: ClockTime | None = Field(
        None, description="local time of the daily digest, in the first office that works; none: no digest"
    )
    people: dict[SlackPerson, Login] = Field(
        {}, description="Slack member id or e-mail address → GitHub login, for the buttons"
    )
