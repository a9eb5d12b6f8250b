"""Whether the words of a claim stand in the evidence: itself, what it points back to, its title."""

from __future__ import annotations

from pipelines.generation.grounding.faults import Claim, Comparison, Fault, needed
from pipelines.generation.grounding.lexicon import words
from pipelines.generation.grounding.lexicon.units import CURRENCIES
from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.reading import Item, Reading
from pipelines.generation.grounding.words import concepts_of, is_action, is_puffery, stem

_STRICT = frozenset({"superlative", "comparison", "absolute", "quantifier"})
_CODES = {
    "name": "name",
    "superlative": "superlative",
    "comparison": "comparison",
    "promise": "promise",
    "absolute": "absolute",
    "quantifier": "absolute",
    "hedge": "qualifier",
}
_WEIGHTS = {"superlative": 1.6, "comparison": 1.5, "name": 1.5, "promise": 1.4, "absolute": 1.3, "quantifier": 1.3}
# Who gets or has a thing is given it: "comes with" says no more.
_INCLUDE = stem("include")
_HAVING = words("get gets has have with")
_OF_MONEY = ("cost", "price", "pay", "buy", "order", "purchase", "charge")
# What a unit says by itself: grams are a weight, an amount of money is a price.
SAID_BY_UNIT = {
    "g": ("weigh", "weight"),
    "mm": ("measure", "size", "dimension"),
    "ml": ("hold", "capacity", "volume"),
    "hour": ("take", "last"),
    "workday": ("take",),
    "month": ("last", "valid"),
    **dict.fromkeys(CURRENCIES, _OF_MONEY),
}

# Those that a thing has for good, so that they may be said of it in passing.
ATTRIBUTES = frozenset(SAID_BY_UNIT) - {"hour", "workday", "month"}


def word_faults(comparison: Comparison) -> list[Fault]:
    """The words that the evidence does not hold; those that it holds are noted in `met`."""
    claim, library = comparison.claim, comparison.library
    asked = _asked(claim, library)
    implied = _said_by_units(comparison)
    faults: list[Fault] = []
    titled: list[Item] = []
    for item in claim.items:
        if item.quantity is not None or _meets(item, comparison) or item.at not in asked:
            continue
        if _is_house(item, comparison) or implied.intersection(item.concepts) or _praises_a_price(item, claim):
            continue
        if item.word == "never" and _forbids(comparison.evidence.reading):
            continue
        if item.concepts[0] == _INCLUDE and not item.negated and comparison.evidence.reading.functions & _HAVING:
            continue
        if item.negated and item.concepts[0] not in library.products and _in_title(item, comparison):
            titled.append(item)
        elif not _borne_out_by_title(item, comparison):
            faults.append(_fault(item))
    faults += _only_the_title(asked, comparison) if not faults else []
    denied = {item.predicate for item in claim.items if item.negated and item.at in comparison.met}
    return faults + [Fault("negation", item.text, "", 1.4) for item in titled if item.predicate not in denied]


def about_faults(comparison: Comparison) -> list[Fault]:
    """A sentence that says "it", or nothing, speaks of the subject before; the evidence must speak of that too."""
    claim, evidence, library = comparison.claim, comparison.evidence, comparison.library
    of_a_product = evidence.passage.product or evidence.label or evidence.own.keys() & library.products
    if not (claim.pointed or of_a_product or _only_measures(claim)):
        return []
    for word in claim.about:
        names = concepts_of(word)
        if not any(
            n in evidence.own or n in evidence.linked or n in evidence.context or n in library.house for n in names
        ):
            return [Fault("subject", word, evidence.passage.product or evidence.passage.title, 1.3)]
    return []


def _only_measures(claim: Claim) -> bool:
    """ "Costs 59 EUR" names nothing that it could be said of but what it stands under."""
    units = {item.quantity.unit for item in claim.items if item.quantity} & SAID_BY_UNIT.keys()
    implied = {concept for unit in units for word in SAID_BY_UNIT[unit] for concept in concepts_of(word)}
    return bool(units) and all(
        item.quantity or item.plain or _praises_a_price(item, claim) or implied.intersection(item.concepts)
        for item in claim.items
    )


def _asked(claim: Claim, library: Library) -> set[int]:
    """The words to be borne out; a claim of a number and everyday words only needs those words too."""
    said = [item for item in claim.items if item.quantity is None]
    asked = {item.at for item in said if needed(item, library)}
    for predicate in {item.predicate for item in said}:
        denied = {item.at for item in said if item.predicate == predicate and item.negated}
        if denied and not denied & asked:
            asked |= denied
    telling = [i for i in claim.items if i.quantity or (i.at in asked and i.concepts[0] not in library.products)]
    if len(telling) < 2:
        asked |= {item.at for item in said if is_action(item.word)}
    if not asked and telling:
        asked = {item.at for item in said if not is_puffery(item.word)}
    return asked


def _meets(item: Item, comparison: Comparison) -> bool:
    evidence = comparison.evidence
    hits = [hit for concept in item.concepts for hit in evidence.own.get(concept, ())]
    if not hits and (evidence.sums_up or item.lead or item.subject):
        hits = [hit for concept in item.concepts for hit in evidence.linked.get(concept, ())]
    # A box called "Break" bears out nothing that breaks.
    hits = [hit for hit in hits if not hit.named or item.named or item.kind == "name"]
    if hits:
        comparison.met[item.at] = tuple(dict.fromkeys(hits))
    return bool(hits)


def _said_by_units(comparison: Comparison) -> set[str]:
    units = {item.quantity.unit for item in comparison.claim.items if item.quantity and item.at in comparison.matched}
    return {concept for unit in units for word in SAID_BY_UNIT.get(unit, ()) for concept in concepts_of(word)}


def _in_title(item: Item, comparison: Comparison) -> bool:
    return any(concept in comparison.evidence.context for concept in item.concepts)


def _borne_out_by_title(item: Item, comparison: Comparison) -> bool:
    """A title bears out what is spoken of; what is said of it, and every superlative, the sentence must say itself."""
    evidence, library = comparison.evidence, comparison.library
    spoken_of = item.lead or item.subject
    if item.kind not in _STRICT and (spoken_of or not item.verb):
        listed = spoken_of and any(concept in evidence.listed for concept in item.concepts)
        if listed or _in_title(item, comparison):
            return True
    return any(other in evidence.own for other in library.alias.get(item.concepts[0], ()))


def _only_the_title(asked: set[int], comparison: Comparison) -> list[Fault]:
    """A title alone says nothing of its subject."""
    claim, products = comparison.claim, comparison.library.products
    said = [item for item in claim.items if item.at in asked and not item.subject and item.concepts[0] not in products]
    if not said or comparison.matched or any(item.at in comparison.met for item in said):
        return []
    return [_fault(said[0])]


def _is_house(item: Item, comparison: Comparison) -> bool:
    """The company's own name says no more than "we" does."""
    named = item.concepts[0] in comparison.library.house
    return named and (item.at <= 1 or item.subject or comparison.evidence.reading.ours)


def _forbids(reading: Reading) -> bool:
    """ "Must not", "cannot", "do not …" and "we do not" mean never; "it does not" speaks of today."""
    pairs = set(zip(reading.words, reading.words[1:], strict=False))
    if pairs & {("must", "not"), ("can", "not"), ("may", "not")} or reading.words[:2] == ("do", "not"):
        return True
    return reading.ours and ("do", "not") in pairs


def _praises_a_price(item: Item, claim: Claim) -> bool:
    """ "Only 79 EUR" praises a price; "only" before anything else limits it."""
    if item.word != "only":
        return False
    following = next((other.quantity for other in claim.items if other.at == item.at + 1), None)
    return following is not None and following.unit != "count"


def _fault(item: Item) -> Fault:
    return Fault(_CODES.get(item.kind, "word"), item.text, "", _WEIGHTS.get(item.kind, 1.2))
