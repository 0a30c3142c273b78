"""How the sandbox misbehaves, on purpose and repeatably: what GitHub and the network do on a bad day.

A spec is written ``lag:2s,5xx:0.1,drop:0.05``; figures are probabilities, except lag, which is a time.

    lag:D          each read shows the world as it was up to D ago (GitHub's reads lag its writes)
    5xx:P          a request answers 502, half of them after the write was done (outcome unknown)
    reset:P        the connection breaks, half of them after the write was done
    timeout:P      nothing is answered for ten seconds, then 504
    secondary:P    403 with retry-after: the secondary rate limit
    graphql-200:P  a GraphQL request answers 200 with an error and no data
    duplicate:P    a webhook is delivered twice
    drop:P         a webhook is not delivered (it stays in the list of failed deliveries)
    reorder        webhooks wait up to two seconds each, so later ones overtake
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.errors import UserError

Fault = Literal["before", "after", "reset", "reset-after", "timeout", "secondary", "graphql-200"]
_PROBABILITIES = ("5xx", "reset", "timeout", "secondary", "graphql-200", "duplicate", "drop")
ALLOWED = (*_PROBABILITIES, "lag", "reorder")


@dataclass(slots=True)
class Once:
    """One fault for the next request that fits: `on` is part of ``POST /repos/…`` or a mutation's name."""

    fault: Fault
    on: str = ""


@dataclass(slots=True)
class Faults:
    """Draws faults from a seeded source; `once` comes first and is for tests of one crash point."""

    odds: dict[str, float] = field(default_factory=dict)
    lag: float = 0.0
    reorder: bool = False
    seed: int = 0
    once: list[Once] = field(default_factory=list)
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 (a repeatable source is the point)

    @classmethod
    def parse(cls, spec: str, seed: int = 0) -> Faults:
        """Read a spec; raises UserError naming the part that is wrong and what is allowed."""
        faults = cls(seed=seed)
        for part in filter(None, (one.strip() for one in spec.split(","))):
            name, _, value = part.partition(":")
            if name not in ALLOWED:
                raise UserError(f"no such fault: {name!r} (one of {', '.join(ALLOWED)})")
            if name == "reorder":
                faults.reorder = True
                continue
            try:
                number = float(value.removesuffix("s")) if name == "lag" else float(value)
            except ValueError:
                raise UserError(f"fault {name}: {value!r} is no number") from None
            if name == "lag":
                faults.lag = number
            elif 0 <= number <= 1:
                faults.odds[name] = number
            else:
                raise UserError(f"fault {name}: {value} is no probability (0 to 1)")
        return faults

    def hits(self, name: str) -> bool:
        """Does a fault of these odds happen now?"""
        odds = self.odds.get(name, 0.0)
        return odds > 0 and self._random.random() < odds

    def for_request(self, line: str, mutations: Sequence[str], *, graphql: bool) -> Fault | None:
        """The fault of this request, None mostly. `line` is the method and path template."""
        for one in self.once:
            if one.on in line or one.on in mutations:
                self.once.remove(one)
                return one.fault
        if self.hits("5xx"):
            return self._random.choice(("before", "after"))
        if self.hits("reset"):
            return self._random.choice(("reset", "reset-after"))
        for fault in ("timeout", "secondary"):
            if self.hits(fault):
                return fault
        return "graphql-200" if graphql and self.hits("graphql-200") else None

    def lag_now(self) -> float:
        """How far behind this read is, in seconds."""
        return self._random.uniform(0, self.lag) if self.lag else 0.0

    def delay(self) -> float:
        """How long this webhook waits, in seconds."""
        return self._random.uniform(0, 2) if self.reorder else 0.0
