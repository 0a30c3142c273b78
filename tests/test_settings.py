"""The settings: one table for parser and docs; every problem at once, and no value in a message."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.settings import SETTINGS, Settings, read_settings

APP = {"GITHUB_APP_ID": "7", "GITHUB_PRIVATE_KEY": "pem", "GITHUB_WEBHOOK_SECRET": "hush"}


def problems(environment: dict[str, str], *, app: bool = True) -> list[str]:
    with pytest.raises(UserError) as raised:
        read_settings(environment, app=app)
    return str(raised.value).splitlines()


def test_three_variables_are_enough() -> None:
    assert Settings("7", "pem", (b"hush",)) == read_settings(APP)


def test_every_variable_counts() -> None:
    settings = read_settings(
        APP
        | {
            "GITHUB_WEBHOOK_SECRET_OLD": "before",
            "GITHUB_API_URL": "https://ghe.example/api/v3",
            "GITHUB_GRAPHQL_URL": "https://ghe.example/graph",
            "RFH_BOT_DATABASE_URL": "postgresql://db/rfh",
            "RFH_BOT_MEMORY_KEY": "k" * 32,
            "RFH_BOT_POLICY": "policy.yml",
            "RFH_BOT_REPOS": "a/b, c/d ,",
            "RFH_BOT_SHADOW": "1",
            "RFH_BOT_CONCURRENCY": "8",
            "RFH_BOT_LOG": "DEBUG",
            "HOST": "0.0.0.0",
            "PORT": "80",
        }
    )
    assert (b"hush", b"before") == settings.webhook_secrets
    assert ("https://ghe.example/api/v3", "https://ghe.example/graph") == (
        settings.api_url,
        settings.graphql_url,
    )
    assert ("postgresql://db/rfh", b"k" * 32, "policy.yml") == (
        settings.database_url,
        settings.memory_key,
        settings.policy_path,
    )
    assert (("a/b", "c/d"), True, 8, "debug") == (
        settings.repos,
        settings.shadow,
        settings.concurrency,
        settings.log_level,
    )
    assert ("0.0.0.0", 80) == (settings.host, settings.port)


def test_all_that_is_missing_is_said_at_once() -> None:
    found = problems({})
    assert ["GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET"] == sorted(
        line.split()[0] for line in found
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RFH_BOT_MEMORY_KEY", "short-secret", "shorter than 32 characters"),
        ("RFH_BOT_REPOS", "no-slash", "write owner/name"),
        ("RFH_BOT_REPOS", "a/b/c", "write owner/name"),
        ("RFH_BOT_REPOS", "/b", "write owner/name"),
        ("RFH_BOT_SHADOW", "maybe", "must be 0 or 1"),
        ("RFH_BOT_LOG", "loud", "must be debug, info, warning or error"),
        ("RFH_BOT_CONCURRENCY", "0", "from 1 to 100"),
        ("RFH_BOT_CONCURRENCY", "many", "from 1 to 100"),
        ("PORT", "65536", "from 1 to 65535"),
        ("PORT", "-1", "from 1 to 65535"),
        ("GITHUB_API_URL", "ghe.example/api/v3", "http"),
        ("GITHUB_GRAPHQL_URL", "ghe.example/graphql", "http"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, value: str, said: str) -> None:
    (line,) = problems(APP | {name: value})
    assert line.startswith(name)
    assert said in line


def test_secrets_are_read_from_files(tmp_path: Path) -> None:
    """A mounted secret often ends in a newline."""
    environment = {}
    for name, value in APP.items():
        (tmp_path / name).write_text(f"{value}\n")
        environment[f"{name}_FILE"] = str(tmp_path / name)
    assert Settings("7", "pem", (b"hush",)) == read_settings(environment)


@pytest.mark.parametrize(
    "content", [None, b"", b" \n", b"\xff\xfe"], ids=["missing", "empty", "blank", "no text"]
)
def test_a_secrets_file_that_holds_none_is_a_problem(tmp_path: Path, content: bytes | None) -> None:
    """Not a start without a secret, which would fail later and elsewhere."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    (line,) = problems(APP | {"GITHUB_WEBHOOK_SECRET": "", "GITHUB_WEBHOOK_SECRET_FILE": str(path)})
    assert line.startswith("GITHUB_WEBHOOK_SECRET_FILE")


def test_no_message_shows_a_secret() -> None:
    environment = {"GITHUB_PRIVATE_KEY": "private-stuff", "RFH_BOT_MEMORY_KEY": "memory-stuff", "PORT": "x"}
    text = "\n".join(problems(environment))
    assert "stuff" not in text
    assert "hush" not in repr(read_settings(APP))
    assert "pem" not in repr(read_settings(APP))


def test_without_the_app_its_settings_may_be_missing() -> None:
    assert () == read_settings({}, app=False).webhook_secrets


def test_the_table_is_complete_and_its_defaults_are_the_parsers() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    assert all(setting.meaning.endswith((".", "`.")) for setting in SETTINGS)
    defaults = {f.name: f.default for f in fields(Settings)}
    table = {setting.name: setting.default for setting in SETTINGS}
    assert table["GITHUB_API_URL"] == defaults["api_url"]
    assert table["RFH_BOT_DATABASE_URL"] == defaults["database_url"]
    assert (table["HOST"], table["PORT"]) == (defaults["host"], str(defaults["port"]))
    assert (table["RFH_BOT_CONCURRENCY"], table["RFH_BOT_LOG"]) == (
        str(defaults["concurrency"]),
        defaults["log_level"],
    )
