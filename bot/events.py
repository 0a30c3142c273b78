"""Floor 1: what a webhook names: keys, and what must be readable. No content travels from here into the work.

Events caused by our own writes are dropped here, and comments on pull requests (to GitHub they are issues).
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.model import AtLeast, IssueKey

POLICY_PATH = ".github/rfh-bot.yml"
EVENTS = ("issue_comment", "issues", "label", "push")  # what app-manifest.json subscribes to

Why = Literal["named", "own write", "not watched", "pull request", "ignored", "unreadable"]

_ASKING = {("issues", "opened"), ("issue_comment", "created")}  # a person waits for an answer
_WORDS_CHANGE = {"opened", "edited", "transferred", "deleted", "reopened"}  # of a public issue
# Of an issue that may be one we published: the private one shows how it stands.
_STATE_CHANGES = frozenset({"closed", "reopened", "deleted", "transferred"})

NOTHING = AtLeast()


@dataclass(frozen=True, slots=True)
class Named:
    """What a delivery leads to. `why` is counted; everything else is work."""

    why: Why
    issue: IssueKey | None = None
    at_least: AtLeast = NOTHING
    urgent: bool = False  # a person waits for an answer
    labels_changed: str | None = None  # owner/repo whose label list changed
    policy_changed: str | None = None  # owner/repo whose policy file may have changed
    policy_proposed: str | None = None  # owner/repo with a commit that may have another one, on a branch
    public: IssueKey | None = None  # of a public tracker: its texts may be others now
    published: IssueKey | None = None  # a public issue that was closed, opened again or removed


def read(
    event: str,
    payload: Mapping[str, Any],
    watched: Mapping[str, str],
    own_id: int | None,
    public: Mapping[str, str] | None = None,
) -> Named:
    """Name the work for one delivery. Never raises: a payload of another shape is "unreadable".

    `watched`: case-folded full name → as it is spelled here. GitHub may spell it otherwise than the operator,
    and two spellings would be two keys for one issue, run at the same time. `public`: the same of the public
    trackers.
    """
    try:
        return _read(event, payload, watched, own_id, public or {})
    except (KeyError, TypeError, ValueError, AttributeError):
        return Named("unreadable")


def _read(
    event: str,
    payload: Mapping[str, Any],
    watched: Mapping[str, str],
    own_id: int | None,
    public: Mapping[str, str],
) -> Named:
    if event not in EVENTS:
        return Named("ignored")
    folded = str(payload["repository"]["full_name"]).casefold()
    full_name = watched.get(folded)
    if full_name is None and folded in public:
        return _public(event, payload, public[folded], own_id)
    if full_name is None:
        return Named("not watched")
    if event == "label":
        return Named("named", labels_changed=full_name)
    if event == "push":
        return _push(payload, full_name)
    if own_id is not None and payload["sender"]["id"] == own_id:
        return Named("own write")
    if "pull_request" in payload["issue"]:
        return Named("pull request")
    key, at_least, action = _issue(event, payload, full_name)
    return Named("named", key, at_least, urgent=(event, action) in _ASKING)


def _public(event: str, payload: Mapping[str, Any], full_name: str, own_id: int | None) -> Named:
    """What changes the words of a public issue. Issues that we published are read as well as others'."""
    if event not in ("issues", "issue_comment"):
        return Named("ignored")
    if "pull_request" in payload["issue"]:
        return Named("pull request")
    if event == "issue_comment" and own_id is not None and payload["sender"]["id"] == own_id:
        return Named("own write")
    key, at_least, action = _issue(event, payload, full_name)
    published = key if event == "issues" and action in _STATE_CHANGES else None
    if event == "issues" and action not in _WORDS_CHANGE:
        return Named("named" if published is not None else "ignored", at_least=at_least, published=published)
    return Named("named", at_least=at_least, public=key, published=published)


def _issue(event: str, payload: Mapping[str, Any], full_name: str) -> tuple[IssueKey, AtLeast, str]:
    """The issue, what a read of it must show, and what happened to it."""
    issue, action = payload["issue"], str(payload["action"])
    key = IssueKey.parse(f"{full_name}#{issue['number']}")
    updated = datetime.fromisoformat(issue["updated_at"]).astimezone(UTC) if issue.get("updated_at") else None
    if event == "issues":
        # A deleted or transferred issue is no longer readable: nothing to wait for.
        return key, NOTHING if action in ("deleted", "transferred") else AtLeast(updated), action
    comment = int(payload["comment"]["id"])
    if action == "deleted":
        return key, AtLeast(gone=frozenset({comment})), action
    return key, AtLeast(updated, comment), action


def _push(payload: Mapping[str, Any], full_name: str) -> Named:
    """A push to the default branch may have changed the policy; when the list is cut, look anyway.

    A commit on another branch may be the head of a pull request, whatever that push itself touched.
    """
    if not payload["ref"].startswith("refs/heads/") or payload["deleted"]:
        return Named("ignored")
    if payload["ref"] != f"refs/heads/{payload['repository']['default_branch']}":
        return Named("named", policy_proposed=full_name)
    commits = payload.get("commits") or []
    files = {f for c in commits for kind in ("added", "modified", "removed") for f in c.get(kind, ())}
    # "The push webhook lists at most 2048 commits": a list that may be cut is no proof of absence.
    if commits and POLICY_PATH not in files and len(commits) < 2048:
        return Named("ignored")
    return Named("named", policy_changed=full_name)
