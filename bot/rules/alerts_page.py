"""Floor 1: reads the product's alert reference and its dashboards reference: which alert and panel is whose.

Both pages are generated, so that their form is fixed: a heading `## service: alert_name` (`####` in the
dashboards reference), the panel's title in a `<p class="subtitle">` (or "This panel indicates …" in older
pages), and at the end "Managed by the Sourcegraph X team". A section that names no owner, or one unknown to
the policy, is listed; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

# The pages are ours and of fixed form; every pattern is tried on one line and has no nested repetition.
_HEADING = re.compile(r"^#{2,4} ([a-z][\w-]*): ([\w-]+)\s*$")
_ANY_HEADING = re.compile(r"^#{1,4} ")
_TITLE = re.compile(r'^(?:<p class="subtitle">|This panel indicates )([^<]+?)(?:</p>|\.)\s*$')
_OWNER = re.compile(r"Managed by the \[?Sourcegraph ([A-Za-z][\w -]*?) team\b")
_WINDOW = re.compile(r"\s+(?:over|every|by)\s+\d+\w*$")

Table = dict[str, dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class AlertPage:
    """service → owner → names, in the page's order; `unreadable` says which sections had no owner."""

    alerts: Table = field(default_factory=dict)
    panels: Table = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()


def read_alert_page(text: str, owners: Collection[str]) -> AlertPage:
    """Read either page; `owners` are the names the policy knows."""
    page = AlertPage()
    unreadable: list[str] = []
    service = name = title = ""

    def end_section() -> None:
        if name:
            unreadable.append(f"{service}: {name}: names no owner")

    for line in text.splitlines():
        if _ANY_HEADING.match(line):
            end_section()
            heading = _HEADING.match(line)
            service, name = (heading[1], heading[2]) if heading else ("", "")
            title = ""
        elif found := _TITLE.match(line):
            title = title or _WINDOW.sub("", found[1])
        elif name and (owner := _OWNER.search(line)):
            if owner[1] in owners:
                _put(page.alerts, service, owner[1], name)
                if title:
                    _put(page.panels, service, owner[1], title)
            else:
                unreadable.append(f"{service}: {name}: owner {owner[1]!r} is not one of the policy's")
            name = ""
    end_section()
    return AlertPage(page.alerts, page.panels, tuple(unreadable))


def _put(table: Table, service: str, owner: str, name: str) -> None:
    names = table.setdefault(service, {}).setdefault(owner, [])
    if name not in names:
        names.append(name)
