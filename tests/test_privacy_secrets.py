"""Secrets: every format of the tables is found as people paste it; what stands in for a secret is not.

No sample is written down: each is made from its format when the test runs.
"""

from __future__ import annotations

import base64
import json
from functools import cache

import pytest
from privacy_support import PUBLISH, WATCH, covered, shipped, shown

from bot.rules.privacy.secrets.looks import entropy, readable, stands_in
from bot.rules.privacy.secrets.providers import PROVIDERS
from bot.rules.privacy.secrets.shape import keyword_of, pattern_of, sample_of
from bot.rules.privacy.secrets.tokens import TOKENS

SHAPES = [(token.id, shape) for token in TOKENS for shape in token.shapes]
GIVEN = [(id_, names[0], shape) for id_, names, shapes in PROVIDERS for shape in shapes]
PASTED = (
    "{s}",
    "token {s} rejected with 401",
    '"apiKey": "{s}",',
    "x={s}\n",
    "`{s}`",
    "<{s}>",
    "export TOKEN={s};",
    "'{s}'",
    "({s})",
)
# the ways configuration files and languages give a value to a name
ASSIGNED = (
    '{i}Token = "{s}"',
    "{i}_token: {s}",
    '"{i}_token": "{s}",',
    "{i}_TOKEN={s}",
    ('var {i}Token string = "{s}"'),
    '{i}Token := "{s}"',
    "{i}Token := `{s}`",
    'String {i}Token = "{s}";',
    "const {i}Token = '{s}'",
    '${i}Token .= "{s}"',
    '"{i}_token" => "{s}"',
    '{i}_TOKEN ::= "{s}"',
    "{i}_TOKEN ?= {s}",
    'System.setProperty("{i}_TOKEN", "{s}")',
    "<{i}Token>{s}</{i}Token>",
    "{i}.token = {s}",
    "{i}Token='{s}'",
    'string {i}Token = "{s}";',
    "export {i}_TOKEN={s}",
    "--{i}-token={s}",
)


@cache
def _secrets(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((f.start, f.end) for f in shipped().scan(text, WATCH) if f.kind == "secret")


def _good(shape: str) -> str:
    """A sample that a random token would be like: enough entropy, no stand-in by chance, a digit."""
    for seed in range(20):
        sample = sample_of(shape, str(seed))
        if not stands_in(sample) and entropy(sample) > 3.2 and any(c.isdigit() for c in sample):
            return sample
    return sample_of(shape)


@pytest.mark.parametrize(("id_", "shape"), SHAPES)
def test_every_token_format_is_found_as_people_paste_it(id_: str, shape: str) -> None:
    """Bare, quoted, assigned, in prose: the whole token is covered."""
    secret = _good(shape)
    for pasted in PASTED:
        text = pasted.format(s=secret)
        start = text.index(secret)
        assert covered((start, start + len(secret)), shipped().scan(text, WATCH)), (id_, pasted)


@pytest.mark.parametrize(("id_", "name", "shape"), GIVEN)
def test_every_provider_is_found_in_every_language(id_: str, name: str, shape: str) -> None:
    """A value without a mark of its own counts where the provider's name is given it."""
    secret = _good(shape)
    missed = []
    for assigned in ASSIGNED:
        text = assigned.replace("{i}", name).replace("{s}", secret)
        start = text.rindex(secret)
        if not any(s <= start and end >= start + len(secret) for s, end in _secrets(text)):
            missed.append(assigned)
    assert [] == missed


@pytest.mark.parametrize("shape", [s for t in TOKENS if t.id.startswith("sourcegraph") for s in t.shapes])
@pytest.mark.parametrize(
    "wrap",
    [
        "{s}",
        "src login: {s}.",
        '{{"token":"{s}"}}',
        "Authorization: token {s}",
        "https://{s}@sourcegraph.example.com/x",
    ],
)
def test_sourcegraphs_own_formats_are_always_found(shape: str, wrap: str) -> None:
    for seed in "abc":
        secret = sample_of(shape, seed)
        assert _secrets(wrap.format(s=secret)), shape


HEX40 = "<h40>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SRC_ACCESS_TOKEN={s}", True),
        ('"accessToken": "{s}"', True),
        ("Authorization: token {s}", True),
        ("my access token is {s}", True),
        ("commit {s}", False),
        ("at {s}", False),
        ("git checkout {s}", False),
        ("sha: {s}", False),
        ("https://github.com/sourcegraph/sourcegraph/commit/{s}", False),
        ("cacheKey: {s}", False),
        ("revision={s}", False),
    ],
)
def test_forty_hex_digits_are_a_token_only_when_given_as_one(text: str, found: bool) -> None:
    """A bare 40-hex is a commit far more often than a token."""
    assert found == bool(_secrets(text.format(s=sample_of(HEX40))))


def _key(kind: str, lines: int = 8, end: bool = True) -> str:
    body = "\n".join(sample_of("<B64>", str(i)) for i in range(lines))
    close = f"\n-----END {kind}PRIVATE " + "KEY-----" if end else ""
    return f"-----BEGIN {kind}PRIVATE " + f"KEY-----\n{body}{close}"


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED ", "PGP "])
def test_private_keys_are_found_whole_truncated_and_quoted(kind: str) -> None:
    """With and without the END line, as JSON, in a quote block, and in base64."""
    key = _key(kind)
    for text in (
        key,
        _key(kind, 3, end=False),
        json.dumps({"key": key}),
        "> " + key.replace("\n", "\n> "),
        base64.b64encode(key.encode()).decode(),
    ):
        spans = _secrets(f"see\n{text}\n")
        assert spans, text[:40]
        assert spans[0][1] - spans[0][0] >= 0.8 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "password: {s}",
        "PGPASSWORD={s}",
        'the password is "{s}"',
        "db_password = '{s}'",
        "<password>{s}</password>",
        '<add key="ClearTextPassword" value="{s}" />',
        "postgres://sg:{s}@db.example.com:5432/sg",
        "curl -u admin:{s} https://x.example.com",
        "machine git.example.com login me password {s}",
        "MYSQL_PWD={s}",
        "passphrase: {s}",
    ],
)
@pytest.mark.parametrize("shape", ["<w12>", "<a4><d2>!<a3>", "<a6>#<d3>"])
def test_passwords_are_found_where_they_are_given(text: str, shape: str) -> None:
    secret = _good(shape)
    text = text.format(s=secret)
    start = text.index(secret)
    assert any(s <= start and end >= start + len(secret) for s, end in _secrets(text)), shown(
        text, shipped().scan(text, WATCH)
    )


@pytest.mark.parametrize("wrap", ["{b}", "data: {b}", "echo {b} | base64 -d", "token={b}"])
def test_secrets_inside_base64_and_hexadecimal_are_found(wrap: str) -> None:
    secret = sample_of("sgp_local_<h40>")
    for encoded in (
        base64.b64encode(secret.encode()).decode(),
        secret.encode().hex(),
        base64.urlsafe_b64encode(f"token: {secret}".encode()).decode(),
    ):
        assert _secrets(wrap.format(b=encoded)), encoded[:10]


def test_kubernetes_secrets_are_found() -> None:
    value = base64.b64encode(_good("<w16>").encode()).decode()
    assert _secrets(f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: {value}\n")


@pytest.mark.parametrize(
    "text",
    [
        "SRC_ACCESS_TOKEN=REDACTED",
        "SRC_ACCESS_TOKEN=$SRC_ACCESS_TOKEN",
        "token: ${{ secrets.TOKEN }}",
        "token=********",
        "password: ********",
        "password: <password>",
        "sgp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sgp_" + "x" * 40,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "password=getPassword()",
        "password: string",
        "password is required",
        "apiKey: process.env.API_KEY",
        "const token = await getAccessToken(user)",
        "secretKeyRef: my-secret-name",
        "postgres://sg:sg@localhost:5432/sg",
        "postgres://user:password@host/db",
        "auth.providers: [{type: 'saml'}]",
        "keyboard: shift+cmd+p",
        "tokenizer=cl100k_base",
        "max_tokens: 4096",
        "primary_key: user_id_2",
        "Authorization: Bearer <token>",
        "Authorization: token YOUR_TOKEN",
        "trace=9ad18c43-6f5a-4c9e-8e18-a5c9f80b8298",
        "X-Request-Id: 29f38e40a9f1832d10a23d85b12a815f",
        "sha256:9ccbf0876f9d9ccbf0876f9d9ccbf0876f9d9ccbf0876f9d9ccbf0876f9d9ccb",
        "commit: be1fd3eb2c36",
        "integrity sha512-abc",
        "accessToken: string | null",
        "the token expires",
        "password-reset-flow-2",
        "token: sourcegraph-access-token-1",
        "cacheKey = repoName + commitID",
        "-----BEGIN PRIVATE " + "KEY-----\n...\n-----END PRIVATE " + "KEY-----",
    ],
)
def test_what_stands_in_for_a_secret_is_none(text: str) -> None:
    """Placeholders, variables, names in code, hashes and ids are no secrets."""
    assert () == _secrets(text), shown(text, shipped().scan(text, WATCH))


def test_githubs_own_picture_tokens_are_no_secrets() -> None:
    """`private-user-images` links carry a short-lived token of GitHub's; the link is the finding."""
    jwt = (
        ".".join(
            base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
            for part in ({"alg": "HS256", "typ": "JWT"}, {"iss": "github.com", "exp": 1})
        )
        + "."
        + sample_of("<w43>")
    )
    url = f"https://private-user-images.githubusercontent.com/1/2-a.png?jwt={jwt}"
    assert {"image"} == {f.kind for f in shipped().scan(f"![x]({url})", PUBLISH)}
    assert _secrets(f"cookie {jwt}")


def test_secrets_cannot_be_acknowledged() -> None:
    found = shipped().scan(sample_of("sgp_<h40>"), PUBLISH)
    assert [False] == [f.acknowledgeable for f in found]


@pytest.mark.parametrize(
    ("shape", "pattern", "keyword"),
    [
        ("ghp_<w36>", r"ghp_[0-9A-Za-z]{36}", ("ghp_", 0)),
        ("<w6>_<w29>_mmk", r"[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk", ("_mmk", 36)),
        ("a.<d2,>", r"a\.[0-9]{2,}", ("a.", 0)),
    ],
)
def test_a_shape_is_a_pattern_and_a_keyword(shape: str, pattern: str, keyword: tuple[str, int]) -> None:
    assert (pattern, keyword) == (pattern_of(shape), keyword_of(shape))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("repoUpdaterClient", True), ("access_token_provider", True), ("kX93hfTq0pLm2", False)],
)
def test_names_in_code_read_like_words(value: str, expected: bool) -> None:
    assert expected == readable(
        value, frozenset(("repo", "updater", "client", "access", "token", "provider"))
    )
