"""Floor 1: a text without its private values: each becomes a placeholder, the same value always the same one.

Guarantee: scanning the result again finds nothing that blocks. A replacement can bring a new thing to light
(two halves meet), so scan and replace repeat; what still blocks after `_ROUNDS` rounds takes its whole
lines with it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.rules.privacy.finding import PLACEHOLDER, Finding, Severity
from bot.rules.privacy.normalise import normalise
from bot.rules.privacy.scan import Context, External, Scanner

_ROUNDS = 4
BLOCKS: tuple[Severity, ...] = ("block",)


@dataclass(frozen=True, slots=True)
class Redaction:
    """The safe text, and the warnings that are left in it (offsets into `text`)."""

    text: str
    warnings: tuple[Finding, ...]


def redact(
    scanner: Scanner,
    text: str,
    context: Context,
    external: Iterable[External] = (),
    severities: Collection[Severity] = BLOCKS,
) -> Redaction:
    """Replace every finding of the given severities; the result never blocks under the same context."""
    numbers: dict[str, dict[str, int]] = {}
    findings = scanner.scan(text, context, external)
    for _ in range(_ROUNDS):
        chosen = [f for f in findings if f.severity in severities]
        if not chosen:
            return Redaction(text, findings)
        text = replace(text, chosen, numbers)
        findings = scanner.scan(text, context)
    while any(f.severity == "block" for f in findings):
        text = _without_lines(text, [f for f in findings if f.severity == "block"])
        findings = scanner.scan(text, context)
    return Redaction(text, findings)


def replace(text: str, findings: Iterable[Finding], numbers: dict[str, dict[str, int]]) -> str:
    """Put placeholders where findings are; overlapping ones become one, named by the widest."""
    out: list[str] = []
    at = 0
    for found, start, end in _joined(findings):
        word = PLACEHOLDER.get(found.kind, found.kind)
        known = numbers.setdefault(word, {})
        number = known.setdefault(_value(text, found), len(known) + 1)
        out += (text[at:start], f"[{word}]" if number == 1 else f"[{word}-{number}]")
        at = end
    return "".join((*out, text[at:]))


def fingerprint(key: bytes, issue: str, text: str, finding: Finding) -> str:
    """Names one value of one issue for acknowledgements: HMAC-SHA256, as a plain hash of a short value
    can be guessed.
    """
    message = "\0".join((issue, finding.kind, _value(text, finding)))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def _value(text: str, finding: Finding) -> str:
    """A finding's value in normal form: spelling variants of one value are one value."""
    return " ".join(normalise(text[finding.start : finding.end]).low.split())


def _joined(findings: Iterable[Finding]) -> list[tuple[Finding, int, int]]:
    """Findings as disjoint ranges; where they overlap the widest names the range."""
    out: list[tuple[Finding, int, int]] = []
    for found in sorted(findings, key=lambda f: (f.start, -f.end)):
        if out and found.start < out[-1][2]:
            first, start, end = out[-1]
            wider = first if first.end - first.start >= found.end - found.start else found
            out[-1] = (wider, start, max(end, found.end))
        else:
            out.append((found, found.start, found.end))
    return out


def _without_lines(text: str, findings: Iterable[Finding]) -> str:
    """The text with the lines of these findings removed; it always gets shorter."""
    for found in sorted(findings, reverse=True):
        start = text.rfind("\n", 0, found.start) + 1
        stop = text.find("\n", found.end)
        text = text[:start] + text[len(text) if stop < 0 else stop + 1 :]
    return text
