"""Redaction: what blocks becomes a placeholder, and the result scans clean, whatever the text was."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from privacy_support import CUSTOMERS, PUBLISH, WATCH, covered, shipped, shown

from bot.rules.privacy import Context, External, fingerprint, redact
from bot.rules.privacy.secrets.shape import sample_of

TOKEN = sample_of("sgp_local_<h40>")
PRIVATE = (
    "Quandel",
    "Oakhaven Bank",
    "jane.roe@quandel.io",
    "https://git.quandel.internal/team/repo",
    "git.quandel.internal/team/repo.git",
    "52.18.44.91",
    "+44 20 7946 1234",
    "$348,000 ARR",
    "their contract ends on June 30",
    "Reported by Siobhan McKeever",
    "> our words\n> more words",
    f"token={TOKEN}",
    "arn:aws:iam::482915730164:role/X",
    "CN=Marta Nowak,OU=Eng,DC=quandel,DC=corp",
    "![x](https://github.com/user-attachments/assets/1)",
    "<!-- Quandel pays $90k ARR -->",
)
PLAIN = (
    *("Search is slow", "`gitserver-0`", "version 5.3.1", "\n", "\n\n", " ", "```", "- a", "|"),
    *("(", ")", "@", ":", "/", "*", "<", ">", "https://"),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from((*PRIVATE, *PLAIN)), max_size=14), st.sampled_from(("", " ", "\n")))
def test_a_redacted_text_has_no_block(pieces: list[str], glue: str) -> None:
    """However pieces are put together, the result never blocks; a second redaction changes nothing."""
    redacted = redact(shipped(), glue.join(pieces), PUBLISH)
    assert [] == [f for f in shipped().scan(redacted.text, PUBLISH) if f.severity == "block"]
    assert redacted.text == redact(shipped(), redacted.text, PUBLISH).text


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=120), st.sampled_from(PRIVATE))
def test_no_text_around_hides_a_private_piece(around: str, private: str) -> None:
    redacted = redact(shipped(), f"{around}\n\n{private}\n\n{around}", PUBLISH)
    assert [] == [f for f in shipped().scan(redacted.text, PUBLISH) if f.severity == "block"]


def test_the_same_value_has_the_same_placeholder() -> None:
    text = "git.quandel.internal and git2.quandel.internal, again GIT.quandel.internal; Quandel and quandel"
    assert (
        "[host] and [host-2], again [host]; [customer] and [customer]"
        == redact(shipped(), text, PUBLISH).text
    )


def test_warnings_stay_and_are_named() -> None:
    """Warnings are acknowledged by people; redaction leaves them unless asked."""
    redacted = redact(shipped(), "Thanks, Priya! Quandel is fine.", PUBLISH)
    assert "Thanks, Priya! [customer] is fine." == redacted.text
    assert ["Priya"] == [redacted.text[f.start : f.end] for f in redacted.warnings]
    assert (
        "Thanks, [person]! [customer] is fine."
        == redact(shipped(), "Thanks, Priya! Quandel is fine.", PUBLISH, severities=("block", "warn")).text
    )


def test_what_another_scanner_saw_is_redacted_too() -> None:
    text = "key kZ83hfPqLmR2 here"
    assert (
        "key [secret] here"
        == redact(shipped(), text, PUBLISH, external=[External("kingfisher:x", 4, 16)]).text
    )


def test_another_scanner_does_not_repeat_or_invent() -> None:
    """What we found already is one finding; a placeholder is none."""
    text = f"token={TOKEN} and password=REDACTED"
    at = text.index("REDACTED")
    found = shipped().scan(text, PUBLISH, [External("k", 6, 6 + len(TOKEN)), External("k", at, at + 8)])
    assert [("sourcegraph-access-token", TOKEN)] == shown(text, found)


@pytest.mark.parametrize(("before", "found"), [("commit ", 0), ("trace=", 0), ("at ", 0), ("my token: ", 1)])
def test_another_scanner_does_not_make_a_commit_a_secret(before: str, found: int) -> None:
    """A bare hash counts only where it is given as a secret, whoever saw it."""
    digest = sample_of("<h40>")
    seen = External("k", len(before), len(before) + len(digest))
    assert found == len(shipped().scan(before + digest, WATCH, [seen]))


def test_another_scanner_does_not_make_a_picture_a_secret() -> None:
    """The token in a picture's link is GitHub's own; when watching, pictures are left alone."""
    url = "https://private-user-images.githubusercontent.com/1/2-a.png?jwt=eyJabc.eyJdef.ghi"
    at = url.index("eyJabc")
    assert () == shipped().scan(url, WATCH, [External("k", at, len(url))])


def test_a_fingerprint_names_a_value_of_an_issue_and_needs_the_key() -> None:
    """Spelling variants of one value are one; another issue, key or value is another."""
    text = "Ｑuandel, Quandel, Oakhaven Bank"
    one, two, three = shipped().scan(text, PUBLISH)
    assert fingerprint(b"k", "o/r#1", text, one) == fingerprint(b"k", "o/r#1", text, two)
    others = {
        fingerprint(b"k", "o/r#1", text, three),
        fingerprint(b"k2", "o/r#1", text, one),
        fingerprint(b"k", "o/r#2", text, one),
    }
    assert 3 == len(others)
    assert fingerprint(b"k", "o/r#1", text, one) not in others


def _entities(value: str) -> str:
    return "".join(f"&#{ord(c)};" if i % 3 == 1 else c for i, c in enumerate(value))


DISGUISES = {
    "entities": _entities,
    "hex-entities": lambda v: "".join(f"&#x{ord(c):x};" for c in v),
    "percent": lambda v: "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in v),
    "zero-width": lambda v: "\u200b".join(v),
    "soft-hyphens": lambda v: "\u00ad".join(v),
    "full-width": lambda v: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in v),
    "cyrillic": lambda v: v.replace("a", "а").replace("e", "е"),
    "combining": lambda v: "".join(c + "\u0301" if c in "aeiou" else c for c in v),
    "escaped": lambda v: "".join("\\" + c if c in ".-_" else c for c in v),
    "bold-inside": lambda v: v[:3] + "**" + v[3:6] + "**" + v[6:] if v[:7].isalpha() else v,
    "comment-inside": lambda v: v[:2] + "<!-- -->" + v[2:],
    "upper": str.upper,
    "hidden": lambda v: f"<!-- {v} -->",
    "link-title": lambda v: f'[a](https://docs.sourcegraph.com "{v}")',
    "code": lambda v: f"`{v}`",
    "fence": lambda v: f"```\n{v}\n```",
    "table": lambda v: f"| a | {v} |",
    "crlf": lambda v: f"a\r\n{v}\r\nb",
    "json": lambda v: '{"k": "' + v + '"}',
    "escaped-json": lambda v: '{\\"k\\": \\"' + v + '\\"}',
}


@pytest.mark.parametrize("value", ["Quandel", "jane.roe@quandel.io", "db-01.eu.quandel.local", "52.18.44.91"])
@pytest.mark.parametrize("disguise", sorted(DISGUISES))
def test_a_disguise_does_not_help(value: str, disguise: str) -> None:
    """Encoded, hidden, decorated: what a reader can read is found, whole."""
    written = DISGUISES[disguise](value)
    text = f"We saw {written} today."
    blocks = tuple(f for f in shipped().scan(text, PUBLISH) if f.severity == "block")
    start = text.index(written)
    inner = written.find(value)
    span = (start + inner, start + inner + len(value)) if inner >= 0 else (start, start + len(written))
    assert covered(span, blocks), shown(text, blocks)


@pytest.mark.parametrize(
    "disguise", ["[at]", "(at)", " at ", "[@]", " @ ", " [AT] ", "&commat;", "＠", "%40"]
)
@pytest.mark.parametrize("dot", [".", "[.]", "(dot)", " dot ", "&period;"])
def test_disguised_addresses_are_found(disguise: str, dot: str) -> None:
    text = f"write jane.roe{disguise}quandel{dot}io please"
    assert {"email"} <= {f.kind for f in shipped().scan(text, PUBLISH)}


@pytest.mark.parametrize("encode", [lambda v: base64.b64encode(v).decode(), lambda v: v.hex()])
@pytest.mark.parametrize(
    "value",
    ["mail jane.roe@quandel.io now", "see https://git.quandel.internal/x", "customer is Quandel, sorry"],
)
def test_private_data_inside_base64_and_hexadecimal_is_found(value: str, encode: object) -> None:
    encoded = encode(value.encode())  # type: ignore[operator]
    blocks = tuple(f for f in shipped().scan(f"payload {encoded} end", PUBLISH) if f.severity == "block")
    assert covered((8, 8 + len(encoded)), blocks)


@pytest.mark.parametrize(
    "identifier",
    [
        *(
            "quandel_prod",
            "QUANDEL_TOKEN",
            "getQuandelUsers",
            "QuandelClient",
            "svc-quandel-db",
            "ns/quandel",
        ),
        *("feature/quandel-fix", "x.quandel.y", "oakhaven-bank-1", "OakhavenBankError", "oakhavenbank"),
        "oakhaven_bank_url",
    ],
)
def test_names_inside_identifiers_are_found(identifier: str) -> None:
    blocks = [f for f in shipped().scan(f"see `{identifier}` there", PUBLISH) if f.severity == "block"]
    assert blocks


def test_a_thousand_customers_do_not_change_the_answer() -> None:
    many = tuple(f"customer/{sample_of('<a9>', str(i)).lower()}" for i in range(1000))
    text = "Quandel asked; see git.quandel.internal"
    few = shipped().scan(text, WATCH)
    assert few == shipped().scan(text, Context("watch", (), CUSTOMERS + many))
