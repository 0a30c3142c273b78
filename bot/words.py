"""Floor 1: every word a user sees on GitHub. Layout of the card is in `card.py`; sentences are here.

Whatever came from a person goes through `code`, `escape` or `fence` of bot.markdown (invariant 9): it never
pings, never runs as a command and never breaks out. Names and labels from policy are trusted.
"""

from __future__ import annotations

from datetime import datetime

from bot.commands import COMMANDS, Refusal, filled, help_rows
from bot.markdown import code, escape
from bot.model import Candidate, Gap, Match, Route
from bot.policy.schema import Policy, Team
from bot.rules.inbox import Outcome, slug
from bot.words_publish import REFUSALS

# ── gaps ────────────────────────────────────────────────────────────────────────────────────

_GAPS = {
    "missing": "",
    "placeholder": "{seen} is no answer",
    "not-a-version": "{seen} is no version: write the number, e.g. `3.43.2`",
    "unknown-kind": "{seen} is none of: {near}",
    "unknown-customer": "no label for {seen}{did_you_mean}",
    "several-customers": "several: {near}. Which one?",
    "several-priorities": "several are set: {near}. Keep one",
    "unknown-priority": "{seen} is none of: {near}",
    "unknown-team": "{seen} is no team; near: {near}",
    "not-a-link": "{seen} is neither a link nor “none” with a reason",
    "host-not-allowed": "links must go to: {near}",
    "none-without-reason": "“none” needs a reason: “none, because …”",
    "not-a-ticket": "{seen} is neither a ticket number nor a link",
    "not-quoted": "{lines} look like the customer's words: start each with `> `",
}


def gap(found: Gap, policy: Policy) -> str:
    """Why a field is asked for, in a few words; empty when its name says it all."""
    near = [code(name) for name in found.near]
    did_you_mean = f"; did you mean {_either(near)}?" if near else ""
    if found.reason == "unknown-customer":
        did_you_mean += f" New: `/customer {slug(found.seen) or 'NAME'} --new`"
    reason = found.reason
    field = policy.intake.fields.get(found.field)
    if reason == "placeholder" and field is not None and field.answer == "version":
        reason = "not-a-version"  # "latest" is the answer people give
    lines = f"line{'s' if len(found.lines) > 1 else ''} {_ranges(found.lines)}"
    sentence = _GAPS[reason]
    return sentence.format(
        seen=code(found.seen, 40) if found.seen else "this",
        near=_either(near),
        did_you_mean=did_you_mean,
        lines=lines,
    )


def priority_help(policy: Policy, context: tuple[str, ...]) -> list[str]:
    """The definitions to choose from, and what in the issue speaks for urgency. Suggests, never sets."""
    rows = [f"  - `/priority {id_}`: {p.definition}" for id_, p in policy.priorities.items()]
    if context:
        seen = ", ".join(reason.replace("-", " ") for reason in context)
        rows.append(f"  - Seen here: {seen}. Start with the severity, then move up for context.")
    return rows


# ── routing ─────────────────────────────────────────────────────────────────────────────────


def matched(words_: tuple[Match, ...], limit: int = 4) -> str:
    """The words that counted and where they stand: what the bot saw, in the person's terms."""
    best = sorted(words_, key=lambda m: -m.weight)
    by_place: dict[str, list[str]] = {}
    for match in best[:limit]:
        by_place.setdefault(_PLACES[match.where], []).append(f"*{escape(match.word)}*")
    return "; ".join(f"{', '.join(dict.fromkeys(found))} {place}" for place, found in by_place.items())


_PLACES = {"title": "in the title", "body": "in the text", "alert": "as an alert", "context": "as context"}


def team_name(id_: str | None, policy: Policy) -> str:
    """A team's name; areas of nobody listed have none."""
    return policy.teams[id_].name if id_ in policy.teams else "nobody listed"


def candidate(found: Candidate, policy: Policy) -> str:
    seen = matched(found.matched, 3) or (
        "weak signs only" if found.score else "by an exception of the process"
    )
    return f"**{team_name(found.team, policy)}** ({seen})"


def why(route: Route, policy: Policy) -> str:
    """The evidence as a table, best first."""
    notes = [f"\n{text}" for text in map(reason, route.reasons) if text]
    if not route.candidates:
        return "\n".join(["No word in the title or the text speaks for any team.", *notes])
    rows = ["| Team | Score | Because of |", "|---|---|---|"]
    for found in route.candidates[:4]:
        name = team_name(found.team, policy)
        rows.append(f"| {name} | {found.score:.2f} | {matched(found.matched, 6) or '–'} |")
    return "\n".join([*rows, *notes])


def reason(found: str) -> str:
    """A router's reason code in words, e.g. ``exception:perforce``."""
    kind, _, what = found.partition(":")
    name = what.replace("-", " ")
    return {
        "exception": f"Exception of the process: {name}.",
        "alert": f"The alert `{what}` has this owner.",
        "beta": f"{name.capitalize()} is beta or experimental: engage early, with the product team too.",
        "nobody": f"No team listed owns what this is about (area: {name}).",
    }.get(kind, "")


# ── commands ────────────────────────────────────────────────────────────────────────────────

_REFUSALS = {
    "not-about-docs": "`/docs` takes `updated URL`, `issue URL` or `none REASON`.",
    "edited": "This comment was edited, so nobody can tell what it said before. Please post it again.",
    "unknown-command": "`/{word}` is no command. Did you mean {near}?",
    "missing-argument": "`/{word}` needs more: `{usage}`, e.g. `{example}`.",
    "unknown-value": "{seen} is unknown here. Known: {near}.",
    "unknown-customer": "No label for {seen}. {did_you_mean}To create it: `/customer {new} --new`.",
    "bad-label-name": "{seen} cannot be a label: at most 50 characters, with at least one letter or digit.",
    "not-a-login": "{seen} is no GitHub login. Write `{usage}`.",
    "no-such-account": "GitHub knows no account {seen}.",
    "not-allowed": "`/{word}` takes the role *{needed}* in this repository; yours is *{role}*.",
    "priority-not-for-kind": "A feature request stays at the default priority. `/kind` changes what it is.",
    "no-handoff-for-kind": "Only a request for help is handed over. `/kind help` first.",
    "nothing-to-undo": "There is no command to take back.",
    "not-a-time": "{seen} is no time. Write `{usage}`, e.g. `{example}` or `/snooze until 2030-01-31`.",
    "snooze-past": "{seen} is over already.",
    "snooze-too-long": "{seen} is too long: {near} at most.",
    "not-snoozed": "Nothing is snoozed on this issue.",
    "nobody-asked": "Nobody in engineering was asked yet. `/handoff` hands over now.",
    "nothing-held": "Nothing is held on this issue.",
    "too-many": "More than ten commands in one comment: `/{word}` and what follows was not run.",
}


def refusal(outcome: Outcome, policy: Policy) -> str:
    """Why a command was not run, and what to write instead."""
    found = outcome.refusal or Refusal("unknown-value")
    spec = COMMANDS.get(outcome.command)
    slash = "/" if found.code == "unknown-command" else ""
    near = [code(f"{slash}{name}") for name in found.near]
    return (_REFUSALS | REFUSALS)[found.code].format(
        word=outcome.command,
        seen=code(found.seen, 60),
        near=_either(near),
        did_you_mean=f"Did you mean {_either(near)}? " if near else "",
        new=slug(found.seen) or "NAME",
        usage=filled(spec.usage, policy) if spec else "",
        example=filled(spec.example, policy) if spec else "",
        needed=outcome.needed,
        role=escape(found.seen, 40) or "none",
    )


def help_table(policy: Policy) -> str:
    rows = ["| Command | What it does | Who |", "|---|---|---|"]
    # A bar in a table's cell needs its backslash, also in code.
    table = [(usage.replace("|", r"\|"), summary, who) for usage, summary, who in help_rows(policy)]
    rows += [f"| `{usage}` | {summary} | {who} |" for usage, summary, who in table]
    return "\n".join([*rows, "", teams(policy)])


def teams(policy: Policy) -> str:
    """What `/route` takes."""
    return f"Teams: {', '.join(f'`{id_}`' for id_ in policy.teams)}"


UNDONE = {
    "handoff": " What was already told in Slack stays told.",
    "customer": " A label that it created stays in the repository.",
    "owner": " Who was assigned stays assigned.",
    "take": " Who was assigned stays assigned.",
}


def undone(command: str) -> str:
    return f"Took back `/{command}`.{UNDONE.get(command, '')}"


CUSTOMER_LABEL = "Customer"
ROLES_OF_ACCOUNT = {"sales_rep": "sales rep", "ce": "CE"}
SUPPORT = "Support:"
ALERT = "this is urgent and has no team yet. Comment `/route TEAM` now, so that engineering is told."
HELD = (
    "The memory in this card was edited or lost. Labels and card were rebuilt; messages and reminders wait"
    " until somebody comments `/resume`."
)
PASTE = "Edit the issue: fill these in, or paste them at its end."


def kind_command(policy: Policy) -> str:
    return f"`{filled(COMMANDS['kind'].usage, policy)}`"


def not_ours(policy: Policy) -> str:
    """Of an issue that neither the template nor a label makes ours to check."""
    return (
        f"This issue is neither from the template nor labelled `{policy.labels.rfh}`: nothing is asked of it."
        f" {kind_command(policy)} says what it is."
    )


def how_to_change(policy: Policy) -> str:
    """The commands that overrule the bot, with this policy's words."""
    commands = "`/route TEAM`, `/priority {priority}`, `/customer NAME`, `/kind {kind}`, `/handoff`, `/undo`"
    return f"Comment {filled(commands, policy)} or `/help`."


def absent_label(name: str) -> str:
    return f"The label `{name}` is in the policy but not in this repository: create it there."


def alert_note(policy: Policy) -> str:
    """Urgent and without a team: where to shout."""
    where = f" Tell support in {policy.support.channel}." if policy.support.channel else ""
    return f"Urgent, but no team yet: `/route TEAM`.{where}"


# ── clocks ──────────────────────────────────────────────────────────────────────────────────

CUSTOMER_TURN = "the customer"
EMERGENCY = "emergency: at any hour"
MANAGEMENT = "Support management:"
_OTHER = {"engineering": "support", "support": "engineering", "customer": "support"}


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def turn(who: str, since: datetime, due: datetime | None) -> str:
    """Who it waits for."""
    return f"{who} · since {moment(since)}" + (f" · answer due {moment(due)}" if due is not None else "")


def snoozed(until: datetime) -> str:
    return f"snoozed until {moment(until)}"


def unseen(team: Team) -> str:
    """Nobody of a team is known, so its answers look like anybody's."""
    tell = "The policy's `members` or `github_team` would tell."
    if team.github_team:
        tell = f"`{team.github_team}` shows the bot nobody; the policy's `members` would tell."
    return (
        f"Nobody is known to be in {team.name}, so the bot does not see their answers: comment"
        f" `/waiting support` after one. {tell}"
    )


def blind(team: str) -> str:
    """Before `not_so`: the reminder may be wrong, and why."""
    return f"(The bot does not know who is in {team}, so it cannot tell an answer of theirs.)"


def remind_team(since: datetime, answered: bool) -> str:
    what = "support answered, and waits for you again" if answered else "support waits for a first answer"
    return f"{what} since {moment(since)}."


def remind_support(team: str, since: datetime) -> str:
    return f"{team} answered and waits for support since {moment(since)}."


def escalated(who: str, since: datetime) -> str:
    """To support's management, when the reminders before had no effect."""
    return f"this waits for {who} since {moment(since)}, and reminders had no effect."


def not_so(turn: str) -> str:
    """How to correct a reminder."""
    return f"Not so? `/waiting {_OTHER[turn]}`, `/waiting customer` or `/snooze 3d`."


# ── Slack ───────────────────────────────────────────────────────────────────────────────────


def told(channel: str, link: str) -> str:
    """Where the team was told; no text to paste then."""
    return f"Told in [{channel}]({link})." if link else f"Told in {channel}."


_SLACK = {
    "no-channel": "Slack shows the bot no channel `{name}`: correct the policy, or invite the bot there.",
    "no-handle": "Slack has no user group `{name}`: nobody was called by name.",
    "refused": "Slack refused the message (`{name}`).",
    "withheld": "The Slack message names only the area: {why}.",
}
_WITHHELD = {
    "no-extra": "the words were not checked, as the extra `privacy` is not installed",
    "scanner": "the check of the words failed",
    "nothing-left": "all that was said is private",
}


SLACK_STRANGER = (
    "I do not know your GitHub login, so nothing was done. Ask for it to be added to `slack.people` in the"
    " policy, or comment on the issue."
)


def acted(login: str, text: str) -> str:
    """What somebody did in Slack, on the issue: commands as code, their words as a quote."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    shown = [code(line) if line.startswith("/") else f"> {escape(line)}" for line in lines]
    return "\n\n".join([f"**{escape(login)}**, in Slack:", *shown])


def slack_problem(found: str) -> str:
    """A reason code of bot.rules.slack in words, e.g. ``no-channel:#search``."""
    kind, _, name = found.partition(":")
    return _SLACK[kind].format(name=name, why=_WITHHELD.get(name, name))


# ── small parts ─────────────────────────────────────────────────────────────────────────────


MANY = 12  # of alternatives or places; who has more to mend starts with these


def _either(items: list[str]) -> str:
    if len(items) > MANY:
        return ", ".join([*items[:MANY], "…"])
    return " or ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def _ranges(numbers: tuple[int, ...]) -> str:
    """1, 2, 3, 7 → 1–3, 7."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    shown = [str(p[0]) if len(p) == 1 else f"{p[0]}–{p[-1]}" for p in parts[:MANY]]
    return ", ".join([*shown, "…"] if len(parts) > MANY else shown)
