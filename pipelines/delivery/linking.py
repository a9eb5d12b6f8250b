"""Where the links of a message lead once they can be told apart: each has an id, and one is hidden from people."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit

Kind = Literal["action", "body", "hidden"]
_HREF = re.compile(r'href="(?P<url>https://[^"{}]+)"')
# Who leaves is not interested: SendGrid would tell such a click like any other, and leads it past itself.
_WAY_OUT = re.compile(r'(?=href="\{\{(?:unsubscribe|preferences)\.link\}\}")')


@dataclass(frozen=True, slots=True)
class Link:
    """One place that a click can lead to."""

    link_id: str
    kind: Kind
    url: str
    tracked: str


def linked(campaign_id: str, channel: str, text: tuple[str, int], *, action: str, html: str) -> list[Link]:
    """The links of a text, by its variant and version: its call to action, those in its body, and the hidden one."""
    found: list[tuple[Kind, str]] = [("action", action)]
    if html:
        urls = dict.fromkeys(match["url"].replace("&amp;", "&") for match in _HREF.finditer(html))
        found += [("body", url) for url in urls if url != action]
        found.append(("hidden", action))
    return [_link(campaign_id, channel, text, kind, url) for kind, url in found]


def _link(campaign_id: str, channel: str, text: tuple[str, int], kind: Kind, url: str) -> Link:
    about = "|".join((campaign_id, *map(str, text), kind, url))
    link_id = hashlib.sha256(about.encode()).hexdigest()[:12]
    told = {"utm_source": "liftline", "utm_medium": channel, "utm_campaign": campaign_id, "utm_content": link_id}
    bare, hash_sign, fragment = url.partition("#")
    joined = "&" if urlsplit(bare).query else "?"
    return Link(link_id, kind, url, f"{bare}{joined}{urlencode(told)}{hash_sign}{fragment}")


def tracked(html: str, links: list[Link]) -> str:
    """The page with its literal links tracked, the way out not, and the hidden one at its end; slots stay."""
    by_url = {link.url: link.tracked for link in links if link.kind == "body"}

    def replaced(match: re.Match[str]) -> str:
        new = by_url.get(match["url"].replace("&amp;", "&"))
        return f'href="{new.replace("&", "&amp;")}"' if new else match[0]

    page = _WAY_OUT.sub("clicktracking=off ", _HREF.sub(replaced, html))
    hidden = next((link.tracked for link in links if link.kind == "hidden"), None)
    if hidden is None:
        return page
    # Nobody sees it, no keyboard reaches it and no screen reader says it: only a robot follows it.
    trap = (
        f'<a href="{hidden.replace("&", "&amp;")}" tabindex="-1" aria-hidden="true" '
        'style="display:none;font-size:0;line-height:0;max-height:0;overflow:hidden"></a>'
    )
    at = page.rfind("</body>")
    return page + trap if at < 0 else page[:at] + trap + page[at:]
