"""Floor 1: IP addresses: of machines, not of documentation, loopback or version numbers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import re2

from bot.rules.privacy.finding import Hit
from bot.rules.privacy.normalise import View

MATCHES = (
    "egress is «52.18.44.91»",
    "peer «2a02:26f0:eb:1a4::1b» left",
    "dial tcp «172.18.81.155»:443",
    "«10[.]12[.]13[.]14» answers",
)
IGNORES = (
    "version 5.3.12303.0",
    "Build 1.20.7.4.",
    "Sourcegraph 4.1.2.3",
    "192.0.2.10 and 198.51.100.7/24",
    "127.0.0.1:3080",
    "[::1]:6060 and ::1:3080",
    "10.0.0.0/8 and 192.168.0.0/16",
    "at 10:22:01 on 2024-01-15",
    "std::vec::Vec and a::b",
)


_IPV4 = re2.compile(rb"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:[:/][0-9]{1,5})?")
_IPV6 = re2.compile(
    rb"(?i)(?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7}|(?:[0-9a-f]{1,4}:){1,7}:|(?:[0-9a-f]{1,4}:)"
    rb"{7}[0-9a-f]{1,4}"
)
_VERSION_CUE = re2.compile(
    r"(?i)(?:\bv|\bver(?:sion)?s?|\bbuild|\brelease[ds]?|\bupgrad\w+(?: from| to)?|\bfirmware|\bdriver"
    r"|\btag|\bimage|\bextension|\bplugin|\bapp|\bchrome|\bfirefox|\bedge|\bsafari|\bopera|\bpatch|\brev"
    r"|\bchart|\bsdk|\bruntime|\bagent|\bp4d?|/|==|>=|<=|~>|\^)[\"'` :=/v(]{0,4}$"
)
_IP_CUE = re2.compile(
    r"(?i)(?:\bips?|\bip ?addr\w*|\baddr\w*|\bhosts?|\bserver|\bpeer|\bremote\w*|\blocal\w*|\bclient\w*"
    r"|\bfrom|\bto|\btcp|\budp|\bvia|\begress|\bingress|\bnat|\bgateway|\bdns|\bproxy|\bforwarded-for"
    r"|\bping|\bssh|\bnode|\blisten\w*|\bconnect\w*|\bdial|\bsource|\bdest\w*|\bsrc|\bdst|\bwhitelist\w*"
    r"|\ballow\w*|\bblock\w*|\bfirewall|\bat|\bon|@|//|\bresolves?\b.{0,10}|\ba record)[\"'` :=(\[]{0,4}$"
)
_NOTABLE = frozenset(
    (
        "8.8.8.8",
        "8.8.4.4",
        "1.1.1.1",
        "1.0.0.1",
        "9.9.9.9",
        "208.67.222.222",
        "208.67.220.220",
        "255.255.255.255",
        "169.254.169.254",
        "172.17.0.1",
        "192.168.0.1",
        "192.168.1.1",
        "10.0.0.1",
        "10.0.0.0",
        "172.16.0.0",
        "192.168.0.0",
        "1.2.3.4",
        "4.3.2.1",
        "5.6.7.8",
        "192.168.1.0",
        "192.168.65.1",
        "192.168.49.2",
        "192.168.99.100",
        "10.96.0.1",
        "10.96.0.10",
        "10.43.0.1",
        "10.0.2.15",
        "10.0.2.2",
    )
)
#: documentation (RFC 5737, RFC 3849, RFC 9637), benchmarks, loopback, link-local, multicast
_RESERVED_PREFIXES = (
    "192.0.2.",
    "198.51.100.",
    "203.0.113.",
    "198.18.",
    "198.19.",
    "127.",
    "0.",
    "169.254.",
    "192.88.99.",
)
_RESERVED = tuple(
    ipaddress.ip_network(n)
    for n in ("2001:db8::/32", "3fff::/20", "::/8", "fe80::/10", "ff00::/8", "100::/64")
)
_SHARED = ipaddress.ip_network("100.64.0.0/10")


def ip_hits(view: View) -> Iterator[Hit]:
    """IP addresses that are no documentation range, loopback, network block or version number."""
    data = view.data
    for match in _IPV4.finditer(data):
        start, end = match.span()
        raw = match.group().decode()
        host, slash, _bits = raw.partition("/")
        host, colon, _ = host.partition(":")
        if (start and data[start - 1 : start] in b".-_") or (
            not slash
            and not colon
            and data[end : end + 1] in (b"-", b"_")
            and data[end + 1 : end + 2].isalnum()
        ):
            continue
        if data[end : end + 1] == b"." and data[end + 1 : end + 2].isdigit():
            continue
        if any((len(o) > 1 and o[0] == "0") or int(o) > 255 for o in host.split(".")):
            continue
        if host in _NOTABLE or host.startswith(_RESERVED_PREFIXES) or int(host.split(".")[0]) >= 224:
            continue
        if not colon and not slash and _versionlike(view, start, host):
            continue
        yield _ip(ipaddress.ip_address(host), start, start + len(host))
    if b"::" in data or data.count(b":") >= 7:
        for match in _IPV6.finditer(data):
            start, end = match.span()
            if (start and (data[start - 1 : start].isalnum() or data[start - 1 : start] in b":_")) or data[
                end : end + 1
            ].isalpha():
                continue
            raw = (
                match.group().decode().rstrip(":")
                if not match.group().endswith(b"::")
                else match.group().decode()
            )
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
