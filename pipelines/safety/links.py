"""Where a link leads, and everything that could make it lead elsewhere; only what is surely plain passes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote

from pipelines.endings import DOT, NAME

LONGEST = 2_000
_PLAIN = re.compile(
    r"https://(?P<host>[a-z0-9.-]+)(?::443)?(?P<rest>[/?#][!#-;=?-\[\]_a-z~]*)?", re.IGNORECASE | re.ASCII
)
_PARTS = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*:)?(?P<slashes>[/\\]*)(?P<authority>[^/\\?#]*)(?P<rest>.*)", re.I | re.S
)
_LABELS = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", re.ASCII)
_ADDRESS = re.compile(r"(?:https?|ftp):|[/\\]{2}|[/\\]\\|www\.", re.IGNORECASE)
_EMBEDDED = re.compile(r"(?:https?|ftp):/{0,2}[^/\s]|[/\\]{2}[^/\\]+\.[^/\\]", re.IGNORECASE)
_ENCODED = re.compile(r"aHR0c[A-Za-z0-9+/_=-]{4,}")

# What mail programs and telephones make clickable by themselves.
CLICKABLE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,20}:(?=[/\\]{2}))[/\\]{2}[^\s<>\"“”]+"
    r"|(?:javascript|data|vbscript|file):[^\s<>\"]+"
    rf"|(?<![\w@./-])www{DOT}[^\s<>\"]+"
    rf"|(?<![^\W_])(?<![.@/])(?P<bare>{NAME})(?:[/?#:][^\s<>\"]*)?",
    re.IGNORECASE,
)

# Without one of these nothing in a text can be clicked.
_LOOKS_LIKE_ONE = re.compile(r"\w[.。．｡][^\W\d_]|[a-z]:[/\\a-z]", re.IGNORECASE)

Fault = tuple[str, str]


def host_of(url: str) -> str | None:
    """The host of a plain https link; None for every other one."""
    found = _PLAIN.fullmatch(url)
    host = found["host"].lower() if found else ""
    return host if _LABELS.fullmatch(host) else None


def faults_of(
    url: str, hosts: Collection[str], shorteners: Collection[str], redirects: Collection[str]
) -> Iterator[Fault]:
    """Every reason why a link may not be sent, as a code and the rest of a sentence; none for a plain link of ours."""
    host = host_of(url)
    if host is not None and len(url) <= LONGEST:
        if host in shorteners or host.removeprefix("www.") in shorteners:
            yield "link_shortener", f"leads through the link shortener {host}, which hides where it ends"
        elif host not in hosts:
            yield "link_foreign_host", f"leads to {host}, which is not among the allowed hosts"
        if any(label.startswith("xn--") for label in host.split(".")) and host not in hosts:
            yield "link_punycode", f"is written in punycode ({host}), which shows as letters of another alphabet"
        yield from _redirects(url, hosts, redirects)
        return
    if len(url) > LONGEST:
        yield "link_too_long", f"has {len(url):,} characters"
        return
    # What is not plain and has no name of its own here is refused all the same.
    named = tuple(_diagnosed(url, hosts))
    yield from named or [("link_disguised", "holds signs that must be percent-encoded")]


def _diagnosed(url: str, hosts: Collection[str]) -> Iterator[Fault]:
    """What keeps a link from being plain, by name."""
    # Browsers drop these wherever they stand.
    bare = re.sub(r"[\t\n\r]", "", url).strip("".join(map(chr, range(33))))
    parts = _PARTS.fullmatch(bare)
    assert parts is not None
    scheme, slashes, authority = (parts["scheme"] or "").lower(), parts["slashes"], parts["authority"]
    if bare != url:
        yield "link_disguised", "has blanks or line breaks that browsers take out"
    if scheme in ("javascript:", "vbscript:", "data:", "file:", "blob:", "about:"):
        yield "link_runs_code", f"begins with {scheme}, which is no place on the web"
        return
    if not bare:
        yield "link_empty", "leads nowhere"
    elif not scheme and len(slashes) >= 2:
        yield "link_without_scheme", "has no scheme, so it is opened as whatever the page around it is"
    elif not scheme:
        yield "link_relative", "is relative; in a mail there is nothing that it could be relative to"
    elif scheme != "https:":
        yield "link_not_https", f"begins with {scheme}, not with https:"
    elif slashes != "//":
        yield "link_disguised", "has other slashes than browsers need"
    yield from _about_host(authority, hosts) if len(slashes) >= 2 or scheme else ()
    if "\\" in url:
        yield "link_disguised", "holds a backslash, which browsers take for a slash"
    if not re.fullmatch(r"[!-~]*", bare):
        yield "link_disguised", "holds letters that must be percent-encoded"


def _about_host(authority: str, hosts: Collection[str]) -> Iterator[Fault]:
    user, at, rest = authority.rpartition("@")
    if at or "%40" in authority:
        yield (
            "link_user_before_host",
            f"has a name and an @ before the host, so it does not lead to {user or 'what is read'}",
        )
    host, _, port = rest.partition(":") if not rest.startswith("[") else (rest, "", "")
    if port not in ("", "443"):
        yield "link_port", f"leads to the port {port}"
    plain = unquote(host).rstrip(".").lower()
    if plain.startswith("[") or re.fullmatch(r"(?:.*\.)?(?:\d+|0x[0-9a-f]*)", plain):
        yield "link_raw_ip", f"leads to the address {host} instead of a name"
    elif not plain.isascii():
        yield "link_homograph", f"has a host with letters of another alphabet ({host})"
    elif plain not in hosts:
        yield "link_foreign_host", f"leads to {plain or 'no host'}, which is not among the allowed hosts"
    elif host != plain:
        yield "link_disguised", "writes the host in an unusual way"


def _redirects(url: str, hosts: Collection[str], names: Collection[str]) -> Iterator[Fault]:
    """Another address inside the link, to which the page could send the reader on."""
    rest = re.sub(r"^https://[^/?#]*", "", url, count=1, flags=re.IGNORECASE)
    for each in re.split(r"[?&;#]", _decoded(rest)):
        name, given, value = each.partition("=")
        target = value if given else name
        led = _EMBEDDED.search(target) or _ADDRESS.match(target if given else "")
        looks_led = given and name.strip().lower() in names and _LABELS.match(target.lstrip("/\\@").lower())
        coded = _ENCODED.search(target)
        if coded and _unpacked(coded[0]):
            yield "link_redirects", f"carries another address in disguise ({coded[0][:30]})"
        elif (led or looks_led) and not _ours(target, hosts):
            yield "link_redirects", f"carries another address ({target[:60]}), to which it could send the reader on"


def _decoded(text: str) -> str:
    for _ in range(4):
        plain = unquote(text, errors="replace")
        if plain == text:
            break
        text = plain
    return text


def _ours(target: str, hosts: Collection[str]) -> bool:
    """Whether every address in it is one of ours, written plainly."""
    found = re.findall(r"(?:https?:)?[/\\]{2}[^\s&]*", target, re.IGNORECASE)
    return bool(found) and all(host_of(one) in hosts for one in found)


def _unpacked(coded: str) -> bool:
    plain = coded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4)).startswith(b"http")
    except (binascii.Error, ValueError):
        return False


def clickable(text: str) -> Iterator[str]:
    """Every address in a text that mail programs make a link of, as the link that they make."""
    if not _LOOKS_LIKE_ONE.search(text):
        return
    for found in CLICKABLE.finditer(text):
        written = found[0].rstrip(".,;:!?)]»”’\"'")
        yield f"https://{written}" if found["bare"] or written[:3].lower() == "www" else written


def named_hosts(text: str) -> Iterator[str]:
    """The hosts that a text names so that a reader takes it for an address."""
    for link in clickable(text):
        bare = re.sub(r"^[a-z][a-z0-9+.-]*:[/\\]*", "", link, flags=re.IGNORECASE)
        host = re.split(r"[/\\?#:]", bare.rpartition("@")[2] if "@" in bare.split("/")[0] else bare)[0]
        yield re.sub("[。．｡]", ".", host).lower()
