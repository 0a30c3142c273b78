"""`rfh-bot init`: a policy that loads, templates that follow it, and workflows; nothing is lost."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
import yaml
from cli_world import Cli, command_line

from bot.cli.init import DRIFT, WORKFLOWS
from bot.issue_templates import FORM, MARKDOWN
from bot.policy.load import load_default, load_path
from bot.policy.schema import Policy
from bot.rules.intake import IntakeRule

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "workflows"
POLICY, TEMPLATES, FLOWS = ".github/rfh-bot.yml", ".github/ISSUE_TEMPLATE", ".github/workflows"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = """
kinds: {feature: {name: Wish}, chore: {name: Chore}}
priorities: {p3: {label: cs/p3, definition: whenever}}
teams: {code-insights: {label: team/insights}}
intake:
  recognition: {marker: acme-template}
  fields:
    beta: null
    version: {label: Release}
    zendesk: {hint: The number.}
    mood: {label: Mood, need: optional, hint: How is it?, paste: fine}
    wish: {label: What would you like?, need: optional, paste: a pony}
"""


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Cli]:
    (tmp_path / "checkout").mkdir()
    with command_line(monkeypatch, capsys, tmp_path / "checkout") as run:
        yield run


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "checkout"


def shipped(name: str) -> str:
    return resources.files("bot").joinpath("templates", name).read_text("utf-8")


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git/" not in str(path)
    }


# ── what is written ─────────────────────────────────────────────────────────────────────────


def test_a_checkout_for_the_app(cli: Cli, here: Path) -> None:
    ran = cli("init", "--tracker", "acme/customer")
    assert 0 == ran.code
    written = files(here)
    assert {POLICY, f"{TEMPLATES}/{FORM}", f"{TEMPLATES}/{MARKDOWN}", f"{FLOWS}/rfh-bot-policy.yml"} == set(
        written
    )
    assert all(f"wrote {name}" in ran.out for name in written)
    assert "rfh-bot labels sync acme/customer --dry-run" in ran.out
    policy = load_path(here / POLICY)
    assert ("acme/customer", "app") == (policy.tracker.private, policy.writer)
    assert 0 == cli("policy", "check", POLICY).code


def test_the_policy_s_examples_hold_when_their_marks_are_taken_off(cli: Cli, here: Path) -> None:
    cli("init", "--tracker", "acme/customer")
    lines = (here / POLICY).read_text("utf-8").splitlines()
    marks = ("#   ", "# support:", "# teams:", "# customers:")
    opened = [line.removeprefix("# ") if line.startswith(marks) else line for line in lines]
    (here / POLICY).write_text("\n".join(opened), "utf-8")
    policy = load_path(here / POLICY)
    assert (("LOGIN",), ("LOGIN",)) == (policy.support.members, policy.teams["search-core"].members)
    assert policy.customers["northmere"].support_24x7


def test_a_checkout_for_the_action(cli: Cli, here: Path) -> None:
    """With what the examples leave open filled in."""
    ran = cli("init", "--tracker", "a/b", "--writer", "action", "--uses", f"me/rfh-bot@{COMMIT}",
              "--handbook", "https://hand.book/page")  # fmt: skip
    assert 0 == ran.code
    assert "action" == load_path(here / POLICY).writer
    written = {path.name: path.read_text("utf-8") for path in (here / FLOWS).iterdir()}
    assert {*WORKFLOWS["action"], DRIFT} == set(written)
    for name, text in written.items():
        left = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        assert not any(
            hole in line for line in left for hole in ("OWNER", "0" * 40, "@COMMIT", "example.com")
        ), name
        assert COMMIT in text
        assert "jobs" in yaml.safe_load(text)
    assert "PAGE: https://hand.book/page" in written[DRIFT]


def test_every_example_can_be_written() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {*WORKFLOWS["app"], *WORKFLOWS["action"], DRIFT}


def test_the_wheel_holds_what_is_written(tmp_path: Path) -> None:
    """The workflows have one source, examples/workflows; an installed package has them too."""
    pytest.importorskip("hatchling")
    from hatchling.builders.wheel import WheelBuilder

    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        for example in EXAMPLES.iterdir():
            assert example.read_bytes() == packed.read(f"bot/workflows/{example.name}")
        assert shipped(FORM).encode() == packed.read(f"bot/templates/{FORM}")


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("git@github.com:acme/customer.git", "acme/customer"),
        ("https://github.com/acme/customer", "acme/customer"),
        ("ssh://git@ghe.example:22/acme/my.repo.git", "acme/my.repo"),
    ],
)
def test_the_tracker_is_what_origin_is(cli: Cli, here: Path, origin: str, name: str) -> None:
    git = ["git", "-C", str(here)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "remote", "add", "origin", origin], check=True)
    assert 0 == cli("init").code
    assert name == load_path(here / POLICY).tracker.private


# ── the templates follow the policy ─────────────────────────────────────────────────────────


def test_for_the_shipped_policy_the_templates_are_the_shipped_ones(cli: Cli, here: Path) -> None:
    cli("init", "--tracker", "acme/customer")
    for name in (FORM, MARKDOWN):
        assert shipped(name) == (here / TEMPLATES / name).read_text("utf-8")


@pytest.fixture
def other(cli: Cli, here: Path) -> Policy:
    (here.parent / "other.yml").write_text(OTHER, "utf-8")
    assert 0 == cli("init", "--tracker", "acme/customer", "--policy", "../other.yml").code
    return load_path(here.parent / "other.yml")


def test_the_form_follows_another_policy(other: Policy, here: Path) -> None:
    form = yaml.safe_load((here / TEMPLATES / FORM).read_text("utf-8"))
    asked = {each["id"]: each for each in form["body"] if "id" in each}
    assert list(other.intake.fields) == list(asked)
    assert ["Request for help", "Defect", "Wish", "Chore"] == asked["kind"]["attributes"]["options"]
    assert ["cs/p1", "cs/p2", "cs/p3"] == asked["priority"]["attributes"]["options"]
    assert "team/insights" in asked["team"]["attributes"]["options"]
    assert ["Yes", "No"] == asked["reported"]["attributes"]["options"]
    assert ("input", "Release") == (asked["version"]["type"], asked["version"]["attributes"]["label"])
    assert {"label": "Mood", "description": "How is it?"} == asked["mood"]["attributes"]
    assert ("textarea", {"label": "What would you like?"}) == (
        asked["wish"]["type"],
        asked["wish"]["attributes"],
    )


def test_the_markdown_template_follows_another_policy(other: Policy, here: Path) -> None:
    """The bot reads what it wrote: recognised, every field found in its order, none answered."""
    text = (here / TEMPLATES / MARKDOWN).read_text("utf-8")
    assert "**Kind:** <!-- Request for help, Defect, Wish or Chore -->\n" in text
    assert "**Priority:** <!-- cs/p1, cs/p2 or cs/p3 -->\n" in text
    assert "**Zendesk ticket:** <!-- The number. -->\n" in text
    assert "<!-- acme-template -- keep this line" in text
    template = IntakeRule(other).parse(text.split("---\n", 2)[2])
    assert ("markdown", list(other.intake.fields)) == (template.form, list(template.fields))
    assert {""} == {template.text(id_) for id_ in other.intake.fields}


def test_a_policy_that_is_there_stays_and_the_templates_follow_it(cli: Cli, here: Path) -> None:
    """Also with --force: it is written by people."""
    cli("init", "--tracker", "acme/customer")
    mine = f"tracker: {{private: acme/other}}\nwriter: action\n{OTHER}"
    (here / POLICY).write_text(mine, "utf-8")
    ran = cli("init", "--force")
    assert (0, mine) == (ran.code, (here / POLICY).read_text("utf-8"))
    assert f"kept  {POLICY}" in ran.out
    assert "rfh-bot labels sync acme/other" in ran.out
    assert "cs/p3" in (here / TEMPLATES / FORM).read_text("utf-8")
    assert (here / FLOWS / "rfh-bot.yml").exists()


# ── nothing is lost ─────────────────────────────────────────────────────────────────────────


def test_a_second_run_changes_nothing(cli: Cli, here: Path) -> None:
    cli("init", "--tracker", "acme/customer")
    before = files(here)
    assert 0 == cli("init").code
    assert before == files(here)


@pytest.mark.parametrize(
    "name", [f"{TEMPLATES}/{FORM}", f"{TEMPLATES}/{MARKDOWN}", f"{FLOWS}/rfh-bot-policy.yml"]
)
def test_what_people_wrote_is_overwritten_only_when_asked(cli: Cli, here: Path, name: str) -> None:
    """All or nothing: the others are not written either."""
    (here / name).parent.mkdir(parents=True)
    (here / name).write_text("mine", "utf-8")
    ran = cli("init", "--tracker", "acme/customer")
    assert (2, True) == (ran.code, f"{name}: there already" in ran.err)
    assert {name: "mine"} == files(here)
    assert 0 == cli("init", "--tracker", "acme/customer", "--force").code
    assert "mine" != files(here)[name]


def test_a_link_is_never_followed(cli: Cli, here: Path) -> None:
    outside = here.parent / "outside.yml"
    outside.write_text("mine", "utf-8")
    (here / TEMPLATES).mkdir(parents=True)
    (here / TEMPLATES / FORM).symlink_to(outside)
    assert 2 == cli("init", "--tracker", "acme/customer").code
    assert 0 == cli("init", "--tracker", "acme/customer", "--force").code
    assert "mine" == outside.read_text("utf-8")
    assert shipped(FORM) == (here / TEMPLATES / FORM).read_text("utf-8")


def test_a_folder_that_leads_out_of_the_checkout_gets_nothing(cli: Cli, here: Path) -> None:
    (here.parent / "elsewhere").mkdir()
    (here / ".github").mkdir()
    (here / FLOWS).symlink_to(here.parent / "elsewhere")
    ran = cli("init", "--tracker", "acme/customer", "--force")
    assert (2, True) == (ran.code, "leads out of" in ran.err)
    assert [] == list((here.parent / "elsewhere").iterdir())
    assert not (here / POLICY).exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--tracker ORG/REPO"),
        (("--tracker", "acme"), "--tracker ORG/REPO"),
        (("--tracker", "a/b\nwriter: action"), "--tracker ORG/REPO"),
        (("--tracker", "a/b", "--uses", "me/rfh-bot@main"), "all its 40 digits"),
        (("--tracker", "a/b", "--handbook", "file:///etc/passwd"), "starts with https://"),
        (("--tracker", "a/b", "nowhere"), "does not exist"),
        (("--tracker", "a/b", "--policy", "none.yml"), "does not exist"),
    ],
)
def test_wrong_use_writes_nothing(cli: Cli, here: Path, options: tuple[str, ...], said: str) -> None:
    ran = cli("init", *options)
    assert (2, True) == (ran.code, said in ran.err), ran
    assert {} == files(here)


def test_the_shipped_policy_is_what_the_shipped_files_are_for() -> None:
    """The renderer takes the shipped files apart by the shipped policy's labels."""
    text = shipped(MARKDOWN)
    for field in load_default().intake.fields.values():
        assert f"\n**{field.label}" in text
