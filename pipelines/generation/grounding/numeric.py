"""Whether the quantities of a claim are those of the evidence, and of the same thing."""

from __future__ import annotations

from pipelines.generation.grounding.evidence import Evidence
from pipelines.generation.grounding.faults import Comparison, Fault, needed, quantity_of
from pipelines.generation.grounding.lexical import ATTRIBUTES
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.matching import closeness, comparable, same_counted, same_qualifier, same_value
from pipelines.generation.grounding.quantity import Quantity
from pipelines.generation.grounding.reading import Item
from pipelines.generation.grounding.words import concepts_of, stem

_ATTRIBUTES = frozenset(
    concept
    for word in ("price", "cost", "weigh", "weight", "measure", "size", "hold", "capacity", "volume", "have")
    for concept in concepts_of(word)
)
# Subjects that are only what a number measures: "The price is 79 EUR".
MEASURED = frozenset(
    map(
        stem,
        words(
            """
            customer people everyone price cost weight size height width depth length capacity volume format material
            dimension temperature product company offer promotion
            """
        ),
    )
)
_TIMES = frozenset({"date", "clock", "weekday"})
# By how much another number must stand closer to be the one that is meant.
_CLOSER = 0.25


def quantity_faults(comparison: Comparison) -> list[Fault]:
    """The quantities that the evidence does not hold; those that it holds are noted in `matched`."""
    faults: list[Fault] = []
    for item in comparison.claim.items:
        if item.quantity is None:
            continue
        found = _match(item, comparison)
        if isinstance(found, Fault) and found.code != "swapped":
            found = _elsewhere(item, comparison) or found
        if isinstance(found, Fault):
            faults.append(found)
        else:
            comparison.matched[item.at] = found
    return faults or _only_pointed_to(comparison)


def _only_pointed_to(comparison: Comparison) -> list[Fault]:
    """If all numbers stand in the sentences before, those are the evidence, and not this one."""
    pointed = {id(hit) for hits in comparison.evidence.linked.values() for hit in hits}
    if comparison.matched and all(id(known) in pointed for known in comparison.matched.values()):
        first = next(item for item in comparison.claim.items if item.at in comparison.matched)
        return [Fault("mixed", first.text, comparison.evidence.reading.text, 1.0)]
    return []


def _match(item: Item, comparison: Comparison) -> Item | Fault:
    said, evidence, claim = quantity_of(item), comparison.evidence, comparison.claim
    rivals = _rivals(item, evidence)
    scope = frozenset((*evidence.own, *evidence.linked, *evidence.context))
    equal = [known for known in rivals if same_value(said, quantity_of(known))]
    counted = [known for known in equal if same_counted(item, known, scope, claim.concepts)]
    if not counted:
        return _other_number(item, comparison, rivals, equal)
    own = [known for known in rivals if known in evidence.reading.items]
    if said.unit in ("date", "clock") and own and counted[0] not in own:
        return Fault("swapped", said.text, quantity_of(own[0]).text, 1.5)
    fitting = [k for k in counted if same_qualifier(said, quantity_of(k)) and k.negated == item.negated]
    if not fitting:
        code = "qualifier" if counted[0].negated == item.negated else "negation"
        return Fault(code, said.text, quantity_of(counted[0]).text, 1.4)
    return _meant(item, comparison, rivals, fitting)


def _rivals(item: Item, evidence: Evidence) -> list[Item]:
    said = quantity_of(item)
    rivals = [known for known in evidence.quantities if comparable(said, quantity_of(known))]
    if said.unit == "count":
        alike = [k for k in rivals if not item.counted or not k.counted or k.counted & item.counted]
        return alike or rivals
    return rivals


def _other_number(item: Item, comparison: Comparison, rivals: list[Item], equal: list[Item]) -> Fault:
    said, evidence = quantity_of(item), comparison.evidence
    if equal:
        return Fault("number", said.text, _with_noun(equal[0]), 1.7)
    nearest = max(rivals, key=lambda known: _near(item, known, comparison), default=None)
    if nearest is not None:
        return Fault(_code(said), said.text, quantity_of(nearest).text, 1.5)
    other = next((known for known in evidence.quantities if quantity_of(known).value == said.value), None)
    if other is not None and said.unit not in _TIMES:
        return Fault("unit", said.text, quantity_of(other).text, 1.5)
    return Fault(_code(said), said.text, "", 1.7)


def _meant(item: Item, comparison: Comparison, rivals: list[Item], fitting: list[Item]) -> Item | Fault:
    """Of several numbers the one that stands with the same words is meant; if that is another, two were swapped."""
    reading = comparison.evidence.reading
    best = max(fitting, key=lambda known: _near(item, known, comparison))
    if best not in reading.items:
        return best
    for known in rivals:
        if same_value(quantity_of(item), quantity_of(known)) or known not in reading.items:
            continue
        gain = _near(item, known, comparison) - _near(item, best, comparison)
        partner = _partner(item, known, comparison)
        if partner is not None:
            gain += _near(partner, best, comparison) - _near(partner, known, comparison)
        if gain > _CLOSER:
            return Fault("swapped", quantity_of(item).text, quantity_of(known).text, 1.5)
    return best


def _near(said: Item, known: Item, comparison: Comparison) -> float:
    claim = comparison.claim
    head = claim.reading.clauses[said.predicate].head
    return closeness(said, known, claim.items, head, comparison.evidence.reading)


def _partner(item: Item, known: Item, comparison: Comparison) -> Item | None:
    """Where the claim says the other number too: then the pair must fit better the other way round."""
    others = (other for other in comparison.claim.items if other.quantity and other is not item)
    return next((other for other in others if same_value(quantity_of(other), quantity_of(known))), None)


def _elsewhere(item: Item, comparison: Comparison) -> Item | None:
    """A weight, size or price may stand in another sentence of the passage if that speaks of nothing else."""
    said, evidence, library = quantity_of(item), comparison.evidence, comparison.library
    if item.negated or said.unit not in ATTRIBUTES or evidence.passage.kind == "quote":
        return None
    if any(known.quantity and known.quantity.unit == said.unit for known in evidence.reading.items):
        return None
    for number in library.by_passage[evidence.passage.passage_id]:
        other = library.evidence[number]
        for known in other.reading.items if other is not evidence else ():
            if known.quantity is None or known.negated or not same_value(said, known.quantity):
                continue
            if same_qualifier(said, known.quantity) and _speaks_of_nothing_else(known, other, comparison):
                return known
    return None


def _speaks_of_nothing_else(known: Item, other: Evidence, comparison: Comparison) -> bool:
    claim, title = comparison.claim, comparison.evidence.title
    allowed = claim.concepts | title | _ATTRIBUTES
    beside = [
        i for i in other.reading.items if (i.predicate, i.clause) == (known.predicate, known.clause) and not i.quantity
    ]
    extra = [i for i in beside if needed(i, comparison.library) and not allowed.intersection(i.concepts)]
    whose = other.reading.clauses[known.predicate].subject
    return not extra and all(word in claim.concepts or word in title or word in MEASURED for word in whose)


def _with_noun(item: Item) -> str:
    noun = next((concept for concept in sorted(item.counted) if not concept.startswith("=")), "")
    return f"{item.text} ({noun})" if noun else item.text


def _code(quantity: Quantity) -> str:
    return "date" if quantity.unit in _TIMES else "name" if ":" in quantity.unit else "number"
