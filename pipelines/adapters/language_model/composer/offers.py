"""The brief's offer, in the words of the passage that it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipelines.adapters.language_model.composer.english import stems
from pipelines.adapters.language_model.composer.facts import Fact, facts_of
from pipelines.adapters.language_model.composer.stock import Run
from pipelines.contracts import Passage
from pipelines.generation.briefs import Offer

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CURRENCIES = stems("EUR USD GBP CHF € $")
_PRICE = re.compile(r"\d\S* ?(?:EUR|USD|GBP|CHF|€)|[€$£]\d|percent")
_CODE = re.compile(r"\bcode [A-Z][A-Z0-9]{3,}\b")
_LEAST_SHARED, MOST_SENTENCES = 0.6, 3


def offer_run(offer: Offer, passages: Sequence[Passage], banned: frozenset[str]) -> Run:
    """The sentence that states the offer, and those with its end and its code; empty if no passage states it."""
    stated = _stating(offer, [fact for passage in passages for fact in _tellable(passage, banned)])
    if stated is None:
        return ()
    more = [fact for passage in passages for fact in _tellable(passage, banned) if _goes_on(fact, stated, offer)]
    return (stated, *sorted(more, key=lambda fact: (fact.passage_id != stated.passage_id, fact.place)))[:MOST_SENTENCES]


def with_code(promotion: Run, passages: Sequence[Passage], banned: frozenset[str]) -> Run:
    """A promotion with the sentence that tells its code, without which nobody gets it."""
    document = promotion[0].document_id if promotion and any(fact.is_promotion for fact in promotion) else None
    found = (fact for passage in passages if passage.document_id == document for fact in _tellable(passage, banned))
    code = next((fact for fact in found if _CODE.search(fact.text) and fact not in promotion), None)
    return (*promotion, code) if code else promotion


def _goes_on(fact: Fact, stated: Fact, offer: Offer) -> bool:
    """Whether a fact tells the end of the offer, or its code; an end is only understood in the passage of the offer."""
    if fact.document_id != stated.document_id or fact.stands == "next" or fact is stated:
        return False
    if offer.code and offer.code in fact.text:
        return offer.code not in stated.text
    after = fact.passage_id == stated.passage_id and fact.place > stated.place
    return after and offer.ends is not None and fact.ends == offer.ends and stated.ends != offer.ends


def terms_of(offer: Run, passages: Sequence[Passage], banned: frozenset[str]) -> Run:
    """What the passage says of the offer right after stating it, if that speaks for it."""
    for passage in passages:
        if offer and passage.passage_id == offer[0].passage_id:
            after = [fact for fact in _tellable(passage, banned) if fact.place == offer[0].place + 1]
            return tuple(fact for fact in after if fact not in offer and fact.dull < 1)
    return ()


def _tellable(passage: Passage, banned: frozenset[str]) -> list[Fact]:
    return [fact for fact in facts_of(passage) if fact.text not in banned]


def _stating(offer: Offer, facts: Sequence[Fact]) -> Fact | None:
    """The fact that says the same with the same figures, if one does; its own sentence before one that shares words."""
    wanted, figures = stems(offer.text), set(_NUMBER.findall(offer.text))
    best, most = None, _LEAST_SHARED
    for fact in facts:
        if fact.stands == "next" or not figures <= set(_NUMBER.findall(fact.text)):
            continue
        shared = len(wanted & fact.stems) / max(1, len(wanted)) - 0.001 * len(fact.text) / 10
        if shared > most:
            best, most = fact, shared
    return best


def contradicts(fact: Fact, offer: Run) -> bool:
    """Whether a fact from elsewhere gives another figure for what the offer is about: its price without the offer."""
    if not offer or not _PRICE.search(fact.text):
        return False
    about = frozenset[str]().union(*(told.stems | stems(told.product or "") for told in offer)) - _CURRENCIES
    return len((about & fact.stems) - stems(offer[0].product or "")) >= 1
