"""Made-up requests for help, the same each time: for benchmarks of figures and pages, and for screenshots."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from bot.model import IssueKey
from bot.policy.schema import Policy
from bot.rules.figures.facts import Ask, Docs, Facts, Routing, TeamChange, Wait

_CUSTOMERS = ("northmere", "quandel", "veltrix", "osterwick", "halvorsen-group", "brightwater", "tamsel")
_WHAT = (
    "Search times out on a large monorepo",
    "Permissions are not synced after a group was renamed",
    "Batch change stays in the queue",
    "Precise navigation is missing for one repository",
    "Helm upgrade ends with a migration error",
    "Browser extension shows no hovers",
    "Repositories disappear after re-cloning",
    "SAML sign-in fails for new users",
    "Code insight shows no data for last week",
    "gitserver runs out of disk",
)


def made_up(number: int, policy: Policy, now: datetime, *, days: int = 365) -> tuple[Facts, ...]:
    """So many requests filed over `days` up to `now`, oldest first; a few of them open."""
    dice = random.Random(7)
    teams = [id_ for id_, team in policy.teams.items() if team.engineering]
    ages = sorted((dice.uniform(0.02, days) for _ in range(number)), reverse=True)
    return tuple(_one(dice, policy, teams, n, age, now) for n, age in enumerate(ages, 1))


def _one(
    dice: random.Random, policy: Policy, teams: list[str], number: int, age: float, now: datetime
) -> Facts:
    filed = now - timedelta(days=age)
    key = IssueKey("sourcegraph", "customer", number)
    defect = dice.random() < 0.15
    areas = sorted(policy.routing.areas)
    priority = "p1" if dice.random() < 0.08 else "p2"
    team = dice.choice(teams[:3] if dice.random() < 0.5 else teams)
    hours = dice.lognormvariate(1.6, 0.9) * (0.4 if priority == "p1" else 1.0)
    answered = filed + timedelta(hours=hours)
    due = filed + timedelta(hours=2 if priority == "p1" else 24)
    closed = filed + timedelta(days=dice.lognormvariate(1.2, 0.8))
    open_ = closed > now
    seen = answered if answered < now else None
    took = hours * 1200 if seen else None
    ask = Ask(team, priority, filed, due, seen, "erin" if seen else None, seconds=took)
    waits = [Wait("engineering", filed, seen, took)]
    if seen is not None:
        back = None if open_ else closed
        side = dice.choice(("support", "customer", "engineering"))
        waits.append(Wait(side, seen, back, (closed - seen).total_seconds() / 4 if back else None))
    complete = dice.random() < 0.7
    missing = () if complete else tuple(dice.sample(("version", "zendesk", "docs", "timeline"), 2))
    routing = Routing("applied", team)
    if dice.random() < 0.1:
        routing = Routing("applied", dice.choice(teams), spoken=True, person=team)
    return Facts(
        key=key,
        title=dice.choice(_WHAT),
        url=f"https://github.com/{key.full_name}/issues/{number}",
        state="OPEN" if open_ else "CLOSED",
        created_at=filed,
        updated_at=min(closed, now),
        filer="sam",
        request=not defect,
        owner="sam",
        kind="defect" if defect else "help",
        priority=priority,
        customer=dice.choice(_CUSTOMERS),
        area=dice.choice(areas),
        team=team,
        tickets=(40_000 + number - dice.randrange(2),),
        closed_at=() if open_ else (closed,),
        complete_at_filing=complete,
        missing=missing,
        completed_at=filed + timedelta(hours=0 if complete else dice.uniform(1, 30)),
        teams=(TeamChange(filed, team, "router"),),
        routing=routing,
        asks=() if defect else (ask,),
        waits=() if defect else tuple(waits),
        docs=Docs(closed, dice.choice(("updated", "issue", "none")), closed) if not open_ else Docs(),
    )
