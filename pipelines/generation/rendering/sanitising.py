"""What a model wrote, reduced to words, emphasis and links that lead where the brand allows."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache

import nh3

from pipelines.generation.links import may_link
from pipelines.generation.slots import SLOT, slots_in
from pipelines.generation.wording import one_line

KEPT = frozenset({"strong", "em", "b", "i", "a"})
LINK_SLOT = "{{campaign.link}}"
_TAG = re.compile(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9:-]*)")
_ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>')
_BARE_ANCHOR = re.compile(r"<a>(.*?)</a>")


@dataclass(frozen=True, slots=True)
class Clean:
    """The same words for a page and for plain text, and what was taken out."""

    html: str
    text: str
    dropped: tuple[str, ...] = ()


def sanitised(written: str, hosts: tuple[str, ...]) -> Clean:
    """The words of a text, safe inside our layout; links only to these hosts or to the campaign's link."""
    line = one_line(written)
    kept = _cleaner(hosts).clean(line)
    links = len(_ANCHOR.findall(kept))
    kept = _BARE_ANCHOR.sub(r"\1", kept)
    tags = [tag.lower() for tag in _TAG.findall(line)]
    dropped = [f"<{tag}>" for tag in dict.fromkeys(tags) if tag not in KEPT]
    if links < line.lower().count("<a "):
        dropped.append("a link that may not be sent")
    return Clean(kept, as_text(kept), tuple(dropped))


def as_text(kept: str) -> str:
    """Sanitised mark-up as plain text, a link's address behind its words."""
    with_links = _ANCHOR.sub(lambda found: f"{found[2]} ({found[1]})" if found[1] != found[2] else found[2], kept)
    return one_line(html.unescape(re.sub(r"<[^>]*>", "", with_links)))


def escaped(text: str) -> str:
    """Plain text for a page; an apostrophe stays, so that a slot's fallback stays the same words."""
    return html.escape(text, quote=False).replace('"', "&quot;")


@lru_cache(maxsize=64)
def _cleaner(hosts: tuple[str, ...]) -> nh3.Cleaner:
    def link_or_nothing(_tag: str, _attribute: str, value: str) -> str | None:
        if SLOT.fullmatch(value) and slots_in(value) == ("campaign.link",):
            return LINK_SLOT
        return value if may_link(value, hosts) else None

    return nh3.Cleaner(
        tags=set(KEPT),
        attributes={"a": {"href"}},
        attribute_filter=link_or_nothing,
        url_schemes={"https"},
        link_rel=None,
    )
