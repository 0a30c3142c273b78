"""Is the issue ours to speak on, and can it be written to?

Ours: from the template, labelled as a request for help, or known already; never the issue that holds our own
weekly digest. On any other issue a command is answered and nothing more, unless it decides something: then
the issue is taken in.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.recall import Recall
from bot.rules.inbox import Pending
from bot.rules.weekly import is_digest


def adopted(
    snapshot: Snapshot, recall: Recall, policy: Policy, from_template: bool, waiting: Sequence[Pending]
) -> str:
    """Why this issue is ours to speak on; empty when it is not."""
    if is_digest(snapshot):
        return ""
    if recall.state != "new":
        return "known"
    if snapshot.has_label(policy.labels.rfh):
        return "label"
    if snapshot.issue.state == "OPEN" and from_template:
        return "template"
    # A near miss may be another bot's command.
    return "command" if any(call.spec is not None for item in waiting for call in item.calls) else ""


def ended(snapshot: Snapshot) -> str:
    """Why the issue can't be written to now (invariant 11); empty when it can."""
    if snapshot.repository.archived:
        return "archived"
    return "locked" if snapshot.issue.locked else ""
