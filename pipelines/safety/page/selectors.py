"""Which elements a rule of a style sheet is for; what is not understood fits more elements, never fewer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SOMETIMES = frozenset("hover focus focus-within focus-visible active visited checked target open disabled".split())  # noqa: SIM905
_PARTS = frozenset("before after first-letter first-line marker placeholder selection backdrop".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Selector:
    """What the element must be, what must stand around it, how much it weighs, and whether it fits only at times."""

    keys: frozenset[str]
    around: frozenset[str]
    weight: int
    sometimes: bool


def selectors(prelude: Sequence[Any]) -> Iterator[Selector]:
    """The selectors of a rule, without those for parts of an element, which hide no words of the page."""
    one: list[Any] = []
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            yield from _selector(one)
            one = []
        elif token.type != "comment":
            one.append(token)
    yield from _selector(one)


def _selector(tokens: Sequence[Any]) -> Iterator[Selector]:
    keys: set[str] = set()
    around: set[str] = set()
    weight, sometimes, joined, before = 0, False, "", ""
    for token in tokens:
        value = token.value if token.type in ("literal", "hash") else ""
        if token.type == "whitespace" or value in (">", "+", "~"):
            joined = value or joined or " "
            continue
        if joined:
            # What stands beside an element is not around it.
            around |= keys if joined in " >" else set()
            keys, joined = set(), ""
        if token.type == "hash":
            keys.add(f"#{value.lower()}")
            weight += 100
        elif token.type == "ident" and before != ":":
            keys.add(f".{token.value.lower()}" if before == "." else token.lower_value)
            weight += 10 if before == "." else 1
        elif token.type == "ident":
            if token.lower_value in _PARTS:
                return
            sometimes = sometimes or token.lower_value in _SOMETIMES
            weight += 10
        before = value
    yield Selector(frozenset(keys), frozenset(around), weight, sometimes)
