"""Publishing, end to end: act as people do, then look at both trackers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from harness import World
from issues import COMPLETE, complete
from publish_support import Publication, ready

from bot.app import build_reconciler
from bot.github.auth import OneToken
from bot.kingfisher import ScannerUnavailable
from bot.model import IssueKey
from bot.rules.privacy import External
from bot.sandbox.faults import Once

pytestmark = pytest.mark.looptime

CREATE = "POST /repos/{owner}/{repo}/issues"
LEAKY = complete(
    What="Northmere's gitserver-0.northmere.internal is slow. Ask Jane Doe (jane.doe@northmere.com).",
    Steps="Open Grafoose, then watch 10.0.4.7",
)


def names(w: World, p: Publication) -> set[str]:
    """Labels of the public issue."""
    (public,) = p.public
    return {label.name for label in w.github.world.state.labels_on(public)}


async def test_a_confirmed_draft_becomes_one_clean_public_issue() -> None:
    """Exactly the draft's text, the team's label alone, the links, and both sides know each other."""
    async with World() as w:
        p = await ready(w)
        title, _, body = p.text.partition("\n\n")
        await p.confirm()
        (public,) = p.public
        assert title == f"# {public.title}"
        assert body == public.body.partition("\n\n<!-- rfh-bot:public v1 ")[0]
        assert {"team/search-core"} == names(w, p)
        assert f"sourcegraph/customer/issues/{p.issue.number}" in public.body
        assert "zendesk.com/agent/tickets/5051" in public.body
        for private in ("northmere", "customer/", "cs/p2", "later this week"):
            assert private not in public.body.casefold().replace("sourcegraph/customer/issues", "")
        assert "| **Public** | sourcegraph/sourcegraph#1 · open |" in p.card
        assert w.github.world.state.comments[p.comment.id].minimized
        await w.assert_settled(p.issue)


async def test_what_is_private_is_redacted_and_what_is_in_doubt_is_asked_about() -> None:
    """The draft is safe before anybody edits it; its header names places and kinds, never values."""
    async with World() as w:
        p = Publication(w, w.file("Northmere: search is slow", LEAKY))
        await w.settle()
        await p.draft()
        for value in ("northmere", "jane", "doe", "gitserver-0"):
            assert value not in p.comment.body.casefold()
        assert "[customer]" in p.text
        assert all(mark == "⚠️" for _, _, mark, _ in p.findings)
        assert {"a private IP address", "a name that public text never uses"} <= {f[3] for f in p.findings}
        assert "Grafoose" not in p.header
        assert not p.ready
        await w.assert_settled(p.issue)


async def test_the_private_issue_keeps_its_words() -> None:
    async with World() as w:
        p = await ready(w)
        await p.confirm()
        assert COMPLETE == w.live(p.issue).body


async def test_what_blocks_is_edited_away_and_never_acknowledged() -> None:
    async with World() as w:
        p = await ready(w)
        before = p.digest
        await p.edit(lambda text: f"{text}\n\nWrite to jane.doe@northmere.com.")
        ((number, _, mark, what),) = [f for f in p.findings if f[3] == "an e-mail address"]
        assert "⛔" == mark
        assert "an e-mail address" == what
        await p.say(f"/ack {number}")
        assert "Finding `1` blocks" in w.replies(p.issue)[-1]
        await p.confirm(before)
        assert "The draft has changed" in w.replies(p.issue)[-1]
        assert [] == p.public
        await p.clean()
        await p.confirm()
        assert 1 == len(p.public)
        assert "jane" not in p.public[0].body


async def test_a_warning_is_acknowledged_by_its_number_and_stays_so() -> None:
    """Also after an edit elsewhere: an acknowledgement is of the value. The digest is another one then."""
    async with World() as w:
        p = await ready(w, body=complete(Steps="Open Grafoose"))
        assert [] == [f for f in p.findings if f[2] == "⚠️"]
        digest = p.digest
        await p.edit(lambda text: f"{text}\n\nOne more line.")
        assert p.ready
        assert digest != p.digest
        await p.edit(lambda text: f"{text} Open Grafoosier.")
        assert not p.ready


async def test_an_acknowledgement_of_other_findings_than_the_present_ones_is_refused() -> None:
    """The draft is edited while somebody writes `/ack 1`: by then 1 may be something else."""
    async with World() as w:
        p = Publication(w, w.file("Search is slow", complete(Steps="Open Grafoose")))
        await w.settle()
        await p.draft()
        await w.stop()
        comment = p.comment
        w.github.world.edit_comment(comment, "sam", comment.body.replace("Grafoose", "Zebrafoose"))
        w.comment(p.issue, "/ack 1", by="erin")
        await w.start()
        await w.settle()
        assert "The draft has changed" in w.replies(p.issue)[-1]
        assert [] != [f for f in p.findings if f[2] == "⚠️"]


@pytest.mark.parametrize(
    ("by", "command", "expected"),
    [
        pytest.param("olu", "/publish", "takes the role *triage*", id="read may not draft"),
        pytest.param(
            "sam",
            "/publish confirm 0123456789abcdef0123456789abcdef",
            "takes the role *write*",
            id="triage may draft",
        ),
        pytest.param("sam", "/ack 1", "takes the role *write*", id="triage may not acknowledge"),
        pytest.param("erin", "/ack 9", "has no finding `9`", id="no such finding"),
        pytest.param("erin", "/ack all", "Which finding?", id="not a number"),
        pytest.param("erin", "/publish confirm", "needs the digest", id="no digest"),
        pytest.param(
            "erin", "/publish confirm 0123456789abcdef0123456789abcdef", "has changed", id="another digest"
        ),
        pytest.param("erin", "/publish with this", "is no comment", id="no link"),
        pytest.param(
            "erin",
            f"/publish with {' '.join(f'#issuecomment-{n}' for n in range(1, 52))}",
            "at most 50",
            id="more than the memory holds",
        ),
        pytest.param("erin", "/publish with x#issuecomment-7", "not on this issue", id="a strange comment"),
    ],
)
async def test_a_command_that_cannot_be_done_says_why(by: str, command: str, expected: str) -> None:
    async with World() as w:
        p = await ready(w)
        before = p.comment.body
        await p.say(command, by)
        assert expected in w.replies(p.issue)[-1]
        assert before == p.comment.body
        assert [] == p.public


async def test_without_a_draft_there_is_nothing_to_confirm() -> None:
    async with World() as w:
        p = Publication(w, w.file("Search is slow", COMPLETE))
        await w.settle()
        await p.confirm("0123456789abcdef0123456789abcdef")
        assert "There is no draft" in w.replies(p.issue)[-1]


async def test_comments_that_are_named_are_folded_in_redacted() -> None:
    async with World() as w:
        p = Publication(w, w.file("Search is slow", COMPLETE))
        await w.settle()
        first = w.comment(
            p.issue, "It is the shard size, says Northmere. cc @erin, see #3\n\n/lgtm", by="sam"
        )
        w.comment(p.issue, "Not this one.", by="sam")
        await w.settle()
        await p.draft(first)
        assert "It is the shard size, says [customer]." in p.text
        assert "Not this one" not in p.text
        for live in ("@erin", "#3", "\n/lgtm"):
            assert live not in p.text


async def test_a_change_of_the_source_is_said_on_the_card_and_a_new_draft_ends_it() -> None:
    async with World() as w:
        p = await ready(w)
        w.github.world.edit_issue(p.issue, "sam", body=complete(Steps="index two monorepos"))
        await w.settle()
        assert "has changed since the public draft" in p.card
        await w.assert_settled(p.issue)
        await p.draft()
        assert "has changed since the public draft" not in p.card
        assert "two monorepos" in p.text
        assert 1 == len(p.drafts)


async def test_mentions_commands_and_hidden_comments_that_people_write_into_the_draft_are_made_harmless() -> (
    None
):
    async with World() as w:
        p = await ready(w)
        await p.edit(lambda text: f"{text}\n\n@erin please\n\n/close\n\n<!-- a hidden word -->\nSee #12.")
        await p.clean()
        await p.confirm()
        (public,) = p.public
        for live in ("@erin", "\n/close", "hidden", "#12"):
            assert live not in public.body
        assert "@\u200berin please" in public.body


async def test_labels_come_from_the_policy_and_exist_there(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text(
        "publish: {labels: [from-support, nowhere, customer/northmere], carry: [needs-info, rfh]}\n"
    )
    async with World(policy=policy) as w:
        for name in ("from-support", "customer/northmere"):
            w.github.world.create_label(w.demo.public, name, "ededed", "")
        p = await ready(w)
        labels = {label.name for label in w.github.world.state.labels_of(w.demo.public)}
        await p.confirm()
        assert {"team/search-core", "from-support", "rfh"} == names(w, p)
        assert labels == {label.name for label in w.github.world.state.labels_of(w.demo.public)}


async def test_a_ticket_is_asked_for_when_none_is_linked() -> None:
    async with World() as w:
        p = await ready(w, body=complete(Zendesk="_No response_"))
        assert "No Zendesk ticket is linked" in p.header
        await p.edit(lambda text: f"{text}\nZendesk: https://sourcegraph.zendesk.com/agent/tickets/7")
        assert "No Zendesk ticket" not in p.header
        assert p.ready


async def test_a_long_draft_leaves_out_the_list_and_one_edited_beyond_the_limit_stays_as_it_is() -> None:
    """GitHub takes 65,536 characters, our part of the comment among them."""
    async with World() as w:
        p = Publication(w, w.file("Search is slow", complete(Steps="some words here\n" * 3_970)))
        await w.settle()
        await p.draft()
        assert p.ready
        await p.edit(lambda text: text.replace("some words here", "Open Grafoose", 30))
        assert "no room for the list" in p.header
        assert "30 to check" in p.card
        await w.assert_settled(p.issue)
        await p.edit(lambda text: text + "x" * (65_400 - len(p.comment.body)))
        assert "draft below" in p.card
        await p.confirm("0123456789abcdef0123456789abcdef")
        assert [] == p.public
        await w.assert_settled(p.issue)


async def test_a_draft_that_is_too_long_is_refused() -> None:
    async with World() as w:
        p = Publication(w, w.file("Search is slow", complete(Steps="a line of words\n" * 3_000)))
        await w.settle()
        long = w.comment(p.issue, "some more words\n" * 3_000, by="sam")
        await w.settle()
        await p.draft(long)
        assert "longer than GitHub allows" in w.replies(p.issue)[-1]
        assert [] == p.drafts


async def test_a_draft_in_the_middle_of_a_long_discussion_is_found() -> None:
    """One read shows the first ten and the last fifty comments; draft and chosen comment are elsewhere."""
    async with World() as w:
        p = Publication(w, w.file("Search is slow", complete(Steps="Open Grafoose")))
        await w.settle()
        chosen = [w.comment(p.issue, f"Comment {number}.", by="sam") for number in range(12)][-1]
        await p.draft()
        for number in range(70):
            w.comment(p.issue, f"Later {number}.", by="sam")
        await w.settle(1200)  # all of it is settled: no read goes back so far
        await p.draft(chosen)
        assert 1 == len(p.drafts)
        assert "Comment 11." in p.text
        await p.say("/ack 1")
        assert p.ready
        await p.confirm()
        assert 1 == len(p.public)


# ── nothing is published ────────────────────────────────────────────────────────────────────


async def test_a_draft_that_was_deleted_or_cut_cannot_be_published() -> None:
    async with World() as w:
        p = await ready(w)
        digest = p.digest
        body = p.comment.body
        w.github.world.edit_comment(p.comment, "sam", body.replace("rfh-bot:draft v1 ", "rfh-bot:draft v1 9"))
        await p.confirm(digest)
        assert "cannot be read" in w.replies(p.issue)[-1]
        assert [] == p.public


async def test_an_edit_between_the_last_check_and_the_effect_publishes_nothing() -> None:
    """The draft is read once more right before; then the claim is given back."""
    async with World() as w:
        p = await ready(w)
        request, reads = w.github.request, 0

        async def racing(
            method: str, url: str, headers: dict[str, str], body: bytes = b""
        ) -> tuple[int, object, bytes]:
            nonlocal reads
            if b"ReadComment" in body:
                reads += 1
                if reads == 1:
                    w.github.world.edit_comment(p.comment, "sam", f"{p.comment.body}\nNorthmere says so.")
            return await request(method, url, headers, body)

        w.github.request = racing  # type: ignore[method-assign,assignment]
        await p.confirm()
        assert 1 == reads
        assert [] == p.public
        assert "@erin Not published: the draft was edited after it was confirmed." in w.replies(p.issue)[-1]
        await p.clean()
        await p.confirm()
        assert 1 == len(p.public)


async def test_a_missing_extra_is_named() -> None:
    async with World() as w:
        publisher = w.bot.reconciler.publisher
        assert publisher is not None
        publisher.missing = lambda: ("kingfisher-bin",)
        p = Publication(w, w.file("Search is slow", COMPLETE))
        await w.settle()
        await p.draft()
        assert "pip install 'rfh-bot[privacy]'" in w.replies(p.issue)[-1]
        assert "not published: Nothing is published without the second scanner" in p.card
        assert [] == p.drafts
        await w.assert_settled(p.issue)


async def test_a_scanner_that_fails_publishes_nothing() -> None:
    def fails(texts: Sequence[str]) -> Sequence[tuple[External, ...]]:
        raise ScannerUnavailable("kingfisher took too long")

    async with World() as w:
        p = await ready(w)
        publisher = w.bot.reconciler.publisher
        assert publisher is not None
        publisher.texts.find_secrets = fails
        await p.confirm()
        assert "The scanner failed" in w.replies(p.issue)[-1]
        assert [] == p.public


async def test_a_secret_that_only_the_second_scanner_sees_blocks() -> None:
    def sees(texts: Sequence[str]) -> Sequence[tuple[External, ...]]:
        at = [text.find("hunter2-zXcVbNm123") for text in texts]
        return [(External("kingfisher:x", i, i + 18),) if i >= 0 else () for i in at]

    async with World() as w:
        w.texts.find_secrets = sees
        p = await ready(w)
        await p.edit(lambda text: f"{text}\n\nhunter2-zXcVbNm123")
        assert ["a secret"] == [what for _, _, mark, what in p.findings if mark == "⛔"]


async def test_the_app_must_be_installed_on_the_public_tracker() -> None:
    async with World() as w:
        p = await ready(w)
        w.demo.installation.repo_ids = frozenset({w.repo.id})
        await p.confirm()
        assert "not installed on the public tracker" in w.replies(p.issue)[-1]
        assert [] == p.public


async def test_a_refusal_of_github_is_no_doubt() -> None:
    """Nothing was done, so nobody is asked to look: it is said at once."""
    async with World() as w:
        p = await ready(w)
        public = w.github.world.state.repos[w.demo.public.id]
        w.github.world.state.repos[public.id] = replace(public, archived=True)
        await p.confirm()
        assert [] == p.public
        assert "@erin Not published: GitHub refused the new issue." in w.replies(p.issue)[-1]
        assert "not published: GitHub refused the new issue." in p.card
        await w.assert_settled(p.issue)


async def test_a_repository_that_is_public_has_nothing_to_publish() -> None:
    async with World() as w:
        p = await ready(w)
        repo = w.github.world.state.repos[w.repo.id]
        w.github.world.state.repos[repo.id] = replace(repo, private=False)
        await p.confirm()
        assert "not private" in w.replies(p.issue)[-1]
        assert [] == p.public


async def test_with_a_plain_token_it_is_off_and_the_card_says_so() -> None:
    async with World() as w:
        issue = w.file("Search is slow", COMPLETE)
        await w.settle()
        await w.stop()
        token = w.github.installation_token(w.demo.installation)
        clients = OneToken(token, w._connect, now=w.now)
        reconciler = build_reconciler(w.settings, clients, w.bot.store, w.now)
        w.comment(issue, "/publish", by="erin")
        await reconciler.reconcile(IssueKey(w.repo.owner, w.repo.name, issue.number))
        assert "with a plain token it is off" in w.replies(issue)[-1]
        assert "with a plain token it is off" in w.card(issue)


async def test_shadow_publishes_nothing() -> None:
    async with World(shadow=True) as w:
        p = Publication(w, w.file("Search is slow", COMPLETE))
        await w.settle()
        await p.draft()
        assert [] == p.drafts
        assert [] == p.public


async def test_the_token_of_the_public_tracker_can_only_write_issues_there() -> None:
    async with World() as w:
        p = await ready(w)
        await p.confirm()
        (call,) = [c for c in w.github.calls.calls if f"{c.method} {c.template}" == CREATE]
        assert ({"issues": "write", "metadata": "read"}, 1) == (call.permissions, call.reaches)


# ── afterwards ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("completed", "closed as completed"), ("not_planned", "closed as not planned")],
)
async def test_support_is_told_once_that_the_public_issue_is_closed(reason: str, expected: str) -> None:
    async with World() as w:
        p = await ready(w)
        await p.confirm()
        (public,) = p.public
        w.github.world.close(public, "erin", reason)
        await w.settle()
        assert f"sourcegraph/sourcegraph#1 · {expected}" in p.card
        told = f"@sam sourcegraph/sourcegraph#1 was {expected}. The customer can be told."
        assert 1 == len([body for body in w.replies(p.issue) if told in body])
        await w.assert_settled(p.issue)
        w.github.world.reopen(public, "erin")
        await w.settle()
        assert "sourcegraph/sourcegraph#1 · open" in p.card
        w.github.world.close(public, "erin", reason)
        await w.settle()
        assert 1 == len([body for body in w.replies(p.issue) if "The customer can be told" in body])


async def test_a_lost_event_of_the_public_tracker_is_made_good_within_hours() -> None:
    async with World() as w:
        p = await ready(w)
        await p.confirm()
        w.delivering = False
        w.github.world.close(p.public[0], "erin")
        w.leap(7 * 3600)
        await w.settle()
        assert "closed as completed" in p.card


async def test_it_is_not_published_twice() -> None:
    async with World() as w:
        p = await ready(w)
        digest = p.digest
        await p.confirm()
        await p.confirm(digest)
        await p.say("/publish")
        assert "It is public already: `sourcegraph/sourcegraph#1`" in w.replies(p.issue)[-1]
        assert 1 == len(p.public)
        await w.assert_settled(p.issue)


async def test_a_lost_answer_of_the_draft_makes_no_second_one() -> None:
    async with World() as w:
        p = Publication(w, w.file("Search is slow", COMPLETE))
        await w.settle()
        w.github.faults.once += [Once("after", on="addComment")]
        await p.say("/publish", seconds=120)
        assert 1 == len(p.drafts)
        await p.clean()
        await p.confirm()
        assert 1 == len(p.public)
