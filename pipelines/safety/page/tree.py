"""The elements of a page and what stands in which; nesting and size are bounded, so no page can hold up the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines.safety.page.markup import RAW, Markup, Token

LONGEST, DEEPEST, MOST_ELEMENTS, MOST_FAULTS = 500_000, 200, 20_000, 20
BREAK = -1
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
# Letters on both sides of these are one word to the eye.
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]  # noqa: SIM905
)
# These close by themselves when the next one of their kind opens.
_NEXT_CLOSES: Mapping[str, frozenset[str]] = {
    "li": frozenset({"li"}), "p": frozenset({"p"}), "tr": frozenset({"td", "th", "tr"}),
    "td": frozenset({"td", "th"}), "th": frozenset({"td", "th"}), "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}), "option": frozenset({"option"}),
}  # fmt: skip
_MAY_STAY_OPEN = frozenset(
    {"li", "p", "tr", "td", "th", "dt", "dd", "tbody", "thead", "tfoot", "option", "html", "body"}
)


@dataclass(frozen=True, slots=True)
class Element:
    """One tag with its attributes; `parent` and `anchor` are places in the list of elements, or -1."""

    tag: str
    attributes: Mapping[str, str]
    parent: int
    anchor: int


@dataclass(slots=True)
class Tree:
    """A page taken apart; `flow` holds every text with the place of its element, and BREAK between lines."""

    elements: list[Element] = field(default_factory=list)
    flow: list[tuple[int, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    misnested: list[str] = field(default_factory=list)
    _open: list[int] = field(default_factory=list)
    _named: Counter[str] = field(default_factory=Counter)

    def take(self, token: Token) -> bool:
        """Put one piece in its place; False where the page has to end."""
        if token.kind == "text":
            self._text(token.text)
            return True
        if token.kind == "comment":
            self.comments.append(token.text)
            return True
        if token.kind == "close":
            self._close(token.text)
        else:
            self._opened(token)
        return not self._too_much()

    def _too_much(self) -> bool:
        if len(self._open) > DEEPEST:
            self.faults.append(f"more than {DEEPEST} elements inside each other")
        elif len(self.elements) > MOST_ELEMENTS:
            self.faults.append(f"more than {MOST_ELEMENTS} elements")
        elif len(self.misnested) > MOST_FAULTS:
            self.faults.append(f"more than {MOST_FAULTS} elements that do not open and close in order")
        else:
            return False
        return True

    def _text(self, text: str) -> None:
        place = self._open[-1] if self._open else BREAK
        tag = self.elements[place].tag if place >= 0 else ""
        if tag in RAW:
            {"style": self.sheets, "title": self.titles}.get(tag, self.scripts).append(text)
        elif place >= 0 or text.strip():
            self.flow.append((place if place >= 0 else self._root(), text))

    def _root(self) -> int:
        if not self.elements:
            self.elements.append(Element("html", {}, -1, -1))
        return 0

    def _opened(self, token: Token) -> None:
        tag, elements = token.text, self.elements
        closes = _NEXT_CLOSES.get(tag)
        while closes and self._open and elements[self._open[-1]].tag in closes:
            self._leave(len(self._open) - 1)
        parent = self._open[-1] if self._open else -1
        place = len(elements)
        anchor = place if tag == "a" else elements[parent].anchor if parent >= 0 else -1
        elements.append(Element(tag, token.attributes, parent, anchor))
        if tag not in INLINE:
            self.flow.append((BREAK, "\n"))
        if tag not in VOID:
            self._open.append(place)
            self._named[tag] += 1

    def _leave(self, at: int) -> None:
        for place in self._open[at:]:
            self._named[self.elements[place].tag] -= 1
        del self._open[at:]

    def _close(self, tag: str) -> None:
        if tag not in INLINE:
            self.flow.append((BREAK, "\n"))
        if not self._named[tag]:
            self.misnested.append(f"</{tag}> closes nothing")
            return
        stack = self._open
        at = next(at for at in range(len(stack) - 1, -1, -1) if self.elements[stack[at]].tag == tag)
        if at < len(stack) - 1:
            inside = (self.elements[place].tag for place in stack[at + 1 :])
            self.misnested += [
                f"<{name}> is still open where <{tag}> closes" for name in inside if name not in _MAY_STAY_OPEN
            ]
        self._leave(at)

    def ended(self) -> None:
        """What is still open at the end."""
        names = (self.elements[place].tag for place in self._open)
        self.misnested += [f"<{name}> never closes" for name in names if name not in _MAY_STAY_OPEN]


def tree_of(source: str) -> Tree:
    """The tree of a page."""
    tree = Tree()
    if len(source) > LONGEST:
        tree.faults.append(f"{len(source):,} characters; only the first {LONGEST:,} were read")
    markup = Markup(source[:LONGEST])
    for token in markup.tokens():
        if not tree.take(token) or len(markup.faults) > MOST_FAULTS:
            break
    tree.ended()
    if "\x00" in source:
        tree.faults.append("a NUL character")
    tree.faults += markup.faults
    return tree
