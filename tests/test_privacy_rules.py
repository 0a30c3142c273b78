"""Each rule finds its own true samples and leaves its own false ones alone; offsets are the original's."""

from __future__ import annotations

import importlib

import pytest
from privacy_support import CUSTOMERS, PUBLISH, covered, shipped, shown, unmarked

from bot.rules.privacy import Context

MODULES = (
    "cues",
    "names",
    "network",
    "mail",
    "ip",
    "phone",
    "links",
    "assets",
    "contract",
    "people",
    "structure",
    "unknown",
)


def _samples(attribute: str) -> list[tuple[str, str]]:
    found = []
    for name in MODULES:
        module = importlib.import_module(f"bot.rules.privacy.{name}")
        found += [(name, sample) for sample in getattr(module, attribute)]
    return found


@pytest.mark.parametrize(("module", "sample"), _samples("MATCHES"))
def test_finds_its_true_samples(module: str, sample: str) -> None:
    """Every marked range is covered by findings, to the last character."""
    text, spans = unmarked(sample)
    findings = shipped().scan(text, Context("publish", CUSTOMERS[:2], CUSTOMERS))
    assert [] == [text[s:e] for s, e in spans if not covered((s, e), findings)], shown(text, findings)


@pytest.mark.parametrize(("module", "sample"), _samples("IGNORES"))
def test_leaves_its_false_samples_alone(module: str, sample: str) -> None:
    """A look-alike brings no finding at all, not even a warning."""
    assert [] == shown(sample, shipped().scan(sample, PUBLISH))


@pytest.mark.parametrize(
    ("text", "kind", "publish", "watch"),
    [
        pytest.param("mail jane.roe@quandel.io now", "email", "block", "warn", id="email"),
        pytest.param("host=db-01.eu.quandel.local", "host", "block", "warn", id="host"),
        pytest.param("from 172.18.81.155:443", "ip_private", "warn", "warn", id="private-ip"),
        pytest.param("egress is 52.18.44.91", "ip_public", "block", "warn", id="public-ip"),
        pytest.param("for Oakhaven Bank", "customer_other", "block", None, id="another-customer"),
        pytest.param("they are at $94k ARR", "contract", "block", "block", id="contract"),
        pytest.param("> we cannot see it", "quote", "block", None, id="quote"),
        pytest.param(
            "![](https://github.com/user-attachments/assets/1)", "image", "block", None, id="picture"
        ),
        pytest.param(
            "https://github.com/sourcegraph/customer/files/1/x.zip",
            "private_asset",
            "block",
            "block",
            id="asset",
        ),
        pytest.param("Thanks, Priya!", "person_first", "warn", "warn", id="first-name"),
        pytest.param("Qaundel is down", "customer_typo", "warn", None, id="typo"),
    ],
)
def test_severity_depends_on_the_mode(text: str, kind: str, publish: str, watch: str | None) -> None:
    """Publishing is strict; watching reports secrets, customers, contracts and private assets as blocks."""
    for mode, expected in (("publish", publish), ("watch", watch)):
        context = Context(mode, CUSTOMERS[:1] if mode == "publish" else (), CUSTOMERS)  # type: ignore[arg-type]
        found = {f.severity for f in shipped().scan(text, context) if f.kind == kind}
        assert ({expected} if expected else set()) == found


def test_watching_names_a_customer_without_labels() -> None:
    """A public issue has no customer labels; every known customer is a leak there."""
    found = shipped().scan("Oakhaven Bank sees this", Context("watch", (), CUSTOMERS))
    assert [("customer", "block")] == [(f.kind, f.severity) for f in found]


def test_a_long_adversarial_text_is_scanned_in_linear_time() -> None:
    """Ten times the text takes about ten times as long, whatever it repeats."""
    import time

    for piece in (
        "a@",
        "1.",
        "> ",
        "http://a.",
        "password=",
        "Aa ",
        "%41",
        "-----BEGIN PRIVATE KEY-----\n",
        "eyJ",
        "::",
        "((((",
        "customer/",
    ):
        took = []
        for size in (4_000, 40_000):
            text = (piece * (size // len(piece) + 1))[:size]
            start = time.process_time()
            shipped().scan(text, PUBLISH)
            took.append(time.process_time() - start)
        assert took[1] < 40 * took[0] + 0.05, piece
