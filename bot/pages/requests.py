"""The list of open requests: filters in the address, most urgent first, fifty on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bot.policy.schema import Policy
from bot.rules.figures.report import Line

PER_PAGE = 50
NOBODY = "none"  # in the address: no team, no turn, no customer


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for; empty: all. `text`: a number, or words of the title."""

    team: str = ""
    turn: str = ""
    priority: str = ""
    customer: str = ""
    text: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """From an address. What makes no sense there finds nothing, or is the first page."""
        number = query.get("page", "1")
        page = int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        names = ("team", "turn", "priority", "customer", "text")
        return cls(**{name: query.get(name, "").strip()[:200] for name in names}, page=max(page, 1))

    def __bool__(self) -> bool:
        return bool(self.team or self.turn or self.priority or self.customer or self.text)

    def fits(self, line: Line) -> bool:
        return (
            _is(self.team, line.team)
            and _is(self.turn, line.waiting)
            and _is(self.priority, line.priority)
            and _is(self.customer, line.customer)
            and _found(self.text, line)
        )

    def address(self, page: int) -> str:
        """The query of another page of the same list."""
        values = replace(self, page=page)
        names = ("team", "turn", "priority", "customer", "text")
        query = {name: value for name in names if (value := getattr(values, name))}
        return urlencode(query | ({"page": page} if page > 1 else {}))


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: (value, name)."""

    teams: tuple[tuple[str, str], ...]
    priorities: tuple[tuple[str, str], ...]
    customers: tuple[tuple[str, str], ...]
    turns: tuple[tuple[str, str], ...] = (
        ("engineering", "engineering"),
        ("support", "support"),
        ("customer", "customer"),
        (NOBODY, "nobody"),
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list."""

    lines: tuple[Line, ...]
    found: int
    all: int
    overdue: int  # of the found
    page: int
    pages: int


def choices(lines: Sequence[Line], policy: Policy) -> Choices:
    """Teams and priorities of the policy, and the customers that are in the list."""
    customers = sorted({line.customer for line in lines if line.customer})
    return Choices(
        (*((id_, team.name) for id_, team in policy.teams.items()), (NOBODY, "no team")),
        (*((id_, one.label) for id_, one in policy.priorities.items()), (NOBODY, "none")),
        (*((name, name) for name in customers), (NOBODY, "none")),
    )


def listing(lines: Sequence[Line], filters: Filters) -> Listing:
    """The lines that fit, in the order they came in; a page beyond the last is the last."""
    found = [line for line in lines if filters.fits(line)]
    pages = max((len(found) + PER_PAGE - 1) // PER_PAGE, 1)
    page = min(filters.page, pages)
    shown = tuple(found[(page - 1) * PER_PAGE : page * PER_PAGE])
    return Listing(shown, len(found), len(lines), sum(line.overdue for line in found), page, pages)


def _is(asked: str, value: str | None) -> bool:
    return not asked or (value is None if asked == NOBODY else value == asked)


def _found(text: str, line: Line) -> bool:
    """A number means that issue; anything else is looked for in the title."""
    if not text:
        return True
    number = text.removeprefix("#")
    if number.isascii() and number.isdecimal():
        return str(line.key.number).startswith(number) or number in map(str, line.tickets)
    return text.casefold() in line.title.casefold()
