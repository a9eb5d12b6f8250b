"""Numbers as people write them: digits with separators, words, multipliers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SMALL = {word: number for number, word in enumerate(_UNITS)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
MULTIPLIERS = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "dozen": 12, "k": 1_000}

_DIGITS = r"\d{1,3}(?:[,'\u202f\u00a0]\d{3})+(?:\.\d+)?(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d+[.,]\d+|\d+|\.\d+"
_WORD = "|".join(sorted([*SMALL, "hundred", "thousand", "million", "billion", "dozen"], key=len, reverse=True))
_SPELLED = rf"(?:(?:a|an)[ -])?(?:{_WORD})(?:(?:[ -]|(?<=dred)[ ]and[ ]|(?<=sand)[ ]and[ ])(?:{_WORD}))*"
NUMBER = re.compile(
    rf"(?:(?<![\w.])|(?<=\d[x×]))(?P<sign>[-−](?=\d)|minus\s)?(?:(?P<digits>{_DIGITS})(?P<times>k\b|\s(?:hundred|thousand|million|billion|dozen)\b)?"
    rf"|(?P<spelled>{_SPELLED})\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Number:
    """One number and where it stands."""

    value: Fraction
    start: int
    end: int
    spelled: bool


def numbers_in(text: str) -> list[Number]:
    """Every number of a text in its order."""
    return [number for match in NUMBER.finditer(text) for number in _read(match)]


def _read(match: re.Match[str]) -> list[Number]:
    spelled = match["spelled"]
    value = _of_words(spelled) if spelled else _of_digits(match["digits"])
    if value is None:
        return _each_word(match)
    if match["times"]:
        value *= MULTIPLIERS[match["times"].strip().lower()]
    return [Number(-value if match["sign"] else value, match.start(), match.end(), bool(spelled))]


def _each_word(match: re.Match[str]) -> list[Number]:
    """ "Two three" is no number, but two."""
    found = []
    for word in re.finditer(r"[a-z]+", match["spelled"], re.IGNORECASE):
        value = SMALL.get(word.group().lower(), MULTIPLIERS.get(word.group().lower()))
        if value is not None:
            start = match.start("spelled") + word.start()
            found.append(Number(Fraction(value), start, start + len(word.group()), True))
    return found


def _of_digits(written: str) -> Fraction:
    plain = re.sub(r"['\u202f\u00a0]", "", written)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    return Fraction(plain.replace(",", ".")[:40])


def _of_words(written: str) -> Fraction | None:
    total = current = 0
    words = [word for word in re.split(r"[ -]+", written.lower()) if word not in ("and", "a", "an")]
    for place, word in enumerate(words):
        if word in SMALL:
            if current % 100 and not (current % 100 >= 20 and SMALL[word] < 10):
                return None
            current += SMALL[word]
        elif word == "hundred":
            current = (current or 1) * 100
        else:
            total += (current or 1) * MULTIPLIERS[word]
            current = 0
        if place > 8:
            return None
    return Fraction(total + current)
