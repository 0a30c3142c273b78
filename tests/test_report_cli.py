"""`rfh-bot report` as people run it, on a history played in the sandbox."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import http.server
import io
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_world import Cli, Live, command_line, live_github
from figure_facts import NOVEMBER, ask, at, measured, request
from issues import COMPLETE, complete

from bot import plots
from bot.figure_formats import as_csv, as_json, html, markdown
from bot.figure_report import lists, outline
from bot.policy.load import load_default
from bot.rules.figures.facts import Wait
from bot.rules.figures.tickets import Tickets

TITLE = "zoekt-indexserver runs out of memory on a monorepo"
POLICY = load_default()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    for name in ("ZENDESK_URL", "ZENDESK_TOKEN", "ZENDESK_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    with command_line(monkeypatch, capsys, tmp_path) as run:
        yield run


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    with live_github(monkeypatch) as live:
        yield live


def played(github: Live) -> None:
    """Three requests by people alone, two of them on ticket 5051; one answered, one closed; and a defect."""
    world, repo = github.sandbox.world, github.demo.customer
    labels = ("rfh", "cs/p2", "team/search-core", "customer/northmere")
    one = world.file_issue(repo, "sam", TITLE, COMPLETE, labels)
    answered = world.comment(one, "erin", "Set `cpus: 2` and tell us what happens.")
    later = answered.created_at + timedelta(seconds=1)  # what stands in the second of the asking is no answer
    world.state.comments[answered.id] = dataclasses.replace(answered, created_at=later)
    two = world.file_issue(repo, "sam", f"{TITLE} again", COMPLETE, labels)
    world.close(two, "sam")
    world.file_issue(repo, "sam", f"=1+1 {TITLE}", complete(Zendesk="#5052"), labels)
    world.file_issue(repo, "sam", "A defect", complete(Kind="Defect"), ("cs/p2", "team/delivery"))


def answer(cli: Cli, *args: str) -> dict[str, Any]:
    ran = cli("report", "--format", "json", *args)
    assert (0, "") == (ran.code, ran.err)
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_figures_come_from_github_alone(cli: Cli, github: Live) -> None:
    """Two tickets of twenty needed engineering; one of three was answered, one runs, one was withdrawn."""
    played(github)
    found = answer(cli, "--tickets", "20")
    share = found["needed"]["share"]
    assert (2, 20, 0.1, True) == (share["part"], share["whole"], share["value"], share["met"])
    assert (3, 1, {"defect": 1}) == (
        found["needed"]["requests"],
        found["needed"]["repeated"],
        found["needed"]["others"],
    )
    response = found["response"]
    assert (1, 1, 1) == (response["in_time"], response["running"], response["withdrawn"])
    assert "sourcegraph/customer" == found["repository"]
    assert "--tickets" in found["tickets"]


def test_a_second_report_reads_only_what_changed(cli: Cli, github: Live) -> None:
    played(github)
    first = answer(cli)
    github.sandbox.calls.clear()
    assert first["needed"] == answer(cli)["needed"]
    assert 1 == sum(call.operation == "SweepIssues" for call in github.sandbox.calls.calls)
    assert [] == [call for call in github.sandbox.calls.calls if call.operation == "LoadIssue"]


def test_tickets_from_a_file(cli: Cli, github: Live, tmp_path: Path) -> None:
    played(github)
    day = (github.sandbox.world.now() - timedelta(days=3)).date().isoformat()
    rows = "".join(f"{number},{day}\n" for number in range(5050, 5054))
    (tmp_path / "tickets.csv").write_text(f"id,created_at\n{rows}")
    share = answer(cli, "--tickets-csv", "tickets.csv")["needed"]["share"]
    assert (2, 4) == (share["part"], share["whole"])


def test_a_manager_reads_goals_first(cli: Cli, github: Live) -> None:
    """Markdown by default: what was reached, the goal, met or not; the source of tickets."""
    played(github)
    ran = cli("report", "--tickets", "40")
    assert (0, "") == (ran.code, ran.err)
    assert "| Tickets that needed engineering | 5 % (2 of 40) | at most 10 % | ✓ |" in ran.out
    assert "Tickets: 40 opened, as told with --tickets." in ran.out
    assert "Engineering's response target: 1 hour for p1, 1 working day for p2." in ran.out
    unknown = cli("report").out
    assert "How many tickets there were is not known" in unknown


def test_a_quarter_lists_its_requests_by_team(cli: Cli, github: Live) -> None:
    """As CSV a row each; what a spreadsheet would run as a formula is text."""
    played(github)
    now: datetime = github.sandbox.world.now()
    quarter = f"{now.year}Q{(now.month + 2) // 3}"
    assert "## Search Core: 3 requests" in cli("report", "--quarter", quarter).out
    rows = list(csv.DictReader(io.StringIO(cli("report", "--quarter", quarter, "--format", "csv").out)))
    assert ["northmere"] * 3 == [row["customer"] for row in rows]
    assert ["5051", "5051", "5052"] == [row["tickets"] for row in rows]
    assert f"'=1+1 {TITLE}" == rows[2]["title"]
    assert 1 == len(cli("report", "--quarter", "2019Q1", "--format", "csv").out.splitlines())


def test_one_team(cli: Cli, github: Live) -> None:
    played(github)
    assert 3 == answer(cli, "--team", "search-core")["needed"]["requests"]
    assert 0 == answer(cli, "--team", "delivery")["needed"]["requests"]
    ran = cli("report", "--team", "gardening")
    assert (2, True) == (ran.code, "search-core" in ran.err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--quarter", "2026Q7"),
        ("--quarter", "2026Q1", "--since", "2026-01-01"),
        ("--since", "2026-02-01", "--until", "2026-01-01"),
        ("--since", "yesterday"),
        ("--tickets", "1", "--tickets-csv", "tickets.csv"),
        ("--tickets", "-1"),
        ("--repo", "customer"),
        ("--repo", "sourcegraph/nothing"),
        ("--since", "2999-01-01"),
        ("--format", "pdf"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_said_in_a_word(
    cli: Cli, github: Live, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "tickets.csv").write_text("id,created_at\n")
    ran = cli("report", *arguments)
    assert (2, "") == (ran.code, ran.out)
    assert "Traceback" not in ran.err


def test_without_the_extra_it_says_what_to_install(
    cli: Cli, github: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For HTML alone; markdown needs nothing."""
    monkeypatch.setattr(plots.importlib.util, "find_spec", lambda _: None)
    ran = cli("report", "--format", "html")
    assert (2, f"rfh-bot: {plots.MISSING}\n") == (ran.code, ran.err)
    assert 0 == cli("report").code


# ── formats ─────────────────────────────────────────────────────────────────────────────────

HOSTILE = "<script>alert(1)</script> | @everyone `x` [a](b)"


def test_titles_stay_words_in_every_format() -> None:
    """No markup, no mention, no cell of its own; and not there at all where others may look."""
    report = measured(request("11-03 09:00", title=HOSTILE, customer="acme"), period=NOVEMBER)
    sections = lists(report, POLICY, private=True)
    page = html(report, sections, POLICY) if plots.available() else ""
    assert "<script" not in page
    text = markdown(report, sections)
    assert "<script" not in text
    assert "@everyone" not in text
    (row,) = [line for line in text.splitlines() if line.startswith("| [#")]
    (head,) = [line for line in text.splitlines() if line.startswith("| Issue")]
    assert head.count("|") == row.count("|")
    public = markdown(
        report, (*outline(report, POLICY, private=False), *lists(report, POLICY, private=False))
    )
    assert "alert" not in public
    assert "acme" not in public


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, nothing fetched; pictures for the goals, in the page's own colours."""
    pytest.importorskip("vl_convert", reason="no plots here (pip install 'rfh-bot[report]')")
    asked = ask("11-03 09:00", "11-03 12:00", due="11-04 09:00", seconds=60.0)
    facts = [request(f"11-{day:02} 09:00", tickets=(day,), asks=(asked,)) for day in range(2, 20)]
    report = measured(*facts, tickets=Tickets("told", number=200))
    page = html(report, outline(report, POLICY, private=True), POLICY)
    assert "<script" not in page
    assert "<svg" in page
    assert "var(--text)" in page
    bare = page.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
        'xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
    assert "src=" not in bare
    assert "url(http" not in bare


def test_json_holds_every_share_with_its_value() -> None:
    report = measured(request("11-03 09:00", tickets=(1,)), tickets=Tickets("told", number=4))
    found = json.loads(as_json(report))
    assert 0.25 == found["needed"]["share"]["value"]
    assert [str(line.key) for line in report.filed] == [line["key"] for line in found["filed"]]
    assert as_csv(report).splitlines()[1].startswith(str(report.filed[0].key))


def test_what_waits_past_its_time_is_listed_to_act_on() -> None:
    overdue = request(
        "11-03 09:00",
        asks=(ask("11-03 09:00", due="11-04 09:00"),),
        waits=(Wait("engineering", at("11-03 09:00")),),
    )
    text = markdown(measured(overdue), outline(measured(overdue), POLICY, private=True))
    assert "1 open request waits past its time." in text
    assert f"Requests without a ticket: #{overdue.key.number}." in text


@contextlib.contextmanager
def zendesk(*tickets: dict[str, Any]) -> Iterator[str]:
    """A Zendesk that exports these tickets, in a thread of its own; yields its address."""
    page = json.dumps({"tickets": tickets, "after_cursor": "x", "end_of_stream": True}).encode()

    class Export(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers["Authorization"] == "Bearer s3cret" else 401)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Export) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_tickets_from_zendesk(cli: Cli, github: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four tickets, two with a request; support's figures beside engineering's, each with its own target."""
    played(github)
    opened = (github.sandbox.world.now() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    rated = {5051: "good", 5052: "bad", 5053: "good", 5054: "offered"}
    tickets = [
        {
            "id": number,
            "created_at": opened,
            "status": "solved",
            "priority": "high",
            "satisfaction_rating": {"score": score},
            "metric_set": {"reply_time_in_minutes": {"business": 100 * (number - 5050)}},
        }
        for number, score in rated.items()
    ]
    with zendesk(*tickets) as url:
        monkeypatch.setenv("ZENDESK_URL", url)
        monkeypatch.setenv("ZENDESK_TOKEN", "wrong")
        refused = cli("report")
        assert (2, True) == (refused.code, "ZENDESK_TOKEN" in refused.err)
        monkeypatch.setenv("ZENDESK_TOKEN", "s3cret")
        ran = cli("report")
        found = answer(cli)
    assert "Tickets: Zendesk (127.0.0.1), read " in ran.out
    assert "| Tickets that needed engineering | 50 % (2 of 4) | at most 10 % | ✗ |" in ran.out
    assert "Support's own target, by Zendesk priority: 1 h for urgent, 4 h for high" in ran.out
    assert "| all | 4 | 50 % (2 of 4) | 3.3 h | 66.7 % (2 of 3) |" in ran.out
    assert "| with a request for help | 2 | 100 % (2 of 2) | 1.7 h | 50 % (1 of 2) |" in ran.out
    assert 0.5 == found["weeks"][-1]["needed"]["value"]
