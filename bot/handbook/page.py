"""Floor 1: what a handbook page on engaging other teams says, each fact with its line.

A fact is read only from a form that is known. A line that bears a sign of a fact (keywords, "routed to", a
handle, a label …) in a form that is not known is listed in `unread`, and so are an empty bullet, a list of
exceptions without any, and an area that names no owner. Lines without such a sign are prose.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rule:
    """Who gets questions about a subject. Without `owners`, the alert reference says it."""

    subject: str
    owners: tuple[str, ...]
    line: int
    channel: str = ""


@dataclass(slots=True)
class Area:
    """One section with keywords. `name` is its heading, or what its "Any questions about …" is about."""

    name: str
    line: int
    keywords: list[str] = field(default_factory=list)
    rules: list[Rule] = field(
        default_factory=list
    )  # the first one that is not by reference is the area's own
    exceptions: list[Rule] = field(default_factory=list)

    @property
    def main(self) -> Rule | None:
        """The rule for the area as a whole."""
        return next((rule for rule in self.rules if rule.owners), None)


@dataclass(frozen=True, slots=True)
class Contact:
    """How a team is reached in Slack. `preferred` is used instead of the handle once it exists."""

    team: str
    line: int
    channel: str = ""
    handles: tuple[str, ...] = ()
    preferred: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A value that belongs to a name: a label to a team, a definition to a priority, a tracker to a use."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that seems to state something, and why it could not be read."""

    line: int
    text: str
    why: str


@dataclass(slots=True)
class Page:
    """Everything that was read, in the page's order."""

    areas: list[Area] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    handles: list[Named] = field(default_factory=list)  # "sub-team" or "support" → a handle named in prose
    labels: list[Named] = field(default_factory=list)  # whose → label; `rfh` and `customer` beside the teams
    priorities: list[Named] = field(default_factory=list)  # label → definition
    trackers: list[Named] = field(default_factory=list)  # private, public → owner/name
    support_channel: Named | None = None
    unread: list[Unread] = field(default_factory=list)
