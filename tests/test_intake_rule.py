"""Which gaps an issue has, given its kind, owner, labels and commands (handbook, steps 1, 2 and 4)."""

from __future__ import annotations

from typing import Any

import pytest
from intake_bodies import POLICY, check, form, markdown, reason

from bot.policy.load import default_text, load_files
from bot.rules.intake import IntakeRule


def test_a_complete_issue_has_no_gap_in_either_form() -> None:
    for body in (markdown(), form()):
        intake = check(body)
        assert () == intake.missing
        assert ("help", "customer/northmere", "p2") == (intake.kind, intake.customer, intake.priority)


@pytest.mark.parametrize(
    "id_", [id_ for id_, field in POLICY.intake.fields.items() if field.need == "required"]
)
@pytest.mark.parametrize("write", [markdown, form])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "_No response_",
        "latest",
        "n/a",
        "N/A",
        "-",
        "TBD",
        "tbd.",
        "???",
        "```\n```",
        "```\n\n```",
        "<!-- x -->",
        "- [ ] a",
        "<br>",
    ],
)
def test_no_answer_is_a_gap(id_: str, write: Any, text: str) -> None:
    """Placeholders, empty blocks and unticked boxes are missing, for each required field and only there."""
    intake = check(write(**{id_.replace("-", "_"): text}))
    assert [id_] == [each.field for each in intake.missing]


def test_all_gaps_come_at_once_in_the_templates_order() -> None:
    gaps = [
        each.field
        for each in check(form(**dict.fromkeys(("version", "kind", "zendesk", "customer"), ""))).missing
    ]
    assert ["kind", "customer", "zendesk", "version"] == gaps


@pytest.mark.parametrize(
    ("given", "kind"),
    [({"kind": "defect"}, "defect"), ({"labels": ("RFH",)}, "help"), ({}, None)],
    ids=["a command", "the rfh label", "nothing"],
)
def test_an_empty_kind_is_answered_by(given: dict[str, Any], kind: str | None) -> None:
    assert kind == check(markdown(kind=""), **given).kind


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("Request for help", {"need", "timeline", "teammates-asked"}),
        ("", {"need", "timeline", "teammates-asked"}),
        ("Defect", set()),
        ("Feature request", set()),
    ],
)
def test_need_timeline_and_teammates_are_for_requests_for_help(kind: str, asked: set[str]) -> None:
    """While the kind is missing they are asked for too: all gaps at once."""
    intake = check(markdown(kind=kind, need="", timeline="", teammates_asked=""))
    assert asked == {each.field for each in intake.gaps} & {"need", "timeline", "teammates-asked"}
    assert "teammates-asked" not in [each.field for each in intake.missing]


@pytest.mark.parametrize(("team", "asked"), [("extensibility", True), ("delivery", False), (None, False)])
def test_extension_name_and_version_are_for_the_extension_owner(team: str | None, asked: bool) -> None:
    missing = [each.field for each in check(markdown(), team=team).missing]
    assert (["extension-name", "extension-version"] if asked else []) == missing


@pytest.mark.parametrize(
    ("answer", "labels", "priority", "why"),
    [
        ("cs/p1", (), "p1", None),
        ("P2", (), "p2", None),
        ("p1 - their instance is down", (), "p1", None),
        ("", ("se/p1",), "p1", None),
        ("p1", ("cs/p2",), "p2", None),
        ("", ("cs/p2", "se/p2"), "p2", None),
        ("p1 or p2", (), None, "several-priorities"),
        ("", ("cs/p1", "CS/P2"), None, "several-priorities"),
        ("high", (), None, "unknown-priority"),
        ("", (), None, "missing"),
    ],
)
def test_exactly_one_priority(
    answer: str, labels: tuple[str, ...], priority: str | None, why: str | None
) -> None:
    """Labels that people set say more than the template; nothing is set by default."""
    intake = check(markdown(priority=answer), labels=labels)
    assert (priority, why) == (intake.priority, reason(intake, "priority"))


def test_a_command_decides_over_template_and_labels() -> None:
    intake = check(markdown(), labels=("cs/p2",), priority="p1", customer="customer/quandel", kind="defect")
    assert ("p1", "customer/quandel", "defect") == (intake.priority, intake.customer, intake.kind)


@pytest.mark.parametrize(
    ("kind", "priority", "context"), [("Feature request", "p2", ("lowered",)), ("Defect", "p1", ())]
)
def test_p1_is_not_for_feature_requests(kind: str, priority: str, context: tuple[str, ...]) -> None:
    """Step 4: p2 is for "all feature requests"; the reason is told."""
    intake = check(markdown(kind=kind, priority="cs/p1"))
    assert (priority, context) == (intake.priority, intake.priority_context)
    assert None is reason(intake, "priority")


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("They are in the sales process.", ("sales-process",)),
        ("The RENEWAL is next month and production is down", ("renewal", "outage")),
        ("needed by tomorrow", ("deadline",)),
        ("no outage, it only slowed down", ()),
        ("downtown shutdown renewable", ()),
    ],
)
def test_what_may_raise_the_priority_is_pointed_at(text: str, context: tuple[str, ...]) -> None:
    assert context == check(markdown(urgency=text, priority="")).priority_context
    assert context == check(markdown(priority=""), title=text).priority_context


def test_a_customer_in_the_sales_process_is_a_hint_of_urgency() -> None:
    """Step 4: "if a customer is in the sales process, issues have a higher degree of urgency". Said once."""
    rule = IntakeRule(load_files(default_text(), "customers: {northmere: {prospect: true}}"))
    assert ("sales-process",) == check(markdown(priority=""), rule).priority_context
    assert ("sales-process", "outage") == check(markdown(urgency="It is down"), rule).priority_context
    assert ("sales-process",) == check(markdown(urgency="A pilot"), rule).priority_context
    assert () == check(markdown(customer="Quandel"), rule).priority_context


@pytest.mark.parametrize("write", [markdown, form])
def test_what_would_help_never_blocks(write: Any) -> None:
    """Steps 1 and 2: asked for, and a screenshot or a log counts wherever it stands."""
    would_help = {id_ for id_, field in POLICY.intake.fields.items() if field.need == "would-help"}
    bare = check(write())
    assert would_help == {each.field for each in bare.helpful}
    assert () == bare.missing
    shown = check(write(steps="![a](https://example.com/a.png)\n\n```\npanic: x\n```"))
    assert would_help - {"steps", "screenshots", "logs"} == {each.field for each in shown.helpful}


def test_nothing_is_asked_on_other_issues_unless_they_are_requests_for_help() -> None:
    body = "**Sourcegraph version:** 3.43.2\n\nIt is slow."
    assert () == check(body).gaps
    required = {"need", "timeline", "customer", "zendesk", "priority", "docs"}
    for known in ({"labels": ("rfh",)}, {"kind": "help"}):
        asked = check(body, **known)
        assert required == {each.field for each in asked.gaps}
        assert all(each.required and each.paste.startswith("**") for each in asked.gaps)
