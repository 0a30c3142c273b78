"""Floor 2: what a check of the doctor returns: how bad, what was seen, and the remedy to copy and paste.

A finding holds names (of labels, people, repositories, channels, settings), codes and figures, and what is
wrong with a policy. It never holds a secret or a word of an issue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.errors import Forbidden, RfhError

Level = Literal["ok", "warn", "fail"]
SHOWN = 8  # of a long list


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` names the check, as the headings of docs/operator.md do; `remedy` is empty when all is well."""

    check: str
    level: Level
    what: str
    remedy: str = ""


Findings = list[Finding]


async def guarded(check: str, look: Callable[[], Awaitable[Findings]]) -> Findings:
    """The findings of a check; that it could not be made is a finding too, and stops no other check."""
    try:
        return await look()
    except Forbidden as error:
        return [Finding(check, "fail", f"not allowed: {error}", "See `credentials` and `permissions`.")]
    except RfhError as error:
        return [
            Finding(check, "fail", f"could not be checked: {error}", "Try again; then see the first line.")
        ]


def listed(names: Sequence[str]) -> str:
    """Names on one line, the first few and how many more."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
