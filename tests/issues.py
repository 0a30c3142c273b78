"""Issues for tests, filed as support engineers file them. Customers and texts are invented."""

from __future__ import annotations

COMPLETE = """\
<!-- rfh-bot:cs-new-issue -->
**Kind:** Request for help

**What do you need from engineering?** Find out why zoekt-indexserver is killed during indexing.

**Timeline:** later this week is fine

**Customer:** Northmere

**Zendesk ticket:** https://sourcegraph.zendesk.com/agent/tickets/5051

**Priority:** cs/p2

**Sourcegraph version:** 3.43.2

**Deployment doc and/or account doc:** none, because they are new and run the stock helm chart

**Steps to reproduce:** index the monorepo, then watch zoekt-indexserver
"""


def complete(**replaced: str) -> str:
    """The complete issue with some lines replaced, by the label's first word: ``complete(Priority="p1")``."""
    lines = []
    for line in COMPLETE.splitlines():
        for name, value in replaced.items():
            if line.startswith(f"**{name.replace('_', ' ')}"):
                end = line[: line.index("**", 2) + 2]
                line = f"{end} {value}"
        lines.append(line)
    return "\n".join(lines) + "\n"
