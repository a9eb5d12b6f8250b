"""How much is taken off the price, read from the offer and from the copy that is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

NUMBER = r"(\d{1,3}(?:[.,]\d{1,2})?)"
SHARE = rf"{NUMBER}\s?(?:[%％]|per\s?cent\b|pct\b|prozent\b)"
# In the offer every share is a discount; in the copy only one that is said to be ("100 % wool" is none).
LESS = r"(?:off|discount|reduction|less|cheaper|reduced|rabatt|nachlass|sparen|günstiger)"
SAVED = r"(?:save|saving|discount of|reduced by|reduction of|off by|spare|rabatt von)"
OFF = re.compile(rf"{SHARE}\s+(?:\w+\s+){{0,2}}?{LESS}\b|{SAVED}\s+(?:up to\s+)?{SHARE}", re.IGNORECASE)
ANY = re.compile(SHARE, re.IGNORECASE)
HALF = re.compile(
    r"\bhalf[- ](?:price|off)\b|\b(?:two|2)[- ]for[- ](?:one|1)\b|\bbuy one,? get one\b|\bzum halben preis\b",
    re.IGNORECASE,
)
SUM = rf"(?:[€$£]\s?{NUMBER}|{NUMBER}\s?(?:€|\$|£|EUR|USD|GBP|CHF))"
AMOUNT_OFF = re.compile(rf"{SUM}\s+(?:off|discount|reduction|rabatt|nachlass)\b|save\s+{SUM}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Discount:
    """The highest share that is taken off, in percent, and whether a sum is taken off besides."""

    percent: Decimal | None
    amount_off: bool


def discount_of(offer: str, copy: Iterable[str]) -> Discount:
    """What the offer and the texts promise to take off."""
    texts = [offer, *copy]
    found = [_number(match) for match in ANY.finditer(offer)]
    found += [_number(match) for text in texts for match in OFF.finditer(text)]
    found += [Decimal(50) for text in texts if HALF.search(text)]
    within = [share for share in found if share <= 100]
    return Discount(max(within, default=None), any(AMOUNT_OFF.search(text) for text in texts))


def _number(match: re.Match[str]) -> Decimal:
    return Decimal(next(group for group in match.groups() if group).replace(",", "."))
