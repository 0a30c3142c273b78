"""The demo's world: the trackers, labels and people of the policy, with the App installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from bot.events import POLICY_PATH
from bot.policy.labels import label_specs
from bot.policy.schema import Policy
from bot.sandbox.access import Installation
from bot.sandbox.page_forms import FOLDER
from bot.sandbox.records import Account, Repo
from bot.sandbox.server import Sandbox
from bot.sandbox.slack import SlackDouble, member

PEOPLE = {
    "sam": ("triage", "support engineer"),
    "erin": ("write", "engineer"),
    "max": ("maintain", "support manager"),
    "olu": ("read", "somebody else in the company"),
}
CUSTOMERS = ("northmere", "quandel", "veltrix", "osterwick", "halvorsen-group")


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
    slack = ", ".join(f"{member(login)}: {login}" for login in PEOPLE)
    support = "support: {members: [sam, max], management: [max]}"
    return "\n".join([f"slack: {{people: {{{slack}}}}}", support, "teams:", *teams, ""])


def demo_slack(sandbox: Sandbox, policy: Policy) -> SlackDouble:
    """A workspace with every channel and user group of the policy."""
    slacks = [team.slack for team in policy.teams.values()]
    names = [policy.support.channel, policy.support.leads.channel, *(slack.channel for slack in slacks)]
    handles = [policy.support.leads.handle, *(slack.handle for slack in slacks)]
    return SlackDouble(
        sandbox.world.clock,
        {name[1:]: f"C{n:03d}" for n, name in enumerate(dict.fromkeys(filter(None, names)))},
        {name[1:]: f"S{n:03d}" for n, name in enumerate(dict.fromkeys(filter(None, handles)))},
    )


def issue_templates() -> Iterator[tuple[str, str]]:
    """The CS templates this program ships, in both forms: (file name, text)."""
    for file in sorted(resources.files("bot").joinpath("templates").iterdir(), key=lambda one: one.name):
        if file.name.endswith((".yml", ".md")):
            yield file.name, file.read_text("utf-8")


def policy_labels(policy: Policy) -> Iterator[tuple[str, str, str]]:
    """Every label of the demo, once: (name, colour, description)."""
    for spec in label_specs(policy):
        yield spec.name, spec.color, spec.description
    for slug in dict.fromkeys((*CUSTOMERS, *policy.customers)):
        yield f"{policy.labels.customer_prefix}{slug}", policy.labels.customer_color, ""
