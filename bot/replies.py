"""Floor 1: the comments beside the card: answers, refusals, reminders and alerts. Each is written once."""

from __future__ import annotations

from bot import words
from bot.card import View, label, team_cell
from bot.rules.inbox import Handled, Outcome


def reply(handled: Handled, view: View) -> str:
    """One reply for all the commands of a comment; empty when a reaction says enough."""
    texts = [text for outcome in handled.outcomes if (text := _answer(outcome, view))]
    return "\n\n".join(dict.fromkeys(texts))


def _answer(outcome: Outcome, view: View) -> str:
    if not outcome.ok:
        return words.refusal(outcome, view.policy)
    if outcome.command == "undo":
        return words.undone(outcome.value)
    if not outcome.answer:
        return ""
    if outcome.command == "help":
        return words.help_table(view.policy)
    if outcome.command == "why":
        return f"**{team_cell(view)}**\n\n{words.why(view.route, view.policy)}"
    return _checked(view)


def _checked(view: View) -> str:
    missing = view.intake.missing
    if not missing and view.intake.template is None and view.intake.kind is None:
        return words.not_ours(view.policy)
    if not missing:
        return "Checked: nothing is missing."
    rows = [f"- **{label(gap, view.policy)}** {words.gap(gap, view.policy)}".rstrip() for gap in missing]
    return "\n".join(["Checked. Missing:", *rows])


def alert(view: View) -> str:
    """An urgent issue without a team: somebody of support must act."""
    support = view.policy.support
    who = f"@{support.github_team}" if support.github_team else " ".join(f"@{m}" for m in support.members)
    return f"{who or words.SUPPORT} {words.ALERT}".strip()
