"""Floor 1: phone numbers: international, bracketed or dashed ones, others beside a word like phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.normalise import View

MATCHES = ("phone «+44 20 7946 1234»", "call «(206) 237-9343»", "tel: «0171 5239876»", "«303-623-3646»")
IGNORES = (
    "it takes 415 555 ms",
    "222587_2023-06-30_5.0-05c27ce7e1f8",
    "call us at 555-0123",
    "id 2061234567 is large",
)


_PHONE = re2.compile(
    rb"\+\d{1,3}(?:[ .\-/()]{0,3}\d{1,5}){2,6}|\b00\d{1,3}(?:[ .\-/()]{1,3}\d{1,5}){2,6}|\(\d{2,5}\)[ "
    rb".\-]{0,2}\d{3,4}[ .\-]\d{3,5}|\b\d{3}-\d{3}-\d{4}\b|\b\d{3}\.\d{3}\.\d{4}\b|\b1[-. ]\d{3}[-. "
    rb"]\d{3}[-. ]\d{4}\b"
    rb"|(?i:\b(?:phone|tel|telephone|cell|mobile|call|fax|dial|whatsapp|sms|text|handy|ring|reach)"
    rb"\b[^\n\d+]{0,24})(?:\(?\d{2,5}\)?(?:[ .\-/]{1,2}\d{2,8}){1,5}|\d{9,13})"
)
_PHONE_CUE = re2.compile(
    rb"(?i)^(?:phone|tel|telephone|cell|mobile|call|fax|dial|whatsapp|sms|text|handy|ring|reach)"
    rb"\b[^\n\d+(]{0,24}"
)


def phone_hits(
    view: View, valid: Callable[[str, bool], bool] | None, in_link: Callable[[int], bool]
) -> Iterator[Hit]:
    """Phone numbers: international, bracketed, or dashed; others beside a word like phone. `valid` asks
    phonenumbers.
    """
    data = view.data
    for match in _PHONE.finditer(data):
        start, end = match.span()
        cue = _PHONE_CUE.match(match.group())
        if cue is not None:
            start += cue.end()
        raw = view.text[start:end].rstrip(" .-/(")
        end = start + len(raw)
        if in_link(start) or (
            (start and (data[start - 1 : start].isalnum() or data[start - 1 : start] in b".-_/="))
            and cue is None
        ):
            continue
        if data[end : end + 1].isalnum() or (
            data[end : end + 1] in (b"-", b".") and data[end + 1 : end + 2].isalnum() and cue is None
        ):
            continue
        if raw.count(".") == 3 and all(p.isdigit() for p in raw.split(".")):
            continue  # an IP address
        digits = sum(c.isdigit() for c in raw)
        if not 7 <= digits <= 15 or len(set(raw)) < 5 or "555-01" in raw or "555 01" in raw:
            continue
        if raw.startswith("+") and not any(c in " -.()/" for c in raw) and digits < 10:
            continue
        if valid is not None and not valid(raw, cue is not None):
            continue
        yield Hit("phone", "phone", start, end)
