"""Whether a claim keeps what the evidence limits: conditions, "usually" and "most", amounts from which it holds."""

from __future__ import annotations

from pipelines.generation.grounding.faults import Claim, Comparison, Fault
from pipelines.generation.grounding.lexicon.function_words import HEDGES
from pipelines.generation.grounding.lexicon.units import CURRENCIES
from pipelines.generation.grounding.reading import Item

_THRESHOLDS = frozenset({"from", "atleast", "over", "under", "upto"})
_LIMITING = frozenset({"hedge", "quantifier", "superlative", "absolute"})
_OF_SOME = frozenset({"some", "many", "several", "few"})
# "Orders placed until 24 December", "throws bought in these weeks": only of those does the rest hold.
_TAKEN = frozenset({"placed", "bought", "ordered", "purchased", "booked"})


def limit_faults(comparison: Comparison) -> list[Fault]:
    """What the passage limits must be limited in the claim too."""
    used = _used(comparison)
    return (
        _conditions(comparison, used)
        or _hedges(comparison, used)
        or _thresholds(comparison, used)
        or _periods(comparison, used)
    )


def _used(comparison: Comparison) -> set[int]:
    """The statements of the evidence on which the claim rests."""
    words = {
        hit.predicate for item in comparison.claim.items if not item.subject for hit in comparison.met.get(item.at, ())
    }
    return words | {known.predicate for known in comparison.matched.values()}


def _conditions(comparison: Comparison, used: set[int]) -> list[Fault]:
    hits = [*(hit for hits in comparison.met.values() for hit in hits), *comparison.matched.values()]
    inside = {hit.condition for hit in hits}
    for number, condition in enumerate(comparison.evidence.reading.conditions):
        kept = condition.concepts & comparison.claim.concepts or number in inside or not condition.concepts
        if condition.predicate in used and not kept:
            return [Fault("condition", condition.text, "", 1.3)]
    return []


def _hedges(comparison: Comparison, used: set[int]) -> list[Fault]:
    claim, evidence = comparison.claim, comparison.evidence
    mine = {item.word for item in claim.reading.items if item.kind in _LIMITING}
    if mine & HEDGES:
        return []
    for item in evidence.reading.items:
        hedged = item.word in HEDGES and item.predicate in used and item.condition is None
        if hedged and not claim.concepts.intersection(item.concepts) and not _of_others(item, comparison):
            return [Fault("qualifier", item.text, "dropped", 1.3)]
    return []


def _of_others(item: Item, comparison: Comparison) -> bool:
    """ "Some people" limits a statement only for who speaks of those people."""
    following = (hit for concept in comparison.claim.concepts for hit in comparison.evidence.own.get(concept, ()))
    return item.word in _OF_SOME and not any(hit.at == item.at + 1 for hit in following)


def _thresholds(comparison: Comparison, used: set[int]) -> list[Fault]:
    for item in comparison.evidence.reading.items:
        quantity = item.quantity
        if (
            quantity
            and quantity.qualifier in _THRESHOLDS
            and item.predicate in used
            and _limits(item, comparison.claim)
        ):
            return [Fault("condition", quantity.text, "", 1.3)]
    return []


def _periods(comparison: Comparison, used: set[int]) -> list[Fault]:
    claim = comparison.claim
    items = comparison.evidence.reading.items
    dates = {item.quantity.value for item in claim.reading.items if item.quantity and item.quantity.unit == "date"}
    for things, taken, when in zip(items, items[1:], items[2:], strict=False):
        limited = taken.word in _TAKEN and taken.at == things.at + 1 and taken.predicate in used
        kept = claim.concepts.intersection(when.concepts)
        if limited and not kept and not (when.quantity and when.quantity.value in dates):
            return [Fault("condition", f"{things.text} {taken.text} … {when.text}", "", 1.3)]
    return []


def _limits(item: Item, claim: Claim) -> bool:
    """Whether a statement holds only from or up to an amount or a number of pieces that the claim leaves out."""
    units = {other.quantity.unit for other in claim.reading.items if other.quantity}
    if item.quantity is None or item.quantity.unit in units:
        return False
    return item.quantity.unit in CURRENCIES or (item.quantity.unit == "count" and item.quantity.qualifier != "upto")
