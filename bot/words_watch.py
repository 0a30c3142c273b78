"""Floor 1: what the private side reads about a leak in public: private issue, comment, Slack. No values.

Facts of GitHub: who can read a comment can read its edit history; its author and people who may write can
remove old versions from it, by hand; the old titles of an issue stay in its timeline; mails are sent at once.
https://docs.github.com/en/communities/moderating-comments-and-conversations/tracking-changes-in-a-comment
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.markdown import code
from bot.rules.privacy import Kind
from bot.rules.slack_message import escaped, moment
from bot.rules.watch import BODY, MAX_LEAKS, TITLE, Dossier, Leak, by_place

KINDS: dict[Kind, str] = {
    "secret": "a secret",
    "customer": "a customer's name",
    "customer_other": "a customer's name",
    "customer_typo": "a customer's name",
    "contract": "contract facts",
    "private_asset": "a private file",
    "email": "an e-mail address",
    "phone": "a phone number",
    "person": "a person's name",
    "person_first": "a person's name",
    "ip_public": "an IP address",
    "ip_private": "an IP address",
    "host": "a private host",
    "url": "a private link",
    "repo": "a private repository",
    "cloud_id": "a cloud account",
    "home_path": "a home folder",
    "directory": "a directory entry",
    "internal_link": "an internal link",
    "unknown_link": "an unknown link",
    "image": "a picture",
    "quote": "a customer's words",
    "unknown_word": "an unknown name",
}
_GONE = {
    "edited": "edited away",
    "deleted": "comment deleted",
    "issue-deleted": "issue deleted",
    "issue-moved": "issue moved to another repository",
}
_LASTING = (
    "**What nobody can undo.** GitHub has mailed the text to everybody who watches, and integrations have "
    "received it. Until its old versions are removed, everybody can read them under “edited”. A title stays "
    "in the timeline. Search engines and archives may hold a copy."
)
_SHOWN = 5  # places in a line of Slack
LABEL_MISSING = "The label {label} does not exist here: `rfh-bot labels sync`."
_REFUSED = {
    "no-channel": "Slack was not told: it shows us no channel {what}.",
    "refused": "Slack refused: {what}.",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The public issue: its name, its address, and whether the private issue lacks its label."""

    name: str  # owner/repo#7
    url: str
    label_missing: str = ""

    def link(self, where: int) -> str:
        return f"{self.url}#issuecomment-{where}" if where > BODY else self.url


def title(name: str) -> str:
    """Of the private issue. The public one's title may be what leaked."""
    return f"Possible leak in public: {name}"


def report(dossier: Dossier, subject: Subject) -> str:
    """The private issue's body: what, where, what to do, and what nobody can undo."""
    standing = [leak for leak in dossier.leaks if not leak.how]
    parts = [
        _headline(dossier.leaks, standing, subject),
        _table(dossier, subject),
        _steps(dossier.leaks, standing),
        _LASTING,
        "Close this issue when it is dealt with: these values are then not told again. A new one reopens it.",
    ]
    notes = [LABEL_MISSING.format(label=code(subject.label_missing))] if subject.label_missing else []
    if len(dossier.leaks) >= MAX_LEAKS:
        notes.append(f"The list ends at {MAX_LEAKS}; there may be more.")
    if dossier.refused:
        why, _, what = dossier.refused.partition(":")
        notes.append(_REFUSED[why].format(what=code(what)))
    if dossier.said:
        notes.append("In public, the policy's sentence was said.")
    return "\n\n".join([*parts, *(f"> {note}" for note in notes)])


def _headline(leaks: Iterable[Leak], standing: list[Leak], subject: Subject) -> str:
    link = f"[{subject.name}]({subject.url})"
    if standing:
        return f"**{_count(standing)} in {link} can be read by everybody now.**"
    hows = {leak.how for leak in leaks}
    if hows & {"issue-deleted", "issue-moved"}:
        return f"**{subject.name} is no longer there** (deleted or moved). It was mailed; see below."
    if hows == {"deleted"}:
        return f"**No longer in {link}: deleted.** It was mailed; see below."
    return f"**No longer in the text of {link}, but its history still shows it.**"


def _count(leaks: list[Leak]) -> str:
    values = len({leak.value for leak in leaks})
    return "1 private value" if values == 1 else f"{values} private values"


def _table(dossier: Dossier, subject: Subject) -> str:
    rows = ["| Where | Line | What | State |", "|---|---|---|---|"]
    for where, leaks in by_place(dossier.leaks).items():
        for leak in leaks:
            line = ", ".join(map(str, leak.lines)) if where != TITLE else ""
            rows.append(
                f"| [{_place(where)}]({subject.link(where)}) | {line} | {KINDS[leak.kind]} | {_state(leak)} |"
            )
    return "\n".join(rows)


def _place(where: int) -> str:
    return {TITLE: "Title", BODY: "Description"}.get(where, f"Comment {where}")


def _state(leak: Leak) -> str:
    if leak.gone is None:
        return f"**public**, seen {moment(leak.seen)}"
    return f"{_GONE[leak.how]}, seen {moment(leak.gone)}"


def _steps(leaks: tuple[Leak, ...], standing: list[Leak]) -> str:
    """What helps, most urgent first; only what applies."""
    return "\n".join(
        [
            "**Do this, in this order**",
            "",
            *(f"{n}. {step}" for n, step in enumerate(_helps(leaks, standing), 1)),
        ]
    )


def _helps(leaks: tuple[Leak, ...], standing: list[Leak]) -> Iterator[str]:
    kinds = {leak.kind for leak in leaks}
    if "secret" in kinds:
        yield "**Revoke the secret** where it was issued. It is known; deleting it here does not help."
    if any(leak.where != TITLE for leak in standing):
        yield "**Edit the text** in the places marked public; the author can, and whoever may write there."
    if any(leak.where == TITLE for leak in standing):
        yield "**Edit the title.** Its timeline keeps the old one; only deleting the issue removes that."
    if any(leak.where != TITLE and leak.how in ("", "edited") for leak in leaks):
        yield (
            "**Delete the old version**: “edited” in the comment's header → the version → *Delete revision "
            "from history*. The author can, and whoever may write; there is no API for it. "
            "Or delete the comment."
        )
    if {"customer", "customer_other", "contract"} & kinds:
        yield "**Tell the customer's engineer (CE)**, who decides whether the customer is told."
    yield (
        "Where it is not enough: an admin deletes the issue, and [GitHub Support]"
        "(https://support.github.com/request) removes cached views."
    )


def more(news: Iterable[Leak], subject: Subject) -> str:
    """A comment on the private issue: there is more than it said when people read it."""
    return f"More in public: {_places(news, subject)}. The list above is up to date."


def _places(leaks: Iterable[Leak], subject: Subject) -> str:
    found = [
        f"{KINDS[leak.kind]} ([{_spot(where, leak)}]({subject.link(where)}))"
        for where, each in by_place(leaks).items()
        for leak in each
    ]
    return _listed(found)


def _spot(where: int, leak: Leak) -> str:
    return {TITLE: "title", BODY: f"description, line {leak.lines[0]}"}.get(
        where, f"comment {where}, line {leak.lines[0]}"
    )


def _listed(found: list[str]) -> str:
    rest = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def slack(leaks: Iterable[Leak], subject: Subject, private: str, private_url: str) -> str:
    """What Slack is told (mrkdwn): kinds, places, links."""
    found = [
        f"{KINDS[leak.kind]} (<{subject.link(where)}|{_spot(where, leak)}>)"
        for where, each in by_place(leaks).items()
        for leak in each
    ]
    public = f"<{subject.url}|{escaped(subject.name)}>"
    steps = f"<{private_url}|{escaped(private)}>"
    return f"🔓 *Possible leak in public* {public}: {_listed(found)}. What to do: {steps}"
