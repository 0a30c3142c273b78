"""Floor 1: host names outside links, private repositories and packages, e-mail and IP addresses, phone numbers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Set

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.hosts import INTERNAL_TLDS, Hosts, covered
from bot.rules.privacy.links import INTERNAL_TOOLS
from bot.rules.privacy.normalise import View

_MAIL = re2.compile(rb"[A-Za-z0-9][\w.!#$&'+/=?-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,24}\b")
_SPOKEN_MAIL = tuple((re2.compile(p), n) for p, n in (
    (rb"(?i)\b(?:[a-z0-9]{2,20} (?:dot|underscore|dash) ){0,3}[a-z0-9][a-z0-9._+-]{1,40} ?(?:\bat\b|@) ?[a-z0-9-]{2,40}(?: ?(?:\bdot\b|\.) ?[a-z0-9-]{2,30}){0,3} (?:dot) (?:com|net|org|io|ai|co|de|fr|uk|eu|dev|us|in|ie|tr|me|tech|health)\b", (" dot ",)),
    (rb"(?i)\b[a-z0-9]+[._+-][a-z0-9._+-]{1,40} at (?:[a-z0-9-]{2,40}\.)+[a-z]{2,10}\b", (" at ",)),
    (rb"(?i)\b[a-z0-9][\w.+-]{1,40} ?(?:_at_|-at-|<at>|\|at\|) ?[a-z0-9-]{2,40}(?:(?:\.|_dot_|-dot-|<dot>| dot )[a-z0-9-]{2,20}){1,3}\b", ("at_", "-at-", "at>", "|at|")),
    (rb"(?i)\b[a-z0-9][\w.+-]{1,40} (?:@|at) [a-z0-9-]{2,40} ?(?:\.|dot) ?(?:com|net|org|io|ai|co|de)\b", (" @ ",)),
    (rb"(?i)\b[a-z0-9][\w.+-]{1,40} ?@ (?:[a-z0-9-]{2,40}\.)+[a-z]{2,10}\b|\b[a-z0-9][\w.+-]{1,40} @(?:[a-z0-9-]{2,40}\.)+[a-z]{2,10}\b", (" @", "@ ")),
))
_PUBLIC_LOCALS = frozenset(
    "git noreply no-reply donotreply root postmaster hostmaster webmaster mailer-daemon user username you your name me someone email mail test foo bar example nobody".split()
)
_PUBLIC_MAIL_DOMAINS = frozenset(
    "users.noreply.github.com noreply.github.com github.com gitlab.com bitbucket.org sourcegraph.com googlegroups.com lists.apache.org vger.kernel.org python.org golang.org".split()
)
_ROLE = re2.compile(r"^(?:support|security|help|hi|hello|info|sales|team|feedback|contact|press|careers|privacy|legal|billing|abuse|admin|docs|hey|dev|bot|renovate|buildkite|.*-bot|.*\[bot\])$")
_NOT_MAIL_TLD = frozenset("png jpg jpeg gif svg webp js ts tsx jsx go py rb rs json yaml yml md txt html css lock zip gz tgz tar local lan internal svc".split())

_DOTTED = re2.compile(rb"[A-Za-z0-9_](?:[\w-]{0,62})(?:\.[A-Za-z0-9_](?:[\w-]{0,62}))+(?::\d{2,5})?(?:[/:][\w.~+-]+(?:/[\w.~+-]+)*)?")
_HOST_CUE = re2.compile(
    r"(?i)(?:\b\w*host(?:name)?s?|\bserver|\bendpoint|\baddr(?:ess)?|\bremote|\bdomain|\bpeer|\bnode|\burl|\bvia|\bupstream|\bproxy|\bconnect(?:ing|ed)? to|\bresolve|\blookup|\bdial(?: tcp)?|\bping|\bcurl|\bssh|\bdig|\bnslookup|\btelnet|\bsni|\bcn|\bsan|\bdns|\binstance|\bcluster|\bdnsname|\bfqdn|\bvm|\bmachine|\bexternal_?url|\bon|\bat|\bfrom|\bto)[\"'` ]{0,3}[=: ][\"'` ]{0,3}$|@$"
)
_NODE_NAME = re2.compile(
    rb"\b(?:gke-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{8}-[a-z0-9]{4}|aks-[a-z0-9]+-\d{8}-vmss[a-z0-9]{6}|ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9.-]+[a-z0-9])?|ec2-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9.-]+[a-z0-9])?)\b"
)
_NAMED_HOST = re2.compile(rb"(?i)\b(?:host(?:name)?|server|node|machine|vm|peer|instance)[\"']?(?:=|: ?)[\"'` ]?([a-z][a-z0-9]*(?:-[a-z0-9]+)*\d[a-z0-9-]*)\b")
_UNC = re2.compile(rb"(?:^|[\s\"'(=])\\{1,2}([A-Za-z][\w.-]*[\w])\\[\w$.-]+(?:\\[\w$. -]+)*")
_PACKAGE = re2.compile(rb"\b(?:com|net|org|io|de|co|ai|eu|fr|uk|us|ch|nl|se|ie|tr|jp|cn|in|dev|app|health|bank)(?:\.[a-z_][a-z0-9_]*){2,8}")
_PUBLIC_PACKAGES = frozenset(
    """google sun oracle sourcegraph apache github gitlab facebook twitter microsoft amazonaws amazon netflix uber linkedin fasterxml jetbrains springframework spring
    eclipse junit mockito hibernate typesafe lightbend scala kotlin android squareup okhttp grpc netty vertx reactivex projectreactor prometheus micrometer opentelemetry
    opentracing jaegertracing swagger dropwizard quarkus micronaut elasticsearch mongodb mysql postgresql redis datastax confluent kafka ibm redhat jboss wildfly vmware
    pivotal gradle maven bazel slf4j logback log4j w3c xml json yaml snakeyaml joda threeten bouncycastle auth0 okta jwt stripe twilio sendgrid slack segment mixpanel intellij
    example acme foo bar mycompany company springsource codahale zaxxer jayway rabbitmq nimbusds thoughtworks atlassian perforce zendesk docker kubernetes fabric8 helm
    puppycrawl sonarsource jacoco checkerframework errorprone guava protobuf apple adobe salesforce sap cloudera databricks hazelcast ehcache infinispan""".split()
)
_SSH_REPO = re2.compile(rb"\b[a-z][\w.-]{0,30}@((?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*):(?:\d{2,5}/)?[\w.~/-]+")
_IPV4 = re2.compile(rb"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:[:/][0-9]{1,5})?")
_IPV6 = re2.compile(rb"(?i)(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}|(?:[0-9a-f]{1,4}:){1,7}:|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}")
_VERSION_CUE = re2.compile(
    r"(?i)(?:\bv|\bver(?:sion)?s?|\bbuild|\brelease[ds]?|\bupgrad\w+(?: from| to)?|\bfirmware|\bdriver|\btag|\bimage|\bextension|\bplugin|\bapp|\bchrome|\bfirefox|\bedge|\bsafari|\bopera|\bpatch|\brev|\bchart|\bsdk|\bruntime|\bagent|\bp4d?|/|==|>=|<=|~>|\^)[\"'` :=/v(]{0,4}$"
)
_IP_CUE = re2.compile(
    r"(?i)(?:\bips?|\bip ?addr\w*|\baddr\w*|\bhosts?|\bserver|\bpeer|\bremote\w*|\blocal\w*|\bclient\w*|\bfrom|\bto|\btcp|\budp|\bvia|\begress|\bingress|\bnat|\bgateway|\bdns|\bproxy|\bforwarded-for|\bping|\bssh|\bnode|\blisten\w*|\bconnect\w*|\bdial|\bsource|\bdest\w*|\bsrc|\bdst|\bwhitelist\w*|\ballow\w*|\bblock\w*|\bfirewall|\bat|\bon|@|//|\bresolves?\b.{0,10}|\ba record)[\"'` :=(\[]{0,4}$"
)
_NOTABLE = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "208.67.220.220", "255.255.255.255", "169.254.169.254", "172.17.0.1", "192.168.0.1", "192.168.1.1", "10.0.0.1", "10.0.0.0", "172.16.0.0", "192.168.0.0", "1.2.3.4", "4.3.2.1", "5.6.7.8", "192.168.1.0", "192.168.65.1", "192.168.49.2", "192.168.99.100", "10.96.0.1", "10.96.0.10", "10.43.0.1", "10.0.2.15", "10.0.2.2"))
#: documentation (RFC 5737, RFC 3849, RFC 9637), benchmarks, loopback, link-local, multicast
_RESERVED_PREFIXES = ("192.0.2.", "198.51.100.", "203.0.113.", "198.18.", "198.19.", "127.", "0.", "169.254.", "192.88.99.")
_RESERVED = tuple(ipaddress.ip_network(n) for n in ("2001:db8::/32", "3fff::/20", "::/8", "fe80::/10", "ff00::/8", "100::/64"))
_SHARED = ipaddress.ip_network("100.64.0.0/10")
_PHONE = re2.compile(
    rb"\+\d{1,3}(?:[ .\-/()]{0,3}\d{1,5}){2,6}|\b00\d{1,3}(?:[ .\-/()]{1,3}\d{1,5}){2,6}|\(\d{2,5}\)[ .\-]{0,2}\d{3,4}[ .\-]\d{3,5}|\b\d{3}-\d{3}-\d{4}\b|\b\d{3}\.\d{3}\.\d{4}\b|\b1[-. ]\d{3}[-. ]\d{3}[-. ]\d{4}\b"
    rb"|(?i:\b(?:phone|tel|telephone|cell|mobile|call|fax|dial|whatsapp|sms|text|handy|ring|reach)\b[^\n\d+]{0,24})(?:\(?\d{2,5}\)?(?:[ .\-/]{1,2}\d{2,8}){1,5}|\d{9,13})"
)
_PHONE_CUE = re2.compile(rb"(?i)^(?:phone|tel|telephone|cell|mobile|call|fax|dial|whatsapp|sms|text|handy|ring|reach)\b[^\n\d+(]{0,24}")


def mail_hits(view: View, public_mail: Set[str], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """E-mail addresses, also spoken ones (`jane at acme dot com`); documentation and role addresses of ours pass."""
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
            spoken = view.low[start:end].replace(" dot ", ".").replace("_dot_", ".").replace("-dot-", ".").replace("<dot>", ".")
            for word in (" at ", "_at_", "-at-", "<at>", "|at|", " @ ", " @", "@ "):
                spoken = spoken.replace(word, "@", 1) if "@" not in spoken else spoken
            address = spoken.replace(" ", "")
            domain = address.partition("@")[2]
            if domain and not _public_mail(address, public_mail) and not domain.endswith(("sourcegraph.com", "github.com")) and address.partition("@")[0] not in _AT_VERBS:
                yield Hit("spoken-email", "email", start, end)


_AT_VERBS = frozenset("look looking looked hosted is are available here running docs live found see meet us help me it be instance located server deployed reach find repo code documentation image".split())


def _public_mail(address: str, allowed: Set[str]) -> bool:
    local, _, domain = address.partition("@")
    tld = domain.rsplit(".", 1)[-1]
    if address in allowed or "@" + domain in allowed or tld in ("example", "test", "invalid") or tld in _NOT_MAIL_TLD:
        return True
    if covered(domain, ("example.com", "example.org", "example.net", "domain.com", "email.com", "yourcompany.com", "mycompany.com", "company.com")):
        return True
    if domain in ("users.noreply.github.com", "noreply.github.com") or local in _PUBLIC_LOCALS:
        return True
    return covered(domain, _PUBLIC_MAIL_DOMAINS) and bool(_ROLE.match(local) or domain in ("googlegroups.com", "vger.kernel.org", "lists.apache.org"))


def host_hits(view: View, hosts: Hosts, domains: Set[str], names_customer: Callable[[str], bool], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """Host names outside links; with a path they are repositories. `domains`: the private ones this text shows."""
    data = view.data
    for match in _SSH_REPO.finditer(data):
        host = match.group(1).decode().lower()
        if not in_link(match.start()) and not hosts.is_public(host) and not hosts.is_example(host) and (hosts.is_domain(host) or hosts.is_private(host)):
            yield Hit("ssh-repository", "repo", *match.span())
    for match in _DOTTED.finditer(data):
        start, end = match.span()
        if in_link(start):
            continue
        if data[start - 1 : start] in (b"/", b"\\", b"-", b".") and start > 0 and data[start - 2 : start] != b"//":
            continue
        hit = _dotted(view, start, end, hosts, domains, names_customer)
        if hit is not None:
            yield hit
    for match in _NODE_NAME.finditer(data):
        if not in_link(match.start()):
            yield Hit("cloud-node", "host", *match.span())
    for match in _NAMED_HOST.finditer(data):
        start, end = match.span(1)
        if not in_link(start) and b"." not in data[end : end + 1] and not hosts.is_example(view.low[start:end]) and b"-" in data[start:end]:
            yield Hit("named-host", "host", start, end, sure=names_customer(view.low[start:end]))
    if b"\\" in data:
        for match in _UNC.finditer(data):
            start, end = match.span(1)
            if any(48 <= c < 58 for c in data[start:end]) or b"." in data[start:end]:
                yield Hit("file-share", "host", start, end, sure=False)


def _dotted(view: View, start: int, end: int, hosts: Hosts, domains: Set[str], names_customer: Callable[[str], bool]) -> Hit | None:
    """What a dotted word is: a private host, a repository on one, a customer's domain, or nothing of the kind."""
    raw = view.low[start:end]
    host = raw.partition("/")[0].partition(":")[0]
    path = raw[len(host) :]
    tail = host.rsplit(".", 1)[-1]
    if not (hosts.is_domain(host) or tail in INTERNAL_TLDS):
        return None
    if "_" in host or host.replace(".", "").isdigit() or view.data[end : end + 1] == b"(" or hosts.is_example(host):
        return None
    if hosts.is_managed(host):
        return Hit("managed-instance", "customer", start, start + len(host))
    if covered(host, INTERNAL_TOOLS) and not names_customer(host.partition(".")[0]):
        return None  # the tool's name says nothing; a link to a page of it does
    before = view.text[max(0, start - 40) : start]
    private = hosts.is_private(host) or (host.count(".") >= 2 and covered(host, _WORKSPACES) and names_customer(host.partition(".")[0]))
    if not private and hosts.is_domain(host) and not hosts.is_public(host):
        written_low = view.text[start : start + len(host)] == host
        named = names_customer(host) and (written_low or host.count(".") == 1)
        cue = tail not in _FILE_TLDS and host.count(".") >= 2 and bool(_HOST_CUE.search(before)) and written_low
        port = path.startswith(":") and path[1:3].isdigit() and tail not in _FILE_TLDS
        private = covered(host, domains) or named or cue or port
        if private and not covered(host, domains) and _PACKAGE.match(view.data, start) and host.split(".")[0] in _REVERSED:
            return None
    if not private:
        return None
    if hosts.is_public(host) and not covered(host, _WORKSPACES):
        return None
    slash = path.find("/")
    if slash >= 0 and path[slash + 1 :]:
        return Hit("private-repository", "repo", start, end if raw[-1] not in ".:-" else end - 1)
    return Hit("private-host", "host", start, start + len(host))


#: one sub-domain per company
_WORKSPACES = frozenset(("slack.com", "atlassian.net", "zendesk.com", "okta.com", "sharepoint.com", "zoom.us", "service-now.com", "looker.com"))
_FILE_TLDS = frozenset("md py sh rs pl zip mov app id name is in it to do me so info vim cc ms java".split())
_REVERSED = frozenset("com net org io de co ai eu fr uk us".split())


def package_hits(view: View, names_customer: Callable[[str], bool], in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """Packages named after a customer's domain (`com.acme.billing`); unknown owners only warn."""
    for match in _PACKAGE.finditer(view.data):
        start, end = match.span()
        if in_link(start) or (start and view.data[start - 1 : start] in b".-/@"):
            continue
        if view.data[end : end + 1].isalnum() and view.data[end - 1 : end] != b".":
            end = view.data.rfind(b".", start, end)
        parts = view.low[start:end].split(".")
        if len(parts) < 3:
            continue
        if any(names_customer(p) for p in parts[1:]):
            yield Hit("private-package", "repo", start, end)
        elif len(parts) >= 4 and parts[1] not in _PUBLIC_PACKAGES and parts[0] in ("com", "net", "de", "co"):
            yield Hit("unknown-package", "repo", start, end, sure=False)


def ip_hits(view: View) -> Iterator[Hit]:
    """IP addresses that are no documentation range, loopback, network block or version number."""
    data = view.data
    for match in _IPV4.finditer(data):
        start, end = match.span()
        raw = match.group().decode()
        host, slash, bits = raw.partition("/")
        host, colon, _ = host.partition(":")
        if (start and data[start - 1 : start] in b".-_" ) or (not slash and not colon and data[end : end + 1] in (b"-", b"_") and data[end + 1 : end + 2].isalnum()):
            continue
        if data[end : end + 1] == b"." and data[end + 1 : end + 2].isdigit():
            continue
        if any(len(o) > 1 and o[0] == "0" or int(o) > 255 for o in host.split(".")):
            continue
        if host in _NOTABLE or host.startswith(_RESERVED_PREFIXES) or int(host.split(".")[0]) >= 224:
            continue
        if not colon and not slash and _versionlike(view, start, host):
            continue
        yield _ip(ipaddress.ip_address(host), start, start + len(host))
    if b"::" in data or data.count(b":") >= 7:
        for match in _IPV6.finditer(data):
            start, end = match.span()
            if (start and (data[start - 1 : start].isalnum() or data[start - 1 : start] in b":_")) or data[end : end + 1].isalpha():
                continue
            raw = match.group().decode().rstrip(":") if not match.group().endswith(b"::") else match.group().decode()
            try:
                six = ipaddress.ip_address(raw)
            except ValueError:
                continue
            first = raw.split(":")[0]
            if len(first) < 3 or any(six in net for net in _RESERVED):
                continue
            if raw.count(":") < 3:
                continue
            yield _ip(six, start, start + len(raw))


def _ip(address: ipaddress.IPv4Address | ipaddress.IPv6Address, start: int, end: int) -> Hit:
    shared = address.version == 4 and address in _SHARED
    private = address.is_private or shared
    return Hit("ip-address", "ip_private" if private else "ip_public", start, end)


def _versionlike(view: View, start: int, host: str) -> bool:
    """Is a dotted quad a version? Small first numbers are, unless something says that it is an address."""
    before = view.text[max(0, start - 40) : start].rstrip("`*\"'")
    if _VERSION_CUE.search(before) and not before.endswith("//"):
        return True
    first = int(host.split(".")[0])
    if first == 10 or first in (172, 192):
        return False
    return first < 13 and not _IP_CUE.search(before)


def phone_hits(view: View, valid: Callable[[str, bool], bool] | None, in_link: Callable[[int], bool]) -> Iterator[Hit]:
    """Phone numbers: international, bracketed, or dashed; others beside a word like phone. `valid` asks phonenumbers."""
    data = view.data
    for match in _PHONE.finditer(data):
        start, end = match.span()
        cue = _PHONE_CUE.match(match.group())
        if cue is not None:
            start += cue.end()
        raw = view.text[start:end].rstrip(" .-/(")
        end = start + len(raw)
        if in_link(start) or (start and (data[start - 1 : start].isalnum() or data[start - 1 : start] in b".-_/=")) and cue is None:
            continue
        if data[end : end + 1].isalnum() or (data[end : end + 1] in (b"-", b".") and data[end + 1 : end + 2].isalnum() and cue is None):
            continue
        if raw.count(".") == 3 and all(p.isdigit() for p in raw.split(".")):
            continue  # an IP address
        digits = sum(c.isdigit() for c in raw)
        if not 7 <= digits <= 15 or len(set(raw)) < 5 or "555-01" in raw or "555 01" in raw:
            continue
        if raw.startswith("+") and not any(c in " -.()/" for c in raw) and digits < 10:
            continue
        if valid is not None and not valid(raw, cue is not None):
            continue
        yield Hit("phone", "phone", start, end)

#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "mail «jane.roe@quandel.io» please",
    "«jane.roe [at] quandel [dot] io»",
    "«jane&#64;quandel.io»",
    "«jane.roe at quandel dot io»",
    "host=«db-01.eu.quandel.local» down",
    "cloned from «git.quandel.internal/team/repo.git»",
    "«git@git.quandel.internal:team/repo.git»",
    "at «com.quandel.billing.core».Service.run(Service.java:1)",
    "egress is «52.18.44.91»",
    "peer «2a02:26f0:eb:1a4::1b» left",
    "on node «gke-quandel-prod-pool-1-0a1b2c3d-x7k2»",
    "phone «+44 20 7946 1234»",
    "call «(206) 237-9343»",
    "tel: «0171 5239876»",
)
IGNORES = (
    "support@sourcegraph.com",
    "git@github.com:sourcegraph/sourcegraph.git",
    "someone@example.org",
    "version 5.3.12303.0",
    "Build 1.20.7.4.",
    "Sourcegraph 4.1.2.3",
    "192.0.2.10 and 198.51.100.7/24",
    "127.0.0.1:3080",
    "[::1]:6060",
    "10.0.0.0/8",
    "gitserver-0.gitserver:3178",
    "zoekt-webserver-1.zoekt-webserver.default.svc.cluster.local:6070",
    "cmd/frontend/graphqlbackend/search.go:210",
    "at 10:22:01 on 2024-01-15",
    "LedgerService.java:212",
    "import com.google.common.collect.Lists",
    "222587_2023-06-30_5.0-05c27ce7e1f8",
    "it takes 415 555 ms",
)
