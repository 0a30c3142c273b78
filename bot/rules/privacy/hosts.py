"""Floor 1: which host names are public, which are services of the product, and which are somebody's own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Set
from dataclasses import dataclass, field

import re2

from bot.rules.privacy.listed import listed

#: reserved for documentation and tests (RFC 2606, RFC 6761); never anybody's
_EXAMPLE_TLDS = frozenset({"example", "invalid", "test", "localhost", "onion"})
_EXAMPLE_DOMAINS = frozenset(("example.com", "example.org", "example.net", "example.edu"))
INTERNAL_TLDS = listed(
    "internal local lan corp intranet intra home private localdomain priv ad dmz office domain consul svc int"
)
_CLUSTER = re2.compile(
    r"(?:^|\.)(?:svc|cluster\.local|docker\.internal|kubernetes\.default|google\.internal)(?:\.|$)"
)
_FIRST_LABEL = re2.compile(
    r"^(?:[a-z0-9]+[-_])*(?:git\d*|gitlab|github|ghe|ghes|bitbucket|bb|stash|gerrit|gitea|gogs|code|src"
    r"|source|sourcegraph|sg|scm|svn|vcs"
    r"|p4|perforce|phabricator|phab|jira|wiki|confluence|jenkins|ci|cd|teamcity|bamboo|artifactory|nexus"
    r"|registry|harbor|mirror|vpn|ldap"
    r"|ad|dc|mail|smtp|mx|imap|db|sql|pg|postgres|mysql|mongo|redis|proxy|gw|gateway|bastion|jump|vault|k8s"
    r"|kube|sso|auth|idp|keycloak|saml"
    r"|adfs|grafana|prometheus|kibana|elastic|splunk|jaeger|monitoring|metrics|logs?|node|host|srv|server"
    r"|vm|app|api|portal|intranet|devops|tfs"
    r"|build|deploy|stag(?:e|ing)|prod|dev|test|uat|qa|int|internal|private|minio|s3|storage|nas|nfs|file"
    r"|files|share)[-_]?\d*(?:[-_][a-z0-9]+)*$"
)
_SECOND_LABEL = listed(
    "corp eng internal int prod dev intra private ad office ops infra it lan net cloud staging"
)
_CLOUD = re2.compile(
    r"(?:\.(?:compute(?:-\d)?|rds|elb|cache|es|eks|redshift|docdb|execute-api|efs|dkr\.ecr|kafka|mq)"
    r"\.(?:[a-z0-9-]+\.){0,3}amazonaws\.com"
    r"|\.(?:s3|s3[a-z0-9.-]+)\.amazonaws\.com|\.elb\.[a-z0-9-]+\.amazonaws\.com|\.ec2\.internal"
    r"|\.compute\.internal|\.cloudfront\.net|\.awsapps\.com"
    r"|\.(?:database|blob\.core|file\.core|queue\.core|table\.core|vault|servicebus|redis\.cache|documents)"
    r"\.(?:windows|azure)\.net"
    r"|\.(?:cloudapp\.azure|cloudapp|azurewebsites|azurecontainer|azurecr|azmk8s|trafficmanager|azure-api"
    r"|azureedge)\.(?:com|net|io)"
    r"|\.(?:run|a\.run|appspot|cloudfunctions|web|firebaseapp|firebaseio)\.(?:app|com|net)"
    r"|\.googleusercontent\.com"
    r"|\.(?:okta|oktapreview|okta-emea|auth0|onelogin|pingidentity|pingone|jumpcloud|duosecurity"
    r"|onmicrosoft|sharepoint|my\.salesforce|service-now|freshdesk"
    r"|zendesk|visualstudio|myshopify|snowflakecomputing|databricks|azuredatabricks|cloud\.es|mongodb"
    r"|elastic-cloud|grafana|sourcegraphcloud)\.(?:com|net|io))$"
)
_SERVICE = re2.compile(
    r"^(?:sourcegraph-)?(?:frontend|frontend-internal|gitserver|searcher|symbols|worker|zoekt"
    r"|zoekt-webserver|zoekt-indexserver|indexed-search"
    r"|indexed-search-indexer|repo-updater|redis-(?:store|cache)|pgsql|codeintel-db|codeinsights-db"
    r"|precise-code-intel-worker|syntect-server|syntactic-code-intel-worker"
    r"|blobstore|minio|grafana|prometheus|jaeger|otel-collector|cadvisor|node-exporter|executor"
    r"|github-proxy|query-runner|caddy|nginx|embeddings|migrator|postgres-exporter"
    r"|localhost|postgres|redis|mysql|db|web|app|api|kubernetes|host|node|server)(?:-internal|-shared)"
    r"?(?:-\d+)?$"
)

#: hosts anybody may open; their sub-domains too
PUBLIC_HOSTS = listed("""
    github.com githubusercontent.com github.io github.blog githubstatus.com gitlab.com gitlab.io
    bitbucket.org sourcegraph.com sourcegraphstatic.com sourcegraph.dev about.sourcegraph.com
    docs.sourcegraph.com handbook.sourcegraph.com cody.dev gitea.com codeberg.org sr.ht golang.org go.dev
    pkg.go.dev proxy.golang.org goreportcard.com godoc.org python.org pypi.org pythonhosted.org
    readthedocs.io readthedocs.org npmjs.com npmjs.org yarnpkg.com unpkg.com jsdelivr.net nodejs.org
    deno.land typescriptlang.org rust-lang.org crates.io docs.rs ruby-lang.org rubygems.org ruby-doc.org
    maven.org apache.org oracle.com java.com openjdk.org kotlinlang.org scala-lang.org php.net packagist.org
    haskell.org hackage.haskell.org elixir-lang.org hex.pm erlang.org swift.org cocoapods.org dart.dev
    flutter.dev docker.com docker.io hub.docker.com quay.io gcr.io k8s.gcr.io registry.k8s.io pkg.dev
    ghcr.io mcr.microsoft.com kubernetes.io k8s.io helm.sh artifacthub.io istio.io envoyproxy.io
    prometheus.io grafana.com jaegertracing.io opentelemetry.io hashicorp.com terraform.io vaultproject.io
    postgresql.org mysql.com redis.io sqlite.org mongodb.com elastic.co nginx.org nginx.com haproxy.org
    traefik.io caddyserver.com letsencrypt.org wikipedia.org wikimedia.org stackoverflow.com
    stackexchange.com serverfault.com superuser.com reddit.com news.ycombinator.com medium.com dev.to
    youtube.com youtu.be twitter.com x.com linkedin.com mozilla.org w3.org ietf.org rfc-editor.org
    whatwg.org ecma-international.org iso.org unicode.org json.org json-schema.org yaml.org toml.io
    graphql.org swagger.io openapis.org semver.org gnu.org kernel.org debian.org ubuntu.com redhat.com
    fedoraproject.org archlinux.org alpinelinux.org centos.org suse.com microsoft.com learn.microsoft.com
    docs.microsoft.com azure.com visualstudio.com code.visualstudio.com marketplace.visualstudio.com
    jetbrains.com plugins.jetbrains.com eclipse.org vim.org neovim.io emacs.org google.com
    developers.google.com cloud.google.com googleapis.com chromium.org chrome.com web.dev aws.amazon.com
    docs.aws.amazon.com amazon.com apple.com developer.apple.com android.com facebook.com meta.com react.dev
    reactjs.org vuejs.org angular.io svelte.dev nextjs.org vercel.com netlify.com cloudflare.com fastly.com
    heroku.com digitalocean.com atlassian.com support.atlassian.com confluence.atlassian.com
    developer.atlassian.com perforce.com slack.com api.slack.com okta.com developer.okta.com auth0.com
    sentry.io docs.sentry.io zendesk.com datadoghq.com honeycomb.io pagerduty.com opsgenie.com shields.io
    travis-ci.org travis-ci.com circleci.com buildkite.com codecov.io coveralls.io snyk.io sonarsource.com
    cve.org mitre.org nist.gov nvd.nist.gov osv.dev openai.com anthropic.com huggingface.co arxiv.org
    acm.org archive.org gravatar.com imgur.com giphy.com opensource.org spdx.org
    creativecommons.org cncf.io linuxfoundation.org bazel.build buck.build pantsbuild.org gradle.org
    cmake.org llvm.org clang.llvm.org gcc.gnu.org git-scm.com mercurial-scm.org schema.org xmlns.com
    jsonplaceholder.typicode.com httpbin.org regex101.com crontab.guru caniuse.com bundlephobia.com
    renovatebot.com dependabot.com storybook.js.org percy.io chromatic.com scip.dev
    lsif.dev sourcegraph.github.io microsoft.github.io langserver.org
    """)


@dataclass(frozen=True)
class Hosts:
    """What is known about host names: built-in knowledge plus the policy's lists; `suffixes`: public
    suffixes.
    """

    public: Set[str] = PUBLIC_HOSTS
    internal: Set[str] = frozenset()
    managed: Set[str] = frozenset()
    suffixes: Set[str] = field(repr=False, default=frozenset())

    @classmethod
    def build(
        cls, public: Iterable[str], internal: Iterable[str], managed: Iterable[str], suffixes: Set[str]
    ) -> Hosts:
        def bare(hosts: Iterable[str]) -> frozenset[str]:
            return frozenset(h.removeprefix("*.") for h in hosts)

        return cls(PUBLIC_HOSTS | bare(public), bare(internal), bare(managed), suffixes)

    def is_example(self, host: str) -> bool:
        """Reserved names, and service names inside the product's own cluster."""
        last = host.rsplit(".", 1)[-1]
        if last in _EXAMPLE_TLDS or covered(host, _EXAMPLE_DOMAINS) or host.startswith("example."):
            return True
        cluster = "svc" in host or "cluster." in host or "kubernetes." in host or last == "internal"
        if cluster and _CLUSTER.search(host):
            return True
        return (
            host.count(".") <= 1
            and last not in _COMMON_TLDS
            and bool(_SERVICE.match(host.split(".")[0]))
            and self._service_domain(host)
        )

    def _service_domain(self, host: str) -> bool:
        """`gitserver-0.gitserver`: the second label names a service as well."""
        rest = host.partition(".")[2]
        return not rest or bool(_SERVICE.match(rest))

    def is_public(self, host: str) -> bool:
        return covered(host, self.public) and not (
            covered(host, _CLOUD_PARENTS) and _CLOUD.search("." + host)
        )

    def is_internal_tool(self, host: str) -> bool:
        return covered(host, self.internal)

    def is_managed(self, host: str) -> bool:
        """A customer's managed instance: NAME.sourcegraphcloud.com."""
        return any(host.endswith("." + domain) for domain in self.managed)

    def is_domain(self, host: str) -> bool:
        """Does it end in a public suffix (so that it is no file name and no property)?"""
        last = host.rsplit(".", 1)[-1]
        return last in self.suffixes if self.suffixes else last in _COMMON_TLDS

    def is_private(self, host: str) -> bool:
        """Is it somebody's own machine by its name alone?"""
        labels = host.split(".")
        if len(labels) >= 2 and labels[-1] in INTERNAL_TLDS:
            named = len(labels) >= 3 or any(c.isdigit() or c == "-" for c in labels[0])
            return named and not (len(labels) == 2 and _SERVICE.match(labels[0]))
        if len(labels) >= 3 and covered(host, _CLOUD_PARENTS) and _CLOUD.search("." + host):
            return True
        if len(labels) >= 3 and self.is_domain(host):
            return (
                bool(_FIRST_LABEL.match(labels[0]))
                or labels[1] in _SECOND_LABEL
                or (len(labels) >= 4 and labels[2] in _SECOND_LABEL)
            )
        return False


#: domains whose sub-domains may be somebody's own (`_CLOUD` decides)
_CLOUD_PARENTS = listed("""
    amazonaws.com ec2.internal compute.internal cloudfront.net awsapps.com windows.net azure.net azure.com
    cloudapp.com azurewebsites.net azurecontainer.io azurecr.io azmk8s.io trafficmanager.net azure-api.net
    azureedge.net run.app appspot.com cloudfunctions.net web.app firebaseapp.com firebaseio.com
    googleusercontent.com okta.com oktapreview.com okta-emea.com auth0.com onelogin.com pingidentity.com
    pingone.com jumpcloud.com duosecurity.com onmicrosoft.com sharepoint.com salesforce.com service-now.com
    freshdesk.com zendesk.com visualstudio.com myshopify.com snowflakecomputing.com databricks.com
    azuredatabricks.net es.io mongodb.net elastic-cloud.com grafana.net sourcegraphcloud.com
    """)
_COMMON_TLDS = frozenset(
    [
        "com",
        "net",
        "org",
        "io",
        "ai",
        "co",
        "de",
        "fr",
        "uk",
        "eu",
        "us",
        "ca",
        "jp",
        "cn",
        "in",
        "br",
        "au",
        "nl",
        "se",
        "no",
        "fi",
        "dk",
        "ch",
        "at",
        "be",
        "es",
        "it",
        "pl",
        "cz",
        "ie",
        "nz",
        "sg",
        "hk",
        "kr",
        "ru",
        "tr",
        "za",
        "mx",
        "tech",
        "cloud",
        "dev",
        "app",
        "health",
        "bank",
        "biz",
        "info",
        "edu",
        "gov",
        "mil",
        "online",
        "site",
        "store",
        "xyz",
    ]
)


def covered(host: str, hosts: Container[str]) -> bool:
    """Is the host one of these, or below one of these?"""
    while host:
        if host in hosts:
            return True
        host = host.partition(".")[2]
    return False
