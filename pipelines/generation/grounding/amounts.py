"""Numbers with their units: amounts, sizes, ranges, shares such as "nine out of ten", and plain counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pipelines.generation.grounding.lexicon.units import currency_at, currency_before, unit_at
from pipelines.generation.grounding.numbers import Number, numbers_in
from pipelines.generation.grounding.qualifiers import qualifier_before, qualifier_behind
from pipelines.generation.grounding.quantity import Quantity, Value

RANGE = re.compile(r"\s*(?:-|–|—|to|up to|and|through|until|till)\s*$", re.IGNORECASE)
_BY = re.compile(r"\s?(?:x|×|by|\*)\s?$", re.IGNORECASE)
_OF = re.compile(r"\s(?:out of|of|in)(?: (?:the|our|all|every|these))?\s$|\s?/\s?$", re.IGNORECASE)
# "From 1,036 reviews" says where a figure comes from, not a lowest number.
_SOURCES = re.compile(
    r" (?:reviews?|ratings?|votes?|answers?|responses?|customers?|entries|readers?|countries|people)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Atom:
    number: Number
    unit: str | None
    factor: Fraction
    start: int
    end: int

    @property
    def value(self) -> Fraction:
        return self.number.value * self.factor


def amounts_in(text: str) -> Iterator[Quantity]:
    """Every number of a text with its unit; what belongs together is one quantity."""
    atoms = [_atom(text, number) for number in numbers_in(text)]
    at = 0
    while at < len(atoms):
        shape, group = _grouped(text, atoms[at:])
        made = _quantity(text, shape, group)
        if made is not None:
            yield made
        at += len(group)


def between(text: str, start: int) -> bool:
    """Whether "between" stands right before this place."""
    return text[max(0, start - 12) : start].lower().rstrip().endswith("between")


def _atom(text: str, number: Number) -> _Atom:
    before, after = currency_before(text, number.start), currency_at(text, number.end)
    if before:
        same = after is not None and after[0] == before[0]
        return _Atom(number, before[0], Fraction(1), before[1], after[1] if after and same else number.end)
    if after:
        return _Atom(number, after[0], Fraction(1), number.start, after[1])
    unit = unit_at(text, number.end)
    if unit:
        return _Atom(number, unit[0], unit[1], number.start, unit[2])
    return _Atom(number, None, Fraction(1), number.start, number.end)


def _grouped(text: str, atoms: list[_Atom]) -> tuple[str, list[_Atom]]:
    """What belongs together from here on: a size, a range, a share, or one number."""
    size = _size(text, atoms)
    if len(size) > 1:
        return "size", size
    if len(atoms) > 1:
        one, other = atoms[:2]
        link = text[one.end : other.start]
        if RANGE.fullmatch(link) and one.unit in (None, other.unit):
            below = one.unit is None or one.value < other.value
            if below and (link.strip().lower() != "and" or between(text, one.start)):
                return "range", [one, other]
        smaller = one.unit is None and 0 < one.value <= other.number.value
        if _OF.fullmatch(link) and smaller and other.unit in (None, "stars", "points"):
            return "share", [one, other]
    return "one", atoms[:1]


def _size(text: str, atoms: list[_Atom]) -> list[_Atom]:
    group = [atoms[0]]
    for following in atoms[1:]:
        last = group[-1]
        link = text[last.end : following.start]
        glued = last.unit == "times" and text[last.end - 1] in "x×" and not link.strip()
        if not glued and not _BY.fullmatch(link):
            break
        if glued:
            group[-1] = _Atom(last.number, None, Fraction(1), last.start, last.end)
        group.append(following)
    return group


def _quantity(text: str, shape: str, atoms: list[_Atom]) -> Quantity | None:
    first, last = atoms[0], atoms[-1]
    unit = last.unit or first.unit or "count"
    values: Value = tuple(a.value if a.unit else a.number.value * last.factor for a in atoms)
    parts: tuple[Fraction, ...] = ()
    if shape == "one" and unit == "count" and first.number.spelled and first.value == 1:
        return None
    if shape == "share":
        shape, parts = "one", (first.value, last.number.value)
        # "4.8 out of 5" is a mark, "nine out of ten" a share.
        mark = last.unit == "stars" or (last.number.value == 5 and first.value.denominator > 1)
        unit, values = ("stars", (first.value,)) if mark else ("%", (first.value * 100 / last.number.value,))
    qualifier, start = qualifier_before(text, first.start, unit)
    if qualifier == "from" and unit == "count" and _SOURCES.match(text, last.end):
        qualifier, start = "", first.start
    behind, end = qualifier_behind(text, last.end)
    qualifier = behind or qualifier
    if shape == "range" and qualifier not in ("about", "upto"):
        qualifier = ""
    return Quantity(unit, values, qualifier, shape, start, end, text[start:end].strip(), parts)
