"""Floor 1: links: by allow-list. Ours pass, tools of ours and of customers block, attachments block, unknown
hosts warn.

What is awkward: GitHub's attachments. `user-attachments` of a private issue are 404 for outsiders,
`private-user-images` links expire, but uploads from before May 2023 (`user-images.githubusercontent.com`)
are open to anybody who has the address, for ever
(https://github.blog/changelog/2023-05-09-more-secure-private-attachments/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import re2

from bot.rules.privacy.finding import Hit, Kind
from bot.rules.privacy.hosts import Hosts, covered
from bot.rules.privacy.listed import listed
from bot.rules.privacy.normalise import View

_URL = re2.compile(
    rb"(?i)(?:\b(?:https?|ssh|git|ftps?|sftp|postgres(?:ql)?|mysql|mariadb|rediss?|amqps?|mongodb(?:\+srv)?"
    rb"|ldaps?|wss?|smb|nfs|jdbc:[a-z]{2,12}|sqlserver|kafka|nats|tcp|udp|s3|gs|git\+ssh|git\+https|docker"
    rb"|vault|consul|http\+unix)://|[^\w/:]//(?:[\w-]+\.)+[a-z]{2,})[^\s<>\"'`|{}^\x00-\x1f]+"
)
_ALLOWED = re2.compile(
    r"(?i)^(?:www\.)?(?:github\.com/sourcegraph/customer/(?:issues|pull|discussions)/\d+"
    r"|[a-z0-9-]+\.zendesk\.com/(?:agent/)?tickets/\d+)(?:[/?#].*)?$"
)
_ATTACHMENT = re2.compile(
    r"(?i)^(?:github\.com/user-attachments/|(?:private-)?user-images\.githubusercontent\.com/"
    r"|[a-z0-9-]+\.zendesk\.com/attachments/|github\.com/[\w.-]+/[\w.-]+/(?:files|assets)/\d"
    r"|github-production-user-asset|media\.githubusercontent\.com/private|files\.slack\.com/"
    r"|raw\.githubusercontent\.com/sourcegraph/customer/|camo\.githubusercontent\.com/)"
)
_PUBLIC_ATTACHMENT = re2.compile(
    r"(?i)^github\.com/sourcegraph/(?:sourcegraph|zoekt|cody|src-cli|scip[\w-]*|deploy[\w-]*|doc|docs"
    r"|handbook|about|jetbrains|handbook)/(?:files|assets)/\d"
)
_PRIVATE_ASSET = re2.compile(
    r"(?i)^(?:github\.com|raw\.githubusercontent\.com)/sourcegraph/customer/(?:files|assets|raw|blob|main"
    r"|master|suites|actions)\b"
)
_HAVE_ATTACHMENTS = frozenset(
    ("github.com", "githubusercontent.com", "zendesk.com", "slack.com", "amazonaws.com")
)
_TRACKER = re2.compile(
    r"^(?:jira|wiki|confluence|servicenow|snow|support|helpdesk|ticket|tickets|tracker|youtrack|redmine"
    r"|trello|rally|azuredevops|devops|tfs|grafana|kibana|splunk|datadog|jenkins|zoom|webex|teams)[-.]"
)
#: tools whose pages only their owners can open
INTERNAL_TOOLS = listed("""
    docs.google.com drive.google.com sheets.google.com slides.google.com meet.google.com mail.google.com
    calendar.google.com groups.google.com sites.google.com forms.gle console.cloud.google.com
    analytics.google.com lookerstudio.google.com datastudio.google.com script.google.com
    storage.cloud.google.com atlassian.net jira.com force.com salesforce.com hubspot.com looker.com
    chorus.ai gong.io zoom.us webex.com gotomeeting.com whereby.com loom.com notion.so notion.site coda.io
    airtable.com asana.com monday.com clickup.com linear.app trello.com basecamp.com shortcut.com
    productboard.com aha.io canny.io lucid.app lucidchart.com miro.com mural.co whimsical.com figma.com
    invisionapp.com dropbox.com dropboxusercontent.com box.com onedrive.live.com 1drv.ms sharepoint.com
    teams.microsoft.com office.com portal.azure.com dev.azure.com console.aws.amazon.com
    signin.aws.amazon.com awsapps.com app.datadoghq.com ui.honeycomb.io grafana.net pagerduty.com
    app.opsgenie.com app.intercom.com outreach.io salesloft.com clari.com gainsight.com gainsightcloud.com
    totango.com planhat.com vitally.io pendo.io amplitude.com mixpanel.com fullstory.com hotjar.com
    segment.com docusign.com docusign.net pandadoc.com ironcladapp.com rippling.com bamboohr.com lattice.com
    greenhouse.io ashbyhq.com expensify.com stripe.com 1password.com lastpass.com bitwarden.com okta.com
    service-now.com freshdesk.com helpscout.com frontapp.com kustomerapp.com pastebin.com hastebin.com
    paste.ee gist.githubusercontent.com wetransfer.com transfer.sh file.io send.firefox.com otter.ai
    fireflies.ai grain.com grain.co fathom.video tldv.io avoma.com vidyard.com vimeo.com calendly.com
    hackmd.io quip.com evernote.com guru.com getguru.com slab.com retool.com mode.com hex.tech
    metabaseapp.com tableau.com powerbi.com snowflakecomputing.com redash.io periscopedata.com
    sigmacomputing.com
    """)
_PUBLIC_PAGES = re2.compile(
    r"(?i)^(?:www\.|docs?\.|help\.|support\.|developers?\.|blog\.|status\.|api\.|community\.|learn\.)"
    r"?(?:stripe|okta|pagerduty|hubspot|salesforce|looker|notion|asana|linear|figma|dropbox|box|zoom"
    r"|1password|segment|amplitude|mixpanel|docusign|retool|tableau|atlassian|monday|airtable|loom)\.(?:com"
    r"|app|so|us)/?(?:docs?|blog|help|pricing|integrations|community|changelog|legal|hc|guides?|platform"
    r"|developers?|api|$)"
)
_SLACK = re2.compile(
    r"(?i)^(?:[a-z0-9-]+\.)?(?:enterprise\.)?slack\.com/(?:archives|files|team|client|messages|app_redirect"
    r"|canvas|docs|huddle)|^(?:app|files|[a-z0-9-]+)\.slack\.com/(?:client|files|archives)"
)
_SLACK_PUBLIC = frozenset(
    {
        "slack.com",
        "api.slack.com",
        "status.slack.com",
        "get.slack.help",
        "www.slack.com",
        "slack.dev",
        "hooks.slack.com",
    }
)


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its range, scheme, host in lower case, the host's range, and what follows the scheme."""

    start: int
    end: int
    scheme: str
    host: str
    host_start: int
    host_end: int
    rest: str


def links(view: View) -> Iterator[Link]:
    """Every link of a text, without the punctuation that ends its sentence."""
    if b"//" not in view.data:
        return
    for match in _URL.finditer(view.data):
        start, end = match.span()
        raw = view.data[start:end]
        if not raw[:1].isalnum():
            start, raw = start + 1, raw[1:]
        raw = _trimmed(raw)
        end = start + len(raw)
        head, _, rest = raw.partition(b"//")
        authority = rest
        for stop in b"/?#\\":
            authority = authority.split(bytes([stop]), 1)[0]
        at = authority.rfind(b"@")
        host = authority[at + 1 :]
        host_start = start + len(head) + 2 + at + 1
        if host.startswith(b"["):
            continue
        host = host.split(b":", 1)[0].split(b",", 1)[0].split(b")", 1)[0]
        name = host.decode().lower().rstrip(".")
        if name:
            yield Link(
                start,
                end,
                head.rstrip(b":").decode().lower(),
                name,
                host_start,
                host_start + len(host),
                rest[at + 1 :].decode(),
            )


def _trimmed(raw: bytes) -> bytes:
    """A link without what belongs to the sentence around it: closing brackets it did not open, full stops."""
    while raw:
        last = raw[-1:]
        unopened = (last == b")" and raw.count(b"(") < raw.count(b")")) or (
            last == b"]" and raw.count(b"[") < raw.count(b"]")
        )
        if last in (b".", b",", b";", b":", b"!", b"?", b"*", b"_", b"\\", b"~", b"$") or unopened:
            raw = raw[:-1]
        else:
            return raw
    return raw


def link_hits(
    view: View, hosts: Hosts, public_paths: tuple[str, ...], names_customer: Callable[[str], bool]
) -> Iterator[tuple[Link, Hit | None]]:
    """Every link with what is to be said about it; None: it may stay."""
    for link in links(view):
        judged = _judge(link, hosts, public_paths, names_customer)
        if judged is None:
            yield link, None
            continue
        rule, kind = judged
        whole = link.scheme in ("http", "https", "") or kind not in ("url", "host")
        start, end = (link.start, link.end) if whole else (link.host_start, link.host_end)
        yield link, Hit(rule, kind if whole else "host", start, end)


def _judge(
    link: Link, hosts: Hosts, public_paths: tuple[str, ...], names_customer: Callable[[str], bool]
) -> tuple[str, Kind] | None:
    host, rest = link.host, link.rest
    if any(rest.lower().startswith(p) for p in public_paths):
        return None
    if link.scheme in ("s3", "gs"):
        return None  # buckets are cloud ids
    if covered(host, _HAVE_ATTACHMENTS):
        if _ALLOWED.match(rest):
            return None
        if _PRIVATE_ASSET.match(rest):
            return "private-asset", "private_asset"
        if _ATTACHMENT.match(rest):
            return None if _PUBLIC_ATTACHMENT.match(rest) else ("attachment", "image")
    if not host.endswith("slack.com") and not covered(host, INTERNAL_TOOLS) and hosts.is_public(host):
        return None
    if host.replace(".", "").isdigit() or hosts.is_example(host):
        return None
    if hosts.is_managed(host):
        return "managed-instance", "customer"
    if host.endswith("slack.com") and (host not in _SLACK_PUBLIC or _SLACK.match(rest)):
        return "chat-link", "internal_link"
    if hosts.is_internal_tool(host):
        return "internal-tool", "internal_link"
    if covered(host, INTERNAL_TOOLS) and not _PUBLIC_PAGES.match(rest):
        return "internal-tool", "internal_link"
    if host.endswith("slack.com"):
        return None
    if _TRACKER.match(host):
        return "tracker", "internal_link"
    if hosts.is_private(host) or names_customer(host):
        return "private-url", "url"
    if "." not in host:
        return None
    return "unknown-host", "unknown_link"


#: what this module finds, the found part in «»; and what it leaves alone. Both run as tests.
MATCHES = (
    "see «https://git.quandel.internal/foo?q=1».",
    "«https://docs.google.com/document/d/abc/edit»",
    "(«https://quandel.slack.com/archives/C0123»)",
    "«https://jira.quandel.com/browse/X-1»",
    "![shot](«https://github.com/user-attachments/assets/0c8eb816-a6c7-43c6-a969-202bb62d02f7»)",
    "«hxxps://git[.]quandel[.]internal/a»",
    "«https%3A%2F%2Fgit.quandel.internal%2Fa»",
    "«https://unknown-vendor.net/x»",
)
IGNORES = (
    "https://github.com/sourcegraph/customer/issues/1424",
    "https://sourcegraph.zendesk.com/agent/tickets/10155",
    "https://docs.sourcegraph.com/admin/config",
    "https://sourcegraph.example.com/search",
    "http://localhost:3080/x",
    "https://pkg.go.dev/net/http",
    "https://img.shields.io/badge/a-b-green.svg",
)
