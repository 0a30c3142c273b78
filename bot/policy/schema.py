"""Floor 0: the policy: everything about the process that is data. Loaded by `bot.policy.load`, strict.

The shipped default is `bot/policies/sourcegraph.yml`; a repository overrides it in `.github/rfh-bot.yml`.
Ids (of teams, areas, kinds, priorities, fields) are lower-case words with dashes; they are what commands, memory
and figures use. Labels, names and channels are what people see and may change any time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.policy.base import Strict
from bot.policy.intake import Intake
from bot.policy.routing import Routing

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Role = Literal["read", "triage", "write", "maintain", "admin"]


class Identity(Strict):
    """A predecessor whose card is read, merged and superseded (App and Action take turns)."""

    login: str
    id: int
    kind: Literal["Bot", "User"] = "Bot"


class Tracker(Strict):
    private: str = Field(description="owner/name where requests for help are filed")
    public: str | None = Field(None, description="owner/name of the public issue tracker")


class Kind(Strict):
    """What sort of issue it is (handbook steps 2 and 4)."""

    name: str
    names: tuple[str, ...] = Field((), description="other answers in the template that mean this kind")
    label: str | None = Field(None, description="label that marks the kind; `rfh` for a request for help")
    handoff: bool = Field(False, description="is it handed over: message, clocks, reminders")


class Priority(Strict):
    label: str
    aliases: tuple[str, ...] = Field((), description="other labels that mean the same (se/p1)")
    names: tuple[str, ...] = Field((), description="answers in the template that mean it")
    definition: str = Field(description="quoted by the card when the filer has not chosen")
    urgent: bool = Field(False, description="handed over at once, in spite of gaps")
    kinds: tuple[Id, ...] = Field((), description="kinds it may be used for; empty: all")


class Slack(Strict):
    channel: str | None = None
    handle: str | None = None
    fallback_for: str | None = Field(None, description="`handle` is used unless this one exists")
    assumed: bool = Field(False, description="the handbook does not name the channel")


class Team(Strict):
    """An owner: an engineering team with a label, or somebody outside engineering with guidance."""

    name: str
    engineering: bool = True
    label: str | None = None
    label_aliases: tuple[str, ...] = ()
    aliases: tuple[str, ...] = Field((), description="other names in commands and in the template")
    slack: Slack = Slack()
    github_team: str | None = Field(None, description="org/team, mentioned by reminders")
    members: tuple[str, ...] = Field((), description="logins, when there is no GitHub team")
    guidance: tuple[Guidance, ...] = Field((), description="outside engineering: what to post, and where")


class Guidance(Strict):
    """What a support engineer posts to an owner outside engineering. `when` are words; the first hit wins."""

    id: Id
    when: tuple[str, ...] = ()
    channel: str | None = None
    mention: tuple[Literal["sales_rep", "ce"], ...] = Field((), description="people of the customer's account")
    text: str
    link: str | None = None


class Support(Strict):
    """The side that files (handbook step 5)."""

    github_team: str | None = None
    members: tuple[str, ...] = ()
    channel: str | None = Field(None, description="where support asks teammates first, and is alerted")
    paging: dict[str, str] = Field({}, description="target → ready line, e.g. support-mgmt: /genie alert …")


class Customer(Strict):
    """What policy knows about one customer, by label slug."""

    names: tuple[str, ...] = Field((), description="how people write it")
    sales_rep: str | None = None
    ce: str | None = None
    support_24x7: bool = False
    prospect: bool = Field(False, description="in the sales process: a customer all the same")


class Labels(Strict):
    rfh: str = "rfh"
    needs_info: str = "needs-info"
    customer_prefix: str = "customer/"
    customer_color: str = Field("c5def5", pattern=r"^[0-9a-f]{6}$", description="for `/customer NAME --new`")


class Commands(Strict):
    permissions: dict[str, Role] = Field(
        {}, description="command → the least role; `default` for the rest; `publish confirm` for a sub-command"
    )
    author: tuple[str, ...] = Field((), description="commands the issue's author may always use")
    roles: dict[str, Role] = Field({}, description="custom repository role → the role it counts as")


class Policy(Strict):
    version: Literal[1]
    name: str
    tracker: Tracker
    writer: Literal["app", "action"] = Field("app", description="the one writer; the other refuses politely")
    shadow: bool = Field(False, description="plan, write nothing")
    identities: tuple[Identity, ...] = ()
    labels: Labels = Labels()
    kinds: dict[Id, Kind]
    priorities: dict[Id, Priority] = Field(description="most urgent first")
    default_priority: Id
    teams: dict[Id, Team]
    support: Support = Support()
    customers: dict[str, Customer] = {}
    intake: Intake
    routing: Routing
    commands: Commands = Commands()


Team.model_rebuild()
