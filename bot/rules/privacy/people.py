"""Floor 1: people without a language model: cues, first names, e-mail local parts, and what one mention says of others.

A name beside a cue ("reported by", "CE is", `<mail>`) is a person; its parts are then looked for in the whole text.
Capitalised words count, never what the public vocabulary knows, unless a cue stands right beside them: "Grant Holloway"
is a person, "Grant access" is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.first_names import EVERYDAY_NAMES, FIRST_NAMES
from bot.rules.privacy.normalise import View

_PART = r"(?:(?:O'|D'|Mc|Mac|De|Le|La|Di|Van|Von|St\.? )?[A-Z][a-z]{1,20}(?:[A-Z][a-z]+)?|[A-Z]\.)"
_TAIL = rf"(?:[ -](?:(?:van|von|de|der|den|da|dos|del|la|le|bin|al|el|ter|ten|di|ibn|y)[ -])*{_PART}(?:-{_PART})?)"
_PERSON = rf"{_PART}(?:-{_PART})?{_TAIL}{{1,3}}"
_FIRST = r"[A-Z][a-z]{1,20}(?:-[A-Z][a-z]{1,20})?"
_ROLES = (
    r"(?:CEs?|CSMs?|TAMs?|AEs?|SEs?|CSE|CTO|CIO|CISO|CEO|COO|CFO|VP|SVP|EVP|PMs?|EMs?|DRI|TPM|SRE|IC|admin(?:istrator)?|site[- ]admin|contact|POC|champion|sponsor"
    r"|buyer|engineer|developer|architect|manager|director|lead|owner|reporter|requester|requestor|customer|user|analyst|consultant|colleague|coworker|counterpart|rep|representative"
    r"|executive|head of [A-Za-z]+|(?:sales|account|support|customer|staff|principal|senior|lead|engineering|product|program|project|security|platform|devops|technical) (?:rep|executive|manager|engineer|architect|lead|admin|contact|director|success manager))"
)
_BEFORE = re2.compile(
    rf"""(?:\b(?i:reported by|raised by|requested by|opened by|filed by|submitted by|created by|assigned to|escalated (?:by|to)|escalation path|escalation contact|main contact|primary contact|technical contact|point of contact|contact(?:s|ed)?(?: person)?|cc'?d?|attn|attention|author(?:s|ed by)?|author of [a-z ]{{1,30}}|committer|committed by|approved by|reviewed[- ]by|signed[- ]off[- ]by|co-authored[- ]by|tested[- ]by|acked[- ]by|spoke (?:with|to)|speaking (?:with|to)|talked (?:with|to)|chatted with|met with|meeting with|call with|zoom with|sync(?:ed)? with|paired with|checked with|confirmed (?:with|by)|working with|worked with|reach out to|reached out to|heard from|hear from|email(?:ed)? from|mail from|message from|messaged|pinged|ping|thanks to|thank you|thanks|thx|hi|hello|hey|dear|regards|best|cheers|sincerely|kind regards|best regards|many thanks|ask(?:ed)?|told|per|according to|courtesy of|on behalf of|name|full name|display ?name|user|username|customer contact|user|login|requester|reporter|owner|assignee|from|to|with|by|and|both|like|via|introduced|joined by|including|namely|e\.g\.)"""
    rf"""|\b(?i:{_ROLES})(?i: is| was| are|'s name is| named| called)?)[ \t]*[:,=\-–]?[ \t]*[*_\"'`(\[@]{{0,3}}({_PERSON})\b"""
)
_STRONG_FIRST = re2.compile(
    rf"""\b(?i:hi|hello|hey|dear|thanks|thank you|thx|cheers|regards|best|cc|ping(?:ed)?|ask(?:ed)?|told|tell|spoke (?:with|to)|talked (?:with|to)|chatted with|met with|call with|meeting with|heard from|hear from|reached out to|reach out to|according to|per|courtesy of|messaged?|emailed|contact(?:ed)?|reported by|raised by|confirmed (?:by|with)|assigned to|escalated (?:by|to)|owner is|(?:CE|CSM|TAM|AE|SE|admin|contact|champion|engineer|lead|manager|colleague|coworker) is|(?:my|our|their|your) (?:colleague|coworker|manager|admin|engineer|contact|champion|teammate)|sent by|written by|from|with|by|for|to|and|at)[ \t]*[:,]?[ \t]*[*_"'(@]{{0,3}}({_FIRST})\b"""
)
_WEAK_CUES = frozenset(("from", "with", "by", "for", "to", "and", "at"))
_VERBS = (
    r"(?:reports?|reported|says?|said|told|mentioned|mentions|asks?|asked|confirms?|confirmed|noticed|notices|sees|saw|thinks|thought|wants|wanted|replied|wrote|writes|explained|pointed|"
    r"opened|filed|raised|escalated|sent|shared|suggests?|suggested|tried|tries|joined|ran|found|finds|observed|claims|claimed|noted|notes|complained|responded|answered|called|emailed|pinged|posted|"
    r"would like|is asking|is seeing|was able|is out|is on|is the|is our|is their|will (?:send|call|follow|be|join|share|check|test|try)|can (?:reproduce|confirm)|could|couldn't|did|didn't|has (?:asked|confirmed|reported|tried)|needs|agreed|promised|hit|upgraded|rolled|restarted|offered|works|worked|manages|leads|runs)"
)
_AFTER = re2.compile(rf"\b({_PERSON})[*_`\"')]{{0,3}}(?:,? (?:from|at|who|the) |,? \(|'s? |,? (?i:{_ROLES})\b|[ \t]+{_VERBS}\b|[ \t]*[<(\[][^\s<>]{{1,40}}@|,? (?:via|on|in) (?:Zoom|Slack|Zendesk|Teams|Meet|email|chat|the call)|,? (?:over )?(?:Zoom|Slack|phone))")
_FIRST_AFTER = re2.compile(rf"\b({_FIRST})[*_]{{0,2}}(?:'s (?:team|laptop|machine|account|user|manager|repo|branch|request|question|email|message|reply|answer|comment|issue|ticket|fork|computer|colleague|script|query|instance|PR|call|suggestion|environment|desk|side|login|token|workstation)|,? who |,? from (?:the|their|our|[A-Z])|[ \t]+{_VERBS}\b|,? (?:via|on|over) (?:Zoom|Slack|Teams|phone|email|the call)\b)")
_MAILED = re2.compile(rf"({_PERSON}|{_FIRST})[ \t]*[<(\[]+[^\s<>()]{{1,64}}@")
_SIGNATURE = re2.compile(
    rf"(?m)^[ \t>*_~-]*({_PERSON}|[A-Z]{{2,20}} [A-Z]{{2,20}})[*_ \t]*(?:\r?\n[ \t>]*)(?:[ \t>*_]*)(?i:(?:senior|sr\.?|staff|principal|lead|chief|head|vp|vice|director|manager|software|site|devops|platform|security|solutions?|technical|account|customer|support|engineering|product|program|systems?|network|infrastructure|data|cloud|it|qa|release|build|enterprise|associate|junior|global|group|team|executive|cto|cio|ciso|ceo|sre|developer|engineer|architect|administrator|consultant|analyst)\b)"
)
_CLOSING = re2.compile(rf"(?mi)^[ \t>]*(?:thanks|thank you|many thanks|thx|cheers|best|regards|best regards|kind regards|warm regards|sincerely|br|vg|mfg|cordially|yours|sent from my \w+)[,.!]?[ \t]*\r?\n(?:[ \t>]*\r?\n){{0,2}}[ \t>*_~-]*((?-i:{_PERSON}|{_FIRST}))[ \t*_]*$")
_TITLED = re2.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Sr|Sra)\.? ({_PERSON}|{_FIRST})\b")
_LOCAL = re2.compile(rb"([A-Za-z][A-Za-z._+-]{1,40})\d{0,4}@")
_COMPANY_WORDS = frozenset(
    """bank group health trading mobility freight corp inc ltd llc gmbh team support engineering security cloud server enterprise edition center centre service services systems
    studio code search insights intelligence changes batch editor desktop browser extension extensions chrome firefox safari edge windows linux mac ubuntu debian docker kubernetes helm compose github
    gitlab bitbucket perforce gerrit jira confluence slack zoom zendesk sourcegraph cody zoekt data center admin site user users page settings api graphql http https url json yaml sso saml oidc ldap
    error errors warning info debug trace fatal note notes steps expected actual environment version deployment instance customer issue ticket priority version monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december north south east west new york san francisco london berlin paris europe america asia africa united states
    kingdom germany france india japan china australia canada brazil active directory azure google amazon aws gcp microsoft apple oracle redhat visual studio intellij idea jetbrains vs node js java script type go rust python ruby php
    scala kotlin swift perl bash shell sql postgres postgresql mysql redis mongo elastic kafka nginx apache envoy istio prometheus grafana jaeger sentry datadog splunk okta auth keycloak terraform ansible jenkins circle buildkite travis
    pull request merge commit branch repo repository main master release changelog read me open source free trial premium pro plus basic docs documentation help center feature request bug report internal thread public private
    screen shot account doc hello world the this that these those there then when while where what which who why how and or but not for from with without into onto over under after before since until also just only please thanks thank
    looker private context both main contact phone reported escalation path similar expected actual result results root cause""".split()
)


@dataclass(frozen=True, slots=True)
class _Knowledge:
    public: Set[str]
    own_words: Set[str]  # parts of customers' names: not people

    def everyday(self, word: str) -> bool:
        low = word.lower().replace("'", "").strip(".")
        return low in self.public or low in _COMPANY_WORDS

    def first(self, word: str) -> bool:
        return word.lower().split("-")[0] in FIRST_NAMES

    def plausible(self, word: str) -> bool:
        """Might a capitalised word be part of a name? Most are words of the product and end the search at once."""
        low = word.lower()
        return low in FIRST_NAMES or low in EVERYDAY_NAMES or low.replace("'", "") not in self.public

    def personal(self, name: str) -> bool:
        """Are these words a person: a known first name, or no word of public text at all?"""
        parts = [p for p in name.replace("-", " ").split() if len(p.strip(".")) > 1]
        if not parts or all(p.lower() in self.own_words for p in parts) or any(p.lower() in _COMPANY_WORDS for p in parts):
            return False
        if parts[0].lower() in self.own_words and len(parts) > 1 and self.everyday(parts[1]):
            return False
        return self.first(parts[0]) or parts[0].lower() in EVERYDAY_NAMES or not all(self.everyday(p) for p in parts)


def people_hits(view: View, public: Set[str], own_words: Set[str], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """Full names (`person`) and bare first names (`person_first`)."""
    know = _Knowledge(public, own_words)
    data = view.data
    if not any(know.plausible(word) for _, _, word in view.capitals) and not _INITIAL.search(data):
        return
    full: dict[tuple[int, int], str] = {}

    def take(pattern: re2._Regexp[str], group: int = 1, strict: bool = True) -> None:
        for match in pattern.finditer(data):
            start, end = match.span(group)
            while end > start and data[end - 1 : end] in (b" ", b"-"):
                end -= 1
            words = _without_cue(view.text[start:end])
            start = end - len(words)
            if not in_link(start) and words and (know.personal(words) if strict else not all(p in _COMPANY_WORDS for p in words.lower().split())):
                full[start, end] = words

    for pattern in _COMPILED_FULL:
        take(pattern)
    for pattern, needle in _COMPILED_SURE:
        if needle in data:
            take(pattern, strict=False)
    for start, end, one, two in _pairs(view):
        if in_link(start) or two.lower() in _COMPANY_WORDS or one.lower() in _COMPANY_WORDS:
            continue
        if know.first(one) and two.lower() not in own_words and (not know.everyday(two) or two.lower() in EVERYDAY_NAMES or _alone(view, start, end)):
            full[start, end] = view.text[start:end]
    firsts: dict[str, str] = {}
    singles: dict[tuple[int, int], bool] = {}
    for (start, end), words in sorted(full.items()):
        parts = [p for p in words.split() if len(p.strip(".")) > 1]
        if len(parts) > 1:
            yield Hit("person-name", "person", start, end)
            firsts[parts[0]] = words
            for part in parts[1:]:
                if len(part) > 3 and not know.everyday(part):
                    firsts.setdefault(part, words)
        else:
            singles[start, end] = True
    yield from _locals(view, know, full)
    for pattern in (_B_STRONG_FIRST, _B_FIRST_AFTER):
        for match in pattern.finditer(data):
            start, end = match.span(1)
            word = view.text[start:end]
            cue = view.low[match.start() : start].strip(" \t:,*_\"'(@")
            weak = pattern is _B_STRONG_FIRST and cue in _WEAK_CUES
            everyday_name = word.lower() in EVERYDAY_NAMES
            known = know.first(word) or (everyday_name and not weak)
            if not known and (know.everyday(word) or weak or word.lower() in own_words or word.lower() in FIRST_STOP):
                continue
            if everyday_name and word.lower() in public and not weak and not _greeted(view, match.start(), end) and pattern is _B_STRONG_FIRST and cue not in _PEOPLE_CUES:
                continue
            if everyday_name and pattern is _B_FIRST_AFTER and _starts_sentence(view, start) and word.lower() in _MODALS:
                continue
            if word.lower() not in _COMPANY_WORDS and not in_link(start):
                singles.setdefault((start, end), True)
    for start, end, word in view.capitals:
        known_here = word in firsts
        if not known_here and not (know.first(word) and word.lower() not in public and word.lower() not in own_words):
            continue
        if known_here and word.lower() in public and (_starts_sentence(view, start) or data[end : end + 1] == b"("):
            continue
        if not in_link(start) and not _in_code_word(data, start, end):
            singles.setdefault((start, end), True)
    taken = sorted(full)
    for start, end in sorted(singles):
        if not any(s <= start and end <= e for s, e in taken if (s, e) != (start, end) and s <= start):
            yield Hit("first-name", "person_first", start, end)


_INITIAL = re2.compile(rb"\b[A-Z]\. [A-Z][a-z]|\b[A-Z]{3,} [A-Z]{3,}\b|\b[A-Z][a-z] ")
FIRST_STOP = frozenset("all everyone team folks there both you them us him her it this that again".split())
_MODALS = frozenset(("will", "may", "mark", "grant", "can"))
_PEOPLE_CUES = frozenset(
    "hi hello hey dear thanks thx cheers regards cc told asked pinged messaged emailed spoke with spoke to talked to talked with met with heard from according to reached out to".split()
) | {"spoke with", "spoke to", "talked to", "talked with", "met with", "heard from", "according to", "reached out to", "thank you", "call with", "meeting with", "ce is", "csm is", "reported by"}


def _without_cue(words: str) -> str:
    """A name without a cue word the pattern took for its first part (`Contact Jane Doe`, `Thanks Jane`)."""
    parts = words.split(" ")
    while len(parts) > 1 and parts[0].lower().rstrip(".") in _CUE_WORDS:
        parts = parts[1:]
    while len(parts) > 1 and parts[-1].lower() in _COMPANY_WORDS:
        parts = parts[:-1]
    return " ".join(parts) if len(parts) > 1 or parts[0].lower() not in _COMPANY_WORDS else ""


_CUE_WORDS = frozenset("contact thanks thank hi hello hey dear cc ask ping per and from to by with both customer user admin engineer manager director lead author reporter owner spoke met our their the best regards cheers reported".split())


def _pairs(view: View) -> Iterator[tuple[int, int, str, str]]:
    """Two capitalised words in a row; the second with what belongs to it (`Osei-Bonsu`, `McKeever`)."""
    words = view.capitals
    for one, two in zip(words, words[1:], strict=False):
        if two[0] == one[1] + 1 and view.text[one[1]] == " ":
            yield one[0], two[1], one[2], two[2]


def _alone(view: View, start: int, end: int) -> bool:
    """Does the pair stand alone on its line, as a signature does?"""
    before = view.text[:start].rpartition("\n")[2].strip(" \t>*_-~")
    after = view.text[end:].partition("\n")[0].strip(" \t*_,.")
    return not before and not after


def _greeted(view: View, start: int, end: int) -> bool:
    return view.text[end : end + 1] in (",", "!", ".", ":", ";", "?", "\n", ")", "") or view.text[end : end + 2] in (" -", " –")


def _starts_sentence(view: View, start: int) -> bool:
    before = view.text[max(0, start - 4) : start].rstrip(" *_\t>")
    return not before or before[-1] in ".!?\n:|"


def _in_code_word(data: bytes, start: int, end: int) -> bool:
    """Is the word part of an identifier, a path or a call?"""
    left, right = data[start - 1 : start], data[end : end + 1]
    return (start > 0 and left in b"./\\_=$-@#") or right in (b"(", b"_", b"/", b"\\", b"=") or (right == b"." and data[end + 1 : end + 2].isalpha()) or (right == b"-" and data[end + 1 : end + 2].islower())


def _locals(view: View, know: _Knowledge, full: dict[tuple[int, int], str]) -> Iterator[Hit]:
    """`lucia.ferreyra@…` makes Lucia, Ferreyra and their pair people wherever they stand."""
    words: set[str] = set()
    if b"@" not in view.data:
        return
    for match in _LOCAL.finditer(view.data):
        for part in view.low[slice(*match.span(1))].partition("+")[0].replace("_", ".").replace("-", ".").split("."):
            if len(part) >= 3 and part not in _COMPANY_WORDS and not know.everyday(part):
                words.add(part)
                words.add(part[1:])
    if not words:
        return
    for start, end, written in view.capitals:
        word = written.lower()
        if word in words and len(word) >= 4 and not know.everyday(word) and not _in_code_word(view.data, start, end):
            if not any(s <= start and end <= e for s, e in full):
                yield Hit("name-of-address", "person_first", start, end)


_B_STRONG_FIRST = re2.compile(_STRONG_FIRST.pattern.encode())
_B_FIRST_AFTER = re2.compile(_FIRST_AFTER.pattern.encode())
_COMPILED_FULL = tuple(re2.compile(p.pattern.encode()) for p in (_BEFORE, _AFTER))
_COMPILED_SURE = tuple((re2.compile(p.pattern.encode()), n) for p, n in ((_MAILED, b"@"), (_SIGNATURE, b"\n"), (_CLOSING, b"\n"), (_TITLED, b"r")))

#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "Reported by «Siobhan McKeever» today",
    "CE is «Kwame Osei-Bonsu».",
    "«Yuki Tanabe» reports that search is slow",
    "Author: «Will Chance» <w@quandel.io>",
    "Hi «Grant», thanks for the call",
    "Spoke with «Rose Field» on Zoom",
    "Thanks, «Priya»!",
    "According to «Ngozi» it works",
    "Regards,\n«Wolfgang Sieber»",
)
IGNORES = (
    "Grant access to the user.",
    "Will it work? Mark as done.",
    "May I ask for help from Support?",
    "Hello World",
    "Prometheus, Grafana and Jaeger show nothing.",
    "Thanks for the report.",
    "Reported by the customer.",
)
