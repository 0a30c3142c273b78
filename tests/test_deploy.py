"""What the deployment files say is so: what they name exists, and linters agree."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import SETTINGS, read_settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
UNIT = ROOT / "deploy/systemd/rfh-bot.service"
KUBERNETES = ROOT / "deploy/kubernetes/rfh-bot.yaml"
GUIDE = (ROOT / "docs/deploy.md").read_text("utf-8")
MANIFESTS = list(yaml.safe_load_all(KUBERNETES.read_text("utf-8")))
PROGRAMS = Path(sys.executable).parent

NAMES = {setting.name for setting in SETTINGS}
OWN = re.compile(r"\b(?:(?:GITHUB|RFH_BOT|SLACK|METRICS)_[A-Z_]*[A-Z]|HOST|PORT)\b")
# GitHub's own, in examples of Actions.
FOREIGN = {"GITHUB_TOKEN", "GITHUB_OUTPUT", "GITHUB_ACTION_PATH", "GITHUB_REPOSITORY", "GITHUB_STEP_SUMMARY"}


def known(name: str) -> bool:
    """Is it a setting, or the file of one?"""
    return name in NAMES or name.removesuffix("_FILE") in NAMES


def blocks(language: str) -> list[str]:
    """The code blocks of the guide in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


def unit_settings() -> dict[str, str]:
    return dict(re.findall(r"^Environment=(\w+)=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE))


def config_map() -> dict[str, str]:
    return next(one["data"] for one in MANIFESTS if one["kind"] == "ConfigMap")


def environments() -> dict[str, set[str]]:
    """The variables that each way of running it sets, by file."""
    words = re.findall(r"(\w+)=", "\n".join(re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE, re.MULTILINE)))
    return {
        "Dockerfile": {w for w in words if not w.startswith(("PYTHON", "PIP_")) and w != "PATH"},
        "compose.yaml": set(COMPOSE["services"]["app"]["environment"]),
        "systemd": set(unit_settings()),
        "kubernetes": set(config_map()),
        "fly.toml": {name for block in blocks("toml") for name in tomllib.loads(block).get("env", {})},
    }


@pytest.mark.parametrize(("where", "names"), environments().items(), ids=environments())
def test_every_variable_is_a_setting(where: str, names: set[str]) -> None:
    assert names
    assert set() == {name for name in names if not known(name)}


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "SECURITY.md"]), ids=lambda p: p.name
)
def test_no_page_names_a_setting_that_is_none(page: Path) -> None:
    found = set(OWN.findall(page.read_text("utf-8")))
    assert set() == {name for name in found if not known(name)} - FOREIGN


@pytest.mark.parametrize("given", [unit_settings(), config_map()], ids=["systemd", "kubernetes"])
def test_secrets_come_from_files_and_all_that_must_be_set_is(given: dict[str, str], tmp_path: Path) -> None:
    """What they set, with the operator's own file beside it, is enough for `serve` to read its settings."""
    (tmp_path / "secret").write_text("s" * 40)
    environment = {
        name: str(tmp_path / "secret") if name.endswith("_FILE") else value for name, value in given.items()
    }
    assert {"GITHUB_PRIVATE_KEY_FILE", "GITHUB_WEBHOOK_SECRET_FILE"} <= environment.keys()
    secrets = {setting.name for setting in SETTINGS if setting.secret}
    assert set() == environment.keys() & secrets
    settings = read_settings({"GITHUB_APP_ID": "1", **environment})
    assert 9464 == settings.metrics_port


# ── the image ───────────────────────────────────────────────────────────────────────────────


def copied() -> list[str]:
    """What the Dockerfile takes from the folder."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return [name for line in lines for name in line.split()]


def test_what_is_copied_is_there_and_is_let_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_through = [line[1:] for line in ignore if line.startswith("!")]
    assert "*" in ignore
    assert sorted(let_through) == sorted(copied())
    assert all((ROOT / name).exists() for name in copied())


def test_bases_are_pinned_by_digest() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert ["${PYTHON}", "${PYTHON}"] == bases
    pinned = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
    python = re.search(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert python is not None
    assert pinned.fullmatch(python[1])
    assert pinned.fullmatch(COMPOSE["services"]["db"]["image"])


def test_it_runs_as_nobody_special() -> None:
    users = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert ["10001:10001"] == users
    pod = next(one for one in MANIFESTS if one["kind"] == "Deployment")["spec"]["template"]["spec"]
    assert (10001, True) == (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"])


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_services_can_write_nowhere_else_and_have_no_capabilities(service: str) -> None:
    one = COMPOSE["services"][service]
    assert (True, ["ALL"], ["no-new-privileges:true"]) == (
        one["read_only"],
        one["cap_drop"],
        one["security_opt"],
    )
    assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ()))


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_the_images_packages_are_those_that_the_tests_ran_with() -> None:
    """Every dependency and extra of the running program, none of development, in the same version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for extra in extras if extra != "dev" for one in extras[extra])]
    names = {re.split(r"[\[>=;]", one)[0].strip().lower().replace("_", "-") for one in wanted}
    image, tested = locked("requirements-image.lock"), locked("requirements.lock")
    assert set() == names - image.keys()
    assert {} == {name: version for name, version in image.items() if tested.get(name) != version}
    assert {} == {n: v for n, v in locked("requirements-build.lock").items() if tested.get(n) != v}
    assert not {"pytest", "mypy", "ruff"} & image.keys()


def test_the_image_is_built_from_what_it_copies(tmp_path: Path) -> None:
    """The Dockerfile's wheel, built from the copied files alone, holds code and data and starts."""
    source = tmp_path / "src"
    for name in copied():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    command = re.search(r"pip (wheel .+?) \\$", DOCKERFILE, re.MULTILINE)
    assert command is not None
    arguments = command[1].replace("/dist", str(tmp_path / "dist")).split()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    subprocess.run(pip, cwd=source, check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    tracked = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bot").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert set() == {name for name in tracked if not fnmatch(name, "*.pyc")} - held
    assert {name for name in held if name.startswith("bot/workflows/")}
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "--version"],
        cwd=tmp_path / "site",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "rfh-bot, version") == (ran.returncode, ran.stdout[:16])


@pytest.fixture
def health() -> Iterator[tuple[list[int], int]]:
    """A server that answers with the status in the list."""
    status = [200]

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0] if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield status, server.server_port
        server.shutdown()


def test_the_healthcheck_needs_no_curl_and_tells_good_from_bad(health: tuple[list[int], int]) -> None:
    status, port = health
    found = re.search(r"^HEALTHCHECK .*? CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    assert found is not None
    command = json.loads(found[1])
    assert "python" == command[0]

    def ends(port: int) -> int:
        run = [sys.executable, *command[1:]]
        proxy = {"PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
        return subprocess.run(run, env=proxy, capture_output=True, check=False).returncode

    assert 0 == ends(port)
    status[0] = 503
    assert 1 == ends(port)
    assert 1 == ends(1)


# ── linters ─────────────────────────────────────────────────────────────────────────────────


def program(name: str) -> str:
    """Its path; the test is skipped where it is not installed."""
    found = shutil.which(name, path=str(PROGRAMS)) or shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def test_hadolint_finds_nothing() -> None:
    ran = subprocess.run(
        [program("hadolint"), "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (0, "") == (ran.returncode, ran.stdout)


def test_the_compose_file_is_of_its_schema() -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout


def test_the_updates_file_is_of_its_schema() -> None:
    command = [program("check-jsonschema"), "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout


def test_the_manifests_are_of_kubernetes_schemas() -> None:
    command = [program("kubernetes-validate"), "--strict", "--quiet", str(KUBERNETES)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout + ran.stderr


def test_systemd_accepts_the_unit_and_finds_little_exposed(tmp_path: Path) -> None:
    """With a program that is there; 2.0 and less is what systemd calls OK."""
    analyze = program("systemd-analyze")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/rfh-bot/bin/rfh-bot", sys.executable))
    ran = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (0, "") == (ran.returncode, ran.stderr)
    security = [analyze, "security", "--offline=yes", "--threshold=20", str(unit)]
    ran = subprocess.run(security, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout


def test_docker_and_tests_agree_on_the_python() -> None:
    python = re.search(r"python:(\d+)\.(\d+)", DOCKERFILE)
    assert python is not None
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    assert f"{python[1]}.{python[2]}" in workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
