"""How much is taken off the price, read from the offer and from the copy that is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
IN_WORDS = {word: number for number, word in enumerate((*ONES, *TEENS), 1)}
IN_WORDS |= {word: 10 * number for number, word in enumerate(TENS, 2)}
WORDS = rf"\b((?:{'|'.join(TENS)})(?:[\s-](?:{'|'.join(ONES)}))?|{'|'.join((*TEENS, *ONES))})"
NUMBER = r"(?<!\d)(\d{1,3}(?:[.,]\d{1,2})?)"
SHARE = rf"(?:{NUMBER}\s?(?:[%％]|per\s?cent\b|pct\b|prozent\b)|{WORDS}\s(?:per\s?cent|pct)\b)"
# In the offer every share is a discount, in the copy only one that is said to be; what is of wool is none at all.
LESS = r"(?:off|discount|reduction|less|cheaper|reduced|rabatt|nachlass|sparen|günstiger)"
SAVING = r"(?:sav(?:e|es|ing|ings)|discount|reduced|reduction|(?:off|cut)\s+by|spar(?:e|en|t)|rabatt|nachlass)"
SAVED = rf"{SAVING}[\s:]+(?:\w+\s+){{0,3}}?"
PRICE = r"pr(?:ices?|eise?)\s+(?:\w+\s+){0,3}?"
OFF = re.compile(
    rf"{SHARE}[\s-]*(?:\w+\s+){{0,2}}?{LESS}\b|\b(?:{SAVED}|{PRICE}){SHARE}|{SHARE}\s+lower\s+price",
    re.IGNORECASE,
)
ANY = re.compile(SHARE, re.IGNORECASE)
MATERIAL = re.compile(
    rf"{SHARE}\s+(?:(?:pure|real|new|virgin|organic|recycled|merino|reine)\s+)?(?:wool|cotton|linen|silk|cashmere|leather|polyester|wolle|baumwolle|leinen|seide)\b(?!\s+{LESS})",
    re.IGNORECASE,
)
HALF = re.compile(
    r"\bhalf[- ](?:price|off)\b|\b(?:two|2)[- ]for[- ](?:one|1)\b|\bbuy one,? get one\b|\bzum halben preis\b",
    re.IGNORECASE,
)
MONEY = r"(?<!\d)\d+(?:[.,' ]\d{3})*(?:[.,]\d{1,2})?"
SUM = (
    rf"(?:(?:[€$£]|\b(?:EUR|USD|GBP|CHF))\s?{MONEY}"
    rf"|{MONEY}\s?(?:€|\$|£|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|francs?|franken)\b))"
)
AMOUNT_OFF = re.compile(rf"{SUM}[\s-]*(?:\w+\s+){{0,2}}?{LESS}\b|\b{SAVED}{SUM}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Discount:
    """The highest share that is taken off, in percent, and whether a sum is taken off besides."""

    percent: Decimal | None
    amount_off: bool


def discount_of(offer: str, copy: Iterable[str]) -> Discount:
    """What the offer and the texts promise to take off."""
    texts = [MATERIAL.sub(" ", text) for text in (offer, *copy)]
    found = [_number(match) for match in ANY.finditer(texts[0])]
    found += [_number(match) for text in texts for match in OFF.finditer(text)]
    found += [Decimal(50) for text in texts if HALF.search(text)]
    within = [share for share in found if share <= 100]
    return Discount(max(within, default=None), any(AMOUNT_OFF.search(text) for text in texts))


def _number(match: re.Match[str]) -> Decimal:
    told = next(group for group in match.groups() if group).casefold()
    if told[0].isdigit():
        return Decimal(told.replace(",", "."))
    return Decimal(sum(IN_WORDS[word] for word in re.split(r"[\s-]", told)))
