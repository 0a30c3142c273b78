"""Floor 1: what in an issue may raise its priority (handbook, step 4).

"Start with the issue and its severity and then move it up based on all relevant context (are we in the
sales process? does the customer have something happening that requires more immediate attention?)". The
words are policy data; what they find is shown to the person who decides, and never decides itself.
"""

from __future__ import annotations

from collections.abc import Callable

import re2

from bot.policy.intake import Intake


class PriorityContext:
    def __init__(self, intake: Intake) -> None:
        self._said = {
            id_: _finder(words, intake.negations) for id_, words in intake.priority_context.items() if words
        }

    def seen(self, text: str) -> tuple[str, ...]:
        """Ids of what the text speaks of, in the policy's order."""
        return tuple(id_ for id_, said in self._said.items() if said(text))


def _finder(words: tuple[str, ...], negations: tuple[str, ...]) -> Callable[[str], bool]:
    """Is any of the words there as a whole word, without a negation right before it ("no outage")."""
    negated = "|".join(map(re2.escape, negations)) or r"\z."
    phrases = "|".join(map(re2.escape, words))
    pattern = re2.compile(rf"(?i)(?:\b({negated})\s+(?:an?\s+|the\s+|any\s+)?)?\b(?:{phrases})\b")
    return lambda text: any(not found[1] for found in pattern.finditer(text))
