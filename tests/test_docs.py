"""The documentation is complete and true: what exists is described, what is described exists."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from generated_docs import PAGES, ROOT, rewritten
from test_floors import FLOORS

from bot import events
from bot.commands import COMMANDS
from bot.policy.schema import Policy

MANIFEST = json.loads((ROOT / "app-manifest.json").read_text("utf-8"))
MARKDOWN = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def sections(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", (ROOT / page).read_text("utf-8"), re.MULTILINE)


def anchors(text: str) -> set[str]:
    """The anchors GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_are_those_of_the_code(page: str) -> None:
    """Settings, commands, labels and keys of the policy."""
    text = (ROOT / page).read_text("utf-8")
    assert rewritten(text) == text, "run `make docs`"


def test_every_command_has_a_section() -> None:
    assert [f"/{name}" for name in COMMANDS] == sections("docs/commands.md")


def test_every_key_of_the_policy_has_a_section() -> None:
    written = sections("docs/policy.md")
    assert sorted(Policy.model_fields) == sorted(name for name in written if " " not in name)


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: page.name)
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        address = urlsplit(link)
        if address.scheme:
            continue
        target = (page.parent / address.path).resolve() if address.path else page
        lost = (
            address.fragment
            and target.exists()
            and address.fragment not in anchors(target.read_text("utf-8"))
        )
        if lost or not target.exists():
            broken.append(link)
    assert [] == broken


# ── the manifest ────────────────────────────────────────────────────────────────────────────


def test_the_manifest_subscribes_to_the_events_that_are_read_and_to_no_other() -> None:
    assert sorted(events.EVENTS) == sorted(MANIFEST["default_events"])


def test_the_app_is_private_to_who_registers_it() -> None:
    assert MANIFEST["public"] is False


def test_the_registration_link_says_what_the_manifest_says() -> None:
    """https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters"""
    found = re.search(
        r"\((https://github\.com/settings/apps/new\?[^)]+)\)", (ROOT / "README.md").read_text("utf-8")
    )
    assert found is not None
    asked = parse_qs(urlsplit(found[1]).query)
    expected = {
        "name": [MANIFEST["name"]],
        "url": [MANIFEST["url"]],
        "public": ["false"],
        "webhook_active": ["true"],
        "webhook_url": [MANIFEST["hook_attributes"]["url"]],
        "events[]": MANIFEST["default_events"],
    } | {name: [level] for name, level in MANIFEST["default_permissions"].items()}
    assert expected == asked


def test_the_architecture_names_every_part_on_its_floor() -> None:
    rows = {
        int(line[2]): line
        for line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines()
        if re.match(r"\| [0-4] (entry|doors|shell|pure|model) \|", line)
    }
    missing = [
        (floor, prefix)
        for floor, prefixes in FLOORS.items()
        for prefix in prefixes
        if any(path.name in (prefix, f"{prefix}.py") for path in (ROOT / "bot").iterdir())
        if not re.search(rf"`{prefix}(\*?\.py|/)`", rows[floor])
    ]
    assert [] == missing
