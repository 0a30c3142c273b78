"""What each call needs, as GitHub documents it: the table that manifest, tokens and sandbox are held against.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps

For GraphQL GitHub documents none; a query or mutation needs what the REST calls of the same effect need.
Whoever adds a call to `bot/github/documents.py` adds its row here; every world test ends with `uncovered`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.sandbox.api import Logged

Need = tuple[str, str]  # permission, level

AS_APP: Need = ("the App's own JWT", "")
NOBODY: Need = ("no credential", "")
PERSON: Need = ("a person's own token", "")
ANY_TOKEN: Need = ("any token", "")
WITHOUT = (AS_APP, NOBODY, PERSON, ANY_TOKEN)

METADATA: Need = ("metadata", "read")
READ_ISSUES: Need = ("issues", "read")
WRITE_ISSUES: Need = ("issues", "write")

NEEDS: Mapping[str, Need] = {
    # before there is an App
    "POST /app-manifests/{code}/conversions": NOBODY,
    # the App itself
    "GET /app": AS_APP,
    "GET /app/hook/config": AS_APP,
    "GET /app/hook/deliveries": AS_APP,
    "POST /app/hook/deliveries/{delivery_id}/attempts": AS_APP,
    "GET /repos/{owner}/{repo}/installation": AS_APP,
    "POST /app/installations/{installation_id}/access_tokens": AS_APP,
    # people
    "GET /user": PERSON,
    "GET /users/{username}": ANY_TOKEN,
    "GET /repos/{owner}/{repo}/collaborators/{username}/permission": METADATA,
    "TeamMembers": ("members", "read"),
    # repositories
    "GET /repos/{owner}/{repo}": METADATA,
    "GET /repos/{owner}/{repo}/contents/{path}": ("contents", "read"),
    "POST /repos/{owner}/{repo}/check-runs": ("checks", "write"),
    "POST /repos/{owner}/{repo}/labels": WRITE_ISSUES,
    "RepositoryLabels": READ_ISSUES,
    # issues, to read
    "GET /repos/{owner}/{repo}/issues": READ_ISSUES,
    "GET /repos/{owner}/{repo}/issues/{issue_number}": READ_ISSUES,
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": READ_ISSUES,
    "LoadIssue": READ_ISSUES,
    "SweepIssues": READ_ISSUES,
    "CommentsBefore": READ_ISSUES,
    "EventsBefore": READ_ISSUES,
    "LabelsAfter": READ_ISSUES,
    "ReadComment": READ_ISSUES,
    "WatchIssue": READ_ISSUES,
    # issues, to write
    "POST /repos/{owner}/{repo}/issues": WRITE_ISSUES,
    "PATCH /repos/{owner}/{repo}/issues/{issue_number}": WRITE_ISSUES,
    "POST /repos/{owner}/{repo}/issues/{issue_number}/assignees": WRITE_ISSUES,
    "removeLabelsFromLabelable": WRITE_ISSUES,
    "addLabelsToLabelable": WRITE_ISSUES,
    "addComment": WRITE_ISSUES,
    "updateIssueComment": WRITE_ISSUES,
    "deleteIssueComment": WRITE_ISSUES,
    "minimizeComment": WRITE_ISSUES,
    "unminimizeComment": WRITE_ISSUES,
    "addReaction": WRITE_ISSUES,
}
LEVELS = ("none", "read", "write", "admin")


def covers(permissions: Mapping[str, str], need: Need) -> bool:
    return LEVELS.index(permissions.get(need[0], "none")) >= LEVELS.index(need[1])


def needs(call: Logged) -> set[Need]:
    """What one request needs, its GraphQL operation or each of its mutations."""
    if call.template != "/graphql":
        names = {f"{call.method} {call.template}"}
    else:
        names = set(call.mutations) or {call.operation}
    unknown = names - NEEDS.keys()
    assert not unknown, f"no row in tests/permissions.py: {sorted(unknown)}"
    return {NEEDS[name] for name in names}


def by_installation(calls: Iterable[Logged]) -> list[Logged]:
    return [call for call in calls if call.caller.startswith("installation") and call.status != 404]


def uncovered(calls: Iterable[Logged]) -> list[tuple[Logged, Need]]:
    """The App's calls with a token that does not hold what they need. A workflow's token asks for members
    too: GraphQL refuses inside a 200, which `test_the_sandbox_shows_a_team_only_with_members` holds."""
    return [
        (call, need)
        for call in by_installation(calls)
        for need in needs(call) - {NEEDS["TeamMembers"]}
        if call.permissions and need not in WITHOUT and not covers(call.permissions, need)
        if call.status < 400
    ]
