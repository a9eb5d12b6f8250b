"""The little English that composing needs: sentences, stems, capitals, dates, the alphabet of a text message."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

_END = re.compile(r"[.!?][\"”’»)]*\s+(?=[\"“‘«(]?[A-ZÀ-ÖØ-Þ0-9])")
_ABBREVIATED = re.compile(
    r"(?:\b(?i:e\.g|i\.e|approx|incl|excl|min|max|st|dr|mrs?|ms|prof|vs|etc|ca)|\bnos?|(?<!size )(?<!°)\b[A-Z])\.$"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*")
_COMMON_WORDS = """
a about after all also an and any are as at be been before but by can could do does each for from get give had has
have how i if in into is it its just may more most no not of on one only or other our out over per so some such
than that the their them then there these they this those through to too under until up us very was we were what
when where which while who why will with without would you your
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = "|".join(_MONTHS)
_DATE = re.compile(
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?P<m>{_MONTH}),? (?P<y>20\d\d)"
    rf"|(?P<m2>{_MONTH}) (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>20\d\d)"
    r"|(?P<y3>20\d\d)-(?P<m3>\d\d)-(?P<d3>\d\d)",
    re.IGNORECASE,
)
# The characters of GSM 03.38 that count once, but for line breaks.
_GSM7 = frozenset(
    "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "\xa0": " "})


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, an abbreviation's full stop not taken for an end."""
    pieces: list[str] = []
    begin = 0
    for end in _END.finditer(text):
        piece = text[begin : end.end()].strip()
        if _ABBREVIATED.search(piece):
            continue
        pieces.append(piece)
        begin = end.end()
    return [piece for piece in (*pieces, text[begin:].strip()) if piece]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its usual endings, at most seven letters: enough to see that two words are kin."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    return word.rstrip("eiy")[:7] or word


@lru_cache(maxsize=20_000)
def stems(text: str) -> frozenset[str]:
    """The stems of all words that carry meaning."""
    return frozenset(stem(word) for word in _WORD.findall(text) if word.lower() not in _COMMON)


def words_in(text: str) -> int:
    """How many words and numbers stand in a text."""
    return len(_WORD.findall(text))


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """The text with a mark at its end."""
    marked = text.rstrip('"”’)').endswith((".", "!", "?", "…"))
    return text if marked else f"{text.rstrip(' ;,:')}."


def unended(text: str) -> str:
    """The text without its full stop, as a subject line stands."""
    return text.removesuffix(".")


def dates_in(text: str) -> list[tuple[int, date]]:
    """Each full date of a text: where it begins, and which day it is."""
    found = []
    for match in _DATE.finditer(text):
        part = {name.rstrip("23"): value for name, value in match.groupdict().items() if value}
        month = int(part["m"]) if part["m"].isdigit() else _MONTHS.index(part["m"].lower()) + 1
        try:
            found.append((match.start(), date(int(part["y"]), month, int(part["d"]))))
        except ValueError:
            continue  # The 31st of a month that has none.
    return found


def as_text_message(text: str) -> str | None:
    """The text with plain quotes and dashes, or None if a text message could not carry it at one unit a character."""
    plain = text.translate(_PLAIN).replace("€", "EUR")
    return plain if _GSM7.issuperset(plain) else None
