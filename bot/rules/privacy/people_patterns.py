"""Floor 1: where names of people stand: beside cues, before verbs, in signatures."""

from __future__ import annotations

import re

import re2

from bot.rules.privacy.listed import listed

_PART = r"(?:(?:O'|D'|Mc|Mac|De|Le|La|Di|Van|Von|St\.? )?[A-Z][a-z]{1,20}(?:[A-Z][a-z]+)?|[A-Z]\.)"
_TAIL = (
    r"(?:[ -](?:(?:van|von|de|der|den|da|dos|del|la|le|bin|al|el|ter|ten|di|ibn|y)[ -])"
    rf"*{_PART}(?:-{_PART})?)"
)
_PERSON = rf"{_PART}(?:-{_PART})?{_TAIL}{{1,3}}"
_FIRST = r"[A-Z][a-z]{1,20}(?:-[A-Z][a-z]{1,20})?"
_ROLES = (
    r"(?:CEs?|CSMs?|TAMs?|AEs?|SEs?|CSE|CTO|CIO|CISO|CEO|COO|CFO|VP|SVP|EVP|PMs?|EMs?|DRI|TPM|SRE|IC"
    r"|admin(?:istrator)?|site[- ]admin|contact|POC|champion|sponsor"
    r"|buyer|engineer|developer|architect|manager|director|lead|owner|reporter|requester|requestor|customer"
    r"|user|analyst|consultant|colleague|coworker|counterpart|rep|representative"
    r"|executive|head of [A-Za-z]+|(?:sales|account|support|customer|staff|principal|senior|lead"
    r"|engineering|product|program|project|security|platform|devops|technical) (?:rep|executive|manager"
    r"|engineer|architect|lead|admin|contact|director|success manager))"
)
_BEFORE = re2.compile(
    r"""(?:\b(?i:reported by|raised by|requested by|opened by|filed by|submitted by|created by|assigned """
    r"""to|escalated (?:by|to)|escalation path|escalation contact|main contact|primary contact"""
    r"""|technical contact|point of contact|contact(?:s|ed)?(?: person)?|cc'?d?|attn|attention"""
    rf"""|author(?:s|ed by)?|author of [a-z ]{{1,30}}|committer|committed by|approved by|reviewed[- ]by"""
    r"""|signed[- ]off[- ]by|co-authored[- ]by|tested[- ]by|acked[- ]by|spoke (?:with|to)|speaking """
    r"""(?:with|to)|talked (?:with|to)|chatted with|met with|meeting with|call with|zoom with|sync(?:ed)"""
    r"""? with|paired with|checked with|confirmed (?:with|by)|working with|worked with|reach out to"""
    r"""|reached out to|heard from|hear from|email(?:ed)? from|mail from|message from|messaged|pinged"""
    r"""|ping|thanks to|thank you|thanks|thx|hi|hello|hey|dear|regards|best|cheers|sincerely|kind """
    r"""regards|best regards|many thanks|ask(?:ed)?|told|per|according to|courtesy of|on behalf of|name"""
    r"""|full name|display ?name|user|username|customer contact|user|login|requester|reporter|owner"""
    r"""|assignee|from|to|with|by|and|both|like|via|introduced|joined by|including|namely|e\.g\.)"""
    rf"""|\b(?i:{_ROLES})(?i: is| was| are|'s name is| named| called)?)[ \t]*[:,=\-–]?[ """
    rf"""\t]*[*_\"'`(\[@]{{0,3}}({_PERSON})\b"""
)
_STRONG_FIRST = re2.compile(
    r"""\b(?i:hi|hello|hey|dear|thanks|thank you|thx|cheers|regards|best|cc|ping(?:ed)?|ask(?:ed)?|told"""
    r"""|tell|spoke (?:with|to)|talked (?:with|to)|chatted with|met with|call with|meeting with|heard """
    r"""from|hear from|reached out to|reach out to|according to|per|courtesy of|messaged?|emailed"""
    r"""|contact(?:ed)?|reported by|raised by|confirmed (?:by|with)|assigned to|escalated (?:by|to)"""
    r"""|owner is|(?:CE|CSM|TAM|AE|SE|admin|contact|champion|engineer|lead|manager|colleague|coworker) """
    r"""is|(?:my|our|their|your) (?:colleague|coworker|manager|admin|engineer|contact|champion|teammate)"""
    rf"""|sent by|written by|from|with|by|for|to|and|at)[ \t]*[:,]?[ \t]*[*_"'(@]{{0,3}}({_FIRST})\b"""
)
WEAK_CUES = frozenset(("from", "with", "by", "for", "to", "and", "at"))
_VERBS = (
    r"(?:reports?|reported|says?|said|told|mentioned|mentions|asks?|asked|confirms?|confirmed|noticed"
    r"|notices|sees|saw|thinks|thought|wants|wanted|replied|wrote|writes|explained|pointed|"
    r"opened|filed|raised|escalated|sent|shared|suggests?|suggested|tried|tries|joined|ran|found|finds"
    r"|observed|claims|claimed|noted|notes|complained|responded|answered|called|emailed|pinged|posted|"
    r"would like|is asking|is seeing|was able|is out|is on|is the|is our|is their|will (?:send|call|follow"
    r"|be|join|share|check|test|try)|can (?:reproduce|confirm)|could|couldn't|did|didn't|has (?:asked"
    r"|confirmed|reported|tried)|needs|agreed|promised|hit|upgraded|rolled|restarted|offered|works|worked"
    r"|manages|leads|runs)"
)
_AFTER = re2.compile(
    rf"\b({_PERSON})[*_`\"')]{{0,3}}(?:,? (?:from|at|who|the) |,? \(|'s? |,? (?i:{_ROLES})\b|[ "
    rf"\t]+{_VERBS}\b|[ \t]*[<(\[][^\s<>]{{1,40}}@|,? (?:via|on|in) (?:Zoom|Slack|Zendesk|Teams|Meet|email"
    r"|chat|the call)|,? (?:over )?(?:Zoom|Slack|phone))"
)
_FIRST_AFTER = re2.compile(
    rf"\b({_FIRST})[*_]{{0,2}}(?:'s (?:team|laptop|machine|account|user|manager|repo|branch|request"
    r"|question|email|message|reply|answer|comment|issue|ticket|fork|computer|colleague|script|query"
    r"|instance|PR|call|suggestion|environment|desk|side|login|token|workstation)|,? who |,? from (?:the"
    rf"|their|our|[A-Z])|[ \t]+{_VERBS}\b|,? (?:via|on|over) (?:Zoom|Slack|Teams|phone|email|the call)\b)"
)
_MAILED = re2.compile(rf"({_PERSON}|{_FIRST})[ \t]*[<(\[]+[^\s<>()]{{1,64}}@")
_SIGNATURE = re2.compile(
    rf"(?m)^[ \t>*_~-]*({_PERSON}|[A-Z]{{2,20}} [A-Z]{{2,20}})[*_ \t]*(?:\r?\n[ \t>]*)(?:[ \t>*_]*)"
    r"(?i:(?:senior|sr\.?|staff|principal|lead|chief|head|vp|vice|director|manager|software|site|devops"
    r"|platform|security|solutions?|technical|account|customer|support|engineering|product|program"
    r"|systems?|network|infrastructure|data|cloud|it|qa|release|build|enterprise|associate|junior|global"
    r"|group|team|executive|cto|cio|ciso|ceo|sre|developer|engineer|architect|administrator|consultant"
    r"|analyst)\b)"
)
_CLOSING = re2.compile(
    r"(?mi)^[ \t>]*(?:thanks|thank you|many thanks|thx|cheers|best|regards|best regards|kind regards|warm "
    r"regards|sincerely|br|vg|mfg|cordially|yours|sent from my \w+)[,.!]?[ \t]*\r?\n(?:[ \t>]*\r?\n)"
    rf"{{0,2}}[ \t>*_~-]*((?-i:{_PERSON}|{_FIRST}))[ \t*_]*$"
)
_TITLED = re2.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Sr|Sra)\.? ({_PERSON}|{_FIRST})\b")
COMPANY_WORDS = listed("""
    bank group health trading mobility freight corp inc ltd llc gmbh team support engineering security cloud
    server enterprise edition center centre service services systems studio code search insights
    intelligence changes batch editor desktop browser extension extensions chrome firefox safari edge
    windows linux mac ubuntu debian docker kubernetes helm compose github gitlab bitbucket perforce gerrit
    jira confluence slack zoom zendesk sourcegraph cody zoekt data center admin site user users page
    settings api graphql http https url json yaml sso saml oidc ldap error errors warning info debug trace
    fatal note notes steps expected actual environment version deployment instance customer issue ticket
    priority version monday tuesday wednesday thursday friday saturday sunday january february march april
    may june july august september october november december north south east west new york san francisco
    london berlin paris europe america asia africa united states kingdom germany france india japan china
    australia canada brazil active directory azure google amazon aws gcp microsoft apple oracle redhat
    visual studio intellij idea jetbrains vs node js java script type go rust python ruby php scala kotlin
    swift perl bash shell sql postgres postgresql mysql redis mongo elastic kafka nginx apache envoy istio
    prometheus grafana jaeger sentry datadog splunk okta auth keycloak terraform ansible jenkins circle
    buildkite travis pull request merge commit branch repo repository main master release changelog read me
    open source free trial premium pro plus basic docs documentation help center feature request bug report
    internal thread public private screen shot account doc hello world the this that these those there then
    when while where what which who why how and or but not for from with without into onto over under after
    before since until also just only please thanks thank looker private context both main contact phone
    reported escalation path similar expected actual result results root cause
    """)
INITIAL = re2.compile(rb"\b[A-Z]\. [A-Z][a-z]|\b[A-Z]{3,} [A-Z]{3,}\b|\b[A-Z][a-z] ")
FIRST_STOP = listed("all everyone team folks there both you them us him her it this that again")
MODALS = frozenset(("will", "may", "mark", "grant", "can"))
PEOPLE_CUES = listed(
    "hi hello hey dear thanks thank_you thx cheers regards cc told tell ask asked ping pinged messaged "
    "emailed "
    "spoke_with spoke_to talked_to talked_with met_with heard_from hear_from according_to reached_out_to "
    "reach_out_to call_with meeting_with ce_is csm_is tam_is ae_is reported_by raised_by confirmed_by "
    "confirmed_with escalated_by escalated_to assigned_to written_by sent_by owner_is"
)
CUE_WORDS = listed(
    "contact thanks thank hi hello hey dear cc ask ping per and from to by with both customer user admin "
    "engineer manager director lead author reporter owner spoke met our their the best regards cheers "
    "reported"
)
AFTER_CUE = re2.compile(_STRONG_FIRST.pattern.encode())
BEFORE_VERB = re2.compile(_FIRST_AFTER.pattern.encode())
FULL_NAMES = tuple(re2.compile(p.pattern.encode()) for p in (_BEFORE, _AFTER))
#: (pattern, words of which one must be there in lower case)
SURE_NAMES = (
    (re2.compile(_MAILED.pattern.encode()), ("@",)),
    (re2.compile(_SIGNATURE.pattern.encode()), ("\n",)),
    (
        re2.compile(_CLOSING.pattern.encode()),
        ("thank", "thx", "cheers", "best", "regards", "sincerely", "sent from"),
    ),
    (
        re2.compile(_TITLED.pattern.encode()),
        ("mr", "ms ", "ms. ", "miss ", "dr ", "dr. ", "prof", "herr ", "frau "),
    ),
)
#: names written so that their form says it: `N. Petrovskaya`, `Petrovskaya, Nadia`, `NADIA PETROVSKAYA`;
#: with the group that must be a first name (0: none)
WRITTEN_NAMES = (
    (re2.compile(rb"\b[A-Z]\. ?([A-Z][a-z]{3,20})\b"), 0),
    (re2.compile(rb"\b([A-Z]{3,20}) ([A-Z]{3,20})\b"), 1),
)
# Two bounded runs: linear in any engine, and `re` is quicker at many small matches.
JOINED_NAME = re.compile(r"\b([a-z]{3,12})[._-]([a-z]{4,20})\b")
HALF = re2.compile(rb"-[A-Z][a-z]{2,20}\b")
PERSONS_VERB = re2.compile(
    rb"(?:'s|,| (?:via|on|over)|[*_ ]+(?:\w+ed|\w+s|said|told|saw|thought|wrote|sent|found"
    rb"|is (?:asking|seeing|out)|was able)\b)"
)
