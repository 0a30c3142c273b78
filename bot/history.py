"""Floor 2: what people decided on past issues, read from GitHub: the truth that the router is measured by.

The truth is a person's last word: their newest team label that was not taken off again, or a later `/route`.
A label that only the bot set, and that nobody touched, is no truth: it would make the bot its own judge. Such
issues are counted as `unconfirmed` and left out.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.github.client import GitHub
from bot.github.sweep import Selection, issue_pages
from bot.memory import is_card, unsealed
from bot.model import Snapshot
from bot.policy.schema import Policy
from bot.rules.ownership import team_of_label

READ = {"issues": "read", "contents": "read"}


@dataclass(frozen=True, slots=True)
class Past:
    """One issue. `text` is what the router reads; `owner` is a person's word, `bot` the bot's before it."""

    number: int
    title: str
    text: str
    owner: str | None
    bot: str | None
    overridden: bool  # a person decided otherwise than the bot's label; without an owner: took it off

    @property
    def unconfirmed(self) -> bool:
        """The bot set a label and nobody said anything."""
        return self.bot is not None and self.owner is None and not self.overridden


async def read_history(
    gh: GitHub, repository: str, policy: Policy, text_of: Callable[[str], str], since: datetime | None = None
) -> AsyncGenerator[tuple[list[Past], int], None]:
    """Pages of issues, newest update first, each with the number of all issues.

    `text_of` takes template words and what names the owner out of a body. `since`: updated at or after.
    Raises Gone (no such repository), Forbidden, Transient.
    """
    owner, repo = repository.split("/")
    async for page in issue_pages(gh, owner, repo, Selection(since=since)):
        yield [past(one.snapshot, policy, text_of) for one in page.glimpses], page.total


@dataclass(frozen=True, slots=True)
class _Word:
    """Somebody's word on the team; None: no team."""

    at: datetime
    person: bool
    team: str | None


def past(snapshot: Snapshot, policy: Policy, text_of: Callable[[str], str]) -> Past:
    """Who said what last: the label events and the `/route` that the card remembers."""
    # Stable, and GitHub's times are seconds: a bot's label in the second of a `/route` is the doing of it.
    said = sorted((*_routes(snapshot, policy), *_labels(snapshot, policy)), key=lambda word: word.at)
    spoken = [number for number, word in enumerate(said) if word.person]
    last = said[spoken[-1]] if spoken else None
    verdicts = [word for word in said[: spoken[-1] if spoken else None] if not word.person]
    bot = verdicts[-1].team if verdicts else None
    owner = last.team if last is not None else None
    if not said:
        owner = next((t for label in snapshot.issue.labels if (t := team_of_label(label.name, policy))), None)
    issue = snapshot.issue
    overridden = last is not None and bot is not None and owner != bot
    return Past(issue.number, issue.title, text_of(issue.body), owner, bot, overridden)


def _labels(snapshot: Snapshot, policy: Policy) -> Iterator[_Word]:
    """Team labels put on, and the one in force taken off by a person."""
    ours = {(one.kind, one.id) for one in policy.identities}
    in_force: str | None = None
    for event in snapshot.label_events:
        team = team_of_label(event.label.name, policy)
        actor = event.actor
        person = actor is None or not (actor.is_bot or (actor.kind, actor.id) in ours)
        if team is None or not (event.added or (person and team == in_force)):
            continue
        in_force = team if event.added else None
        yield _Word(event.at, person, in_force)


def _routes(snapshot: Snapshot, policy: Policy) -> Iterator[_Word]:
    """The `/route` in force, as the card of a bot remembers it."""
    for comment in snapshot.comments:
        if is_card(comment.body) and comment.author is not None and comment.author.is_bot:
            memory = unsealed(comment.body)
            wish = memory.intents.get("team") if memory is not None else None
            if wish is not None and wish.value in policy.teams:
                yield _Word(wish.at, True, wish.value)
