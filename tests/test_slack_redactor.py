"""What may be shown in Slack of somebody's words: nothing unless both scanners say so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.kingfisher import ScannerUnavailable
from bot.policy.load import load_default
from bot.rules.privacy import External
from bot.slack import redactor
from bot.slack.redactor import Redactor

POLICY = load_default()
CUSTOMERS = ("customer/northmere",)


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Kingfisher, which sees nothing; the list holds what it was asked."""
    asked: list[Sequence[str]] = []

    def find(texts: Sequence[str]) -> list[tuple[External, ...]]:
        asked.append(texts)
        return [() for _ in texts]

    monkeypatch.setattr(redactor.kingfisher, "find_secrets", find)
    monkeypatch.setattr(redactor, "missing", lambda: ())
    return asked


async def test_customers_and_people_are_redacted_once(scans: list[Sequence[str]]) -> None:
    """The same words are not scanned again: a due time changes more often than they do."""
    redact = Redactor()
    texts = ("Northmere (jane@northmere.com) needs a fix", "this week")
    for _ in range(2):
        found, withheld = await redact(POLICY, texts, CUSTOMERS, CUSTOMERS)
        assert "" == withheld
        assert "northmere" not in found[0].casefold()
        assert "needs a fix" in found[0]
        assert "this week" == found[1]
    assert 1 == len(scans)


async def test_what_kingfisher_sees_is_redacted(
    scans: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        redactor.kingfisher, "find_secrets", lambda texts: [(External("k", 4, 16),) for _ in texts]
    )
    found, _ = await Redactor()(POLICY, ("Use Zq8vLm2KpXw4 please",), (), ())
    assert "Zq8vLm2KpXw4" not in found[0]


async def test_without_the_extra_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redactor, "missing", lambda: ("kingfisher-bin",))
    assert ((), "no-extra") == await Redactor()(POLICY, ("a need",), (), ())


async def test_a_scanner_that_fails_shows_nothing(
    scans: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Sequence[str]) -> list[tuple[External, ...]]:
        raise ScannerUnavailable("kingfisher failed")

    monkeypatch.setattr(redactor.kingfisher, "find_secrets", broken)
    assert ((), "scanner") == await Redactor()(POLICY, ("a need",), (), ())


async def test_words_that_are_all_private_say_nothing(scans: list[Sequence[str]]) -> None:
    _, withheld = await Redactor()(POLICY, ("jane@northmere.com",), CUSTOMERS, ())
    assert "nothing-left" == withheld


async def test_no_words_need_no_scan(scans: list[Sequence[str]]) -> None:
    assert (("", ""), "") == await Redactor()(POLICY, ("", ""), (), ())
    assert [] == scans
