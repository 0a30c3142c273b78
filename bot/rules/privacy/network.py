"""Floor 1: host names outside links, private repositories and packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.hosts import INTERNAL_TLDS, Hosts, covered
from bot.rules.privacy.links import INTERNAL_TOOLS
from bot.rules.privacy.listed import listed
from bot.rules.privacy.normalise import View

MATCHES = (
    "host=«db-01.eu.quandel.local» down",
    "cloned from «git.quandel.internal/team/repo.git»",
    "«git@git.quandel.internal:team/repo.git»",
    "at «com.quandel.billing.core».Service.run(Service.java:1)",
    "on node «gke-quandel-prod-pool-1-0a1b2c3d-x7k2»",
    "open «square.slack.com» please",
    "visit «xolvaria-widgets.com» for more",
)
IGNORES = (
    "gitserver-0.gitserver:3178",
    "zoekt-webserver-1.zoekt-webserver.default.svc.cluster.local:6070",
    "cmd/frontend/graphqlbackend/search.go:210",
    "LedgerService.java:212",
    "import com.google.common.collect.Lists",
    "github.com/sourcegraph/zoekt/build/builder.go",
)


_DOTTED = re2.compile(
    rb"[A-Za-z0-9_](?:[\w-]{0,62})(?:\.[A-Za-z0-9_](?:[\w-]{0,62}))+(?::\d{2,5})?(?:[/:][\w.~+-]+(?:/"
    rb"[\w.~+-]+)*)?"
)
_HOST_CUE = re2.compile(
    r"(?i)(?:\b\w*host(?:name)?s?|\bserver|\bendpoint|\baddr(?:ess)?|\bremote|\bdomain|\bpeer|\bnode|\burl"
    r"|\bvia|\bupstream|\bproxy|\bconnect(?:ing|ed)? to|\bresolve|\blookup|\bdial(?: tcp)?|\bping|\bcurl"
    r"|\bssh|\bdig|\bnslookup|\btelnet|\bsni|\bcn|\bsan|\bdns|\binstance|\bcluster|\bdnsname|\bfqdn|\bvm"
    r"|\bmachine|\bexternal_?url|\bon|\bat|\bfrom|\bto)[\"'` ]{0,3}[=: ][\"'` ]{0,3}$|@$"
)
_NODE_NAME = re2.compile(
    rb"\b(?:gke-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{8}-[a-z0-9]{4}|aks-[a-z0-9]+-\d{8}-vmss[a-z0-9]{6}"
    rb"|ip-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9.-]+[a-z0-9])?"
    rb"|ec2-\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}(?:\.[a-z0-9.-]+[a-z0-9])?)\b"
)
_NODE_PREFIXES = (b"gke-", b"aks-", b"ip-", b"ec2-")
_HOST_WORDS = (
    "host=",
    "host:",
    "name=",
    "name:",
    "server=",
    "server:",
    "node=",
    "node:",
    "machine",
    "vm=",
    "vm:",
    "peer",
    "instance",
)
_NAMED_HOST = re2.compile(
    rb"(?i)\b(?:host(?:name)?|server|node|machine|vm|peer|instance)[\"']?(?:=|: ?)[\"'` "
    rb"]?([a-z][a-z0-9]*(?:-[a-z0-9]+)*\d[a-z0-9-]*)\b"
)
_UNC = re2.compile(rb"(?:^|[\s\"'(=])\\{1,2}([A-Za-z][\w.-]*[\w])\\[\w$.-]+(?:\\[\w$. -]+)*")
_PACKAGE = re2.compile(
    rb"\b(?:com|net|org|io|de|co|ai|eu|fr|uk|us|ch|nl|se|ie|tr|jp|cn|in|dev|app|health|bank)"
    rb"(?:\.[a-z_][a-z0-9_]*){2,8}"
)
_PUBLIC_PACKAGES = listed("""
    google sun oracle sourcegraph apache github gitlab facebook twitter microsoft amazonaws amazon netflix
    uber linkedin fasterxml jetbrains springframework spring eclipse junit mockito hibernate typesafe
    lightbend scala kotlin android squareup okhttp grpc netty vertx reactivex projectreactor prometheus
    micrometer opentelemetry opentracing jaegertracing swagger dropwizard quarkus micronaut elasticsearch
    mongodb mysql postgresql redis datastax confluent kafka ibm redhat jboss wildfly vmware pivotal gradle
    maven bazel slf4j logback log4j w3c xml json yaml snakeyaml joda threeten bouncycastle auth0 okta jwt
    stripe twilio sendgrid slack segment mixpanel intellij example acme foo bar mycompany company
    springsource codahale zaxxer jayway rabbitmq nimbusds thoughtworks atlassian perforce zendesk docker
    kubernetes fabric8 helm puppycrawl sonarsource jacoco checkerframework errorprone guava protobuf apple
    adobe salesforce sap cloudera databricks hazelcast ehcache infinispan
    """)
_SSH_REPO = re2.compile(
    rb"\b[a-z][\w.-]{0,30}@((?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*):(?:\d{2,5}/)?[\w.~/-]+"
)


def host_hits(
    view: View,
    hosts: Hosts,
    domains: Set[str],
    names_customer: Callable[[str], bool],
    in_link: Callable[[int], bool],
) -> Iterator[Hit]:
    """Host names outside links; with a path they are repositories. `domains`: the private ones this text
    shows.
    """
    data = view.data
    for match in _SSH_REPO.finditer(data) if b"@" in data else ():
        host = match.group(1).decode().lower()
        if (
            not in_link(match.start())
            and not hosts.is_public(host)
            and not hosts.is_example(host)
            and (hosts.is_domain(host) or hosts.is_private(host))
        ):
            yield Hit("ssh-repository", "repo", *match.span())
    for match in _DOTTED.finditer(data):
        start, end = match.span()
        if in_link(start):
            continue
        if (
            data[start - 1 : start] in (b"/", b"\\", b"-", b".")
            and start > 0
            and data[start - 2 : start] != b"//"
        ):
            continue
        hit = _dotted(view, start, end, hosts, domains, names_customer)
        if hit is not None:
            yield hit
    for match in _NODE_NAME.finditer(data) if any(n in data for n in _NODE_PREFIXES) else ():
        if not in_link(match.start()):
            yield Hit("cloud-node", "host", *match.span())
    for match in _NAMED_HOST.finditer(data) if any(n in view.low for n in _HOST_WORDS) else ():
        start, end = match.span(1)
        if (
            not in_link(start)
            and b"." not in data[end : end + 1]
            and not hosts.is_example(view.low[start:end])
            and b"-" in data[start:end]
        ):
            yield Hit("named-host", "host", start, end, sure=names_customer(view.low[start:end]))
    if b"\\" in data:
        for match in _UNC.finditer(data):
            start, end = match.span(1)
            if any(48 <= c < 58 for c in data[start:end]) or b"." in data[start:end]:
                yield Hit("file-share", "host", start, end, sure=False)


def _dotted(
    view: View, start: int, end: int, hosts: Hosts, domains: Set[str], names_customer: Callable[[str], bool]
) -> Hit | None:
    """What a dotted word is: a private host, a repository on one, a customer's domain, or nothing of the
    kind.
    """
    raw = view.low[start:end]
    host = raw.partition("/")[0].partition(":")[0]
    path = raw[len(host) :]
    tail = host.rsplit(".", 1)[-1]
    if not (hosts.is_domain(host) or tail in INTERNAL_TLDS):
        return None
    if (
        "_" in host
        or host.replace(".", "").isdigit()
        or view.data[end : end + 1] == b"("
        or hosts.is_example(host)
    ):
        return None
    if hosts.is_managed(host):
        return Hit("managed-instance", "customer", start, start + len(host))
    if covered(host, INTERNAL_TOOLS) and not names_customer(host.partition(".")[0]):
        return None  # the tool's name says nothing; a link to a page of it does
    before = view.text[max(0, start - 40) : start]
    private = hosts.is_private(host) or (
        host.count(".") >= 2 and covered(host, _WORKSPACES) and names_customer(host.partition(".")[0])
    )
    if not private and hosts.is_domain(host) and not hosts.is_public(host):
        written_low = view.text[start : start + len(host)] == host
        named = names_customer(host) and (written_low or host.count(".") == 1)
        cue = (
            tail not in _FILE_TLDS and host.count(".") >= 2 and bool(_HOST_CUE.search(before)) and written_low
        )
        port = path.startswith(":") and path[1:3].isdigit() and tail not in _FILE_TLDS
        private = covered(host, domains) or named or cue or port
        if (
            private
            and not covered(host, domains)
            and _PACKAGE.match(view.data, start)
            and host.split(".")[0] in _REVERSED
        ):
            return None
    if not private:
        company = tail in _COMPANY_TLDS and host.count(".") <= 2 and host.split(".")[0] not in _REVERSED
        if company and not hosts.is_public(host) and view.text[start : start + len(host)] == host:
            return Hit("unknown-domain", "unknown_link", start, start + len(host))
        return None
    if hosts.is_public(host) and not covered(host, _WORKSPACES):
        return None
    slash = path.find("/")
    if slash >= 0 and path[slash + 1 :]:
        return Hit("private-repository", "repo", start, end if raw[-1] not in ".:-" else end - 1)
    return Hit("private-host", "host", start, start + len(host))


#: endings that are a company's far more often than a file's or a property's
_COMPANY_TLDS = frozenset(("com", "net", "org", "de", "fr", "eu", "uk", "biz", "health", "bank", "tr"))
#: one sub-domain per company
_WORKSPACES = frozenset(
    (
        "slack.com",
        "atlassian.net",
        "zendesk.com",
        "okta.com",
        "sharepoint.com",
        "zoom.us",
        "service-now.com",
        "looker.com",
    )
)
_FILE_TLDS = listed("md py sh rs pl zip mov app id name is in it to do me so info vim cc ms java")
_REVERSED = listed("com net org io de co ai eu fr uk us")


def package_hits(
    view: View, names_customer: Callable[[str], bool], in_link: Callable[[int], bool]
) -> Iterator[Hit]:
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
