"""Filled-in templates of both forms, and short ways to ask the intake rule about them."""

from __future__ import annotations

from typing import Any

from bot.model import Gap, Intake
from bot.policy.load import load_default
from bot.rules.intake import IntakeRule

POLICY = load_default()
RULE = IntakeRule(POLICY)
CUSTOMERS = ("customer/northmere", "customer/Tessaro-Labs", "customer/quandel")
COMPLETE = {
    "Kind": "Request for help",
    "What do you need from engineering?": "Say whether gitserver may lose a shard.",
    "Timeline": "later this week is fine",
    "Customer": "Northmere",
    "Zendesk ticket": "#48211",
    "Priority": "cs/p2",
    "Sourcegraph version": "3.43.2",
    "Deployment doc and/or account doc": "https://docs.google.com/document/d/1nm",
}


def markdown(**answers: str | None) -> str:
    """The filled-in markdown template; keyword names are policy field ids."""
    labels = {POLICY.intake.fields[id_.replace("_", "-")].label: text for id_, text in answers.items()}
    filled = {label: text for label, text in {**COMPLETE, **labels}.items() if text is not None}
    return "<!-- rfh-bot:cs-new-issue -->\n\n" + "\n\n".join(
        f"**{label}:**\n{text}" for label, text in filled.items()
    )


def form(**answers: str) -> str:
    """The issue form as GitHub writes it down."""
    given = {POLICY.intake.fields[id_.replace("_", "-")].label: text for id_, text in answers.items()}
    return "\n\n".join(
        f"### {field.label}\n\n{given.get(field.label, COMPLETE.get(field.label, '_No response_'))}"
        for field in POLICY.intake.fields.values()
    )


def check(body: str, rule: IntakeRule = RULE, **given: Any) -> Intake:
    known: dict[str, Any] = {"title": "", "labels": (), "customers": CUSTOMERS, "kind": None, "team": None}
    return rule.check(rule.parse(body), **{**known, **given})


def gap(intake: Intake, field: str) -> Gap | None:
    return next((each for each in intake.gaps if each.field == field), None)


def reason(intake: Intake, field: str) -> str | None:
    found = gap(intake, field)
    return found.reason if found is not None else None
