"""Alerts: recognised in every spelling, owned as the product's reference says, read from its pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.policy import policy as policy_command
from bot.policy.load import default_text, load_default, load_files
from bot.rules.alerts_page import read_alert_page
from bot.rules.routing import Router

POLICY = load_default()
ROUTER = Router(POLICY)

SPELLINGS = [
    ("repo-updater: sched_error", "repo-management"),
    ("warning_repo-updater_sched_error", "repo-management"),
    ("critical_gitserver_disk_space_remaining", "repo-management"),
    ("alert_solutions.md#frontend-blob-load-latency", "repo-management"),
    ("blob_load_latency", "repo-management"),
    ("zoekt-webserver: indexed_search_request_errors", "search-core"),
    ("warning_zoekt-indexserver_container_cpu_usage", "search-core"),
    ("prometheus: prometheus_rule_eval_failures", "delivery"),
    ("codeintel-janitor: worker_job_codeintel-janitor_count", "code-intelligence"),
    ("Container CPU usage of gitserver: container_cpu_usage", "repo-management"),
    ("frontend: page_load_latency", "cloud-saas"),
    ("the panel 90th percentile page load latency", "cloud-saas"),
    ("the panel Hard timeout search responses", "search-core"),
    ("src_repoupdater_max_sync_backoff is high", "repo-management"),
]


@pytest.mark.parametrize(("text", "team"), SPELLINGS, ids=[s[0] for s in SPELLINGS])
@pytest.mark.parametrize("place", ["title", "body"])
def test_an_alert_goes_to_its_owner(place: str, text: str, team: str) -> None:
    """All spellings, in title and body, in prose and in a link."""
    route = (
        ROUTER.route(text, "") if place == "title" else ROUTER.route("What is this?", f"We see {text} often.")
    )
    assert (team, "apply") == (route.team, route.decision)


def test_an_alert_in_a_log_block_counts() -> None:
    """Alerts are copied from monitoring: a code block is no reason to overlook them."""
    route = ROUTER.route("What does this mean?", "```\nwarning_repo-updater_sched_error\n```")
    assert ("repo-management", ("alert:repo-updater: sched_error",)) == (route.team, route.reasons)


def test_an_alert_beats_keywords() -> None:
    """The owner of the alert is first, however many other words there are."""
    title = "Helm chart on Kubernetes: repo-updater: sched_error in Grafana and Prometheus"
    assert "repo-management" == ROUTER.route(title, "docker-compose upgrade of the pods").team


def test_a_shared_name_needs_its_service() -> None:
    """`container_cpu_usage` is an alert of many services: alone it names none."""
    assert () == ROUTER.route("container_cpu_usage", "").reasons
    assert ("alert:searcher: container_cpu_usage",) == ROUTER.route(
        "searcher: container_cpu_usage", ""
    ).reasons


def test_plain_english_is_no_alert() -> None:
    """A short name counts only as a name, with its underscores."""
    assert () == ROUTER.route("The user added repos and postgres connections", "").reasons
    assert ("alert:user_added_repos",) == ROUTER.route("user_added_repos fires", "").reasons


def test_search_alerts_are_decided_by_content() -> None:
    """Search without a sub-team: by content, search-core by default."""
    alert = "frontend: hard_timeout_search_responses"
    assert "search-core" == ROUTER.route(alert, "").team
    assert "search-product" == ROUTER.route(alert, "Only with a search context and saved searches.").team


def test_several_alerts_name_several_teams() -> None:
    """The most named owner is first, the others are named."""
    route = ROUTER.route("repo-updater: sched_error", "then prometheus: prometheus_rule_eval_failures")
    assert ("repo-management", ("delivery",)) == (route.team, route.also)


ALERTS_PAGE = """# Alert solutions

## frontend: 99th_percentile_search_request_duration

<p class="subtitle">99th percentile successful search request duration over 5m</p>

**Descriptions:**

- <span class="badge badge-warning">warning</span> frontend: 20s+ 99th percentile for 15m0s

<sub>*Managed by the [Sourcegraph Search team](https://handbook.example.com/search).*</sub>

<br />

## repo-updater: sched_error

This panel indicates scheduler error count by 5m.

*Managed by the Sourcegraph Core application team.*

## gitserver: no_owner_here

Text.

## worker: of_a_new_team

*Managed by the [Sourcegraph Space team](https://example.com).*
"""

DASHBOARDS_PAGE = """# Dashboards reference

## Frontend

### Frontend: Search at a glance

#### frontend: hard_timeout_search_responses

<p class="subtitle">Hard timeout search responses every 5m</p>

<sub>*Managed by the [Sourcegraph Search team](https://handbook.example.com/search).*</sub>
"""


def test_the_alert_reference_is_read() -> None:
    """Services, owners and panel titles; what names no known owner is listed, not guessed."""
    page = read_alert_page(ALERTS_PAGE, POLICY.routing.alerts.owners)
    assert {
        "frontend": {"Search": ["99th_percentile_search_request_duration"]},
        "repo-updater": {"Core application": ["sched_error"]},
    } == page.alerts
    assert {
        "frontend": {"Search": ["99th percentile successful search request duration"]},
        "repo-updater": {"Core application": ["scheduler error count"]},
    } == page.panels
    assert (
        "gitserver: no_owner_here: names no owner",
        "worker: of_a_new_team: owner 'Space' is not one of the policy's",
    ) == page.unreadable


def test_the_dashboards_reference_is_read() -> None:
    """Its sections are deeper and carry the panels' titles."""
    page = read_alert_page(DASHBOARDS_PAGE, POLICY.routing.alerts.owners)
    assert {"frontend": {"Search": ["Hard timeout search responses"]}} == page.panels
    assert () == page.unreadable


def test_import_alerts_prints_an_override_that_routes(tmp_path: Path) -> None:
    """What the command prints is a policy override; with it a panel's title finds its owner."""
    source = tmp_path / "dashboards.md"
    source.write_text(DASHBOARDS_PAGE, "utf-8")
    result = CliRunner().invoke(policy_command, ["import-alerts", str(source)])
    assert 0 == result.exit_code, result.output
    router = Router(load_files(default_text(), result.stdout))
    assert "search-core" == router.route("Panel: Hard timeout search responses", "").team


def test_import_alerts_names_what_it_cannot_read(tmp_path: Path) -> None:
    """Unreadable sections are on standard error, with exit code 1."""
    source = tmp_path / "alerts.md"
    source.write_text(ALERTS_PAGE, "utf-8")
    result = CliRunner().invoke(policy_command, ["import-alerts", str(source)])
    assert 1 == result.exit_code
    assert "gitserver: no_owner_here: names no owner" in result.stderr
    assert "sched_error" in result.stdout


def test_import_alerts_refuses_another_page(tmp_path: Path) -> None:
    """A page without a single alert is a mistake, not an empty table."""
    source = tmp_path / "readme.md"
    source.write_text("# Hello\n", "utf-8")
    result = CliRunner().invoke(policy_command, ["import-alerts", str(source)])
    assert result.exception is not None
    assert "reference page" in str(result.exception)
