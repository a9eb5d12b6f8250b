"""Facts: the sentences of a passage that may stand in copy, each with what is needed to choose it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zlib import crc32

from pipelines.adapters.language_model.composer.appeal import dullness, is_order
from pipelines.adapters.language_model.composer.english import (
    capitalised,
    ended,
    sentences_of,
    stems,
    words_in,
)
from pipelines.adapters.language_model.composer.leaning import Stand, standing_of
from pipelines.adapters.language_model.composer.passing import end_of, is_promotion
from pipelines.adapters.language_model.composer.phrasing import theme_of
from pipelines.adapters.language_model.composer.planted import is_planted
from pipelines.adapters.language_model.composer.products import base_name, product_of
from pipelines.adapters.language_model.composer.quotes import quotations
from pipelines.adapters.language_model.composer.readers import Side, buyers_of
from pipelines.adapters.language_model.composer.rows import row_sentences
from pipelines.adapters.language_model.composer.wordings import as_point, carried_on, shortened
from pipelines.contracts import Passage

LONGEST, FEWEST_WORDS = 190, 5

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_UNFIT = re.compile(
    r"^(?:yes|no|however|but|and|or|so|because|for example|in addition|as a result|therefore|moreover|finally|"
    r"first(?:ly)?|second(?:ly)?|third(?:ly)?)\b|\b(?:I|my|mine|we think|(?:see|listed|shown) (?:above|below)|"
    r"the following|this page|the table)\b|[:;,]$|\.\.\.|…|\?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One sentence that a passage states, in the wordings that it may have, with what is needed to choose it."""

    text: str
    carried_on: str | None
    as_point: str | None
    short: str | None
    passage_id: str
    document_id: str
    place: int
    theme: str
    stems: frozenset[str]
    product: str | None
    bought_as: frozenset[str]
    buyers: Side | None
    dull: float
    stands: Stand
    is_quote: bool
    is_promotion: bool
    ends: date | None
    grain: int

    def wordings(self) -> tuple[str, ...]:
        """All that it may be told as."""
        short_on = carried_on(self.short, self.product) if self.short else None
        return tuple(filter(None, (self.text, self.carried_on, self.as_point, self.short, short_on)))


@lru_cache(maxsize=20_000)
def facts_of(passage: Passage) -> tuple[Fact, ...]:
    """What a passage states, sentence by sentence; what cannot stand in copy is left out."""
    if not passage.locale.lower().startswith("en"):
        return ()
    voices = quotations(passage.text)
    rest = passage.text
    for voice in voices:
        rest = rest.replace(voice.raw, "\n")
    told = [(voice.text, True) for voice in voices]
    if passage.kind == "row":
        told += [(text, False) for text in row_sentences(rest, product_of(passage))]
    else:
        told += [(text, False) for text in _statements(rest, (passage.title, passage.heading))]
    found = []
    for place, (text, is_quote) in enumerate(told):
        if text and _usable(text, is_quote):
            earlier = " ".join(before for before, _ in told[:place] if not is_planted(before))
            found.append(_fact(passage, text, place, is_quote, earlier))
    return tuple(found)


def _statements(text: str, headings: tuple[str, ...]) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip() and line.strip(" #") not in headings]
    paragraphs: list[str] = []
    for line in lines:
        plain = _BULLET.sub("", line).strip()
        if paragraphs and plain == line.strip() and not paragraphs[-1].endswith((".", "!", "?", ":")):
            paragraphs[-1] = f"{paragraphs[-1]} {plain}"
        else:
            paragraphs.append(plain)
    return [sentence for paragraph in paragraphs for sentence in sentences_of(paragraph)]


def _usable(text: str, is_quote: bool) -> bool:
    if is_planted(text) or len(text) > LONGEST or words_in(text) < FEWEST_WORDS:
        return False
    if is_quote:
        return True
    is_sentence = text.endswith((".", "!")) and (text[0].isupper() or text[0].isdigit())
    return is_sentence and not _UNFIT.search(text) and not is_order(text)


def _fact(passage: Passage, text: str, place: int, is_quote: bool, earlier: str) -> Fact:
    # A quotation ends with its speaker.
    text = text if is_quote else ended(capitalised(text))
    name = product_of(passage)
    return Fact(
        text=text,
        carried_on=carried_on(text, name),
        as_point=as_point(text, name),
        short=None if is_quote else shortened(text),
        passage_id=passage.passage_id,
        document_id=passage.document_id,
        place=place,
        theme="voices" if is_quote else theme_of(text, passage.title),
        stems=stems(text),
        product=name,
        bought_as=stems(base_name(passage.product) or name or ""),
        buyers=buyers_of(passage.audience, text),
        dull=0.0 if is_quote else dullness(text),
        stands="alone" if is_quote or passage.kind == "row" else standing_of(text, name, earlier),
        is_quote=is_quote,
        is_promotion=is_promotion(passage, text),
        ends=end_of(text, passage),
        grain=crc32(text.encode()),
    )
