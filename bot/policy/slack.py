"""Floor 0: the Slack part of the policy: what may be said there, and who is who there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict

SlackPerson = Annotated[str, Field(pattern=r"^([UW][A-Z0-9]{2,20}|[^\s@]{1,64}@[^\s@]{1,190})$")]
Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$")]


class SlackUse(Strict):
    """How Slack is used (handbook, step 5)."""

    customer_words: bool = Field(
        False, description="show need and timeline as written, and the customer; else redacted, without"
    )
    people: dict[SlackPerson, Login] = Field(
        {}, description="Slack member id or e-mail address → GitHub login, for the buttons"
    )
