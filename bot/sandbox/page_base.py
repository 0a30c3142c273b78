"""What every handler of the page needs: the person it acts as, the things its address names, HTML."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from bot.sandbox.access import Caller
from bot.sandbox.page_markdown import rendered
from bot.sandbox.records import Account, Comment, Issue, Repo
from bot.sandbox.webhooks import Hooks
from bot.sandbox.world import World

HERE = Path(__file__).parent
COOKIE = "acting_as"


def ago(then: datetime, now: datetime) -> str:
    """How long ago, in words: ``just now``, ``3 minutes ago``."""
    seconds = max((now - then).total_seconds(), 0)
    for name, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


class PageBase:
    """Finds things for a request and shows templates. People's rights are checked as the API checks them."""

    def __init__(self, world: World, hooks: Hooks) -> None:
        self.world, self.hooks = world, hooks
        self.links: list[tuple[str, str]] = []  # address and name of further pages
        self.jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.jinja.filters["markdown"] = rendered
        self.jinja.filters["ago"] = lambda moment: ago(moment, world.clock())

    def people(self) -> list[Account]:
        """Who one can act as: every person with a role somewhere."""
        known = {account_id for _, account_id in self.world.state.roles}
        return [account for account in self.world.state.accounts.values() if account.id in known]

    def actor(self, request: web.Request) -> Account:
        """The person the page acts as: the cookie's, else the first."""
        people = self.people()
        if not people:
            raise web.HTTPNotFound(text="Nobody lives in this sandbox yet.\n")
        wanted = request.cookies.get(COOKIE)
        return next((account for account in people if account.login == wanted), people[0])

    def repo(self, request: web.Request) -> Repo:
        """The repository of the address, when the person can see it; raises 404."""
        repo = self.world.state.repo(request.match_info["owner"], request.match_info["repo"])
        if repo is None or not self.caller(request).sees(self.world.state, repo):
            raise web.HTTPNotFound(text="Not Found\n")
        return repo

    def caller(self, request: web.Request) -> Caller:
        return Caller("user", self.actor(request))

    def found_issue(self, request: web.Request) -> Issue:
        issue = self.world.state.issue(self.repo(request), int(request.match_info["number"]))
        if issue is not None and issue.moved_to is not None:
            raise web.HTTPFound(self.address(self.world.state.issues[issue.moved_to]))
        if issue is None or issue.gone:
            raise web.HTTPNotFound(text="This issue is not here, or no longer.\n")
        return issue

    def address(self, issue: Issue) -> str:
        return f"/{self.world.state.repo_of(issue).full_name}/issues/{issue.number}"

    def may_edit(self, request: web.Request, thing: Issue | Comment, repo: Repo) -> bool:
        """One's own words, or anybody's with write."""
        actor = self.actor(request)
        return thing.author_id == actor.id or self.world.state.permission(repo, actor) in {"write", "admin"}

    def show(self, request: web.Request, name: str, **values: Any) -> web.Response:
        state, actor = self.world.state, self.actor(request)
        repos = [repo for repo in state.repos.values() if self.caller(request).sees(state, repo)]
        html = self.jinja.get_template(name).render(
            actor=actor,
            people=self.people(),
            repos=repos,
            state=state,
            label_count=len(state.labels),
            version=self.world.version,
            role=lambda repo: state.role(repo, actor),
            here=request.path,
            links=self.links,
            **values,
        )
        return web.Response(text=html, content_type="text/html")
