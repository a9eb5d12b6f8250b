"""Where a webhook may go: https to a public host, so that nobody can have us ask our own network."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pipelines.contracts import Refusal

LONGEST = 2_000
# All that is given out for the public internet; what stands outside is local, translated or nobody's.
UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Teredo carries an address of its server and one of its client; the other is for examples, which Python learnt late.
NEVER_ROUTED = (ipaddress.IPv6Network("2001::/32"), ipaddress.IPv6Network("3fff::/20"))


def checked_url(url: str, *, to_private_hosts: bool) -> str:
    """The address itself, or a refusal that says what is wrong with it; names are looked up when it is used."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise Refusal(f"url must be at most {LONGEST:,} printable ASCII characters without blanks.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        # As the look-up does it: refuses empty labels and those that are too long.
        (host or "").encode("idna")
    except ValueError as error:
        raise Refusal(f"url is no address ({error}); write https://host/path.") from error
    if parts.scheme != "https" and not (to_private_hosts and parts.scheme == "http"):
        raise Refusal("url must begin with https://.")
    if not host:
        raise Refusal("url names no host; write https://host/path.")
    if parts.username or parts.password or parts.fragment:
        raise Refusal("url must hold no user, password or fragment; requests are signed instead.")
    if not to_private_hosts and _is_private(host):
        raise Refusal(f"url leads to {host}, which is no public host; webhooks go to public hosts only.")
    return url


def refused_address(address: str) -> bool:
    """Whether an address that a name stands for is not on the public internet, whichever way it gets there."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = _ipv4_behind(found)
        if inner is None and found not in UNICAST:
            return True
        found = inner or found
    return not found.is_global or found.is_multicast or any(found in network for network in NEVER_ROUTED)


def _ipv4_behind(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway would take out of it: mapped, NAT64, 6to4."""
    if address in NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour


def _is_private(host: str) -> bool:
    try:
        return refused_address(host)
    except ValueError:
        # Digits alone, or hex, are an address in disguise to some resolvers.
        return _private_name(host) or host.replace(".", "").isdecimal() or host.lower().startswith("0x")


def _private_name(host: str) -> bool:
    last = host.lower().rstrip(".").rpartition(".")
    return not last[0] or last[2] in ("localhost", "local", "internal", "lan", "home", "test", "invalid")
