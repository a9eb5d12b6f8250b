"""Style sheets and style attributes, read once each: the same frame comes with every mail of a brand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipelines.safety.page.css_values import UNREADABLE, Tokens, Value, urls_in, value_of
from pipelines.safety.page.selectors import Selector, selectors

LONGEST_SHEET, LONGEST_STYLE, MOST_RULES, DEEPEST = 60_000, 2_000, 500, 4


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """The declarations of one rule or one style attribute that decide whether something is seen."""

    values: tuple[tuple[str, Value, bool], ...] = ()
    urls: tuple[str, ...] = ()
    unreadable: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One selector with its style; `sometimes`: only on some screens or under the pointer."""

    selector: Selector
    place: int
    sometimes: bool
    style: Style


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """All of a style sheet."""

    rules: tuple[Rule, ...] = ()
    imports: tuple[str, ...] = ()
    fonts: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def style_of(css: str) -> Style:
    """The style that an attribute gives."""
    if len(css) > LONGEST_STYLE:
        return Style(unreadable=f"a style of {len(css):,} characters")
    return _style_of(css)


@lru_cache(maxsize=4096)
def _style_of(css: str) -> Style:
    import tinycss2  # type: ignore[import-untyped]

    return _styled(tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True))


def _styled(nodes: Tokens) -> Style:
    values: list[tuple[str, Value, bool]] = []
    urls: list[str] = []
    unreadable = says = ""
    for node in nodes:
        if node.type != "declaration":
            unreadable = "rules inside rules" if node.type != "error" else unreadable
            continue
        value = value_of(node.lower_name, node.value)
        if value is UNREADABLE:
            unreadable = f"{node.lower_name} that is reckoned"
        elif value is not None:
            values.append((node.lower_name, value, node.important))
        if node.lower_name == "content":
            says += " ".join(token.value for token in node.value if token.type == "string")
        urls += urls_in(node.value)
    return Style(tuple(values), tuple(urls), unreadable, says)


@lru_cache(maxsize=256)
def sheet_of(css: str) -> Sheet:
    """A style sheet; what is too long is a fault and nothing of it counts."""
    import tinycss2

    if len(css) > LONGEST_SHEET:
        return Sheet(faults=(f"a style sheet of {len(css):,} characters",))
    reading = _Reading()
    reading.take(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), False, 0)
    return reading.sheet()


class _Reading:
    """A sheet while it is read."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.lists: dict[str, list[str]] = {
            name: [] for name in ("imports", "fonts", "urls", "said", "unreadable", "faults")
        }

    def sheet(self) -> Sheet:
        return Sheet(tuple(self.rules), **{name: tuple(found) for name, found in self.lists.items()})

    def take(self, nodes: Tokens, in_media: bool, depth: int) -> None:
        for node in nodes:
            if len(self.rules) > MOST_RULES or depth > DEEPEST:
                self.lists["faults"].append(f"a style sheet of more than {MOST_RULES} rules or {DEEPEST} levels")
                return
            if node.type == "qualified-rule":
                self._rule(node, in_media)
            elif node.type == "at-rule":
                self._at_rule(node, in_media, depth)

    def _at_rule(self, node: Any, in_media: bool, depth: int) -> None:
        import tinycss2

        name = node.lower_at_keyword
        if name == "import":
            self.lists["imports"] += [*urls_in(node.prelude), *(t.value for t in node.prelude if t.type == "string")]
        elif name == "font-face":
            self.lists["fonts"] += urls_in(node.content or ())
        elif name in ("media", "supports", "layer", "container", "scope", "document", "-moz-document"):
            inside = tinycss2.parse_rule_list(node.content or (), skip_comments=True, skip_whitespace=True)
            asks = any(
                token.type == "() block" or getattr(token, "lower_value", "") == "print" for token in node.prelude
            )
            self.take(inside, in_media or (name in ("media", "container") and asks), depth + 1)
        elif name not in ("charset", "namespace", "page", "-ms-viewport", "viewport"):
            self.lists["unreadable"].append(f"@{name}"[:40])

    def _rule(self, node: Any, in_media: bool) -> None:
        import tinycss2

        style = _styled(tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True))
        self.lists["urls"] += style.urls
        self.lists["said"] += [style.says] if style.says.strip() else []
        self.lists["unreadable"] += [style.unreadable] if style.unreadable else []
        if style.values:
            place = len(self.rules)
            self.rules += [Rule(one, place, in_media or one.sometimes, style) for one in selectors(node.prelude)]
