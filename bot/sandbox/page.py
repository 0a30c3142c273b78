"""The sandbox's page: an issue tracker to file issues in, to comment, and to watch the bot.

It acts on the world as a person would on GitHub, with that person's rights. Nothing here knows of the bot.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.sandbox import page_assets, page_forms, page_thread
from bot.sandbox.api import CallLog
from bot.sandbox.page_acts import Acts
from bot.sandbox.page_guard import guard
from bot.sandbox.webhooks import Hooks
from bot.sandbox.world import World

ACTIVITY = 100  # lines a list
LIVE_EVERY = 0.2  # seconds between looks at the world's version


class Page(Acts):
    """The GET handlers, and all routes. `add_to` puts them on an application that already serves the API."""

    def __init__(self, world: World, hooks: Hooks, log: CallLog) -> None:
        super().__init__(world, hooks)
        self.log = log
        self.stopping = False

    def add_to(self, app: web.Application) -> None:
        issue = "/{owner}/{repo}/issues/{number:[0-9]+}"
        app.middlewares.append(guard)
        app.on_shutdown.append(self._stop)
        app.add_routes(
            [
                web.get("/", self.home),
                web.get("/-/live", self.live),
                web.get("/-/labels.css", self.label_styles),
                web.get("/-/activity", self.activity),
                web.get("/-/static/{name}", self.static),
                web.get("/-/avatar/{login}.svg", self.avatar),
                web.post("/-/actor", self.switch_actor),
                web.post("/-/redeliver", self.redeliver),
                web.get("/{owner}/{repo}/issues", self.issues),
                web.post("/{owner}/{repo}/issues", self.file_issue),
                web.get("/{owner}/{repo}/issues/new", self.new_issue),
                web.get(issue, self.issue),
                web.post(f"{issue}/comments", self.comment),
                web.post(f"{issue}/edit", self.edit_issue),
                web.post(f"{issue}/comments/{{comment:[0-9]+}}/edit", self.edit_comment),
                web.post(f"{issue}/labels", self.label),
                web.post(f"{issue}/state", self.turn),
            ]
        )

    async def _stop(self, _: web.Application) -> None:
        self.stopping = True

    async def home(self, _: web.Request) -> web.StreamResponse:
        first = next(iter(self.world.state.repos.values()), None)
        if first is None:
            raise web.HTTPNotFound(text="There is no repository in this sandbox yet.\n")
        raise web.HTTPFound(f"/{first.full_name}/issues")

    async def issues(self, request: web.Request) -> web.Response:
        """The list, newest first: open or closed ones, maybe of one label."""
        repo, label = self.repo(request), request.query.get("label", "")
        all_issues = [i for i in self.world.state.issues_of(repo) if not i.is_pull]
        if label:
            all_issues = [i for i in all_issues if label in self.world.labels(i)]
        shown = "closed" if request.query.get("state") == "closed" else "open"
        counts = {kind: sum(issue.state == kind for issue in all_issues) for kind in ("open", "closed")}
        found = [issue for issue in reversed(all_issues) if issue.state == shown]
        return self.show(
            request, "issues.html", repo=repo, issues=found, shown=shown, counts=counts, label=label
        )

    async def issue(self, request: web.Request) -> web.Response:
        repo, issue, state = self.repo(request), self.found_issue(request), self.world.state
        on_it = state.labels_on(issue)
        off_it = [label for label in state.labels_of(repo) if label not in on_it]
        return self.show(
            request,
            "issue.html",
            repo=repo,
            issue=issue,
            address=self.address(issue),
            entries=page_thread.thread(state, issue),
            chips=page_thread.chips(state, issue.reactions),
            is_post=lambda entry: isinstance(entry, page_thread.Post),
            on_it=on_it,
            off_it=sorted(off_it, key=lambda label: label.name),
            can_triage=self.caller(request).can_triage(state, repo),
            can_edit=lambda thing: self.may_edit(request, thing, repo),
        )

    async def new_issue(self, request: web.Request) -> web.Response:
        """The form: first which template, then its fields."""
        repo = self.repo(request)
        templates = page_forms.templates_of(self.world.state, repo)
        wanted = request.query.get("template", templates[0].slug)
        chosen = next((one for one in templates if one.slug == wanted), page_forms.BLANK)
        return self.show(request, "new.html", repo=repo, templates=templates, chosen=chosen)

    async def activity(self, request: web.Request) -> web.Response:
        """What went out and what came in: webhooks and API calls."""
        deliveries, calls = self.hooks.deliveries[:-ACTIVITY:-1], self.log.calls[:-ACTIVITY:-1]
        return self.show(request, "activity.html", deliveries=deliveries, calls=calls)

    async def live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the world's version whenever it changed."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        told = -1
        while not self.stopping:
            if self.world.version != told:
                told = self.world.version
                await response.write(f"data: {told}\n\n".encode())
            await asyncio.sleep(LIVE_EVERY)
        return response

    # ── assets ────────────────────────────────────────────────────────────────────────────────────────

    async def static(self, request: web.Request) -> web.Response:
        """A file of the page, from a fixed list."""
        found = page_assets.static_file(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found[0], content_type=found[1])

    async def label_styles(self, _: web.Request) -> web.Response:
        return web.Response(text=page_assets.label_styles(self.world.state), content_type="text/css")

    async def avatar(self, request: web.Request) -> web.Response:
        svg = page_assets.avatar(request.match_info["login"])
        return web.Response(text=svg, content_type="image/svg+xml")
