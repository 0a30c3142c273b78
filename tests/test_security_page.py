"""SECURITY.md names tests that exist: an answer whose test went is no answer any more."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")


def existing() -> set[str]:
    found = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
    return {
        name for path in (ROOT / "tests").glob("test_*.py") for name in found.findall(path.read_text("utf-8"))
    }


def test_every_answer_is_held_by_a_test_that_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert set() == named - existing()


def test_every_row_of_an_answer_names_its_test() -> None:
    """Where a row has none, it leads to another section in words."""
    rows = [line for line in PAGE.splitlines() if re.match(r"\| [^|-]", line) and "held by" not in line]
    assert [] == [row for row in rows if "`test_" not in row and "see below" not in row]
