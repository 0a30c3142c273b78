"""Floor 2: the scanner with everything it needs: the vocabulary, the public suffixes, the phone library,
kingfisher.

The rules are pure (`bot.rules.privacy`); what must be read from files or asked of processes is read here
and passed in. Without the extra `privacy` the own patterns still watch; publishing refuses.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.util import find_spec

from bot import kingfisher
from bot.errors import UserError
from bot.policy.schema import Policy
from bot.rules.privacy import Context, External, Finding, Knowledge, Redaction, Scanner, redact
from bot.rules.privacy.vocabulary import parse

EXTRA = "privacy"
_LIBRARIES = ("phonenumbers", "tldextract")


def missing() -> tuple[str, ...]:
    """What of the extra `privacy` is not installed; empty when all is there."""
    gone = [name for name in _LIBRARIES if find_spec(name) is None]
    return tuple(gone if kingfisher.binary() else [*gone, "kingfisher-bin"])


def require_extra() -> None:
    """Refuse to publish without the extra. Raises UserError that names it."""
    if gone := missing():
        raise UserError(f"publishing needs {', '.join(gone)}: pip install 'rfh-bot[{EXTRA}]'")


@cache
def knowledge() -> Knowledge:
    """Words, suffixes and phone numbers, loaded once; what is not installed is left out."""
    words = parse((resources.files("bot.rules.privacy") / "vocabulary.txt").read_text("utf-8"))
    return Knowledge(words, _suffixes(), phone_number if find_spec("phonenumbers") else None)


def _suffixes() -> frozenset[str]:
    """The last labels of all public suffixes, from the list that tldextract carries; it never fetches."""
    if find_spec("tldextract") is None:
        return frozenset()
    import tldextract

    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return frozenset(suffix.rsplit(".", 1)[-1] for suffix in extract.tlds)


def phone_number(raw: str, cued: bool) -> bool:
    """Is it a number somebody can call? `cued`: a word like "phone" stands before it, so a local form
    will do.
    """
    import phonenumbers

    regions: tuple[str | None, ...] = (
        (None,) if raw.startswith("+") else ("US", "GB", "DE", "FR", "IN") if cued else ("US",)
    )
    text = "+" + raw[2:] if raw.startswith("00") else raw
    for region in (None,) if text.startswith("+") else regions:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) if cued else phonenumbers.is_valid_number(number):
            return True
    return False


def scanner(policy: Policy) -> Scanner:
    """The scanner of a policy, with its customers' other names."""
    return Scanner(policy.privacy, knowledge(), {slug: each.names for slug, each in policy.customers.items()})


def scan_to_publish(scan: Scanner, text: str, context: Context) -> tuple[Finding, ...]:
    """Scan what is about to leave, kingfisher included. Blocks: call it in a thread.

    Raises UserError without the extra, ScannerUnavailable when kingfisher fails.
    """
    return scan.scan(text, context, external(text))


def redact_to_publish(scan: Scanner, text: str, context: Context) -> Redaction:
    """The text without what blocks, kingfisher's findings included; as `scan_to_publish`."""
    return redact(scan, text, context, external(text))


def external(text: str) -> tuple[External, ...]:
    """What kingfisher sees in one text; raises as `scan_to_publish`."""
    require_extra()
    return kingfisher.find_secrets([text])[0]
