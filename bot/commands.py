"""Floor 1: the one table of commands. Parser, permissions, `/help` and the docs page come from it.

A command is a line of a comment that starts with a slash and a word, in plain text (bot.markdown decides what
is plain: not code, not a quote, not an HTML comment). Words that no command is close to belong to other bots
and get no answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args

import re2

from bot.markdown import normal
from bot.memory import Side
from bot.policy.schema import Policy, Role
from bot.publication import MAX_CHOSEN
from bot.rules import closing, snooze

ROLES: tuple[str, ...] = ("read", "triage", "write", "maintain", "admin")
MAX_PER_COMMENT = 10
_LINE = re2.compile(r"^\s{0,3}/([A-Za-z][A-Za-z-]{1,30})(?:\s+(.*))?$")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an argument was not understood. `code` is explained by words.py; `seen` is the person's text."""

    code: str
    seen: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """One command. `slot` names the intent it sets; None for those that only answer. Usage and example hold
    places for the policy's own words: see `filled`."""

    name: str
    usage: str
    summary: str
    example: str
    slot: str | None = None
    argument: Callable[[str, Policy], str | Refusal] | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One command as written: its spec (None: unknown, `refusal.near` guesses) and the resolved value."""

    word: str
    spec: Spec | None
    value: str = ""
    new: bool = False  # `--new`
    refusal: Refusal | None = None


# ── arguments ───────────────────────────────────────────────────────────────────────────────


def team_names(policy: Policy) -> Mapping[str, str]:
    """Every way to write a team, case-folded, without leading @ or #, → its id."""
    names: dict[str, str] = {}
    for id_, team in policy.teams.items():
        written: list[str | None] = [id_, team.name, team.label, *team.label_aliases, *team.aliases]
        written += [team.slack.handle, team.slack.fallback_for]
        for name in written:
            if name:
                names.setdefault(name.lstrip("@#").casefold(), id_)
    return names


def _choice(text: str, names: Mapping[str, str], ids: Iterable[str]) -> str | Refusal:
    word = " ".join(text.strip().strip("`").lstrip("@#").split()).casefold()
    if word in names:
        return names[word]
    near = difflib.get_close_matches(word[:60], list(names), n=3, cutoff=0.6)
    suggested = tuple(dict.fromkeys(names[name] for name in near))
    return Refusal("unknown-value", text, suggested or tuple(ids))


def _team(text: str, policy: Policy) -> str | Refusal:
    return _choice(text, team_names(policy), policy.teams)


def _priority(text: str, policy: Policy) -> str | Refusal:
    names = {}
    for id_, priority in policy.priorities.items():
        for name in (id_, priority.label, *priority.aliases, *priority.names):
            names[name.casefold()] = id_
    return _choice(text, names, policy.priorities)


def _kind(text: str, policy: Policy) -> str | Refusal:
    names = {}
    for id_, kind in policy.kinds.items():
        for name in (id_, kind.name, *kind.names):
            names[name.casefold()] = id_
    return _choice(text, names, policy.kinds)


_LOGIN = re2.compile(r"^@?([A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?)$")


def _login(text: str, policy: Policy) -> str | Refusal:
    del policy
    match = _LOGIN.match(text.strip())
    return match[1] if match else Refusal("not-a-login", text)


def _snooze(text: str, policy: Policy) -> str | Refusal:
    del policy
    return snooze.wish(text) or Refusal("not-a-time", text)


def _side(text: str, policy: Policy) -> str | Refusal:
    sides = {side: side for side in get_args(Side)}
    names = dict.fromkeys(team_names(policy), "engineering") | sides
    return _choice(text, names, sides)


def _text(text: str, policy: Policy) -> str | Refusal:
    del policy
    return " ".join(text.split())


_COMMENT_LINK = re2.compile(r"#issuecomment-([0-9]{1,19})$")
_DIGEST = re2.compile(r"^`?([0-9a-f]{32})`?$")


def _chosen(text: str, policy: Policy) -> str | Refusal:
    """``with URL …`` → the ids of the comments, comma-separated; whose they are shows when they are read."""
    del policy
    ids = []
    for word in text.removeprefix("with").split():
        found = _COMMENT_LINK.search(word)
        if found is None:
            return Refusal("publish-not-a-comment", word)
        ids.append(found[1])
    chosen = ",".join(dict.fromkeys(ids))
    return chosen if chosen.count(",") < MAX_CHOSEN else Refusal("publish-too-many-comments")


def _digest(text: str, policy: Policy) -> str | Refusal:
    del policy
    found = _DIGEST.match(text.strip().lower())
    return found[1] if found else Refusal("publish-not-a-digest", text)


def _number(text: str, policy: Policy) -> str | Refusal:
    del policy
    word = text.strip().removeprefix("#")
    known = word.isascii() and word.isdigit() and len(word) < 5
    return str(int(word)) if known else Refusal("publish-not-a-number", text)


def _docs(text: str, policy: Policy) -> str | Refusal:
    del policy
    return closing.answered(text) or Refusal("not-about-docs", text)


# ── the table ───────────────────────────────────────────────────────────────────────────────

_TABLE = (
    Spec(
        "route",
        "/route TEAM",
        "Route to a team; overrules the bot.",
        "/route {team}",
        "team",
        _team,
        True,
    ),
    Spec(
        "priority",
        "/priority PRIORITY",
        "Set the priority.",
        "/priority {priority}",
        "priority",
        _priority,
        True,
    ),
    Spec(
        "customer",
        "/customer NAME [--new]",
        "Set the customer; `--new` creates the label.",
        "/customer NAME",
        "customer",
        _text,
        True,
    ),
    Spec("kind", "/kind {kinds}", "Say what it is.", "/kind {kind}", "kind", _kind, True),
    Spec(
        "owner",
        "/owner @LOGIN",
        "Hand the case to another support engineer.",
        "/owner @sam",
        "owner",
        _login,
        True,
    ),
    Spec("handoff", "/handoff [REASON]", "Hand over now, in spite of gaps.", "/handoff", "handoff", _text),
    Spec("take", "/take", "Take it: assigns you. It is no answer yet.", "/take", "taken"),
    Spec(
        "waiting",
        "/waiting support|engineering|customer",
        "Say whose turn it is.",
        "/waiting support",
        "waiting",
        _side,
        True,
    ),
    Spec(
        "snooze",
        "/snooze 3d|until DATE [REASON]",
        "No reminders until then.",
        "/snooze 3d",
        "snooze",
        _snooze,
        True,
    ),
    Spec("unsnooze", "/unsnooze", "Reminders go on.", "/unsnooze", "snooze"),
    Spec(
        "emergency",
        "/emergency",
        "Page support on call; reminders come at any hour.",
        "/emergency",
        "emergency",
    ),
    Spec(
        "docs",
        "/docs updated URL | issue URL | none REASON",
        "Say how the docs fared.",
        "/docs none the docs say it already",
        closing.DOCS,
        _docs,
        True,
    ),
    Spec(
        "resolved",
        "/resolved TEXT",
        "Say in a sentence what resolved it.",
        "/resolved indexing was out of memory",
        closing.RESOLVED,
        _text,
        True,
    ),
    Spec("check", "/check", "Check again and list what is missing.", "/check"),
    Spec("why", "/why", "Say why this team.", "/why"),
    Spec(
        "publish",
        "/publish [with COMMENT-URL …]",
        "Draft a public issue, with the comments you name.",
        "/publish",
        argument=_chosen,
    ),
    Spec(
        "publish confirm",
        "/publish confirm DIGEST",
        "Publish exactly the draft with this digest.",
        "/publish confirm 0123456789abcdef0123456789abcdef",
        argument=_digest,
    ),
    Spec("ack", "/ack NUMBER", "Let a warning in the draft pass.", "/ack 1", argument=_number),
    Spec("undo", "/undo", "Take the last command back.", "/undo"),
    Spec("resume", "/resume", "Go on after the card's memory was lost.", "/resume"),
    Spec("help", "/help", "List the commands.", "/help"),
)
COMMANDS: Mapping[str, Spec] = MappingProxyType({spec.name: spec for spec in _TABLE})


def filled(text: str, policy: Policy) -> str:
    """A usage or an example in the policy's words: ``/kind {kinds}`` → ``/kind help|defect|feature``."""
    other = next((id_ for id_, kind in policy.kinds.items() if not kind.handoff), next(iter(policy.kinds)))
    return text.format(
        team=next(iter(policy.teams)),
        priority=next(iter(policy.priorities)),
        kind=other,
        kinds="|".join(policy.kinds),
    )


def parse(line: str, policy: Policy) -> Call | None:
    """Read one line; None when it is no command of ours and not close to one."""
    match = _LINE.match(normal(line).rstrip())
    if match is None:
        return None
    word, rest = match[1].casefold(), (match[2] or "").strip()
    spec = COMMANDS.get(word)
    first, _, after = rest.partition(" ")
    if (sub := COMMANDS.get(f"{word} {first.casefold()}")) is not None:
        spec, rest = sub, after.strip()
    if spec is None:
        names = [name for name in COMMANDS if " " not in name]
        near = difflib.get_close_matches(word, names, n=1, cutoff=0.75)
        return Call(word, None, refusal=Refusal("unknown-command", word, tuple(near))) if near else None
    new = False
    if spec.name == "customer":
        words = rest.split()
        new = "--new" in words
        rest = " ".join(w for w in words if w != "--new")
    if spec.required and not rest:
        return Call(word, spec, refusal=Refusal("missing-argument"))
    if spec.argument is None:
        return Call(word, spec)
    value = spec.argument(rest, policy)
    if isinstance(value, Refusal):
        return Call(word, spec, refusal=value)
    return Call(word, spec, value, new)


# ── permissions ─────────────────────────────────────────────────────────────────────────────


def needed_role(command: str, policy: Policy) -> Role:
    """The least repository role for a command, by policy."""
    permissions = policy.commands.permissions
    return permissions.get(command, permissions.get("default", "triage"))


def role_counts(role: str, needed: str, policy: Policy) -> bool:
    """Does `role` (GitHub's role_name, or a custom role mapped in policy) reach `needed`?"""
    role = policy.commands.roles.get(role, role)
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


def help_rows(policy: Policy) -> Sequence[tuple[str, str, str]]:
    """(usage, summary, who) of every command, for `/help` and the docs page."""
    rows = []
    for spec in _TABLE:
        who = f"{needed_role(spec.name, policy)} or more"
        if spec.name in policy.commands.author:
            who += ", or the issue's author"
        rows.append((filled(spec.usage, policy), spec.summary, who))
    return rows
