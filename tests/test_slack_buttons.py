"""Buttons in Slack: who pressed what stands on the issue, and does what the command does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from harness import World
from issues import COMPLETE
from slack_support import slack_signature

from bot.sandbox.faults import Once
from bot.sandbox.records import Issue

pytestmark = pytest.mark.looptime

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
POLICY = """\
slack:
  people: {U0ERIN: erin, olu@sourcegraph.example: olu}
teams:
  search-core: {members: [erin]}
support: {members: [sam]}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yml"
    path.write_text(POLICY)
    return path


def click(issue: Issue, action: str, *, user: str = "U0ERIN", **more: Any) -> dict[str, Any]:
    """What Slack sends when somebody presses a button."""
    return {
        "type": "block_actions",
        "user": {"id": user},
        "channel": {"id": "C001"},
        "trigger_id": "T1",
        "actions": [
            {
                "action_id": action,
                "block_id": f"rfh:sourcegraph/customer#{issue.number}",
                "action_ts": "1763391600.1",
                **more,
            }
        ],
    }


async def test_take_assigns_and_is_shown_and_the_clock_goes_on(policy: Path) -> None:
    """ "We are on it" is no response: the answer is still due."""
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        assert 200 == await w.press(click(issue, "rfh:take"))
        assert ["erin"] == w.assignees(issue)
        assert "| **Taken by** | erin |" in w.card(issue)
        (message,) = w.slack.channel("#search")
        assert "taken by erin" in message.everything
        assert "waiting for Search Core" in message.everything
        assert "answer due" in message.everything
        assert 1 == len([body for body in w.replies(issue) if "**erin**, in Slack:" in body])
        await w.assert_settled(issue)


async def test_re_route_routes_as_the_person(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.press(click(issue, "rfh:route", selected_option={"value": "delivery"}))
        assert "team/delivery" in w.labels(issue)
        assert "`/route` by erin" in w.card(issue)
        assert 1 == len(w.slack.channel("#delivery"))
        await w.assert_settled(issue)


async def test_snooze_sets_reminders_off_for_a_day(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.press(click(issue, "rfh:snooze"))
        assert "2026-11-18" in w.card(issue)
        assert "`/snooze 1d`" in w.replies(issue)[-1]
        await w.assert_settled(issue)


async def test_need_info_asks_in_that_persons_words_and_gives_support_the_turn(policy: Path) -> None:
    """The modal's text becomes a comment that counts as the engineer's first response."""
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.press(click(issue, "rfh:need-info"))
        (form,) = w.slack.forms
        submitted = {
            "type": "view_submission",
            "user": {"id": "U0ERIN"},
            "view": {
                **form,
                "id": "V1",
                "state": {"values": {"question": {"text": {"value": "Which @version? <b>\n/nothing"}}}},
            },
        }
        assert 200 == await w.press(submitted)
        comment = w.replies(issue)[-1]
        assert "**erin**, in Slack:\n\n> Which @\u200bversion? &#60;b&#62;" in comment
        (message,) = w.slack.channel("#search")
        assert "waiting for support" in message.everything
        await w.assert_settled(issue)


async def test_a_person_is_known_by_e_mail(policy: Path) -> None:
    """And may do what their role in the repository allows: reading is not enough to route."""
    async with World(slack=True, policy=policy) as w:
        w.slack.people["U0OLU"] = "Olu@sourcegraph.example"
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.press(click(issue, "rfh:route", user="U0OLU", selected_option={"value": "delivery"}))
        assert "team/search-core" in w.labels(issue)
        assert "takes the role *triage*" in w.replies(issue)[-1]


async def test_somebody_unknown_gets_a_private_hint(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        w.slack.people["U0EVE"] = "eve@sourcegraph.example"
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        for action in ("rfh:take", "rfh:need-info"):
            assert 200 == await w.press(click(issue, action, user="U0EVE"))
        assert ["U0EVE", "U0EVE"] == [user for _, user, _ in w.slack.hints]
        assert [] == w.slack.forms
        assert [] == w.replies(issue)
        assert [] == w.assignees(issue)


@pytest.mark.parametrize("fault", ["before", "after", "reset", "reset-after", "timeout"])
async def test_a_click_is_neither_lost_nor_done_twice(fault: Any, policy: Path) -> None:
    """The comment may be out, or not, when GitHub fails."""
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.faults.once += [Once(fault, on="addComment")]
        await w.press(click(issue, "rfh:take"))
        await w.settle(300)
        assert ["erin"] == w.assignees(issue)
        assert 1 == len([body for body in w.replies(issue) if "in Slack:" in body])
        await w.assert_settled(issue)


async def test_a_click_that_arrives_twice_is_one(policy: Path) -> None:
    """The same click, signed anew."""
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        for _ in range(2):
            assert 200 == await w.press(click(issue, "rfh:take"))
        assert 1 == len([body for body in w.replies(issue) if "in Slack:" in body])


async def test_a_marker_that_a_person_copied_speaks_for_nobody(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.press(click(issue, "rfh:take"))
        acted = next(c for c in w.comments(issue) if "in Slack:" in c.body)
        assert " erin " in acted.body
        await w.say(issue, acted.body.replace(" erin ", " max "), by="olu")
        assert ["erin"] == w.assignees(issue)
        assert "| **Taken by** | erin |" in w.card(issue)


async def test_our_comment_edited_by_a_person_speaks_for_nobody(policy: Path) -> None:
    """What it did is on record; what it says now is nobody's word."""
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.press(click(issue, "rfh:take"))
        acted = next(c for c in w.comments(issue) if "in Slack:" in c.body)
        w.github.world.edit_comment(acted, "max", acted.body.replace(" erin ", " max "))
        await w.settle()
        assert ["erin"] == w.assignees(issue)
        await w.assert_settled(issue)


async def test_forged_stale_and_replayed_requests_are_refused(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        door = w.bot.slack_door()
        body = urlencode({"payload": json.dumps(click(issue, "rfh:take"))}).encode()
        now = int(w.now().timestamp())
        good = slack_signature(body, now)
        for stamp, signature in (
            (str(now), slack_signature(body, now, b"another secret")),
            (str(now), slack_signature(body + b"x", now)),
            (str(now), ""),
            (str(now), "v0=é"),
            (str(now + 1), good),
            ("", slack_signature(body, 0)),
            ("٣", good),
            (str(now - 301), slack_signature(body, now - 301)),
            (str(now + 301), slack_signature(body, now + 301)),
        ):
            assert (401, "bad signature") == await door.take(body, stamp, signature)
        assert (200, "taken") == await door.take(body, str(now), good)
        assert (401, "replayed") == await door.take(body, str(now), good)
        await w.settle()
        assert 1 == len([reply for reply in w.replies(issue) if "in Slack:" in reply])


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({}, id="nothing"),
        pytest.param([], id="no object"),
        pytest.param({"type": "shortcut", "user": {"id": "U0ERIN"}}, id="another type"),
        pytest.param({"type": "block_actions", "user": {"id": "U0ERIN"}, "actions": []}, id="no action"),
        pytest.param(
            {
                "type": "block_actions",
                "user": {"id": "U0ERIN"},
                "channel": {"id": "C1"},
                "actions": [{"action_id": "rfh:take", "block_id": "rfh:other/repo#1", "action_ts": "1"}],
            },
            id="a repository that is not watched",
        ),
        pytest.param(
            {
                "type": "block_actions",
                "user": {"id": "U0ERIN"},
                "channel": {"id": "C1"},
                "actions": [
                    {"action_id": "other", "block_id": "rfh:sourcegraph/customer#1", "action_ts": "1"}
                ],
            },
            id="another button",
        ),
    ],
)
async def test_what_is_not_ours_is_refused(payload: Any, policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        assert 400 == await w.press(payload)


async def test_a_database_that_fails_lets_slack_say_so(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        await w.db.close()
        assert 500 == (await w.bot.slack_door().take(*signed_click(w, issue)))[0]


def signed_click(w: World, issue: Issue) -> tuple[bytes, str, str]:
    body = urlencode({"payload": json.dumps(click(issue, "rfh:take"))}).encode()
    now = int(w.now().timestamp())
    return body, str(now), slack_signature(body, now)


async def test_a_click_on_a_closed_issue_is_not_swallowed(policy: Path) -> None:
    async with World(slack=True, policy=policy) as w:
        issue = w.file(TITLE, COMPLETE)
        await w.settle()
        w.github.world.close(issue, "sam")
        await w.settle()
        await w.press(click(issue, "rfh:take"))
        assert 1 == len([body for body in w.replies(issue) if "in Slack:" in body])
        assert ["erin"] == w.assignees(issue)
        await w.assert_settled(issue)
