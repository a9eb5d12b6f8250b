"""Whether one quantity is another: value, unit, qualifier, what is counted, and what stands around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipelines.generation.grounding.quantity import Quantity
from pipelines.generation.grounding.reading import Item, Reading
from pipelines.generation.grounding.words import concepts_of

PIECES = frozenset(concept for word in ("piece", "unit", "item") for concept in concepts_of(word))
# What a passage's qualifier bears out besides itself.
_BEARS_OUT = {
    "": {"about", "within"},
    "upto": {"within"},
    "within": {"upto", ""},
    "from": {"atleast"},
    "atleast": {"from"},
    "only": {""},
}


def comparable(said: Quantity, known: Quantity) -> bool:
    """Whether two quantities are of one sort, so that one may contradict the other."""
    return said.unit == known.unit or (said.unit == "count" and bool(known.parts))


def same_value(said: Quantity, known: Quantity) -> bool:
    """Whether it is the same amount, date or span."""
    if said.unit == "count" and known.parts:
        return said.value[0] in known.parts
    if said.unit != known.unit:
        return False
    if said.parts and known.parts and said.unit == "stars" and said.parts[-1] != known.parts[-1]:
        return False
    if said.unit == "date":
        return all(mine is None or mine == theirs for mine, theirs in zip(said.value, known.value, strict=False))
    if said.shape == known.shape == "size":
        return sorted(map(_order, said.value)) == sorted(map(_order, known.value))
    if said.shape == known.shape:
        return said.value == known.value
    if said.unit == "weekday" and known.shape == "range":
        first, last, day = (_order(v) for v in (*known.value, *said.value))
        return first <= day <= last
    if known.shape == "range" and said.shape == "one":
        if said.qualifier in ("upto", "within", "until"):
            return said.value[0] == known.value[1]
        if said.qualifier in ("from", "atleast", "since"):
            return said.value[0] == known.value[0]
    return False


def _order(value: object) -> float:
    return float(value) if value is not None else -1.0  # type: ignore[arg-type]


def same_qualifier(said: Quantity, known: Quantity) -> bool:
    """Whether no "up to", "from", "at least", "only" and the like was added, dropped or strengthened."""
    if said.qualifier == known.qualifier or (known.shape == "range" and said.shape == "one") or said.unit == "weekday":
        return True
    if said.unit == "date":
        return not said.qualifier and known.qualifier in ("until", "since")
    return said.qualifier in _BEARS_OUT.get(known.qualifier, ())


def same_counted(said: Item, known: Item, scope: Iterable[str], mine: frozenset[str]) -> bool:
    """Whether both count the same thing; a number that names nothing counts whatever stands there."""
    if said.quantity is None or said.quantity.unit != "count":
        return True
    if not said.counted or said.counted & known.counted:
        return True
    # "The mug … from 36 pieces" counts mugs.
    named = not known.counted or bool(known.counted & (PIECES | mine))
    return bool(said.counted & frozenset(scope)) and named


def closeness(said: Item, known: Item, mine: Sequence[Item], head: str | None, evidence: Reading) -> float:
    """How much of what stands around one quantity stands around the other; its clause and its subject count most."""
    around = _around(known, evidence)
    total = 0.0
    for item in mine:
        if item is said or item.plain or _same_unit(item, said):
            continue
        weight = 1.0 if item.clause == said.clause else 0.5 if item.predicate == said.predicate else 0.25
        weight += 2.0 if item.subject and item.concepts[0] == head else 0.0
        total += weight * max((around.get((concept, item.negated), 0.0) for concept in item.concepts), default=0.0)
    return total - (0.3 if _beside_a_stranger(known, mine, evidence) else 0.0)


def _around(known: Item, evidence: Reading) -> dict[tuple[str, bool], float]:
    """What stands near a quantity, and how near; the subject of its statement stands as near as its own clause."""
    subject = evidence.clauses[known.predicate].subject if known.predicate < len(evidence.clauses) else ()
    around: dict[tuple[str, bool], float] = {}
    for item in evidence.items:
        if item is known:
            continue
        shared = item.subject and item.concepts[0] in subject
        near = 1.0 if shared or item.clause == known.clause else 0.6 if item.predicate == known.predicate else 0.3
        near -= min(abs(item.at - known.at), 20) * 0.002
        for concept in item.concepts:
            key = (concept, item.negated)
            around[key] = max(around.get(key, 0.0), near)
    return around


def _same_unit(item: Item, said: Item) -> bool:
    return item.quantity is not None and said.quantity is not None and item.quantity.unit == said.quantity.unit


def _beside_a_stranger(known: Item, mine: Sequence[Item], evidence: Reading) -> bool:
    """Whether a word that the claim does not say stands right beside the quantity."""
    spoken = {concept for item in mine for concept in item.concepts}
    return any(
        item.clause == known.clause and 0 < abs(item.at - known.at) <= 3
        and not (item.quantity or item.plain or item.subject) and not spoken.intersection(item.concepts)
        for item in evidence.items
    )  # fmt: skip
