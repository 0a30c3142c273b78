"""Floor 1: secrets: token formats, assigned values, keys; and the same inside base64 or hexadecimal."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Set

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.normalise import View, normalise
from bot.rules.privacy.secrets.anchored import Anchored, Anchors, Try, at_edge, span_of
from bot.rules.privacy.secrets.generic import generic_rules
from bot.rules.privacy.secrets.keys import key_spans
from bot.rules.privacy.secrets.looks import dummy, entropy
from bot.rules.privacy.secrets.providers import PROVIDERS, UUID
from bot.rules.privacy.secrets.shape import keyword_of, pattern_of
from bot.rules.privacy.secrets.tokens import TOKENS, Token

_ENCODED = re2.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re2.compile(rb"^[0-9A-Fa-f]+$")
_READABLE = bytes((*range(32, 127), 9, 10, 13))
_NEEDS_PROOF = re2.compile(
    rb"^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27})$"
)
_PROOF = re2.compile(r"key|token|secret|pass|auth|cred|api|pat\b|_id|clientid|client")
# GitHub's own picture links carry a short-lived token of GitHub's; the link is the finding, not the token
_PICTURES = "private-user-images.githubusercontent.com/"


class Secrets:
    """The secret rules, compiled once for a vocabulary of public words."""

    def __init__(self, vocabulary: Set[str]) -> None:
        rules = [rule for token in TOKENS for rule in _token_rules(token)]
        rules += [_provider_rule(*line) for line in PROVIDERS]
        self._anchors = Anchors(rules + generic_rules(vocabulary))

    def scan(self, view: View, decoded: Iterable[tuple[int, int, View]] = ()) -> Iterator[Hit]:
        """Every secret of the text, those inside an encoding (`decoded_parts`) as the whole encoded range."""
        yield from self._plain(view)
        for start, end, inner in decoded:
            if any(True for _ in self._plain(inner)):
                yield Hit("encoded-secret", "secret", start, end)

    def _plain(self, view: View) -> Iterator[Hit]:
        for rule, start, end in self._anchors.scan(view):
            if not in_picture_link(view.text, start):
                yield Hit(rule, "secret", start, end)
        for rule, start, end in key_spans(view):
            if not in_picture_link(view.text, start):
                yield Hit(rule, "secret", start, end)


def decoded_parts(view: View) -> Iterator[tuple[int, int, View]]:
    """Ranges that are base64 or hexadecimal of readable ASCII, with what they say. One level deep."""
    for match in _ENCODED.finditer(view.data):
        start, end = match.span()
        raw = view.data[start:end]
        if raw.count(b"/") > 2 + len(raw) // 24 or raw.count(b"-") > 2 + len(raw) // 24 or raw.isalpha():
            continue
        decoded = _hex(raw) if _HEX.match(raw) else _base64(raw)
        if decoded is not None and len(decoded) >= 12 and not decoded.translate(None, _READABLE):
            yield start, end, normalise(decoded.decode("ascii"))


def _base64(raw: bytes) -> bytes | None:
    body = raw.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
    body = body[: len(body) - 1] if len(body) % 4 == 1 else body
    try:
        return base64.b64decode(body + b"=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _hex(raw: bytes) -> bytes | None:
    return bytes.fromhex(raw.decode()) if len(raw) % 2 == 0 else None


def in_picture_link(text: str, at: int) -> bool:
    """Is the place inside a link to a picture of GitHub's?"""
    link = text.rfind(_PICTURES, max(0, at - 400), at)
    return link >= 0 and not any(c in " \t\r\n\"'<>)" for c in text[link:at])


def _token_rules(token: Token) -> Iterator[Anchored]:
    """One rule per keyword of a token, all its shapes with that keyword in one pattern."""
    groups: dict[tuple[str, int], list[str]] = {}
    for shape in token.shapes:
        groups.setdefault(keyword_of(shape), []).append(shape)
    for (keyword, before), shapes in groups.items():
        yield Anchored(token.id, (keyword,), _token_try(token, shapes, before))


def _token_try(token: Token, shapes: list[str], before: int) -> Try:
    body = "|".join(pattern_of(s) for s in sorted(shapes, key=len, reverse=True))
    keyword, _ = keyword_of(shapes[0])
    literal = shapes[0][shapes[0].lower().index(keyword) :][: len(keyword)]
    anchored = re2.compile(f"({body})(?:[^0-9A-Za-z_]|$)".encode())
    # the literal stands inside the token: look for a beginning in the few characters before it
    floating = re2.compile(f"(?:^|[^0-9A-Za-z_~.])({body})(?:[^0-9A-Za-z_]|$)".encode())

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        if before:
            match = floating.search(view.data, max(0, at - before - 1), min(len(view.data), at + 400))
        else:
            match = anchored.match(view.data, at) if at_edge(view, at) else None
        if match is None:
            return None
        start, end = span_of(match)
        value = view.text[start:end]
        if entropy(value) < token.entropy or dummy(value.replace(literal, "")):
            return None
        if token.digit and not any(c.isdigit() for c in value[len(shapes[0].split("<")[0]) :]):
            return None
        return start, end

    return attempt


def _provider_rule(id_: str, names: tuple[str, ...], shapes: tuple[str, ...]) -> Anchored:
    """`adafruit_api_key = "…"`: a provider's name, an operator, a value of the provider's shape."""
    body = "|".join(pattern_of(s) for s in sorted(shapes, key=len, reverse=True))
    pattern = re2.compile(
        (
            r"""[\w.\-$]{0,60}(?:[ \t]\w{1,12}){0,2}(?:\\?["'`]|\]|\)|[ \t\r\n]){0,6}(?:={1,3}>?|:{1,4}=?"""
            r"""|>|\|\||\?=|\+=|\.=|,|\bis\b)"""
            r"""(?:[ \t\r\n]|\\?["'`]|=|\(|\[|[|>][+-]?[ \t]*\n){0,12}(?i:"""
            "(" + body + r"))(?:[`'\"\s;,)}\]<\\&|]|$)"
        ).encode()
    )

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        match = pattern.match(view.data, at)
        if match is None:
            return None
        start, end = span_of(match)
        value = view.text[start:end]
        if dummy(value) or entropy(value) < 2 or not (any(c.isdigit() for c in value) or len(value) >= 30):
            return None
        if _NEEDS_PROOF.match(view.data[start:end]) and not _PROOF.search(view.low[at:start]):
            return None
        if len(value) < 32 and entropy(value) < 2.8 and not value.isdigit():
            return None
        return start, end

    return Anchored(id_, names, attempt)


__all__ = ["UUID", "Secrets", "decoded_parts", "in_picture_link"]
