"""Floor 2: is the public tracker watched for private data, can `/publish` write there, and if not, why?"""

from __future__ import annotations

from bot.doctor.finding import Finding, Findings
from bot.doctor.repository import Watched
from bot.errors import Forbidden
from bot.events import POLICY_PATH
from bot.github.auth import PUBLISH, App
from bot.github.client import UnexpectedStatus
from bot.github.documents import GET_REPOSITORY
from bot.watch import READ


async def watch(at: Watched) -> Findings:
    """With an App alone: no event of the public tracker reaches whoever has but a token."""
    policy = await at.policy()
    public = policy.tracker.public
    ours = policy.tracker.private.casefold() == at.name.casefold()
    if public is None or not ours or not policy.privacy.watch.enabled:
        what = f"{at.name}: no public tracker is watched"
        return [Finding("watch", "ok", what)]
    if not isinstance(at.clients, App):
        what = f"{public} is not watched for private data: that takes the App"
        return [Finding("watch", "warn", what, "Run the App (`rfh-bot serve`), or live without it.")]
    owner, repo = public.split("/")
    try:
        gh = await at.clients.client(owner, repo, READ)
        found = await gh.rest(GET_REPOSITORY, owner=owner, repo=repo)
    except (Forbidden, UnexpectedStatus):
        what = f"{public} is not watched for private data: the App is not installed there"
        remedy = f"Install the App on {public}, or in {POLICY_PATH}: privacy: {{watch: {{enabled: false}}}}"
        return [Finding("watch", "warn", what, remedy)]
    if found.get("private"):
        what = f"{public} is private: there is nothing to watch"
        return [Finding("watch", "warn", what, f"In {POLICY_PATH}: tracker: {{public: OWNER/NAME}}")]
    return [Finding("watch", "ok", f"{public} is watched for private data")]


async def publish(at: Watched) -> Findings:
    """With the App's credentials alone: only their tokens are narrowed to one repository at a time."""
    policy = await at.policy()
    public = policy.tracker.public
    ours = policy.tracker.private.casefold() == at.name.casefold()
    if public is None or not ours or not policy.publish.enabled:
        return [Finding("publish", "ok", f"{at.name}: `/publish` is off")]
    if not isinstance(at.clients, App):
        what = f"`/publish` to {public} is off: that takes the App's credentials"
        return [Finding("publish", "warn", what, "Give the App's id and private key, or live without it.")]
    owner, repo = public.split("/")
    try:
        gh = await at.clients.client(owner, repo, PUBLISH)
        await gh.rest(GET_REPOSITORY, owner=owner, repo=repo)
    except (Forbidden, UnexpectedStatus):
        what = (
            f"`/publish` cannot write in {public}: the App is not installed there, or without `issues: write`"
        )
        remedy = f"Install the App on {public}, or in {POLICY_PATH}: publish: {{enabled: false}}"
        return [Finding("publish", "warn", what, remedy)]
    return [Finding("publish", "ok", f"`/publish` can write issues in {public}")]
