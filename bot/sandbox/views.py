"""GitHub's REST shapes of the records: what answers and webhook payloads show."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from bot.sandbox.records import Account, CheckRun, Comment, Issue, Label, Reaction, Repo, node_id
from bot.sandbox.state import State

REST_REACTION = {
    "THUMBS_UP": "+1", "THUMBS_DOWN": "-1", "LAUGH": "laugh", "CONFUSED": "confused",
    "HEART": "heart", "HOORAY": "hooray", "ROCKET": "rocket", "EYES": "eyes",
}  # fmt: skip
GRAPHQL_REACTION = {rest: graphql for graphql, rest in REST_REACTION.items()}

_USER_LINKS = {
    "followers_url": "/followers", "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}", "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs", "repos_url": "/repos", "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}  # fmt: skip
_REPO_LINKS = {
    "archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}", "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}", "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads", "events_url": "/events", "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}", "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}", "languages_url": "/languages", "merges_url": "/merges",
    "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}", "subscribers_url": "/subscribers", "subscription_url": "/subscription",
    "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
}  # fmt: skip


def when(moment: datetime | None) -> str | None:
    """A time in GitHub's REST spelling: whole seconds, Z."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Views:
    """Shapes over one state. `api` and `html` are the base addresses, without a slash at the end."""

    def __init__(self, state: State, api: str, html: str) -> None:
        self.state, self.api, self.html = state, api, html

    def user(self, account: Account | None) -> dict[str, Any]:
        """A person, bot or organisation; nobody is GitHub's ghost."""
        login = account.login if account else "ghost"
        url = f"{self.api}/users/{login}"
        return {
            "login": login,
            "id": account.id if account else 10137,
            "node_id": account.node_id if account else node_id("U", 10137),
            "avatar_url": f"{self.html}/-/avatar/{login.removesuffix('[bot]')}.svg",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.html}/{login}",
            **{name: f"{url}{tail}" for name, tail in _USER_LINKS.items()},
            "type": account.kind if account else "User",
            "user_view_type": "public",
            "site_admin": False,
        }

    def _person(self, ident: int | None) -> dict[str, Any]:
        return self.user(self.state.accounts.get(ident or 0))

    def repo_url(self, repo: Repo) -> str:
        return f"{self.api}/repos/{repo.full_name}"

    def repo(self, repo: Repo) -> dict[str, Any]:
        url, html = self.repo_url(repo), f"{self.html}/{repo.full_name}"
        open_issues = sum(issue.state == "open" for issue in self.state.issues_of(repo))
        return {
            "id": repo.id,
            "node_id": repo.node_id,
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": self._person(repo.owner_id),
            "html_url": html,
            "description": None,
            "fork": False,
            "url": url,
            **{name: f"{url}{tail}" for name, tail in _REPO_LINKS.items()},
            "created_at": when(repo.created_at),
            "updated_at": when(repo.created_at),
            "pushed_at": when(repo.created_at),
            "git_url": f"git://{repo.full_name}.git",
            "ssh_url": f"git@sandbox:{repo.full_name}.git",
            "clone_url": f"{html}.git",
            "svn_url": html,
            "homepage": None,
            "size": 0,
            "stargazers_count": 0,
            "watchers_count": 0,
            "language": None,
            "has_issues": True,
            "has_projects": False,
            "has_downloads": False,
            "has_wiki": False,
            "has_pages": False,
            "has_discussions": False,
            "forks_count": 0,
            "mirror_url": None,
            "archived": repo.archived,
            "disabled": False,
            "open_issues_count": open_issues,
            "license": None,
            "allow_forking": False,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": [],
            "custom_properties": {},
            "visibility": "private" if repo.private else "public",
            "forks": 0,
            "open_issues": open_issues,
            "watchers": 0,
            "default_branch": "main",
        }

    def label(self, label: Label) -> dict[str, Any]:
        repo = self.state.repo_of(label)
        return {
            "id": label.id,
            "node_id": label.node_id,
            "url": f"{self.repo_url(repo)}/labels/{label.name}",
            "name": label.name,
            "color": label.color,
            "default": False,
            "description": label.description or None,
        }

    def reactions(self, subject: Issue | Comment, url: str) -> dict[str, Any]:
        counts = Counter(reaction.content for reaction in subject.reactions)
        each = {rest: counts[graphql] for graphql, rest in REST_REACTION.items()}
        return {"url": f"{url}/reactions", "total_count": counts.total(), **each}

    def reaction(self, reaction: Reaction) -> dict[str, Any]:
        return {
            "id": reaction.id,
            "node_id": reaction.node_id,
            "user": self._person(reaction.user_id),
            "content": REST_REACTION[reaction.content],
            "created_at": when(reaction.created_at),
        }

    def association(self, repo: Repo, author_id: int) -> str:
        """`author_association`, wrong for private members exactly as GitHub's is."""
        account = self.state.accounts.get(author_id)
        role = self.state.base_role(repo, account) if account else "none"
        return "COLLABORATOR" if role in {"write", "maintain", "admin"} else "NONE"

    def issue_url(self, issue: Issue) -> str:
        return f"{self.repo_url(self.state.repo_of(issue))}/issues/{issue.number}"

    def issue_html(self, issue: Issue) -> str:
        kind = "pull" if issue.is_pull else "issues"
        return f"{self.html}/{self.state.repo_of(issue).full_name}/{kind}/{issue.number}"

    def issue(self, issue: Issue) -> dict[str, Any]:
        url, html = self.issue_url(issue), self.issue_html(issue)
        repo = self.state.repo_of(issue)
        people = [self._person(ident) for ident in issue.assignee_ids]
        shape = {
            "url": url,
            "repository_url": self.repo_url(repo),
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": html,
            "id": issue.id,
            "node_id": issue.node_id,
            "number": issue.number,
            "title": issue.title,
            "user": self._person(issue.author_id),
            "labels": [self.label(label) for label in self.state.labels_on(issue)],
            "state": issue.state,
            "locked": issue.locked,
            "assignee": people[0] if people else None,
            "assignees": people,
            "milestone": None,
            "comments": len(issue.comment_ids),
            "created_at": when(issue.created_at),
            "updated_at": when(issue.updated_at),
            "closed_at": when(issue.closed_at),
            "author_association": self.association(repo, issue.author_id),
            "active_lock_reason": issue.lock_reason,
            "body": issue.body or None,
            "reactions": self.reactions(issue, url),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": None,
            "state_reason": issue.state_reason,
            "draft": False,
        }
        if issue.is_pull:
            pull = url.replace("/issues/", "/pulls/")
            shape["pull_request"] = {"url": pull, "html_url": html, "diff_url": f"{html}.diff",
                                     "patch_url": f"{html}.patch"}  # fmt: skip
        return shape

    def comment(self, comment: Comment) -> dict[str, Any]:
        issue = self.state.issues[comment.issue_id]
        repo = self.state.repo_of(issue)
        url = f"{self.repo_url(repo)}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{self.issue_html(issue)}#issuecomment-{comment.id}",
            "issue_url": self.issue_url(issue),
            "id": comment.id,
            "node_id": comment.node_id,
            "user": self._person(comment.author_id),
            "created_at": when(comment.created_at),
            "updated_at": when(comment.updated_at),
            "author_association": self.association(repo, comment.author_id),
            "body": comment.body,
            "reactions": self.reactions(comment, url),
            "performed_via_github_app": None,
        }

    def check_run(self, run: CheckRun) -> dict[str, Any]:
        url = f"{self.repo_url(self.state.repo_of(run))}/check-runs/{run.id}"
        return {
            "id": run.id,
            "node_id": node_id("CR", run.id),
            "name": run.name,
            "head_sha": run.head_sha,
            "external_id": "",
            "url": url,
            "html_url": None,
            "details_url": None,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": when(run.started_at),
            "completed_at": when(run.started_at) if run.status == "completed" else None,
            "output": {"title": run.title, "summary": run.summary, "text": None, "annotations_count": 0,
                       "annotations_url": f"{url}/annotations"},
            "check_suite": None,
            "app": None,
            "pull_requests": [],
        }  # fmt: skip
