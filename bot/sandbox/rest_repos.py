"""REST: people, repositories, their labels, files, roles and check runs."""

from __future__ import annotations

import base64
from typing import Any

from bot.sandbox.http import ApiError, Reply, invalid, not_found
from bot.sandbox.records import Account, File
from bot.sandbox.rest import Call, Route
from bot.sandbox.state import blob_sha


def get_user(call: Call) -> Reply:
    """A public profile; raises 404 for an unknown login."""
    account = call.state.account(call.params["username"])
    if account is None:
        raise not_found()
    return Reply(200, _profile(call, account))


def _profile(call: Call, account: Account) -> dict[str, Any]:
    profile: dict[str, Any] = {
        "name": account.login, "company": None, "blog": "", "location": None, "email": None, "hireable": None,
        "bio": None, "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": account.created_at.isoformat(), "updated_at": account.created_at.isoformat(),
    }  # fmt: skip
    return {**call.views.user(account), **profile}


def get_self(call: Call) -> Reply:
    """Whose token it is; an installation is nobody."""
    if call.caller.kind == "installation":
        raise ApiError(403, "Resource not accessible by integration")
    return Reply(200, _profile(call, call.actor))


def get_repo(call: Call) -> Reply:
    return Reply(200, {**call.views.repo(call.repo), "network_count": 0, "subscribers_count": 0})


def get_role(call: Call) -> Reply:
    """Somebody's role: `permission` hides triage and maintain, `role_name` tells them and custom ones.
    https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""
    repo, account = call.repo, call.state.account(call.params["username"])
    if account is None:
        raise ApiError(404, f"{call.params['username']} is not a user")
    role, permission = call.state.role(repo, account), call.state.permission(repo, account)
    user = {**call.views.user(account), "role_name": role}
    return Reply(200, {"permission": permission, "user": user, "role_name": role})


def list_labels(call: Call) -> Reply:
    labels = sorted(call.state.labels_of(call.repo), key=lambda label: label.name.casefold())
    return call.listing(labels, call.views.label)


def get_label(call: Call) -> Reply:
    label = call.state.label(call.repo, call.params["name"])
    if label is None:
        raise not_found()
    return Reply(200, call.views.label(label))


def _triage(call: Call) -> None:
    state, actor = call.world.state, call.actor
    if call.caller.kind == "user" and state.permission(call.repo, actor) not in {"write", "admin"}:
        raise ApiError(403, "Must have admin rights to Repository.")


def create_label(call: Call) -> Reply:
    """A new label; people need write for it, more than for putting one on an issue."""
    _triage(call)
    label = call.world.create_label(
        call.repo,
        call.text("name"),
        call.text("color", "ededed"),
        call.text("description", ""),
        call.actor,
    )
    shape = call.fresh.label(label)
    return Reply(201, shape, {"location": shape["url"]})


def update_label(call: Call) -> Reply:
    _triage(call)
    try:
        label = call.world.edit_label(
            call.repo,
            call.params["name"],
            call.actor,
            name=call.maybe_text("new_name"),
            color=call.maybe_text("color"),
            description=call.maybe_text("description"),
        )
    except KeyError:
        raise not_found() from None
    return Reply(200, call.fresh.label(label))


def delete_label(call: Call) -> Reply:
    _triage(call)
    try:
        call.world.delete_label(call.repo, call.params["name"], call.actor)
    except KeyError:
        raise not_found() from None
    return Reply(204)


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────


def _file(call: Call, file: File) -> dict[str, Any]:
    url = f"{call.bases.api}/repos/{call.repo.full_name}/contents/{file.path}"
    html = f"{call.bases.html}/{call.repo.full_name}/blob/main/{file.path}"
    git = f"{call.bases.api}/repos/{call.repo.full_name}/git/blobs/{file.sha}"
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(file.content),
        "name": file.path.rpartition("/")[2],
        "path": file.path,
        "content": base64.encodebytes(file.content).decode(),
        "sha": file.sha,
        "url": url,
        "git_url": git,
        "html_url": html,
        "download_url": html.replace("/blob/", "/raw/"),
        "_links": {"self": url, "git": git, "html": html},
    }


def get_file(call: Call) -> Reply:
    """A file of the default branch, or of the commit or branch that is asked for."""
    ref, path = call.request.query.get("ref", "main"), call.params["path"]
    if ref in {"main", "HEAD", "refs/heads/main"}:
        file = call.state.files.get((call.repo.id, path))
    else:
        tree = call.state.trees.get((call.repo.id, ref.removeprefix("refs/heads/")))
        if tree is None:
            raise ApiError(404, f"No commit found for the ref {ref}")
        file = tree.get(path)
    if file is None:
        raise not_found()
    return Reply(200, _file(call, file))


def put_file(call: Call) -> Reply:
    """Commit a file; an existing one asks for its `sha`, which is how GitHub prevents lost updates."""
    path, message = call.params["path"], call.text("message")
    there = call.world.state.files.get((call.repo.id, path))
    try:
        content = base64.b64decode(call.text("content"), validate=False)
    except ValueError:
        raise ApiError(422, "content is not valid Base64") from None
    if there is not None and call.body().get("sha") is None:
        raise ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if there is not None and call.body().get("sha") != there.sha:
        raise ApiError(409, f"{path} does not match {call.body()['sha']}")
    file = call.world.put_file(call.repo, path, content, call.actor, message)
    commit = {"sha": blob_sha(message.encode() + file.sha.encode()), "message": message}
    return Reply(200 if there else 201, {"content": _file(call, file), "commit": commit})


def create_check_run(call: Call) -> Reply:
    """A check run; only Apps may write them."""
    if call.caller.kind != "installation":
        raise ApiError(403, "You must authenticate via a GitHub App.")
    output, conclusion = call.body().get("output") or {}, call.maybe_text("conclusion")
    if not isinstance(output, dict):
        raise ApiError(422, "Invalid request.\n\nFor 'properties/output', not an object.")
    status = call.text("status", "completed" if conclusion else "queued")
    if status == "completed" and conclusion is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    run = call.world.add_check_run(
        call.repo,
        call.text("name"),
        call.text("head_sha"),
        status,
        conclusion,
        str(output.get("title", "")),
        str(output.get("summary", "")),
        tuple(
            (str(one["path"]), int(one["start_line"]), str(one["message"]))
            for one in output.get("annotations") or ()
        ),
    )
    return Reply(201, call.fresh.check_run(run))


_REPO = "/repos/{owner}/{repo}"
_READ, _WRITE = ("issues", "read"), ("issues", "write")

ROUTES = (
    Route("GET", "/user", get_self),
    Route("GET", "/users/{username}", get_user),
    Route("GET", f"{_REPO}/collaborators/{{username}}/permission", get_role, ("metadata", "read")),
    Route("GET", f"{_REPO}/labels", list_labels, _READ),
    Route("POST", f"{_REPO}/labels", create_label, _WRITE, content=True),
    Route("GET", f"{_REPO}/labels/{{name}}", get_label, _READ),
    Route("PATCH", f"{_REPO}/labels/{{name}}", update_label, _WRITE, content=True),
    Route("DELETE", f"{_REPO}/labels/{{name}}", delete_label, _WRITE),
    Route("GET", f"{_REPO}/contents/{{path}}", get_file, ("contents", "read")),
    Route("PUT", f"{_REPO}/contents/{{path}}", put_file, ("contents", "write"), content=True),
    Route("POST", f"{_REPO}/check-runs", create_check_run, ("checks", "write"), content=True),
    Route("GET", _REPO, get_repo, ("metadata", "read")),
)
