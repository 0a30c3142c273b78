"""Floor 1: keys and signed tokens that span lines: private keys (truncated ones too), JWTs, Kubernetes
secrets, hashes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

import re2

from bot.rules.privacy.normalise import View
from bot.rules.privacy.secrets.looks import entropy, stands_in

_BEGIN = re2.compile(rb"-{2,5} ?BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)? ?-{2,5}")
_END = re2.compile(rb"-{2,5} ?END[ A-Z0-9_-]{0,100}PRIVATE KEY(?: BLOCK)? ?-{2,5}")
_BODY = re2.compile(
    rb"(?:[ \t]*(?:\\+[nr]|[\r\n])+[ \t>|]*(?:(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash)"
    rb"[^\r\n\\]{0,120})?)*"
    rb"[\"'`, \t+]{0,6}(?:[A-Za-z0-9+/=]+(?:\\+[nr]|[\s\"'`,+>|])*)+"
)
_RUN = re2.compile(rb"[A-Za-z0-9+/]{16,}")
_TAIL = re2.compile(
    rb"(?:[A-Za-z0-9+/]{40,}={0,2}(?:\\+[nr]|[\s>|])+)+[A-Za-z0-9+/=]{0,80}(?:\\+[nr]|[\s>|])*-{2,5} ?END[ "
    rb"A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)? ?-{2,5}"
)
_PUTTY = re2.compile(rb"PuTTY-User-Key-File-\d: [\s\S]+?Private-MAC: [0-9a-f]{20,}")
_JWT = re2.compile(
    rb"\bey[A-Za-z0-9][\w/+-]{14,}\.ey[\w/+-]{15,}\.[\w/+=-]*"
    rb"|\bey[A-Za-z0-9][\w-]{14,}\.[\w-]*\.[\w-]{8,}\.[\w-]{16,}\.[\w-]{8,}"
)
_KIND_SECRET = re2.compile(rb"(?i)\bkind:[ \t]*[\"']?secret\b")
_DATA = re2.compile(rb"(?m)^[ \t>]*data:[ \t]*$")
_ENTRY = re2.compile(
    rb"(?m)^[ \t>]+[\w.-]+:[ \t]*(?:[|>][+-]?[ \t]*\n[ \t]*)?[\"']?([A-Za-z0-9+/]{8,}={0,2})[\"']?[ \t]*$"
)
_CRYPT = re2.compile(
    rb"\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}|\$[56]\$[./A-Za-z0-9$=]{0,40}\$[./A-Za-z0-9]{43,86}"
    rb"|\$argon2\w{1,2}\$[\w=,$]{8,60}\$[\w+/]{8,}\$[\w+/]{20,}"
)
_REST_OF_KEY = 16_000


def key_spans(view: View) -> Iterator[tuple[str, int, int]]:
    """Every (rule, start, end) of the keys in a text."""
    data = view.data
    if b"PRIVATE KEY" in data:
        yield from _private_keys(data)
    if b"PuTTY-User-Key" in data:
        for match in _PUTTY.finditer(data):
            yield "putty-private-key", *match.span()
    if "eyj" in view.low or "ey0" in view.low:
        for match in _JWT.finditer(data):
            if entropy(view.text[slice(*match.span())]) >= 3.5:
                yield "jwt", *match.span()
    if b"$2" in data or b"$5$" in data or b"$6$" in data or b"$argon2" in data:
        for match in _CRYPT.finditer(data):
            yield "password-hash", *match.span()
    if b"ecret" in data and (kind := _KIND_SECRET.search(data)) is not None:
        yield from _kubernetes(view, kind.start())


def _private_keys(data: bytes) -> Iterator[tuple[str, int, int]]:
    """From BEGIN to END; without END (a truncated paste) as far as the body goes; without BEGIN back
    from END.
    """
    done = 0
    for begin in _BEGIN.finditer(data):
        if begin.start() < done:
            continue
        end = _END.search(data, begin.end(), min(len(data), begin.end() + _REST_OF_KEY))
        other = _BEGIN.search(data, begin.end(), end.start()) if end is not None else None
        if end is not None and other is None and _has_body(data[begin.end() : end.start()]):
            done = end.end()
            yield "private-key", begin.start(), done
            continue
        body = _BODY.match(data, begin.end())
        if body is not None and _has_body(data[begin.end() : body.end()]):
            done = begin.end() + len(data[begin.end() : body.end()].rstrip())
            yield "private-key", begin.start(), done
    for tail in _TAIL.finditer(data):
        if tail.start() >= done:
            yield "private-key", *tail.span()


def _has_body(body: bytes) -> bool:
    """Is there key material: a run of base64 that is no stand-in?"""
    text = body.replace(b"\\n", b"").decode("ascii")
    packed = "".join(c for c in text if c.isalnum() or c in "+/=")
    return (
        len(packed) >= 24
        and _RUN.search(body) is not None
        and not stands_in(packed[:200])
        and entropy(packed) >= 3.2
    )


def _kubernetes(view: View, kind: int) -> Iterator[tuple[str, int, int]]:
    """The base64 values under `data:` of a manifest of kind Secret (`data:` within 2,000 characters of
    it).
    """
    data = view.data
    for block in _DATA.finditer(data):
        if abs(block.start() - kind) > 2000:
            continue
        stop = data.find(b"\n---", block.end())
        for entry in _ENTRY.finditer(
            data, block.end(), min(len(data), block.end() + 4000) if stop < 0 else stop
        ):
            value = entry.group(1)
            try:
                decoded = base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                continue
            if len(decoded) >= 4 and not stands_in(decoded.decode("latin-1")):
                yield "kubernetes-secret", *entry.span(1)
