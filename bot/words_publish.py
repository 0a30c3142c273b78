"""Floor 1: every word a user sees about publishing: the draft's header, refusals, what the card says of it.

A finding is named by its kind and its place; its value is never repeated.
"""

from __future__ import annotations

from bot.markdown import escape
from bot.policy.schema import Policy
from bot.publication import MAX_CHOSEN, Checked, Claim, Public, Publication, Spot

FROM_DISCUSSION = "From the discussion"
MAX_ROWS = 60  # of findings; who has more starts with these


def without_app(policy: Policy) -> str:
    """What of the policy a plain token cannot do; empty when there is nothing of the kind."""
    tracker, support = policy.tracker.public, policy.support.github_team
    teams = support is not None or any(team.github_team for team in policy.teams.values())
    off = {
        "`/publish`": policy.publish.enabled and tracker is not None,
        "the public watch": policy.privacy.watch.enabled and tracker is not None,
        "members of GitHub teams": teams,
    }
    names = ", ".join(name for name, asked in off.items() if asked)
    return f"Off here, as they take the App's credentials: {names}." if names else ""


REFUSALS = {
    "publish-off": "Publishing is switched off in the policy (`publish.enabled`).",
    "publish-no-app": (
        "Publishing needs the GitHub App's credentials; with a plain token it is off. Nothing was published."
    ),
    "publish-no-public": "The policy names no public tracker (`tracker.public`).",
    "publish-no-extra": (
        "Nothing is published without the second scanner: whoever runs the bot installs the extra `privacy`"
        " (`pip install 'rfh-bot[privacy]'`)."
    ),
    "publish-scanner": "The scanner failed, so nothing was published. Try again; `rfh-bot doctor` says more.",
    "publish-not-installed": "The App is not installed on the public tracker, or may not write issues there.",
    "publish-partial": "Not all of the issue could be read, so nothing was published. Try again.",
    "publish-not-private": "This repository is not private: there is nothing to publish from.",
    "publish-held": "The card's memory was lost: `/resume` first.",
    "publish-published": "It is public already: {seen}.",
    "publish-claimed": "Publishing is under way. The card says how it ends.",
    "publish-no-draft": "There is no draft: `/publish` writes one.",
    "publish-draft-changed": (
        "The draft has changed since it was checked, so nothing was done. Look at its findings and its"
        " digest, then comment again."
    ),
    "publish-draft-unreadable": (
        "The draft cannot be read: it was deleted, or its hidden marker was. `/publish` writes a new one."
    ),
    "publish-blocks": "Not yet: {seen} in the draft must be edited away first.",
    "publish-warnings": "Not yet: {seen} to edit away or to acknowledge with `/ack NUMBER`.",
    "publish-no-such-finding": "The draft has no finding {seen}.",
    "publish-not-acknowledgeable": "Finding {seen} blocks: edit it away. Only warnings are acknowledged.",
    "publish-not-a-number": "Which finding? `/ack NUMBER`, as the draft numbers them.",
    "publish-not-a-comment": "{seen} is no comment of an issue: paste links that end in `#issuecomment-…`.",
    "publish-not-a-digest": "`/publish confirm` needs the digest that the draft shows.",
    "publish-too-many-comments": f"A draft is made of at most {MAX_CHOSEN} comments: choose fewer.",
    "publish-no-comment": "A comment that you named is not on this issue, so no draft was written.",
    "publish-too-long": (
        "It is longer than GitHub allows (65,536 characters): shorten the issue, or choose fewer comments."
    ),
    "publish-no-title": "It has no title left.",
    "publish-long-title": "Its title is longer than 256 characters.",
    "publish-unsteady": "Hidden comments are nested in it beyond what can be taken out safely: remove them.",
}
NO_ROOM = "There is no room for the list of what was found: shorten the draft."
_STOPPED = {
    "refused": "GitHub refused the new issue.",
    "found-more": "a last check found something in the draft that was not there before.",
    "draft-changed": "the draft was edited after it was confirmed.",
    "draft-unreadable": "the draft was deleted, or its hidden marker was.",
    "not-private": "this repository is not private any more.",
    "held": "the card's memory was lost.",
}
_KINDS = {
    "secret": ("a secret", "take it out, and have it revoked"),
    "customer": ("the customer's name", "write [customer]"),
    "customer_other": ("another customer's name", "write [customer]"),
    "customer_typo": ("nearly the customer's name", "write [customer]"),
    "contract": ("money, seats or dates of a contract", "take it out"),
    "email": ("an e-mail address", "take it out"),
    "phone": ("a phone number", "take it out"),
    "person": ("a person's name", "write [person]"),
    "person_first": ("a first name", "write [person]"),
    "ip_public": ("an IP address", "write [ip]"),
    "ip_private": ("a private IP address", "write [ip], if it says anything"),
    "host": ("a private host", "write [host]"),
    "url": ("a link to a private host", "write [url]"),
    "repo": ("a private repository or package", "write [repo]"),
    "cloud_id": ("an id in somebody's cloud", "write [cloud-id]"),
    "home_path": ("a home folder", "shorten the path"),
    "directory": ("a directory entry", "take it out"),
    "internal_link": ("a link that only we can open", "take it out"),
    "unknown_link": ("a link to a host nobody has allowed", "is it public?"),
    "image": ("a picture or attachment", "say what it shows"),
    "private_asset": ("a file of the private tracker", "say what it shows"),
    "quote": ("the customer's words", "say it in yours"),
    "unknown_word": ("a name that public text never uses", "is it a customer's?"),
}


def why_not(code: str) -> str:
    """A trouble or a stop, as part of a sentence."""
    return _STOPPED.get(code) or REFUSALS.get(f"publish-{code}", code)


# ── the draft ───────────────────────────────────────────────────────────────────────────────


def footer(url: str, ticket: str) -> str:
    """The link back; outsiders cannot open it, and learn nothing from it."""
    lines = [f"Private issue: {url}"]
    return "\n".join([*lines, f"Zendesk: {ticket}"] if ticket else lines)


def draft_header(checked: Checked, acked: tuple[str, ...], policy: Policy, *, ticket: bool, rows: int) -> str:
    """Our part of the draft comment: what is in the way, and what to do."""
    blocks, warnings = checked.left(acked)
    parts = [f"### {_headline(blocks, warnings, checked)}"]
    if checked.spots:
        parts.append("\n".join(_rows(checked.spots, acked, rows)) if rows else NO_ROOM)
    if checked.problem:
        parts.append(REFUSALS[f"publish-{checked.problem}"])
    if not ticket:
        parts.append("No Zendesk ticket is linked: add its link at the end, if there is one.")
    where = policy.tracker.public or ""
    todo = "**Edit this comment below the line**, never the issue above: the first line is the title."
    if warnings:
        todo += " `/ack NUMBER` lets a warning pass."
    if not blocks and not warnings and not checked.problem:
        command = f"/publish confirm {checked.digest}"
        todo += f"\n\nTo publish exactly this in `{where}`, comment:\n```\n{command}\n```"
    return "\n\n".join([*parts, todo])


def _headline(blocks: int, warnings: int, checked: Checked) -> str:
    if checked.problem:
        return "📝 Public draft · cannot be published so"
    if not blocks and not warnings:
        return "📝 Public draft · ready"
    return f"📝 Public draft · {left(blocks, warnings)}"


def left(blocks: int, warnings: int) -> str:
    """What is left to do in a draft."""
    parts = [f"{blocks} to edit away"] if blocks else []
    return ", ".join([*parts, f"{warnings} to check"] if warnings else parts)


def _rows(spots: tuple[Spot, ...], acked: tuple[str, ...], most: int) -> list[str]:
    rows = ["| # | Where | Found | What to do |", "|--:|:--|:--|:--|"]
    for number, spot in enumerate(spots[:most], 1):
        where = f"line {spot.line}" if spot.line else "title"
        what, advice = _KINDS.get(spot.kind, (spot.kind, "take it out"))
        if not spot.acknowledgeable:
            rows.append(f"| {number} | {where} | ⛔ {what} | {advice} |")
        elif spot.fingerprint in acked:
            rows.append(f"| {number} | {where} | ✅ {what} | acknowledged |")
        else:
            rows.append(f"| {number} | {where} | ⚠️ {what} | {advice}; or `/ack {number}` |")
    if len(spots) > most:
        rows.append(f"| … | | and {len(spots) - most} more | |")
    return rows


# ── the card, and what people are told ──────────────────────────────────────────────────────


def card_cell(publication: Publication) -> str:
    """One cell of the card: where publishing stands; empty when nobody asked for it."""
    if publication.public is not None:
        return f"{public_link(publication.public.issue)} · {state(publication.public.state)}"
    trouble = f"not published: {why_not(publication.trouble)}" if publication.trouble else ""
    claim, draft = publication.claim, publication.draft
    if claim is not None:
        return "unknown whether it was created: see below" if claim.given_up else "being created"
    if draft is None or trouble:
        return trouble
    ready = f"ready: `/publish confirm {draft.digest}`"
    return f"draft below · {left(draft.blocks, draft.warnings) or ready}"


SOURCE_CHANGED = "The issue has changed since the public draft was made of it: `/publish` makes a new one."
_STATES = {
    "open": "open",
    "completed": "closed as completed",
    "not_planned": "closed as not planned",
    "duplicate": "closed as a duplicate",
    "gone": "deleted or moved",
}


def state(found: str) -> str:
    return _STATES.get(found, "closed")


def public_link(issue: str) -> str:
    """``owner/repo#7`` as GitHub links it by itself."""
    return issue


def public_closed(who: str, public: Public) -> str:
    """To whoever is responsible for the customer, once."""
    return f"{who} {public_link(public.issue)} was {state(public.state)}. The customer can be told.".strip()


def stopped(by: str, why: str) -> str:
    """To who confirmed: nothing was published after all."""
    return f"@{by} Not published: {why_not(why)}"


def unknown(claim: Claim, repository: str) -> str:
    """GitHub gave no answer, and the public issue was not seen since."""
    return (
        f"@{claim.by} GitHub did not say whether the public issue was created, and it has not shown up in"
        f" {escape(repository)} since. Look there. If it is missing, comment again"
        f" `/publish confirm {claim.digest}`: the bot looks once more before it creates one."
    )
