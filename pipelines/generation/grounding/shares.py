"""Fractions and counts in words: "half of", "two thirds", "a year", "twice a month"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from pipelines.generation.grounding.lexicon.units import unit_at
from pipelines.generation.grounding.qualifiers import qualifier_before
from pipelines.generation.grounding.quantity import Quantity

_FRACTION = re.compile(
    r"\b(?P<top>a|an|one|two|three|four)[ -](?P<bottom>half|third|thirds|quarter|quarters|fifth|fifths|tenth|tenths)\b"
    r"(?! (?:party|parties|year of|edition|time))|(?<![-\w])(?P<half>half)(?= (?:of|the|a|an|our|your|all|price)\b)",
    re.IGNORECASE,
)
_BOTTOMS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_TOPS = {"two": 2, "three": 3, "four": 4}
_OF_A = re.compile(r"(?: of)?(?: an?)?")
_ONE = re.compile(
    r"(?<![\w])(?:(?<=within )|(?<=for )|(?<=after )|(?<=in )|(?<=every )|(?<=over )|(?<=under )|(?<=lasts ))an?"
    r"(?= (?:full |whole |working )?(?:second|minute|hour|day|week|month|year|decade)\b(?! ago))",
    re.IGNORECASE,
)
_WHOLE = re.compile(r" (?:full |whole )?")
_OFTEN = re.compile(r"\b(?P<word>once|twice|thrice)(?= (?:a|an|per|every|each|in)\b)", re.IGNORECASE)
_TIMES = {"once": 1, "twice": 2, "thrice": 3}


def shares_in(text: str) -> Iterator[Quantity]:
    """Every fraction, "a year" and "twice a month" of a text."""
    for match in _FRACTION.finditer(text):
        yield _fraction(text, match)
    for match in _OFTEN.finditer(text):
        yield _made(text, "times", Fraction(_TIMES[match["word"].lower()]), match.start(), match.end())
    for match in _ONE.finditer(text):
        whole = _WHOLE.match(text, match.end())
        unit = unit_at(text, whole.end() - 1) if whole else None
        if unit:
            yield _made(text, unit[0], unit[1], match.start(), unit[2])


def _fraction(text: str, match: re.Match[str]) -> Quantity:
    bottom = _BOTTOMS[(match["bottom"] or match["half"]).lower().rstrip("s")]
    part = Fraction(_TOPS.get((match["top"] or "").lower(), 1), bottom)
    of = _OF_A.match(text, match.end())
    unit = unit_at(text, of.end()) if of else None
    if unit and unit[0] not in ("%", "times"):
        return _made(text, unit[0], part * unit[1], match.start(), unit[2])
    return _made(text, "%", part * 100, match.start(), match.end())


def _made(text: str, unit: str, value: Fraction, start: int, end: int) -> Quantity:
    qualifier, start = qualifier_before(text, start, unit)
    return Quantity(unit, (value,), qualifier, "one", start, end, text[start:end].strip())
