"""Pages for people name commands, labels and keys that exist, and each can be found from the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from generated_docs import ROOT
from test_docs import MARKDOWN

from bot.__main__ import COMMANDS as TOOLS
from bot.commands import COMMANDS
from bot.policy.labels import label_specs
from bot.policy.load import DEFAULT_NAME, check_layers, default_text, load_default

ROLES = ("support.md", "rotation.md", "manager.md", "operator.md", "operations.md", "deploy.md")
INDEX = (ROOT / "docs/README.md").read_text("utf-8")


def spans(page: Path) -> list[str]:
    """What stands in code: spans and blocks."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [*re.findall(r"`([^`\n]+)`", rest), *(line for block in blocks for line in block.splitlines())]


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.name)
def test_every_page_is_in_the_index(page: Path) -> None:
    assert page.name == "README.md" or f"({page.name}" in INDEX


def test_every_role_has_its_page() -> None:
    assert [] == [
        name for name in (*ROLES, "../CONTRIBUTING.md", "../SECURITY.md") if f"({name}" not in INDEX
    ]


@pytest.mark.parametrize("name", ["support.md", "rotation.md", "manager.md"])
def test_every_command_in_comments_exists(name: str) -> None:
    written = [span for span in spans(ROOT / "docs" / name) if re.match(r"/[a-z]", span)]
    assert written
    assert [] == [span for span in written if re.split(r"[ ,]", span[1:])[0] not in COMMANDS]


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: page.name)
def test_every_command_in_the_terminal_exists(page: Path) -> None:
    found = {word for span in spans(page) for word in re.findall(r"(?<![\w/.-])rfh-bot ([a-z]+)", span)}
    assert set() == found - TOOLS.keys()


@pytest.mark.parametrize("name", ["support.md", "rotation.md", "manager.md"])
def test_every_label_of_ours_exists(name: str) -> None:
    known = {spec.name for spec in label_specs(load_default())}
    written = re.findall(r"label:([\w/-]+)", (ROOT / "docs" / name).read_text("utf-8"))
    assert [] == [label for label in written if label not in known]


@pytest.mark.parametrize("name", ["manager.md", "clocks.md", "policy.md", "slack.md", "publishing.md"])
def test_every_example_of_a_policy_loads(name: str) -> None:
    text = (ROOT / "docs" / name).read_text("utf-8")
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        _, problems = check_layers([(DEFAULT_NAME, default_text()), (name, block)])
        assert [] == [str(problem) for problem in problems]
