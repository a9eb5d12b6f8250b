"""What is known of a page once it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.safety.page.css import Sheet


@dataclass(frozen=True, slots=True)
class Link:
    """A link with the words that can be seen in it, and other words that name it."""

    url: str
    words: str
    names: tuple[str, ...]
    seen: bool
    button: bool


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `alt` is None where it has none."""

    url: str
    alt: str | None
    width: float | None
    height: float | None
    seen: bool
    linked: bool


@dataclass(frozen=True, slots=True)
class Hidden:
    """Words that are not seen: always, or only on some screens or in some programs."""

    words: str
    why: str
    always: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that checks ask of a page."""

    words: str = ""
    always_seen: str = ""
    hidden: tuple[Hidden, ...] = ()
    unspoken: str = ""
    links: tuple[Link, ...] = ()
    images: tuple[Image, ...] = ()
    loads: tuple[tuple[str, str], ...] = ()
    tags: Mapping[str, int] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    metas: tuple[Mapping[str, str], ...] = ()
    said: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    unreadable: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    misnested: tuple[str, ...] = ()

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """Every text that stands in the page without being seen as its words, with its place."""
        texts = {
            "hidden text": "\n".join(one.words for one in self.hidden),
            "attributes": "\n".join(self.said),
            "comments": "\n".join(self.comments),
            "scripts": "\n".join(self.scripts),
            "styles": "\n".join(text for sheet in self.sheets for text in sheet.said),
        }
        return tuple((place, text) for place, text in texts.items() if text)
