"""Floor 1: the CS issue templates as a policy wants them: its fields, its words, its choices. Pure.

The shipped files are written by hand for the shipped policy. For another one they are changed where it
differs: a field it does not have goes, one the file does not know comes at its place, as a text field, and
labels, hints and choices are the policy's. For the shipped policy both come out as they are, to the byte.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.policy.intake import IntakeField
from bot.policy.schema import Policy

FORM, MARKDOWN = "cs_new_issue.yml", "cs_new_issue.md"
_NOTE = "# Made by `rfh-bot init` from the policy; it asks what the policy's `intake.fields` ask.\n"


def form(shipped: str, policy: Policy) -> str:
    """The issue form."""
    data = yaml.safe_load(shipped)
    known = {element["id"]: element for element in data["body"] if "id" in element}
    fields = [
        _element(known.get(id_, {"type": "textarea", "id": id_}), field, policy)
        for id_, field in policy.intake.fields.items()
    ]
    changed = data | {"body": [*(each for each in data["body"] if "id" not in each), *fields]}
    if changed == data:
        return shipped
    return _NOTE + yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=110)


def _element(element: dict[str, Any], field: IntakeField, policy: Policy) -> dict[str, Any]:
    """A field of the form. Choices need no hint that lists them."""
    attributes: dict[str, Any] = {"label": field.label}
    choices = choices_of(field, policy)
    if field.hint and (not choices or field.answer == "team"):
        attributes["description"] = field.hint
    if choices:
        return {**element, "type": "dropdown", "attributes": attributes | {"options": list(choices)}}
    kind = "textarea" if element["type"] == "dropdown" else element["type"]
    return {**element, "type": kind, "attributes": attributes}


def choices_of(field: IntakeField, policy: Policy) -> tuple[str, ...]:
    """What a field lets the filer choose from; empty: free text."""
    match field.answer:
        case "kind":
            return tuple(kind.name for kind in policy.kinds.values())
        case "priority":
            return tuple(priority.label for priority in policy.priorities.values())
        case "team":
            return tuple(team.label for team in policy.teams.values() if team.label)
        case "reported":
            return ("Yes", "No")
        case _:
            return ()


def markdown(shipped: str, policy: Policy, default: Policy) -> str:
    """The markdown template. `default` is the policy that the shipped file was written for."""
    head, blocks = _blocks(shipped, default)
    body = []
    for id_, field in policy.intake.fields.items():
        known = default.intake.fields.get(id_)
        same = known is not None and _line(field, policy) == _line(known, default)
        body.append(blocks[id_] if same else f"{_line(field, policy)}\n\n")
    marker = policy.intake.recognition.marker
    text = head.replace(default.intake.recognition.marker, marker) + "".join(body)
    return text.rstrip("\n") + "\n"


def _blocks(shipped: str, default: Policy) -> tuple[str, dict[str, str]]:
    """What stands before the first field, and each field's lines up to the next one."""
    starts = {_heading(field): id_ for id_, field in default.intake.fields.items()}
    blocks: dict[str, str] = {}
    head, current = "", ""
    for line in shipped.splitlines(keepends=True):
        bold = line[: line.find("**", 2) + 2] if line.startswith("**") else ""
        current = starts.get(bold, current)
        if current:
            blocks[current] = blocks.get(current, "") + line
        else:
            head += line
    return head, blocks


def _heading(field: IntakeField) -> str:
    return f"**{field.label}**" if field.label.endswith("?") else f"**{field.label}:**"


def _line(field: IntakeField, policy: Policy) -> str:
    """A field's line, with its hint in a comment. Choices that fit on it are the hint."""
    choices = choices_of(field, policy) if field.answer in ("kind", "priority") else ()
    hint = " or ".join(filter(None, (", ".join(choices[:-1]), *choices[-1:]))) or field.hint
    return f"{_heading(field)} <!-- {hint} -->" if hint else _heading(field)
