"""Floor 1: is an ordinary word (Square, Target, Harbor) a customer here? What stands beside it decides.

A label, an environment suffix (`target-prod`), a domain, a possessive or a company's verb beside a capital
say yes; an article before it (`a Harbor registry`) or small letters in prose say no.
"""

from __future__ import annotations

from dataclasses import dataclass

import re2

from bot.rules.privacy.listed import listed
from bot.rules.privacy.normalise import View

_NEAR = 60


@dataclass(frozen=True, slots=True)
class Place:
    """A word in a text, with what stands around it."""

    view: View
    start: int
    end: int

    @property
    def word(self) -> str:
        return self.view.text[self.start : self.end]

    @property
    def before(self) -> str:
        return self.view.text[max(0, self.start - _NEAR) : self.start]

    @property
    def after(self) -> str:
        return self.view.text[self.end : self.end + _NEAR]

    @property
    def capitals(self) -> bool:
        """Does every word of it begin with a capital?"""
        return all(
            p[:1].isupper() or p[:1].isdigit() for p in self.word.replace("-", " ").replace("_", " ").split()
        )

    @property
    def upper(self) -> bool:
        return self.word.isupper()


_LABEL = re2.compile(
    r"(?i)(?:^|[^a-z])customers?[/:=]\s?[\"'`*\[(]*$|(?:^|[^a-z])customer[ _-]?(?:name|slug|id)"
    r"?[\"'`]?\s?[:=]\s?[\"'`*]*$"
)
_CUSTOMER = re2.compile(
    r"(?i)\b(?:customers?|clients?|accounts?|compan(?:y|ies)|prospects?|tenant|organi[sz]ation|logo)"
    r"\b[\s\"'`*(:,=\[-]{1,5}(?:is |was |named |called )?[\"'`*(\[]*$"
)
_ENVIRONMENT = re2.compile(
    r"(?i)^[*_`\"]{0,2}[-_.](?:prod|production|staging|stg|uat|qa|preprod|nonprod|sandbox|emea"
    r"|apac|dr"
    r"|cluster|vpc|k8s|sourcegraph|sg|managed|instance|cloud|internal|poc|trial|corp)\d{0,3}(?:[^a-z]|$)"
)
_OWNED = re2.compile(r"(?i)^[*_`\"]{0,2}-(?:specific|side|owned|managed|only|wide|hosted|internal)\b")
_DOMAIN = re2.compile(
    r"^\.(?:com|net|org|io|ai|co|dev|app|tech|de|fr|eu|co\.uk|com\.\w\w|bank|health)(?:$|[^a-z(=.-])"
)
_PREFIX = re2.compile(
    r"(?i)(?:^|[^a-z])(?:prod|staging|stg|sg|sourcegraph|customer|cust|tenant|managed|gke|aks|eks)[-_]$"
)
_CHANNEL = re2.compile(r"#(?:(?:ext|customer|cust|shared|support|collab|sg)[-_])?$")
_POSSESSIVE = re2.compile(r"^[*_`]{0,2}'s[*_`]{0,2}[\s,.;:)\]*-]")
_PLURAL_POSSESSIVE = re2.compile(r"^' [a-z]")
# words of the trade: `build-prod` is a make target, whoever else is called Build
_TRADE = listed("""
    api app apps auth backend base bot branch build cache call case cell channel check client cloud
    cluster code command config console container context control core daily data deploy desk dev
    dynamic edge engine event fast feature file filter first flow form format frame front frontend
    function gate gateway general graph group guide host hub image index input job kernel key layer link
    list live load local lock log main map market master match method metric mode model module monitor
    native net network new next node number object old order output package page part path pipe pipeline
    platform plan port portal post process product profile program project proxy pub pull push query
    queue ready real record region release remote repo report request resource result root route run
    scale schema scope script search secret secure segment server service session set share shell shop
    short single site source space spec stack stage standard state static step storage store stream
    string style super support switch sync system table tag target task team template term test text
    thread time token tool top trace track tree trial type union unit universal update user value vault
    vector version view virtual web work worker world zone
    """)
_VERB = re2.compile(
    r"^[*_`\")\]]{0,3}\s+(?:just |also |has |have |had |is |are |was |recently |still |again )*(?:upgraded"
    r"|opened|reports?|reported|reporting|hit|hits|sees|saw"
    r"|seeing|asked|asks|asking|wants?|wanted|complain\w*|confirmed|confirms|says|said|told|mentioned"
    r"|noticed|raised"
    r"|requested|requests|escalated|experienc\w+|renew\w*|signed|churn\w*|migrated|rolled|tried|blocked"
    r"|unhappy|waiting|evaluating"
    r"|would like|is running|are running|runs into|ran into|is on|are on|filed|submitted|provided|shared"
    r"|sent|emailed|replied)\b"
)
_COMPANY_NOUN = re2.compile(
    r"(?i)^[*_`\")\]]{0,3}\s+(?:instance|deployment|team|admins?|engineers?|developers?|users|account"
    r"|ticket|engineering|security|contract|renewal|onboarding|production|environment|call|folks|side"
    r"|people)\b"
)
_FROM = re2.compile(
    r"(?i)\b(?:for|from|with|by|at|like|what|behalf of|against|told|asked|cc|and|or)\s+[*_`\"'(\[]{0,3}$"
)
_FROM_SURE = re2.compile(
    r"(?i)\b(?:came in|comes? in|report(?:ed|s)?|request(?:ed)?|tickets?|calls?|spoke|meeting|meet|met"
    r"|similar to|heard|zoom"
    r"|opened this|opening this|filed|raised|escalat\w+|behalf|feedback|complain\w*|renewal|contract|onsite"
    r"|poc|trial|issues?)\W+(?:\w+\W+){0,2}(?:for|from|with|by|at|of|to what|to|what)\s+[*_`\"'(\[]{0,3}$"
)
_WHAT_HIT = re2.compile(r"(?i)\bwhat\s+[*_`\"']{0,2}$")
_ARTICLE = re2.compile(
    r"(?i)\b(?:an?|the|this|that|each|every|some|any|one|no|its?|their|our|your|my|of|new|old|same|right"
    r"|left|default|local|open|deployment|symlink|build|make)\s+[*_`\"'(]{0,2}$"
)
_SENTENCE_START = re2.compile(r"(?:^|[\n.!?:>|#-]\s*|^\s*[*-]\s+)[*_`\"'(\[]{0,3}$")
_CLOSED = re2.compile(r"^[*_`]{0,2}[)\]]")
_END_OF_CLAUSE = re2.compile(
    r"^[*_`\")\]]{0,3}(?:[.,;:!?)\]|]|\s*\n|\s*$|\s+(?:and|or|but|so|because|when|after|before|since|while"
    r"|who|which|too|also|through|via|on|in|this|last)\b)"
)


def ordinary_cue(place: Place, own: bool, watch: bool) -> tuple[int, int] | None:
    """The range that names a customer when something beside the word says that it is one."""
    before, after = place.before, place.after
    whole = (place.start, place.end)
    if _in_a_hump(place):
        return None
    if _LABEL.search(before) or _PREFIX.search(before) or _ENVIRONMENT.search(after):
        trade = place.word.islower() and place.word in _TRADE and not own and not _LABEL.search(before)
        return None if trade or _code_reference(place) else whole
    if _CHANNEL.search(before) and after[:1] in ("-", "_", " ", ""):
        return whole if not watch else None
    domain = _DOMAIN.search(after)
    if domain and not before.endswith(("/", ".", "@", "-")) and place.word.islower():
        return (place.start, place.end + len(after[: domain.end()].rstrip(" \n\t,;:)\"'`>]/*|")))
    if not place.capitals and not place.upper:
        return whole if _in_title_bracket(place) and (own or not watch) else None
    if _CUSTOMER.search(before) or _OWNED.search(after) or _VERB.search(after):
        return whole
    possessive = _POSSESSIVE.search(after) or (place.word[-1] in "sS" and _PLURAL_POSSESSIVE.search(after))
    if possessive and not _ARTICLE.search(before) and not before.endswith(("'", '"', "`")):
        return whole
    if _FROM_SURE.search(before) or _WHAT_HIT.search(before):
        return whole
    if _title_field(place):
        return whole
    if not watch and not _ARTICLE.search(before):
        if _FROM.search(before) and _END_OF_CLAUSE.search(after):
            return whole
        if own and (_FROM.search(before) or _COMPANY_NOUN.search(after)):
            return whole
    return None


def capital_cue(place: Place) -> bool:
    """Once a text has named the customer, is this capitalised occurrence the customer as well?"""
    if (
        place.word.islower()
        or not (place.capitals or place.upper)
        or _ARTICLE.search(place.before)
        or _code_reference(place)
    ):
        return False
    if _SENTENCE_START.search(place.before):
        return bool(
            _VERB.search(place.after)
            or _END_OF_CLAUSE.search(place.after)
            or _COMPANY_NOUN.search(place.after)
        )
    return True


def _in_a_hump(place: Place) -> bool:
    """Is it a part of a longer word (`DateTime`, `target2`)? An ordinary word is too common for that."""
    return place.before[-1:].isalnum() or place.after[:1].isalnum()


def _code_reference(place: Place) -> bool:
    """Is it part of a dotted or called name (`event.target`, `Target(`)?"""
    return place.before.endswith(".") or place.after.startswith("(")


def _first_line(place: Place) -> bool:
    return "\n" not in place.view.text[: place.start].lstrip("\n")


def _in_title_bracket(place: Place) -> bool:
    """`[lever] precise code navigation …`: a slug in brackets that opens the title."""
    text = place.view.text
    return text[: place.start].strip() in ("[", "[customer/", "(") and text[place.end : place.end + 1] in (
        "]",
        ")",
    )


def _title_field(place: Place) -> bool:
    """A field of the title: `RFH | Lever | …`, `Lever: …`, `… (Lever)`, `[Lever] …`."""
    if not _first_line(place):
        return False
    before, after = place.view.text[: place.start].strip(), place.after
    if before.endswith("|") and after.lstrip().startswith("|"):
        return True
    if before in ("", "**") and (after.startswith((":", " |", " -", " –"))):
        return True
    if before.endswith(("[", "(")) and _CLOSED.search(after):
        rest = after.lstrip("*_`")[1:].split("\n")[0].strip()
        return before in ("[", "(") or not rest
    return False


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "Opening this for «Square»'s admin team.",
    "RFH | «Square» | permissions not syncing",
    "«Square» upgraded to 5.2 last night",
    "the cluster «square»-prod is down",
    "label customer/«square»",
    "Similar to what «Square» hit in March",
    "Call from **«SQUARE»**-prod today",
    "[«square»] search is slow",
    "mail from «square.com» arrives",
    "in #«square»-shared",
)
IGNORES = (
    "The square root of the limit",
    "Wrap the pattern in square brackets.",
    "A square grid of panels",
    "See event.square() in the code",
    "Square brackets are special in patterns.",
)
