"""Messages keep Slack's limits and people's words stay words, whatever the texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.memory import Memory, Seal
from bot.policy.schema import Slack
from bot.rules.slack import FRESH, Wish, conclude, noted
from bot.rules.slack_message import escaped, hand_off, need_info_form, note
from bot.sandbox.slack import problems, view_problems
from bot.told import Note, Sent, SlackPost, SlackUpdate, Status, Telling, Told, Workspace

NOW = datetime(2026, 11, 17, 15, 0, tzinfo=UTC)
TELLING = Telling(
    "open",
    "sourcegraph/customer#7",
    "https://github.com/sourcegraph/customer/issues/7",
    "Search Core",
    mention="<!subteam^S1>",
    area="Search",
    priority="cs/p2",
    due=NOW,
    turn="Search Core",
    teams=tuple((f"team-{n}", f"Team {n}") for n in range(120)),
    snooze=True,
)
WORKSPACE = Workspace("https://x.slack.com/", {"search": "C1", "delivery": "C2"}, {"search": "S1"}, True)
HOSTILE = "<!here> <@U1> <https://evil.example|x> &lt;!channel&gt; *b* _i_ `c` ~s~"


@given(need=st.text(), timeline=st.text(), team=st.text(), area=st.text(), taken=st.text())
def test_every_message_keeps_slacks_limits(
    need: str, timeline: str, team: str, area: str, taken: str
) -> None:
    for status in ("open", "closed", "moved", "withdrawn"):
        telling = replace(TELLING, status=status, team=team, area=area, taken=taken, moved_to=team)
        message = hand_off(telling, need, timeline)
        assert [] == list(problems(list(message.blocks), message.text))


@pytest.mark.parametrize("character", ["&", "<", "*", "_", "\u200b", "𝔘", "\ud800"])
def test_the_longest_texts_fit(character: str) -> None:
    """Escaping makes some characters five."""
    message = hand_off(TELLING, character * 5000, character * 5000)
    assert [] == list(problems(list(message.blocks), message.text))


@given(st.text(alphabet=st.characters() | st.sampled_from("<>&|@#!*_~`")))
def test_escaped_words_hold_no_control_sequence(text: str) -> None:
    found = escaped(text)
    assert "<" not in found
    assert ">" not in found
    assert all(part.startswith(("amp;", "lt;", "gt;")) for part in found.split("&")[1:])


def test_only_our_mention_and_our_link_are_live() -> None:
    message = hand_off(replace(TELLING, area=HOSTILE, taken=HOSTILE, turn=HOSTILE), HOSTILE, HOSTILE)
    live = {part.partition(">")[0] for part in message.text.split("<")[1:]}
    assert {"!subteam^S1", f"{TELLING.url}|{TELLING.issue}"} == live


@pytest.mark.parametrize("status", ["closed", "moved", "withdrawn"])
def test_a_message_that_is_over_calls_nobody_and_has_no_buttons(status: Status) -> None:
    message = hand_off(replace(TELLING, status=status), "need", "timeline")
    assert "subteam" not in message.text + str(message.blocks)
    assert ["section"] == [block["type"] for block in message.blocks]


def test_without_words_the_area_is_named() -> None:
    message = hand_off(TELLING, "", "")
    assert "A question about Search; details are in the issue." in message.text
    assert "Need" not in message.text


def test_notes_and_the_form_keep_slacks_limits() -> None:
    message = note(Note("text", "<!subteam^S1>"))
    assert [] == list(problems(list(message.blocks), message.text))
    assert [] == list(view_problems(need_info_form("sourcegraph/customer#7")))


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        pytest.param([], "x", id="no block"),
        pytest.param([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], "x", id="long"),
        pytest.param([{"type": "section", "text": {"type": "mrkdwn", "text": ""}}], "x", id="empty"),
        pytest.param([{"type": "video"}], "x", id="unknown block"),
        pytest.param([{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}], "", id="no fallback"),
    ],
)
def test_the_double_refuses_what_slack_refuses(blocks: list[dict[str, object]], text: str) -> None:
    assert [] != list(problems(blocks, text))


# ── what was told, and what is to be told ───────────────────────────────────────────────────


TOLD = Told("search-core", 1, "C1", "1.1", TELLING.digest, NOW, "https://x.slack.com/archives/C1/p11")
WISH = Wish(TELLING, "search-core", Slack(channel="#search", handle="@search"), NOW)


def sent(**more: object) -> Sent:
    fields = {"key": TOLD.key, "at": NOW, "channel": "C1", "ts": "1.1", "shown": "x", **more}
    return Sent(**fields)  # type: ignore[arg-type]


def test_what_was_told_survives_the_marker() -> None:
    memory = Memory(told=(TOLD, replace(TOLD, number=2, refused="not_in_channel", withheld="scanner")))
    read = Seal(b"k" * 32).read(Seal(b"k" * 32).mark(memory, 1, 2), 1, 2)
    assert (memory, "valid") == read


def test_noting_again_changes_nothing_and_the_later_record_counts() -> None:
    once = noted(Memory(), [sent(shown="a")])
    assert once == noted(once, [sent(shown="a")])
    later = sent(shown="b", at=NOW.replace(hour=16))
    assert "b" == noted(noted(once, [later]), [sent(shown="a")]).told[0].shown
    assert {"slack:remind:p1:1:5": NOW} == noted(Memory(), [sent(key="slack:remind:p1:1:5")]).effects


def test_only_the_newest_messages_are_kept() -> None:
    memory = noted(Memory(), [sent(key=f"slack:routed:a:{number}") for number in range(1, 9)])
    assert [6, 7, 8] == [told.number for told in memory.told]


def test_a_first_message_is_posted_and_then_nothing_is_to_do() -> None:
    (post,) = conclude(Memory(), WISH, WORKSPACE, NOW).actions
    assert isinstance(post, SlackPost)
    assert ("slack:routed:search-core:1", "C1") == (post.key, post.channel)
    assert isinstance(post.content, Telling)
    memory = noted(Memory(), [sent(shown=post.content.digest)])
    assert () == conclude(memory, WISH, WORKSPACE, NOW).actions


@pytest.mark.parametrize(
    ("memory", "wish", "workspace", "now"),
    [
        pytest.param(Memory(), WISH, None, NOW, id="no Slack"),
        pytest.param(Memory(held=True), WISH, WORKSPACE, NOW, id="the memory is held"),
        pytest.param(Memory(), replace(WISH, closed=True), WORKSPACE, NOW, id="closed before it was told"),
        pytest.param(Memory(), replace(WISH, live=None), WORKSPACE, NOW, id="nobody has it"),
        pytest.param(Memory(), WISH, Workspace(), NOW, id="no such channel"),
        pytest.param(Memory(), WISH, WORKSPACE, NOW + 2 * FRESH, id="long ago"),
    ],
)
def test_nothing_is_sent(memory: Memory, wish: Wish, workspace: Workspace | None, now: datetime) -> None:
    assert () == conclude(memory, wish, workspace, now).actions


def test_a_team_that_was_left_is_told_anew_and_the_old_messages_point_to_it() -> None:
    """A → B → A: three messages; the first two point to the third."""
    other = replace(TOLD, team="delivery", number=2, channel="C2")
    memory = Memory(told=(TOLD, other))
    (post,) = conclude(memory, WISH, WORKSPACE, NOW).actions
    assert "slack:routed:search-core:3" == post.key
    memory = noted(memory, [sent(key=post.key, ts="3.3", shown=post.content.digest, link="L")])  # type: ignore[union-attr]
    updates = conclude(memory, WISH, WORKSPACE, NOW).actions
    assert ["slack:routed:search-core:1", "slack:routed:delivery:2"] == [update.key for update in updates]
    for update in updates:
        assert isinstance(update, SlackUpdate)
        assert ("moved", "Search Core", "L") == (
            update.content.status,
            update.content.moved_to,
            update.content.moved_link,
        )
