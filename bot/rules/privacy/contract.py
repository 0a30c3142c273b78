"""Floor 1: what a customer pays, how many seats it has, and when its contract ends."""

from __future__ import annotations

from collections.abc import Iterator

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.normalise import View

_NUMBER = r"\d{1,3}(?:[,. ']\d{3})+|\d+(?:[.,]\d+)?"
_MONEY = (
    rf"(?:(?:US|CA|AU|A|C)?\$\s?(?:{_NUMBER})\s?(?:k|m|mm|mn|mio|b|bn|thousand|million|billion)?\b|(?:USD"
    rf"|EUR|GBP|CHF|AUD|CAD|INR|JPY|SEK|DKK|NOK)\s?(?:{_NUMBER})\s?(?:k|m|mm|thousand|million)?\b"
    rf"|(?:{_NUMBER})\s?(?:k|m|thousand|million)?\s?(?:USD|EUR|GBP|CHF|AUD|CAD|INR|dollars|euros?|pounds)"
    r"\b)"
)
_MEASURE = (
    r"(?:ARR|ACV|TCV|MRR|IARR|NARR|annual recurring revenue|annual contract value|contract value|deal(?: "
    r"size| value)?|opportunity|upsell|expansion|renewal|contract|revenue|booking|annual(?:ly)?|per year"
    r"|per annum|p\.a\.|a year|/ ?y(?:ea)?r|/ ?seat|per seat|/ ?user|per user|license cost|licence cost"
    r"|spend|budget|discount|price|quote)"
)
_DATE = (
    r"(?:\d{4}-\d\d(?:-\d\d)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|(?:(?:the\s)?(?:end|beginning|start|middle"
    r"|first half|second half|close) of\s)?(?:(?:late|early|mid)[ -])?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug"
    r"|Sep|Sept|Oct|Nov|Dec)[a-z]{0,6}\.?(?:\s\d{1,2}(?:st|nd|rd|th)?)?(?:,?\s\d{4})?|\d{1,2}(?:st|nd|rd"
    r"|th)?\s(?:of\s)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}(?:\s\d{4})?"
    r"|(?:(?:the\s)?end of\s)?(?:FY|CY)?'?\d{0,4}\s?Q[1-4](?:\s?'?(?:FY)?\d{2,4})?|(?:FY|CY)\s?'?\d{2,4}"
    r"|(?:next|this|end of|end of the|the end of the|in|within|in the next|the coming|early next|late next)"
    r"\s(?:\d{1,3}\s|two\s|three\s|four\s|five\s|six\s|a\sfew\s|couple\sof\s)?(?:days?|weeks?|months?"
    r"|quarters?|years?|summer|fall|autumn|winter|spring|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|(?:fiscal|calendar)\s\w+|Q[1-4])|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|tomorrow|soon|year[ "
    r"-]end)"
)
_SUBJECT = (
    r"(?:(?:their|the|our|its|his|her|this|customer'?s?|a)\s)?(?:(?:current|annual|paid|enterprise"
    r"|sourcegraph|existing|new|multi-year|\d-year)\s)*"
)

#: (rule, words of which one must be there, pattern)
_PATTERNS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("money", ("$", "usd", "eur", "gbp", "chf", "cad", "aud", "dollar", "pound"), (
        rf"(?i){_MONEY}\s?(?:(?:of|in)\s)?(?:new\s)?{_MEASURE}\b"
    )),
    ("money", ("arr", "acv", "tcv", "mrr"), (
        r"(?i)\b(?:ARR|ACV|TCV|MRR|IARR)\b(?:\s(?:of|is|at|was|around|about|approx\.?|roughly|total(?:s"
        rf"|ling)?|worth|currently|=|:))*[:=]?\s*[~≈]?\s?(?:{_MONEY}|(?:{_NUMBER})\s?(?:k|m|mm|mn)\b"
        rf"|\d{{1,3}}(?:,\d{{3}})+)"
    )),
    ("money", ("arr", "acv", "tcv", "mrr"), (
        rf"(?i)\b(?:{_NUMBER})\s?(?:k|m|mm)?\s?(?:in\s|of\s)?(?:ARR|ACV|TCV|MRR)\b"
    )),
    ("money", ("$", "usd", "eur", "gbp", "chf", "cad", "aud", "dollar", "pound"), (
        r"(?i)\b(?:contract|deal|renewal|opportunity|account|expansion|upsell|subscription|license|licence"
        r"|invoice|spend|budget)(?:\s(?:size|value|amount))?(?:\s(?:of|is|at|was|worth|valued at|around"
        rf"|about|for|=|:|costs?))*[:=]?\s*[~≈]?\s?{_MONEY}(?:\s?(?:per|a|/)\s?(?:year|yr|annum|month|seat"
        r"|user))?"
    )),
    ("money", (
        "/seat", "/user", "/ye", "/yr", "per ye", "per se", "per us", "per an", "per yr", "a year",
    ), rf"(?i){_MONEY}\s?(?:/|per|a)\s?(?:year|yr|annum|seat|user)\b"),
    ("money", ("pay", "paid", "worth", "spend", "committed"), (
        r"(?i)\b(?:pay(?:s|ing)?|paid|worth|spend(?:s|ing)?|committed)\s(?:us\s)?(?:around |about "
        rf"|roughly |over |~)?{_MONEY}"
    )),
    ("discount", ("discount", "uplift", "increase", "off list"), (
        r"(?i)\b\d{1,2}(?:\.\d+)?\s?%\s(?:\w+\s)?(?:discount|uplift|price increase|off list)\b"
        r"|\bdiscount(?:ed)? (?:of|by|at) \d{1,2}\s?%"
    )),
    ("seats", ("licen", "contract", "deal", "subscription", "plan"), (
        rf"(?i)\b(?:an?\s)?(?:{_NUMBER})\s?k?[- ]?(?:seats?|users?|developers?|devs?)[- ](?:licen[sc]es?"
        r"|contract|deal|subscription|plan|deployment license)\b"
    )),
    ("seats", ("seat",), (
        rf"(?i)\b(?:{_NUMBER})\s?k?\+?\s(?:additional\s|more\s|new\s|paid\s|licen[sc]ed?\s|purchased\s"
        r"|contracted\s|active\slicen[sc]ed\s|total\s|enterprise\s|cody\s|code\ssearch\s)*seats?\b"
    )),
    ("seats", ("paid", "licen", "purchased", "contracted", "billable", "entitled"), (
        rf"(?i)\b(?:{_NUMBER})\s?k?\s(?:paid|licen[sc]ed|purchased|contracted|billable|entitled)"
        r"\s(?:active\s)?(?:users?|seats?|developers?|engineers?|employees)\b"
    )),
    ("seats", ("licen", "contract", "entitled", "subscription", "paying", "plan", "seat"), (
        r"(?i)\b(?:licen[sc]ed?|licen[sc]es?|contract(?:ed)?|entitled|subscription|paying|plan|seats?)"
        rf"\s(?:is\s|are\s)?(?:for|to|of|count|limit)?\s?(?:is\s|of\s|:\s?|up\sto\s)?(?:{_NUMBER})"
        r"\s?k?\s(?:users?|seats?|developers?|devs|engineers?|people|licen[sc]es?)\b"
    )),
    ("seat-count", ("seat", "licen", "user count"), (
        r"(?i)\b(?:seats?|licen[sc]ed users?|seat count|user count limit|licen[sc]e size|number of seats)"
        r"\s?(?:=|:|is|are)\s?\d[\d,.]{1,8}k?\b"
    )),
    ("seats", ("licen",), rf"(?i)\b(?:{_NUMBER})\s?k?\s(?:user|seat|developer)?\s?licen[sc]es\b"),
    ("seats", ("hundred", "thousand"), (
        r"(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|fifty|several|a "
        r"few)[ -](?:and a half[ -])?(?:hundred|thousand)(?:[ -]\w+)?[ -](?:licen[sc]ed )?(?:seats?"
        r"|licen[sc]es|licen[sc]ed users|users licen[sc]ed|seat licen[sc]e)\b"
    )),
    ("term", ("renewal",), (
        rf"(?i)\b{_SUBJECT}(?:renewal|renewal date)\s(?:date\s)?(?:is|was|falls|comes|happens|will be"
        r"|would be|coming|due|due date|scheduled|set|up|planned|closes)(?:\s(?:is|up|due|on|in|by|at|for"
        rf"|around|before|coming|scheduled|set|planned|date))*\s{_DATE}"
    )),
    ("term", ("renewal", "contract", "subscription", "expir", "expiry"), (
        r"(?i)\b(?:renewal|renewal date|contract end(?: date)?|contract term|subscription end(?: date)?"
        rf"|licen[sc]e expiry|licen[sc]e expir(?:ation|y) date|expiration)\s?[:=]\s?{_DATE}"
    )),
    ("term", (
        "contract", "subscription", "agreement", "licen", "msa", "order form", "sow", "poc",
        "p.o.c", "pov", "proof of", "trial", "pilot", "evaluation", "term",
    ), (
        rf"(?i)\b{_SUBJECT}(?:contract|subscription|agreement|licen[sc]e|MSA|order form|SOW|poc|p\.o\.c\."
        r"|pov|proof of (?:concept|value)|trial|pilot|evaluation|term)\s(?:period\s)?(?:ends?|ended"
        r"|expires?|expired|expiring|runs out|is up|lapses|terminates|closes|renews|concludes|is due|will "
        r"(?:end|expire|renew|lapse)|is (?:ending|expiring|renewing)|is up for renewal|runs (?:until"
        r"|through|till)|ending|goes until)(?:\s(?:on|in|at|by|around|before|for renewal|until|after))"
        rf"*\s?{_DATE}"
    )),
    ("term", ("renew",), (
        r"(?i)\b(?:up for renewal|renew(?:s|ing|al)?(?: is)?(?: (?:due|coming up|up|happening|scheduled))"
        rf"?)\s(?:on|in|by|at|at the|before|this|next|due)\s?(?:the\s)?{_DATE}"
    )),
    ("term", ("year", "annual"), (
        r"(?i)\b(?:signed|sign|signs|signing|closed|close|closes|closing)\s(?:a|the|their)?\s?(?:\w+[- ])"
        r"?(?:\d-year|multi-year|one-year|two-year|three-year|annual)\s(?:deal|contract|agreement|renewal"
        r"|subscription)\b"
    )),
    ("term", ("-year",), (
        r"(?i)\b(?:\d|one|two|three|four|five)[- ]year\s(?:\w+\s)?(?:deal|contract|agreement|commitment"
        r"|renewal|subscription|term)\b"
    )),
    ("churn", ("churn", "renewal", "cancel"), (
        r"(?i)\b(?:churn risk|at risk of churn(?:ing)?|likely to churn|threaten(?:ed|ing)? to (?:churn"
        r"|cancel|leave)|renewal (?:is |at |blocker|risk)+(?:at risk|risk|blocker)?|blocks? (?:the|their) "
        r"renewal|renewal[- ]blocking|risk to (?:the )?renewal)\b"
    )),
    ("term", (
        "purchase order", "po #", "po#", "invoice", "contract n", "contract i", "contract #",
        "opportunity", "order form",
    ), (
        r"(?i)\bpurchase order\s?#?\s?[A-Z]{0,4}-?\d{4,12}\b|\bPO\s?#\s?\d{4,12}\b|\b(?:invoice|contract"
        r"|opportunity|order form)\s(?:no\.?|number|id|#)\s?:?\s?#?[A-Z]{0,4}-?\d{4,12}\b"
    )),
)  # fmt: skip
_COMPILED = tuple((rule, needles, re2.compile(pattern.encode())) for rule, needles, pattern in _PATTERNS)
_CERTIFICATE = re2.compile(
    r"(?i)(?:certificates?|certs?|tls|ssl|token|lease|domain|dhcp|key|session|cookie|acme|letsencrypt"
    r"|secret|ticket|cache|kerberos)\W+(?:\w+\W+){0,1}$"
)


def contract_hits(view: View, watch: bool) -> Iterator[Hit]:
    """Every money, seat, discount and renewal fact of a text."""
    low = view.low
    for rule, needles, pattern in _COMPILED:
        if not any(needle in low for needle in needles):
            continue
        for match in pattern.finditer(view.data):
            start, end = match.span()
            if rule == "term" and _CERTIFICATE.search(view.text[max(0, start - 30) : start]):
                continue
            if rule.startswith("seat") and not _big(match.group(), watch):
                continue
            # a field of a licence in a public issue may well be an example
            yield Hit(f"contract-{rule}", "contract", start, end, sure=rule != "seat-count" or not watch)


def _big(found: bytes, watch: bool) -> bool:
    """Seats are a contract fact from ten on (a hundred in public texts, where examples are small); words
    always.
    """
    digits = b"".join(bytes([c]) for c in found if 48 <= c < 58)
    if not digits:
        return True
    thousand = b"k" in found.lower().split(digits[-1:])[-1][:2]
    return thousand or int(digits) >= (100 if watch else 10)


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "now «$348,000 ARR»",
    "«ARR of $120K»",
    "«a 1000-seat license»",
    "«3,750 seats»",
    "«1000 licensed users»",
    "«the renewal is due in Q2»",
    "«their contract ends on June 30»",
    "«the POC ends next Friday»",
    "«renewal is on 2024-03-31»",
    "«25% discount» agreed",
    "«€1.2M TCV»",
)
IGNORES = (
    "The TLS certificate renewal on 2024-01-15 is unrelated.",
    "About 16,110 repositories are indexed.",
    "It takes 1,200 ms",
    "the token expires in 2 hours",
    "a contract test for the API",
    "we have 3 seats at the table",
)
