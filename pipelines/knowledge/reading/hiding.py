"""What a page holds and no visitor sees: it is taken out before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import Tag

_UNSEEN = frozenset(
    (
        "head", "script", "style", "template", "noscript", "nav", "form", "button", "select", "textarea", "svg", "math",
        "iframe", "object", "canvas", "audio", "video", "dialog", "del", "s", "strike",
    )
)  # fmt: skip
_HIDING = re.compile(
    r"(?:display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0*)?(?![.\d])|font-size:0(?:\.0*)?(?![.\d])"
    r"|(?:left|top|text-indent):-\d{3,})"
)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)


def remove_unseen(page: BeautifulSoup) -> None:
    """Takes out scripts, styles, forms, navigation, struck-out text and whatever its own styles hide."""
    for selector in _hiding_selectors(page):
        for tag in page.select(selector):
            tag.attrs["hidden"] = ""
    for tag in page.find_all(_is_unseen):
        if not tag.decomposed:
            tag.decompose()


def _is_unseen(tag: Tag) -> bool:
    style = re.sub(r"\s", "", str(tag.get("style") or "").lower())
    return (
        tag.name in _UNSEEN
        or tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).lower() == "true"
        or bool(_HIDING.search(style))
        # The footer of a quotation names its speaker.
        or (tag.name == "footer" and tag.find_parent("blockquote") is None)
    )


def _hiding_selectors(page: BeautifulSoup) -> Iterator[str]:
    """The selectors of the page's own style sheets that hide what they select."""
    import soupsieve

    for selector, rules in _rules(" ".join(tag.get_text() for tag in page.find_all("style"))):
        if selector.startswith("@") or not _HIDING.search(re.sub(r"\s", "", rules.lower())):
            continue
        try:
            soupsieve.compile(selector)
        except soupsieve.SelectorSyntaxError:
            # A selector of the future or of one browser selects nothing that could be told here.
            continue
        yield selector


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Each selector with what stands in its braces; what depends on a medium stays in one piece with its `@`."""
    sheet = _CSS_COMMENT.sub("", sheet)
    start = opened = depth = 0
    for brace in re.finditer(r"[{}]", sheet):
        if brace.group() == "{":
            opened = opened if depth else brace.start()
            depth += 1
        elif depth:
            depth -= 1
            if not depth:
                yield sheet[start:opened].rpartition(";")[2].strip(), sheet[opened + 1 : brace.start()]
                start = brace.end()
