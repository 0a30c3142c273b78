"""Floor 0: the policy: everything about the process that is data. Loaded by `bot.policy.load`, strict.

The shipped default is `bot/policies/sourcegraph.yml`; a repository overrides it in `.github/rfh-bot.yml`.
Ids (of teams, areas, kinds, priorities, fields) are lower-case words with dashes; they are what commands,
memory and figures use. Labels, names and channels are what people see and may change any time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from bot.policy.base import Strict
from bot.policy.clocks import Clocks
from bot.policy.closing import Closing
from bot.policy.digest import Digest
from bot.policy.goals import Goals
from bot.policy.handbook import Handbook
from bot.policy.intake import Intake
from bot.policy.limits import Limits
from bot.policy.privacy import Privacy
from bot.policy.publish import Publish
from bot.policy.routing import Routing
from bot.policy.slack import SlackUse

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Role = Literal["read", "triage", "write", "maintain", "admin"]
FullName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$")]
LabelName = Annotated[str, Field(min_length=1, max_length=50)]
Channel = Annotated[str, Field(pattern=r"^#[^\s#@]{1,80}$")]
Handle = Annotated[str, Field(pattern=r"^@[^\s#@]{1,80}$")]


class Identity(Strict):
    """A predecessor whose card is read, merged and superseded (App and Action take turns)."""

    login: str = Field(description="for people; what counts is the id")
    id: int = Field(description="database id of the account")
    kind: Literal["Bot", "User"] = Field("Bot", description="type of the account")


class Tracker(Strict):
    """The issue trackers (handbook step 4)."""

    private: FullName = Field(description="owner/name where requests for help are filed")
    public: FullName | None = Field(None, description="owner/name of the public issue tracker")


class Kind(Strict):
    """What sort of issue it is (handbook steps 2 and 4)."""

    name: str = Field(description="as the template and the card call it")
    names: tuple[str, ...] = Field((), description="other answers in the template that mean this kind")
    label: LabelName | None = Field(
        None, description="label that marks the kind; `rfh` for a request for help"
    )
    handoff: bool = Field(False, description="is it handed over: message, clocks, reminders")


class Priority(Strict):
    """How urgent an issue is (handbook step 4)."""

    label: LabelName = Field(description="label that the bot sets")
    aliases: tuple[LabelName, ...] = Field((), description="other labels that mean the same (se/p1)")
    names: tuple[str, ...] = Field((), description="answers in the template that mean it")
    definition: str = Field(description="quoted by the card when the filer has not chosen")
    urgent: bool = Field(False, description="handed over at once, in spite of gaps")
    kinds: tuple[Id, ...] = Field((), description="kinds it may be used for; empty: all")


class Slack(Strict):
    """Where a team is reached (handbook step 5)."""

    channel: Channel | None = Field(None, description="the channel to post in, with its #")
    handle: Handle | None = Field(None, description="whom to mention there, with its @")
    fallback_for: Handle | None = Field(None, description="`handle` is used unless this one exists")
    assumed: bool = Field(False, description="the handbook does not name the channel")


class Team(Strict):
    """An owner: an engineering team with a label, or somebody outside engineering with guidance."""

    name: str = Field(description="as the card calls it")
    engineering: bool = Field(
        True, description="false: reached with guidance, no label, no clocks, no hand-off"
    )
    label: LabelName | None = Field(None, description="label that assigns an issue to the team")
    label_aliases: tuple[LabelName, ...] = Field((), description="other labels that mean the same")
    aliases: tuple[str, ...] = Field((), description="other names in commands and in the template")
    slack: Slack = Slack()
    github_team: FullName | None = Field(None, description="org/team, mentioned by reminders")
    members: tuple[str, ...] = Field((), description="logins, when there is no GitHub team")
    cap: int | None = Field(None, ge=0, description="open requests at a time; none: `slack.cap`; 0: no cap")
    guidance: tuple[Guidance, ...] = Field((), description="outside engineering: what to post, and where")


class Guidance(Strict):
    """What a support engineer posts to an owner outside engineering. `when` are words; the first hit wins."""

    id: Id = Field(description="names the guidance in figures")
    when: tuple[str, ...] = Field((), description="words that call for it; none: always")
    channel: Channel | None = Field(None, description="where to post; none: the owner's channel")
    mention: tuple[Literal["sales_rep", "ce"], ...] = Field(
        (), description="people of the customer's account"
    )
    text: str = Field(description="the message to post; the issue's link is added")
    link: str | None = Field(None, description="documentation to read first")


class Support(Strict):
    """The side that files (handbook step 5)."""

    github_team: FullName | None = Field(None, description="org/team of the support engineers")
    members: tuple[str, ...] = Field((), description="logins, when there is no GitHub team")
    channel: Channel | None = Field(None, description="where support asks teammates first, and is alerted")
    management_team: FullName | None = Field(None, description="org/team that the last reminders call")
    management: tuple[str, ...] = Field((), description="logins, when there is no GitHub team for that")
    leads: Slack = Field(Slack(), description="who is told of a team above its cap; no channel: `channel`")
    paging: dict[str, str] = Field({}, description="target → ready line, e.g. support-mgmt: /genie alert …")
    emergency: str | None = Field(None, description="the paging target that `/emergency` calls")


class Customer(Strict):
    """What policy knows about one customer, by label slug."""

    names: tuple[str, ...] = Field((), description="how people write it")
    sales_rep: str | None = Field(None, description="mentioned about renewals, as Slack knows them")
    ce: str | None = Field(None, description="customer engineer, as Slack knows them")
    support_24x7: bool = Field(False, description="paid for support around the clock")
    prospect: bool = Field(
        False, description="in the sales process: a customer all the same, and a hint that it is urgent"
    )


class Labels(Strict):
    """Labels with a meaning of their own (handbook step 4)."""

    rfh: LabelName = Field("rfh", description="marks a request for help")
    needs_info: LabelName = Field("needs-info", description="something required is missing")
    customer_prefix: LabelName = Field("customer/", description="what precedes a customer's slug")
    customer_color: str = Field("c5def5", pattern=r"^[0-9a-f]{6}$", description="for `/customer NAME --new`")


class Commands(Strict):
    """Who may use which command."""

    permissions: dict[str, Role] = Field(
        {},
        description="command → the least role; `default` for the rest; `publish confirm` for a sub-command",
    )
    author: tuple[str, ...] = Field((), description="commands the issue's author may always use")
    roles: dict[str, Role] = Field({}, description="custom repository role → the role it counts as")


class Policy(Strict):
    """Everything about the process that is data."""

    version: Literal[1] = Field(description="of this format; a file that states it is a complete policy")
    name: str = Field(description="names the policy in figures and reports")
    tracker: Tracker
    writer: Literal["app", "action"] = Field("app", description="the one writer; the other refuses politely")
    shadow: bool = Field(False, description="plan, write nothing")
    identities: tuple[Identity, ...] = Field((), description="predecessors of the writer")
    labels: Labels = Labels()
    kinds: dict[Id, Kind] = Field(description="id → kind of issue")
    priorities: dict[Id, Priority] = Field(description="most urgent first")
    default_priority: Id = Field(description="suggested when nothing speaks for another")
    teams: dict[Id, Team] = Field(description="id → owner of issues")
    support: Support = Support()
    customers: dict[str, Customer] = Field({}, description="label slug → customer")
    intake: Intake = Field(description="what the template asks and what counts as an answer")
    routing: Routing = Field(description="areas, their owners and words, and how much what counts")
    clocks: Clocks = Field(Clocks(), description="whose turn it is, and who is reminded when")
    goals: Goals = Field(Goals(), description="what the figures are held against")
    digest: Digest = Field(Digest(), description="what is written each week about the figures")
    closing: Closing = Field(Closing(), description="what is asked for when a request is closed")
    commands: Commands = Commands()
    limits: Limits = Field(Limits(), description="what the bot may do at most")
    slack: SlackUse = Field(SlackUse(), description="what Slack is told, and who is who there")
    privacy: Privacy = Field(Privacy(), description="what the scanner knows of hosts, words and customers")
    publish: Publish = Field(Publish(), description="how a private issue becomes a public one")
    handbook: Handbook = Field(Handbook(), description="where we mean to differ from the handbook")


Team.model_rebuild()
