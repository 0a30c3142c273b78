"""What a person can do on the page: file, comment, edit, label, close; each with that person's rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from bot.sandbox import page_forms
from bot.sandbox.ground import Refused
from bot.sandbox.page_base import COOKIE, PageBase

T = TypeVar("T")


def _require(right: bool) -> None:
    """Raise 403 without the right."""
    if not right:
        raise web.HTTPForbidden(text="This person may not do that here. Act as somebody else.\n")


def _try(act: Callable[[], T]) -> T:
    """Do it; what the world refuses is a 422 with its reason."""
    try:
        return act()
    except Refused as refused:
        raise web.HTTPUnprocessableEntity(text=f"{refused}\n") from None


class Acts(PageBase):
    """The POST handlers. Each ends in a redirect to where its effect shows."""

    async def switch_actor(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        login, back = str(form.get("login", "")), str(form.get("back", "/"))
        local = back.startswith("/") and not back.startswith(("//", "/\\"))
        response = web.HTTPSeeOther(back if local else "/")
        response.set_cookie(COOKIE, login, httponly=True, samesite="Strict", path="/")
        raise response

    async def redeliver(self, request: web.Request) -> web.StreamResponse:
        """Send a webhook again, as the App's owner can in its settings."""
        wanted = str((await request.post()).get("id", ""))
        delivery = next((one for one in self.hooks.recent() if str(one.id) == wanted), None)
        if delivery is not None:
            self.hooks.redeliver(delivery)
        raise web.HTTPSeeOther("/-/activity")

    async def file_issue(self, request: web.Request) -> web.StreamResponse:
        """File an issue from a form, a markdown template or nothing; a template's labels come with it."""
        repo, actor, form = self.repo(request), self.actor(request), await request.post()
        templates = page_forms.templates_of(self.world.state, repo)
        chosen = next((one for one in templates if one.slug == form.get("template")), page_forms.BLANK)
        if chosen.fields:
            answers = {part.id: [str(value) for value in form.getall(part.id, [])] for part in chosen.fields}
            body = page_forms.form_body(chosen, answers)
        else:
            body = str(form.get("body", ""))
        labels = [name for name in chosen.labels if self.world.state.label(repo, name)]
        title = str(form.get("title", ""))
        issue = _try(lambda: self.world.file_issue(repo, actor, title, body, labels))
        raise web.HTTPSeeOther(self.address(issue))

    async def comment(self, request: web.Request) -> web.StreamResponse:
        """Write a comment; an empty one is none."""
        issue, actor, form = self.found_issue(request), self.actor(request), await request.post()
        body = str(form.get("body", ""))
        if body.strip():
            comment = _try(lambda: self.world.comment(issue, actor, body))
            raise web.HTTPSeeOther(f"{self.address(issue)}#issuecomment-{comment.id}")
        raise web.HTTPSeeOther(self.address(issue))

    async def edit_issue(self, request: web.Request) -> web.StreamResponse:
        repo, issue, form = self.repo(request), self.found_issue(request), await request.post()
        _require(self.may_edit(request, issue, repo))
        title, body = str(form.get("title", "")), str(form.get("body", ""))
        _try(lambda: self.world.edit_issue(issue, self.actor(request), title=title, body=body))
        raise web.HTTPSeeOther(self.address(issue))

    async def edit_comment(self, request: web.Request) -> web.StreamResponse:
        repo, issue, form = self.repo(request), self.found_issue(request), await request.post()
        comment = self.world.state.comments.get(int(request.match_info["comment"]))
        if comment is None or comment.issue_id != issue.id:
            raise web.HTTPNotFound(text="This comment is not here, or no longer.\n")
        _require(self.may_edit(request, comment, repo))
        body = str(form.get("body", ""))
        _try(lambda: self.world.edit_comment(comment, self.actor(request), body))
        raise web.HTTPSeeOther(f"{self.address(issue)}#issuecomment-{comment.id}")

    async def label(self, request: web.Request) -> web.StreamResponse:
        """Add or remove one label; asks for triage."""
        repo, issue, form = self.repo(request), self.found_issue(request), await request.post()
        _require(self.caller(request).can_triage(self.world.state, repo))
        label = self.world.state.label(repo, str(form.get("add") or form.get("remove") or ""))
        if label is not None:
            change = self.world.label_issue if form.get("add") else self.world.unlabel_issue
            change(issue, label, self.actor(request))
        raise web.HTTPSeeOther(self.address(issue))

    async def turn(self, request: web.Request) -> web.StreamResponse:
        """Close or reopen: one's own issue, or any with triage."""
        repo, issue, form = self.repo(request), self.found_issue(request), await request.post()
        actor = self.actor(request)
        _require(issue.author_id == actor.id or self.caller(request).can_triage(self.world.state, repo))
        (self.world.close if form.get("to") == "closed" else self.world.reopen)(issue, actor)
        raise web.HTTPSeeOther(self.address(issue))
