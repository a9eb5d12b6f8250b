"""Whether the words belong together in the evidence as they do in the claim, and are said of the same subject."""

from __future__ import annotations

from pipelines.generation.grounding.evidence import ANY_SUBJECT, IMPLIED_STEMS, Evidence
from pipelines.generation.grounding.faults import Comparison, Fault
from pipelines.generation.grounding.lexicon.verbs import VERBS
from pipelines.generation.grounding.numeric import MEASURED
from pipelines.generation.grounding.reading import Item
from pipelines.generation.grounding.subjects import Clause
from pipelines.generation.grounding.words import concepts_of


def belonging_faults(comparison: Comparison) -> list[Fault]:
    """The first thing that belongs elsewhere."""
    for item in comparison.claim.items:
        known = comparison.matched.get(item.at)
        if known is not None and known in comparison.evidence.reading.items:
            fault = _other_subject(known.predicate, comparison)
            if fault:
                return [fault]
    for predicate in dict.fromkeys(item.predicate for item in comparison.claim.items):
        fault = _mixed(predicate, comparison)
        if fault:
            return [fault]
    return _torn_names(comparison) or _torn_pairs(comparison)


def _mixed(predicate: int, comparison: Comparison) -> Fault | None:
    """What one statement of the claim says, one statement of the evidence must say, of the same subject."""
    met, title = comparison.met, comparison.evidence.title
    said = [
        item
        for item in comparison.claim.items
        if item.predicate == predicate and item.at in met and not (item.plain or item.lead or item.subject)
        and not title.intersection(item.concepts)
    ]  # fmt: skip
    joined, shared = _joined(said)
    for together in [[*shared, one] for one in joined] or [shared]:
        roots = [{_root(hit.predicate, comparison.evidence) for hit in met[item.at]} for item in together]
        if roots and not set.intersection(*roots):
            return Fault("mixed", said[-1].text, said[0].text, 1.0)
    places = [{hit.predicate for hit in met[item.at]} for item in shared]
    subjects = [_other_subject(place, comparison) for place in (set.intersection(*places) if places else ())]
    return subjects[0] if subjects and all(subjects) else None


def _joined(said: list[Item]) -> tuple[list[Item], list[Item]]:
    """Words joined by "and" or "or", each of which may stand in a statement of its own; and the others."""
    second = {item.at for item in said if item.joined}
    first = {item.run for item in said if item.at + 2 in second}
    joined = [item for item in said if item.at in second or item.run in first]
    return joined, [item for item in said if item not in joined]


def _root(predicate: int, evidence: Evidence) -> int:
    """The statement that a relative clause belongs to."""
    clauses = evidence.reading.clauses
    return clauses[predicate].root if predicate < len(clauses) else predicate


def _other_subject(predicate: int, comparison: Comparison) -> Fault | None:
    claim, evidence = comparison.claim, comparison.evidence
    spoken = claim.concepts | frozenset(claim.about)
    mine = [item for item in claim.items if item.subject]
    if evidence.label and not evidence.label & spoken:
        return Fault(
            "subject", mine[-1].text if mine else claim.items[0].text, evidence.passage.text.split(":")[0], 1.2
        )
    clause = evidence.reading.clauses[predicate] if predicate < len(evidence.reading.clauses) else None
    if clause is None or clause.head is None or clause.pointer or clause.ours or _same_subject(clause, comparison):
        return None
    own = {concept for item in evidence.reading.items if item.predicate == predicate for concept in item.concepts}
    if not mine or all(own.intersection(item.concepts) for item in mine):
        return None
    return Fault("subject", mine[-1].text, clause.head, 1.2)


def _same_subject(clause: Clause, comparison: Comparison) -> bool:
    claim, evidence, head = comparison.claim, comparison.evidence, clause.head or ""
    names = {head, *concepts_of(head), *IMPLIED_STEMS.get(head, ())}
    if names & claim.concepts or names & set(claim.about) or head in MEASURED | ANY_SUBJECT:
        return True
    if head in comparison.library.house or head in evidence.title or _short_for_title(head, evidence):
        return True
    if evidence.named_before and clause is evidence.reading.clauses[0] and _all_linked(comparison):
        return True
    shared = any(concept in claim.concepts for word in clause.subject for concept in concepts_of(word))
    return shared and not all(evidence.title.intersection(item.concepts) for item in claim.items if item.subject)


def _all_linked(comparison: Comparison) -> bool:
    mine = [item for item in comparison.claim.items if item.subject]
    return all(any(concept in comparison.evidence.linked for concept in item.concepts) for item in mine)


def _short_for_title(head: str, evidence: Evidence) -> bool:
    """ "The shelf" on the page of a bookshelf is the bookshelf."""
    return len(head) > 3 and any(word.endswith(head) for word in evidence.title)


def _torn_names(comparison: Comparison) -> list[Fault]:
    """A name of several words ("Nordlys Materials Institute") must stand in the evidence as one."""
    ours = comparison.library.products | comparison.library.house
    names = [item for item in comparison.claim.items if item.kind == "name" and item.concepts[0] not in ours]
    for one, other in zip(names, names[1:], strict=False):
        met = one.at in comparison.met or other.at in comparison.met
        if (
            one.run == other.run
            and other.at == one.at + 1
            and met
            and not _runs(one, comparison) & _runs(other, comparison)
        ):
            return [Fault("name", f"{one.text} {other.text}", "", 1.5)]
    return []


def _torn_pairs(comparison: Comparison) -> list[Fault]:
    """Neighbours in a claim ("linen base") must not each have another neighbour ("oak base, linen shade")."""
    words = [item for item in comparison.claim.items if item.quantity is None]
    sizes: dict[int, int] = {}
    for item in comparison.evidence.reading.items:
        if item.quantity is None:
            sizes[item.run] = sizes.get(item.run, 0) + 1
    for one, other in zip(words, words[1:], strict=False):
        if not _one_noun(one, other, comparison):
            continue
        mine, theirs = _runs(one, comparison), _runs(other, comparison)
        if not mine & theirs and all(sizes.get(run, 0) > 1 for run in mine | theirs):
            return [Fault("mixed", other.text, one.text, 1.0)]
    return []


def _one_noun(one: Item, other: Item, comparison: Comparison) -> bool:
    if one.run != other.run or other.at != one.at + 1 or one.subject != other.subject:
        return False
    for item in (one, other):
        verbal = item.verb or item.word in VERBS or item.word.endswith(("ed", "ing"))
        if (
            item.at not in comparison.met
            or item.plain
            or verbal
            or comparison.evidence.title.intersection(item.concepts)
        ):
            return False
    return True


def _runs(item: Item, comparison: Comparison) -> set[int]:
    return {hit.run for hit in comparison.met.get(item.at, ())}
