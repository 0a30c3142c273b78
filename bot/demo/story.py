"""Floor 3: plays the demo's story in a sandbox: each step acts as a person, waits for the bot, and compares.

The steps and what they should lead to are data (`story.yml`); here is how they are done and looked at. A step
looks only at the world, as a person would: labels, the card, reactions.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import resources

import yaml
from pydantic import TypeAdapter

from bot.memory import is_card, visible
from bot.model import IssueKey
from bot.policy.base import Strict
from bot.queue import Queue
from bot.sandbox.records import Comment, Issue, Repo
from bot.sandbox.server import Sandbox

LOOK_EVERY = 0.005  # seconds
QUIET = timedelta(seconds=5)  # what is due later than this has nothing to do with the steps before


class File(Strict):
    """File an issue; an id of a step stands for its issue from then on."""

    title: str
    body: str


class Say(Strict):
    """Comment on the issue of an earlier step."""

    issue: str
    body: str


class Edit(Strict):
    """Replace parts of the issue's text; each must be there once."""

    issue: str
    replace: tuple[tuple[str, str], ...]


class Expected(Strict):
    """What the step should lead to. Lists are complete; no `card`: the bot says nothing."""

    labels: frozenset[str]
    card: str | None = None
    gaps: tuple[str, ...] = ()  # names of fields, in the card's order
    reaction: str | None = None


class Step(Strict):
    id: str
    what: str
    by: str
    expect: Expected
    file: File | None = None
    comment: Say | None = None
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One issue as it looks at a moment."""

    labels: frozenset[str]
    card: str | None  # its first line
    team: str  # who the card says it is for, and why
    gaps: tuple[str, ...]
    reactions: tuple[str, ...]  # of the bot, on the step's comment
    words: int  # comments of the bot


NOTHING = Seen(frozenset(), None, "", (), (), 0)


@dataclass(frozen=True, slots=True)
class Scene:
    """One step as it went. `wrong` says what was not as expected, empty when all held."""

    step: Step
    number: int
    title: str
    before: Seen
    after: Seen
    took: float  # seconds from the person's act until the bot was done
    wrong: tuple[str, ...]


def steps() -> tuple[Step, ...]:
    """The shipped story."""
    text = resources.files("bot.demo").joinpath("story.yml").read_text("utf-8")
    return TypeAdapter(tuple[Step, ...]).validate_json(json.dumps(yaml.safe_load(text)))


@dataclass
class Stage:
    """Where the story is played: a sandbox, its tracker, and the queue of the App that serves it."""

    sandbox: Sandbox
    repo: Repo
    queue: Queue
    patience: float  # seconds a step may take
    issues: dict[str, Issue] = field(default_factory=dict)

    async def play(self, story: tuple[Step, ...]) -> AsyncIterator[Scene]:
        """Do the steps one after the other."""
        for step in story:
            yield await self._play(step)

    async def _play(self, step: Step) -> Scene:
        loop = asyncio.get_running_loop()
        issue = self._issue(step)
        before = NOTHING if issue is None else self.look(issue)
        began = loop.time()
        issue, comment = self._act(step, issue)
        while True:
            seen = self.look(issue, comment)
            wrong = differences(step.expect, seen)
            if step.expect.card is None and not wrong and not await self._was_run(issue):
                wrong = ("the bot has not looked at it",)
            if not wrong or loop.time() - began > self.patience:
                return Scene(step, issue.number, issue.title, before, seen, loop.time() - began, wrong)
            await asyncio.sleep(LOOK_EVERY)

    def _issue(self, step: Step) -> Issue | None:
        act = step.comment or step.edit
        return self.issues[act.issue] if act else None

    def _act(self, step: Step, issue: Issue | None) -> tuple[Issue, Comment | None]:
        """Do what the step's person does; gives the issue as it is now, and the comment if it was one."""
        world = self.sandbox.world
        if step.file is not None:
            issue = self.issues[step.id] = world.file_issue(
                self.repo, step.by, step.file.title, step.file.body
            )
            return issue, None
        if issue is None:
            raise ValueError(f"step {step.id}: no issue to act on")
        if step.comment is not None:
            return issue, world.comment(issue, step.by, step.comment.body)
        body = world.issue(issue).body
        for old, new in step.edit.replace if step.edit else ():
            if body.count(old) != 1:
                raise ValueError(f"step {step.id}: the text to replace is not there once")
            body = body.replace(old, new)
        return world.edit_issue(issue, step.by, body=body), None

    # ── looking ─────────────────────────────────────────────────────────────────────────────

    def look(self, issue: Issue, comment: Comment | None = None) -> Seen:
        """The issue as anybody sees it."""
        world, bot = self.sandbox.world, self.sandbox.access.app.bot.id
        written = [one for one in world.comments(issue) if one.author_id == bot]
        lines = next((visible(one.body).splitlines() for one in written if is_card(one.body)), [])
        reactions = world.state.comments[comment.id].reactions if comment else ()
        return Seen(
            labels=frozenset(world.labels(issue)),
            card=lines[0].lstrip("# ") if lines else None,
            team=_row(lines, "Team"),
            gaps=_gaps(lines),
            reactions=tuple(reaction.content for reaction in reactions if reaction.user_id == bot),
            words=len(written),
        )

    async def look_again(self) -> tuple[str, ...]:
        """Have the bot run every issue once more; says what it wrote, which should be nothing."""
        try:
            async with asyncio.timeout(self.patience):
                await self._quiet()
                before = {id_: self.look(issue) for id_, issue in self.issues.items()}
                self.sandbox.calls.clear()
                for issue in self.issues.values():
                    await self.queue.accept(str(self._key(issue)))
                await self._quiet()
        except TimeoutError:
            return ("the bot did not come to rest",)
        wrong = [f"a write: {call.operation or call.template}" for call in self.sandbox.calls.writes]
        wrong += [f"{id_} changed" for id_, issue in self.issues.items() if self.look(issue) != before[id_]]
        wrong += [f"{id_}: {seen.words} comments" for id_, seen in before.items() if seen.words > 1]
        return tuple(wrong)

    async def _was_run(self, issue: Issue) -> bool:
        entry = await self.queue.get(str(self._key(issue)))
        return entry is not None and entry.last_run_at is not None and entry.owner is None

    async def _quiet(self) -> None:
        """Wait until no webhook is under way and no issue is running or soon due."""
        while True:
            await self.sandbox.settle()
            soon = self.sandbox.world.clock() + QUIET
            entries = await self.queue.entries(dead=False)
            if not any(e.owner or (e.due_at is not None and e.due_at < soon) for e in entries):
                return
            await asyncio.sleep(0.05)

    def _key(self, issue: Issue) -> IssueKey:
        return IssueKey(self.repo.owner, self.repo.name, issue.number)


_MARKUP = str.maketrans("", "", "*`\\")


def _row(card: list[str], name: str) -> str:
    """The cell beside `name` in the card's table, without markup; empty when there is none."""
    for line in card:
        cells = [cell.strip() for cell in line.translate(_MARKUP).strip("| ").split("|")]
        if cells[0] == name and len(cells) > 1:
            return cells[1]
    return ""


def _gaps(card: list[str]) -> tuple[str, ...]:
    """What the card says is missing, a line each, without markup: the field, then maybe – and why."""
    if "**Missing**" not in card:
        return ()
    found = []
    for line in card[card.index("**Missing**") + 1 :]:
        if not line.startswith("- "):
            break
        found.append(line.removeprefix("- ").replace("**", ""))
    return tuple(found)


def differences(expected: Expected, seen: Seen) -> tuple[str, ...]:
    """What is not as expected, each as one line for people."""
    wrong = []
    if expected.labels != seen.labels:
        wrong.append(f"labels: expected {_names(expected.labels)}, saw {_names(seen.labels)}")
    if expected.card != seen.card:
        wrong.append(f"card: expected {expected.card or 'none'}, saw {seen.card or 'none'}")
    gaps = tuple(gap.partition(" – ")[0] for gap in seen.gaps)
    if expected.gaps != gaps:
        wrong.append(f"missing: expected {_names(expected.gaps)}, saw {_names(gaps)}")
    if expected.reaction is not None and (expected.reaction,) != seen.reactions:
        wrong.append(f"reaction: expected {expected.reaction}, saw {_names(seen.reactions)}")
    if expected.card is None and seen.words:
        wrong.append(f"expected silence, saw {seen.words} comments")
    return tuple(wrong)


def _names(names: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(names)) or "none"
