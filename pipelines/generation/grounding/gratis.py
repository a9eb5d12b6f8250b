"""Whether what a claim calls free is what the evidence calls free."""

from __future__ import annotations

from pipelines.generation.grounding.faults import Comparison, Fault
from pipelines.generation.grounding.reading import Item, Reading

_RECEIVED = frozenset({"receive", "receives", "get", "gets", "include", "includes", "offer", "offers", "give", "gives"})
# Further away from "free" than so many words stands another subject.
_FAR = 12


def gratis_faults(comparison: Comparison) -> list[Fault]:
    """A fault if something else is free than in the evidence."""
    said = next((item for item in comparison.claim.items if item.concepts[0] == "free" and not item.negated), None)
    known = comparison.evidence.own.get("free", ())
    if said is None or not known:
        return []
    mine = _called_free(said, comparison.claim.reading)
    theirs = {
        concept for hit in known for item in _around(hit, comparison.evidence.reading) for concept in item.concepts
    }
    if not mine or any(theirs.intersection(item.concepts) for item in mine):
        return []
    return [Fault("promise", f"{said.text} {mine[0].text}", "", 1.4)]


def _called_free(free: Item, reading: Reading) -> list[Item]:
    """What a claim calls free: the word right behind, else its subject, else the word right before."""
    words = [item for item in reading.items if not item.quantity]
    behind = [item for item in words if item.run == free.run and item.at > free.at]
    before = [item for item in words if item.at < free.at]
    subject = [item for item in before if item.predicate == free.predicate and item.subject]
    clause = reading.clauses[free.predicate]
    if free.predicate and clause.root == free.predicate and not subject:
        # "…, and it costs nothing": the subject stands in the statement before.
        subject = [item for item in before if item.concepts[0] in clause.subject]
        return behind[-1:] or subject or before[-1:]
    return behind[-1:] or (subject if _of_the_subject(reading) else []) or before[-1:]


def _around(free: Item, reading: Reading) -> list[Item]:
    """What a passage may mean by free: the words right behind, those right before, and the subject."""
    words = [item for item in reading.items if not item.quantity and item is not free]
    before = [item for item in words if item.at < free.at]
    near = [item for item in words if item.run == free.run and item.at > free.at]
    near += [item for item in before if item.run == before[-1].run]
    if not _of_the_subject(reading):
        return near
    subject = [i for i in before if i.subject and i.predicate == free.predicate and i.at >= free.at - _FAR]
    if not subject:
        return near + before
    return near + subject if reading.clauses[free.predicate].head else near


def _of_the_subject(reading: Reading) -> bool:
    """Whether a statement says that its subject is free, and not that somebody receives something free."""
    return not reading.functions & _RECEIVED
