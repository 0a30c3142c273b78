"""Floor 0: one open request for help, as the lists in Slack need it: ids and times, nobody's words.

The database keeps one per open request, written by each run and by the hourly look at all issues; losing
them costs nothing that the next night does not bring back.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, Self

Turn = Literal["engineering", "support", "customer", ""]
_TIMES = ("asked_at", "since", "due")


@dataclass(frozen=True, slots=True)
class Standing:
    """`team` is empty while nobody has it, `turn` while no clock runs. Times in UTC, to the second."""

    issue: str  # owner/repo#7
    url: str
    team: str  # policy id
    priority: str  # policy id, or empty
    customer: str  # label, or empty; it leaves the house only when the policy says so
    turn: Turn
    asked_at: datetime  # when engineering was asked; filed, while nobody was
    since: datetime  # of the turn
    due: datetime | None  # when engineering's answer is, on its turn

    def dumped(self) -> str:
        """As the database keeps it: equal text, equal standing."""
        raw = asdict(self)
        times = {name: int(raw[name].timestamp()) for name in _TIMES if raw[name] is not None}
        return json.dumps(raw | times, sort_keys=True)

    @classmethod
    def loaded(cls, text: str) -> Self:
        """The opposite of `dumped`."""
        raw = json.loads(text)
        times = {name: datetime.fromtimestamp(raw[name], UTC) for name in _TIMES if raw[name] is not None}
        return cls(**raw | times)
