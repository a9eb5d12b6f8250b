"""What holds only for a time: a promotion, and dates that end."""

from __future__ import annotations

import re
from datetime import date, timedelta

from pipelines.adapters.language_model.composer.english import dates_in
from pipelines.contracts import Passage

_YEAR, _GRACE = timedelta(days=366), timedelta(days=45)
# Content that lives no longer than this tells of something that passes.
_SHORT_LIFE = timedelta(days=120)
_PROMOTION = re.compile(
    r"\binstead of [€$£]?\d|\breduced price\b|\bwhile stocks last\b|\bcode [A-Z][A-Z0-9]{3,}\b|\bavailable until\b|"
    r"\bduring the [^,.]*\b(?:weeks|days|sale)\b|\b(?:sale|promotion) price\b",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"\b(?:until|till|through|by|before|ends?(?: on)?|closes?(?: on)?|expires?(?: on)?|no later than|up to|"
    r"deadline\b.{0,20}|still\b.{0,20}\bon|last (?:day|order date|chance)\b.{0,40}|\bto)\s*$",
    re.IGNORECASE,
)


def is_promotion(passage: Passage, text: str) -> bool:
    """Whether a sentence belongs to a promotion, by its own words or because its document soon expires."""
    if _PROMOTION.search(text):
        return True
    lives = passage.expires_at and passage.approved_at and passage.expires_at - passage.approved_at <= _SHORT_LIFE
    return bool(lives)


def end_of(text: str, passage: Passage) -> date | None:
    """The day by which something ends; one far beyond the passage's own life is none."""
    life_ends = passage.expires_at or (passage.approved_at or date.min) + _YEAR
    ends = (day for begin, day in dates_in(text) if day <= life_ends + _GRACE and _ENDING.search(text[:begin]))
    return next(ends, None)
