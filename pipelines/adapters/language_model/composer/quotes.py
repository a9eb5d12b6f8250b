"""Quotations in a passage: the words with who said them, both exactly as they stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTATION = re.compile(
    r"(?P<raw>>?\s*(?P<words>[\"“][^\"“”\n]{15,220}[\"”])\s*(?:\n?>?\s*)(?:[—–]|--|-)\s*(?P<speaker>[^\n\"“”]{3,90}?))(?=\s*$|\s*\n|\s+[\"“>])",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Somebody's words; `raw` is the piece of the passage that holds them."""

    raw: str
    text: str


def quotations(text: str) -> list[Quotation]:
    """The quotations of a passage that name their speaker."""
    return [
        Quotation(found["raw"], f"{found['words']} — {found['speaker'].rstrip('. ')}")
        for found in _QUOTATION.finditer(text)
    ]
