"""Floor 2: kingfisher (PyPI `kingfisher-bin`), a second pair of eyes for secrets: one process for a batch.

Guarantees: texts lie in a private folder (0700) that is gone afterwards; nothing is validated online, nothing
is updated, no inline ignore is honoured, values come back redacted; the process is ended after a time. A
missing binary, a failure or an unreadable report is an error: whoever publishes must not take silence for
safety. It reads a text without its characters of no width: one of them hides a password from its rules, and
we put them behind each ``@`` ourselves. What is awkward: its columns are bytes, 0-based, the last one
included; and by itself it would look secrets up at their providers, so the process also gets a proxy that
leads nowhere.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.errors import RfhError
from bot.rules.privacy import External

TIMEOUT = 90.0  # seconds; the first start compiles the rules and takes up to 20
_FOUND = (0, 200, 205)
_ARGUMENTS = (
    *("scan", "--no-validate", "--no-update-check", "--no-ignore", "--no-dedup", "--redact"),
    *("--confidence", "low", "--format", "json", "--git-history", "none", "--no-extract-archives", "--quiet"),
)
_NOWHERE = "http://127.0.0.1:9"
_WIDTHLESS = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


class ScannerUnavailable(RfhError):
    """The second scanner is missing or failed; `why` is ours, never its output."""


def binary() -> str | None:
    """The path of kingfisher, beside this interpreter or on PATH."""
    beside = Path(sys.executable).with_name("kingfisher")
    return str(beside) if beside.exists() else shutil.which("kingfisher")


def find_secrets(texts: Sequence[str], timeout: float = TIMEOUT) -> list[tuple[External, ...]]:
    """What kingfisher sees in each text. Blocks for up to `timeout` seconds: call it in a thread.

    Raises ScannerUnavailable when it is not installed, fails, or takes too long.
    """
    program = binary()
    if program is None:
        raise ScannerUnavailable("kingfisher is not installed (pip install 'rfh-bot[privacy]')")
    if not texts:
        return []
    bare = [text.translate(_WIDTHLESS) for text in texts]
    with tempfile.TemporaryDirectory(prefix="rfh-bot-") as folder:  # mkdtemp: 0700
        for number, text in enumerate(bare):
            Path(folder, f"{number}.txt").write_text(text, encoding="utf-8", errors="replace", newline="")
        report = _run(program, folder, timeout)
    return [
        _within(text, found) if len(text) != len(read) else found
        for text, read, found in zip(texts, bare, _read(report, bare), strict=True)
    ]


def _within(text: str, found: Sequence[External]) -> tuple[External, ...]:
    """Where that is in the text which has its characters of no width."""
    kept = [place for place, char in enumerate(text) if ord(char) not in _WIDTHLESS]
    ends = [*kept, len(text)]
    return tuple(External(one.rule, ends[one.start], ends[max(one.end - 1, one.start)] + 1) for one in found)


def _run(program: str, folder: str, timeout: float) -> Any:
    """One run over a folder: its report, parsed."""
    environment = {
        **{
            name: os.environ[name]
            for name in ("PATH", "HOME", "XDG_CACHE_HOME", "KF_RULE_CACHE_DIR")
            if name in os.environ
        },
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
        "TMPDIR": folder,
    }
    try:
        done = subprocess.run(  # noqa: S603  our own arguments; the texts are files, never arguments
            [program, *_ARGUMENTS, folder],
            capture_output=True,
            timeout=timeout,
            env=environment,
            cwd=folder,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ScannerUnavailable("kingfisher took too long") from None
    except OSError:
        raise ScannerUnavailable("kingfisher could not be started") from None
    if done.returncode not in _FOUND:
        raise ScannerUnavailable(f"kingfisher failed with exit code {done.returncode}")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise ScannerUnavailable("kingfisher's report could not be read") from None


def _read(report: Any, texts: Sequence[str]) -> list[tuple[External, ...]]:
    """Findings by text, in code points. A report that is not as expected is a failure, not "nothing
    found".
    """
    found: list[list[External]] = [[] for _ in texts]
    try:
        for entry in report["findings"]:
            place = entry["finding"]
            number = int(Path(place["path"]).stem)
            start, end = _span(texts[number], place["line"], place["column_start"], place["column_end"])
            found[number].append(External("kingfisher:" + entry["rule"]["id"], start, end))
        if report["audit"]["summary"]["scan_failed"] or report["audit"]["summary"]["scan_partial"]:
            raise ScannerUnavailable("kingfisher did not scan everything")
    except (KeyError, TypeError, ValueError, IndexError):
        raise ScannerUnavailable("kingfisher's report could not be read") from None
    return [tuple(each) for each in found]


def _span(text: str, line: int, first: int, last: int) -> tuple[int, int]:
    """Code points of a line (from 1) and byte columns (from 0, the last included); several lines: to the
    line's end.
    """
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    stop = text.find("\n", start)
    raw = text[start : stop if stop >= 0 else len(text)].encode("utf-8", "replace")
    begin = start + len(raw[:first].decode("utf-8", "ignore"))
    end = start + len(raw[: last + 1].decode("utf-8", "ignore"))
    return (begin, end) if end > begin else (begin, start + len(raw.decode("utf-8", "ignore")))
