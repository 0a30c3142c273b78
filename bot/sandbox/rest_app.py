"""REST: the App itself, its installations, tokens, webhook deliveries and rate limits."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from bot.sandbox.access import PERMISSIONS, Installation
from bot.sandbox.http import ApiError, Reply, not_found
from bot.sandbox.limits import Limits
from bot.sandbox.payloads import EVENTS, installation_shape
from bot.sandbox.rest import Call, Handler, Route
from bot.sandbox.views import when
from bot.sandbox.webhooks import Delivery, Hooks


def get_app(call: Call) -> Reply:
    app = call.access.app
    return Reply(
        200,
        {
            "id": app.id,
            "slug": app.slug,
            "client_id": app.client_id,
            "node_id": f"A_kwDO{app.id}",
            "owner": call.views.user(app.owner),
            "name": app.slug,
            "description": "",
            "external_url": call.bases.html,
            "html_url": f"{call.bases.html}/apps/{app.slug}",
            "created_at": when(app.created_at),
            "updated_at": when(app.created_at),
            "permissions": dict(PERMISSIONS),
            "events": list(EVENTS),
            "installations_count": len(call.access.installations),
        },
    )


def list_installations(call: Call) -> Reply:
    shape = partial(installation_shape, views=call.views, rest=True)
    return call.listing(call.access.installations.values(), shape)


def _installation(call: Call) -> Installation:
    found = call.access.installations.get(call.ident("installation_id"))
    if found is None:
        raise not_found()
    return found


def get_installation(call: Call) -> Reply:
    return Reply(200, installation_shape(_installation(call), call.views, rest=True))


def find_installation(call: Call) -> Reply:
    """The installation that reaches a repository; to the App a repository without one does not exist."""
    repo = call.state.repo(call.params["owner"], call.params["repo"])
    if repo is None:
        raise not_found()
    return Reply(200, installation_shape(call.access.installation_on(repo), call.views, rest=True))


def mint_token(call: Call) -> Reply:
    """A token for an hour, narrowed to the repositories and permissions asked for."""
    token, caller = call.access.mint(_installation(call), call.body(), call.world.state)
    data: dict[str, Any] = {
        "token": token,
        "expires_at": when(caller.expires_at),
        "permissions": dict(caller.permissions),
        "repository_selection": "all" if caller.repo_ids is None else "selected",
    }
    if caller.repo_ids is not None:
        repos = [call.world.state.repos[ident] for ident in sorted(caller.repo_ids)]
        data["repositories"] = [call.fresh.repo(repo) for repo in repos]
    return Reply(201, data)


def installation_repositories(call: Call) -> Reply:
    """What the installation token reaches."""
    if call.caller.kind != "installation":
        raise ApiError(403, "You must authenticate with an installation access token.")
    repos = [r for r in call.state.repos.values() if call.caller.may(call.state, r, "metadata", "read")]
    held = [repo for repo in repos if call.caller.installation and call.caller.installation.reaches(repo)]
    page = call.listing(held, call.views.repo)
    return Reply(200, {"total_count": len(held), "repositories": page.data}, page.headers)


# ── deliveries and limits ──────────────────────────────────────────


def _summary(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at.isoformat().replace("+00:00", "Z"),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.duration, 3),
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }


def routes(hooks: Hooks, limits: Limits) -> tuple[Route, ...]:
    """The App's routes."""

    def find(call: Call) -> Delivery:
        ident = call.ident("delivery_id")
        found = next((one for one in hooks.recent() if one.id == ident), None)
        if found is None:
            raise not_found()
        return found

    def get_hook(call: Call) -> Reply:
        """Where webhooks go, and how; the secret never comes back."""
        return Reply(
            200, {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": hooks.url}
        )

    def list_deliveries(call: Call) -> Reply:
        """Newest first, paged by an opaque cursor."""
        per_page = min(call.request.number("per_page", 30), 100)
        cursor = call.request.query.get("cursor", "").removeprefix("v1_")
        before = int(cursor) if cursor.isdecimal() else 0
        found = [one for one in hooks.recent() if not before or one.id < before]
        page = found[:per_page]
        headers = {}
        if len(found) > per_page:
            url = f"{call.bases.api}/app/hook/deliveries?per_page={per_page}&cursor=v1_{page[-1].id}"
            headers["link"] = f'<{url}>; rel="next"'
        return Reply(200, [_summary(one) for one in page], headers)

    def get_delivery(call: Call) -> Reply:
        delivery = find(call)
        request = {"headers": delivery.headers, "payload": json.loads(delivery.body)}
        response: dict[str, Any] = {"headers": {}, "payload": None}
        return Reply(200, {**_summary(delivery), "url": hooks.url, "request": request, "response": response})

    def redeliver(call: Call) -> Reply:
        hooks.redeliver(find(call))
        return Reply(202, {})

    def rate_limit(call: Call) -> Reply:
        """The budgets; asking is free."""
        core = limits.status(call.caller.name, "core")
        resources = {"core": core, "graphql": limits.status(call.caller.name, "graphql"),
                     "search": {**core, "resource": "search"}}  # fmt: skip
        return Reply(200, {"resources": resources, "rate": core})

    def as_app(method: str, path: str, handler: Handler) -> Route:
        return Route(method, path, handler, as_app=True)

    return (
        as_app("GET", "/app", get_app),
        as_app("GET", "/app/installations", list_installations),
        as_app("GET", "/app/installations/{installation_id}", get_installation),
        as_app("POST", "/app/installations/{installation_id}/access_tokens", mint_token),
        as_app("GET", "/app/hook/config", get_hook),
        as_app("GET", "/app/hook/deliveries", list_deliveries),
        as_app("GET", "/app/hook/deliveries/{delivery_id}", get_delivery),
        as_app("POST", "/app/hook/deliveries/{delivery_id}/attempts", redeliver),
        as_app("GET", "/repos/{owner}/{repo}/installation", find_installation),
        Route("GET", "/installation/repositories", installation_repositories),
        Route("GET", "/rate_limit", rate_limit),
    )
