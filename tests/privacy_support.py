"""What the tests of the scanner share: a scanner, a context, and marked samples."""

from __future__ import annotations

from functools import cache

from bot.policy.load import load_default
from bot.rules.privacy import Context, Finding, Scanner
from bot.scanner import scanner

CUSTOMERS = (
    "customer/quandel",
    "customer/square",
    "customer/oakhaven-bank",
    "customer/oconnell-group",
    "customer/plaid",
)
PUBLISH = Context("publish", CUSTOMERS[:1], CUSTOMERS)
WATCH = Context("watch", (), CUSTOMERS)


@cache
def shipped() -> Scanner:
    """The scanner of the shipped policy, compiled once for all tests."""
    return scanner(load_default())


def unmarked(sample: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of a sample, and the ranges that «» mark in it."""
    text = ""
    spans: list[tuple[int, int]] = []
    start = 0
    for char in sample:
        if char == "«":
            start = len(text)
        elif char == "»":
            spans.append((start, len(text)))
        else:
            text += char
    return text, spans


def covered(span: tuple[int, int], findings: tuple[Finding, ...]) -> bool:
    """Do the findings cover every character of the range?"""
    return all(any(f.start <= at < f.end for f in findings) for at in range(*span))


def shown(text: str, findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(f.rule, text[f.start : f.end]) for f in findings]
