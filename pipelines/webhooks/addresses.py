"""Where a webhook may go: https to a public host, so that nobody can have us ask our own network."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pipelines.contracts import Refusal

LONGEST = 2_000


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
    if not to_private_hosts and (_private_name(host) or _is_private(host)):
        raise Refusal(f"url leads to {host}, which is no public host; webhooks go to public hosts only.")
    return url


def refused_address(address: str) -> bool:
    """Whether an address that a name stands for is not on the public internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return not (mapped or found).is_global or found.is_multicast


def _is_private(host: str) -> bool:
    try:
        return refused_address(host)
    except ValueError:
        # Digits alone, or hex, are an address in disguise to some resolvers.
        return host.replace(".", "").isdecimal() or host.lower().startswith("0x")


def _private_name(host: str) -> bool:
    last = host.lower().rstrip(".").rpartition(".")
    return not last[0] or last[2] in ("localhost", "local", "internal", "lan", "home", "test", "invalid")
