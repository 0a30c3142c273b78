"""The weekly workflow, step by step, with a `gh` that only writes down what it is asked."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = Path(__file__).parent.parent / "examples" / "workflows" / "handbook-drift.yml"
WORKFLOW: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
STEPS: dict[str, Any] = {step.get("name", ""): step for step in WORKFLOW["jobs"]["drift"]["steps"]}
KEEP = STEPS["Keep one issue"]
FAKE_GH = """
import json, os, pathlib, sys
with open(os.environ["CALLS"], "a") as calls:
    body = [pathlib.Path(sys.argv[i + 1]).read_text() for i, a in enumerate(sys.argv) if a == "--body-file"]
    print(json.dumps([sys.argv[1:], body]), file=calls)
if sys.argv[1] == "api":
    print(os.environ["FOUND"], end="")
    sys.exit(int(os.environ["GH_CODE"]))
"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")


def keep(tmp_path: Path, *, code: str, found: str = "", text: str = "drift\n", gh_code: str = "0") -> Any:
    """Run the step; its exit code and the calls of `gh` after the listing."""
    gh, calls = tmp_path / "gh", tmp_path / "calls"
    gh.write_text(f"#!{sys.executable}\n{FAKE_GH}")
    gh.chmod(gh.stat().st_mode | stat.S_IEXEC)
    (tmp_path / "found.txt").write_text(text)
    environment = {
        **dict.fromkeys(KEEP["env"], "x"),
        "TITLE": KEEP["env"]["TITLE"],
        "GH_REPO": "acme/policy",
        "CODE": code,
        "FOUND": found,
        "GH_CODE": gh_code,
        "CALLS": str(calls),
        "RUNNER_TEMP": str(tmp_path),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    # As GitHub runs `shell: bash`.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", KEEP["run"]]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    listing, *rest = [json.loads(line) for line in calls.read_text().splitlines()]
    assert ["api", "repos/acme/policy/issues"] == [listing[0][0], listing[0][4]]
    return done.returncode, rest


def test_drift_opens_an_issue(tmp_path: Path) -> None:
    code, ((arguments, (body,)),) = keep(tmp_path, code="1")
    assert (0, ["issue", "create", "--title", KEEP["env"]["TITLE"]]) == (code, arguments[:4])
    assert "\ndrift\n" in body


def test_drift_updates_the_oldest_open_issue(tmp_path: Path) -> None:
    code, ((arguments, _),) = keep(tmp_path, code="2", found="7\n12\n")
    assert (0, ["issue", "edit", "7"]) == (code, arguments[:3])


def test_the_issue_is_closed_when_nothing_differs_any_more(tmp_path: Path) -> None:
    code, ((arguments, _),) = keep(tmp_path, code="0", found="7\n")
    assert (0, ["issue", "close", "7"]) == (code, arguments[:3])


def test_no_drift_and_no_issue_is_nothing_to_do(tmp_path: Path) -> None:
    assert (0, []) == keep(tmp_path, code="0")


def test_a_failing_list_of_issues_opens_no_second_one(tmp_path: Path) -> None:
    assert (1, []) == keep(tmp_path, code="1", gh_code="1")


def test_the_pages_words_cannot_leave_their_code_block(tmp_path: Path) -> None:
    """A run of backticks in the page is shortened; the fence is longer than any that is left."""
    fence = "`" * 40
    _, ((_, (body,)),) = keep(tmp_path, code="1", text=f"before\n{fence}\n@everyone $(touch x)\n")
    assert 2 == body.count(fence)
    assert body.rstrip().endswith(fence)
    assert "@everyone $(touch x)" in body


def test_rights_are_the_least() -> None:
    """Nothing for the workflow, two for its job; no expression stands inside a script."""
    assert {} == WORKFLOW["permissions"]
    assert {"contents": "read", "issues": "write"} == WORKFLOW["jobs"]["drift"]["permissions"]
    assert not [name for name, step in STEPS.items() if "${{" in step.get("run", "")]
