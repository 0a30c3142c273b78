"""Floor 1: e-mail addresses, also the disguised ones: `jane at acme dot com`, `jane(at)acme.com`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.hosts import covered
from bot.rules.privacy.listed import listed
from bot.rules.privacy.normalise import View

MATCHES = (
    "mail «jane.roe@quandel.io» please",
    "«jane.roe [at] quandel [dot] io»",
    "«jane&#64;quandel.io»",
    "«jane.roe at quandel dot io»",
    "«jane.roe%40quandel.io»",
    "«jane＠quandel.io»",
)
IGNORES = (
    "support@sourcegraph.com",
    "git@github.com:sourcegraph/sourcegraph.git",
    "someone@example.org",
    "look at sourcegraph.com",
    "actions/checkout@v4.1.0",
)


_MAIL = re2.compile(
    rb"[A-Za-z0-9][\w.!#$&'+/=?-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,24}\b"
)
_DOMAIN = rb"(?:[a-z0-9-]{2,40}\.)+[a-z]{2,10}\b"
_LOCAL = rb"[a-z0-9][\w.+-]{1,40}"
#: (pattern, words of which one must be there)
_SPOKEN_MAIL = tuple(
    (re2.compile(rb"(?i)\b" + pattern), needles)
    for pattern, needles in (
        (
            rb"(?:[a-z0-9]{2,20} (?:dot|underscore|dash) ){0,3}"
            + _LOCAL
            + rb" ?(?:\bat\b|@) ?[a-z0-9-]{2,40}(?: ?(?:\bdot\b|\.) ?[a-z0-9-]{2,30}){0,3} dot [a-z]{2,10}\b",
            (" dot ",),
        ),
        (rb"[a-z0-9]+[._+-][a-z0-9._+-]{1,40} at " + _DOMAIN, (" at ",)),
        (
            _LOCAL + rb" ?(?:_at_|-at-|<at>|\|at\|) ?"
            rb"[a-z0-9-]{2,40}(?:(?:\.|_dot_|-dot-|<dot>| dot )[a-z0-9-]{2,20}){1,3}\b",
            ("at_", "-at-", "at>", "|at|"),
        ),
        (_LOCAL + rb" (?:@|at) [a-z0-9-]{2,40} ?(?:\.|dot) ?(?:com|net|org|io|ai|co|de)\b", (" @ ",)),
        (_LOCAL + rb" ?@ " + _DOMAIN, ("@ ",)),
        (_LOCAL + rb" @" + _DOMAIN, (" @",)),
    )
)
_PUBLIC_LOCALS = listed(
    "git noreply no-reply donotreply root postmaster hostmaster webmaster mailer-daemon user username you "
    "your name me someone email mail test foo bar example nobody"
)
_PUBLIC_MAIL_DOMAINS = listed(
    "users.noreply.github.com noreply.github.com github.com gitlab.com bitbucket.org sourcegraph.com "
    "googlegroups.com lists.apache.org vger.kernel.org python.org golang.org"
)
_ROLE = re2.compile(
    r"^(?:support|security|help|hi|hello|info|sales|team|feedback|contact|press|careers|privacy|legal"
    r"|billing|abuse|admin|docs|hey|dev|bot|renovate|buildkite|.*-bot|.*\[bot\])$"
)
_NOT_MAIL_TLD = listed(
    "png jpg jpeg gif svg webp js ts tsx jsx go py rb rs json yaml yml md txt html css lock zip gz tgz tar "
    "local lan internal svc"
)


def mail_hits(view: View, public_mail: Set[str], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """E-mail addresses, also spoken ones (`jane at acme dot com`); documentation and role addresses of
    ours pass.
    """
    data = view.data
    if b"@" in data:
        for match in _MAIL.finditer(data):
            start, end = match.span()
            while data[start : start + 1] in (b"/", b"=", b"'", b"?", b"&", b"#", b"!", b"$", b"."):
                start += 1
            address = view.low[start:end]
            for cut in ("=", "/", "?", "&", "'"):
                if cut in address.partition("@")[0]:
                    offset = address.partition("@")[0].rfind(cut) + 1
                    start, address = start + offset, address[offset:]
            if data[end : end + 1] == b":" and data[end + 1 : end + 2] not in (b" ", b"\n", b""):
                continue  # git@host:path
            if address and not in_link(start) and not _public_mail(address, public_mail):
                yield Hit("email", "email", start, end)
    for pattern, needles in _SPOKEN_MAIL:
        for match in pattern.finditer(data) if any(n in view.low for n in needles) else ():
            start, end = match.span()
            spoken = (
                view.low[start:end]
                .replace(" dot ", ".")
                .replace("_dot_", ".")
                .replace("-dot-", ".")
                .replace("<dot>", ".")
            )
            for word in (" at ", "_at_", "-at-", "<at>", "|at|", " @ ", " @", "@ "):
                spoken = spoken.replace(word, "@", 1) if "@" not in spoken else spoken
            address = spoken.replace(" ", "")
            domain = address.partition("@")[2]
            if (
                domain
                and not _public_mail(address, public_mail)
                and not domain.endswith(("sourcegraph.com", "github.com"))
                and address.partition("@")[0] not in _AT_VERBS
            ):
                yield Hit("spoken-email", "email", start, end)


_AT_VERBS = listed(
    "look looking looked hosted is are available here running docs live found see meet us help me it be "
    "instance located server deployed reach find repo code documentation image"
)


def _public_mail(address: str, allowed: Set[str]) -> bool:
    local, _, domain = address.partition("@")
    tld = domain.rsplit(".", 1)[-1]
    if (
        address in allowed
        or "@" + domain in allowed
        or tld in ("example", "test", "invalid")
        or tld in _NOT_MAIL_TLD
    ):
        return True
    if covered(
        domain,
        (
            "example.com",
            "example.org",
            "example.net",
            "domain.com",
            "email.com",
            "yourcompany.com",
            "mycompany.com",
            "company.com",
        ),
    ):
        return True
    if domain in ("users.noreply.github.com", "noreply.github.com") or local in _PUBLIC_LOCALS:
        return True
    return covered(domain, _PUBLIC_MAIL_DOMAINS) and bool(
        _ROLE.match(local) or domain in ("googlegroups.com", "vger.kernel.org", "lists.apache.org")
    )
