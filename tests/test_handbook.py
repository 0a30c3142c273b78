"""The handbook page as a source: what is read from its many forms, what is unreadable, what differs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.policy import policy as command
from bot.handbook.compare import Verdict, compare
from bot.handbook.page import Area, Page
from bot.handbook.read import keywords_in, read_page
from bot.policy.load import default_text, load_default, load_files
from bot.policy.schema import Policy

PAGES = Path(__file__).parent / "data" / "handbook"
FACTS = "engaging-other-teams.txt"


def page(name: str) -> Page:
    return read_page((PAGES / name).read_bytes().decode())


def areas(found: Page) -> dict[str, Area]:
    return {area.name: area for area in found.areas}


def verdict(name: str, policy: Policy | None = None) -> Verdict:
    return compare(page(name), policy or load_default())


def drift(name: str, policy: Policy | None = None) -> set[str]:
    return {difference.name for difference in verdict(name, policy).drift}


def override(text: str) -> Policy:
    return load_files(default_text(), text)


# ── the page as it stands ───────────────────────────────────────────────────────────────────


def test_every_area_has_its_name_and_its_owner() -> None:
    """From the heading above its keywords, or, where that is missing, from its "Any questions about …"."""
    found = {area.name: area.main.owners for area in page(FACTS).areas if area.main}
    assert {
        "deployment": ("Delivery",),  # no heading
        "Monitoring, management, and performance optimization": ("Delivery",),
        "Code host connections": ("Repository Management",),
        "Repository permissions": ("Repository Management",),
        "User authentication (SSO)": ("Repository Management",),
        "Code intelligence": ("Code Intelligence",),
        "search": ("Search",),  # no heading
        "Browser extension and code host native integrations": ("Extensibility",),
        "Sourcegraph extensions": ("Extensibility",),
        "Batch Changes": ("Batch Changes",),
        "Sourcegraph cloud": ("Cloud SaaS",),  # no heading
        "Code Insights": ("Code Insights",),
        "Subscriptions and licenses": ("CE", "Sales"),
        "Usage statistics": ("BizOps",),
    } == found


def test_every_keyword_is_read() -> None:
    """All of an area's, slashes as two words, the examples of "any … names" among them."""
    found = areas(page(FACTS))
    deployment = "deploy, Docker, container, image, Kubernetes, k8s, cluster, AWS, Google Cloud, GCP"
    assert deployment.split(", ") == found["deployment"].keywords
    code = (
        "code intelligence, precise, navigation, LSIF, language server, LSP, go to definition, hover,"
        " find references, ctags, src lsif, any programming language names, Go, Java, Python, COBOL"
    )
    assert code.split(", ") == found["Code intelligence"].keywords
    assert ["cloud", "Open Source Search", "sourcegraph.com"] == found["Sourcegraph cloud"].keywords
    assert 114 == sum(len(area.keywords) for area in found.values())


def test_every_channel_and_handle_is_read() -> None:
    contacts = {c.team: (c.channel, c.handles, c.preferred) for c in page(FACTS).contacts}
    assert {
        "Delivery": ("", ("@delivery-support",), ""),
        "Batcher Changes": ("", ("@batchers-support",), ""),
        "Repository Management": ("#repo-management", ("@core-app-support",), "@repo-management-support"),
        "Cloud/SaaS": ("#cloud-saas", ("@cloud-saas",), ""),
        "Search": ("", ("@search-core-support", "@search-product-support"), ""),
    } == contacts
    channels = {area.name: area.main.channel for area in page(FACTS).areas if area.main and area.main.channel}
    assert {
        "search": "#search",
        "Sourcegraph cloud": "#cloud-saas",
        "Subscriptions and licenses": "#ce",
    } == channels


def test_every_label_priority_and_tracker_is_read() -> None:
    found = page(FACTS)
    assert [
        ("search-core", "team/search-core"),
        ("search-product", "team/search-product"),
        ("customer", "customer/$name"),
        ("issue", "rfh"),
    ] == [(label.name, label.value) for label in found.labels]
    assert ["cs/p1", "cs/p2"] == [priority.name for priority in found.priorities]
    trackers = {tracker.name: tracker.value for tracker in found.trackers}
    assert {"private": "sourcegraph/customer", "public": "sourcegraph/sourcegraph"} == trackers
    assert found.support_channel is not None
    assert "#customer-support-internal" == found.support_channel.value


def test_the_empty_list_of_exceptions_is_all_that_cannot_be_read() -> None:
    found = [(one.text, one.why) for one in page(FACTS).unread]
    announced = "EXCEPTIONs FOR Q3FY22 (to be reassessed for by ):"
    assert [(announced, "announces exceptions; none follows")] == found


def test_every_difference_has_its_reason_in_the_policy() -> None:
    """And every reason its difference."""
    found = verdict(FACTS)
    assert ((), ()) == (found.drift, found.needless)
    assert all(reason for _, reason in found.meant)


# ── other forms ─────────────────────────────────────────────────────────────────────────────


def test_a_wrapped_plain_page_without_empty_lines() -> None:
    """CRLF, hard wraps, no-break spaces, dashes and full-width colons, keywords as a list."""
    found = areas(page("wrapped.txt"))
    assert ["Deployment", "Batch Changes", "Code Insights", "Usage statistics"] == list(found)
    assert ["usage", "users", "DAU", "WAU", "MAU"] == found["Usage statistics"].keywords
    shipped = load_default().routing.areas
    for name, id_ in (("Deployment", "deployment"), ("Code Insights", "code-insights")):
        assert list(shipped[id_].keywords) == found[name].keywords
    owners = [area.main.owners for area in found.values() if area.main]
    assert [("Delivery",), ("Batch Changes",), ("Code Insights",), ("BizOps",)] == owners


def test_keywords_of_nobody_are_listed_and_not_guessed() -> None:
    unread = {(one.line, one.text, one.why) for one in page("wrapped.txt").unread}
    assert {
        (26, "lost, found", "no owner is named in a form that is known"),
        (26, "lost, found", "keywords without a heading and without a subject"),
        (33, "", "an empty bullet"),
    } == unread


def test_an_early_page_with_other_teams() -> None:
    """Markdown with links; teams that are known by an earlier name, changed, or unknown; an area renamed."""
    found = drift("glossary.md")
    assert {
        "team renamed: delivery: Distribution",
        "owner changed: code-hosts: Cloud",
        "owner unknown: code-hosts: Web",
        "area renamed: batch-changes: Campaigns",
        "team renamed: batch-changes: Campaigns",
        "keyword removed: code-hosts: src serve-git",
        "area missing: search",
        "label missing: customer/",
        "handle missing: delivery",
        "priority missing: p1",
        "private tracker missing: sourcegraph/customer",
        "unreadable: If asking the Distribution team in their channel, ping the on-call dev.",
    } <= found


def test_a_page_with_other_labels_and_channels() -> None:
    """Front matter and comments are no text; a page of its time differs from today's policy."""
    found = drift("core-application.md")
    assert not any("Retired" in name for name in found)
    assert {
        "team renamed: repo-management: Core application",
        "channel changed: repo-management: #core-application-support",
        "first handle changed: repo-management: no handle that comes first",
        "handle changed: delivery: @distribution-support",
        "priority added: ce/p0",
        "priority missing: p1",
        "support channel changed: #customer-support-chat",
        "unreadable: When posting in the Search channel, say please",
    } <= found
    assert "priority missing: p2" not in found
    assert "keyword added: code-intelligence: any programming language names" not in found


def test_exceptions_are_read_one_by_one() -> None:
    """Each with its owner; what has another form is listed with its line."""
    host = areas(page("exceptions.md"))["Code host connections"]
    assert [
        ("Perforce", ("Repo Management",)),
        ("permission syncing", ("IAM",)),
        ("license enforcement/management", ("CE", "Batch Changes")),
        ("SVN", ("Batch Changes",)),
    ] == [(rule.subject, rule.owners) for rule in host.exceptions]
    found = drift("exceptions.md")
    assert {"exception changed: permission-syncing: IAM", "exception added: SVN: Batch Changes"} <= found
    assert not any(name.startswith("exception changed: licence") for name in found)
    unread = {one.line: one.text for one in page("exceptions.md").unread}
    assert "CVS: ask around" == unread[15]
    assert 16 in unread


def test_a_channel_with_a_blank_in_it_is_not_guessed() -> None:
    unread = {one.text for one in page("exceptions.md").unread}
    sentence = (
        "If it is down, it should be routed to the Content team via the #content platform slack channel."
    )
    assert sentence in unread


def test_a_saved_web_page() -> None:
    """Navigation, styles and scripts are no text."""
    found = page("saved.html")
    shipped = load_default().routing.areas["deployment"]
    assert ["Deployment"] == list(areas(found))
    assert list(shipped.keywords) == found.areas[0].keywords
    assert [("Delivery", ("@delivery-support",))] == [(c.team, c.handles) for c in found.contacts]
    assert [(13, "an empty bullet")] == [(one.line, one.why) for one in found.unread]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("`a`, b; c", ["`a`", "b", "c"], id="separators"),
        pytest.param("x/y, sourcegraph.com/z", ["x", "y", "sourcegraph.com/z"], id="slashes-but-not-paths"),
        pytest.param("a, b, and c.", ["a", "b", "c"], id="a-sentence"),
        pytest.param("a, a, , etc.", ["a"], id="repeated-and-empty"),
        pytest.param(
            "src lsif any language names (e.g. Go, etc.)",
            ["src lsif", "any language names", "Go"],
            id="examples",
        ),
        pytest.param("", [], id="none"),
    ],
)
def test_keywords(text: str, expected: list[str]) -> None:
    assert expected == keywords_in(text)


LINES = st.sampled_from(
    [
        *(PAGES / "exceptions.md").read_text("utf-8").splitlines(),
        *(PAGES / FACTS).read_text("utf-8").splitlines(),
        *("", "-", "# ", "Keywords:", "Keywords: a, b", "EXCEPTIONs:", "---", "<html>", "<li>", "<!--"),
    ]
)


@given(st.lists(LINES, max_size=30))
def test_any_arrangement_of_lines_is_read(lines: list[str]) -> None:
    """No page fails; every line number is one of the page's; comparing works."""
    found = read_page("\n".join(lines))
    numbers = [*(one.line for one in found.unread), *(area.line for area in found.areas)]
    assert all(1 <= number <= max(1, len(lines)) for number in numbers)
    compare(found, load_default())


MARKUP = st.sampled_from(
    [
        "<html>",
        "<![if x]>",
        "<![",
        "<!--",
        "-->",
        "<li>",
        "</li>",
        "<p>",
        "</p>",
        "<head>",
        "<body>",
        "<h3>",
        "</h3>",
        "<script>",
        "</script>",
        "Keywords: a, b",
        "Any questions about it should be routed to the X team.",
        "&nbsp;",
        "\n",
        "<a href='",
        "'>",
        "<!DOCTYPE",
        "&#99999999999;",
        "]]>",
    ]
)


@given(st.lists(MARKUP, max_size=20).map("".join) | st.text(max_size=100))
def test_any_text_is_read(text: str) -> None:
    read_page(f"<html>{text}")
    read_page(text)


# ── comparing ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            "routing: {areas: {usage: {keywords: [usage, users, DAU, WAU]}}}",
            "keyword added: usage: MAU",
            id="keyword-added",
        ),
        pytest.param(
            "routing: {areas: {usage: {keywords: [usage, users, DAU, WAU, MAU, seats]}}}",
            "keyword removed: usage: seats",
            id="keyword-removed",
        ),
        pytest.param(
            "teams: {delivery: {name: Shipping, aliases: [delivery team, Delivery]}}",
            None,
            id="an-id-is-a-name",
        ),
        pytest.param(
            "routing: {areas: {usage: {team: ce}}}",
            "owner changed: usage: BizOps",
            id="owner",
        ),
        pytest.param(
            "teams: {delivery: {slack: {handle: '@ship'}}}",
            "handle changed: delivery: @delivery-support",
            id="handle",
        ),
        pytest.param(
            "teams: {cloud-saas: {slack: {assumed: true}}}",
            "channel no longer assumed: cloud-saas: #cloud-saas",
            id="channel",
        ),
        pytest.param("{labels: {rfh: help}, kinds: {help: {label: help}}}", "label added: rfh", id="label"),
        pytest.param(
            "teams: {search-core: {label: team/core}}",
            "label changed: search-core: team/search-core",
            id="team-label",
        ),
        pytest.param(
            "priorities: {p1: {definition: Everything}}",
            "priority defined otherwise: p1: All customer reported issues per our contractual p1 service"
            " level agreement definition here.",
            id="definition",
        ),
        pytest.param(
            "priorities: {p1: {label: se/p1, aliases: [cs/p1]}}", "priority renamed: p1: cs/p1", id="priority"
        ),
        pytest.param(
            "tracker: {public: a/b}", "public tracker changed: sourcegraph/sourcegraph", id="tracker"
        ),
        pytest.param(
            "handbook: {differences: {'exception missing: cvs': null}}",
            "exception missing: cvs",
            id="no-reason",
        ),
    ],
)
def test_what_the_policy_says_otherwise(change: str, expected: str | None) -> None:
    """One change of the policy is one drift."""
    found = drift(FACTS, override(change))
    assert ({expected} if expected else set()) == found


def test_a_reason_without_its_difference_is_named() -> None:
    policy = override("handbook: {differences: {'keyword added: usage: seats': old}}")
    assert ("keyword added: usage: seats",) == verdict(FACTS, policy).needless


# ── the command ─────────────────────────────────────────────────────────────────────────────


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["import-handbook", *arguments])


def test_no_drift_is_exit_code_0_and_known_differences_are_shown_apart() -> None:
    result = run(str(PAGES / FACTS))
    assert 0 == result.exit_code
    assert "No drift." in result.stdout
    assert "Known differences" in result.stdout


def test_drift_is_exit_code_1_for_programs_too() -> None:
    result = run(str(PAGES / "glossary.md"), "--json")
    answer: dict[str, Any] = json.loads(result.stdout)
    assert 1 == result.exit_code
    assert ["drift", "meant", "needless_reasons", "page"] == sorted(answer)
    line = {one["name"]: one["line"] for one in answer["drift"]}
    assert 19 == line["team renamed: delivery: Distribution"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"# Another page\n\nWith words.\n", "no area with keywords found", id="another-page"),
        pytest.param(b"Keywords: \xff\n", "not UTF-8 text (byte 10)", id="bytes"),
        pytest.param(b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB", id="large"),
        pytest.param(None, "No such file", id="missing"),
    ],
)
def test_a_page_that_cannot_be_read_is_exit_code_2(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "page.md"
    if content is not None:
        file.write_bytes(content)
    result = run(str(file))
    assert result.exception is not None
    assert says in str(result.exception)
    assert "UserError" == type(result.exception).__name__  # the entry point ends with 2
