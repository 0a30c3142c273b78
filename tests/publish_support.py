"""Publishing for tests: the texts without threads and without kingfisher, and people who publish an issue.

p = Publication(w, issue)
await p.draft()                     # /publish
await p.clean()                     # edit the draft as its findings say, acknowledge the rest
await p.confirm()
(public,) = p.public                # the issues of the bot in the public tracker
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from issues import COMPLETE

from bot.policy.schema import Policy
from bot.publisher_texts import Texts
from bot.rules.privacy import External, Scanner
from bot.sandbox.records import Comment, Issue
from bot.scanner import scanner

if TYPE_CHECKING:
    from harness import World

P = ParamSpec("P")
T = TypeVar("T")
MARK = "<!-- rfh-bot:draft v1 "
_SCANNERS: dict[str, Scanner] = {}  # building one takes a second
_ROW = re.compile(r"^\| (\d+) \| (?:line )?(\w+) \| (⛔|⚠️|✅) (.+?) \|", re.MULTILINE)
_DIGEST = re.compile(r"^/publish confirm ([0-9a-f]{32})$", re.MULTILINE)


async def at_once(work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Virtual time knows no threads."""
    return work(*args, **kwargs)


def no_secrets(texts: Sequence[str]) -> Sequence[tuple[External, ...]]:
    """kingfisher sees nothing."""
    return [()] * len(texts)


def known_scanner(policy: Policy) -> Scanner:
    name = repr((policy.privacy, policy.customers))
    if name not in _SCANNERS:
        _SCANNERS[name] = scanner(policy)
    return _SCANNERS[name]


def texts_for(key: bytes) -> Texts:
    return Texts(key, find_secrets=no_secrets, build=known_scanner, in_thread=at_once)


class Publication:
    """One private issue on its way, and whoever publishes it."""

    def __init__(self, w: World, issue: Issue, *, by: str = "erin") -> None:
        self.w, self.issue, self.by = w, issue, by

    # ── looking ─────────────────────────────────────────────────────────────────────────────

    @property
    def drafts(self) -> list[Comment]:
        return [c for c in self.w.comments(self.issue) if MARK in c.body]

    @property
    def comment(self) -> Comment:
        (draft,) = self.drafts
        return draft

    @property
    def header(self) -> str:
        return self.comment.body.partition(MARK)[0]

    @property
    def text(self) -> str:
        """What people edit: the title's line and the body."""
        return self.comment.body.partition(MARK)[2].partition("-->\n")[2]

    @property
    def findings(self) -> list[tuple[int, str, str, str]]:
        """(number, line or ``title``, mark, what) of each finding."""
        return [(int(n), where, mark, what) for n, where, mark, what in _ROW.findall(self.header)]

    @property
    def digest(self) -> str:
        """Of the draft, once it is ready."""
        (digest,) = _DIGEST.findall(self.header)
        return str(digest)

    @property
    def ready(self) -> bool:
        return bool(_DIGEST.search(self.header))

    @property
    def public(self) -> list[Issue]:
        """The bot's issues in the public tracker."""
        state, bot = self.w.github.world.state, self.w.github.access.app.bot.id
        return [one for one in state.issues_of(self.w.demo.public) if one.author_id == bot]

    @property
    def card(self) -> str:
        return self.w.card(self.issue)

    # ── acting ──────────────────────────────────────────────────────────────────────────────

    async def say(self, body: str, by: str = "", seconds: float = 30.0) -> Comment:
        comment = self.w.comment(self.issue, body, by=by or self.by)
        await self.w.settle(seconds)
        return comment

    async def draft(self, *comments: Comment) -> None:
        links = " ".join(f"https://x.invalid/o/r/issues/1#issuecomment-{c.id}" for c in comments)
        await self.say(f"/publish with {links}" if links else "/publish")

    async def edit(self, change: Callable[[str], str], by: str = "sam") -> None:
        """A person edits the part below the line."""
        head, _, text = self.comment.body.partition("-->\n")
        self.w.github.world.edit_comment(self.comment, by, f"{head}-->\n{change(text)}")
        await self.w.settle()

    async def clean(self) -> None:
        """Do as the findings say: take out the lines that block, acknowledge the warnings."""
        blocked = {where for _, where, mark, _ in self.findings if mark == "⛔"}
        if blocked:
            await self.edit(lambda text: _without(text, blocked))
        while warnings := [n for n, _, mark, _ in self.findings if mark == "⚠️"]:
            await self.say(f"/ack {warnings[0]}")

    async def confirm(self, digest: str = "", by: str = "") -> Comment:
        return await self.say(f"/publish confirm {digest or self.digest}", by, 90.0)


def _without(text: str, places: set[str]) -> str:
    """The draft without some lines of its body, and with a plain title when that is among them."""
    title, _, body = text.partition("\n")
    lines = body.lstrip("\n").split("\n")
    kept = [line for number, line in enumerate(lines, 1) if str(number) not in places]
    return "\n".join(["# Search fails" if "title" in places else title, "", *kept])


async def ready(w: World, title: str = "", body: str = "") -> Publication:
    """An issue with a draft in which nothing is left to do."""
    issue = w.file(title or "zoekt-indexserver runs out of memory on a monorepo", body or COMPLETE)
    p = Publication(w, issue)
    await w.settle()
    await p.draft()
    await p.clean()
    return p
