"""What is concluded for one issue, and why: the pure decision, one line per case."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from issues import COMPLETE, complete
from pure import BOT, ERIN, NOW, SAM, book, conclude, label, said, settled, snapshot

from bot import words
from bot.decide import Desired
from bot.memory import Memory
from bot.model import Gap, LabelEvent, Snapshot
from bot.rules import inbox
from bot.rules.publish import TROUBLES
from bot.words_publish import REFUSALS

FILED = snapshot(COMPLETE)
ODD = complete(What="Please help.", Steps="look")


def desired(snap: Snapshot) -> Desired:
    return conclude(snap)[1]


def headline(snap: Snapshot) -> str:
    return desired(snap).card.splitlines()[0].removeprefix("### ")


def wanted(snap: Snapshot) -> set[str]:
    change = desired(snap).labels
    assert change is not None
    return {one.name for one in change.add}


@pytest.mark.parametrize(
    ("body", "labels", "said_"),
    [
        pytest.param(COMPLETE, (), "✅ Handed to Search Core", id="complete"),
        pytest.param(complete(Zendesk=""), (), "✏️ 1 thing missing · not handed over yet", id="one gap"),
        pytest.param(
            complete(Zendesk="", Priority=""), (), "✏️ 2 things missing · not handed over yet", id="two"
        ),
        pytest.param(complete(Kind="Defect"), (), "✅ Defect · complete", id="defect"),
        pytest.param(complete(Kind="Defect", Zendesk=""), (), "✏️ Defect · 1 thing missing", id="a gap"),
        pytest.param(complete(Kind="Feature request"), (), "✅ Feature request · complete", id="feature"),
        pytest.param(COMPLETE, ("team/delivery",), "✅ Handed to Delivery", id="a person's team"),
        pytest.param(ODD, (), "❓ Complete, but no team yet", id="nobody fits"),
    ],
)
def test_the_first_line_says_where_the_issue_stands(body: str, labels: tuple[str, ...], said_: str) -> None:
    title = "Something is odd" if body == ODD else "zoekt-indexserver runs out of memory"
    assert said_ == headline(snapshot(body, title=title, labels=labels))


@pytest.mark.parametrize(
    ("snap", "why"),
    [
        pytest.param(snapshot("Who is in?", title="Lunch?"), "not from the template", id="not ours"),
        pytest.param(
            replace(snapshot(COMPLETE), issue=replace(snapshot(COMPLETE).issue, locked=True)),
            "locked",
            id="locked",
        ),
        pytest.param(
            replace(snapshot(COMPLETE), repository=replace(snapshot(COMPLETE).repository, archived=True)),
            "archived",
            id="archived",
        ),
    ],
)
def test_silence_has_a_reason(snap: Snapshot, why: str) -> None:
    _, concluded, plan = conclude(snap)
    assert why == concluded.silence
    assert () == plan.actions


def test_an_issue_becomes_ours_by_template_label_or_command() -> None:
    assert not desired(snapshot(COMPLETE)).silence
    assert not desired(snapshot("Who is in?", title="Lunch?", labels=("rfh",))).silence
    assert not desired(snapshot("Who is in?", title="Lunch?", comments=(said("/help"),))).silence
    assert desired(snapshot("Who is in?", title="Lunch?", comments=(said("help"),))).silence


def test_labels_of_one_complete_issue() -> None:
    assert {"rfh", "team/search-core", "customer/northmere", "cs/p2"} == wanted(snapshot(COMPLETE))
    assert {"team/search-core", "customer/northmere", "cs/p2"} == wanted(snapshot(complete(Kind="Defect")))


# ── hand-over ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "command", "how"),
    [
        pytest.param(COMPLETE, "", "complete", id="complete and routed"),
        pytest.param(complete(Zendesk=""), "", None, id="a gap"),
        pytest.param(complete(Zendesk=""), "/handoff", "command", id="by command"),
        pytest.param(complete(Zendesk="", Priority="p1"), "", "urgent", id="urgent"),
        pytest.param(complete(Kind="Defect"), "", None, id="a defect is not handed over"),
    ],
)
def test_what_hands_over(body: str, command: str, how: str | None) -> None:
    handed = desired(snapshot(body, comments=(said(command),) if command else ())).memory.handed
    assert how == (handed.how if handed else None)


def test_a_hand_over_is_remembered_with_its_time_and_made_again_for_another_team() -> None:
    snap = settled(snapshot(COMPLETE))
    again = conclude(snap, now=NOW + timedelta(hours=5))[1].memory.handed
    assert again is not None
    assert (NOW, "search-core") == (again.at, again.team)
    later = NOW + timedelta(hours=5)
    moved = replace(snap, comments=(*snap.comments, said("/route delivery", 9000, minutes_ago=-299)))
    handed = conclude(moved, now=later)[1].memory.handed
    assert handed is not None
    assert (later, "delivery") == (handed.at, handed.team)


def test_an_owner_outside_engineering_gets_guidance_and_no_label() -> None:
    snap = snapshot(
        complete(What="The customer wants to renew their license.", Steps="none"), title="Licence renewal"
    )
    concluded = desired(snap)
    assert "ce" == concluded.facts["team"]
    assert "not for engineering" in concluded.card.splitlines()[0]
    assert "**Post in #ce**" in concluded.card
    assert not {name for name in wanted(snap) if name.startswith("team/")}
    assert concluded.memory.handed is None


# ── priorities ──────────────────────────────────────────────────────────────────────────────


def test_a_persons_label_after_a_command_is_the_newer_word() -> None:
    snap = settled(snapshot(COMPLETE, comments=(said("/priority p1", minutes_ago=50),)))
    assert "cs/p1" in {x.name for x in snap.issue.labels}
    p2 = label("cs/p2")
    issue = replace(snap.issue, labels=(*(x for x in snap.issue.labels if x.name != "cs/p1"), p2))
    events = (
        *snap.label_events,
        LabelEvent(label("cs/p1"), False, ERIN, NOW + timedelta(minutes=1)),
        LabelEvent(p2, True, ERIN, NOW + timedelta(minutes=1)),
    )
    snap = settled(replace(snap, issue=issue, label_events=events), now=NOW + timedelta(minutes=2))
    assert {"cs/p2"} == {x.name for x in snap.issue.labels if x.name.startswith("cs/")}
    later = said("/priority p1", 9000, minutes_ago=-3)
    snap = settled(replace(snap, comments=(*snap.comments, later)), now=NOW + timedelta(minutes=4))
    assert {"cs/p1", "cs/p2"} == {x.name for x in snap.issue.labels if x.name.startswith("cs/")}


def test_p1_for_a_feature_request_is_lowered_and_the_card_says_why() -> None:
    snap = snapshot(complete(Kind="Feature request", Priority="p1"))
    assert "cs/p2" in wanted(snap)
    assert "a feature request is never more urgent" in desired(snap).card


# ── undo ────────────────────────────────────────────────────────────────────────────────────


def test_undo_brings_back_what_stood_before_command_by_command() -> None:
    commands = "/route delivery\n/route code-insights\n/priority p1"
    snap = settled(snapshot(COMPLETE, comments=(said(commands),)))
    for number, team in enumerate(["team/code-insights", "team/delivery", "team/search-core"]):
        undo = said("/undo", 9000 + number, by=SAM, minutes_ago=-number)
        snap = settled(replace(snap, comments=(*snap.comments, undo)))
        assert {team} == {x.name for x in snap.issue.labels if x.name.startswith("team/")}
        assert "cs/p2" in {x.name for x in snap.issue.labels}


def test_an_undo_where_authors_may_undo_still_takes_the_commands_role() -> None:
    """A policy may let authors use `/undo`; what it takes back is known only when it runs."""
    commands = book().policy.commands.model_copy(update={"author": ("check", "why", "undo")})
    policy = book().policy.model_copy(update={"commands": commands})
    comment = said("/undo", by=SAM)
    snap = snapshot(COMPLETE, comments=(comment,))
    waiting = inbox.pending(snap, Memory(), policy, NOW)
    assert {"sam"} == inbox.needs_roles(waiting, snap, policy)


# ── words ───────────────────────────────────────────────────────────────────────────────────


def test_every_reason_for_a_gap_has_its_words() -> None:
    """The codes that the rules use stand in words.py; this finds one that would be a KeyError on a card."""

    rules = Path(words.__file__).parent / "rules"
    source = "\n".join(path.read_text() for path in rules.glob("intake*.py"))
    codes = set(re.findall(r'\bno\(\s*"([a-z-]+)"', source)) | {"not-quoted", "placeholder", "missing"}
    codes |= {f"unknown-{kind}" for kind in ("kind", "priority", "team", "customer")}
    for code in codes:
        assert isinstance(words.gap(Gap("version", code, True), book().policy), str)


def test_every_refusal_has_its_words() -> None:

    root = Path(words.__file__).parent
    source = "\n".join(
        (root / name).read_text() for name in ("commands.py", "rules/inbox.py", "rules/publish.py")
    )
    codes = set(re.findall(r'Refusal\(\s*"([a-z-]+)"', source))
    assert codes
    codes |= {f"publish-{trouble}" for trouble in TROUBLES}
    assert set() == codes - set(words._REFUSALS) - set(REFUSALS)


def test_our_own_comments_are_no_commands() -> None:
    """The card shows commands; nothing of it runs, also by another's quote of the bot."""
    snap = settled(snapshot(complete(Priority="")))
    own = [c for c in snap.comments if BOT.same_as(c.author)]
    assert own
    assert () == conclude(snap)[2].actions
