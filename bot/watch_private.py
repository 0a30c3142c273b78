"""Floor 2: the private side of the watch: one issue in the private tracker per public one, and Slack.

Order, and what a crash after each step leaves behind
1. The issue is created, with all that is known. A claim is kept before the request; the next run lists our
   own issues for the marker (the list, not the search index), and makes none for a minute while in doubt.
2. A comment on an issue that people have read before, with its key in a hidden line: it is not repeated.
3. Slack. What was sent is on record in the database at once; without that, Slack is told again, never not.
4. The policy's sentence in public, if there is one, with its key: it is not repeated.
5. The issue's body, which carries what is known and what was told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot import words_watch as words
from bot.errors import Forbidden, Gone, SlackDown, Transient
from bot.github.auth import Clients
from bot.github.client import GitHub
from bot.github.load import load
from bot.github.watched import Thread, add_comment, create_issue, listed, rest_login, update_issue
from bot.guard import Guard
from bot.memory import effect_marker, effects_in
from bot.model import Actor, Catalogue, IssueKey
from bot.policy.schema import Policy, Slack
from bot.reconciler import Sleep
from bot.rules.slack import channel_of, mention_of
from bot.rules.slack_message import note
from bot.rules.watch import Concluded, Dossier, Look, conclude, dealt_with, effect, untold
from bot.rules.watch_marker import WatchSeal, without_marker
from bot.slack.client import SlackRefused
from bot.slack.teller import Teller
from bot.store import Store
from bot.store_watch import Watched, WatchStore
from bot.told import Note, Sent

UNKNOWN = timedelta(minutes=1)  # while a creation of unknown outcome may become visible
LAG = (0.5, 1.0, 2.0)  # seconds between reads of a body that is older than what we wrote
SAY = {"issues": "write"}  # the public tracker, for the policy's sentence alone
SAID = "watch:said"
_NEWS, _SLACK = "watch:more", "slack:leak"


@dataclass(frozen=True, slots=True)
class Case:
    """One public issue and what a look at it showed. `thread` None: it is gone."""

    public: IssueKey
    gh: GitHub  # of the private tracker
    owner: str
    repo: str
    policy: Policy
    catalogue: Catalogue  # of the private tracker
    thread: Thread | None
    look: Look

    def subject(self, private_url: str = "") -> words.Subject:
        """The public issue for the words. One that is gone had its address beside the private issue's."""
        label = self.policy.privacy.watch.label
        missing = "" if self.catalogue.find(label) is not None else label
        site = private_url.partition(f"/{self.owner}/{self.repo}/")[0]
        url = (
            self.thread.url if self.thread else f"{site}/{self.public.full_name}/issues/{self.public.number}"
        )
        return words.Subject(str(self.public), url, missing)


@dataclass(frozen=True, slots=True)
class Filed:
    """The private issue as it stands. `new`: created in this run, so that nobody has read it before."""

    key: IssueKey
    node_id: str
    url: str
    body: str = field(repr=False)
    closed: bool = False
    effects: frozenset[str] = frozenset()
    new: bool = False


@dataclass(frozen=True, slots=True)
class PrivateSide:
    """`guard` is asked before each write."""

    clients: Clients
    store: Store
    records: WatchStore
    seal: WatchSeal
    teller: Teller | None
    now: Callable[[], datetime]
    sleep: Sleep
    guard: Guard

    async def bring_up(self, case: Case, known: Watched, *, only_look: bool) -> str:
        """Bring the private issue and Slack to what is known; returns a word for figures.

        Raises SlackDown when all but Slack is done.
        """
        dossier = self.seal.read(known.marker) or Dossier(str(case.public))
        filed = None
        if known.private is not None:
            filed, dossier = await self._filed(case, known, known.private, dossier)
        concluded = conclude(dossier, case.look, closed=filed is not None and filed.closed)
        if only_look:
            return "shadow"
        if filed is None:
            if not concluded.dossier.leaks or case.thread is None:
                seen = self._seen(case, known)
                await self.records.put(
                    case.public, Watched(seen, None, self.seal.mark(dossier), known.claimed)
                )
                return "dealt with"
            found = await self._find(case, case.thread.viewer)
            if found is not None:  # a crash, or a lost database, made us forget it
                return await self.bring_up(case, replace(known, private=found, marker=""), only_look=False)
            known, filed = await self._create(case, known, concluded.dossier)
        return await self._tell(case, known, filed, concluded)

    def _seen(self, case: Case, known: Watched) -> datetime | None:
        return case.thread.seen if case.thread is not None else known.seen

    # ── the private issue ───────────────────────────────────────────────────────────────────

    async def _filed(
        self, case: Case, known: Watched, key: IssueKey, mirror: Dossier
    ) -> tuple[Filed | None, Dossier]:
        """The private issue and the newer of its dossier and our copy. Deleted: dealt with."""
        for delay in (*LAG, None):
            try:
                snapshot = await load(case.gh, key, mirror=None, floor_of=lambda one: one.issue.updated_at)
            except Gone as error:
                if error.why == "not-found" and known.claimed and self.now() - known.claimed < UNKNOWN:
                    raise Transient("the private issue cannot be read yet", UNKNOWN.total_seconds()) from None
                return None, dealt_with(mirror)
            written = self.seal.read(snapshot.issue.body)
            if written is not None and written.public != mirror.public:
                written = None
            if delay is None or (written is not None and written.rev >= mirror.rev):
                break
            await self.sleep(delay)
        ours = [c for c in snapshot.comments if snapshot.viewer.same_as(c.author)]
        filed = Filed(
            key,
            snapshot.issue.node_id,
            snapshot.issue.url,
            snapshot.issue.body,
            snapshot.issue.state == "CLOSED",
            frozenset(effect for comment in ours for effect in effects_in(comment.body)),
        )
        return filed, max((written or mirror), mirror, key=lambda one: one.rev)

    async def _find(self, case: Case, viewer: Actor) -> IssueKey | None:
        """The private issue that tells of the public one already, if we made one."""
        mine = {"state": "all", "creator": rest_login(viewer)}
        async for one in listed(case.gh, case.owner, case.repo, mine):
            dossier = self.seal.read(one.body)
            if dossier is not None and dossier.public == str(case.public):
                return IssueKey(case.owner, case.repo, one.number)
        return None

    async def _create(self, case: Case, known: Watched, dossier: Dossier) -> tuple[Watched, Filed]:
        """File the private issue, unless an earlier request may have done so a moment ago."""
        now = self.now()
        if known.claimed is not None and now - known.claimed < UNKNOWN:
            left = UNKNOWN - (now - known.claimed)
            raise Transient("an issue may have been filed already", left.total_seconds())
        subject = case.subject()
        dossier = replace(dossier, rev=dossier.rev + 1)
        marker = self.seal.mark(dossier)
        body = f"{words.report(dossier, subject)}\n\n{marker}"
        label = case.catalogue.find(case.policy.privacy.watch.label)
        await self.guard()
        known = replace(known, claimed=now)
        await self.records.put(case.public, known)
        made = await create_issue(
            case.gh,
            case.owner,
            case.repo,
            title=words.title(str(case.public)),
            body=body,
            labels=[label.name] if label is not None else [],
        )
        key = IssueKey(case.owner, case.repo, made.number)
        known = replace(known, private=key, marker=marker)
        await self.records.put(case.public, known)
        kinds = sorted({leak.kind for leak in dossier.leaks})
        _log().warning("leak", key=str(case.public), private=str(key), kinds=kinds)
        return known, Filed(key, made.node_id, made.url, body, new=True)

    # ── telling ─────────────────────────────────────────────────────────────────────────────

    async def _tell(self, case: Case, known: Watched, filed: Filed, concluded: Concluded) -> str:
        dossier, news, subject = concluded.dossier, concluded.news, case.subject(filed.url)
        word = "told" if news else "nothing to do"
        if news and not filed.new:
            key = effect(_NEWS, news)
            if key not in filed.effects:
                await self.guard()
                body = f"{words.more(news, subject)}\n\n{effect_marker(key)}"
                await add_comment(case.gh, filed.node_id, body)
                kinds = sorted({leak.kind for leak in news})
                _log().warning("leak", key=str(case.public), private=str(filed.key), kinds=kinds)
        down: SlackDown | None = None
        if not filed.closed or concluded.reopen:
            try:
                dossier = await self._slack(case, dossier, filed, subject)
            except SlackDown as error:
                down = error
            dossier = await self._say(case, dossier)
        text, marked = words.report(dossier, subject), self.seal.read(filed.body)
        same = marked is not None and dossier.same_as(marked) and without_marker(filed.body) == text.strip()
        if (not same and not filed.closed) or concluded.reopen:
            dossier = replace(dossier, rev=dossier.rev + 1)
            await self.guard(True)
            body = f"{text}\n\n{self.seal.mark(dossier)}"
            await update_issue(case.gh, filed.key, body=body, reopen=concluded.reopen)
            word = "told" if news else "updated"
        marker = self.seal.mark(dossier)
        await self.records.put(case.public, replace(known, seen=self._seen(case, known), marker=marker))
        if down is not None:
            raise down
        await self.store.forget_sent(case.public)
        return word

    async def _slack(self, case: Case, dossier: Dossier, filed: Filed, subject: words.Subject) -> Dossier:
        """Tell Slack what it was not told; raises SlackDown when that may pass."""
        leaks = untold(dossier, self.now())
        if self.teller is None or not leaks:
            return dossier
        key, watch = effect(_SLACK, leaks), case.policy.privacy.watch
        refused = ""
        if key not in {one.key for one in await self.store.sent(case.public)}:
            workspace = await self.teller.workspace()
            if workspace is None:
                return dossier
            problems: list[str] = []
            where = Slack(channel=watch.channel or case.policy.support.channel, handle=watch.handle)
            channel = channel_of(where, workspace, problems)
            if not channel:
                return replace(dossier, refused=problems[0] if problems else "")
            text = words.slack(leaks, subject, str(filed.key), filed.url)
            message = note(Note(text, mention_of(where, workspace, [])))
            ts = ""
            try:
                channel, ts = await self.teller.client.post(channel, message)
            except SlackRefused as error:
                refused = error.code
                _log().error("refused", key=str(case.public), error=str(error))
            at = self.now().replace(microsecond=0)
            await self.store.save_sent(case.public, Sent(key, at, channel, ts, refused=refused))
        told = (*dossier.told, *(leak.value for leak in leaks))
        return replace(dossier, told=told, refused=f"refused:{refused}" if refused else "")

    async def _say(self, case: Case, dossier: Dossier) -> Dossier:
        """Say the policy's sentence in public, once, while something stands there."""
        sentence, thread = case.policy.privacy.watch.public_word, case.thread
        standing = any(not leak.how for leak in dossier.leaks)
        if sentence is None or dossier.said or thread is None or thread.locked or not standing:
            return dossier
        ours = [one for one in thread.remarks if thread.viewer.same_as(one.author)]
        if not any(SAID in effects_in(one.body) for one in ours):
            await self.guard(True)
            try:
                gh = await self.clients.client(case.public.owner, case.public.repo, SAY)
                await add_comment(gh, thread.node_id, f"{sentence}\n\n{effect_marker(SAID)}")
            except Forbidden as error:  # the private side is told all the same
                _log().error("refused", key=str(case.public), error=str(error))
                return dossier
        return replace(dossier, said=True)


def _log() -> structlog.stdlib.BoundLogger:
    log: structlog.stdlib.BoundLogger = structlog.get_logger("watch")
    return log
