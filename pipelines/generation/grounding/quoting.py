"""Quotations: the words must be those of a passage, and so must the speaker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.contracts import Passage
from pipelines.generation.grounding.lexicon.function_words import NEGATORS
from pipelines.generation.grounding.tokens import straightened

_QUOTED = re.compile(
    r"[“„«]([^“”„«»]{1,1200})[”“»]|(?<![\w\"])\"([^\"]{1,1200})\"|(?<!\w)['‘]([^'‘’]{20,1200})['’](?!\w)"
)
_SAYING = re.compile(
    r"\b(?:says?|said|writes?|wrote|tells?|told|reports?|reported|adds?|explains?|explained|according to|as|puts? it|"
    r"in (?:the|her|his|their) (?:own )?words(?: of)?|sums? (?:it )?up|recalls?|reviews?|about|us)\b",
    re.IGNORECASE,
)
FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence with a quotation: the words quoted and what stands around them."""

    quotes: tuple[str, ...]
    around: str


@lru_cache(maxsize=10_000)
def quoted_in(text: str) -> Quoted | None:
    """The quotations of a sentence that are more than a name or a code; None if there are none."""
    quotes: list[str] = []

    def take(match: re.Match[str]) -> str:
        inner = next(group for group in match.groups() if group)
        if len(inner.split()) < FEWEST_WORDS:
            return match.group()
        quotes.append(inner)
        return ", "

    around = _QUOTED.sub(take, text)
    return Quoted(tuple(quotes), _SAYING.sub(" ", around)) if quotes else None


@lru_cache(maxsize=10_000)
def _comparable(text: str) -> str:
    return " ".join(re.sub(r"[\"“”„«»…]", " ", straightened(text)).split()).casefold()


def stands_in(quote: str, passage: Passage) -> bool:
    """Whether a passage holds these words in this order, not torn out of a negation."""
    wanted = _comparable(quote).strip(" .,;:!?-–—")
    text = _comparable(passage.text)
    at = text.find(wanted)
    while wanted and at >= 0:
        end = at + len(wanted)
        whole = not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum()
        before = text[:at].split()
        if whole and not (before and before[-1] in NEGATORS):
            return True
        at = text.find(wanted, at + 1)
    return False


def speaker_of(passage: Passage) -> str:
    """Who is named under a quotation; empty if nobody is."""
    match = re.search(r"(?:^|\s)[—–-]{1,2}\s*([^—–]{2,160})$", passage.text.strip())
    return match[1] if match else ""
