"""Which links may be sent: https, to a host by its name, without anything that hides where they lead."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from pipelines.endings import DOT, NAME

LONGEST = 2000
_HTTPS = re.compile(r"https://(?P<host>[^/?#]*)(?P<rest>[/?#].*)?", re.DOTALL)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?=.{{4,253}}\Z){_LABEL}(?:\.{_LABEL})*\.(?![0-9])(?!-)[a-z0-9-]{{2,63}}(?<!-)")
# Printable ASCII without " < > \\ ^ ` { | }: what an address may hold unencoded.
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]*")

# What mail clients and telephones make clickable by themselves, so no mark-up is needed to mislead with it.
# An address is looked for from its beginning alone: from each letter, a long word would take as long as its square.
_CLICKABLE = re.compile(
    rf"(?:[a-z][a-z0-9+.-]{{1,20}}:[/\\]{{2}}|(?:mailto|tel|sms):|www{DOT})[^\s<>]+"
    rf"|(?<![^\s@<>(])[^\s@<>(]+@[\w-]+(?:{DOT}[\w-]+)+"
    rf"|(?<![^\W_])(?<![.@]){NAME}(?:[/?#:][^\s<>]*)?",
    re.IGNORECASE,
)
# Kept for the scripts and emoji that need them; between the letters of an address they only hide it.
_JOINERS = re.compile("[\u200c\u200d]")


def host_of(link: str) -> str:
    """The host that a link leads to, or a ValueError that says why it may not be sent."""
    if len(link) > LONGEST:
        raise ValueError(f"it has {len(link)} characters, more than {LONGEST}")
    parts = _HTTPS.fullmatch(link)
    if parts is None:
        raise ValueError("it does not begin with https://")
    host = parts["host"].removesuffix(":443")
    if not host:
        raise ValueError("it names no host")
    if "@" in host:
        raise ValueError("it has an @ before the host, which hides where it leads")
    if not _HOST.fullmatch(host.lower()):
        raise ValueError(f"{host!r} is no host name in plain letters (write an international one as xn--…)")
    if not _PLAIN.fullmatch(parts["rest"] or ""):
        raise ValueError("it holds a blank, brace, quote, backslash or letter that must be percent-encoded")
    return host.lower()


def sendable(link: str) -> str:
    """The link itself, or a ValueError that tells whoever wrote it what to write instead."""
    try:
        host_of(link)
    except ValueError as error:
        raise ValueError(f"this link may not be sent: {error}; write https://host/path") from error
    return link


def may_link(link: str, hosts: Collection[str]) -> bool:
    """Whether a link leads to one of these hosts and to nowhere else."""
    try:
        return host_of(link) in hosts
    except ValueError:
        return False


def clickable_elsewhere(text: str, hosts: Collection[str]) -> Iterator[str]:
    """What readers could click in bare text that does not lead to one of these hosts."""
    for found in _CLICKABLE.finditer(_JOINERS.sub("", text)):
        seen = found[0].rstrip(".,;:!?)]»”’\"'")
        bare = seen.rpartition("@")[2] if "@" in seen and "/" not in seen else seen
        if not may_link(bare if "://" in bare else f"https://{bare}", hosts):
            yield seen
