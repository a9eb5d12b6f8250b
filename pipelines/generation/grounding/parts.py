"""A sentence of several statements taken apart, each with the subject that it shares with the others."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.generation.grounding.faults import Claim, needed
from pipelines.generation.grounding.lexical import ATTRIBUTES
from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.reading import Item

_WHEN_OR_HOW_MANY = frozenset({"date", "clock", "weekday", "count", "%"})


def ways_to_part(claim: Claim, library: Library) -> Iterator[list[Claim]]:
    """By statements, by finer clauses, both with the whole subject or its head only; and prices and weights apart."""
    for whole_subject in (True, False):
        for level in ("predicate", "clause"):
            yield _parts(claim, level, whole_subject, library)
    yield _with_attributes_apart(claim)


def _with_attributes_apart(claim: Claim) -> list[Claim]:
    """ "Our 14.50 EUR mug is dishwasher safe" says what the mug costs, and what it is."""
    subject = tuple(item for item in claim.items if item.subject)
    before = min((item.at for item in subject), default=0)
    apart = [i for i in claim.items if i.at < before and i.quantity and i.quantity.unit in ATTRIBUTES]
    rest = tuple(item for item in claim.items if item not in apart)
    if not apart or not subject:
        return []
    parts = [(*subject, item) for item in apart]
    return [Claim(items, claim.reading, claim.about, claim.pointed) for items in (rest, *parts)]


def _parts(claim: Claim, level: str, whole_subject: bool, library: Library) -> list[Claim]:
    """The statements (`predicate`) or finer clauses (`clause`), with all of their subject or only what it turns on."""
    parts: list[Claim] = []
    groups = _standing(_groups(claim, level), claim)
    for items in groups:
        clause = claim.reading.clauses[items[0].predicate]
        heads = (word for word in clause.subject if word == clause.head or word in library.products)
        names = frozenset(clause.subject if whole_subject else heads)
        subject = [item for item in claim.items if item.concepts[0] in names and item not in items]
        own = [item for item in items if item.concepts[0] not in clause.subject]
        if len(groups) == 1 or any(item.quantity or needed(item, library) for item in own):
            parts.append(_part((*subject, *items), claim, library))
    return parts


def _part(items: tuple[Item, ...], claim: Claim, library: Library) -> Claim:
    """A part that names no product speaks of the one that the sentence names: "…, and the guarantee includes …"."""
    named = {item.concepts[0] for item in items} & library.products
    whole = tuple(dict.fromkeys(i.concepts[0] for i in claim.items if i.concepts[0] in library.products))
    return Claim(items, claim.reading, claim.about or (() if named else whole), claim.pointed)


def _groups(claim: Claim, level: str) -> list[list[Item]]:
    # "A card that has been used" is one thing: what is said of such a card is not split from its being used.
    clauses = claim.reading.clauses
    restricted = _restrictions(claim)
    narrowed = {clauses[at].root for at in restricted}
    groups: dict[tuple[str, int], list[Item]] = {}
    for item in claim.items:
        root = clauses[item.predicate].root if item.predicate in restricted else item.predicate
        whole = level == "predicate" or root in narrowed
        groups.setdefault(("predicate", root) if whole else ("clause", item.clause), []).append(item)
    return list(groups.values())


def _restrictions(claim: Claim) -> set[int]:
    """The relative clauses without a comma and without a number: they narrow down what the sentence is about."""
    numbered = {item.predicate for item in claim.items if item.quantity}
    return {at for at, clause in enumerate(claim.reading.clauses) if clause.restricts and at not in numbered}


def _standing(groups: list[list[Item]], claim: Claim) -> list[list[Item]]:
    """Groups that can be borne out alone; the rest of a list, without subject or verb, stays where it belongs."""
    found: list[list[Item]] = []
    for items in groups:
        if found and not _stands_alone(items, claim):
            found[-1].extend(items)
        else:
            found.append(items)
    return found


def _stands_alone(items: list[Item], claim: Claim) -> bool:
    subject = claim.reading.clauses[items[0].predicate].subject
    own = [item for item in items if item.concepts[0] not in subject]
    if any(item.verb or (item.quantity is None and subject) for item in own):
        return True
    measured = any(item.quantity and item.quantity.unit not in _WHEN_OR_HOW_MANY for item in own)
    return measured and (bool(subject) or any(item.quantity is None for item in own))
