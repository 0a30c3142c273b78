"""Floor 1: secrets known by what they are given to: `password = …`, `Authorization: Bearer …`,
`://user:pass@`.

The value decides as much as the key: it needs entropy, more than one class of characters, and must not read
like words, a variable or a placeholder. That is what keeps public texts quiet.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Set

import re2

from bot.rules.privacy.normalise import View
from bot.rules.privacy.secrets.anchored import Anchored, Try, span_of
from bot.rules.privacy.secrets.looks import entropy, mixed, readable, stands_in

#: between a key and its value: closers, an operator of some language, openers
_GIVEN = (
    rb"""(?:\\?["'`]|\]|\)|[ \t\r\n]){0,6}(?:={1,3}>?|:{1,4}=?|>|\|\||\?=|\+=|\.=|,|\b(?i:is|was|=is|set """
    rb"""to)\b)"""
    rb"""(?:[ \t\r\n]|\\?["'`]|=|\(|\[|\$'|[|>][+-]?[ \t]*\n|(?i:new )?[A-Z]\w{2,20}\()*"""
)
_TOKEN = re2.compile(
    rb"""[\w.\-]{0,40}(?:[ \t]\w{1,12}){0,2}?"""
    + _GIVEN
    + rb"""((?:[\w.=+/~-]|%[0-9A-F]{2}){8,})(?:[`'"\s;,)}\]<\\&:|]|$)"""
)
_PASSWORD = re2.compile(
    rb"""[\w.\-]{0,40}(?:[ \t](?i:for|of)[ \t]\w{1,20}){0,1}?""" + _GIVEN + rb"""([^\s"'`<>]{4,100})"""
)
_PASSWORD_QUOTED = re2.compile(rb"""[\w.\-]{0,40}""" + _GIVEN + rb"""([^\r\n"'`]{6,100})["'`]""")
_XML_VALUE = re2.compile(rb"""[\w.\-]{0,20}["'][ \t]+value[ \t]*=[ \t]*["']([^"'\r\n]{6,100})["']""")
_SCHEME = re2.compile(
    rb"""(?i:bearer|token|basic|apikey|api-token|digest|negotiate)[ \t]+(?:\w{1,12}=)?["'`]?([\w=~.+/"""
    rb"""-]{8,})"""
)
_USERINFO = re2.compile(rb"""://([^\s/@:"'<>()\[\]{}]{0,100}):([^\s/@"'<>]{2,200})@[\w.\-\[$*{<]""")
_LONE_USERINFO = re2.compile(rb"""://([\w.~-]{16,255})@[\w.\-]""")
_CURL_USER = re2.compile(
    rb"""(?:-u|--user)(?:[= \t]{1,5})?(?:"[^":\s]{0,80}:([^"]{3,120})"|'[^':\s]{0,80}:([^']{3,120})'"""
    rb"""|[^\s:"']{0,80}:([^\s"']{3,120}))"""
)
_NETRC = re2.compile(rb"""machine\s+\S{1,120}\s+login\s+\S{1,120}\s+password\s+(\S{4,200})""")
_SIDEKIQ = re2.compile(rb"(?i)://([0-9a-f]{8}:[0-9a-f]{8})@(?:gems|enterprise)\.contribsys\.com")
_COOKIE = re2.compile(rb"[\w.]{0,12}=([\w%+/=.|-]{24,})(?:[;\s\"'`,)]|$)")
_KEY_NAME = re2.compile(
    r"auth(?:ors?(?:[^i]|$)|ority|enticat)|access(?:ib|or|ed|es|[_.-]?(?:log|level|mode|control|time|list|request"
    r"|point|id))"
    r"|key(?:board|word|ring|store|frame|stroke|press|code|note|s$|up$|down$|[_.-]?(?:id$|ids|name|length"
    r"|size|type"
    r"|path|file|alias|pair|space|vault|hash|ref|usage|fingerprint))"
    r"|(?:primary|foreign|public|pub|cache|partition|sort|index|idx|sequence|composite|unique|hot|row"
    r"|object|storage"
    r"|group|routing|shard|idempotency|dedup|lookup|issue|project|natural|schema|bucket|candidate|host"
    r"|known|gpg|pgp"
    r"|event|metric|config|setting|redis|query|search|sub|translation|i18n|hot|short|map|dict|react)[_. "
    r"-]?keys?"
    r"|monkey|turkey|donkey|hockey|jockey|whiskey"
    r"|tokens$|token[_.-]?(?:type|count|limit|ur[li]|endpoint|id$|name|length|budget|iz|file|path|exp|ttl"
    r"|usage|kind)"
    r"|(?:max|num|total|input|output|prompt|completion|used|csrf|xsrf|next|page|continuation|cursor|sync"
    r"|cancellation|lexical|syntax)[_.-]?tokens?"
    r"|secret[_.-]?(?:name|ref|key[_.-]?ref|id$|path|store|type|length|size|manager|version|scan)|secrets$"
    r"|pass(?:word|wd)?[_.-]?(?:file|hash|reset|policy|length|ur[li]|less|expir|manager|strength|min|max)"
    r"|passwords$"
    r"|api[_.-]?(?:ur[li]|host|endpoint|name|group|path|doc|server|version|id$)|apis$|rapid|capital|therap"
    r"|credential[_.-]?(?:id|helper|type|file|name)|credentials?[_.-]?ur[li]|withcredential"
    r"|public|fingerprint|checksum|digest|integrity|commit|revision|etag|keyless|trace|span|request[_.-]?id"
)
_STRONG = re2.compile(
    r"passw|pwd|passphrase|secret|token|api[_. -]?key|access[_. -]?key|auth[_. -]?key|private[_. -]?key"
    r"|credential"
    r"|authorization|licen[sc]e[_. -]?key|master[_. -]?key|encryption[_. -]?key|signing[_. -]?key"
    r"|account[_. -]?key"
    r"|client[_. -]?key"
)
_UUID = re2.compile(rb"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$")
_HEX = re2.compile(rb"^(?:0x)?[0-9a-fA-F]+$")
_NO_SECRET = re2.compile(
    rb"^(?:v?\d+(?:\.\d+)+[\w.+-]*|\d{4}-\d\d-\d\d.*|[\d.,:+-]+|[a-z]+\.[a-z]+(?:\.[a-z]+)*"
    rb"|\w+\.\w+\.\w+\.\w+(?:\.\w+)*"
    rb"|[\w./-]+\.(?:go|ts|tsx|js|py|md|json|ya?ml|sh|txt|html?|css|java|rb|rs|log|pem|crt|key|conf|toml"
    rb"|lock|sql)"
    rb"|sha(?:1|256|512)[-:].*|ssh-(?:rsa|ed25519).*|\.{0,2}/.*|[A-Z][A-Z_]+|[a-z]+(?:[A-Z][a-z]+)+\d?"
    rb"|[a-z_]+|[a-z-]+)$"
)
_LEFT = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")


def generic_rules(vocabulary: Set[str]) -> list[Anchored]:
    """The rules for assigned values, with the words that public texts use (so that names in code are no
    secrets).
    """
    keys = (
        "token",
        "secret",
        "key",
        "credential",
        "creds",
        "auth",
        "access",
        "api",
        "signature",
        "session",
        "jwt",
    )
    return [
        Anchored("assigned-token", keys, _assigned(vocabulary)),
        Anchored("assigned-password", ("passw", "pwd", "passphrase", "passcode"), _password(vocabulary)),
        Anchored(
            "authorization-header", ("bearer", "authorization", "basic", "token"), _authorization(vocabulary)
        ),
        Anchored("url-credentials", ("://",), _url_credentials(vocabulary)),
        Anchored("curl-user", ("-u", "--user"), _curl_user),
        Anchored(
            "session-cookie",
            ("sgs=", "sessionid=", "_session="),
            _simple(_COOKIE, _random),
        ),
        Anchored("sidekiq-url", ("://",), _simple(_SIDEKIQ, lambda _: True)),
        Anchored(
            "netrc", ("machine",), _simple(_NETRC, lambda v: not stands_in(v) and not readable(v, vocabulary))
        ),
    ]


def _random(value: str) -> bool:
    return entropy(value) >= 3.5


def _simple(pattern: re2._Regexp[bytes], good: Callable[[str], bool]) -> Try:
    """A rule whose pattern stands at its keyword and whose value passes a test."""

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        match = pattern.match(view.data, at)
        if match is None:
            return None
        start, end = span_of(match)
        return (start, end) if good(view.text[start:end]) else None

    return attempt


def _identifier(view: View, at: int, until: int) -> str:
    """The whole key a keyword stands in, in lower case: up to 50 characters to the left, to the operator
    on the right.
    """
    data = view.data
    start = at
    while start > 0 and at - start < 50 and data[start - 1] in _LEFT:
        start -= 1
    return view.low[start:until]


def _assigned(vocabulary: Set[str]) -> Try:
    """`api_key: …`, `"accessToken" => "…"`: a random-looking value given to something that keeps secrets."""

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        match = _TOKEN.match(view.data, at)
        if match is None or view.low.endswith(".svg?", 0, at):
            return None  # badges carry a token that only reads the badge
        start, end = span_of(match)
        raw = view.data[start:end].rstrip(b".")
        end = start + len(raw)
        key = _identifier(view, at, start)
        if len(raw) < 8 or _KEY_NAME.search(key.rstrip("\"'`=:> \t\r\n([")):
            return None
        value = view.text[start:end]
        strong = _STRONG.search(key) is not None
        if _NO_SECRET.match(raw) or stands_in(value):
            return None
        if not any(48 <= c < 58 for c in raw):
            letters = strong and len(raw) >= 20 and raw.isalpha() and not raw.islower() and not raw.isupper()
            return (
                (start, end) if letters and entropy(value) >= 4 and not readable(value, vocabulary) else None
            )
        if _UUID.match(raw) or _HEX.match(raw):
            return (start, end) if strong and len(raw) >= 16 and entropy(value) >= 2.8 else None
        if len(raw) < 10 or entropy(value) < (3.2 if strong else 3.6) or not mixed(value):
            return None
        return None if readable(value, vocabulary) else (start, end)

    return attempt


def _password(vocabulary: Set[str]) -> Try:
    """`PGPASSWORD=…`, `"password": "…"`, "the password is …"."""

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        for pattern in (_XML_VALUE, _PASSWORD_QUOTED, _PASSWORD):
            match = pattern.match(view.data, at)
            if match is None:
                continue
            start, end = span_of(match)
            while end > start and view.data[end - 1] in b",;.)]}\\&|":
                end -= 1
            value = view.text[start:end]
            key = _identifier(view, at, start).rstrip("\"'`=:> \t\r\n([")
            if pattern is _XML_VALUE and len(value) >= 8 and not stands_in(value):
                return start, end
            if len(value) >= 6 and not _KEY_NAME.search(key) and _passwordly(value, vocabulary):
                return start, end
        return None

    return attempt


def _passwordly(value: str, vocabulary: Set[str]) -> bool:
    """Would somebody use this as a password: mixed characters, no call, no path, no words, no placeholder."""
    if stands_in(value) or not mixed(value) or any(c in value for c in "(){}[]<>") or value.count(" ") > 1:
        return False
    if " " in value and not any(c.isdigit() for c in value):
        return False
    if _NO_SECRET.match(value.encode("ascii", "replace")):
        return False
    if readable(value, vocabulary) and not _composed(value):
        return False
    return any(c.isdigit() for c in value) or (
        entropy(value) >= 2.8 and not value.replace("-", "").replace("_", "").isalpha()
    )


def _composed(value: str) -> bool:
    """`thisIsDog11`, `Sommer2024!`: words, but made up as password rules ask for (and not "Password1")."""
    low = value.lower()
    if len(value) < 8 or any(
        word in low for word in ("pass", "secret", "token", "test", "admin", "user", "key")
    ):
        return False
    kinds = (str.isupper, str.islower, str.isdigit)
    return all(any(kind(c) for c in value) for kind in kinds) and not any(c in value for c in "._-/: ")


def _authorization(vocabulary: Set[str]) -> Try:
    """`Authorization: Bearer …`, `Authorization: Basic …`, `Authorization: …`."""

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        header = view.low.startswith("authorization", at)
        place = at
        if header:
            place += len("authorization")
            while place < len(view.data) and view.data[place] in b" \t:=\"'\\,":
                place += 1
        match = _SCHEME.match(view.data, place)
        if match is None:
            return None
        start, end = span_of(match)
        while end > start and view.data[end - 1] in b".":
            end -= 1
        value = view.text[start:end]
        if view.low.startswith("basic", place):
            return (start, end) if _basic(value) else None
        if (
            view.low.startswith("token", place)
            and not header
            and not (len(value) >= 32 and _HEX.match(value.encode()))
        ):
            return None
        least = 8 if header else 16
        if (
            len(value) < least
            or stands_in(value)
            or not any(c.isdigit() for c in value)
            or entropy(value) < 2.75
        ):
            return None
        return None if readable(value, vocabulary) else (start, end)

    return attempt


def _basic(value: str) -> bool:
    """Is the value base64 of `user:password`?"""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    _name, colon, password = decoded.partition(b":")
    if not colon or len(password) < 3 or not all(32 <= c < 127 for c in decoded):
        return False
    return not stands_in(password.decode())


def _url_credentials(vocabulary: Set[str]) -> Try:
    """`postgres://user:password@host` and `https://<token>@host`; the value is the password alone."""

    def attempt(view: View, at: int) -> tuple[int, int] | None:
        match = _USERINFO.match(view.data, at)
        if match is not None:
            start, end = span_of(match, 2)
            value = view.text[start:end]
            user = view.low[slice(*span_of(match, 1))]
            if stands_in(value) or value.lower() == user or readable(value, vocabulary):
                return None
            return (start, end) if len(value) >= 5 or (len(value) >= 3 and mixed(value)) else None
        match = _LONE_USERINFO.match(view.data, at)
        if match is None:
            return None
        start, end = span_of(match)
        value = view.text[start:end]
        if (
            stands_in(value)
            or readable(value, vocabulary)
            or not any(c.isdigit() for c in value)
            or entropy(value) < 3
        ):
            return None
        return start, end

    return attempt


def _curl_user(view: View, at: int) -> tuple[int, int] | None:
    """`curl -u user:password`; only on a line that calls curl (or the one before it)."""
    if at == 0 or view.data[at - 1] not in b" \t\n\r" or "curl" not in view.low[max(0, at - 500) : at]:
        return None
    match = _CURL_USER.match(view.data, at)
    if match is None:
        return None
    group = next(i for i in (1, 2, 3) if match.span(i) != (-1, -1))
    start, end = span_of(match, group)
    value = view.text[start:end]
    if stands_in(value) or value.lower() in (
        "password",
        "passwd",
        "pass",
        "pwd",
        "test",
        "token",
        "changeit",
    ):
        return None
    return start, end
