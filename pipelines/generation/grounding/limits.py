"""Whether a claim keeps what the evidence limits: conditions, "usually" and "most", amounts from which it holds."""

from __future__ import annotations

import re

from pipelines.generation.grounding.faults import Claim, Comparison, Fault
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.function_words import HEDGES
from pipelines.generation.grounding.lexicon.units import CURRENCIES
from pipelines.generation.grounding.reading import Item

_THRESHOLDS = frozenset({"from", "atleast", "over", "under", "upto"})
_LIMITING = frozenset({"hedge", "quantifier", "superlative", "absolute"})
_DAYS = frozenset({"weekday", "workday", "date"})
_TIMES = frozenset({"weekday", "clock", "date"})
_OTHER_TIMES = words("now today already currently tonight daily weekend weekends night nights evening evenings")
_DURATIONS = frozenset({"hour", "workday", "month"})
_RATES = words("minute hour day night week month year person piece litre metre kilo kg")
_GROUPS = words(
    """
    member members student students pupil pupils senior seniors pensioner pensioners child children company companies
    business businesses subscriber subscribers employee employees school schools club clubs partner partners teacher
    teachers newcomer newcomers
    """
)
_OF = re.compile(r"\s+of\b")
_REACHES = frozenset({"within", "until", "since", "after", "before"})
_IN_PLACES = frozenset({"in", "within", "from", "to", "inside", "throughout", "across"})
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
        or _opening_days(comparison)
        or _spans_and_rates(comparison)
        or _shares(comparison, used)
        or _where_it_is_free(comparison)
        or _for_whom(comparison)
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
        if condition.word == "only":
            # "Only business customers": all of who they are.
            inner = [i for i in comparison.evidence.reading.items if i.condition == number and not i.plain]
            whom = [i for i in inner if i.lead or i.kind == "name"]
            kept = kept and all(comparison.claim.concepts.intersection(item.concepts) for item in whom)
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
    following = next((one for one in comparison.evidence.reading.items if one.at > item.at), None)
    return item.word in _OF_SOME and not (following and comparison.claim.concepts.intersection(following.concepts))


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


def _opening_days(comparison: Comparison) -> list[Fault]:
    """Hours of some days are not those of every day."""
    claim, reading = comparison.claim.reading, comparison.evidence.reading
    said = {item.quantity.unit for item in claim.items if item.quantity}
    timed = any(item.quantity and item.quantity.unit in _TIMES for item in reading.items)
    if timed and (other := (claim.functions & _OTHER_TIMES) - reading.functions) and not said & _TIMES:
        return [Fault("condition", min(other), "", 1.3)]
    for known in comparison.matched.values():
        if known.quantity and known.quantity.unit == "clock" and not said & _DAYS:
            for item in comparison.evidence.reading.items:
                if item.quantity and item.quantity.unit == "weekday" and item.predicate == known.predicate:
                    return [Fault("condition", item.text, "", 1.3)]
    return []


def _spans_and_rates(comparison: Comparison) -> list[Fault]:
    """ "Between 2019 and 2024" is not "in 2024", and "4 EUR a month" not "4 EUR"."""
    items, matched = comparison.evidence.reading.items, list(comparison.matched.values())
    for one, other in zip(items, items[1:], strict=False):
        spans = one.quantity and other.quantity and one.quantity.unit == other.quantity.unit and one.before == "between"
        if spans and (one in matched) != (other in matched):
            return [Fault("condition", f"between {one.text} and {other.text}", "", 1.3)]
        priced = one in matched and one.quantity is not None and one.quantity.unit in CURRENCIES
        rated = other.at == one.at + 2 and other.before in ("a", "an", "per", "every") and other.word in _RATES
        if priced and rated and not comparison.claim.concepts.intersection(other.concepts):
            return [Fault("condition", f"{one.text} {other.before} {other.text}", "", 1.3)]
    return []


def _shares(comparison: Comparison, used: set[int]) -> list[Fault]:
    """ "Two of our shops" are not our shops, nor 80 % of the wool the wool."""
    evidence, claim = comparison.evidence, comparison.claim
    matched, items = list(comparison.matched.values()), evidence.reading.items
    for item in items:
        quantity = item.quantity
        if quantity is None or quantity.unit not in ("count", "%") or item in matched or item.predicate not in used:
            continue
        whole = next((one for one in items if one.at > item.at and not one.quantity), None)
        part = quantity.parts or _OF.match(evidence.reading.text, quantity.end)
        if part and whole and claim.concepts.intersection(whole.concepts):
            return [Fault("condition", quantity.text, "", 1.3)]
    return []


def _for_whom(comparison: Comparison) -> list[Fault]:
    """What members pay, or get free, is not what everybody does."""
    claim, evidence = comparison.claim, comparison.evidence
    priced = {
        known.predicate for known in comparison.matched.values() if known.quantity and known.quantity.unit in CURRENCIES
    }
    if any(item.concepts[0] == "free" and not item.negated for item in claim.items):
        priced |= {hit.predicate for hit in evidence.own.get("free", ())}
    for item in evidence.reading.items:
        whose = item.predicate in priced and item.subject and item.word in _GROUPS
        if whose and not claim.concepts.intersection(item.concepts) and not claim.about:
            return [Fault("condition", item.text, "", 1.3)]
    return []


def _where_it_is_free(comparison: Comparison) -> list[Fault]:
    """What is free within so many kilometres, from so much on or in one country is not free elsewhere."""
    claim, evidence = comparison.claim, comparison.evidence
    if not any(item.concepts[0] == "free" and not item.negated for item in claim.items):
        return []
    known = evidence.own.get("free", ())
    places = {hit.predicate for hit in known}
    if known and "first" in evidence.reading.functions - claim.reading.functions:
        return [Fault("condition", "first", "", 1.3)]
    units = {item.quantity.unit for item in claim.reading.items if item.quantity}
    for item in evidence.reading.items:
        if item.predicate not in places or item.concepts[0] == "free" or claim.concepts.intersection(item.concepts):
            continue
        if item.quantity:
            lasts = item.quantity.unit in _DURATIONS and any(hit.at == item.at - 2 for hit in known)
            limits = lasts or (item.quantity.qualifier in _THRESHOLDS | _REACHES and item.quantity.unit != "count")
            if limits and item.quantity.unit not in units:
                return [Fault("condition", item.quantity.text, "", 1.3)]
        elif item.kind == "name" and item.before in _IN_PLACES and not evidence.title.intersection(item.concepts):
            return [Fault("condition", f"{item.before} {item.text}", "", 1.3)]
    return []


def _limits(item: Item, claim: Claim) -> bool:
    """Whether a statement holds only from or up to an amount or a number of pieces that the claim leaves out."""
    units = {other.quantity.unit for other in claim.reading.items if other.quantity}
    if item.quantity is None or item.quantity.unit in units:
        return False
    return item.quantity.unit in CURRENCIES or (item.quantity.unit == "count" and item.quantity.qualifier != "upto")
