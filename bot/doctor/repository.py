"""Floor 2: is a watched repository as the policy takes it to be?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.doctor.finding import Finding, Findings, listed
from bot.events import POLICY_PATH
from bot.github import labels, parse
from bot.github.auth import Clients
from bot.github.client import GitHub, UnexpectedStatus
from bot.github.documents import GET_REPOSITORY
from bot.github.lookup import Catalogues
from bot.github.roster import Members, Rosters
from bot.github.sweep import Selection, issue_pages
from bot.model import Snapshot
from bot.policy.labels import label_specs
from bot.policy.schema import Policy
from bot.rulebooks import Rulebooks
from bot.rules.turns import SUPPORT


@dataclass(frozen=True, slots=True)
class Watched:
    """A repository to look at, and who we are there (`writer`: app or action)."""

    owner: str
    repo: str
    clients: Clients
    rulebooks: Rulebooks
    writer: str

    @property
    def name(self) -> str:
        return f"{self.owner}/{self.repo}"

    async def client(self) -> GitHub:
        return await self.clients.client(self.owner, self.repo)

    async def problems(self) -> tuple[str, ...]:
        """What is wrong with its override. Then it has no policy that could be looked at."""
        return await self.rulebooks.problems(await self.client(), self.owner, self.repo)

    async def policy(self) -> Policy:
        """The policy in force there."""
        return (await self.rulebooks.get(await self.client(), self.owner, self.repo)).policy


async def repository(at: Watched) -> Findings:
    """Is it there, private and alive? On a public one everybody could read what customers sent."""
    gh = await at.client()
    try:
        answer = await gh.rest(GET_REPOSITORY, owner=at.owner, repo=at.repo)
    except UnexpectedStatus:
        return absent(at)
    found = parse.readable(GET_REPOSITORY.path, lambda: dict(answer))
    page = f"{found.get('html_url', '')}/settings"
    findings = []
    if not found.get("private"):
        what = f"{at.name} is public: everybody can read what is filed there"
        findings.append(Finding("repository", "fail", what, f"{page} (Change visibility)"))
    if found.get("archived"):
        what = f"{at.name} is archived: nothing can be written"
        findings.append(
            Finding("repository", "fail", what, f"{page} (Unarchive), or take it off RFH_BOT_REPOS")
        )
    if found.get("has_issues") is False:
        findings.append(
            Finding("repository", "fail", f"{at.name} has no issues", f"{page} (Features: Issues)")
        )
    return findings or [Finding("repository", "ok", f"{at.name} is private")]


def absent(at: Watched) -> Findings:
    """GitHub shows no such repository: there is nothing more to look at."""
    what = f"{at.name} is not there, or not visible to this token"
    return [Finding("repository", "fail", what, "Correct RFH_BOT_REPOS, or give the token access to it.")]


async def policy(at: Watched) -> Findings:
    """Does the override load, and does it mean this repository and this writer?"""
    broken = await at.problems()
    if broken:
        remedy = f"rfh-bot policy check {POLICY_PATH} (until it is mended the last good policy stays)"
        return [Finding("policy", "fail", f"{at.name}: {problem}", remedy) for problem in broken]
    found = await at.policy()
    findings = []
    if found.tracker.private.casefold() != at.name.casefold():
        what = f"{at.name} is watched, but the policy's tracker is {found.tracker.private}"
        remedy = f"In {POLICY_PATH} of {at.name}: tracker: {{private: {at.name}}}"
        findings.append(Finding("policy", "warn", what, remedy))
    if found.writer != at.writer:
        what = f"{at.name}: the policy leaves writing to the {found.writer}; the {at.writer} writes nothing"
        findings.append(Finding("policy", "warn", what, f"In {POLICY_PATH}: writer: {at.writer}"))
    if found.shadow:
        what = f"{at.name}: shadow mode, nothing is written"
        findings.append(Finding("policy", "warn", what, f"In {POLICY_PATH}: shadow: false"))
    return findings or [Finding("policy", "ok", f"{at.name}: policy {found.name}, writer {found.writer}")]


async def label_set(at: Watched, *, fix: bool) -> Findings:
    """Do the labels exist that the policy names? `fix` creates them."""
    gh = await at.client()
    wanted = label_specs(await at.policy())
    compared = labels.compare(await Catalogues().get(gh, at.owner, at.repo), wanted)
    names = listed([spec.name for spec in compared.missing])
    if not compared.missing:
        return [Finding("labels", "ok", f"{at.name}: {compared.present} labels of the policy are there")]
    if not fix:
        what = f"{at.name}: {len(compared.missing)} labels of the policy are missing: {names}"
        return [Finding("labels", "fail", what, f"rfh-bot labels sync {at.name}")]
    for spec in compared.missing:
        await labels.create(gh, at.owner, at.repo, spec)
    return [Finding("labels", "ok", f"{at.name}: created {names}")]


async def people(at: Watched, rosters: Rosters) -> Findings:
    """Is everybody who comments on requests for help in a list? Who is in none changes no turn.

    Looks at the 50 requests for help that changed last, and there at the first 10 and last 20 comments.
    """
    found = await at.policy()
    sides = [id_ for id_, team in found.teams.items() if team.engineering]
    roster = await rosters.of(at.owner, at.repo, found, [*sides, SUPPORT])
    findings = list(_unseen(at, found, roster))
    if not any(roster.values()):
        what = f"{at.name}: the policy names nobody, so no answer of an engineer changes a turn"
        remedy = (
            f"In {POLICY_PATH}: teams.TEAM.members and support.members (logins), or github_team: ORG/TEAM"
        )
        return [*findings, Finding("people", "warn", what, remedy)]
    strangers: Counter[str] = Counter()
    pages = issue_pages(await at.client(), at.owner, at.repo, Selection(label=found.labels.rfh))
    async for page in pages:
        for each in page.glimpses:
            strangers.update(_in_no_list(each.snapshot, frozenset[str]().union(*roster.values())))
        break
    await pages.aclose()
    if strangers:
        names = listed([login for login, _ in strangers.most_common()])
        what = f"{at.name}: in no list, so their comments change no turn: {names}"
        remedy = (
            f"In {POLICY_PATH}: add each to teams.TEAM.members or support.members, or to their GitHub team"
        )
        findings.append(Finding("people", "warn", what, remedy))
    return findings or [Finding("people", "ok", f"{at.name}: everybody who commented lately is in a list")]


def _unseen(at: Watched, found: Policy, roster: dict[str, Members]) -> Iterator[Finding]:
    """GitHub teams of which no member is seen: `members: read` is missing, or they are empty or not there."""
    for id_ in roster:
        side = found.support if id_ == SUPPORT else found.teams[id_]
        if side.github_team is not None and not roster[id_] - {m.casefold() for m in side.members}:
            what = f"{at.name}: no member of {side.github_team} is seen ({id_})"
            org = side.github_team.partition("/")[0]
            remedy = (
                f"See `permissions` (members); is it at https://github.com/orgs/{org}/teams, with members?"
            )
            yield Finding("people", "warn", what, remedy)


def _in_no_list(snapshot: Snapshot, known: Members) -> set[str]:
    """Who commented on the issue and has no side there. Whoever filed it speaks for support."""
    author = snapshot.issue.author
    return {
        comment.author.login
        for comment in snapshot.comments
        if comment.author is not None
        and not comment.author.is_bot
        and not comment.minimized
        and comment.author.login.casefold() not in known
        and not (author is not None and author.same_as(comment.author))
    }
