"""Floor 0: the watch of the public tracker in the policy: what counts as a leak, and who is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.policy.base import Strict

LabelName = Annotated[str, Field(min_length=1, max_length=50)]
Channel = Annotated[str, Field(pattern=r"^#[^\s#@]{1,80}$")]
Handle = Annotated[str, Field(pattern=r"^@[^\s#@]{1,80}$")]
Sentence = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\n@]*$")]


class Watch(Strict):
    """Private data in public issues and comments: told on the private side, never in public."""

    enabled: bool = Field(True, description="read the issues and comments of `tracker.public`")
    warnings: bool = Field(
        False, description="count warnings too: addresses, hosts, people (public text is full of them)"
    )
    label: LabelName = Field("public-leak", description="label of the private issue about a leak")
    channel: Channel | None = Field(None, description="where Slack is told; none: `support.channel`")
    handle: Handle | None = Field(None, description="whom to call there")
    public_word: Sentence | None = Field(
        None, description="one neutral sentence said on the public issue; none: nothing is said in public"
    )
