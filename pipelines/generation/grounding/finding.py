"""The evidence that fits a claim best, and what of the claim it leaves over."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.contracts import Passage
from pipelines.generation.grounding.evidence import Evidence
from pipelines.generation.grounding.faults import Claim, Fault, dearest, needed
from pipelines.generation.grounding.judging import faults_of
from pipelines.generation.grounding.library import Library, candidates
from pipelines.generation.grounding.parts import ways_to_part
from pipelines.generation.grounding.quoting import Quoted, speaker_of, stands_in
from pipelines.generation.grounding.reading import Reading, read

# How many sentences of passages are looked at closely, and how many statements a sentence may be cut into.
TRIED = 12
MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """The best evidence, and its faults; without any, it bears the claim out."""

    evidence: Evidence | None
    faults: tuple[Fault, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the claim is borne out."""
        return self.evidence is not None and not self.faults


def find(claim: Claim, library: Library, allowed: frozenset[str]) -> Finding:
    """Evidence for all of it in one place, else for each of its statements."""
    best = _best(claim, library, allowed)
    if best.good:
        return best
    for parts in ways_to_part(claim, library):
        found = _each_good(parts, library, allowed) if 1 < len(parts) <= MOST_PARTS else None
        if found is not None:
            return found
    return best


def find_quotation(quoted: Quoted, library: Library, allowed: frozenset[str]) -> Finding:
    """The passage that holds the quoted words and names whoever is said to have spoken them."""
    holders = [passage for name, passage in library.passages.items() if name in allowed and library.by_passage[name]]
    right = [passage for passage in holders if all(stands_in(quote, passage) for quote in quoted.quotes)]
    if not right:
        words = read(quoted.quotes[0])
        nearest = _best(Claim(words.items, words), library, allowed)
        return Finding(nearest.evidence, (Fault("quotation", quoted.quotes[0], "", 2.0),))
    around = read(quoted.around)
    missing = {passage.passage_id: _missing(around, passage, library) for passage in right}
    passage = min(right, key=lambda one: bool(missing[one.passage_id]))
    evidence = library.evidence[library.by_passage[passage.passage_id][0]]
    if not missing[passage.passage_id]:
        return Finding(evidence)
    return Finding(evidence, (Fault("speaker", missing[passage.passage_id], speaker_of(passage), 2.0),))


def _each_good(parts: list[Claim], library: Library, allowed: frozenset[str]) -> Finding | None:
    """The finding for the largest part, if every part is borne out."""
    found: list[tuple[int, Finding]] = []
    for part in parts:
        one = _best(part, library, allowed, all_faults=False)
        if not one.good:
            return None
        found.append((len(part.items), one))
    return max(found, key=lambda pair: pair[0])[1]


def _best(claim: Claim, library: Library, allowed: frozenset[str], *, all_faults: bool = True) -> Finding:
    wanted = {concept for item in claim.items for concept in item.concepts} | set(claim.about)
    ranked = candidates(library, wanted, allowed, TRIED)
    best: tuple[float, Finding] | None = None
    for evidence in ranked:
        faults = faults_of(claim, evidence, library, all_of_them=all_faults)
        if evidence.passage.kind == "quote" and not faults and not _names_the_speaker(claim.reading, evidence.passage):
            faults = [Fault("quotation", evidence.passage.title, "", 1.5)]
        if not faults:
            return _contradicted(claim, evidence, ranked, library) or Finding(evidence)
        cost = dearest(faults) - _kinship(claim, evidence)
        if best is None or cost < best[0]:
            best = cost, Finding(evidence, tuple(faults))
    return best[1] if best else Finding(None)


def _contradicted(claim: Claim, found: Evidence, ranked: list[Evidence], library: Library) -> Finding | None:
    """What one sentence denies another that holds no more of the claim's words does not bear out."""
    covered = _own_words(claim, found)
    whole = covered == len(claim.items)
    if whole and any(item.negated or item.quantity for item in claim.items):
        return None
    for evidence in ranked:
        if evidence is found or _own_words(claim, evidence) < covered or (whole and _speaks_of_more(claim, evidence)):
            continue
        faults = faults_of(claim, evidence, library)
        if faults and all(fault.code == "negation" for fault in faults):
            return Finding(evidence, tuple(faults))
    return None


def _speaks_of_more(claim: Claim, evidence: Evidence) -> bool:
    """Whether a sentence names a place or a number of which the claim says nothing: it may deny that of them alone."""
    beyond = (item for item in evidence.reading.items if item.quantity or (item.kind == "name" and not item.named))
    return any(not claim.concepts.intersection(item.concepts) for item in beyond)


def _own_words(claim: Claim, evidence: Evidence) -> int:
    return sum(any(concept in evidence.own for concept in item.concepts) for item in claim.items)


def _kinship(claim: Claim, evidence: Evidence) -> float:
    """Of passages that fit alike, the one about the same product is the one to name."""
    subject = {item.concepts[0] for item in claim.items if item.subject} or claim.concepts
    theirs = {item.concepts[0] for item in evidence.reading.items if item.subject}
    return 0.4 * bool(subject & theirs) + 0.2 * bool(subject & evidence.title)


def _names_the_speaker(reading: Reading, passage: Passage) -> bool:
    """What a customer says stays what a customer says: it bears out only a sentence that names them."""
    speaker = read(speaker_of(passage)).concepts
    return any(item.concepts[0] in speaker for item in reading.items if not item.plain)


def _missing(around: Reading, passage: Passage, library: Library) -> str:
    evidence = [library.evidence[number] for number in library.by_passage[passage.passage_id]]
    known = {concept for one in evidence for concept in (*one.own, *one.context)} | library.house
    for item in around.items:
        if (item.quantity or needed(item, library)) and not known.intersection(item.concepts):
            return item.text
    return ""
