"""The docs loop: what is asked with the close, once, and what the answers leave behind."""

from __future__ import annotations

import pytest
from harness import World
from hypothesis import given
from hypothesis import strategies as st
from issues import complete

from bot.memory import unsealed
from bot.rules import closing
from bot.sandbox.records import Issue

TITLE = "zoekt-indexserver is killed during indexing"
DOCS, RESOLUTION = "`/docs updated URL`", "`/resolved ONE SENTENCE`"


async def handed(w: World) -> Issue:
    """A request for help that engineering has."""
    issue = w.file(TITLE, complete())
    await w.settle()
    assert "Handed to" in w.card(issue)
    return issue


async def close(w: World, issue: Issue) -> list[str]:
    """Close it; what the bot asks."""
    w.github.world.close(issue, "sam")
    await w.settle()
    return [text for text in w.replies(issue) if "For the next one" in text]


def intents(w: World, issue: Issue) -> dict[str, str]:
    memory = unsealed(w.cards(issue)[0].body)
    assert memory is not None
    return {slot: intent.value for slot, intent in memory.intents.items()}


@pytest.mark.looptime
async def test_the_owner_is_asked_once_for_docs_and_resolution() -> None:
    """Closed without a word: one comment asks the owner for both; closing it again asks nothing."""
    async with World() as w:
        issue = await handed(w)
        asked = await close(w, issue)
        assert 1 == len(asked)
        assert asked[0].startswith("@sam ")
        assert DOCS in asked[0]
        assert RESOLUTION in asked[0]
        await w.assert_settled(issue)
        w.github.world.reopen(issue, "sam")
        await w.settle()
        assert asked == await close(w, issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_a_resolution_in_the_last_comments_is_not_asked_for() -> None:
    """Who said what it was is asked for the docs alone."""
    async with World() as w:
        issue = await handed(w)
        await w.say(issue, "Turned out the memory limit of the pod was too low.", by="erin")
        asked = await close(w, issue)
        assert [True] == [DOCS in text for text in asked]
        assert [False] == [RESOLUTION in text for text in asked]


@pytest.mark.looptime
async def test_nothing_is_asked_when_all_was_said() -> None:
    """Both answered before the close: no comment."""
    async with World() as w:
        issue = await handed(w)
        await w.say(issue, "/docs none the docs say it\n/resolved the limit was too low")
        assert [] == await close(w, issue)
        assert "nothing to write down · sam" in w.card(issue)
        assert {"docs": "none", "resolved": "said"} == intents(w, issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_an_answer_after_the_close_shows_on_the_card() -> None:
    """The closed issue takes the answers; no words of theirs are in the memory."""
    async with World() as w:
        issue = await handed(w)
        await close(w, issue)
        comment = await w.say(issue, "/docs issue https://github.com/sourcegraph/docs/issues/7")
        assert {"THUMBS_UP"} == w.reactions(comment)
        assert "**Docs** | an issue was filed · sam" in w.card(issue)
        assert {"docs": "issue"} == intents(w, issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_what_was_never_handed_over_is_closed_in_silence() -> None:
    """An incomplete issue that support closes itself has taught nobody anything."""
    async with World() as w:
        issue = w.file(TITLE, complete(Sourcegraph=""))
        await w.settle()
        assert [] == await close(w, issue)
        await w.assert_settled(issue)


@pytest.mark.looptime
async def test_the_policy_can_switch_the_question_off(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """`closing.ask: false`: nobody is asked."""
    policy = tmp_path / "policy.yml"
    policy.write_text("closing: {ask: false}\n")
    async with World(policy=policy) as w:
        issue = await handed(w)
        assert [] == await close(w, issue)


@pytest.mark.looptime
@pytest.mark.parametrize("text", ["/docs", "/docs maybe", "/docs updated", "/docs issue soon", "/docs none"])
async def test_half_an_answer_is_refused_with_what_it_takes(text: str) -> None:
    """The reply names the three forms."""
    async with World() as w:
        issue = await handed(w)
        comment = await w.say(issue, text)
        assert {"CONFUSED"} == w.reactions(comment)
        assert "/docs" in w.replies(issue)[-1]
        assert "docs" not in intents(w, issue)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("updated https://docs.example.com/a", "updated"),
        ("Issue https://github.com/acme/docs/issues/1", "issue"),
        ("none it was a typo", "none"),
        ("none", None),
        ("none …", None),
        ("updated the page", None),
        ("later", None),
        ("", None),
    ],
)
def test_answers_about_docs(text: str, answer: str | None) -> None:
    """A change and an issue come with their link, nothing with its reason."""
    assert answer == closing.answered(text)


@given(st.text(max_size=300))
def test_any_text_is_an_answer_or_none(text: str) -> None:
    """No text raises."""
    assert closing.answered(text) in {"updated", "issue", "none", None}
