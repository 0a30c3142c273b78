"""The demo's world: the trackers, labels and people of the policy, with the App installed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from bot.events import POLICY_PATH
from bot.policy.schema import Policy
from bot.sandbox.access import Installation
from bot.sandbox.page_forms import FOLDER
from bot.sandbox.records import Account, Repo
from bot.sandbox.server import Sandbox

PEOPLE = {
    "sam": ("triage", "support engineer"),
    "erin": ("write", "engineer"),
    "max": ("maintain", "support manager"),
    "olu": ("read", "somebody else in the company"),
}
CUSTOMERS = ("northmere", "quandel", "veltrix", "osterwick", "halvorsen-group")
_COLORS = ("1d76db", "0e8a16", "5319e7", "b60205", "d93f0b", "006b75", "fbca04", "c2185b", "0052cc", "6f42c1")


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made: the two trackers, the people by login, and the App's installation."""

    customer: Repo
    public: Repo
    people: dict[str, Account]
    installation: Installation


def demo_world(sandbox: Sandbox, policy: Policy) -> Demo:
    """Fill an empty sandbox: both trackers of the policy with its labels, four people, the App installed."""
    world = sandbox.world
    customer = world.create_repo(policy.tracker.private, private=True)
    public = world.create_repo(policy.tracker.public or f"{customer.owner}/public", private=False)
    for name, color, description in policy_labels(policy):
        world.create_label(customer, name, color, description)
        if not name.startswith(policy.labels.customer_prefix):
            world.create_label(public, name, color, description)
    for name, text in issue_templates():
        world.put_file(customer, f"{FOLDER}{name}", text, customer.owner)
    world.put_file(customer, POLICY_PATH, who_is_who(policy), customer.owner)
    people = {login: world.add_user(login, role) for login, (role, _) in PEOPLE.items()}
    return Demo(customer, public, people, sandbox.install(customer.owner))


def who_is_who(policy: Policy) -> str:
    """The trackers' own policy: who is in which team, so that turns can be told."""
    teams = [f"  {id_}: {{members: [erin]}}" for id_, team in policy.teams.items() if team.engineering]
    return "\n".join(["support: {members: [sam, max], management: [max]}", "teams:", *teams, ""])


def issue_templates() -> Iterator[tuple[str, str]]:
    """The CS templates this program ships, in both forms: (file name, text)."""
    for file in sorted(resources.files("bot").joinpath("templates").iterdir(), key=lambda one: one.name):
        if file.name.endswith((".yml", ".md")):
            yield file.name, file.read_text("utf-8")


def policy_labels(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """Every label the policy speaks of, once: (name, colour, description)."""
    seen: set[str] = set()
    for name, color, description in _wanted(policy):
        if name.casefold() not in seen:
            seen.add(name.casefold())
            yield name, color, description


def _wanted(policy: Policy) -> Iterator[tuple[str, str, str]]:
    yield policy.labels.rfh, "0052cc", "request for help"
    yield policy.labels.needs_info, "fbca04", "something required is missing"
    for kind in policy.kinds.values():
        if kind.label:
            yield kind.label, "0052cc", kind.name
    for priority in policy.priorities.values():
        yield priority.label, "b60205" if priority.urgent else "f9d0c4", ""
    for team in policy.teams.values():
        if team.label:
            yield team.label, _COLORS[zlib.crc32(team.label.encode()) % len(_COLORS)], team.name
    for slug in (*CUSTOMERS, *policy.customers):
        yield f"{policy.labels.customer_prefix}{slug}", policy.labels.customer_color, ""
