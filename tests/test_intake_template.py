"""The CS template: recognised in both forms, its own words no answers, its shipped files like the policy."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
import yaml
from intake_bodies import POLICY, RULE, check, form, gap, markdown

from bot.rules.intake_text import label_key


@pytest.mark.parametrize(
    ("body", "recognised"),
    [
        ("<!-- rfh-bot:cs-new-issue -->\n**Kind:** RFH", "markdown"),
        ("<!-- rfh-bot:cs-new-issue -->\nKind: RFH", "markdown"),
        ("<!-- rfh-bot:cs-new-issue -->\nnothing left", None),
        ("**Kind:** a\n**Zendesk:** b\n**Version:** c\n**Priority:** d", "markdown"),
        ("### Kind\n\n### Zendesk\n\n### Version\n\n### Priority", "form"),
        ("## Kind\n\n## Zendesk\n\n## Version\n\n## Priority", "markdown"),
        ("### Kind\n\n### Zendesk\n\n### Version", None),
        ("### Version\n\n### Logs\n\n### Steps to reproduce\n\n### Environment\n\n### Screenshots", None),
        ("> ### Kind\n> ### Zendesk\n> ### Version\n> ### Priority", None),
        ("```\n### Kind\n### Zendesk\n### Version\n### Priority\n```", None),
        ("> <!-- rfh-bot:cs-new-issue -->\n\n**Kind:** RFH", None),
        ("", None),
    ],
)
def test_the_template_is_recognised(body: str, recognised: str | None) -> None:
    assert recognised == RULE.parse(body).form


@pytest.mark.parametrize("id_", list(POLICY.intake.fields))
@pytest.mark.parametrize("words", ["hint", "paste"])
def test_the_templates_own_words_are_no_answer(id_: str, words: str) -> None:
    """A hint whose comment marks were taken off, or an example pasted unchanged."""
    field = POLICY.intake.fields[id_]
    text = getattr(field, words)
    intake = check(markdown(**{id_.replace("-", "_"): text}))
    assert id_ not in intake.values
    assert (field.need in ("required", "help")) == (id_ in [each.field for each in intake.missing])


@pytest.mark.parametrize("write", [markdown, form])
def test_a_hint_above_the_answer_is_left_out(write: Any) -> None:
    hint = POLICY.intake.fields["version"].hint
    assert "3.43.2" == check(write(version=f"{hint}\n3.43.2")).values["version"]


@pytest.mark.parametrize("write", [markdown, form])
@pytest.mark.parametrize("id_", list(POLICY.intake.fields))
def test_the_text_to_paste_is_read_as_that_field(write: Any, id_: str) -> None:
    """In the form the filer used: pasted and filled in, it answers the gap it came with."""
    answers = {i.replace("-", "_"): "" for i in POLICY.intake.fields}
    intake = check(write(**answers | {"reported": "yes" if id_ != "reported" else ""}), team="extensibility")
    found = gap(intake, id_)
    if found is None:
        assert "optional" == POLICY.intake.fields[id_].need
        return
    assert found.paste.startswith("### " if write is form else "**")
    field = POLICY.intake.fields[id_]
    marker = "" if write is form else "<!-- rfh-bot:cs-new-issue -->\n"
    template = RULE.parse(f"{marker}{found.paste.replace(field.paste, 'zebra')}")
    assert "zebra" == template.text(id_)


def test_the_router_reads_the_topic_and_nothing_else() -> None:
    """Without template words and the answers about version, ticket, docs, customer, priority, kind, team."""
    body = markdown(
        environment="Kubernetes", steps="Open zoekt.", team="team/delivery\n\nSee also gitserver."
    )
    assert ["Say whether gitserver may lose a shard.", "Open zoekt.", "See also gitserver."] == [
        line for line in RULE.parse(body).routing_text.split("\n") if line
    ]


def test_no_two_fields_share_a_label() -> None:
    """Or the second would never be found."""
    keys = [label_key(label) for f in POLICY.intake.fields.values() for label in (f.label, *f.aliases)]
    assert sorted(set(keys)) == sorted(keys)


# ── the shipped files ───────────────────────────────────────────────────────────────────────


def _shipped(name: str) -> str:
    return resources.files("bot").joinpath("templates", name).read_text("utf-8")


def test_the_shipped_issue_form_asks_what_the_policy_asks() -> None:
    """Same fields, same order, with the policy's labels, hints and choices: the bot reads what it ships."""
    shipped = yaml.safe_load(_shipped("cs_new_issue.yml"))
    asked = {each["id"]: each["attributes"] for each in shipped["body"] if "id" in each}
    assert list(POLICY.intake.fields) == list(asked)
    for id_, field in POLICY.intake.fields.items():
        assert field.label == asked[id_]["label"]
        assert "options" in asked[id_] or field.hint == asked[id_].get("description", "")
    assert [kind.name for kind in POLICY.kinds.values()] == asked["kind"]["options"]
    assert [priority.label for priority in POLICY.priorities.values()] == asked["priority"]["options"]
    assert [team.label for team in POLICY.teams.values() if team.label] == asked["team"]["options"]


def test_the_shipped_issue_form_has_githubs_syntax() -> None:
    """https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema"""
    shipped = yaml.safe_load(_shipped("cs_new_issue.yml"))
    assert {"name", "description", "title", "labels", "assignees", "body"} == set(shipped)
    for element in shipped["body"]:
        assert element["type"] in ("markdown", "input", "textarea", "dropdown")
        assert set(element) <= {"type", "id", "attributes", "validations"}
        options = element["attributes"].get("options", [])
        assert (element["type"] == "dropdown") == bool(options)
        assert all(isinstance(option, str) for option in options)  # a bare Yes would be a boolean
        assert len(set(options)) == len(options)


def test_the_shipped_markdown_template_asks_what_the_policy_asks() -> None:
    """Untouched it is recognised, holds every field in the policy's order, and no answer to any."""
    _, front, body = _shipped("cs_new_issue.md").split("---\n", 2)
    assert {"name", "about", "title", "labels", "assignees"} == set(yaml.safe_load(front))
    template = RULE.parse(body)
    assert ("markdown", list(POLICY.intake.fields)) == (template.form, list(template.fields))
    assert {""} == {template.text(id_) for id_ in POLICY.intake.fields}
    assert "" == template.routing_text


@pytest.mark.parametrize("close", ["", "<!-- "])
def test_the_shipped_markdown_template_with_its_hints_laid_open(close: str) -> None:
    """Whoever takes off the comment marks has still answered nothing."""
    _, _, body = _shipped("cs_new_issue.md").split("---\n", 2)
    marker, *lines = body.split("\n")
    opened = "\n".join(
        [marker, *(line.replace("<!-- ", "").replace(" -->", "") for line in lines if "**" in line)]
    )
    assert {} == check(opened + close).values
