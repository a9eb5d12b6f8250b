"""A claim held against one sentence of a passage: what both are, and what a fault is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipelines.generation.grounding.evidence import Evidence
from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.quantity import Quantity
from pipelines.generation.grounding.reading import Item, Reading


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing not borne out: its code, what the claim says, what the passage says instead, how much it counts."""

    code: str
    said: str
    known: str
    weight: float


@dataclass(frozen=True, slots=True)
class Claim:
    """What of a sentence must be borne out together; `about` is what it takes over from the sentences before."""

    items: tuple[Item, ...]
    reading: Reading
    about: tuple[str, ...] = ()
    pointed: bool = False

    @property
    def concepts(self) -> frozenset[str]:
        """Everything that the whole sentence speaks of."""
        return self.reading.concepts


@dataclass(frozen=True, slots=True)
class Comparison:
    """One claim and one piece of evidence, with what was found of one in the other: words met, quantities matched."""

    claim: Claim
    evidence: Evidence
    library: Library
    met: dict[int, tuple[Item, ...]] = field(default_factory=dict)
    matched: dict[int, Item] = field(default_factory=dict)


def needed(item: Item, library: Library) -> bool:
    """Whether a word must be borne out: it claims something, or it is part of a product's name."""
    return not item.plain or item.concepts[0] in library.products


def quantity_of(item: Item) -> Quantity:
    """The quantity of an item that is one."""
    if item.quantity is None:
        raise ValueError(f"{item.text} is no quantity")
    return item.quantity


def dearest(faults: Iterable[Fault]) -> float:
    """How far from supported a claim is."""
    return sum(fault.weight for fault in faults)
