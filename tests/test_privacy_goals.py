"""The goals on the labelled issues, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from privacy_support import covered, shipped

from bot.rules.privacy import Context, redact

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "privacy_dev.jsonl"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="needs the labelled issues")


def _issues() -> list[dict[str, Any]]:
    return [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]


def _context(issue: dict[str, Any]) -> Context:
    given = issue["context"]
    return Context(given["mode"], tuple(given["customer_labels"]), tuple(given["known_customers"]))


def _overlaps(span: dict[str, Any], start: int, end: int) -> bool:
    return bool(span["start"] < end and start < span["end"])


def test_labelled_data_is_found_and_traps_are_not() -> None:
    """Recall ≥ 97 %, precision of blocks ≥ 99.5 %, no trap."""
    wanted = found = blocks = right = 0
    trapped: list[str] = []
    for issue in _issues():
        findings = shipped().scan(issue["text"], _context(issue))
        for span in issue["spans"]:
            if span["severity"] == "grey":
                continue
            wanted += 1
            enough = tuple(f for f in findings if f.severity == "block" or span["severity"] == "warn")
            found += covered((span["start"], span["end"]), enough)
        for finding in findings:
            if finding.severity == "block":
                blocks += 1
                labels = {s["severity"] for s in issue["spans"] if _overlaps(s, finding.start, finding.end)}
                right += bool(labels & {"block", "grey"})
            trapped += [t["kind"] for t in issue["traps"] if _overlaps(t, finding.start, finding.end)]
    assert [] == trapped
    assert found >= 0.97 * wanted
    assert right >= 0.995 * blocks


def test_redacted_issues_are_clean() -> None:
    """≥ 97 % of the issues to publish hold no labelled value outside of their traps after redaction."""
    clean = total = 0
    for issue in _issues():
        context = _context(issue)
        if context.mode != "publish":
            continue
        total += 1
        text = redact(shipped(), issue["text"], context).text.casefold()
        traps = " ".join(issue["text"][t["start"] : t["end"]] for t in issue["traps"]).casefold()
        values = {
            issue["text"][s["start"] : s["end"]].casefold()
            for s in issue["spans"]
            if s["severity"] == "block"
        }
        clean += not [v for v in values if v in text and v not in traps]
    assert clean >= 0.97 * total
