"""Floor 1: the hand-off card and the replies: what a support engineer in a hurry reads.

One card per issue, edited in place (invariant 4): the first line says where it stands, a small table says who
and why, then what is missing with one block to paste. Times are absolute, and there are no task-list boxes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import card_clock, words, words_closing, words_publish
from bot.markdown import clean, code, escape, fence
from bot.memory import Memory
from bot.model import Candidate, Gap, Intake, Route, Snapshot
from bot.policy.schema import Guidance, Policy, Team
from bot.rules import closing
from bot.rules.clockwork import Waiting
from bot.rules.ownership import Ownership
from bot.rules.publish_follow import source_changed

SHORT = 600  # characters of an answer in a message: a comment that is too long would be refused as a whole


@dataclass(frozen=True, slots=True)
class View:
    """All that the card and the replies are made of."""

    snapshot: Snapshot
    policy: Policy
    intake: Intake
    route: Route
    owner: Ownership
    memory: Memory
    absent: tuple[str, ...] = ()  # labels that policy names and the repository lacks
    slack: tuple[str, ...] = ()  # what Slack lacks or refused: bot.rules.slack
    clock: Waiting | None = None  # None: no clock runs
    now: datetime | None = None  # for what is over: shown times are absolute

    @property
    def team(self) -> Team | None:
        return self.policy.teams.get(self.owner.team or "")

    @property
    def filer(self) -> str:
        """Login of who is accountable: `/owner`, else the filer."""
        return card_clock.accountable(self.snapshot, self.memory) or "the filer"

    @property
    def team_label(self) -> str:
        return (self.team.label if self.team is not None else None) or ""

    @property
    def tell(self) -> str:
        """Whom to tell that the public issue is closed."""
        support = self.policy.support.github_team
        return f"@{support}" if self.policy.publish.tell == "support" and support else f"@{self.filer}"

    @property
    def handed(self) -> bool:
        kind = self.policy.kinds.get(self.intake.kind or "")
        return self.memory.handed is not None and (kind is None or kind.handoff)

    @property
    def taken(self) -> str:
        """Login of who took it since it was handed over; empty when nobody did."""
        intent, handed = self.memory.intents.get("taken"), self.memory.handed
        since = intent is not None and handed is not None and self.handed and intent.at >= handed.at
        return intent.value if intent is not None and since else ""

    @property
    def urgent(self) -> bool:
        priority = self.policy.priorities.get(self.intake.priority or "")
        kind = self.policy.kinds.get(self.intake.kind or "")
        return priority is not None and priority.urgent and (kind is None or kind.handoff)

    @property
    def alert(self) -> bool:
        """An urgent issue that no team owns: support must act now."""
        return self.urgent and self.team is None and self.snapshot.issue.state == "OPEN"


# ── the card ────────────────────────────────────────────────────────────────────────────────


def card(view: View) -> str:
    """The visible part of the card, as markdown. The same view gives the same text."""
    parts = [f"### {_headline(view)}", _table(view)]
    if view.team is not None and not view.team.engineering:
        parts.append(_guidance(view, view.team))
    elif view.intake.missing:
        parts.append(_missing(view))
    if view.handed and view.team is not None and view.team.engineering:
        parts.append(_tell_team(view, view.team))
    parts.append(card_clock.pages(view.snapshot, view.memory, view.policy, view.clock))
    parts += [_spans(view), _notes(view), _helpful(view), _details(view)]
    return "\n\n".join(part for part in parts if part)


def _headline(view: View) -> str:
    missing = len(view.intake.missing)
    gaps = f"{missing} thing{'s' if missing != 1 else ''} missing"
    kind = view.policy.kinds.get(view.intake.kind or "")
    if view.snapshot.issue.state == "CLOSED":
        return "☑️ Closed"
    if view.team is not None and not view.team.engineering:
        return f"➡️ For {view.team.name}, not for engineering"
    if view.handed and view.team is not None:
        return f"✅ Handed to {view.team.name}" + (f" · {gaps}" if missing else "")
    if kind is not None and not kind.handoff:
        return f"✏️ {kind.name} · {gaps}" if missing else f"✅ {kind.name} · complete"
    if missing:
        return f"✏️ {gaps} · not handed over yet"
    if kind is None:
        return "❓ Not from the template"
    return "❓ Complete, but no team yet"


def _table(view: View) -> str:
    customer = code(view.intake.customer) if view.intake.customer else "customer: –"
    rows = [("Issue", f"{_kind_cell(view)} · {_priority_cell(view)} · {customer}")]
    rows.append(("Owner", escape(view.filer)))
    if view.taken:
        rows.append(("Taken by", escape(view.taken)))
    if view.clock is not None:
        rows += card_clock.rows(view.clock, view.policy, view.filer, view.now)
    elif view.snapshot.issue.state == "OPEN":
        rows.append(("Next", _next(view)))
    if docs := _docs(view):
        rows.append(("Docs", docs))
    if public := words_publish.card_cell(view.memory.publication):
        rows.append(("Public", public))
    # GitHub tables need a header: the first fact is it.
    lines = [f"| Team | {team_cell(view)} |", "|:---|:---|"]
    return "\n".join([*lines, *(f"| **{name}** | {text} |" for name, text in rows)])


def _docs(view: View) -> str:
    asked = closing.ASKED in view.memory.effects and view.snapshot.issue.state == "CLOSED"
    return words_closing.docs_cell(view.memory.intents.get(closing.DOCS), asked=asked)


def team_cell(view: View) -> str:
    owner, route, policy = view.owner, view.route, view.policy
    if view.team is not None:
        label = f" `{view.team.label}`" if view.team.label else ""
        because = {
            "label": f"set by {escape(owner.by) or 'a person'}",
            "command": f"`/route` by {escape(owner.by)}",
            "template": "chosen in the template",
            "router": words.matched(route.candidates[0].matched) if route.candidates else "",
        }.get(owner.source, "")
        return f"{view.team.name}{label} · {because}".rstrip(" ·")
    if owner.source == "unrouted":
        return "none: a person took the label off · `/route TEAM`"
    if route.decision == "suggest" and _known(route, policy):
        names = " or ".join(words.candidate(c, policy) for c in _known(route, policy)[:2])
        return f"not sure: {names}"
    return "nobody listed fits · `/route TEAM`"


def _known(route: Route, policy: Policy) -> list[Candidate]:
    return [c for c in route.candidates if c.team in policy.teams]


def _kind_cell(view: View) -> str:
    kind = view.policy.kinds.get(view.intake.kind or "")
    return kind.name if kind is not None else "kind: –"


def _priority_cell(view: View) -> str:
    priority = view.policy.priorities.get(view.intake.priority or "")
    lowered = " · a feature request is never more urgent" if "lowered" in view.intake.priority_context else ""
    return f"`{priority.label}`{lowered}" if priority is not None else "priority: –"


def _next(view: View) -> str:
    who = escape(view.filer)
    if view.team is not None and not view.team.engineering:
        return f"{who} posts the text below"
    if view.handed and view.team is not None:
        at = words.moment(view.memory.handed.at) if view.memory.handed else ""
        return f"{view.team.name} answers here · asked {at}"
    if view.intake.missing:
        return f"{who} fills in what is missing; this card follows"
    if view.team is None:
        return f"{who} picks a team: `/route TEAM`"
    if view.intake.kind is None:
        return f"{who} says what it is: " + words.kind_command(view.policy).replace("|", r"\|")
    return f"{view.team.name} schedules it"


def _missing(view: View) -> str:
    """What is required, why it does not count, and one block to paste."""
    rows, pastes = ["**Missing**"], []
    for gap in view.intake.missing:
        why = words.gap(gap, view.policy)
        rows.append(f"- **{label(gap, view.policy)}**{f' – {why}' if why else ''}")
        field = view.policy.intake.fields.get(gap.field)
        if field is not None and field.answer == "priority":
            rows += words.priority_help(view.policy, view.intake.priority_context)
        pastes.append(gap.paste.strip())
    # GitHub shows the line breaks of an issue, so short answers need no paragraph of their own.
    one_line_each = view.intake.template != "form" and not any("\n" in paste for paste in pastes)
    block = ("\n" if one_line_each else "\n\n").join(pastes)
    return "\n".join(rows) + f"\n\n{words.PASTE}\n" + fence(block, "markdown")


def label(gap: Gap, policy: Policy) -> str:
    field = policy.intake.fields.get(gap.field)
    return field.label if field is not None else gap.field


def _guidance(view: View, team: Team) -> str:
    """Owners outside engineering: the text to post, the channel, and whom to mention."""
    found = _which(team.guidance, view)
    if found is None:
        return ""
    people = _people(found, view)
    mention = f"{' '.join(people)} " if people else ""
    where = f" in {found.channel}" if found.channel else ""
    missing = [role for role in found.mention if role not in _known_people(view)]
    text = found.text.replace(". ", ".\n")  # a line a sentence: code blocks do not wrap
    lines = [f"**Post{where}**", fence(f"{mention}{text}\n{view.snapshot.issue.url}")]
    if missing:
        names = " and ".join(words.ROLES_OF_ACCOUNT[role] for role in missing)
        lines.append(f"Mention the customer's {names}: policy `customers` does not name them yet.")
    if found.link:
        lines.append(f"Guide: {found.link}")
    return "\n".join(lines)


def _which(guidance: tuple[Guidance, ...], view: View) -> Guidance | None:
    """The first whose words stand in the issue; one without words fits always."""
    text = f"{view.snapshot.issue.title}\n{view.intake.routing_text}".casefold()
    for found in guidance:
        if not found.when or any(word.casefold() in text for word in found.when):
            return found
    return None


def _known_people(view: View) -> dict[str, str]:
    prefix = view.policy.labels.customer_prefix
    slug = (view.intake.customer or "").removeprefix(prefix)
    customer = view.policy.customers.get(slug)
    if customer is None:
        return {}
    people = {"sales_rep": customer.sales_rep, "ce": customer.ce}
    return {role: name for role, name in people.items() if name}


def _people(found: Guidance, view: View) -> list[str]:
    known = _known_people(view)
    return [known[role] for role in found.mention if role in known]


def _tell_team(view: View, team: Team) -> str:
    """The message of handbook step 5: what is needed, the link, the timeline."""
    if view.snapshot.issue.state == "CLOSED":
        return ""
    channel = team.slack.channel
    told = view.memory.told[-1] if view.memory.told else None
    if told is not None and told.ts and told.team == view.owner.team:
        return words.told(channel or "Slack", told.link)
    handle = f"{team.slack.handle} " if team.slack.handle else ""
    need = view.intake.values.get("need") or view.snapshot.issue.title
    lines = [f"{handle}{clean(need, SHORT)}", view.snapshot.issue.url]
    timeline = view.intake.values.get("timeline")
    if timeline:
        lines.append(f"Timeline: {clean(timeline, SHORT)}")
    return f"**Tell {f'them in {channel}' if channel else team.name}**\n" + fence("\n".join(lines))


def _spans(view: View) -> str:
    """Further teams and near candidates, each with a line to paste."""
    policy, route = view.policy, view.route
    known = {c.team: c for c in _known(route, policy)}
    # A second team that an exception of the process names needs no word of its own in the issue.
    teams = [known.get(id_, Candidate(id_, "", 0.0)) for id_ in route.also if id_ in policy.teams]
    if view.team is None and view.owner.source != "unrouted":
        teams = _known(route, policy)[:3]
    teams = [c for c in teams if c.team != view.owner.team]
    if view.snapshot.issue.state == "CLOSED":
        return ""
    if view.team is None and not teams:
        return words.teams(policy)
    if not teams:
        return ""
    title = "**It may also be for**" if view.team is not None else "**Candidates**"
    rows = [f"- {words.candidate(c, policy)}: comment `/route {c.team}`" for c in teams]
    return "\n".join([title, *rows])


def _notes(view: View) -> str:
    notes = [text for text in map(words.reason, view.route.reasons) if text]
    if view.owner.others:
        others = " and ".join(view.policy.teams[t].name for t in view.owner.others)
        notes.append(f"{others} is labelled too, by a person; the bot leaves that label alone.")
    if view.alert:
        notes.append(words.alert_note(view.policy))
    notes += [words.absent_label(name) for name in view.absent]
    notes += [words.slack_problem(found) for found in view.slack]
    if source_changed(view.snapshot, view.memory):
        notes.append(words_publish.SOURCE_CHANGED)
    if view.clock is not None and view.clock.unseen and view.team is not None:
        notes.append(words.unseen(view.team))
    if view.memory.held:
        notes.append(words.HELD)
    return "\n".join(f"> {note}" for note in notes)


def _helpful(view: View) -> str:
    outside = view.team is not None and not view.team.engineering
    if not view.intake.helpful or outside or view.snapshot.issue.state == "CLOSED":
        return ""
    names = ", ".join(label(gap, view.policy).lower() for gap in view.intake.helpful)
    return f"Would help, if you have it: {names}."


def _details(view: View) -> str:
    parts = [words.why(view.route, view.policy), words.how_to_change(view.policy)]
    if not view.snapshot.app:
        parts.append(words_publish.without_app(view.policy))
    text = "\n\n".join(part for part in parts if part)
    return f"<details><summary>Why this team, and how to change it</summary>\n\n{text}\n\n</details>"
