"""Floor 1: alerts and who owns them.

An alert is recognised in the ways people write it: `frontend: page_load_latency`, the name Alertmanager sends
(`warning_frontend_page_load_latency`), the bare name, and the panel's title. A bare name that several owners
share (`container_cpu_usage`) says nothing without its service; a short one must be written as a name, with
its underscores, for `user added repos` is plain English too.
"""

from __future__ import annotations

from typing import NamedTuple

from bot.policy.routing import AlertOwner, Alerts
from bot.rules.text import phrase

_WORDS_MIN = 3  # fewer are ordinary English even with their service: postgres connections
_SURE_WORDS = 4  # so many in this order are no accident


class Alert(NamedTuple):
    """One way to write an alert: the phrase to look for, the name to show, and the owner."""

    phrase: str
    name: str
    owner: AlertOwner
    literal: bool  # counts only where the name itself stands in the text

    def written(self, text: str) -> bool:
        """Is it meant in this (lower-case) text, in which its words stand?"""
        return not self.literal or self.name in text


def alerts_of(alerts: Alerts) -> list[Alert]:
    """Every way to write every alert and panel of the policy."""
    found: list[Alert] = []
    bare: dict[str, set[str]] = {}
    for table in (alerts.table, alerts.panels):
        for service, by_owner in table.items():
            for owner, names in by_owner.items():
                for name in names:
                    bare.setdefault(name.lower(), set()).add(owner)
                    if len(phrase(f"{service} {name}")) >= _WORDS_MIN:
                        full = f"{service}: {name}"
                        found.append(Alert(f"{service} {name}", full, alerts.owners[owner], literal=False))
    for name, owners in bare.items():
        length = len(phrase(name))
        if len(owners) == 1 and length >= _WORDS_MIN:
            (sole,) = owners
            found.append(Alert(name, name, alerts.owners[sole], literal=length < _SURE_WORDS))
    return found
