"""The normal form reads what people see, and every range of it leads back to the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.privacy.normalise import normalise


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("Ünal", "Unal", id="accent"),
        pytest.param("U\u0308nal", "Unal", id="combining-mark"),
        pytest.param("Qu\u200ban\u00addel", "Quandel", id="zero-width-and-soft-hyphen"),
        pytest.param("Ｖｅｌｔｒｉｘ", "Veltrix", id="full-width"),
        pytest.param("Vеltrix", "Veltrix", id="cyrillic-look-alike"),
        pytest.param("мир", "мир", id="cyrillic-word-stays"),
        pytest.param("jane&#64;acme&period;com", "jane@acme.com", id="entities"),
        pytest.param("https%3A%2F%2Fgit%2Eacme", "https://git.acme", id="percent"),
        pytest.param("100% of %zz and %", "100% of %zz and %", id="no-percent-encoding"),
        pytest.param("%2540", "@", id="encoded-twice"),
        pytest.param("git\\.acme\\_x", "git.acme_x", id="markdown-escapes"),
        pytest.param("git[.]acme[dot]com", "git.acme.com", id="defanged-dots"),
        pytest.param("jane [at] acme", "jane@acme", id="spelled-at"),
        pytest.param("hxxps://a", "https://a", id="defanged-scheme"),
        pytest.param("Ac**me**, **Acme**", "Acme**, **Acme**", id="emphasis-inside-a-word"),
        pytest.param("Ac<!-- -->me and Ac<wbr>me", "Acme and Acme", id="comments-and-tags-inside-a-word"),
        pytest.param("İstanbul", "Istanbul", id="dotted-capital-i"),
        pytest.param("Straße", "Strasse", id="sharp-s"),
        pytest.param("\\u0041cme", "Acme", id="unicode-escape"),
    ],
)
def test_reads_what_people_see(written: str, read: str) -> None:
    assert read == normalise(written).text


@given(st.text(max_size=200))
def test_ranges_lead_back_into_the_original(text: str) -> None:
    """Origins are ordered, inside the text, and never empty for a character."""
    view = normalise(text)
    assert len(view.data) == len(view.text) == len(view.low)
    last = 0
    for at in range(len(view.text)):
        start, end = view.origin(at, at + 1)
        assert last <= start < end <= len(text)
        last = start


@given(st.text(alphabet="abcABC .-_@/:", max_size=80), st.sampled_from(["Quandel", "jane.roe@quandel.io"]))
def test_plain_text_is_its_own_normal_form(around: str, inside: str) -> None:
    text = f"{around} {inside} {around}"
    view = normalise(text)
    at = view.text.index(inside, len(around))
    assert inside == text[slice(*view.origin(at, at + len(inside)))]
