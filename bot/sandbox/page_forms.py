"""The issue templates of a repository, as GitHub offers them: issue forms (YAML) and markdown templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from bot.sandbox.records import Repo
from bot.sandbox.state import State

FOLDER = ".github/ISSUE_TEMPLATE/"
NO_RESPONSE = "_No response_"  # what GitHub writes for an empty field


@dataclass(frozen=True, slots=True)
class Field:
    """One element of an issue form. https://docs.github.com/communities (Syntax for GitHub's form schema)"""

    kind: Literal["markdown", "input", "textarea", "dropdown", "checkboxes"]
    id: str
    label: str
    description: str = ""
    placeholder: str = ""
    value: str = ""
    render: str = ""
    options: tuple[str, ...] = ()
    multiple: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """`slug` names it in the address; a form has fields, a markdown template a text."""

    slug: str
    name: str
    about: str
    title: str = ""
    labels: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    text: str = ""


BLANK = Template("blank", "Blank issue", "Start from nothing.")


def templates_of(state: State, repo: Repo) -> list[Template]:
    """The repository's templates, forms first, and the blank one. GitHub too skips a file it cannot read."""
    found = list(_readable(state, repo))
    return [*found, BLANK]


def _readable(state: State, repo: Repo) -> Iterator[Template]:
    for repo_id, path in sorted(state.files, key=lambda key: (key[1].endswith(".md"), key)):
        if repo_id != repo.id or not path.startswith(FOLDER) or path.endswith("config.yml"):
            continue
        slug, text = path.removeprefix(FOLDER), state.files[repo_id, path].content.decode()
        try:
            if slug.endswith((".yml", ".yaml")):
                yield _form(slug, yaml.safe_load(text))
            elif slug.endswith(".md"):
                yield _markdown(slug, text)
        except (yaml.YAMLError, KeyError, TypeError, AttributeError):
            continue


def _markdown(slug: str, text: str) -> Template:
    """A markdown template: front matter between two lines of dashes, then the text."""
    text = text.replace("\r\n", "\n")
    head, body = "", text
    if text.startswith("---\n"):
        head, _, body = text[4:].partition("\n---\n")
    data = yaml.safe_load(head) or {}
    return Template(
        slug,
        data.get("name", slug),
        data.get("about", ""),
        data.get("title") or "",
        _labels(data.get("labels")),
        text=body.lstrip("\n"),
    )


def _form(slug: str, data: Mapping[str, Any]) -> Template:
    fields = tuple(_field(index, element) for index, element in enumerate(data["body"]))
    about = data.get("description", "")
    return Template(slug, data["name"], about, data.get("title") or "", _labels(data.get("labels")), fields)


def _labels(given: object) -> tuple[str, ...]:
    """Labels are a list, or a text with commas."""
    if isinstance(given, str):
        return tuple(name.strip() for name in given.split(",") if name.strip())
    return tuple(str(name) for name in given) if isinstance(given, list) else ()


def _field(index: int, element: Mapping[str, Any]) -> Field:
    attributes = element.get("attributes") or {}
    options = [one["label"] if isinstance(one, dict) else str(one) for one in attributes.get("options") or ()]
    return Field(
        element["type"],
        element.get("id") or f"field-{index}",
        attributes.get("label", ""),
        attributes.get("description", ""),
        attributes.get("placeholder", ""),
        attributes.get("value", ""),
        attributes.get("render", ""),
        tuple(options),
        bool(attributes.get("multiple")),
        bool((element.get("validations") or {}).get("required")),
    )


def form_body(template: Template, answers: Mapping[str, list[str]]) -> str:
    """The issue's body as GitHub writes it from a filled form: a heading and the answer for each field."""
    asked = [field for field in template.fields if field.kind != "markdown"]
    return "\n\n".join(f"### {one.label}\n\n{_answer(one, answers.get(one.id, []))}" for one in asked)


def _answer(field: Field, given: list[str]) -> str:
    if field.kind == "checkboxes":
        return "\n".join(f"- [{'x' if option in given else ' '}] {option}" for option in field.options)
    text = ", ".join(one for one in given if one.strip()).strip()
    if not text:
        return NO_RESPONSE
    return f"```{field.render}\n{text}\n```" if field.render else text
