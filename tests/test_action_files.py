"""action.yml and the workflows: pinned, with least rights, and nothing that anybody wrote in a command."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.action import SHARES

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
REUSABLE = ROOT / ".github" / "workflows" / "rfh-bot.yml"
WORKFLOWS = [REUSABLE, *sorted((ROOT / "examples" / "workflows").glob("rfh-bot*.yml"))]
DOCS = (ROOT / "docs" / "action.md").read_text("utf-8")
COMMIT = re.compile(r"\S+@[0-9a-f]{40}\Z")


def parsed(path: Path) -> dict[str, Any]:
    """A workflow; YAML reads its key `on` as true."""
    text: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in text.items()}


def steps_of(job: dict[str, Any]) -> list[dict[str, Any]]:
    return list(job.get("steps", ()))


def test_every_input_and_output_is_documented_and_used() -> None:
    for name in ACTION["inputs"]:
        assert f"| `{name}` |" in DOCS
        assert f"inputs.{name} " in str(ACTION["runs"])
    for name in ACTION["outputs"]:
        assert f"| `{name}` |" in DOCS


def test_every_mode_is_documented() -> None:
    for mode in (*SHARES, "policy"):
        assert f"`{mode}`" in ACTION["inputs"]["mode"]["description"]
        assert f"`{mode}`" in DOCS


def test_values_reach_commands_by_environment_alone() -> None:
    """An expression inside `run` is pasted into a script before the shell reads it."""
    runs = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    runs += [
        step["run"]
        for path in WORKFLOWS
        for job in parsed(path)["jobs"].values()
        for step in steps_of(job)
        if "run" in step
    ]
    assert 3 == len(runs)
    assert [] == [run for run in runs if "${{" in run]


def test_secrets_are_never_arguments() -> None:
    """Other processes of the machine can read a command line."""
    (last,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "run"]
    assert {"GITHUB_TOKEN", "GITHUB_PRIVATE_KEY", "RFH_BOT_MEMORY_KEY"} <= set(last["env"])
    assert last["run"].endswith("-P -m bot action")


def test_everything_of_others_is_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    for path in WORKFLOWS:
        for job in parsed(path)["jobs"].values():
            used += [job["uses"]] if "uses" in job else []
            used += [step["uses"] for step in steps_of(job) if "uses" in step]
    assert ["./"] == [name for name in used if not COMMIT.match(name)]  # the checkout of this very commit


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_the_least_rights(path: Path) -> None:
    """Nothing by default; who writes gets issues, who checks the policy reads."""
    workflow = parsed(path)
    assert {} == workflow["permissions"]
    for name, job in workflow["jobs"].items():
        expected = {"contents": "read", "issues": "read" if name == "check" else "write"}
        assert expected == job["permissions"]


def test_runs_wait_for_each_other_and_none_is_cut_off() -> None:
    """One group for the repository, where the writing job is; a caller in it would wait for itself."""
    job = parsed(REUSABLE)["jobs"]["run"]
    assert {"group": "rfh-bot", "cancel-in-progress": False} == job["concurrency"]
    callers = [parsed(path) for path in WORKFLOWS if "uses: OWNER/rfh-bot/.github" in path.read_text("utf-8")]
    assert 2 == len(callers)
    assert [] == [each for each in callers if "concurrency" in str(each)]


def test_the_schedule_keeps_away_from_the_full_hour() -> None:
    (entry,) = parsed(ROOT / "examples" / "workflows" / "rfh-bot-sweep.yml")["on"]["schedule"]
    assert entry["cron"].split()[0] not in ("0", "*", "30", "15", "45")


# ── what it installs ────────────────────────────────────────────────────────────────────────


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Package → (version and marker, hashes)."""
    text = (ROOT / name).read_text("utf-8")
    found = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?(==[^\s\\]+)", block)
        if head is not None:
            found[head[1].lower()] = (head[2], frozenset(re.findall(r"sha256:[0-9a-f]{64}", block)))
    return found


def test_what_the_action_installs_is_what_is_tested() -> None:
    """The same versions by the same hashes, without tools; no dependency is forgotten, and `/publish` finds
    its scanner."""
    ours, all_ = locked("requirements-action.lock"), locked("requirements.lock")
    assert ours.items() <= all_.items(), "run `make lock`"
    assert all(hashes for _, hashes in ours.values())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["privacy"]]
    names = re.findall(r"^[A-Za-z0-9._-]+", "\n".join(needed), re.MULTILINE)
    assert {name.lower().replace("_", "-") for name in names} <= set(ours)
    assert not {"mypy", "psycopg"} & set(ours)
