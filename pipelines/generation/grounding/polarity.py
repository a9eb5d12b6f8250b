"""Whether claim and evidence say yes and no to the same things, and compare in the same direction."""

from __future__ import annotations

from pipelines.generation.grounding.faults import Comparison, Fault
from pipelines.generation.grounding.lexicon.function_words import OPPOSITES
from pipelines.generation.grounding.reading import Item, Reading


def polarity_faults(comparison: Comparison) -> list[Fault]:
    """In each statement of the claim, something is denied if and only if the passage denies it."""
    claim, met, denied = comparison.claim, comparison.met, comparison.evidence.denied
    faults: list[Fault] = []
    for predicate in dict.fromkeys(item.predicate for item in claim.items):
        pairs = [(item, met[item.at]) for item in claim.items if item.predicate == predicate and item.at in met]
        refuted = [item for item, hits in pairs if not item.subject and not _agrees(item, hits, denied)]
        mine = [item for item, _ in pairs if item.negated]
        theirs = [item for item, hits in pairs if all(hit.negated != denied for hit in hits)]
        if refuted:
            faults.append(Fault("negation", refuted[0].text, "" if refuted[0].negated else "denied", 1.6))
        elif bool(mine) != bool(theirs):
            faults.append(Fault("negation", (mine or theirs)[0].text, "denied" if theirs else "", 1.6))
    return faults


def _agrees(item: Item, hits: tuple[Item, ...], denied: bool) -> bool:
    return any((hit.negated != denied) == item.negated or hit.subject for hit in hits)


def direction_faults(comparison: Comparison) -> list[Fault]:
    """ "Before" against "after", "more" against "less"; and what is compared with what."""
    mine, theirs = comparison.claim.reading, comparison.evidence.reading
    for pair in OPPOSITES:
        for said, known in (pair, pair[::-1]):
            turned = said in mine.functions and known not in mine.functions
            if (
                turned
                and known in theirs.functions
                and said not in theirs.functions
                and not _measures(said, mine, theirs)
            ):
                return [Fault("negation", said, known, 1.4)]
    return _compared_the_other_way(comparison)


def _measures(word: str, mine: Reading, theirs: Reading) -> bool:
    """Whether the word belongs to a quantity, whose qualifiers are compared by themselves."""
    return any(item.quantity and word in item.text.lower().split() for item in (*mine.items, *theirs.items))


def _compared_the_other_way(comparison: Comparison) -> list[Fault]:
    mine, theirs = _than(comparison.claim.reading), _than(comparison.evidence.reading)
    if mine is None or theirs is None:
        return []
    left = {concept for i in comparison.evidence.reading.items if i.at < theirs for concept in i.concepts}
    right = {concept for i in comparison.evidence.reading.items if i.at > theirs for concept in i.concepts}
    for item in comparison.claim.items:
        wrong, own = (right, left) if item.at < mine else (left, right)
        turned = wrong.intersection(item.concepts) and not own.intersection(item.concepts)
        if turned and not item.plain and item.at != mine:
            return [Fault("comparison", item.text, "", 1.5)]
    return []


def _than(reading: Reading) -> int | None:
    return next((item.at for item in reading.items if item.word == "than"), None)
