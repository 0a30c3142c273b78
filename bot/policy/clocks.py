"""Floor 0: the clocks part of the policy: office hours, when an answer is due, who is reminded when."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from bot.policy.base import Strict
from bot.policy.durations import duration
from bot.policy.holiday_tables import public_holidays

OfficeId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HOURS = re.compile("(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)")
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Phrases = tuple[Annotated[str, Field(min_length=1, max_length=80)], ...]


def _duration(text: str) -> str:
    duration(text)
    return text


def _wall(text: str) -> str:
    if duration(text).unit != "wall":
        raise ValueError("must be on the wall: 30d wall")
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone; write one of the IANA list: Europe/London") from None
    return name


def minutes(hours: str) -> tuple[int, int]:
    """``09:00-17:30`` as minutes after midnight: opening and closing."""
    opens, closes = map(minute_of, hours.split("-"))
    return opens, closes


def minute_of(time: str) -> int:
    """``09:30`` as minutes after midnight."""
    return int(time[:2]) * 60 + int(time[3:])


def _hours(text: str) -> str:
    if not _HOURS.fullmatch(text):
        raise ValueError("not office hours; write 09:00-17:30")
    opens, closes = minutes(text)
    if opens >= closes:
        raise ValueError("must open before it closes")
    return text


Span = Annotated[str, AfterValidator(_duration)]
WallSpan = Annotated[str, AfterValidator(_wall)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Hours = Annotated[str, AfterValidator(_hours), Field(json_schema_extra={"pattern": f"^{_HOURS.pattern}$"})]


class Holidays(Strict):
    """Public holidays, as the package `holidays` knows them."""

    country: str = Field(description="ISO 3166 code: US, GB, ZA")
    subdiv: str | None = Field(None, description="part of the country: CA, ENG")

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            public_holidays(self.country, self.subdiv)
        except NotImplementedError as error:
            raise ValueError(str(error)) from None
        return self


class Office(Strict):
    """People who work at the same hours; a region will do."""

    timezone: TimeZone = Field(description="of the IANA list: Europe/London")
    days: tuple[Day, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), min_length=1, description="working days"
    )
    hours: Hours = Field("09:00-17:00", description="open from-to, local time")
    holidays: Holidays | None = Field(None, description="days on which it is closed")


class Level(Strict):
    """One reminder in a silence."""

    after: Span = Field(
        description="how long whoever's turn it is has been silent: 1wd, 90m business, 4h wall"
    )
    mention: Literal["turn", "customer-support", "support-mgmt"] = Field(
        "turn",
        description="turn: whoever's turn it is; customer-support: support, on call; support-mgmt: its"
        " management; the last two are paged",
    )


class Target(Strict):
    """What is expected at one priority."""

    response: Span = Field(description="engineering answers within; the card shows the moment")
    reminders: tuple[Level, ...] = Field(
        (), description="levels, soonest first, all in one unit; none: no reminders"
    )
    quiet_hours: bool = Field(
        True,
        description="reminders wait until a covering office is open, except for customers with `support_24x7`"
        " and after `/emergency`",
    )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        levels = [duration(level.after) for level in self.reminders]
        for earlier, later in pairwise(levels):
            if earlier.unit != later.unit:
                raise ValueError("reminders of one priority are in one unit, so that their order is plain")
            if earlier.amount >= later.amount:
                raise ValueError("each reminder comes later than the one before it")
        return self


class NoResponse(Strict):
    """When a comment is no answer: nothing is left of it without these."""

    phrases: Phrases = Field((), description="what people say instead of an answer: looking into it")
    greetings: Phrases = Field((), description="may be followed by one name: hi, thanks")
    fillers: Phrases = Field((), description="words that say nothing by themselves: now, we, just")


class Snooze(Strict):
    """`/snooze`."""

    longest: WallSpan = Field("30d wall", description="the longest a person may ask for")


class Clocks(Strict):
    """Whose turn it is, and since when; nothing here: no clocks."""

    offices: dict[OfficeId, Office] = Field({}, description="id → office")
    teams: dict[str, tuple[str, ...]] = Field({}, description="team → offices that cover it; not named: all")
    support: tuple[str, ...] = Field((), description="offices that cover support; none: all")
    priorities: dict[str, Target] = Field({}, description="priority → what is expected")
    no_response: NoResponse = Field(NoResponse(), description="when a comment is no answer")
    snooze: Snooze = Field(Snooze(), description="limits of `/snooze`")

    @model_validator(mode="after")
    def _offices_for_units(self) -> Self:
        spans = [s for t in self.priorities.values() for s in (t.response, *(r.after for r in t.reminders))]
        if not self.offices and any(duration(span).unit != "wall" for span in spans):
            raise ValueError("`wd` and `business` need at least one office")
        return self
