"""Floor 1: what card, reminders and thread say about paging."""

from __future__ import annotations

from datetime import datetime

from bot.words import moment

_WHO = {"support-mgmt": "support's management", "customer-support": "support on call"}


def who(target: str) -> str:
    """The people behind a paging target."""
    return _WHO.get(target, target)


def to_page(target: str) -> str:
    """Above the line to paste."""
    return f"To page {who(target)}, post in Slack:"


def paged(target: str, at: datetime) -> str:
    """Above the line to paste, when the service took it."""
    return f"Paged {who(target)}, {moment(at)}. To page again, post in Slack:"


def not_paged(target: str) -> str:
    """Above the line to paste, when the service did not."""
    return f"The paging service refused to page {who(target)}. To page by hand, post in Slack:"


def in_thread(target: str, line: str, *, service: bool) -> str:
    """In the thread, as mrkdwn."""
    name = who(target)
    head = f"{name[0].upper()}{name[1:]} is {'paged' if service else 'called'}."
    return f"{head} To page {'again' if service else 'them'}: `{line}`"
