"""Floor 1: alerts and who owns them.

An alert is recognised in the ways people write it: `frontend: page_load_latency`, the name Alertmanager sends
(`warning_frontend_page_load_latency`), the bare name, and the panel's title. A bare name that several owners
share (`container_cpu_usage`) says nothing without its service.
"""

from __future__ import annotations

from bot.policy.routing import AlertOwner, Alerts
from bot.rules.text import phrase

_WORDS_MIN = 3  # fewer are ordinary English: postgres connections


class AlertTable:
    """`names[i]` is a phrase to look for; `owner(i)` owns the alert it names, `title(i)` is its name."""

    def __init__(self, alerts: Alerts) -> None:
        self.names: list[str] = []
        self._owners: list[AlertOwner] = []
        self._titles: list[str] = []
        bare: dict[str, set[str]] = {}
        for table in (alerts.table, alerts.panels):
            for service, by_owner in table.items():
                for owner, names in by_owner.items():
                    for name in names:
                        bare.setdefault(" ".join(phrase(name)), set()).add(owner)
                        if len(phrase(f"{service} {name}")) >= _WORDS_MIN:
                            self._add(f"{service} {name}", f"{service}: {name}", alerts.owners[owner])
        for form, owners in bare.items():
            if len(owners) == 1 and len(form.split()) >= _WORDS_MIN:
                self._add(form, form.replace(" ", "_"), alerts.owners[next(iter(owners))])

    def _add(self, phrase: str, title: str, owner: AlertOwner) -> None:
        self.names.append(phrase)
        self._titles.append(title)
        self._owners.append(owner)

    def owner(self, number: int) -> AlertOwner:
        return self._owners[number]

    def title(self, number: int) -> str:
        return self._titles[number]
