"""Whether claim and evidence say yes and no to the same things, and compare in the same direction."""

from __future__ import annotations

import re

from pipelines.generation.grounding.faults import Comparison, Fault
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import OPPOSITES, PREPOSITIONS
from pipelines.generation.grounding.reading import Item, Reading

# Not looked for among the words: elsewhere it says nothing.
_NOT_ONLY = re.compile(r"\bnot (?:only|just)\b", re.IGNORECASE)
_BESIDE = words("near outside around beyond behind beside opposite above below under over off without except")


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


def force_faults(comparison: Comparison) -> list[Fault]:
    """What is only planned, possible, over or said by somebody in the evidence is no fact in the claim."""
    for item in comparison.claim.items:
        known = comparison.matched.get(item.at)
        hits = comparison.met.get(item.at, ()) if known is None else (known,)
        forces = {hit.force for hit in hits}
        if hits and "" not in forces and not item.force and (item.subject or forces != {"source"}):
            return [Fault("qualifier", item.text, "dropped", 1.3)]
    return []


def place_faults(comparison: Comparison) -> list[Fault]:
    """ "Near Hamburg" is not "in Hamburg"."""
    for item in comparison.claim.items:
        hits = comparison.met.get(item.at, ()) if item.kind == "name" and item.before in PREPOSITIONS else ()
        placed = {hit.before for hit in hits if hit.before in PREPOSITIONS}
        if not placed or item.before in placed:
            continue
        there = {one.predicate for one in hits}
        others = [
            one for one in comparison.evidence.reading.items
            if one.kind == "name" and one.before == item.before and one.predicate in there and one not in hits
        ]  # fmt: skip
        if others or ({item.before} | placed) & _BESIDE:
            return [Fault("word", f"{item.before} {item.text}", "", 1.3)]
    return []


def _agrees(item: Item, hits: tuple[Item, ...], denied: bool) -> bool:
    return any((hit.negated != denied) == item.negated or hit.subject for hit in hits)


def direction_faults(comparison: Comparison) -> list[Fault]:
    """ "Before" against "after", "more" against "less"; and what is compared with what."""
    mine, theirs = comparison.claim.reading, comparison.evidence.reading
    if _others_too(mine) and "only" in theirs.functions and not _others_too(theirs):
        return [Fault("negation", "not only", "only", 1.4)]
    if "than" in theirs.functions and "than" not in mine.functions and mine.words.count("as") > 1:
        return [Fault("comparison", "as", "than", 1.5)]
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


def _others_too(reading: Reading) -> bool:
    return _NOT_ONLY.search(reading.text) is not None


def _measures(word: str, mine: Reading, theirs: Reading) -> bool:
    """Whether the word belongs to a quantity, whose qualifiers are compared by themselves."""
    return any(item.quantity and word in item.text.lower().split() for item in (*mine.items, *theirs.items))


def _compared_the_other_way(comparison: Comparison) -> list[Fault]:
    mine, theirs = _than(comparison.claim.reading), _than(comparison.evidence.reading)
    if mine is None and (difference := _difference(comparison)):
        return [difference]
    if mine is None and theirs is not None:
        return _compared_with_nothing(comparison, theirs)
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


def _compared_with_nothing(comparison: Comparison, than: int) -> list[Fault]:
    """ "Warmer" than what: the claim must say it where the evidence does."""
    for item in comparison.claim.items:
        hits = comparison.met.get(item.at, ())
        if item.kind == "comparison" and any(hit.at < than for hit in hits):
            return [Fault("comparison", item.text, "than", 1.5)]
    more = {"more", "less", "fewer"} & comparison.claim.reading.functions & comparison.evidence.reading.functions
    return [Fault("comparison", min(more), "than", 1.5)] if more else []


def _difference(comparison: Comparison) -> Fault | None:
    """ "3 kg heavier" is no weight."""
    compared = {item.at: item for item in comparison.evidence.reading.items if item.kind == "comparison"}
    for known in comparison.matched.values():
        more = compared.get(known.at + 1) if known in comparison.evidence.reading.items else None
        if more and not comparison.claim.concepts.intersection(more.concepts):
            return Fault("comparison", f"{known.text} {more.text}", "", 1.5)
    return None


def _than(reading: Reading) -> int | None:
    return next((item.at for item in reading.items if item.word == "than"), None)
