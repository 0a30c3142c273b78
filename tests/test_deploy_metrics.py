"""Alert rules and the dashboard name figures that exist, and the rules fire when they say."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from figures import series
from test_docs import anchors

ROOT = Path(__file__).parents[1]
RULES = ROOT / "deploy/prometheus/rules.yml"
UNIT_TESTS = ROOT / "deploy/prometheus/rules_test.yml"
DASHBOARD = ROOT / "deploy/grafana/rfh-bot.json"

_RULES = [rule for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"] for rule in group["rules"]]
_PANELS = [panel for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"] if panel["type"] != "row"]
_EXPRESSIONS = [rule["expr"] for rule in _RULES] + [
    target["expr"] for panel in _PANELS for target in panel["targets"]
]


SERIES = series()


@pytest.mark.parametrize("expression", _EXPRESSIONS)
def test_every_figure_and_label_named_exists(expression: str) -> None:
    names = re.findall(r"\b((?:rfh_bot|process)_\w+|up)\b", expression)
    assert names
    assert [] == [name for name in names if name not in SERIES]
    for name, matchers in re.findall(r"\b((?:rfh_bot|process)_\w+|up)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers)) <= SERIES[name]
    grouped = {
        label for labels in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", labels)
    }
    assert grouped <= set().union(*(SERIES[name] for name in names))


def test_every_figure_of_ours_is_on_the_dashboard_or_in_an_alert() -> None:
    """What nobody looks at need not be counted."""
    text = "\n".join(_EXPRESSIONS)
    kept_for_people = {"rfh_bot_info", "rfh_bot_run_seconds_sum", "rfh_bot_database_up"}
    ours = {name for name in SERIES if name.startswith("rfh_bot_") and not name.endswith("_created")}
    assert set() == {name for name in ours - kept_for_people if name not in text}


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, object]) -> None:
    """Severity page or ticket; its runbook is a section of the operator's page."""
    labels, notes = rule["labels"], rule["annotations"]
    assert isinstance(labels, dict)
    assert isinstance(notes, dict)
    assert labels["severity"] in ("page", "ticket")
    page, _, section = str(notes["runbook"]).partition("#")
    assert section in anchors((ROOT / page).read_text("utf-8"))
    assert {"summary", "description", "runbook"} == set(notes)


def test_every_alert_has_a_unit_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    cases = [
        case
        for test in yaml.safe_load(UNIT_TESTS.read_text("utf-8"))["tests"]
        for case in test["alert_rule_test"]
    ]
    alerts = {rule["alert"] for rule in _RULES}
    assert alerts == {case["alertname"] for case in cases if case.get("exp_alerts")}
    assert alerts == {case["alertname"] for case in cases if not case.get("exp_alerts")}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool here (Debian: prometheus)")
@pytest.mark.parametrize(
    "arguments", [("check", "rules", RULES.name), ("test", "rules", UNIT_TESTS.name)], ids=lambda a: a[0]
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    ran = subprocess.run(
        ["promtool", *arguments], cwd=RULES.parent, capture_output=True, text=True, check=False
    )
    assert 0 == ran.returncode, ran.stdout + ran.stderr


def test_panels_do_not_overlap_and_each_has_a_title() -> None:
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    cells = [
        (x, y)
        for p in panels
        for x in range(p["gridPos"]["x"], p["gridPos"]["x"] + p["gridPos"]["w"])
        for y in range(p["gridPos"]["y"], p["gridPos"]["y"] + p["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert all(0 <= x < 24 for x, _ in cells)
    assert len(panels) == len({p["id"] for p in panels}) == len({p["title"] for p in panels})
