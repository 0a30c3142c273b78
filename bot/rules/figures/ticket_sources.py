"""Floor 1: tickets out of what Zendesk and CSV files say. Pure.

A ticket that nobody has answered yet is late when more business time of support has passed than its priority
allows, so that it is not left out of the share until somebody answers.
https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.errors import UserError
from bot.policy.goals import Goals
from bot.rules.durations import Calendar
from bot.rules.figures.period import Period
from bot.rules.figures.tickets import Ticket, Tickets

_ENDED = frozenset({"solved", "closed"})  # without a reply there is none to come
_RATINGS = {"good": True, "bad": False}
_ID = ("id", "ticket id", "ticket_id", "ticket")
_CREATED = ("created_at", "created at", "created", "ticket created", "ticket created - date")


def from_zendesk(
    raw: Iterable[Mapping[str, Any]], source: str, cover: Period, goals: Goals, support: Calendar
) -> Tickets:
    """Tickets as the incremental export holds them, each with its `metric_set`; deleted ones do not count.

    Raises KeyError, TypeError or ValueError on what is not as Zendesk describes it.
    """
    found = [_ticket(one, cover, goals, support) for one in raw if one.get("status") != "deleted"]
    return Tickets(source, tuple(t for t in found if t.created_at in cover), cover, rated=True)


def _ticket(raw: Mapping[str, Any], cover: Period, goals: Goals, support: Calendar) -> Ticket:
    created = datetime.fromisoformat(raw["created_at"])
    metrics = raw.get("metric_set") or {}
    minutes = (metrics.get("reply_time_in_minutes") or {}).get("business")
    target = goals.support_response.get(raw.get("priority") or "normal")
    in_time = None
    if target is not None and minutes is not None:
        in_time = minutes <= target
    elif target is not None and raw.get("status") not in _ENDED:
        waited = support.business(created, cover.until).total_seconds()
        in_time = False if waited > 60 * target else None
    rating = str((raw.get("satisfaction_rating") or {}).get("score"))
    return Ticket(
        id=int(raw["id"]),
        created_at=created,
        first_reply=None if minutes is None else 60.0 * minutes,
        in_time=in_time,
        good=_RATINGS.get(rating),
    )


def from_csv(text: str, source: str, period: Period) -> Tickets:
    """A ticket a row, with columns for its number and for when it was opened; taken as whole for `period`.

    Raises UserError that names the row.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    head = [name.strip().casefold() for name in next(reader, [])]
    columns = {name: number for number, name in enumerate(head)}
    number = next((columns[name] for name in _ID if name in columns), None)
    opened = next((columns[name] for name in _CREATED if name in columns), None)
    if number is None or opened is None:
        raise UserError(f"{source}: the first row must name the columns `id` and `created_at`")
    tickets: dict[int, Ticket] = {}
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        try:
            id_ = int(row[number].strip().lstrip("#"))
            tickets[id_] = Ticket(id_, _moment(row[opened]))
        except (IndexError, ValueError):
            raise UserError(
                f"{source}:{reader.line_num}: write a ticket number and a date like 2026-11-03 or"
                " 2026-11-03T09:30:00Z"
            ) from None
    times = [ticket.created_at for ticket in tickets.values()]
    cover = Period(min([*times, period.since]), max([*times, period.until]))
    return Tickets(source, tuple(tickets.values()), cover)


def _moment(text: str) -> datetime:
    """A date or a time, in UTC when it names no zone. Raises ValueError."""
    at = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
