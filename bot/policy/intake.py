"""Floor 0: the intake part of the policy: the fields of the template and what counts as an answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.policy.base import Strict

FieldId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Need = Literal["required", "help", "extension", "customer-reported", "would-help", "optional"]
Answer = Literal[
    "text",
    "kind",
    "priority",
    "customer",
    "team",
    "version",
    "extension-version",
    "doc",
    "ticket",
    "reported",
    "quote",
    "image",
    "code",
]


class IntakeField(Strict):
    """One field of the CS template (handbook steps 1 to 4)."""

    label: str = Field(description="the heading in the template")
    aliases: tuple[str, ...] = Field((), description="other headings that mean the same")
    need: Need = Field(
        description="required: always; help: for a request for help; extension: when the issue is the"
        " extension owner's; customer-reported: when a customer reported it; would-help: asked for, never"
        " blocking; optional: never asked for"
    )
    answer: Answer = Field(
        "text",
        description="how the answer is read: image and code may stand anywhere in the issue, a ticket's link"
        " too; the rest in its field",
    )
    kinds: tuple[FieldId, ...] = Field((), description="asked for these kinds only; empty: for all")
    early: bool = Field(True, description="asked for about beta and experimental features too")
    also_in: FieldId | None = Field(None, description="a field whose answer may hold this one too")
    topic: bool = Field(True, description="may say what the issue is about: the router reads it")
    hint: str = Field("", description="the template's hint; it does not count as an answer")
    paste: str = Field(
        description="an example for the card's text to paste; pasted unchanged it does not count as an answer"
    )


class Recognition(Strict):
    """When an issue counts as filed from the CS template."""

    marker: str = Field("rfh-bot:cs-new-issue", description="stands in an HTML comment of the template")
    marked_labels: int = Field(1, ge=0, description="known field labels needed beside the marker")
    labels: int = Field(4, ge=1, description="known field labels needed without the marker")
    signature: tuple[FieldId, ...] = Field(
        (), description="fields other templates do not have; without the marker one must be there"
    )


class Versions(Strict):
    """What counts as a Sourcegraph version, besides numbers and build ids."""

    hosted: tuple[str, ...] = Field((), description="the service without versions: sourcegraph.com")
    previews: tuple[str, ...] = Field((), description="moving tags that need a build beside them: insiders")
    others: tuple[str, ...] = Field((), description="products whose number is not ours: Docker 20.10")


class Docs(Strict):
    """What counts as a deployment or account doc."""

    hosts: tuple[str, ...] = Field(description="where deployment and account docs live; subdomains included")
    none: tuple[str, ...] = Field((), description="how people say that there is none; a reason must follow")
    fillers: tuple[str, ...] = Field((), description="words that are no reason: yet, available")


class Quotes(Strict):
    """What looks like a customer's words outside a quote block."""

    lead_ins: tuple[str, ...] = Field((), description="phrases before a colon: the customer said")
    speech: tuple[str, ...] = Field((), description="words people say and programs do not: we, please")


class Intake(Strict):
    fields: dict[FieldId, IntakeField] = Field(description="in the template's order")
    recognition: Recognition = Recognition()
    placeholders: tuple[str, ...] = Field((), description="answers that are none")
    versions: Versions = Versions()
    docs: Docs = Docs(hosts=())
    quotes: Quotes = Quotes()
    ticket_hosts: tuple[str, ...] = Field((), description="hosts of ticket links; subdomains included")
    yes: tuple[str, ...] = Field(("yes",), description="first words of a yes")
    company_suffixes: tuple[str, ...] = Field((), description="left out when customers' names are compared")
    extension_team: FieldId | None = Field(
        None, description="the owner whose issues need the extension fields"
    )
    priority_context: dict[FieldId, tuple[str, ...]] = Field(
        {}, description="what may raise the priority → words that say so"
    )
    negations: tuple[str, ...] = Field((), description="a context word after one of these does not count")
