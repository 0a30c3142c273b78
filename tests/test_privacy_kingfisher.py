"""kingfisher: one process, private files, and no silence that could pass for safety."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from bot import kingfisher
from bot.kingfisher import ScannerUnavailable, find_secrets
from bot.rules.privacy.secrets.shape import sample_of

REPORT = {"findings": [], "audit": {"summary": {"scan_failed": 0, "scan_partial": 0}}}


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in kingfisher's place; it notes what it was given and answers with `report.json`."""
    program = tmp_path / "kingfisher"
    program.write_text(
        f"""#!/bin/sh
for last; do :; done
echo "$@" > {tmp_path}/arguments
env > {tmp_path}/environment
ls -ld "$last" | cut -c1-10 > {tmp_path}/mode
ls "$last" > {tmp_path}/files
echo "$last" > {tmp_path}/folder
[ -f {tmp_path}/slow ] && sleep 5
cat {tmp_path}/report.json
exit $(cat {tmp_path}/code)
"""
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    (tmp_path / "code").write_text("0")
    monkeypatch.setattr(kingfisher, "binary", lambda: str(program))
    return tmp_path


def test_texts_lie_in_a_private_folder_that_is_gone_afterwards(stand_in: Path) -> None:
    assert [(), ()] == find_secrets(["a", "b"])
    assert "drwx------" == (stand_in / "mode").read_text().strip()
    assert ["0.txt", "1.txt"] == (stand_in / "files").read_text().split()
    assert not Path((stand_in / "folder").read_text().strip()).exists()


def test_nothing_is_validated_updated_or_ignored_and_no_network_is_in_reach(stand_in: Path) -> None:
    find_secrets(["the text is never an argument"])
    arguments = (stand_in / "arguments").read_text().split()
    assert {"--no-validate", "--no-update-check", "--no-ignore", "--no-dedup", "--redact"} <= set(arguments)
    assert "never" not in arguments
    environment = (stand_in / "environment").read_text()
    assert "HTTPS_PROXY=http://127.0.0.1:9" in environment
    assert "GITHUB" not in environment


def _found(line: int, start: int, end: int, path: str = "0.txt") -> dict[str, object]:
    return {
        "rule": {"id": "r"},
        "finding": {"path": f"./{path}", "line": line, "column_start": start, "column_end": end},
    }


@pytest.mark.parametrize(
    ("text", "line", "columns", "value"),
    [
        ("a KEY b", 1, (2, 4), "KEY"),
        ("Üx: KEY", 1, (5, 7), "KEY"),
        ("🙂\r\nöö KEY\r\n", 2, (5, 7), "KEY"),
        ("one\ntwo KEY", 2, (4, 6), "KEY"),
        ("-----BEGIN\nlines\n-----", 1, (0, 3), "----"),
        ("ab\nlong line", 2, (5, 2), "line"),
        ("@\u200ba K\u200bEY@\u200bb", 1, (3, 6), "K\u200bEY@"),  # it reads the text without them
    ],
)
def test_byte_columns_become_code_points(
    stand_in: Path, text: str, line: int, columns: tuple[int, int], value: str
) -> None:
    """Columns are bytes from 0, the last included; over several lines: to the end of the first."""
    (stand_in / "report.json").write_text(json.dumps({**REPORT, "findings": [_found(line, *columns)]}))
    (stand_in / "code").write_text("200")
    ((found,),) = find_secrets([text])
    assert ("kingfisher:r", value) == (found.rule, text[found.start : found.end])


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ("not json", "0"),
        ("{}", "0"),
        ('{"findings": [{}], "audit": {"summary": {"scan_failed": 0, "scan_partial": 0}}}', "0"),
        ('{"findings": [], "audit": {"summary": {"scan_failed": 1, "scan_partial": 0}}}', "0"),
        (json.dumps({**REPORT, "findings": [_found(9, 0, 1)]}), "200"),
        (json.dumps({**REPORT, "findings": [_found(1, 0, 1, "7.txt")]}), "200"),
        (json.dumps(REPORT), "1"),
        (json.dumps(REPORT), "137"),
    ],
)
def test_every_failure_is_an_error_without_its_output(stand_in: Path, report: str, code: str) -> None:
    (stand_in / "report.json").write_text(report)
    (stand_in / "code").write_text(code)
    with pytest.raises(ScannerUnavailable) as caught:
        find_secrets(["private text"])
    assert "private text" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_slow_run_is_ended(stand_in: Path) -> None:
    (stand_in / "slow").touch()
    with pytest.raises(ScannerUnavailable, match="too long"):
        find_secrets(["x"], timeout=0.2)


def test_a_missing_program_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kingfisher, "binary", lambda: None)
    with pytest.raises(ScannerUnavailable, match=r"rfh-bot\[privacy\]"):
        find_secrets(["x"])


def test_no_texts_start_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kingfisher, "binary", lambda: "/does/not/exist")
    assert [] == find_secrets([])


@pytest.mark.skipif(kingfisher.binary() is None, reason="needs the extra `privacy`")
def test_the_real_program_finds_a_token() -> None:
    """The flags and the report are those of the installed version."""
    token = sample_of("glpat-<w20>", "real")
    text = f"ö first\nexport GITLAB_TOKEN={token} ü\n"
    (found,) = find_secrets([text])
    assert token in [text[f.start : f.end] for f in found]


@pytest.mark.skipif(kingfisher.binary() is None, reason="needs the extra `privacy`")
@pytest.mark.parametrize("apart", ["", "\u200b", "\u00ad"])
def test_a_character_of_no_width_hides_no_password(apart: str) -> None:
    """We put one behind each ``@`` ourselves before a text is published."""
    text = f"postgres://admin:{sample_of('<w16>', 'real')}@{apart}localhost:5432/x\n"
    (found,) = find_secrets([text])
    assert found
