"""A page as its readers see it: which words show, which do not and why, links, pictures and what else is in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from pipelines.safety.page.css import Rule, sheet_of, style_of
from pipelines.safety.page.looks import Look, given_of, look_of
from pipelines.safety.page.matching import Matching
from pipelines.safety.page.seen import Hidden, Image, Link, Page
from pipelines.safety.page.tree import BREAK, Element, Tree, tree_of

MOST_WORK = 400_000
# One object for all pages, so that what is inherited from it is reckoned once.
_START = (Look(),) * 2
_LOADS = frozenset(
    {"src", "srcset", "background", "poster", "data", "action", "formaction", "xlink:href", "ping", "cite", "longdesc"}
)
_SAYS = ("alt", "title", "aria-label", "aria-description", "placeholder", "content", "summary", "label", "value")
# What a page sets for its renderer; whatever is no setting there is read like any other text.
_SETS = frozenset(
    {"content-type", "x-ua-compatible", "viewport", "color-scheme", "supported-color-schemes", "format-detection"}
)
_SETTING = re.compile(r"[\w-]+[=/][\w.-]+|light|dark|only|normal|", re.IGNORECASE)
_LEGACY = ("bgcolor", "color", "text", "hidden")


def read_page(source: str) -> Page:
    """The page of some HTML; without any there is an empty one."""
    return _Reading(tree_of(source)).page() if source else Page()


class _Reading:
    """One page while it is read."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.sheets = tuple(map(sheet_of, tree.sheets))
        self.unreadable = [what for sheet in self.sheets for what in sheet.unreadable]
        self.faults = [*tree.faults, *(fault for sheet in self.sheets for fault in sheet.faults)]
        self.looks: list[tuple[Look, Look]] = []
        self._look()

    def _look(self) -> None:
        rules = [rule for sheet in self.sheets for rule in sheet.rules]
        if len(rules) * len(self.tree.elements) > MOST_WORK:
            self.faults.append("more elements and style rules than can be held against each other")
            rules = []
        matching = Matching(rules)
        for element in self.tree.elements:
            around = self.looks[element.parent] if element.parent >= 0 else _START
            self.looks.append(self._looks(element, around, matching.rules_for(element)))

    def _looks(self, element: Element, around: tuple[Look, Look], rules: tuple[Rule, ...]) -> tuple[Look, Look]:
        attributes = element.attributes
        style = attributes.get("style", "")
        legacy = tuple((name, attributes[name]) for name in _LEGACY if name in attributes) if attributes else ()
        if style and (unreadable := style_of(style).unreadable):
            self.unreadable.append(unreadable)
        always = tuple(rule for rule in rules if not rule.sometimes)
        first = look_of(around[0], given_of(element.tag, style, legacy, always, False))
        if around[0] is around[1] and len(always) == len(rules) and "mso-hide" not in style:
            return first, first
        return first, look_of(around[1], given_of(element.tag, style, legacy, rules, True))

    def page(self) -> Page:
        tree = self.tree
        shown: list[str] = []
        always: list[str] = []
        unspoken: list[str] = []
        hidden: dict[tuple[int, str, bool], list[str]] = {}
        in_anchor: dict[int, list[str]] = {}
        silent = self._silent()
        for place, text in tree.flow:
            if place == BREAK:
                shown.append(text)
                always.append(text)
                continue
            first, second = self.looks[place]
            if first.why or second.why:
                root = self._root(place, 0 if first.why else 1)
                hidden.setdefault((root, first.why or second.why, bool(first.why)), []).append(text)
            if not first.why:
                shown.append(text)
                if not second.why:
                    always.append(text)
                    in_anchor.setdefault(tree.elements[place].anchor, []).append(text)
                if place in silent:
                    unspoken.append(text)
        return Page(
            words=_lines(shown),
            always_seen=_lines(always),
            hidden=tuple(
                Hidden(_lines(texts), why, each) for (_, why, each), texts in hidden.items() if _worded(texts)
            ),
            unspoken=_lines(unspoken),
            links=tuple(self._links(in_anchor)),
            images=tuple(self._images()),
            loads=tuple(self._loads()),
            tags=Counter([element.tag for element in tree.elements]),
            attributes=frozenset().union(*(element.attributes for element in tree.elements)),
            metas=tuple(element.attributes for element in tree.elements if element.tag == "meta"),
            said=tuple(self._said()),
            comments=tuple(tree.comments),
            scripts=tuple(tree.scripts),
            sheets=self.sheets,
            unreadable=tuple(dict.fromkeys(self.unreadable)),
            faults=tuple(dict.fromkeys(self.faults)),
            misnested=tuple(tree.misnested),
        )

    def _silent(self) -> set[int]:
        """Elements that screen readers leave out."""
        silent: set[int] = set()
        for place, element in enumerate(self.tree.elements):
            if element.parent in silent or element.attributes.get("aria-hidden", "").lower() == "true":
                silent.add(place)
        return silent

    def _root(self, place: int, world: int) -> int:
        """The outermost element that is hidden along with this one."""
        elements = self.tree.elements
        while elements[place].parent >= 0 and self.looks[elements[place].parent][world].why:
            place = elements[place].parent
        return place

    def _links(self, in_anchor: Mapping[int, list[str]]) -> Iterator[Link]:
        elements = self.tree.elements
        pictured = {e.anchor: place for place, e in enumerate(elements) if e.tag == "img" and e.anchor >= 0}
        names: dict[int, list[str]] = {}
        for element in elements:
            if element.anchor >= 0:
                for name in ("title", "aria-label", "alt"):
                    if said := element.attributes.get(name):
                        names.setdefault(element.anchor, []).append(said)
        for place, element in enumerate(elements):
            if element.tag not in ("a", "area") or "href" not in element.attributes:
                continue
            words = " ".join("".join(in_anchor.get(place, ())).split())
            picture = pictured.get(place, place)
            seen = bool(words) or not any(look.gone or look.unseen or look.why for look in self.looks[picture])
            style = element.attributes.get("style", "").lower()
            button = "background" in style and "padding" in style
            yield Link(element.attributes["href"], words, tuple(names.get(place, ())), seen, button)

    def _images(self) -> Iterator[Image]:
        for place, element in enumerate(self.tree.elements):
            if element.tag in ("img", "amp-img") or (element.tag == "input" and "src" in element.attributes):
                said = element.attributes
                given = given_of(element.tag, said.get("style", ""), (), (), False).values
                sizes = [_size(said.get(name), given.get(name)) for name in ("width", "height")]
                seen = not any(look.gone or look.unseen for look in self.looks[place])
                yield Image(said.get("src", ""), said.get("alt"), sizes[0], sizes[1], seen, element.anchor >= 0)

    def _loads(self) -> Iterator[tuple[str, str]]:
        for element in self.tree.elements:
            said = element.attributes
            if not _LOADS.isdisjoint(said):
                yield from (
                    (f"{element.tag} {name}", said[name]) for name in sorted(_LOADS & said.keys()) if said[name]
                )
            if said.get("href") and element.tag not in ("a", "area"):
                yield f"{element.tag} href", said["href"]
            if "style" in said:
                yield from (("style", url) for url in style_of(said["style"]).urls)
        for sheet in self.sheets:
            yield from (("style", url) for url in sheet.urls)

    def _said(self) -> Iterator[str]:
        yield from self.tree.titles
        for element in self.tree.elements:
            for name, value in element.attributes.items():
                if value and (name in _SAYS or name.startswith("data-")) and not _sets(element, name, value):
                    yield value


def _sets(element: Element, name: str, value: str) -> bool:
    """Whether the value is no words but a setting: nobody sees it and no mail client speaks it."""
    if element.tag != "meta" or name != "content":
        return False
    about = element.attributes.get("http-equiv") or element.attributes.get("name") or ""
    return about.lower() in _SETS and all(map(_SETTING.fullmatch, re.split(r"[\s,;]+", value)))


def _worded(texts: list[str]) -> bool:
    return any(letter.isalnum() for text in texts for letter in text)


def _lines(pieces: list[str]) -> str:
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(filter(None, lines))


def _size(said: str | None, styled: object) -> float | None:
    if isinstance(styled, float):
        return styled
    found = re.match(r"\s*(\d{1,5})\s*(?:px)?\s*$", said or "")
    return float(found[1]) if found else None
