"""Floor 1: every word a user sees about the docs loop."""

from __future__ import annotations

from bot.markdown import escape
from bot.memory import Intent
from bot.policy.schema import Policy

_DOCS = {"updated": "updated", "issue": "an issue was filed", "none": "nothing to write down"}


def question(policy: Policy, owner: str, *, docs: bool, resolution: bool) -> str:
    """Asked once, with the close; each line is one to paste."""
    team = policy.support.github_team
    who = f"@{owner}" if owner else f"@{team}" if team else "Support,"
    lines = [f"{who} closed. For the next one like it:", ""]
    if docs:
        lines.append("- **Docs?** `/docs updated URL` · `/docs issue URL` · `/docs none REASON`")
    if resolution:
        lines.append("- **What resolved it?** `/resolved ONE SENTENCE`")
    return "\n".join(lines)


def docs_cell(intent: Intent | None, *, asked: bool) -> str:
    """The card's row about the docs; empty: there is nothing to say."""
    if intent is not None and intent.value in _DOCS:
        return f"{_DOCS[intent.value]} · {escape(intent.by)}"
    return "`/docs updated URL`, `/docs issue URL` or `/docs none REASON`" if asked else ""
