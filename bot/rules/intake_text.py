"""Floor 1: small tools for reading people's answers. Linear in the text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import re2

_BETWEEN_WORDS = re2.compile(r"[^\p{L}\p{M}\p{N}]+")
_ASCII = {i: chr(i).lower() if chr(i).isalnum() else " " for i in range(128)}
_BRACKETED = re2.compile(r"\([^()]*\)")


def bare(text: str) -> str:
    """Only the words, case-folded, one space between them: how answers and labels are compared.

    Called for every answer, so plain ASCII takes a way of its own: RE2's `sub` is written in Python, and
    splitting a translated string does the same in a tenth of the time.
    """
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())
    words: str = _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFC", text).casefold())
    return words.strip()


def label_key(label: str) -> str:
    """How the labels of fields are compared: as words, without a remark in brackets."""
    return bare(_BRACKETED.sub(" ", label)) or bare(label)


def phrases_in(words: str, phrases: Iterable[str]) -> list[str]:
    """Which phrases (all `bare`) stand in bare words as whole words; none that is part of a longer one
    found."""
    padded = f" {words} "
    found = [phrase for phrase in phrases if phrase and f" {phrase} " in padded]
    return [p for p in found if not any(p != q and f" {p} " in f" {q} " for q in found)]


def within(host: str, allowed: Iterable[str]) -> bool:
    """Is a host one of these, or below one of them?"""
    return any(host == name or host.endswith(f".{name}") for name in allowed)
