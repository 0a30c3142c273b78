"""Webhook payloads: what happened, in GitHub's shapes. https://docs.github.com/webhooks/webhook-events-and-payloads"""

from __future__ import annotations

from typing import Any

from bot.sandbox.access import App, Installation
from bot.sandbox.ground import Happened
from bot.sandbox.records import Issue, Repo, node_id
from bot.sandbox.state import blob_sha
from bot.sandbox.views import Views, when


def payload(happened: Happened, views: Views, installation: Installation) -> dict[str, Any]:
    """The payload of one event as it stands at this moment."""
    data: dict[str, Any] = {"action": happened.action} if happened.action else {}
    if happened.issue is not None:
        data["issue"] = views.issue(happened.issue)
    if happened.comment is not None:
        data["comment"] = views.comment(happened.comment)
    if happened.label is not None:
        data["label"] = views.label(happened.label)
    if happened.assignee is not None:
        data["assignee"] = views.user(happened.assignee)
    if happened.changes is not None:
        data["changes"] = {name: _change(value, views) for name, value in happened.changes.items()}
    if happened.repo is not None:
        data["repository"] = views.repo(happened.repo)
        owner = views.state.accounts.get(happened.repo.owner_id)
        if owner is not None and owner.kind == "Organization":
            data["organization"] = _organisation(views, happened.repo)
    if happened.event == "push" and happened.repo is not None:
        data |= _push(happened, views, happened.repo)
    if happened.event.startswith("installation"):
        data["installation"] = installation_shape(installation, views)
        data |= {name: value for name, value in happened.extra.items() if name != "installation_id"}
    else:
        inst = f"MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u{installation.id}"
        data["installation"] = {"id": installation.id, "node_id": inst}
    data["sender"] = views.user(happened.sender)
    return data


def _change(value: Any, views: Views) -> Any:
    if isinstance(value, Issue):
        return views.issue(value)
    return views.repo(value) if isinstance(value, Repo) else value


def _organisation(views: Views, repo: Repo) -> dict[str, Any]:
    url = f"{views.api}/orgs/{repo.owner}"
    return {
        "login": repo.owner,
        "id": repo.owner_id,
        "node_id": node_id("O", repo.owner_id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{views.html}/-/avatar/{repo.owner}.svg",
        "description": "",
    }


def _push(happened: Happened, views: Views, repo: Repo) -> dict[str, Any]:
    """A push of one commit. In this event alone the repository's times are numbers."""
    extra, html = happened.extra, f"{views.html}/{repo.full_name}"
    after = str(extra["after"])
    before = blob_sha(f"before {after}".encode())
    person = {"name": happened.sender.login, "email": f"{happened.sender.id}@users.noreply.sandbox"}
    kind = "removed" if extra.get("removed") else "added" if extra.get("created") else "modified"
    commit = {
        "id": after,
        "tree_id": blob_sha(f"tree {after}".encode()),
        "distinct": True,
        "message": extra["message"],
        "timestamp": when(repo.created_at),
        "url": f"{html}/commit/{after}",
        "author": {**person, "username": happened.sender.login},
        "committer": {**person, "username": happened.sender.login},
        **{name: [extra["path"]] if name == kind else [] for name in ("added", "removed", "modified")},
    }
    shape, created = views.repo(repo), int(repo.created_at.timestamp())
    owner = {**shape["owner"], "name": repo.owner, "email": None}
    return {
        "ref": f"refs/heads/{extra['branch']}",
        "before": before,
        "after": after,
        "base_ref": None,
        "created": False,
        "deleted": False,
        "forced": False,
        "compare": f"{html}/compare/{before[:12]}...{after[:12]}",
        "commits": [commit],
        "head_commit": commit,
        "pusher": person,
        "repository": {**shape, "created_at": created, "pushed_at": created, "owner": owner, "stargazers": 0,
                       "master_branch": "main"},
    }  # fmt: skip


def installation_shape(installation: Installation, views: Views, *, rest: bool = False) -> dict[str, Any]:
    """An installation; its times are text in REST and numbers in webhooks."""
    api, account = views.api, installation.account
    created = int(installation.created_at.timestamp())
    return {
        "id": installation.id,
        "account": views.user(account),
        "repository_selection": "all" if installation.repo_ids is None else "selected",
        "access_tokens_url": f"{api}/app/installations/{installation.id}/access_tokens",
        "repositories_url": f"{api}/installation/repositories",
        "html_url": f"{views.html}/organizations/{account.login}/settings/installations/{installation.id}",
        "app_id": installation.app_id,
        "app_slug": installation.app_slug,
        "target_id": account.id,
        "target_type": account.kind,
        "permissions": dict(installation.permissions),
        "events": list(EVENTS),
        "created_at": when(installation.created_at) if rest else created,
        "updated_at": when(installation.created_at) if rest else created,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None,
        "suspended_at": when(installation.suspended_at),
    }


EVENTS = ("issues", "issue_comment", "label", "push")


def ping(views: Views, app: App, hook_id: int, url: str) -> dict[str, Any]:
    """The first delivery of a webhook: only says hello."""
    hook_url = f"{views.api}/app/hook"
    return {
        "zen": "Keep it logically awesome.",
        "hook_id": hook_id,
        "hook": {
            "type": "App",
            "id": hook_id,
            "name": "web",
            "active": True,
            "app_id": app.id,
            "events": list(EVENTS),
            "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url},
            "created_at": when(app.created_at),
            "updated_at": when(app.created_at),
            "url": hook_url,
            "ping_url": f"{hook_url}/pings",
            "deliveries_url": f"{hook_url}/deliveries",
        },
        "sender": views.user(app.owner),
    }
