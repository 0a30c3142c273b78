"""Recorded cases: a body, and everything the intake rule concludes from it.

Each folder of `tests/cases/intake` holds `input.md`, `expected.json` and, where something is known besides
the body, `given.json` (labels, team, crlf). `RFH_RECORD=1 pytest tests/test_intake_cases.py` writes what
the rule concludes now: a change of behaviour is a diff to review.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.model import Intake
from bot.policy.load import load_default
from bot.rules.intake import IntakeRule

CASES = sorted((Path(__file__).parent / "cases" / "intake").iterdir())
CUSTOMERS = ("customer/northmere", "customer/quandel", "customer/Tessaro-Labs")
RULE = IntakeRule(load_default())


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _judged(folder: Path) -> dict[str, Any]:
    given = _json(folder / "given.json")
    body = (folder / "input.md").read_text("utf-8")
    if given.get("crlf"):
        body = body.replace("\n", "\r\n")
    intake = RULE.check(
        RULE.parse(body),
        title="",
        labels=given.get("labels", ()),
        customers=CUSTOMERS,
        kind=None,
        team=given.get("team"),
    )
    return _shown(intake)


def _shown(intake: Intake) -> dict[str, Any]:
    gaps = {}
    for gap in intake.missing:
        parts = {"reason": gap.reason, "seen": gap.seen, "lines": list(gap.lines), "near": list(gap.near)}
        gaps[gap.field] = {name: part for name, part in parts.items() if part}
    return {
        "template": intake.template,
        "kind": intake.kind,
        "customer": intake.customer,
        "priority": intake.priority,
        "priority_context": list(intake.priority_context),
        "team": intake.team,
        "values": dict(intake.values),
        "missing": gaps,
        "helpful": {gap.field: [gap.reason, *gap.lines] for gap in intake.helpful},
        "routing_text": intake.routing_text.split("\n"),
    }


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_a_recorded_issue_is_judged_as_recorded(folder: Path) -> None:
    expected, actual = folder / "expected.json", _judged(folder)
    if os.environ.get("RFH_RECORD"):
        expected.write_text(json.dumps(actual, indent=2, ensure_ascii=False) + "\n", "utf-8")
    assert _json(expected) == actual


def test_there_are_cases_of_both_forms() -> None:
    """The folder is found, and it holds what this file promises."""
    forms = [_json(folder / "expected.json")["template"] for folder in CASES]
    assert {"form", "markdown", None} == set(forms)
