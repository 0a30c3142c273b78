"""Customer names: every spelling is found; an everyday word is a customer only where something says so."""

from __future__ import annotations

import pytest
from privacy_support import covered, shipped, shown, unmarked

from bot.rules.privacy import Context
from bot.rules.privacy.names import one_slip

KNOWN = tuple(
    f"customer/{slug}"
    for slug in (
        *(
            "harbor-stone",
            "oakhaven-bank",
            "at-and-t",
            "t-mobile",
            "7-eleven",
            "ring",
            "gap",
            "delta-air-lines",
        ),
        *(
            "jpmorgan-chase",
            "booking-com",
            "northmere-gmbh",
            "hp",
            "3m",
            "unal-teknoloji",
            "oconnell-group",
            "box",
        ),
    )
)


@pytest.mark.parametrize(
    ("own", "sample"),
    [
        ("at-and-t", "«AT&T» reports errors"),
        ("t-mobile", "«T-Mobile» and «tmobile»_prod and «TMobile»"),
        ("7-eleven", "«7-Eleven» and «7Eleven»"),
        ("jpmorgan-chase", "«JPMorgan Chase», «JP Morgan Chase», «jpmorganchase.net»"),
        ("booking-com", "«Booking.com» sees it; «booking.com»"),
        ("northmere-gmbh", "«Northmere» asked, «Northmere GmbH» too, «northmere»-eu-1"),
        ("hp", "«HP»'s admin; an hp value"),
        ("3m", "«3M» reports errors after 3m"),
        ("delta-air-lines", "«Delta Air Lines» sees it; delta encoding; label «delta-air-lines»"),
        ("ring", "«Ring» upgraded; a ring buffer; «ring»-prod; «ring.com»; token ring"),
        ("gap", "«Gap» asked. There is a gap in the docs, mind the gap"),
        ("box", "«Box» reported it. A box plot. Check the box, box-sizing: border-box"),
        ("unal-teknoloji", "«Ünal Teknoloji», «ÜnalTeknoloji», «UNAL_TEKNOLOJI», «unal-teknoloji»"),
        ("oconnell-group", "«O'Connell Group», «O’CONNELL GROUP», «oconnellgroup»"),
    ],
)
def test_spellings_of_the_own_customer(own: str, sample: str) -> None:
    """Marked places are found, and no other customer name is."""
    text, spans = unmarked(sample)
    found = tuple(
        f
        for f in shipped().scan(text, Context("publish", (f"customer/{own}",), KNOWN))
        if f.severity == "block"
    )
    assert [] == [text[s:e] for s, e in spans if not covered((s, e), found)], shown(text, found)
    outside = [f for f in found if not any(s < f.end and f.start < e for s, e in spans)]
    assert [] == shown(text, tuple(outside))


@pytest.mark.parametrize(
    "text",
    [
        "a ring buffer and the token ring",
        "Ring buffers are circular.",
        "mind the gap",
        "class DateBox extends Box {}",
        "['Gap', 'Ring', 'Box']",
        "make box-sizing: border-box",
        "delta air lines up with alpha",
        "waited 3m for hp values",
        "the booking.completed event",
        "github.com/ring-clojure/ring",
    ],
)
def test_everyday_words_in_public_are_no_customers(text: str) -> None:
    found = shipped().scan(text, Context("watch", (), KNOWN))
    assert [] == shown(text, tuple(f for f in found if f.severity == "block"))


@pytest.mark.parametrize(
    ("written", "slip"),
    [
        ("qaundel", True),
        ("quandl", True),
        ("quandeel", True),
        ("quamdel", True),
        ("quandel", False),
        ("quadnle", False),
    ],
)
def test_one_slip_is_forgiven(written: str, slip: bool) -> None:
    assert slip == one_slip(written, "quandel")
