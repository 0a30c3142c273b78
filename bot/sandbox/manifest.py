"""Registering an App from a manifest: the page that shows it, the code, and what the code is worth.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest

The sandbox has one App; registering says where its webhooks go, and hands out its credentials. A code is for
one use within an hour. Installing is a page too, so that the link a set-up ends with leads somewhere.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from yarl import URL

from bot.sandbox.access import Access
from bot.sandbox.http import Reply, not_found
from bot.sandbox.page_base import PageBase
from bot.sandbox.page_guard import CSP
from bot.sandbox.records import Account
from bot.sandbox.rest import Call, Route
from bot.sandbox.views import when

REGISTER = ("/settings/apps/new", "/organizations/{org}/settings/apps/new")
CONVERSION = "/app-manifests/{code}/conversions"
_CODE_LIFE = timedelta(hours=1)


@dataclass
class Manifests:
    """Codes and what they are worth. `use` is told what was registered."""

    access: Access
    credentials: Callable[[], Mapping[str, str]]  # webhook_secret, client_secret
    use: Callable[[Mapping[str, Any]], None]
    _codes: dict[str, tuple[Mapping[str, Any], datetime]] = field(default_factory=dict, repr=False)

    def code(self, manifest: Mapping[str, Any]) -> str:
        """Somebody agreed to create the App."""
        code = secrets.token_hex(20)
        self._codes[code] = (manifest, self.access.clock() + _CODE_LIFE)
        return code

    def convert(self, call: Call) -> Reply:
        """The App's credentials for a code; raises 404."""
        found = self._codes.pop(call.params["code"], None)
        if found is None or found[1] <= self.access.clock():
            raise not_found()
        manifest, _ = found
        self.use(manifest)
        app = self.access.app
        shape = {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": f"A_kwDO{app.id}",
            "owner": call.fresh.user(app.owner),
            "name": manifest["name"],
            "description": manifest.get("description"),
            "external_url": manifest["url"],
            "html_url": f"{call.bases.html}/apps/{app.slug}",
            "created_at": when(app.created_at),
            "updated_at": when(app.created_at),
            "permissions": manifest.get("default_permissions", {}),
            "events": manifest.get("default_events", []),
            "pem": app.private_key_pem,
        }
        return Reply(201, shape | dict(self.credentials()))

    def routes(self) -> tuple[Route, ...]:
        return (Route("POST", CONVERSION, self.convert),)


class Registration(PageBase):
    """The pages. `add_to` puts them on the sandbox's application."""

    manifests: Manifests
    install: Callable[[Account], object]

    def of(self, manifests: Manifests, install: Callable[[Account], object]) -> Registration:
        self.manifests, self.install = manifests, install
        return self

    def add_to(self, app: web.Application) -> None:
        for path in REGISTER:
            app.router.add_post(path, self.register)
        app.router.add_post("/-/apps/create", self.create)
        app.router.add_get("/apps/{slug}/installations/new", self.where)
        app.router.add_post("/apps/{slug}/installations/new", self.put)

    async def register(self, request: web.Request) -> web.Response:
        """Show what the manifest asks for, and a button. Posted from the set-up page of another origin."""
        text = str((await request.post()).get("manifest", ""))
        manifest = _readable(text)
        response = self.show(
            request,
            "new_app.html",
            manifest=manifest,
            text=text,
            returned=request.query.get("state", ""),
            owner=request.match_info.get("org") or self.actor(request).login,
        )
        # The button leads back to where the manifest says, which browsers count as a target of the form.
        target = URL(manifest["redirect_url"]).origin()
        response.headers["Content-Security-Policy"] = CSP.replace(
            "form-action 'self'", f"form-action 'self' {target}"
        )
        return response

    async def create(self, request: web.Request) -> web.Response:
        """Agreed: back to the set-up with a code and its state."""
        form = await request.post()
        manifest = _readable(str(form.get("manifest", "")))
        code = self.manifests.code(manifest)
        back = URL(manifest["redirect_url"]).update_query(code=code, state=str(form.get("state", "")))
        raise web.HTTPFound(back)

    async def where(self, request: web.Request) -> web.Response:
        """The accounts on which the App is, or may be, installed."""
        accounts = self.world.state.accounts
        owners = {repo.owner_id for repo in self.world.state.repos.values()}
        installed = {one.account.id for one in self.manifests.access.installations.values()}
        choices = [(accounts[ident], ident in installed) for ident in sorted(owners)]
        return self.show(request, "install.html", choices=choices, app=self.manifests.access.app)

    async def put(self, request: web.Request) -> web.Response:
        account = self.world.state.account(str((await request.post()).get("account", "")))
        installed = {one.account.id for one in self.manifests.access.installations.values()}
        if account is None or account.id in installed:
            raise web.HTTPBadRequest(text="Nothing to install it on.\n")
        self.install(account)
        raise web.HTTPSeeOther(request.path)


def _readable(text: str) -> dict[str, Any]:
    """The manifest, with what GitHub requires of it; raises 400."""
    try:
        found = json.loads(text)
        urls = [URL(found[name]) for name in ("url", "redirect_url")] + [URL(found["hook_attributes"]["url"])]
    except (KeyError, TypeError, ValueError):
        raise web.HTTPBadRequest(text="Invalid GitHub App configuration.\n") from None
    if not isinstance(found.get("name"), str) or not all(url.host for url in urls):
        raise web.HTTPBadRequest(text="Invalid GitHub App configuration.\n")
    return dict(found)
